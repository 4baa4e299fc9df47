// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

// heardMastodon is what Mastodon says; its forks say the same.
var heardMastodon = map[string]string{
	"mastodon/accept_follow.json":               "Accept by https://social.example/users/alice: https://events.example/ap/activities/01KB3Y6Q2ZM9T4X7V0R8W5N1EA (Follow by COOP of https://social.example/users/alice)",
	"mastodon/add_featured.json":                "refused: an activity has an id, which is a URL",
	"mastodon/announce.json":                    "Announce by https://social.example/users/alice: EVENT",
	"mastodon/block.json":                       "Block by https://social.example/users/bob: COOP",
	"mastodon/create_note.json":                 "Create by https://social.example/users/alice: Note https://social.example/users/alice/statuses/113500000000000001 by https://social.example/users/alice, for all, in en",
	"mastodon/create_quote.json":                "Create by https://social.example/users/alice: Note https://social.example/users/alice/statuses/113500000000000050 by https://social.example/users/alice, for all, in en",
	"mastodon/create_reply.json":                `Create by https://social.example/users/alice: Note https://social.example/users/alice/statuses/113500000000000010 by https://social.example/users/alice, for all, in en, answers EVENT: "@hackspace I will bring two laptops. Is "`,
	"mastodon/create_reply_direct.json":         `Create by https://social.example/users/bob: Note https://social.example/users/bob/statuses/113500000000000020 by https://social.example/users/bob, for some, in en, answers EVENT: "@hackspace not for everybody: my number "`,
	"mastodon/create_reply_followers_only.json": `Create by https://social.example/users/bob: Note https://social.example/users/bob/statuses/113500000000000021 by https://social.example/users/bob, for some, in en, answers https://social.example/users/alice/statuses/113500000000000010: "@alice there is one, I saw it"`,
	"mastodon/create_reply_poll.json":           `Create by https://social.example/users/alice: Question https://social.example/users/alice/statuses/113500000000000030 by https://social.example/users/alice, for all, in en, answers EVENT: "What shall we profile? :gopher: #golang"`,
	"mastodon/create_reply_unlisted.json":       `Create by https://social.example/ap/users/115601234567890123: Note https://social.example/ap/users/115601234567890123/statuses/115601234567890200 by https://social.example/ap/users/115601234567890123, for all, unlisted, in en, answers EVENT: "accessibility", warns of "accessibility"`,
	"mastodon/create_vote.json":                 `Create by https://social.example/users/bob: Note https://social.example/users/bob#votes/88 by https://social.example/users/bob, for some, a vote for "yes" in EVENT`,
	"mastodon/delete_actor.json":                "Delete by https://social.example/users/bob: https://social.example/users/bob",
	"mastodon/delete_note.json":                 "Delete by https://social.example/users/alice: https://social.example/users/alice/statuses/113500000000000001",
	"mastodon/flag.json":                        "Flag by https://social.example/actor: [COOP EVENT] The address is somebody's home & should not be public",
	"mastodon/follow.json":                      "Follow by https://social.example/users/alice: COOP",
	"mastodon/follow_numeric.json":              "Follow by https://social.example/ap/users/115601234567890123: COOP",
	"mastodon/like.json":                        "Like by https://social.example/users/alice: EVENT",
	"mastodon/move.json":                        "Move by https://social.example/users/alice: https://social.example/users/alice to https://other.example/users/alice",
	"mastodon/quote_request.json":               "QuoteRequest by https://social.example/users/alice: REPORT in https://social.example/users/alice/statuses/113500000000000050",
	"mastodon/reject_follow.json":               "Reject by https://social.example/users/alice: https://events.example/ap/activities/01KB3Y6Q2ZM9T4X7V0R8W5N1EA (Follow by COOP of https://social.example/users/alice)",
	"mastodon/undo_announce.json":               "Undo by https://social.example/users/alice: https://social.example/users/alice/statuses/113500000000000040/activity (Announce by https://social.example/users/alice of EVENT)",
	"mastodon/undo_block.json":                  "Undo by https://social.example/users/bob: https://social.example/7a0d5e2c-9f0b-4f3a-9a8e-0c1d2e3f4a5b (Block by https://social.example/users/bob of COOP)",
	"mastodon/undo_follow.json":                 "Undo by https://social.example/users/alice: https://social.example/3f1c2b9a-77aa-4d0b-b5b1-0a5a4f0a1b2c (Follow by https://social.example/users/alice of COOP)",
	"mastodon/undo_like.json":                   "Undo by https://social.example/users/alice: https://social.example/users/alice#likes/501 (Like by https://social.example/users/alice of EVENT)",
	"mastodon/update_note.json":                 `Update by https://social.example/users/alice: Note https://social.example/users/alice/statuses/113500000000000010 by https://social.example/users/alice, for all, in en, answers EVENT: "@hackspace I will bring three laptops. I"`,
	"mastodon/update_person.json":               "Update by https://social.example/users/alice: Person https://social.example/users/alice by nobody, for all, an actor",
	"mastodon/update_poll.json":                 `Update by https://social.example/users/alice: Question https://social.example/users/alice/statuses/113500000000000030 by https://social.example/users/alice, for all, in en, answers EVENT: "What shall we profile? :gopher: #golang"`,
}
