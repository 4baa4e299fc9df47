// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

// heardMisskey is what Misskey and its forks say.
var heardMisskey = map[string]string{
	"misskey/announce.json":               "Announce by https://misskey.example/users/9abc: https://social.example/users/alice/statuses/113500000000000001",
	"misskey/announce_event.json":         "Announce by https://misskey.example/users/9abc: EVENT",
	"misskey/block.json":                  "Block by https://misskey.example/users/9abc: COOP",
	"misskey/create_quote.json":           `Create by https://misskey.example/users/9abc: Note https://misskey.example/notes/9ya3 by https://misskey.example/users/9abc, for all, answers EVENT: "read this RE: https://events.example/ap/"`,
	"misskey/create_reply.json":           `Create by https://misskey.example/users/9abc: Note https://misskey.example/notes/9ya1 by https://misskey.example/users/9abc, for all, answers EVENT: "@hackspace@events.example うれしい！ See you "`,
	"misskey/create_reply_followers.json": `Create by https://misskey.example/users/9abc: Note https://misskey.example/notes/9ya2 by https://misskey.example/users/9abc, for some, answers EVENT: "I am there", warns of ""`,
	"misskey/create_vote.json":            `Create by https://misskey.example/users/9abc: Note https://misskey.example/users/9abc#votes/9ye1 by https://misskey.example/users/9abc, for some, a vote for "tea" in EVENT`,
	"misskey/delete_note.json":            "Delete by https://misskey.example/users/9abc: https://misskey.example/notes/9xyz",
	"misskey/delete_reply.json":           "Delete by https://misskey.example/users/9abc: https://misskey.example/notes/9ya1",
	"misskey/delete_user.json":            "Delete by https://misskey.example/users/9abc: https://misskey.example/users/9abc",
	"misskey/flag.json":                   "Flag by https://misskey.example/users/9sys: [COOP] Note: EVENT ----- not a meetup, an advertisement",
	"misskey/follow.json":                 "Follow by https://misskey.example/users/9abc: COOP",
	"misskey/like.json":                   "Like by https://misskey.example/users/9abc: EVENT ❤",
	"misskey/like_custom_emoji.json":      "Like by https://misskey.example/users/9abc: EVENT :blobcat_party:",
	"misskey/move.json":                   "Move by https://misskey.example/users/9abc: https://misskey.example/users/9abc to https://other.example/users/9new",
	"misskey/undo_announce.json":          "Undo by https://misskey.example/users/9abc: https://misskey.example/notes/9yc1/activity (Announce by https://misskey.example/users/9abc of EVENT)",
	"misskey/undo_block.json":             "Undo by https://misskey.example/users/9abc: https://misskey.example/blocks/9yd1 (Block by https://misskey.example/users/9abc of COOP)",
	"misskey/undo_follow.json":            "Undo by https://misskey.example/users/9abc: https://misskey.example/follows/9abc/9co1 (Follow by https://misskey.example/users/9abc of COOP)",
	"misskey/undo_like.json":              "Undo by https://misskey.example/users/9abc: https://misskey.example/likes/9yb1 (Like by https://misskey.example/users/9abc of EVENT)",
	"misskey/update_person.json":          "Update by https://misskey.example/users/9abc: Person https://misskey.example/users/9abc by nobody, for all, an actor",
}
