// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

// heardPleroma is what Pleroma and Akkoma say, whose Undos name an id.
var heardPleroma = map[string]string{
	"pleroma/announce.json":            "Announce by https://pleroma.example/users/erin: EVENT",
	"pleroma/block.json":               "Block by https://pleroma.example/users/erin: COOP",
	"pleroma/create_answer.json":       `Create by https://pleroma.example/users/erin: Note https://pleroma.example/objects/5b0e1c7d-1111-4b1c-9a3e-000000000002 by https://pleroma.example/users/erin, for some, a vote for "tea" in EVENT`,
	"pleroma/create_chat_message.json": "Create by https://pleroma.example/users/erin: ChatMessage https://pleroma.example/objects/5b0e1c7d-1111-4b1c-9a3e-000000000003 by https://pleroma.example/users/erin, for some",
	"pleroma/create_note.json":         "Create by https://pleroma.example/users/erin: Note https://pleroma.example/objects/o1 by https://pleroma.example/users/erin, for all, in en",
	"pleroma/create_reply.json":        `Create by https://pleroma.example/users/erin: Note https://pleroma.example/objects/5b0e1c7d-1111-4b1c-9a3e-000000000001 by https://pleroma.example/users/erin, for all, in en, answers EVENT: "@hackspace is there food? vegan?"`,
	"pleroma/delete_note.json":         "Delete by https://pleroma.example/users/erin: https://pleroma.example/objects/5b0e1c7d-1111-4b1c-9a3e-000000000001",
	"pleroma/delete_user.json":         "Delete by https://pleroma.example/users/erin: https://pleroma.example/users/erin",
	"pleroma/emoji_react.json":         "EmojiReact by https://pleroma.example/users/erin: EVENT 🎉",
	"pleroma/emoji_react_custom.json":  "EmojiReact by https://pleroma.example/users/erin: REPORT :blobfox:",
	"pleroma/flag.json":                "Flag by https://pleroma.example/users/erin: [COOP EVENT] no such house",
	"pleroma/follow.json":              "Follow by https://pleroma.example/users/erin: COOP",
	"pleroma/like.json":                "Like by https://pleroma.example/users/erin: EVENT",
	"pleroma/move.json":                "Move by https://pleroma.example/users/erin: https://pleroma.example/users/erin to https://other.example/users/erin",
	"pleroma/undo_announce.json":       "Undo by https://pleroma.example/users/erin: https://pleroma.example/activities/6a0e1c7d-0001-4b1c-9a3e-000000000003",
	"pleroma/undo_emoji_react.json":    "Undo by https://pleroma.example/users/erin: https://pleroma.example/activities/r1",
	"pleroma/undo_follow.json":         "Undo by https://pleroma.example/users/erin: nobody (Follow by https://pleroma.example/users/erin of COOP)",
	"pleroma/undo_like.json":           "Undo by https://pleroma.example/users/erin: https://pleroma.example/activities/6a0e1c7d-0001-4b1c-9a3e-000000000001",
	"pleroma/update_note.json":         `Update by https://pleroma.example/users/erin: Note https://pleroma.example/objects/5b0e1c7d-1111-4b1c-9a3e-000000000001 by https://pleroma.example/users/erin, for all, in en, answers EVENT: "@hackspace is there food? vegan? or only"`,
}
