// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"plenum/coop"
)

func (m *maker) complaint(n coop.Name) coop.Complaint {
	return coop.Complaint{ID: m.id(), Coop: n, By: "https://a.example/actor", Activity: "https://a.example/flags/1", Text: "too loud", At: testNow}
}

func (m *maker) decided(what string) coop.Decision {
	return coop.Decision{ID: m.id(), At: testNow, By: "uid 1000", What: what, Target: "x"}
}

func TestComplaintsAreBoundedAndOpenOnesKept(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	db.bounds.complaints = 3
	m, ctx := newMaker(t), t.Context()
	m.ok(db.AddCoop(ctx, m.coop("komona"), []byte(testPEM)))
	m.ok(db.AddCoop(ctx, m.coop("kollektiv"), []byte(testPEM)))
	var list []coop.Complaint
	for _, n := range []coop.Name{"komona", "kollektiv", "komona"} {
		list = append(list, m.complaint(n))
		m.ok(db.Complain(ctx, list[len(list)-1], coop.Seen{}))
	}
	seen := coop.Seen{Actor: "https://a.example/actor", Activity: "https://a.example/flags/9"}
	refused(t, db.Complain(ctx, m.complaint("komona"), seen), coop.Conflict, "too many complaints")
	if at, err := db.SeenAt(ctx, seen); err != nil || !at.IsZero() {
		t.Errorf("what was refused was seen at %v (%v)", at, err)
	}
	m.ok(db.CloseComplaint(ctx, "komona", list[2].ID, m.decided("complaint close")))
	m.ok(db.CloseComplaint(ctx, "kollektiv", list[1].ID, m.decided("complaint close")))
	m.ok(db.Complain(ctx, m.complaint("komona"), seen))
	left, err := db.Complaints(ctx, coop.ComplaintQuery{Closed: true})
	if err != nil || len(left) != 1 || left[0].ID != list[2].ID {
		t.Errorf("of the closed ones got %v (%v), want the newer one", left, err)
	}
	left, err = db.Complaints(ctx, coop.ComplaintQuery{})
	if err != nil || len(left) != 2 || left[1].ID != list[0].ID {
		t.Errorf("of the open ones got %v (%v)", left, err)
	}
	clean(t, db)
}

func TestRulesAreBounded(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	db.bounds.rules = 3
	m, ctx := newMaker(t), t.Context()
	rule := func(i int) coop.Rule {
		return coop.Rule{Target: fmt.Sprintf("%d.example", i), Level: coop.RuleRefuse, By: "uid 1000", At: testNow}
	}
	_, err := db.ImportRules(ctx, []coop.Rule{rule(0), rule(1), rule(2), rule(3)}, m.decided("block import"))
	refused(t, err, coop.Conflict, "there can be no more")
	n, err := db.ImportRules(ctx, []coop.Rule{rule(0), rule(1), rule(2)}, m.decided("block import"))
	if err != nil || n != 3 {
		t.Errorf("imported %d (%v), want 3", n, err)
	}
	refused(t, db.SetRule(ctx, rule(3), m.decided("block add")), coop.Conflict, "there can be no more")
	m.ok(db.SetRule(ctx, rule(2), m.decided("block add"))) // it is there already
	m.ok(db.DropRule(ctx, "0.example", m.decided("block remove")))
	m.ok(db.SetRule(ctx, rule(3), m.decided("block add")))
	list, err := db.Decisions(ctx, coop.DecisionQuery{})
	if err != nil || len(list) != 4 {
		t.Errorf("logged are %d decisions (%v), want the 4 that changed something", len(list), err)
	}
	clean(t, db)
}

func TestDecisionsAreBounded(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	db.bounds.decisions = 3
	m := newMaker(t)
	var last coop.Decision
	for range 5 {
		last = m.decided("comment show")
		m.ok(db.Decide(t.Context(), last))
	}
	list, err := db.Decisions(t.Context(), coop.DecisionQuery{})
	if err != nil || len(list) != 3 || list[0].ID != last.ID {
		t.Errorf("kept are %v (%v), want the last three", list, err)
	}
	clean(t, db)
}

// TestFollowersAreBounded counts those who asked, too: nobody has to let them in for
// them to take room.
func TestFollowersAreBounded(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	db.bounds.followers = 3
	m, ctx := newMaker(t), t.Context()
	m.ok(db.AddCoop(ctx, m.coop("komona"), []byte(testPEM)))
	m.ok(db.AddCoop(ctx, m.coop("kollektiv"), []byte(testPEM)))
	follower := func(n coop.Name, i int) coop.Follower {
		id := coop.IRI(fmt.Sprintf("https://a.example/%d", i))
		return coop.Follower{Coop: n, Actor: id, Follow: id + "/f", Box: id + "/inbox", Since: testNow}
	}
	m.ok(db.AskFollow(ctx, follower("komona", 0), coop.Seen{}))
	m.ok(db.AskFollow(ctx, follower("komona", 1), coop.Seen{}))
	m.ok(db.AcceptFollow(ctx, follower("komona", 2), coop.Seen{}, coop.Outgoing{}))
	seen := coop.Seen{Actor: "https://a.example/3", Activity: "https://a.example/3/f", At: testNow}
	refused(t, db.AcceptFollow(ctx, follower("komona", 3), seen, coop.Outgoing{}), coop.Conflict, "as many followers")
	refused(t, db.AskFollow(ctx, follower("komona", 3), seen), coop.Conflict, "as many followers")
	m.ok(db.AcceptFollow(ctx, follower("komona", 0), coop.Seen{}, coop.Outgoing{})) // who is there already is let in
	m.ok(db.AcceptFollow(ctx, follower("kollektiv", 3), coop.Seen{}, coop.Outgoing{}))
	m.ok(db.EndFollow(ctx, "komona", "https://a.example/1", coop.Seen{}, coop.Outgoing{}))
	m.ok(db.AcceptFollow(ctx, follower("komona", 3), seen, coop.Outgoing{}))
	clean(t, db)
}

// TestActorsBeyondTheirBoundArePruned when nothing refers to them any more.
func TestActorsBeyondTheirBoundArePruned(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	m, ctx := newMaker(t), t.Context()
	m.ok(db.AddCoop(ctx, m.coop("komona"), []byte(testPEM)))
	for i := range 10 {
		id := coop.IRI(fmt.Sprintf("https://a.example/%d", i))
		if i%5 == 0 {
			m.ok(db.AcceptFollow(ctx, coop.Follower{Coop: "komona", Actor: id, Follow: id + "/f", Box: id + "/inbox"}, coop.Seen{}, coop.Outgoing{}))
		}
		m.ok(db.SaveActor(ctx, coop.Actor{ID: id, Fetched: testNow}))
	}
	db.bounds.actors = 1
	gone, err := db.Prune(ctx, testNow)
	if err != nil || gone["actors"] != 8 || gone.Total() != 8 {
		t.Errorf("pruned %v (%v), want all 8 but the followers", gone, err)
	}
	clean(t, db)
}

// TestStrayEntryDoesNotKeepExpelBusy: a damaged file is for Verify to find.
func TestStrayEntryDoesNotKeepExpelBusy(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	fill(t, db)
	err := db.write(t.Context(), "test", func(t *tx) error {
		for _, b := range []string{bFollowerCoops, bFollowingCoops, bCommentBy, bReactionBy, bRSVPBy, bReceivedBy, bReceivedVia} {
			t.put(b, []byte("https://bad.example/u\x00stray"), []byte("stray"))
			t.put(b, []byte("https://bad.example/w"), nil)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if more, err := db.Expel(t.Context(), "bad.example", nil); err != nil || more {
		t.Errorf("there is more: %v (%v)", more, err)
	}
}

// TestVersion3CountsAndDatesWhatIsThere takes back what the migration to version 3
// made and lets it be made again.
func TestVersion3CountsAndDatesWhatIsThere(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	db := openAt(t, dir)
	m, ctx := newMaker(t), t.Context()
	m.ok(db.AddCoop(ctx, m.coop("komona"), []byte(testPEM)))
	for i := range 3 {
		id := coop.IRI(fmt.Sprintf("https://a.example/%d", i))
		f := coop.Follower{Coop: "komona", Actor: id, Follow: id + "/f", Box: id + "/inbox", Since: testNow}
		if i > 0 {
			m.ok(db.AskFollow(ctx, f, coop.Seen{}))
			continue
		}
		m.ok(db.AcceptFollow(ctx, f, coop.Seen{}, m.out("komona", "Accept", "", f.Box)))
	}
	pub := m.post("komona", "assembly", "https://a.example/inbox")
	_, err := db.Publish(ctx, pub)
	m.ok(err)
	jobs, _, err := db.Lease(ctx, coop.LeaseRequest{Now: testNow, Max: 9, PerHost: 9, Backoff: minute})
	m.ok(err)
	for _, j := range jobs {
		m.ok(db.Settle(ctx, coop.Settlement{ID: j.ID, Verdict: coop.Verdict{State: coop.Done}}))
	}
	m.ok(db.b.Update(func(b *bbolt.Tx) error {
		totals := b.Bucket([]byte(bTotals))
		errs := []error{totals.Delete([]byte("asked komona")), totals.Delete([]byte("said komona")), b.Bucket([]byte(bMeta)).Put([]byte("version"), []byte("2"))}
		for _, name := range bucketsOf3() {
			errs = append(errs, b.DeleteBucket([]byte(name)))
		}
		return errors.Join(errs...)
	}))
	m.ok(db.Close())
	db = openAt(t, dir)
	clean(t, db)
	gone, err := db.Prune(ctx, testNow.Add(documentAge+time.Second))
	if err != nil || gone[bDocuments] != 1 {
		t.Errorf("pruned %v (%v), want the Accept", gone, err)
	}
	if _, err := db.Document(ctx, pub.Post.Activity); err != nil {
		t.Errorf("the Create: %v", err)
	}
	clean(t, db)
}
