// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

// heardMobilizon is what Mobilizon and Gancio say, which are about events.
var heardMobilizon = map[string]string{
	"mobilizon/announce_event.json":         "Announce by https://mobilizon.example/relay: https://mobilizon.example/events/0b9e1c4e-52f1-4a3b-9a6e-5c1f3d2b7a11",
	"mobilizon/create_comment.json":         `Create by https://mobilizon.example/@carol: Note https://mobilizon.example/comments/3a9c7a52-0d7e-4f2b-9a43-0c1d2e3f4a5b by https://mobilizon.example/@carol, for all, answers EVENT: "Can I bring my old notebook?"`,
	"mobilizon/create_event.json":           "Create by https://mobilizon.example/@makers: Event https://mobilizon.example/events/0b9e1c4e-52f1-4a3b-9a6e-5c1f3d2b7a11 by https://mobilizon.example/@makers, for all, in en",
	"mobilizon/create_private_comment.json": `Create by https://mobilizon.example/@carol: Note https://mobilizon.example/comments/3a9c7a52-0d7e-4f2b-9a43-0c1d2e3f4a5c by https://mobilizon.example/@carol, for some, answers EVENT: "@hackspace@events.example between us: I "`,
	"mobilizon/delete_comment.json":         "Delete by https://mobilizon.example/@carol: https://mobilizon.example/comments/3a9c7a52-0d7e-4f2b-9a43-0c1d2e3f4a5b",
	"mobilizon/flag.json":                   "Flag by https://mobilizon.example/relay: [COOP EVENT] not an event",
	"mobilizon/follow_group.json":           "Follow by https://mobilizon.example/@carol: COOP",
	"mobilizon/follow_relay.json":           "Follow by https://mobilizon.example/relay: https://events.example/ap/actor",
	"mobilizon/join.json":                   "Join by https://mobilizon.example/@carol: EVENT Coming with a friend",
	"mobilizon/join_anonymous.json":         "Join by https://mobilizon.example/@anonymous: EVENT",
	"mobilizon/leave.json":                  "Leave by https://mobilizon.example/@carol: EVENT",
	"mobilizon/undo_follow.json":            "Undo by https://mobilizon.example/@carol: https://mobilizon.example/follow/5b6c7d8e (Follow by https://mobilizon.example/@carol of COOP)",
	"mobilizon/update_comment.json":         `Update by https://mobilizon.example/@carol: Note https://mobilizon.example/comments/3a9c7a52-0d7e-4f2b-9a43-0c1d2e3f4a5b by https://mobilizon.example/@carol, for all, answers EVENT: "Can I bring my old notebook and a dog?"`,
	"mobilizon/update_event.json":           "Update by https://mobilizon.example/@makers: Event https://mobilizon.example/events/0b9e1c4e-52f1-4a3b-9a6e-5c1f3d2b7a11 by https://mobilizon.example/@makers, for all, in en",

	"gancio/accept.json":       "Accept by https://gancio.example/federation/u/events: https://events.example/ap/activities/01KB3Y6Q2ZM9T4X7V0R8W5N1EA (Follow by COOP of https://gancio.example/federation/u/events)",
	"gancio/create_event.json": "Create by https://gancio.example/federation/u/events: Event https://gancio.example/federation/m/42 by https://gancio.example/federation/u/events, for all",
	"gancio/delete_event.json": "Delete by https://gancio.example/federation/u/events: https://gancio.example/federation/m/42",
	"gancio/follow.json":       "Follow by https://gancio.example/federation/u/events: COOP",
	"gancio/undo_follow.json":  "Undo by https://gancio.example/federation/u/events: https://gancio.example/federation/m/COOP#follow (Follow by nobody of COOP)",
	"gancio/update_event.json": "Update by https://gancio.example/federation/u/events: Event https://gancio.example/federation/m/42 by https://gancio.example/federation/u/events, for all",
}
