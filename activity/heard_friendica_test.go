// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

// heardFriendica is what Friendica says, with the RSVPs of its calendar.
var heardFriendica = map[string]string{
	"friendica/accept_event.json":                "Accept by https://friendica.example/profile/hanna: EVENT",
	"friendica/announce.json":                    "Announce by https://friendica.example/profile/hanna: EVENT",
	"friendica/create_comment.json":              `Create by https://friendica.example/profile/hanna: Note https://friendica.example/objects/1f0e5b2c-0001-4d1e-8c2b-5a6978695a4b by https://friendica.example/profile/hanna, for all, in de, answers EVENT: "Kann man mit dem Rad hinein? Danke"`,
	"friendica/delete_comment.json":              "Delete by https://friendica.example/profile/hanna: https://friendica.example/objects/1f0e5b2c-0001-4d1e-8c2b-5a6978695a4b",
	"friendica/delete_profile.json":              "Delete by https://friendica.example/profile/hanna: https://friendica.example/profile/hanna",
	"friendica/dislike.json":                     "Ignored: we do nothing upon Dislike",
	"friendica/follow.json":                      "Follow by https://friendica.example/profile/hanna: COOP",
	"friendica/follow_post.json":                 "Follow by https://friendica.example/profile/hanna: EVENT",
	"friendica/like.json":                        "Like by https://friendica.example/profile/hanna: EVENT",
	"friendica/reject_event.json":                "Reject by https://friendica.example/profile/hanna: EVENT",
	"friendica/relocate.json":                    `Ignored: "dfrn:relocate" is no activity that we know`,
	"friendica/tentative_accept_event.json":      "TentativeAccept by https://friendica.example/profile/hanna: EVENT",
	"friendica/undo_accept_event.json":           "Undo by https://friendica.example/profile/hanna: https://friendica.example/objects/1f0e5b2c-0005-4d1e-8c2b-5a6978695a4b (Accept by https://friendica.example/profile/hanna of EVENT)",
	"friendica/undo_follow.json":                 "Undo by https://friendica.example/profile/hanna: https://friendica.example/activity/6c1a2b3d-4e5f-6071-8293-a4b5c6d7e8f9 (Follow by https://friendica.example/profile/hanna of COOP)",
	"friendica/undo_like.json":                   "Undo by https://friendica.example/profile/hanna: https://friendica.example/objects/1f0e5b2c-0003-4d1e-8c2b-5a6978695a4b (Like by https://friendica.example/profile/hanna of EVENT)",
	"friendica/undo_tentative_accept_event.json": "Undo by https://friendica.example/profile/hanna: https://friendica.example/objects/1f0e5b2c-0006-4d1e-8c2b-5a6978695a4b (TentativeAccept by https://friendica.example/profile/hanna of EVENT)",
	"friendica/update_comment.json":              `Update by https://friendica.example/profile/hanna: Note https://friendica.example/objects/1f0e5b2c-0001-4d1e-8c2b-5a6978695a4b by https://friendica.example/profile/hanna, for all, in de, answers EVENT: "Kann man mit dem Rad hinein? Oder Roller"`,
}
