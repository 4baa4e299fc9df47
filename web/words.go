// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"fmt"

	"plenum/coop"
)

// words are all words of the interface in one language. A field that ends in
// One, None or Many is chosen by a number; one with a verb is for fmt.Sprintf.
type words struct {
	Days        [7]string // from Sunday
	ShortDays   [7]string
	Months      [12]string
	ShortMonths [12]string
	LongDate    string // weekday, day, month, year, of which only the weekday may stand alone on a line
	PlainDate   string // day, month, year
	Clock       string // behind a time: " Uhr", or nothing but a space

	Skip, MainNav, FootNav     string
	Home, Network, About       string
	Imprint, Privacy           string
	FreeSoftware, SourceCode   string
	Older, Newer, Pages        string
	Report, Meetup, Talk, Note string
	NoteOf                     string // the date of a note without a title

	Cancelled, Postponed, Rescheduled, Tentative                 string // short, on a badge
	CancelledLong, PostponedLong, RescheduledLong, TentativeLong string // a sentence on the page
	InsteadOf                                                    string // the old date

	HomeLead                                                   string
	Upcoming, NoUpcoming, Newest, NoPosts, Coops, NoCoops      string
	NoCoopsHint, CalendarAll                                   string
	FollowersNone, FollowersOne, FollowersMany                 string
	PostsNone, PostsOne, PostsMany                             string
	Posts, Approve, Contact                                    string
	Date, Where, Online, JoinOnline, Map                       string
	Speakers, Links, CalendarFile, Original, Tags              string
	PartOf, Parts, ReplyTo, By, Updated, PostedBy              string
	FollowFrom, FollowLead, FollowField, FollowButton          string
	FollowCopy, FollowTitle                                    string
	FollowReady, FollowContinue, FollowMalformed               string
	FollowNotFound, FollowUnreachable, FollowUnsupported       string
	FollowAgain, FollowByHand, FollowSearch, BackTo            string
	Comments, Reactions, NoComments, CommentsClosed            string
	CommentsOne, CommentsMany, LikesOne, LikesMany             string
	SharesOne, SharesMany, CommentHow, CommentHeld             string
	AnotherComment, EarlierComments, LaterComments             string
	ContentWarning, Sensitive                                  string
	CommentPages, Going, SeatsOf, WaitingOne, WaitingMany      string
	TakePart, JoinHow, JoinRestricted, JoinFull, JoinMastodon  string
	JoinExternal, JoinWhole, JoinFullAsked                     string
	TagTitle, TagNone                                          string
	NetworkTitle, NetworkLead, NetworkEmpty, NetworkQuiet      string
	NetworkHint, NetworkVia, ReadOriginal, Untitled, Event     string
	AboutTitle, AboutText, AboutCoops, Software, SoftwareText  string
	License, Mobilizon, MobilizonText                          string
	Problem, ProblemStatus, ToHome                             string
	BadRequest, Forbidden, NotFound, GoneTitle, TooMany        string
	Unavailable, ServerError                                   string
	NotFoundDetail, GoneDetail, UnavailableDetail, ErrorDetail string

	memberWords
	deskWords
}

var catalogue = map[string]*words{
	"en": {
		memberWords: membersEN, deskWords: deskEN,
		Days:        [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		ShortDays:   [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		Months:      [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		ShortMonths: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		LongDate:    "%s, %d\u00a0%s\u00a0%d", PlainDate: "%d %s %d", Clock: " (%s)",

		Skip: "Skip to content", MainNav: "Main", FootNav: "About this site",
		Home: "Home", Network: "From the network", About: "About",
		Imprint: "Imprint", Privacy: "Privacy",
		FreeSoftware: "Free software under the AGPL", SourceCode: "Source code",
		Older: "Older", Newer: "Newer", Pages: "Pages",
		Report: "Report", Meetup: "Meetup", Talk: "Talk", Note: "Note", NoteOf: "Note of %s",

		Cancelled: "Cancelled", Postponed: "Postponed", Rescheduled: "New date", Tentative: "Tentative",
		CancelledLong: "This event is cancelled.", PostponedLong: "This event is postponed. There is no new date yet.",
		RescheduledLong: "This event has a new date.", TentativeLong: "The date of this event is not certain yet.",
		InsteadOf: "It was planned for %s.",

		HomeLead: "Meetups, talks and reports of collectives that share this server. Follow them from wherever you are in the fediverse.",
		Upcoming: "Coming up", NoUpcoming: "No events are planned at the moment.",
		Newest: "Latest posts", NoPosts: "Nothing has been published yet.",
		Coops: "Co-ops", NoCoops: "No co-op has been added yet.",
		NoCoopsHint: "The first one is added on the server:", CalendarAll: "Subscribe to the calendar (ICS)",
		FollowersNone: "No followers yet", FollowersOne: "1 follower", FollowersMany: "%d followers",
		PostsNone: "No posts yet", PostsOne: "1 post", PostsMany: "%d posts",
		Posts: "Posts", Approve: "Follow requests are approved by hand.", Contact: "Contact",
		Date: "When", Where: "Where", Online: "Online", JoinOnline: "Join online", Map: "Show on a map",
		Speakers: "With", Links: "Links", CalendarFile: "Add to calendar (ICS)", Original: "Originally published at", Tags: "Tags",
		PartOf: "Part of", Parts: "More on this", ReplyTo: "In reply to", By: "by", Updated: "Updated",
		PostedBy: "Published by", FollowFrom: "Follow from your account",
		FollowLead:  "On Mastodon, Mobilizon, Friendica or another server of the fediverse? Enter your own address and we take you there.",
		FollowField: "Your address", FollowButton: "Follow", FollowCopy: "Or search for this address on your server:",
		FollowTitle: "Follow %s",
		FollowReady: "Your server %s can take it from here.", FollowContinue: "Continue on %s",
		FollowMalformed:   "“%s” is not an address in the fediverse. It looks like an e-mail address: you@social.example.",
		FollowNotFound:    "We could not find %s. Is it spelled correctly?",
		FollowUnreachable: "The server of %s did not answer. You can follow from there all the same.",
		FollowUnsupported: "The server of %s does not tell us how to follow from there. You can do it by hand.",
		FollowAgain:       "Try another address", FollowByHand: "By hand", FollowSearch: "Search for this address on your server:", BackTo: "Back to %s",
		Comments: "Comments", Reactions: "Reactions", NoComments: "There are no comments yet.", CommentsClosed: "No more comments are taken.",
		CommentsOne: "1 comment", CommentsMany: "%d comments", LikesOne: "1 like", LikesMany: "%d likes",
		SharesOne: "1 share", SharesMany: "%d shares",
		CommentHow:  "Reply from your own account, on Mastodon or anywhere else in the fediverse: search there for this address.",
		CommentHeld: "Replies appear here once %s has approved them.", AnotherComment: "another comment",
		ContentWarning: "Content warning:", Sensitive: "Sensitive content",
		EarlierComments: "Earlier comments", LaterComments: "Later comments", CommentPages: "Pages of comments",
		Going: "Going", SeatsOf: "%d of %d seats", WaitingOne: "1 on the waiting list", WaitingMany: "%d on the waiting list",
		TakePart: "How to take part", JoinHow: "Say that you are coming from your own account, on Mobilizon, Friendica, Hubzilla or any other server that knows events: search there for this address and join the event.",
		JoinRestricted: "The organisers decide about each request. Their answer reaches you on your own server.",
		JoinFull:       "All seats are taken. If you join now, you are put on the waiting list and get a seat when one is given back.",
		JoinFullAsked:  "All seats are taken. Whoever is let in now is put on the waiting list, and gets a seat when one is given back.",
		JoinMastodon:   "On Mastodon one cannot join events.", JoinExternal: "Take part on %s", JoinWhole: "Take part in",
		TagTitle: "Posts about %s", TagNone: "Nothing has been published about this.",
		NetworkTitle: "From the co-ops we follow", NetworkLead: "What collectives on other servers have published. Each link leads to the original.",
		NetworkEmpty: "None of the co-ops here follows anybody yet.", NetworkQuiet: "Nothing has arrived yet.",
		NetworkHint: "Whoever runs this server can follow others on the command line:", NetworkVia: "shared by",
		ReadOriginal: "Read the original on %s", Untitled: "Untitled", Event: "Event",
		AboutTitle: "About %s", AboutText: "This server publishes events and reports of co-operatives and collectives on the web and in the fediverse. Whoever has an account on Mastodon, Mobilizon or any other ActivityPub server can follow them without registering here.",
		AboutCoops: "Co-ops on this server", Software: "Software",
		SoftwareText: "This server runs Plenum, free software under the", License: "GNU Affero General Public License, version 3 or later",
		Mobilizon: "For other servers", MobilizonText: "Follow this account to receive all public events of this server. In Mobilizon an administrator adds it under Federation as an instance to follow:",
		Problem: "Something is wrong", ProblemStatus: "Status %d", ToHome: "To the home page",
		BadRequest: "That request is not right", Forbidden: "That is not allowed", NotFound: "There is nothing here",
		GoneTitle: "This has been removed", TooMany: "Too many requests", Unavailable: "Not available at the moment", ServerError: "Something went wrong here",
		NotFoundDetail: "The page does not exist. Perhaps the address is misspelled.", GoneDetail: "What was here has been removed by those who published it.",
		UnavailableDetail: "Please try again in a moment.", ErrorDetail: "The fault is ours, and it has been logged.",
	},
	"de": {
		memberWords: membersDE, deskWords: deskDE,
		Days:        [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		ShortDays:   [7]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"},
		Months:      [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		ShortMonths: [12]string{"Jan", "Feb", "März", "Apr", "Mai", "Juni", "Juli", "Aug", "Sept", "Okt", "Nov", "Dez"},
		LongDate:    "%s, %d.\u00a0%s\u00a0%d", PlainDate: "%d. %s %d", Clock: " Uhr (%s)",

		Skip: "Zum Inhalt springen", MainNav: "Hauptmenü", FootNav: "Über diese Seite",
		Home: "Start", Network: "Aus dem Netz", About: "Über uns",
		Imprint: "Impressum", Privacy: "Datenschutz",
		FreeSoftware: "Freie Software unter der AGPL", SourceCode: "Quelltext",
		Older: "Ältere", Newer: "Neuere", Pages: "Seiten",
		Report: "Bericht", Meetup: "Treffen", Talk: "Vortrag", Note: "Notiz", NoteOf: "Notiz vom %s",

		Cancelled: "Abgesagt", Postponed: "Verschoben", Rescheduled: "Neuer Termin", Tentative: "Unter Vorbehalt",
		CancelledLong: "Diese Veranstaltung ist abgesagt.", PostponedLong: "Diese Veranstaltung ist verschoben. Einen neuen Termin gibt es noch nicht.",
		RescheduledLong: "Diese Veranstaltung hat einen neuen Termin.", TentativeLong: "Der Termin dieser Veranstaltung steht noch nicht fest.",
		InsteadOf: "Geplant war sie für %s.",

		HomeLead: "Treffen, Vorträge und Berichte der Kollektive, die sich diesen Server teilen. Folge ihnen, wo immer du im Fediverse bist.",
		Upcoming: "Demnächst", NoUpcoming: "Zurzeit ist keine Veranstaltung geplant.",
		Newest: "Neueste Beiträge", NoPosts: "Noch ist nichts veröffentlicht.",
		Coops: "Kollektive", NoCoops: "Noch ist kein Kollektiv eingetragen.",
		NoCoopsHint: "Das erste wird auf dem Server angelegt:", CalendarAll: "Kalender abonnieren (ICS)",
		FollowersNone: "Noch keine Follower", FollowersOne: "1 Follower", FollowersMany: "%d Follower",
		PostsNone: "Noch keine Beiträge", PostsOne: "1 Beitrag", PostsMany: "%d Beiträge",
		Posts: "Beiträge", Approve: "Folgeanfragen werden von Hand bestätigt.", Contact: "Kontakt",
		Date: "Wann", Where: "Wo", Online: "Online", JoinOnline: "Online teilnehmen", Map: "Auf der Karte zeigen",
		Speakers: "Mit", Links: "Links", CalendarFile: "In den Kalender (ICS)", Original: "Zuerst erschienen auf", Tags: "Schlagwörter",
		PartOf: "Teil von", Parts: "Mehr dazu", ReplyTo: "Antwort auf", By: "von", Updated: "Geändert",
		PostedBy: "Veröffentlicht von", FollowFrom: "Vom eigenen Konto aus folgen",
		FollowLead:  "Du bist auf Mastodon, Mobilizon, Friendica oder einem anderen Server im Fediverse? Gib deine eigene Adresse ein, und wir bringen dich dorthin.",
		FollowField: "Deine Adresse", FollowButton: "Folgen", FollowCopy: "Oder suche auf deinem Server nach dieser Adresse:",
		FollowTitle: "%s folgen",
		FollowReady: "Dein Server %s kann jetzt übernehmen.", FollowContinue: "Weiter auf %s",
		FollowMalformed:   "„%s“ ist keine Adresse im Fediverse. Sie sieht aus wie eine E-Mail-Adresse: du@social.example.",
		FollowNotFound:    "Wir konnten %s nicht finden. Ist die Adresse richtig geschrieben?",
		FollowUnreachable: "Der Server von %s hat nicht geantwortet. Folgen kannst du von dort aus trotzdem.",
		FollowUnsupported: "Der Server von %s sagt uns nicht, wie man von dort aus folgt. Von Hand geht es.",
		FollowAgain:       "Andere Adresse versuchen", FollowByHand: "Von Hand", FollowSearch: "Suche auf deinem Server nach dieser Adresse:", BackTo: "Zurück zu %s",
		Comments: "Kommentare", Reactions: "Reaktionen", NoComments: "Noch gibt es keine Kommentare.", CommentsClosed: "Die Kommentare sind geschlossen.",
		CommentsOne: "1 Kommentar", CommentsMany: "%d Kommentare", LikesOne: "1 Like", LikesMany: "%d Likes",
		SharesOne: "1 Mal geteilt", SharesMany: "%d Mal geteilt",
		CommentHow:  "Antworte vom eigenen Konto aus, auf Mastodon oder irgendwo sonst im Fediverse: Suche dort nach dieser Adresse.",
		CommentHeld: "Antworten erscheinen hier, sobald %s sie freigegeben hat.", AnotherComment: "einen anderen Kommentar",
		ContentWarning: "Inhaltswarnung:", Sensitive: "Sensibler Inhalt",
		EarlierComments: "Frühere Kommentare", LaterComments: "Spätere Kommentare", CommentPages: "Seiten mit Kommentaren",
		Going: "Zusagen", SeatsOf: "%d von %d Plätzen", WaitingOne: "1 auf der Warteliste", WaitingMany: "%d auf der Warteliste",
		TakePart: "So nimmst du teil", JoinHow: "Sag vom eigenen Konto aus zu, auf Mobilizon, Friendica, Hubzilla oder einem anderen Server, der Veranstaltungen kennt: Suche dort nach dieser Adresse und nimm teil.",
		JoinRestricted: "Über jede Anfrage wird von Hand entschieden. Die Antwort erreicht dich auf deinem eigenen Server.",
		JoinFull:       "Alle Plätze sind vergeben. Wer jetzt zusagt, kommt auf die Warteliste und rückt nach, sobald ein Platz frei wird.",
		JoinFullAsked:  "Alle Plätze sind vergeben. Wer jetzt noch angenommen wird, kommt auf die Warteliste und rückt nach, sobald ein Platz frei wird.",
		JoinMastodon:   "Mit Mastodon kann man bei Veranstaltungen nicht zusagen.", JoinExternal: "Teilnehmen auf %s", JoinWhole: "Teilnehmen bei",
		TagTitle: "Beiträge zu %s", TagNone: "Dazu ist nichts veröffentlicht.",
		NetworkTitle: "Von den Kollektiven, denen wir folgen", NetworkLead: "Was Kollektive auf anderen Servern veröffentlicht haben. Jeder Link führt zum Original.",
		NetworkEmpty: "Noch folgt keines der Kollektive hier jemandem.", NetworkQuiet: "Noch ist nichts angekommen.",
		NetworkHint: "Wer diesen Server betreibt, kann anderen auf der Kommandozeile folgen:", NetworkVia: "geteilt von",
		ReadOriginal: "Original lesen auf %s", Untitled: "Ohne Titel", Event: "Veranstaltung",
		AboutTitle: "Über %s", AboutText: "Dieser Server veröffentlicht Veranstaltungen und Berichte von Genossenschaften und Kollektiven im Web und im Fediverse. Wer ein Konto auf Mastodon, Mobilizon oder einem anderen ActivityPub-Server hat, kann ihnen folgen, ohne sich hier anzumelden.",
		AboutCoops: "Kollektive auf diesem Server", Software: "Software",
		SoftwareText: "Auf diesem Server läuft Plenum, freie Software unter der", License: "GNU Affero General Public License, Version 3 oder später",
		Mobilizon: "Für andere Server", MobilizonText: "Wer diesem Konto folgt, erhält alle öffentlichen Veranstaltungen dieses Servers. In Mobilizon trägt es die Administration unter Föderation als Instanz ein, der gefolgt wird:",
		Problem: "Etwas stimmt nicht", ProblemStatus: "Status %d", ToHome: "Zur Startseite",
		BadRequest: "Diese Anfrage stimmt nicht", Forbidden: "Das ist nicht erlaubt", NotFound: "Hier ist nichts",
		GoneTitle: "Das wurde entfernt", TooMany: "Zu viele Anfragen", Unavailable: "Zurzeit nicht erreichbar", ServerError: "Hier ist etwas schiefgegangen",
		NotFoundDetail: "Diese Seite gibt es nicht. Vielleicht ist die Adresse falsch geschrieben.", GoneDetail: "Was hier stand, wurde von denen entfernt, die es veröffentlicht hatten.",
		UnavailableDetail: "Bitte versuche es gleich noch einmal.", ErrorDetail: "Der Fehler liegt bei uns und wurde protokolliert.",
	},
}

// wordsFor returns the words of a language, English for one that we do not speak,
// and which of the two it is.
func wordsFor(lang string) (*words, string) {
	lang = baseOf(lang)
	if w, ok := catalogue[lang]; ok {
		return w, lang
	}
	return catalogue["en"], "en"
}

// kind is what a post of the kind is called.
func (w *words) kind(k coop.Kind) string {
	switch k {
	case coop.Report:
		return w.Report
	case coop.Meetup:
		return w.Meetup
	case coop.Talk:
		return w.Talk
	}
	return w.Note
}

// status is the badge and the sentence for what became of an event; both are
// empty for one that takes place as planned.
func (w *words) status(s coop.Status) (badge, sentence string) {
	switch s {
	case coop.Cancelled:
		return w.Cancelled, w.CancelledLong
	case coop.Postponed:
		return w.Postponed, w.PostponedLong
	case coop.Rescheduled:
		return w.Rescheduled, w.RescheduledLong
	case coop.Tentative:
		return w.Tentative, w.TentativeLong
	}
	return "", ""
}

// count chooses among the words for none, one and many.
func count(n int, none, one, many string) string {
	switch n {
	case 0:
		return none
	case 1:
		return one
	}
	return fmt.Sprintf(many, n)
}
