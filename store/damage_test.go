// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// damage changes one thing in a bucket, behind the back of the verbs.
type damage struct {
	name   string
	bucket string
	do     func(b *bbolt.Bucket) error
	want   string // part of a finding
}

func firstKey(b *bbolt.Bucket) ([]byte, []byte) {
	k, v := b.Cursor().First()
	return slices.Clone(k), slices.Clone(v)
}

func lose(b *bbolt.Bucket) error { k, _ := firstKey(b); return b.Delete(k) }

func stray(b *bbolt.Bucket) error {
	_, v := firstKey(b)
	return b.Put([]byte("stray\x00and quite long enough for a key with a time in it"), v)
}

// replace changes a part of the first value that has it.
func replace(old, now string) func(*bbolt.Bucket) error {
	return func(b *bbolt.Bucket) error {
		c := b.Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			if bytes.Contains(v, []byte(old)) {
				return b.Put(slices.Clone(k), bytes.Replace(slices.Clone(v), []byte(old), []byte(now), 1))
			}
		}
		return fmt.Errorf("no value has %q", old)
	}
}

func damages() []damage {
	list := []damage{
		{"a row that is no JSON", bPosts, replace(`{`, ``), "posts: row"},
		{"a row with a member that is not known", bCoops, replace(`{"name"`, `{"nick":"x","name"`), `unknown field "nick"`},
		{"something behind a row", bTokens, replace(`]`, `]`), ""},
		{"a row under another's key", bFollowers, replace(`"coop":"komona"`, `"coop":"kollektiv"`), "says that it is"},
		{"another slug in the row", bPosts, replace(`"slug":"assembly"`, `"slug":"other"`), "slugs: the entry"},
		{"another time in the row", bPosts, replace(`"published":"2018-12-27T10`, `"published":"2018-12-27T11`), "post_order: the entry"},
		{"another state of a post", bPosts, replace(`"state":"draft"`, `"state":"odd"`), `is "odd"`},
		{"another state of a delivery", bDeliveries, replace(`"state":"waiting"`, `"state":"done"`), "delivery_states: the entry"},
		{"another inbox of a delivery", bDeliveries, replace(`"inbox":"https://a`, `"inbox":"https://c`), "has the host"},
		{"a delivery without its document", bDeliveries, replace(`"document":"01`, `"document":"00`), "which does not exist"},
		{"an end where there is none", bDeliveries, replace(`"state":"dead"`, `"state":"held"`), "do not fit its state"},
		{"a post of a co-op that is not there", bPosts, replace(`"coop":"komona"`, `"coop":"nobody"`), `belongs to the co-op "nobody"`},
		{"a total that is wrong", bTotals, func(b *bbolt.Bucket) error { return b.Put([]byte("posts"), number(77)) }, `"posts" is 77`},
		{"a body that is no JSON", bBodies, replace(`}`, ``), "is no JSON"},
		{"an object that is no JSON", bObjects, replace(`}`, ``), "is no JSON"},
		{"a place that is no JSON", bPlaces, replace(`}`, ``), "places:"},
		{"a received body that is no JSON", bReceivedBodies, replace(`}`, ``), "received_bodies:"},
		{"a key that is no key", bKeys, replace(`BEGIN`, `begin`), "private key"},
		{"a key of nobody", bKeys, func(b *bbolt.Bucket) error { return b.Put([]byte("nobody"), []byte("x")) }, `"nobody"`},
		{"an age that is not the row's", bSeen, func(b *bbolt.Bucket) error {
			k, v := firstKey(b)
			v[7]++
			return b.Put(k, v)
		}, "seen"},
		{"a turn that would be given twice", bTurns, func(b *bbolt.Bucket) error { return b.Put([]byte("komona"), number(1)) }, "behind its outbox"},
		{"no version", bMeta, func(b *bbolt.Bucket) error { return b.Delete([]byte("version")) }, "version"},
		{"no domain", bMeta, func(b *bbolt.Bucket) error { return b.Delete([]byte("domain")) }, "domain is missing"},
		{"a bucket that is not known", bMeta, func(b *bbolt.Bucket) error { _, err := b.Tx().CreateBucket([]byte("odd")); return err }, `"odd" is not known`},
		{"a bucket that is missing", bMeta, func(b *bbolt.Bucket) error { return b.Tx().DeleteBucket([]byte(bDue)) }, `"due" is missing`},
	}
	list = append(append(append(list, replyDamages()...), planDamages()...), peopleDamages()...)
	list[2].do = func(b *bbolt.Bucket) error { k, v := firstKey(b); return b.Put(k, append(v, "{}"...)) }
	list[2].want = "something stands behind"
	return append(list, bucketDamages()...)
}

// bucketDamages take a key from each bucket, and put one there that belongs to nothing.
func bucketDamages() (list []damage) {
	for _, name := range buckets() {
		switch name {
		case bMeta, bTotals, bTurns, bAnswers, bReceived:
			continue // tried by themselves
		case bFans:
			continue // a fan that was not finished is missed by nobody who looks
		case bPlaces, bReceivedBodies:
			continue // nothing needs a place, and what was announced may have no body
		case bRevisions, bArrivals, bMediaGone:
			continue // what was, and what is about to go, is missed by nobody
		}
		list = append(list, damage{"loss of the first of " + name, name, lose, ""})
	}
	for _, name := range []string{
		bTokenHashes, bSlugs, bPostOrder, bCalendar, bPostDocuments, bOutbox, bAnswerAges, bFollowerCoops, bBoxes, bFollowingCoops,
		bActorKeys, bActorTurns, bReceivedOrder, bReceivedVia, bReceivedBy, bDroppedAges, bSeenAges, bDeliveryStates, bLines, bDue,
		bHosts, bCharges, bRests, bFans, bReach, bObjects, bBodies, bReceivedBodies, bKeys,
		bSchedule, bPostFiles, bRevisions, bSeriesCoops, bProposalOrder, bActOrder, bActPosts, bArrivals, bMediaFiles, bMediaCoops, bDocumentActors,
		bDocumentAges, bDocDeliveries, bCommentBodies, bCommentOrder, bCommentBy, bReactionBy, bRSVPOrder, bRSVPBy, bComplaintOrder, bDecisionCoops,
	} {
		list = append(list, damage{"a stray in " + name, name, stray, name})
	}
	for _, name := range peopleIndexes() {
		list = append(list, damage{"a stray in " + name, name, stray, name})
	}
	for _, name := range []string{bAnswers, bReceived, bTotals} {
		list = append(list, damage{"loss of the first of " + name, name, lose, name})
	}
	return list
}

// replyDamages are of what strangers answer and of what is decided.
func replyDamages() []damage {
	return []damage{
		{"a comment in no state", bComments, replace(`"state":"held"`, `"state":"odd"`), `is "odd"`},
		{"a private comment that is shown", bComments, replace(`"state":"shown"`, `"state":"shown","private":true`), "was not addressed to the public"},
		{"a rejected comment with its text", bComments, replace(`"state":"held"`, `"state":"rejected"`), "its text is still there"},
		{"a comment of another co-op", bComments, replace(`"coop":"komona"`, `"coop":"kollektiv"`), "is not published by kollektiv"},
		{"a comment on no post", bComments, replace(`"post":"01`, `"post":"00`), "which is not published"},
		{"a comment that is not to be passed on", bComments, replace(`"forward":true`, `"forward":false`), "comment_bodies:"},
		{"a comment's activity that is no JSON", bCommentBodies, replace(`}`, ``), "is no JSON"},
		{"a reaction of another co-op", bReactions, replace(`"coop":"komona"`, `"coop":"kollektiv"`), "is not published by kollektiv"},
		{"another activity of a reaction", bReactions, replace(`/likes/1`, `/likes/2`), "reaction_by: the entry"},
		{"an RSVP in no state", bRSVPs, replace(`"state":"asked"`, `"state":"odd"`), `is "odd"`},
		{"a seat without a turn", bRSVPs, replace(`"turn":2`, `"turn":0`), "has no turn"},
		{"a turn of RSVPs that would be given twice", bTurns, func(b *bbolt.Bucket) error { return b.Put([]byte(turnOfRSVPs), number(1)) }, "behind that of"},
		{"a total of an event that is wrong", bTotals, func(b *bbolt.Bucket) error { return b.Put([]byte(bRSVPs+" 01 going"), number(7)) }, `01 going" is 7`},
		{"a complaint about nobody", bComplaints, replace(`"coop":"komona"`, `"coop":"nobody"`), `belongs to the co-op "nobody"`},
		{"a complaint in another state", bComplaints, replace(`,"closed":`, `,"text":"","closed":"0001-01-01T00:00:00Z"}`), "complaints: row"},
		{"an open complaint among the closed", bComplaintOrder, func(b *bbolt.Bucket) error {
			k, v := firstKey(b)
			return errors.Join(b.Delete(k), b.Put(bytes.Replace(k, []byte(complaintClosed), []byte(complaintOpen), 1), v))
		}, "complaint_order: the entry"},
		{"a rule of no level", bRules, replace(`"level":"silence"`, `"level":"hate"`), "cannot be"},
		{"a rule that is swept and refuses nobody", bRules, replace(`"level":"refuse"`, `"level":"silence"`), "cannot be"},
		{"a decision of nobody", bDecisions, replace(`"coop":"komona"`, `"coop":"nobody"`), `belongs to the co-op "nobody"`},
		{"something passed on that is about a post", bDocuments, replace(`"listed":false,"forwarded"`, `"listed":true,"post":"00","forwarded"`), "passed on and about a post"},
		{"a document of another age", bDocuments, replace(`"type":"Accept","at":"2018-12-27T10`, `"type":"Accept","at":"2018-12-27T11`), "document_ages: the entry"},
		{"a delivery of another document", bDeliveries, replace(`"type":"Accept"`, `"type":"Update","post":"00"`), "lines: the entry"},
	}
}

func TestVerifyReportsTablesBeyondTheirBounds(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	fill(t, db)
	for _, tt := range []struct {
		lower func(*bounds)
		want  string
	}{
		{func(b *bounds) { b.comments = 1 }, "comments: there are 2 rows, and may be 1"},
		{func(b *bounds) { b.shownPerPost = 0 }, "comments shown: the post"},
		{func(b *bounds) { b.heldPerPost = 0 }, "comments held: the post"},
		{func(b *bounds) { b.reactions = 0 }, "reactions: there are 2 rows"},
		{func(b *bounds) { b.reactionsPerPost = 0 }, "reactions: the post"},
		{func(b *bounds) { b.rsvps = 1 }, "rsvps: there are 3 rows"},
		{func(b *bounds) { b.rsvpsPerPost = 1 }, "rsvps: the post"},
		{func(b *bounds) { b.complaints = 1 }, "complaints: there are 2 rows"},
		{func(b *bounds) { b.rules = 1 }, "rules: there are 2 rows"},
		{func(b *bounds) { b.decisions = 1 }, "decisions: there are"},
		{func(b *bounds) { b.received = 0 }, "received: there are 1 rows"},
		{func(b *bounds) { b.dropped = 0 }, "dropped: there are 1 rows"},
		{func(b *bounds) { b.followers = 1 }, "followers: komona has 2"},
		{func(b *bounds) { b.revisions = 0 }, "revisions: there are 1"},
		{func(b *bounds) { b.series = 0 }, "series: komona has 1"},
		{func(b *bounds) { b.proposals = 0 }, "proposals open: komona has 1"},
		{func(b *bounds) { b.settled = 1 }, "proposals accepted: komona has 2"},
		{func(b *bounds) { b.acts = 1 }, "acts block: kollektiv has 2"},
		{func(b *bounds) { b.arrivals = -arrivalStep }, "arrivals: there are 1"},
		{func(b *bounds) { b.files = 0 }, "media: komona has 1"},
		{func(b *bounds) { b.fileBytes = 6 }, "media_bytes: komona has 7"},
	} {
		db.bounds = defaultBounds()
		tt.lower(&db.bounds)
		found, err := db.Verify(t.Context())
		if err != nil || len(found) != 1 || !strings.Contains(found[0], tt.want) {
			t.Errorf("got %q (%v), want the one finding %q", found, err, tt.want)
		}
	}
}

func TestVerifyFindsEachDamage(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	fill(t, db)
	clean(t, db)
	undo := errors.New("undo")
	for _, d := range damages() {
		t.Run(d.name, func(t *testing.T) {
			a := &audit{ctx: t.Context(), dir: db.dir}
			err := db.b.Update(func(b *bbolt.Tx) error { // audited before it is taken back
				if err := d.do(b.Bucket([]byte(d.bucket))); err != nil {
					t.Fatal(err)
				}
				if err := a.everything(&tx{b: b, bounds: db.bounds}); err != nil {
					t.Fatal(err)
				}
				return undo
			})
			if !errors.Is(err, undo) {
				t.Fatal(err)
			}
			if len(a.found) == 0 || !strings.Contains(strings.Join(a.found, "\n"), d.want) {
				t.Errorf("got the findings %q, want one with %q", a.found, d.want)
			}
		})
	}
	clean(t, db)
}

func TestVerifyMissesPictures(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	fill(t, db)
	list, err := filepath.Glob(filepath.Join(db.dir, mediaName, "*.png"))
	if err != nil || len(list) != 1 {
		t.Fatalf("got the pictures %v (%v)", list, err)
	}
	if err := os.WriteFile(list[0], []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := db.Verify(t.Context())
	if err != nil || len(found) != 1 || !strings.Contains(found[0], "is not what it was") {
		t.Errorf("of a changed picture got %q (%v)", found, err)
	}
	if err := os.Remove(list[0]); err != nil {
		t.Fatal(err)
	}
	found, err = db.Verify(t.Context())
	if err != nil || len(found) != 1 || !strings.Contains(found[0], "is missing") {
		t.Errorf("of a missing picture got %q (%v)", found, err)
	}
}

// TestVerifyFindsDamagedPages writes rubbish over a page that is in use.
func TestVerifyFindsDamagedPages(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	db := openAt(t, dir)
	fill(t, db)
	var page int64
	if err := db.b.View(func(b *bbolt.Tx) error { page = int64(b.Bucket([]byte(bPosts)).RootPage()); return nil }); err != nil {
		t.Fatal(err)
	}
	if page == 0 {
		t.Fatal("the posts have no page of their own")
	}
	f, err := os.OpenFile(filepath.Join(dir, fileName), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte{0xee}, os.Getpagesize()), page*int64(os.Getpagesize()))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	found, err := db.Verify(t.Context())
	if err != nil || len(found) == 0 {
		t.Errorf("of a destroyed page got %q (%v)", found, err)
	}
}
