// SPDX-License-Identifier: AGPL-3.0-or-later

package web

// deskWords are the words of the desk, where members write and publish.
type deskWords struct {
	DeskTitle, DeskLead, NewPost                               string
	NewReport, NewMeetup, NewTalk, NewNote                     string
	EditReport, EditMeetup, EditTalk, EditNote                 string
	Waiting, Drafts, DraftsNone                                string
	ScheduledList, PublishedList, PublishedNone                string
	AllOf, ProposedBy, ChangedBy, PublishedOn                  string
	DueAt, StuckNow, MetaUnlisted, MetaFollowers               string
	DoCreate, DoUpdate, DoDelete, DoUndo, DoOther              string
	Look, PublishNow                                           string
	Preview, Delete                                            string
	OffersTitle, OfferOf, OfferAccept, OfferReject             string
	TitleField, TitleHint, SummaryField, SummaryReport         string
	SummaryEvent, TextField, TextHint                          string
	DateTime, StartDate, StartTime, EndDate, EndTime           string
	TimeHint, AllDay, TimeZone                                 string
	PlaceName, PlaceAddress, PlaceAddressHint                  string
	OnlineField, SpeakersField, SpeakersHint                   string
	LinksField, LinksHint, TagsField, TagsHint                 string
	Picture, PictureHint, PictureAlt, PictureAltHint           string
	PictureNow, PictureDrop, PictureBad                        string
	More, LanguageField, SlugField, SlugHint                   string
	OriginalField, PartOfField, PartOfHint                     string
	VisibilityField, VisEverybody, VisUnlisted, VisFollowers   string
	VisHint, StatusField, StatusScheduled, Seats               string
	OfField, OfHint, Attendance, AttendanceHint                string
	SeatsHint, Repeat, RepeatNone, RepeatWeek                  string
	RepeatTwoWeeks, RepeatMonth, RepeatHint                    string
	SaveDraft, SaveChanges, Publish, PublishChanges            string
	Propose, ProposeChanges, ProposeHint, TwoHint              string
	ScheduleField, ScheduleHint, Schedule                      string
	Unschedule                                                 string
	MistakeOrder, MistakePast, MistakeURL, MistakeNumber       string
	MistakeSession, MistakeFile                                string
	MistakeDue, MistakeSeries, MistakeMeanwhile, TextKept      string
	ScopeField, ScopeOne, ScopeAll, OwnersField, OwnersHint    string
	DeleteTitle, DeleteDraftText, DeleteText                   string
	DeleteButton, DeleteDraftButton, DeletePropose             string
	DoneSaved, DonePublished, DoneChanged, DoneScheduled       string
	DoneProposed, DoneDeleted, DoneDropped, DoneAgreed         string
	DoneRejected                                               string
	ProposalTitle, ProposalLead, ProposalObject                string
	ProposalRaw, Agree, Reject, RejectWhy, AgreeOwn            string
	AgreeRole, ProposalClosedYes, ProposalClosedNo, BecauseWhy string
}

var deskEN = deskWords{
	DeskTitle: "Desk", DeskLead: "What you and the others of your co-ops are writing.", NewPost: "Write something new",
	NewReport: "New report", NewMeetup: "New meetup", NewTalk: "New talk", NewNote: "New note",
	EditReport: "Edit the report", EditMeetup: "Edit the meetup", EditTalk: "Edit the talk", EditNote: "Edit the note",
	Waiting: "Waiting for somebody to agree", Drafts: "Drafts", DraftsNone: "There are no drafts.",
	ScheduledList: "Scheduled", PublishedList: "Published", PublishedNone: "Nothing has been published yet.",
	AllOf: "Everything of %s", ProposedBy: "proposed by %s, %s", ChangedBy: "last changed by %s", PublishedOn: "published %s",
	DueAt: "is published on %s", StuckNow: "It could not be published: %s", MetaUnlisted: "not listed", MetaFollowers: "for the followers alone",
	DoCreate: "Publish", DoUpdate: "Change", DoDelete: "Delete", DoUndo: "Take back", DoOther: "Do “%s”",
	Look: "Look at it", PublishNow: "Publish now",
	Preview: "Preview", Delete: "Delete",
	OffersTitle: "Others ask to share with us", OfferOf: "%s asks you to share “%s”.", OfferAccept: "Share it", OfferReject: "No, thank you",
	TitleField: "Title", TitleHint: "What people read first, on every server.", SummaryField: "In one sentence", SummaryReport: "Shown in lists, before people open the report.",
	SummaryEvent: "Stands behind date and place, where they are shown.", TextField: "Text", TextHint: "Markdown: an empty line begins a paragraph, **bold**, *emphasised*, [a link](https://…), ## a heading, - a list.",
	DateTime: "When", StartDate: "Begins on", StartTime: "Begins at", EndDate: "Ends on", EndTime: "Ends at",
	TimeHint: "Leave the hours out for something that lasts all day. An end is not needed.", AllDay: "All day", TimeZone: "Time zone",
	PlaceName: "Place", PlaceAddress: "Address", PlaceAddressHint: "Street and town, as one writes it on a letter.",
	OnlineField: "Online", SpeakersField: "Speakers", SpeakersHint: "One on a line: the name, and an address behind it if there is one.",
	LinksField: "Links", LinksHint: "One on a line: what it is, and its address. Like: Slides https://coop.example/slides.pdf", TagsField: "Tags", TagsHint: "Separated by commas: tech-coops, 35c3",
	Picture: "Picture", PictureHint: "PNG, JPEG, GIF or WebP, at most 8 MB. An event without one gets a poster.", PictureAlt: "What is on the picture?", PictureAltHint: "For those who cannot see it: say in a sentence what matters.",
	PictureNow: "The picture as it is now", PictureDrop: "Remove the picture", PictureBad: "This file cannot be used: %s",
	More: "More", LanguageField: "Language of the text", SlugField: "End of the address", SlugHint: "Small letters, digits and hyphens. Left empty, it is made of the title. It does not change.",
	OriginalField: "First published at", PartOfField: "Part of", PartOfHint: "The end of the address of the post that this one belongs to.",
	VisibilityField: "Who may read it?", VisEverybody: "Everybody", VisUnlisted: "Whoever has the address", VisFollowers: "The followers",
	VisHint: "Cannot be changed once it is published.", StatusField: "Does it take place?", StatusScheduled: "As planned", Seats: "Seats",
	OfField: "About these events", OfHint: "The ends of their addresses, separated by commas. The report shows when and where they were, and how many came.", Attendance: "How many came?", AttendanceHint: "Afterwards, for reports about it.",
	SeatsHint: "Left empty: as many as come.", Repeat: "Is it held again?", RepeatNone: "Once", RepeatWeek: "Every week",
	RepeatTwoWeeks: "Every two weeks", RepeatMonth: "Every month, on the same weekday", RepeatHint: "Each date becomes a post of its own, four weeks ahead.",
	SaveDraft: "Save as a draft", SaveChanges: "Save", Publish: "Publish", PublishChanges: "Publish the changes",
	Propose: "Propose it", ProposeChanges: "Propose the changes", ProposeHint: "You write for this co-op. Somebody who may publish has to agree.", TwoHint: "In this co-op two have to agree: somebody else who may publish decides.",
	ScheduleField: "Publish later, on", ScheduleHint: "In the time zone %s.", Schedule: "Publish then", Unschedule: "Do not publish by itself",
	MistakeOrder: "It ends before it begins.", MistakePast: "That moment is over. Choose one to come.", MistakeNumber: "“%s” is a number, like 40.", MistakeURL: "“%s” needs addresses that begin with https://",
	MistakeSession: "You have signed in anew since you opened this form. Nothing was sent: look at it, and press the button again.", MistakeFile: "Please choose the picture again. Browsers do not keep it.",
	MistakeDue: "A time is set here. Press “Publish then”, or empty this field.", MistakeSeries: "What is held again is published or scheduled. To keep a draft, choose “Once”.",
	MistakeMeanwhile: "Somebody else has changed this meanwhile. Look at it again before you save.", TextKept: "This text was written elsewhere and has no Markdown. Leave the field empty to keep it as it is.",
	ScopeField: "What do you change?", ScopeOne: "This date", ScopeAll: "Every date to come",
	OwnersField: "Share it with", OwnersHint: "Names of other co-ops on this server, separated by commas. They are asked, and may edit it then.",
	DeleteTitle: "Delete “%s”?", DeleteDraftText: "Nobody outside has seen this draft. It is gone then.", DeleteText: "The servers of all who have it are asked to delete it, too. Its address says from then on that it was deleted. This cannot be undone.",
	DeleteButton: "Delete it everywhere", DeleteDraftButton: "Delete the draft", DeletePropose: "Propose to delete it",
	DoneSaved: "Saved. Nobody outside sees it.", DonePublished: "Published, and on its way to all who follow.", DoneChanged: "The changes are published, and on their way.", DoneScheduled: "Saved. It is published by itself when its time comes.",
	DoneProposed: "Proposed. Somebody else has to agree now.", DoneDeleted: "Deleted. All who have it are being told.", DoneDropped: "The draft is deleted.", DoneAgreed: "You agreed, and it is done.", DoneRejected: "It is turned down.",
	ProposalTitle: "Proposed: %s", ProposalLead: "%s proposes this, since %s.", ProposalObject: "What it is about",
	ProposalRaw: "All of it, as it was submitted", Agree: "Agree, and do it", Reject: "Turn it down", RejectWhy: "Why not?", AgreeOwn: "You proposed this yourself. Somebody else has to agree.",
	AgreeRole: "Somebody who may publish has to decide.", ProposalClosedYes: "%s agreed, on %s.", ProposalClosedNo: "%s turned it down, on %s.", BecauseWhy: "Because: %s",
}

var deskDE = deskWords{
	DeskTitle: "Schreibtisch", DeskLead: "Woran du und die anderen aus deinen Kollektiven gerade schreiben.", NewPost: "Etwas Neues schreiben",
	NewReport: "Neuer Bericht", NewMeetup: "Neues Treffen", NewTalk: "Neuer Vortrag", NewNote: "Neue Notiz",
	EditReport: "Bericht bearbeiten", EditMeetup: "Treffen bearbeiten", EditTalk: "Vortrag bearbeiten", EditNote: "Notiz bearbeiten",
	Waiting: "Wartet auf Zustimmung", Drafts: "Entwürfe", DraftsNone: "Es gibt keine Entwürfe.",
	ScheduledList: "Geplant", PublishedList: "Veröffentlicht", PublishedNone: "Noch ist nichts veröffentlicht.",
	AllOf: "Alles von %s", ProposedBy: "vorgeschlagen von %s, %s", ChangedBy: "zuletzt geändert von %s", PublishedOn: "veröffentlicht am %s",
	DueAt: "erscheint am %s", StuckNow: "Es konnte nicht veröffentlicht werden: %s", MetaUnlisted: "nicht gelistet", MetaFollowers: "nur für Follower",
	DoCreate: "Veröffentlichen", DoUpdate: "Ändern", DoDelete: "Löschen", DoUndo: "Zurücknehmen", DoOther: "„%s“ tun",
	Look: "Ansehen", PublishNow: "Jetzt veröffentlichen",
	Preview: "Vorschau", Delete: "Löschen",
	OffersTitle: "Zum Mittragen angefragt", OfferOf: "%s bittet euch, „%s“ mitzutragen.", OfferAccept: "Mittragen", OfferReject: "Nein, danke",
	TitleField: "Titel", TitleHint: "Was man zuerst liest, auf jedem Server.", SummaryField: "In einem Satz", SummaryReport: "Steht in Listen, bevor jemand den Bericht öffnet.",
	SummaryEvent: "Steht hinter Datum und Ort, wo diese gezeigt werden.", TextField: "Text", TextHint: "Markdown: Eine leere Zeile beginnt einen Absatz, **fett**, *betont*, [ein Link](https://…), ## eine Überschrift, - eine Liste.",
	DateTime: "Wann", StartDate: "Beginnt am", StartTime: "Beginnt um", EndDate: "Endet am", EndTime: "Endet um",
	TimeHint: "Lass die Uhrzeiten weg, wenn es den ganzen Tag dauert. Ein Ende ist nicht nötig.", AllDay: "Ganztägig", TimeZone: "Zeitzone",
	PlaceName: "Ort", PlaceAddress: "Anschrift", PlaceAddressHint: "Straße und Stadt, wie auf einem Brief.",
	OnlineField: "Online", SpeakersField: "Vortragende", SpeakersHint: "Je Zeile eine Person: der Name, dahinter eine Adresse, wenn es eine gibt.",
	LinksField: "Links", LinksHint: "Je Zeile einer: was es ist, und die Adresse. Etwa: Folien https://coop.example/folien.pdf", TagsField: "Schlagwörter", TagsHint: "Mit Kommas getrennt: tech-coops, 35c3",
	Picture: "Bild", PictureHint: "PNG, JPEG, GIF oder WebP, höchstens 8 MB. Eine Veranstaltung ohne Bild bekommt ein Plakat.", PictureAlt: "Was ist auf dem Bild?", PictureAltHint: "Für alle, die es nicht sehen können: Sag in einem Satz, worauf es ankommt.",
	PictureNow: "Das Bild, wie es jetzt ist", PictureDrop: "Bild entfernen", PictureBad: "Diese Datei geht nicht: %s",
	More: "Mehr", LanguageField: "Sprache des Textes", SlugField: "Ende der Adresse", SlugHint: "Kleinbuchstaben, Ziffern und Bindestriche. Bleibt es leer, wird es aus dem Titel gemacht. Es ändert sich nicht.",
	OriginalField: "Zuerst erschienen auf", PartOfField: "Teil von", PartOfHint: "Das Ende der Adresse des Beitrags, zu dem dieser gehört.",
	VisibilityField: "Wer darf es lesen?", VisEverybody: "Alle", VisUnlisted: "Wer die Adresse hat", VisFollowers: "Die Follower",
	VisHint: "Nach dem Veröffentlichen lässt sich das nicht ändern.", StatusField: "Findet es statt?", StatusScheduled: "Wie geplant", Seats: "Plätze",
	OfField: "Über diese Veranstaltungen", OfHint: "Die Enden ihrer Adressen, mit Kommas getrennt. Der Bericht zeigt, wann und wo sie waren und wie viele kamen.", Attendance: "Wie viele waren da?", AttendanceHint: "Hinterher, für Berichte darüber.",
	SeatsHint: "Bleibt es leer: so viele, wie kommen.", Repeat: "Findet es wieder statt?", RepeatNone: "Einmal", RepeatWeek: "Jede Woche",
	RepeatTwoWeeks: "Alle zwei Wochen", RepeatMonth: "Jeden Monat, am gleichen Wochentag", RepeatHint: "Jeder Termin wird ein eigener Beitrag, vier Wochen vorher.",
	SaveDraft: "Als Entwurf speichern", SaveChanges: "Speichern", Publish: "Veröffentlichen", PublishChanges: "Änderungen veröffentlichen",
	Propose: "Vorschlagen", ProposeChanges: "Änderungen vorschlagen", ProposeHint: "Du schreibst für dieses Kollektiv. Wer veröffentlichen darf, muss zustimmen.", TwoHint: "In diesem Kollektiv müssen zwei zustimmen: Jemand anderes, der veröffentlichen darf, entscheidet.",
	ScheduleField: "Später veröffentlichen, am", ScheduleHint: "In der Zeitzone %s.", Schedule: "Dann veröffentlichen", Unschedule: "Nicht von selbst veröffentlichen",
	MistakeOrder: "Es endet, bevor es beginnt.", MistakePast: "Dieser Zeitpunkt ist vorbei. Wähle einen, der noch kommt.", MistakeNumber: "„%s“ ist eine Zahl, etwa 40.", MistakeURL: "„%s“ braucht Adressen, die mit https:// beginnen.",
	MistakeSession: "Du hast dich neu angemeldet, seit du das Formular geöffnet hast. Nichts wurde gesendet: Sieh es dir an und drücke noch einmal.", MistakeFile: "Bitte wähle das Bild noch einmal. Browser behalten es nicht.",
	MistakeDue: "Hier steht ein Zeitpunkt. Nimm „Dann veröffentlichen“ oder leere das Feld.", MistakeSeries: "Was wiederkehrt, wird veröffentlicht oder geplant. Für einen Entwurf wähle „Einmal“.",
	MistakeMeanwhile: "Jemand hat das inzwischen geändert. Sieh es dir noch einmal an, bevor du speicherst.", TextKept: "Dieser Text wurde woanders geschrieben und hat kein Markdown. Bleibt das Feld leer, bleibt der Text, wie er ist.",
	ScopeField: "Was änderst du?", ScopeOne: "Diesen Termin", ScopeAll: "Alle kommenden Termine",
	OwnersField: "Teilen mit", OwnersHint: "Namen anderer Kollektive auf diesem Server, mit Kommas getrennt. Sie werden gefragt und dürfen dann mitschreiben.",
	DeleteTitle: "„%s“ löschen?", DeleteDraftText: "Niemand außerhalb hat diesen Entwurf gesehen. Dann ist er weg.", DeleteText: "Die Server aller, die ihn haben, werden gebeten, den Beitrag auch zu löschen. Unter seiner Adresse steht von da an, dass er gelöscht wurde. Das lässt sich nicht rückgängig machen.",
	DeleteButton: "Überall löschen", DeleteDraftButton: "Entwurf löschen", DeletePropose: "Löschen vorschlagen",
	DoneSaved: "Gespeichert. Niemand außerhalb sieht es.", DonePublished: "Veröffentlicht und unterwegs zu allen, die folgen.", DoneChanged: "Die Änderungen sind veröffentlicht und unterwegs.", DoneScheduled: "Gespeichert. Es erscheint von selbst, wenn die Zeit kommt.",
	DoneProposed: "Vorgeschlagen. Jetzt muss jemand anderes zustimmen.", DoneDeleted: "Gelöscht. Alle, die es haben, erfahren davon.", DoneDropped: "Der Entwurf ist gelöscht.", DoneAgreed: "Du hast zugestimmt, und es ist getan.", DoneRejected: "Es ist abgelehnt.",
	ProposalTitle: "Vorschlag: %s", ProposalLead: "%s schlägt das vor, seit %s.", ProposalObject: "Worum es geht",
	ProposalRaw: "Alles, wie es eingereicht wurde", Agree: "Zustimmen und ausführen", Reject: "Ablehnen", RejectWhy: "Warum nicht?", AgreeOwn: "Das hast du selbst vorgeschlagen. Jemand anderes muss zustimmen.",
	AgreeRole: "Wer veröffentlichen darf, entscheidet.", ProposalClosedYes: "%s hat zugestimmt, am %s.", ProposalClosedNo: "%s hat abgelehnt, am %s.", BecauseWhy: "Weil: %s",
}
