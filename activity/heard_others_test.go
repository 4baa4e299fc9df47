// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

// heardOthers is what less common software says.
var heardOthers = map[string]string{
	"peertube/create_video.json": "Create by https://tube.example/accounts/gina: Video https://tube.example/videos/watch/v1 by https://tube.example/accounts/gina, for all",

	"smithereen/create_comment.json":       `Create by https://smithereen.example/users/4: Note https://smithereen.example/posts/31 by https://smithereen.example/users/4, for all, answers EVENT: "I know the way in"`,
	"smithereen/flag.json":                 "Flag by https://smithereen.example/activitypub/serviceActor: [COOP REPORT] spam",
	"smithereen/join_group.json":           "Join by https://smithereen.example/users/4: COOP",
	"smithereen/leave_group.json":          "Leave by https://smithereen.example/users/4: COOP",
	"smithereen/like.json":                 "Like by https://smithereen.example/users/4: EVENT",
	"smithereen/tentative_join_group.json": `Ignored: "TentativeJoin" is no activity that we know`,
	"smithereen/undo_like.json":            "Undo by https://smithereen.example/users/4: https://smithereen.example/activitypub/objects/likes/12 (Like by https://smithereen.example/users/4 of EVENT)",

	"snac/create_reply.json": `Create by https://snac.example/sam: Note https://snac.example/sam/p/1795593600.123456 by https://snac.example/sam, for all, answers EVENT: "no javascript needed?"`,
	"snac/delete_note.json":  "Delete by https://snac.example/sam: https://snac.example/sam/p/1795593600.123456",
	"snac/emoji_react.json":  "EmojiReact by https://snac.example/sam: EVENT 🐌",
	"snac/like.json":         "Like by https://snac.example/sam: EVENT",
	"snac/undo_like.json":    "Undo by https://snac.example/sam: https://snac.example/sam/l/9b74c9897bac770ffc029102a200c5de (Like by https://snac.example/sam of EVENT)",
}
