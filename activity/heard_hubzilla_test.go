// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

// heardHubzilla is what Hubzilla says, which embeds what it answers.
var heardHubzilla = map[string]string{
	"hubzilla/accept_event.json":           "Accept by https://hubzilla.example/channel/hugo: EVENT (Event by COOP of nobody)",
	"hubzilla/create_comment.json":         `Create by https://hubzilla.example/channel/hugo: Note https://hubzilla.example/item/7c0b1a29-0006-4d1e-8c2b-5a6978695a4b by https://hubzilla.example/channel/hugo, for all, answers EVENT: "I bring cake."`,
	"hubzilla/delete_comment.json":         "Delete by https://hubzilla.example/channel/hugo: https://hubzilla.example/item/7c0b1a29-0006-4d1e-8c2b-5a6978695a4b",
	"hubzilla/dislike.json":                "Ignored: we do nothing upon Dislike",
	"hubzilla/emoji_reaction.json":         `Ignored: "emojiReaction" is no activity that we know`,
	"hubzilla/follow.json":                 "Follow by https://hubzilla.example/channel/hugo: COOP",
	"hubzilla/like.json":                   "Like by https://hubzilla.example/channel/hugo: EVENT",
	"hubzilla/reject_event.json":           "Reject by https://hubzilla.example/channel/hugo: EVENT (Event by COOP of nobody)",
	"hubzilla/tentative_accept_event.json": "TentativeAccept by https://hubzilla.example/channel/hugo: EVENT (Event by COOP of nobody)",
	"hubzilla/undo_accept_event.json":      "Undo by https://hubzilla.example/channel/hugo: https://hubzilla.example/activity/7c0b1a29-0003-4d1e-8c2b-5a6978695a4b (Accept by https://hubzilla.example/channel/hugo of EVENT)",
	"hubzilla/undo_follow.json":            "Undo by https://hubzilla.example/channel/hugo: https://hubzilla.example/follow/17 (Follow by https://hubzilla.example/channel/hugo of COOP)",
	"hubzilla/undo_like.json":              "Undo by https://hubzilla.example/channel/hugo: https://hubzilla.example/activity/7c0b1a29-0001-4d1e-8c2b-5a6978695a4b (Like by https://hubzilla.example/channel/hugo of EVENT)",
	"hubzilla/update_comment.json":         `Update by https://hubzilla.example/channel/hugo: Note https://hubzilla.example/item/7c0b1a29-0006-4d1e-8c2b-5a6978695a4b by https://hubzilla.example/channel/hugo, for all, answers EVENT: "I bring cake and tea."`,
}
