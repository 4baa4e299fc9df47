// SPDX-License-Identifier: AGPL-3.0-or-later

package web

// memberWords are the words of the pages that members see: their doors and their
// account. Those of the desk are in words_desk.go.
type memberWords struct {
	ForMembers, SignIn, SignOut, SignedInAs     string
	Desk, Members, Account, MemberNav           string
	ErrorTitle, ErrorHeading                    string // the latter before the title of the window
	Missing, TooLong, Malformed                 string // of a field, by its label
	Optional, Save, Remove, Cancel, Never, Back string

	LoginTitle, LoginName, Password, LoginButton     string
	LoginWrong, LoginSlow, LoginOut, LoginReset      string
	LoginFirst, LoginForgot, LoginNoAccount          string
	PasskeyButton, PasskeyOr, PasskeyFailed          string
	PasskeyRefused                                   string
	InviteTitle, InviteLead, InviteNote, InviteUntil string
	InviteNew, InviteHave, InviteJoin, InviteJoinAs  string
	InviteBare, InviteAs                             string
	InviteButton, InviteGone, InviteGoneText         string
	LoginHint, LoginTaken, LoginBad, PersonName      string
	PersonHint, Email, EmailHint, EmailBad           string
	Language, PasswordNew, PasswordHint              string
	PasswordBad, PasswordOld, PasswordOldWrong       string
	ResetTitle, ResetLead, ResetButton, ResetSent    string
	ResetNoMail, ResetChoose, ResetChooseLead        string
	ResetGone, ResetGoneText, ResetAgain             string

	AccountTitle, AccountLead, Profile               string
	YourCoops, NoCoopsYet, OperatorOf                string
	PasswordChange, PasswordNone, PasswordCut        string
	Passkeys, PasskeysLead, PasskeysNone             string
	PasskeyAdd, PasskeyName, PasskeyHint             string
	PasskeyMade, PasskeyUsed, PasskeyUnused          string
	PasskeyNoScript, PasskeyDropOf                   string
	AgainFirst, AgainLink                            string
	Sessions, SessionsLead, SessionThis, SessionEnd  string
	SessionSeen, SessionByPassword, SessionByPasskey string
	SessionEndOf, SessionEndAll, UnknownBrowser      string
	Apps, AppsLead, AppsNone, AppRevoke, AppRevokeOf string
	AppFor, AppUsed, AppRead, AppWrite, AppLocal     string
	DoneProfile, DonePassword, DonePasskey           string
	DonePasskeyDropped, DoneSession, DoneApp         string

	RoleEditor, RolePublisher, RoleAdmin                string
	RoleEditorText, RolePublisherText, RoleAdminText    string
	MembersTitle, MembersLead, MembersOf                string
	MemberYou, MemberOperator, MemberDisabled           string
	RoleOf, RoleChange, RoleNone, ResetLink             string
	ResetLinkOf, ResetLinkMade, LinkOnce                string
	InviteSomebody, InviteFor, InviteForHint            string
	InviteRole, InviteMake, InviteMade, InviteMailed    string
	InviteOpen, InviteBy, InviteDrop, InviteDropOf      string
	TwoPeople, TwoPeopleText, TwoPeopleOn, TwoPeopleOff string
	TwoPeopleStart, TwoPeopleStop                       string
	DoneRole, DoneRemoved, DoneInviteDropped, DoneTwo   string
	LastAdmin                                           string

	ConsentTitle, ConsentLead, ConsentHost, ConsentRuns, ConsentLocal string
	ConsentUnverified, ConsentMay                                     string
	ConsentMayRead, ConsentMayWrite, ConsentRole                      string
	ConsentCoop, ConsentCoopHint, ConsentAllow, ConsentDeny           string
	ConsentBack, ConsentRevoke, ConsentNoCoop                         string
	ConsentRefused, ConsentRefusedText                                string
}

var membersEN = memberWords{
	ForMembers: "For members", SignIn: "Sign in", SignOut: "Sign out", SignedInAs: "Signed in as %s",
	Desk: "Desk", Members: "Members", Account: "Account", MemberNav: "Members’ pages",
	ErrorTitle: "Please check the form", ErrorHeading: "Error: %s",
	Missing: "“%s” is missing.", TooLong: "“%s” is too long.", Malformed: "“%s” is not in the form that is expected.",
	Optional: "optional", Save: "Save", Remove: "Remove", Cancel: "Cancel", Never: "never", Back: "Back",

	LoginTitle: "Sign in", LoginName: "Sign-in name", Password: "Password", LoginButton: "Sign in",
	LoginWrong: "Sign-in name and password do not belong together.",
	LoginSlow:  "That was tried too often. Please wait a quarter of an hour, or use a passkey.",
	LoginOut:   "You have signed out.", LoginReset: "Your new password is set. You can sign in with it now.",
	LoginFirst: "Please sign in to go on.", LoginForgot: "I forgot my password",
	LoginNoAccount: "This is where the members of the co-ops on this server sign in. To follow a co-op you need no account here.",
	PasskeyButton:  "Sign in with a passkey", PasskeyOr: "or with a password",
	PasskeyFailed: "That did not work. Try again, or use your password.", PasskeyRefused: "This passkey is not known here.",
	InviteTitle: "Join %s", InviteLead: "%s invites you to work for %s.", InviteBare: "You are invited to work for %s.", InviteAs: "Your role: %s, who %s.", InviteNote: "This invitation was made for: %s",
	InviteUntil: "It can be used once, until %s.", InviteNew: "I am new here", InviteHave: "I have an account here already",
	InviteJoin: "Sign in and join", InviteJoinAs: "Join as %s", InviteButton: "Make my account and join",
	InviteGone: "This invitation cannot be used", InviteGoneText: "It was used already, was taken back, or its time is over. Ask those who invited you for a new one.",
	LoginHint: "2 to 40 of the characters a to z, 0 to 9, dot, hyphen and underscore. It does not change.", LoginTaken: "Somebody else has this sign-in name.",
	LoginBad: "A sign-in name has 2 to 40 of the characters a to z, 0 to 9, dot, hyphen and underscore.", PersonName: "Your name",
	PersonHint: "As the other members are to see it.", Email: "E-mail", EmailHint: "For a link when you forget your password. Nobody but the administrators sees it.",
	EmailBad: "That is no e-mail address.", Language: "Language", PasswordNew: "New password",
	PasswordHint: "At least 10 characters. A few words that you can remember are better than a short riddle.",
	PasswordBad:  "A password has 10 to 200 characters. It is not your sign-in name, and none of those that everybody takes.",
	PasswordOld:  "Password as it is now", PasswordOldWrong: "That is not your password.",
	ResetTitle: "Forgot your password?", ResetLead: "Tell us your sign-in name. If we know it and have an e-mail address, we send a link there.", ResetButton: "Send me a link",
	ResetSent:   "If there is an account with this name and an e-mail address, a link is on its way. It can be used once, for an hour.",
	ResetNoMail: "This server sends no mail. Ask an administrator of your co-op: they can make a link for you on the page “Members”.",
	ResetChoose: "Choose a new password", ResetChooseLead: "For %s. Afterwards you are signed out everywhere, and apps have to ask you again.",
	ResetGone: "This link cannot be used", ResetGoneText: "It was used already, or its time is over.", ResetAgain: "Ask for a new one",

	AccountTitle: "Your account", AccountLead: "Your sign-in name is %s.", Profile: "About you",
	YourCoops: "Your co-ops", NoCoopsYet: "You belong to no co-op at the moment. An administrator can invite you.", OperatorOf: "You look after this server, and may do everything for every co-op.",
	PasswordChange: "Change the password", PasswordNone: "You have no password and sign in with a passkey. You can set one.", PasswordCut: "You stay signed in here. Everywhere else you are signed out, and apps have to ask you again.",
	Passkeys: "Passkeys", PasskeysLead: "Sign in with your device instead of a password: with a fingerprint, your face, a PIN, or a security key.", PasskeysNone: "You have no passkey yet.",
	PasskeyAdd: "Add a passkey", PasskeyName: "Name of the device", PasskeyHint: "So that you know it again: “laptop”, “blue key”.",
	PasskeyMade: "added %s", PasskeyUsed: "last used %s", PasskeyUnused: "never used",
	PasskeyNoScript: "To add a passkey, this page needs JavaScript. Everything else works without.", PasskeyDropOf: "Remove the passkey %s",
	AgainFirst: "To change this, sign in again first: somebody else may have sat down at your browser.", AgainLink: "Sign in again",
	Sessions: "Where you are signed in", SessionsLead: "If you do not know one of these, end it and change your password.", SessionThis: "this browser", SessionEnd: "End",
	SessionSeen: "last seen %s", SessionByPassword: "with a password", SessionByPasskey: "with a passkey",
	SessionEndOf: "End the session of %s", SessionEndAll: "Sign out everywhere", UnknownBrowser: "an unknown browser",
	Apps: "Apps", AppsLead: "Programs that you let act for a co-op.", AppsNone: "No app acts for you.", AppRevoke: "Take back", AppRevokeOf: "Take back what %s may do",
	AppFor: "for %s", AppUsed: "last used %s", AppRead: "may read", AppWrite: "may read and write", AppLocal: "on your own device",
	DoneProfile: "Saved.", DonePassword: "Your password is changed.", DonePasskey: "Your passkey is added. Try it the next time you sign in.",
	DonePasskeyDropped: "The passkey is removed.", DoneSession: "The session is ended.", DoneApp: "The app may do nothing any more.",

	RoleEditor: "Editor", RolePublisher: "Publisher", RoleAdmin: "Administrator",
	RoleEditorText: "writes drafts and proposes them", RolePublisherText: "publishes, and decides about proposals and comments", RoleAdminText: "publishes, and sees to the co-op’s settings and members",
	MembersTitle: "Members of %s", MembersLead: "Who works for this co-op here, and what they may do.", MembersOf: "You also administer",
	MemberYou: "you", MemberOperator: "looks after the server", MemberDisabled: "cannot sign in",
	RoleOf: "Role of %s", RoleChange: "Change", RoleNone: "No member any more", ResetLink: "Link for a new password",
	ResetLinkOf: "Make a link for a new password of %s", ResetLinkMade: "With this link %s can choose a new password, once and within a day. Give it to them and to nobody else:", LinkOnce: "It is shown this once.",
	InviteSomebody: "Invite somebody", InviteFor: "Whom is it for?", InviteForHint: "A name, for this list. If it is an e-mail address, and this server sends mail, the invitation is sent there.",
	InviteRole: "What are they to do?", InviteMake: "Make an invitation", InviteMade: "This link makes one person a member of %s. It works once, for a week. Pass it on yourself, in a way that you trust:", InviteMailed: "It was sent by mail, too.",
	InviteOpen: "Open invitations", InviteBy: "by %s, until %s", InviteDrop: "Take back", InviteDropOf: "Take back the invitation for %s",
	TwoPeople: "Two have to agree", TwoPeopleText: "Whatever one member publishes, somebody else who may publish has to agree to first. That holds for everybody, administrators included.",
	TwoPeopleOn: "This rule is in force.", TwoPeopleOff: "This rule is not in force: a publisher publishes alone.", TwoPeopleStart: "From now on two have to agree", TwoPeopleStop: "Let one publish alone",
	DoneRole: "The role is changed.", DoneRemoved: "They are no member of this co-op any more.", DoneInviteDropped: "The invitation is taken back.", DoneTwo: "The rule is changed.",
	LastAdmin: "Somebody has to be left who administers this co-op.",

	ConsentTitle: "Let %s act for a co-op?", ConsentLead: "An app asks to act in the name of one of your co-ops.", ConsentHost: "It is at home on", ConsentRuns: "It runs", ConsentLocal: "on your own device. Allow it only if you have just started it yourself.",
	ConsentUnverified: "The name is what the app says of itself. Judge it by its address.", ConsentMay: "It wants to",
	ConsentMayRead: "read everything of the co-op: drafts, proposals, what comes in", ConsentMayWrite: "write and publish, follow, like and block in its name", ConsentRole: "It may never do more than you may yourself.",
	ConsentCoop: "For which co-op?", ConsentCoopHint: "It can act for this one and for no other.", ConsentAllow: "Allow", ConsentDeny: "Refuse",
	ConsentBack: "Either way you go on to %s.", ConsentRevoke: "You can take this back at any time, on the page “Account”.", ConsentNoCoop: "You belong to no co-op for which it could act.",
	ConsentRefused: "This app asks in the wrong way", ConsentRefusedText: "Nothing was allowed. Those who make the app should know what is wrong:",
}

var membersDE = memberWords{
	ForMembers: "Für Mitglieder", SignIn: "Anmelden", SignOut: "Abmelden", SignedInAs: "Angemeldet als %s",
	Desk: "Schreibtisch", Members: "Mitglieder", Account: "Konto", MemberNav: "Seiten für Mitglieder",
	ErrorTitle: "Bitte prüfe das Formular", ErrorHeading: "Fehler: %s",
	Missing: "„%s“ fehlt.", TooLong: "„%s“ ist zu lang.", Malformed: "„%s“ hat nicht die erwartete Form.",
	Optional: "freiwillig", Save: "Speichern", Remove: "Entfernen", Cancel: "Abbrechen", Never: "nie", Back: "Zurück",

	LoginTitle: "Anmelden", LoginName: "Anmeldename", Password: "Passwort", LoginButton: "Anmelden",
	LoginWrong: "Anmeldename und Passwort gehören nicht zusammen.",
	LoginSlow:  "Das wurde zu oft versucht. Bitte warte eine Viertelstunde oder nimm einen Passkey.",
	LoginOut:   "Du hast dich abgemeldet.", LoginReset: "Dein neues Passwort gilt. Du kannst dich jetzt damit anmelden.",
	LoginFirst: "Bitte melde dich an, um weiterzumachen.", LoginForgot: "Passwort vergessen",
	LoginNoAccount: "Hier melden sich die Mitglieder der Kollektive auf diesem Server an. Um einem Kollektiv zu folgen, brauchst du hier kein Konto.",
	PasskeyButton:  "Mit Passkey anmelden", PasskeyOr: "oder mit Passwort",
	PasskeyFailed: "Das hat nicht geklappt. Versuch es noch einmal oder nimm dein Passwort.", PasskeyRefused: "Dieser Passkey ist hier nicht bekannt.",
	InviteTitle: "Mitmachen bei %s", InviteLead: "%s lädt dich ein, bei %s mitzuarbeiten.", InviteBare: "Du bist eingeladen, bei %s mitzuarbeiten.", InviteAs: "Deine Aufgabe: %s – wer sie hat, %s.", InviteNote: "Diese Einladung ist gedacht für: %s",
	InviteUntil: "Sie gilt einmal und bis zum %s.", InviteNew: "Ich bin neu hier", InviteHave: "Ich habe hier schon ein Konto",
	InviteJoin: "Anmelden und mitmachen", InviteJoinAs: "Als %s mitmachen", InviteButton: "Konto anlegen und mitmachen",
	InviteGone: "Diese Einladung gilt nicht", InviteGoneText: "Sie wurde schon benutzt, zurückgezogen, oder ihre Zeit ist um. Bitte die, die dich eingeladen haben, um eine neue.",
	LoginHint: "2 bis 40 Zeichen: a bis z, 0 bis 9, Punkt, Binde- und Unterstrich. Er ändert sich nicht.", LoginTaken: "Diesen Anmeldenamen hat schon jemand.",
	LoginBad: "Ein Anmeldename hat 2 bis 40 Zeichen: a bis z, 0 bis 9, Punkt, Binde- und Unterstrich.", PersonName: "Dein Name",
	PersonHint: "So, wie die anderen Mitglieder ihn sehen sollen.", Email: "E-Mail", EmailHint: "Für einen Link, wenn du dein Passwort vergisst. Nur die Verwaltung sieht sie.",
	EmailBad: "Das ist keine E-Mail-Adresse.", Language: "Sprache", PasswordNew: "Neues Passwort",
	PasswordHint: "Mindestens 10 Zeichen. Ein paar Wörter, die du dir merken kannst, sind besser als ein kurzes Rätsel.",
	PasswordBad:  "Ein Passwort hat 10 bis 200 Zeichen. Es ist nicht dein Anmeldename und keines von denen, die alle nehmen.",
	PasswordOld:  "Passwort bisher", PasswordOldWrong: "Das ist nicht dein Passwort.",
	ResetTitle: "Passwort vergessen?", ResetLead: "Sag uns deinen Anmeldenamen. Kennen wir ihn und haben eine E-Mail-Adresse, schicken wir einen Link dorthin.", ResetButton: "Link schicken",
	ResetSent:   "Gibt es ein Konto mit diesem Namen und einer E-Mail-Adresse, ist ein Link unterwegs. Er gilt einmal und eine Stunde lang.",
	ResetNoMail: "Dieser Server verschickt keine Mails. Frag die Verwaltung deines Kollektivs: Auf der Seite „Mitglieder“ kann sie dir einen Link machen.",
	ResetChoose: "Neues Passwort wählen", ResetChooseLead: "Für %s. Danach bist du überall abgemeldet, und Apps müssen dich neu fragen.",
	ResetGone: "Dieser Link gilt nicht", ResetGoneText: "Er wurde schon benutzt, oder seine Zeit ist um.", ResetAgain: "Einen neuen anfordern",

	AccountTitle: "Dein Konto", AccountLead: "Dein Anmeldename ist %s.", Profile: "Über dich",
	YourCoops: "Deine Kollektive", NoCoopsYet: "Du gehörst zurzeit zu keinem Kollektiv. Die Verwaltung eines Kollektivs kann dich einladen.", OperatorOf: "Du betreust diesen Server und darfst für jedes Kollektiv alles.",
	PasswordChange: "Passwort ändern", PasswordNone: "Du hast kein Passwort und meldest dich mit einem Passkey an. Du kannst eines setzen.", PasswordCut: "Hier bleibst du angemeldet. Überall sonst wirst du abgemeldet, und Apps müssen dich neu fragen.",
	Passkeys: "Passkeys", PasskeysLead: "Melde dich mit deinem Gerät an statt mit einem Passwort: mit Fingerabdruck, Gesicht, PIN oder Sicherheitsschlüssel.", PasskeysNone: "Du hast noch keinen Passkey.",
	PasskeyAdd: "Passkey hinzufügen", PasskeyName: "Name des Geräts", PasskeyHint: "Damit du ihn wiedererkennst: „Laptop“, „blauer Schlüssel“.",
	PasskeyMade: "seit %s", PasskeyUsed: "zuletzt benutzt %s", PasskeyUnused: "nie benutzt",
	PasskeyNoScript: "Um einen Passkey hinzuzufügen, braucht diese Seite JavaScript. Alles andere geht ohne.", PasskeyDropOf: "Passkey %s entfernen",
	AgainFirst: "Melde dich dafür zuerst neu an: An deinem Browser könnte jemand anderes sitzen.", AgainLink: "Neu anmelden",
	Sessions: "Wo du angemeldet bist", SessionsLead: "Kennst du etwas davon nicht, beende es und ändere dein Passwort.", SessionThis: "dieser Browser", SessionEnd: "Beenden",
	SessionSeen: "zuletzt da %s", SessionByPassword: "mit Passwort", SessionByPasskey: "mit Passkey",
	SessionEndOf: "Sitzung von %s beenden", SessionEndAll: "Überall abmelden", UnknownBrowser: "ein unbekannter Browser",
	Apps: "Apps", AppsLead: "Programme, die du für ein Kollektiv handeln lässt.", AppsNone: "Keine App handelt für dich.", AppRevoke: "Zurücknehmen", AppRevokeOf: "Zurücknehmen, was %s darf",
	AppFor: "für %s", AppUsed: "zuletzt benutzt %s", AppRead: "darf lesen", AppWrite: "darf lesen und schreiben", AppLocal: "auf deinem eigenen Gerät",
	DoneProfile: "Gespeichert.", DonePassword: "Dein Passwort ist geändert.", DonePasskey: "Dein Passkey ist da. Probier ihn beim nächsten Anmelden aus.",
	DonePasskeyDropped: "Der Passkey ist entfernt.", DoneSession: "Die Sitzung ist beendet.", DoneApp: "Die App darf nichts mehr.",

	RoleEditor: "Redaktion", RolePublisher: "Veröffentlichung", RoleAdmin: "Verwaltung",
	RoleEditorText: "schreibt Entwürfe und schlägt sie vor", RolePublisherText: "veröffentlicht und entscheidet über Vorschläge und Kommentare", RoleAdminText: "veröffentlicht und kümmert sich um Einstellungen und Mitglieder des Kollektivs",
	MembersTitle: "Mitglieder von %s", MembersLead: "Wer hier für dieses Kollektiv arbeitet, und wer was darf.", MembersOf: "Du verwaltest auch",
	MemberYou: "du", MemberOperator: "betreut den Server", MemberDisabled: "kann sich nicht anmelden",
	RoleOf: "Rolle von %s", RoleChange: "Ändern", RoleNone: "Nicht mehr dabei", ResetLink: "Link für ein neues Passwort",
	ResetLinkOf: "Link für ein neues Passwort von %s machen", ResetLinkMade: "Mit diesem Link kann %s ein neues Passwort wählen, einmal und einen Tag lang. Gib ihn nur dieser Person:", LinkOnce: "Er wird nur dieses eine Mal gezeigt.",
	InviteSomebody: "Jemanden einladen", InviteFor: "Für wen?", InviteForHint: "Ein Name für diese Liste. Ist es eine E-Mail-Adresse und verschickt dieser Server Mails, geht die Einladung dorthin.",
	InviteRole: "Was ist die Aufgabe?", InviteMake: "Einladung machen", InviteMade: "Dieser Link macht eine Person zum Mitglied von %s. Er gilt einmal und eine Woche lang. Gib ihn selbst weiter, auf einem Weg, dem du traust:", InviteMailed: "Er wurde auch per Mail verschickt.",
	InviteOpen: "Offene Einladungen", InviteBy: "von %s, bis %s", InviteDrop: "Zurückziehen", InviteDropOf: "Einladung für %s zurückziehen",
	TwoPeople: "Zwei müssen zustimmen", TwoPeopleText: "Was ein Mitglied veröffentlicht, dem muss vorher jemand anderes zustimmen, der veröffentlichen darf. Das gilt für alle, auch für die Verwaltung.",
	TwoPeopleOn: "Diese Regel gilt.", TwoPeopleOff: "Diese Regel gilt nicht: Eine Person veröffentlicht allein.", TwoPeopleStart: "Ab jetzt müssen zwei zustimmen", TwoPeopleStop: "Eine Person darf allein veröffentlichen",
	DoneRole: "Die Rolle ist geändert.", DoneRemoved: "Diese Person gehört nicht mehr zum Kollektiv.", DoneInviteDropped: "Die Einladung ist zurückgezogen.", DoneTwo: "Die Regel ist geändert.",
	LastAdmin: "Jemand muss bleiben, der dieses Kollektiv verwaltet.",

	ConsentTitle: "Darf %s für ein Kollektiv handeln?", ConsentLead: "Eine App möchte im Namen eines deiner Kollektive handeln.", ConsentHost: "Sie ist zu Hause auf", ConsentRuns: "Sie läuft", ConsentLocal: "auf deinem eigenen Gerät. Erlaube es nur, wenn du sie gerade selbst gestartet hast.",
	ConsentUnverified: "Den Namen gibt sich die App selbst. Beurteile sie nach ihrer Adresse.", ConsentMay: "Sie möchte",
	ConsentMayRead: "alles des Kollektivs lesen: Entwürfe, Vorschläge, was ankommt", ConsentMayWrite: "in seinem Namen schreiben und veröffentlichen, folgen, liken und blockieren", ConsentRole: "Sie darf nie mehr, als du selbst darfst.",
	ConsentCoop: "Für welches Kollektiv?", ConsentCoopHint: "Für dieses kann sie handeln und für kein anderes.", ConsentAllow: "Erlauben", ConsentDeny: "Ablehnen",
	ConsentBack: "So oder so geht es weiter zu %s.", ConsentRevoke: "Du kannst das jederzeit zurücknehmen, auf der Seite „Konto“.", ConsentNoCoop: "Du gehörst zu keinem Kollektiv, für das sie handeln könnte.",
	ConsentRefused: "Diese App fragt falsch", ConsentRefusedText: "Nichts wurde erlaubt. Wer die App macht, sollte wissen, was nicht stimmt:",
}
