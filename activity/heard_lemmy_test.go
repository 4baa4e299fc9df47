// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

// heardLemmy is what forums say.
var heardLemmy = map[string]string{
	"lemmy/accept.json":                      "Accept by https://lemmy.example/c/coops: https://events.example/ap/activities/01KB3Y6Q2ZM9T4X7V0R8W5N1EA (Follow by COOP of https://lemmy.example/c/coops)",
	"lemmy/announce_create_comment.json":     "Announce by https://lemmy.example/c/coops: https://lemmy.example/comment/501",
	"lemmy/announce_create_page.json":        "Announce by https://lemmy.example/c/coops: https://lemmy.example/post/1001",
	"lemmy/announce_like.json":               "Ignored: it announces an activity of type Like",
	"lemmy/block_user.json":                  "Block by https://lemmy.example/u/mod: COOP",
	"lemmy/create_comment.json":              `Create by https://lemmy.example/u/frank: Note https://lemmy.example/comment/501 by https://lemmy.example/u/frank, for all, in en, answers EVENT: "Is this free?"`,
	"lemmy/create_private_message.json":      "Create by https://lemmy.example/u/frank: Note https://lemmy.example/private_message/7 by https://lemmy.example/u/frank, for some",
	"lemmy/delete_comment.json":              "Delete by https://lemmy.example/u/frank: https://lemmy.example/comment/501",
	"lemmy/delete_user.json":                 "Delete by https://lemmy.example/u/frank: https://lemmy.example/u/frank",
	"lemmy/dislike.json":                     "Ignored: we do nothing upon Dislike",
	"lemmy/flag.json":                        "Flag by https://lemmy.example/u/frank: [EVENT] asks for money at the door",
	"lemmy/follow.json":                      "Follow by https://lemmy.example/u/frank: COOP",
	"lemmy/like.json":                        "Like by https://lemmy.example/u/frank: EVENT",
	"lemmy/remove_comment_by_moderator.json": "Delete by https://lemmy.example/u/mod: https://lemmy.example/comment/501",
	"lemmy/undo_follow.json":                 "Undo by https://lemmy.example/u/frank: https://lemmy.example/activities/follow/f1 (Follow by https://lemmy.example/u/frank of COOP)",
	"lemmy/undo_like.json":                   "Undo by https://lemmy.example/u/frank: https://lemmy.example/activities/like/9d0c1b2a-0003-4e5f-8a9b-0c1d2e3f4a5b (Like by https://lemmy.example/u/frank of EVENT)",

	"piefed/announce_like.json":  "Ignored: it announces an activity of type Like",
	"piefed/create_comment.json": `Create by https://piefed.example/u/pia: Note https://piefed.example/comment/88 by https://piefed.example/u/pia, for all, in en, answers EVENT: "Will it be recorded?"`,
	"piefed/delete_comment.json": "Delete by https://piefed.example/u/pia: https://piefed.example/comment/88",
	"piefed/flag.json":           "Flag by https://piefed.example/u/pia: [EVENT] Misinformation",
	"piefed/follow.json":         "Follow by https://piefed.example/u/pia: COOP",
	"piefed/like.json":           "Like by https://piefed.example/u/pia: EVENT",
	"piefed/like_emoji.json":     "Like by https://piefed.example/u/pia: REPORT 👏",
	"piefed/poll_vote.json":      `Ignored: "PollVote" is no activity that we know`,
	"piefed/undo_like.json":      "Undo by https://piefed.example/u/pia: https://piefed.example/activities/like/Zz93jsLq0zXb1Wf (Like by https://piefed.example/u/pia of EVENT)",
	"piefed/update_comment.json": `Update by https://piefed.example/u/pia: Note https://piefed.example/comment/88 by https://piefed.example/u/pia, for all, in en, answers EVENT: "Will it be recorded? I cannot come."`,

	"nodebb/announce.json":     "Announce by https://nodebb.example/category/3: EVENT",
	"nodebb/create_reply.json": `Create by https://nodebb.example/uid/7: Note https://nodebb.example/post/900 by https://nodebb.example/uid/7, for all, answers EVENT: "Our forum has a thread on this."`,
	"nodebb/flag.json":         "Flag by https://nodebb.example/uid/7: [EVENT COOP] Wrong category",
	"nodebb/follow.json":       "Follow by https://nodebb.example/uid/7: COOP",
	"nodebb/like.json":         "Like by https://nodebb.example/uid/7: EVENT",
	"nodebb/move_topic.json":   "Move by https://nodebb.example/uid/7: https://nodebb.example/topic/77 to https://nodebb.example/category/3",
	"nodebb/undo_flag.json":    "Undo by https://nodebb.example/uid/7: https://nodebb.example/post/https%3A%2F%2Fevents.example%2Fap%2Fevents%2F01KB3Y6Q2ZM9T4X7V0R8W5N1EA#activity/flag/7 (Flag by https://nodebb.example/uid/7 of nobody)",
	"nodebb/undo_like.json":    "Undo by https://nodebb.example/uid/7: https://nodebb.example/uid/7#activity/like/https%3A%2F%2Fevents.example%2Fap%2Fevents%2F01KB3Y6Q2ZM9T4X7V0R8W5N1EA (Like by https://nodebb.example/uid/7 of EVENT)",

	"discourse/create_reply.json": `Create by https://forum.example/ap/actor/5a8b0c: Note https://forum.example/ap/object/77aa by https://forum.example/ap/actor/5a8b0c, for all, answers REPORT: "Who comes along from Leipzig?"`,
	"discourse/follow.json":       "Follow by https://forum.example/ap/actor/cat1: COOP",
	"discourse/like.json":         "Like by https://forum.example/ap/actor/5a8b0c: REPORT",
}
