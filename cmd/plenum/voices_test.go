// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"plenum/coop"
	"plenum/store"
)

// heard puts into a database that no server has open what strangers said of the
// event of a co-op: comments that are held, RSVPs, a follow and a complaint. They
// are @anna@social.example, @ben@social.example and @spam@bots.example.
func heard(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: heard DIR DOMAIN SLUG")
	}
	db, err := store.Open(ts.MkAbs(filepath.Join(args[0], "data")), store.Options{Domain: args[1], Now: time.Now})
	ts.Check(err)
	ts.Check(tell(context.Background(), db, coop.Site{Domain: args[1], HTTP: true}, args[2]))
	ts.Check(db.Close())
}

func tell(ctx context.Context, db *store.DB, site coop.Site, slug string) error {
	all, err := db.Coops(ctx)
	if err != nil {
		return err
	}
	p, err := db.PostBySlug(ctx, all[0].Name, slug)
	if err != nil {
		return err
	}
	now := coop.Stamp(time.Now())
	anna, ben, spam := coop.IRI("https://social.example/users/anna"), coop.IRI("https://social.example/users/ben"), coop.IRI("https://bots.example/users/spam")
	for id, name := range map[coop.IRI]string{anna: "anna", ben: "ben", spam: "spam"} {
		a := coop.Actor{ID: id, Type: "Person", Inbox: id + "/inbox", Username: name, Fetched: now, Policy: 1 << 20}
		if err := db.SaveActor(ctx, a); err != nil {
			return err
		}
	}
	object := site.Object(p.Kind, p.ID)
	for i, c := range []coop.Comment{
		{Object: "https://social.example/notes/1", By: anna, Body: "<p>Is there room for a pram?</p>", Text: "Is there room for a pram?"},
		{Object: "https://bots.example/notes/2", By: spam, Name: "A bargain", Sensitive: true, Warning: "Advertisement", Body: `<p>Buy <a href="https://pills.example/?a=1&amp;b=2" rel="nofollow noopener noreferrer">pills</a></p>`, Text: "Buy pills"},
		{Object: "https://social.example/notes/3", By: ben, Body: "<p>Between us</p>", Text: "Between us", Sensitive: true, Private: true},
	} {
		c.Post, c.Coop, c.Activity, c.InReplyTo, c.URL, c.State = p.ID, p.Coop, c.Object+"/create", object, c.Object, coop.CommentHeld
		c.At, c.Published = now.Add(time.Duration(i)*time.Second), now
		if _, err := db.KeepComment(ctx, c, coop.Seen{Actor: c.By, Activity: c.Activity, At: now}, coop.Outgoing{}); err != nil {
			return err
		}
	}
	silent := func(coop.RSVP, bool) (coop.Outgoing, error) { return coop.Outgoing{}, nil }
	for _, actor := range []coop.IRI{anna, ben} {
		r := coop.RSVP{Post: p.ID, Coop: p.Coop, Actor: actor, Inbox: actor + "/inbox", Activity: actor + "/joins/1", Form: "Join", Message: "With a friend", State: coop.RSVPAsked, At: now}
		if _, err := db.Attend(ctx, r, coop.Seen{Actor: actor, Activity: r.Activity, At: now}, silent); err != nil {
			return err
		}
	}
	f := coop.Follower{Coop: p.Coop, Actor: spam, Follow: spam + "/follows/1", Box: spam + "/inbox", State: coop.FollowAccepted, Since: now}
	if err := db.AcceptFollow(ctx, f, coop.Seen{Actor: spam, Activity: f.Follow, At: now}, coop.Outgoing{}); err != nil {
		return err
	}
	return db.Complain(ctx, coop.Complaint{
		ID: "01KB3Y6Q2ZM9T4X7V0R8W5N1EA", Coop: p.Coop, By: anna, Activity: anna + "/flags/1", About: []coop.IRI{object}, Text: "Wrong date", At: now,
	}, coop.Seen{Actor: anna, Activity: anna + "/flags/1", At: now})
}
