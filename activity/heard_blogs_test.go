// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

// heardBlogs is what WordPress, BookWyrm and Pixelfed say.
var heardBlogs = map[string]string{
	"wordpress/accept_follow.json":            "Accept by https://blog.example/?author=0: https://events.example/ap/activities/01KB3Y6Q2ZM9T4X7V0R8W5N1EA (Follow by COOP of https://blog.example/?author=0)",
	"wordpress/announce_create.json":          "Announce by https://blog.example/?author=0: https://blog.example/?p=91",
	"wordpress/create_article.json":           "Create by https://blog.example/?author=0: Article https://blog.example/?p=77 by https://blog.example/?author=0, for all, in en",
	"wordpress/create_comment.json":           `Create by https://blog.example/?author=3: Note https://blog.example/?c=12 by https://blog.example/?author=3, for all, in en, answers EVENT: "There are ramps at both doors."`,
	"wordpress/create_reply_to_page.json":     `Create by https://blog.example/?author=0: Note https://blog.example/?p=90 by https://blog.example/?author=0, for all, in en, answers https://events.example/@hackspace/go-meetup-12: "We will write about this evening."`,
	"wordpress/delete_comment.json":           "Delete by https://blog.example/?author=3: https://blog.example/?c=12",
	"wordpress/delete_post.json":              "Delete by https://blog.example/?author=0: https://blog.example/?p=77",
	"wordpress/follow_event_bridge.json":      "Follow by https://blog.example/?author=0: COOP",
	"wordpress/ignore.json":                   "Ignored: we do nothing upon Ignore",
	"wordpress/undo_follow_event_bridge.json": "Undo by https://blog.example/?author=0: https://blog.example/?author=0#follow-events.example/ap/coops/hackspace (Follow by COOP of COOP)",
	"wordpress/update_comment.json":           `Update by https://blog.example/?author=3: Note https://blog.example/?c=12 by https://blog.example/?author=3, for all, in en, answers EVENT: "There are ramps at both doors. And a lif"`,
	"wordpress/update_profile.json":           "refused: an activity has an id, which is a URL",

	"bookwyrm/announce.json":      "Announce by https://books.example/user/bea: EVENT",
	"bookwyrm/block.json":         "Block by https://books.example/user/bea: COOP",
	"bookwyrm/create_reply.json":  `Create by https://books.example/user/bea: Note https://books.example/user/bea/status/41 by https://books.example/user/bea, for all, answers EVENT: "Is the book table there again?"`,
	"bookwyrm/delete_note.json":   "Delete by https://books.example/user/bea: https://books.example/user/bea/status/41",
	"bookwyrm/flag.json":          "Flag by https://books.example/user/bea: [COOP] not about books",
	"bookwyrm/follow.json":        "Follow by https://books.example/user/bea: COOP",
	"bookwyrm/like.json":          "Like by https://books.example/user/bea: REPORT",
	"bookwyrm/move.json":          "Move by https://books.example/user/bea: https://books.example/user/bea to https://other.example/user/bea",
	"bookwyrm/undo_announce.json": "Undo by https://books.example/user/bea: https://books.example/user/bea/boost/42 (Announce by https://books.example/user/bea of EVENT)",
	"bookwyrm/undo_follow.json":   "Undo by https://books.example/user/bea: https://books.example/user/bea#follows/3 (Follow by https://books.example/user/bea of COOP)",
	"bookwyrm/undo_like.json":     "Undo by https://books.example/user/bea: https://books.example/user/bea/favorite/7 (Like by https://books.example/user/bea of REPORT)",
	"bookwyrm/update_note.json":   `Update by https://books.example/user/bea: Note https://books.example/user/bea/status/41 by https://books.example/user/bea, for all, answers EVENT: "Is the book table there again? And tea?"`,

	"pixelfed/announce.json":       "Announce by https://pixel.example/users/paul: EVENT",
	"pixelfed/create_comment.json": `Create by https://pixel.example/users/paul: Note https://pixel.example/p/paul/700000000000000001 by https://pixel.example/users/paul, for all, answers EVENT: "I will take the pictures #golang"`,
	"pixelfed/delete_actor.json":   "Delete by https://pixel.example/users/paul: https://pixel.example/users/paul",
	"pixelfed/delete_comment.json": "Delete by https://pixel.example/users/paul: https://pixel.example/p/paul/700000000000000001",
	"pixelfed/follow.json":         "Follow by https://pixel.example/users/paul: COOP",
	"pixelfed/like.json":           "Like by https://pixel.example/users/paul: EVENT",
	"pixelfed/undo_announce.json":  "Undo by https://pixel.example/users/paul: https://pixel.example/p/paul/700000000000000002/activity (Announce by https://pixel.example/users/paul of EVENT)",
	"pixelfed/undo_follow.json":    "Undo by https://pixel.example/users/paul: https://pixel.example/users/paul#follows/66 (Follow by https://pixel.example/users/paul of COOP)",
	"pixelfed/undo_like.json":      "Undo by https://pixel.example/users/paul: https://pixel.example/users/paul#likes/55 (Like by https://pixel.example/users/paul of EVENT)",
	"pixelfed/update_comment.json": `Update by https://pixel.example/users/paul: Note https://pixel.example/p/paul/700000000000000001 by https://pixel.example/users/paul, for all, answers EVENT: "I will take pictures"`,
}
