// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

// heardFedify is what Ghost, Hollo and others say that are made with Fedify.
var heardFedify = map[string]string{
	"fedify/create_note_with_actor_object.json": "Create by https://fedify.example/users/peer: Note https://fedify.example/users/peer/notes/1 by https://fedify.example/users/peer, for all",
	"fedify/follow.json":                        "Follow by https://fedify.example/users/peer: COOP",
	"fedify/undo_follow.json":                   "Undo by https://fedify.example/users/peer: https://fedify.example/users/peer#follow/0192e3b1-7a2c-7f3e-9d11-aa55ee66ff77 (Follow by https://fedify.example/users/peer of COOP)",

	"ghost/announce.json":       "Announce by https://ghost.example/.ghost/activitypub/users/index: REPORT",
	"ghost/create_article.json": "Create by https://ghost.example/.ghost/activitypub/users/index: Article https://ghost.example/.ghost/activitypub/article/3d5f0d3c-0a5b-4c55-8f35-1a2b3c4d5e71 by https://ghost.example/.ghost/activitypub/users/index, for all",
	"ghost/create_reply.json":   `Create by https://ghost.example/.ghost/activitypub/users/index: Note https://ghost.example/.ghost/activitypub/note/3d5f0d3c-0a5b-4c55-8f35-1a2b3c4d5e6f by https://ghost.example/.ghost/activitypub/users/index, for all, answers REPORT: "We covered your last report in our newsl"`,
	"ghost/like.json":           "Like by https://ghost.example/.ghost/activitypub/users/index: EVENT",
	"ghost/undo_like.json":      "Undo by https://ghost.example/.ghost/activitypub/users/index: https://ghost.example/.ghost/activitypub/like/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 (Like by https://ghost.example/.ghost/activitypub/users/index of EVENT)",

	"hollo/create_reply.json":     `Create by https://hollo.example/@hans: Note https://hollo.example/@hans/0193bbbb-7a2c-7f3e-9d11-aa55ee66ff77 by https://hollo.example/@hans, for all, in ko, answers EVENT: "@hackspace@events.example 좋아요"`,
	"hollo/delete_note.json":      "Delete by https://hollo.example/@hans: https://hollo.example/@hans/0193bbbb-7a2c-7f3e-9d11-aa55ee66ff77",
	"hollo/emoji_react.json":      "EmojiReact by https://hollo.example/@hans: EVENT 🎉",
	"hollo/flag.json":             "Flag by https://hollo.example/@hans: [EVENT COOP] advertising",
	"hollo/undo_announce.json":    "Undo by https://hollo.example/@hans: https://hollo.example/@hans/0193cccc-7a2c-7f3e-9d11-aa55ee66ff77#activity (Announce by https://hollo.example/@hans of EVENT)",
	"hollo/undo_emoji_react.json": "Undo by https://hollo.example/@hans: https://hollo.example/#react/0192e3b1-7a2c-7f3e-9d11-aa55ee66ff77/0193aaaa-7a2c-7f3e-9d11-aa55ee66ff77/%F0%9F%8E%89 (EmojiReact by https://hollo.example/@hans of EVENT)",
}
