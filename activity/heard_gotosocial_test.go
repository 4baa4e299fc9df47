// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

// heardGoToSocial is what GoToSocial says, whose lists of one are no lists.
var heardGoToSocial = map[string]string{
	"gotosocial/announce.json":              "Announce by https://gts.example/users/dora: EVENT",
	"gotosocial/block.json":                 "Block by https://gts.example/users/dora: COOP",
	"gotosocial/create_note.json":           "Create by https://gts.example/users/dora: Note https://gts.example/users/dora/statuses/01JD2Y by https://gts.example/users/dora, for all, in en",
	"gotosocial/create_reply.json":          `Create by https://gts.example/users/dora: Note https://gts.example/users/dora/statuses/01JD2ZA0000000000000000001 by https://gts.example/users/dora, for all, in en, answers EVENT: "@hackspace see you there"`,
	"gotosocial/create_reply_unlisted.json": `Create by https://gts.example/users/dora: Note https://gts.example/users/dora/statuses/01JD2ZA0000000000000000002 by https://gts.example/users/dora, for all, unlisted, in en, answers https://gts.example/users/dora/statuses/01JD2ZA0000000000000000001: "this is the door"`,
	"gotosocial/create_vote.json":           `Create by https://gts.example/users/dora: Note https://gts.example/users/dora#01JD2ZH0000000000000000001/votes/1 by https://gts.example/users/dora, for some, a vote for "tea" in EVENT`,
	"gotosocial/create_votes.json":          "Ignored: it brings several things at once",
	"gotosocial/delete_account.json":        "Delete by https://gts.example/users/dora: https://gts.example/users/dora",
	"gotosocial/delete_note.json":           "Delete by https://gts.example/users/dora: https://gts.example/users/dora/statuses/01JD2ZA0000000000000000001",
	"gotosocial/flag.json":                  "Flag by https://gts.example/users/gts.example: [COOP REPORT] spam",
	"gotosocial/flag_account.json":          "Flag by https://gts.example/users/gts.example: [COOP]",
	"gotosocial/follow.json":                "Follow by https://gts.example/users/dora: COOP",
	"gotosocial/like.json":                  "Like by https://gts.example/users/dora: REPORT",
	"gotosocial/move.json":                  "Move by https://gts.example/users/dora: https://gts.example/users/dora to https://other.example/users/dora",
	"gotosocial/undo_announce.json":         "Undo by https://gts.example/users/dora: https://gts.example/users/dora/statuses/01JD2ZD0000000000000000001 (Announce by https://gts.example/users/dora of EVENT)",
	"gotosocial/undo_block.json":            "Undo by https://gts.example/users/dora: https://gts.example/users/dora/blocks/01JD2ZE0000000000000000001 (Block by https://gts.example/users/dora of COOP)",
	"gotosocial/undo_follow.json":           "Undo by https://gts.example/users/dora: https://gts.example/users/dora/follow/01JD2Y9WQX5N8A7B6C5D4E3F2G (Follow by https://gts.example/users/dora of COOP)",
	"gotosocial/undo_like.json":             "Undo by https://gts.example/users/dora: https://gts.example/users/dora/liked/01JD2ZC0000000000000000001 (Like by https://gts.example/users/dora of REPORT)",
	"gotosocial/update_note.json":           `Update by https://gts.example/users/dora: Note https://gts.example/users/dora/statuses/01JD2ZA0000000000000000001 by https://gts.example/users/dora, for all, in en, answers EVENT: "@hackspace see you there at seven"`,
}
