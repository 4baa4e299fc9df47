// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"plenum/coop"
)

// upload is a file of a co-op.
func (m *maker) upload(n coop.Name) coop.Media {
	return coop.Media{ID: m.id(), Coop: n, Name: "a file", MediaType: "image/png", By: "anna", Created: testNow}
}

func onDisk(tb testing.TB, db *DB, file string) bool {
	tb.Helper()
	_, err := os.Stat(filepath.Join(db.dir, mediaName, file))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		tb.Fatal(err)
	}
	return err == nil
}

// TestFilesAreWithinTheQuota: what is refused is not left behind where anybody could
// have it, since no row would say whose it is. M08.
func TestFilesAreWithinTheQuota(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	db.bounds.files, db.bounds.fileBytes = 2, 10
	m, ctx := newMaker(t), t.Context()
	for _, n := range []coop.Name{"komona", "kollektiv"} {
		m.ok(db.AddCoop(ctx, m.coop(n), []byte(testPEM)))
	}
	add := func(n coop.Name, data string) error {
		_, err := db.AddMedia(ctx, m.upload(n), []byte(data), coop.Decision{})
		return err
	}
	m.ok(add("komona", "12345"))
	if err := add("komona", "123456"); coop.CodeOf(err) != coop.TooLarge {
		t.Errorf("beyond the bytes: %v", err)
	}
	m.ok(add("komona", "1234"))
	m.ok(add("komona", "12345")) // it has it already
	if err := add("komona", "1"); coop.CodeOf(err) != coop.TooLarge {
		t.Errorf("beyond the files: %v", err)
	}
	for _, data := range []string{"123456", "1"} {
		if onDisk(t, db, fileOf([]byte(data), "png")) {
			t.Errorf("%q was refused and is there", data)
		}
	}
	m.ok(add("kollektiv", "123456"))
	list, err := db.MediaOf(ctx, "komona", "", 10)
	m.ok(err)
	m.ok(db.DropMedia(ctx, "komona", list[0].ID, coop.Decision{}))
	m.ok(add("komona", "123"))
	clean(t, db)
}

// TestAFileWithoutARowIsRemoved lets the row fail when the file is there already.
func TestAFileWithoutARowIsRemoved(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	m, ctx := newMaker(t), t.Context()
	m.ok(db.AddCoop(ctx, m.coop("komona"), []byte(testPEM)))
	d := m.decision("media add", "komona", "x")
	m.ok(db.Decide(ctx, d))
	_, err := db.AddMedia(ctx, m.upload("komona"), []byte("data"), d) // there is a decision of that id
	if coop.CodeOf(err) != coop.Conflict {
		t.Fatalf("got %v", err)
	}
	if onDisk(t, db, fileOf([]byte("data"), "png")) {
		t.Error("the file is there, and no row")
	}
	clean(t, db)
}

// TestFilesGoThoughTheProcessDied leaves what a process that died between its commit
// and the removal of the file would leave. M08.
func TestFilesGoThoughTheProcessDied(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	db := openAt(t, dir)
	m, ctx := newMaker(t), t.Context()
	m.ok(db.AddCoop(ctx, m.coop("komona"), []byte(testPEM)))
	row, err := db.AddMedia(ctx, m.upload("komona"), []byte("data"), coop.Decision{})
	m.ok(err)
	m.ok(db.write(ctx, "test", func(t *tx) error {
		putUpload(t, uploads.get(t, key(row.ID)), nil)
		needless(t, row.File)
		return nil
	}))
	if _, err := db.OpenMedia(row.File); coop.CodeOf(err) != coop.NotFound || !onDisk(t, db, row.File) {
		t.Fatalf("what nobody has is found (%v), or is not there", err)
	}
	m.ok(db.Close())
	db = openAt(t, dir)
	if onDisk(t, db, row.File) {
		t.Error("what nobody has is still there")
	}
	clean(t, db)
}

// TestWhatIsShownSinceItWasNotedStays: a post may come between.
func TestWhatIsShownSinceItWasNotedStays(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	m, ctx := newMaker(t), t.Context()
	m.ok(db.AddCoop(ctx, m.coop("komona"), []byte(testPEM)))
	file, err := db.PutMedia(ctx, []byte("data"), "png")
	m.ok(err)
	m.ok(db.write(ctx, "test", func(t *tx) error { needless(t, file); return nil }))
	pub := m.post("komona", "one")
	pub.Post.Image = coop.Image{File: file, MediaType: "image/png", Alt: "a"}
	_, err = db.Publish(ctx, pub)
	m.ok(err)
	_, err = db.Prune(ctx, testNow)
	m.ok(err)
	if f, err := db.OpenMedia(file); err != nil || f.Close() != nil {
		t.Errorf("what a post shows is not found: %v", err)
	}
	clean(t, db)
}

// TestABackupHasTheFilesOfItsMoment: none that its rows need goes meanwhile, and none
// is in it of which no row tells whose it is.
func TestABackupHasTheFilesOfItsMoment(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	m, ctx := newMaker(t), t.Context()
	m.ok(db.AddCoop(ctx, m.coop("komona"), []byte(testPEM)))
	var rows []coop.Media
	for _, data := range []string{"one", "two"} {
		row, err := db.AddMedia(ctx, m.upload("komona"), []byte(data), coop.Decision{})
		m.ok(err)
		rows = append(rows, row)
	}
	db.files.Lock()
	db.copies++ // a copy is under way
	db.files.Unlock()
	m.ok(db.DropMedia(ctx, "komona", rows[0].ID, coop.Decision{}))
	if _, err := db.OpenMedia(rows[0].File); coop.CodeOf(err) != coop.NotFound || !onDisk(t, db, rows[0].File) {
		t.Errorf("what the copy may need is found (%v), or gone", err)
	}
	db.files.Lock()
	db.copies--
	db.files.Unlock()
	dest := filepath.Join(t.TempDir(), "backup")
	m.ok(db.Backup(ctx, dest))
	dup, err := Open(filepath.Join(dest, "data"), Options{Domain: "x.example"})
	m.ok(err)
	defer func() { m.ok(dup.Close()) }()
	if onDisk(t, dup, rows[0].File) || !onDisk(t, dup, rows[1].File) {
		t.Error("the copy has not the files that it ought to have")
	}
	clean(t, dup)
	_, err = db.Prune(ctx, testNow)
	m.ok(err)
	if onDisk(t, db, rows[0].File) {
		t.Error("what waited for the copy is still there")
	}
	cancelled, stop := context.WithCancel(ctx)
	stop()
	if err := db.Backup(cancelled, filepath.Join(t.TempDir(), "backup")); err == nil {
		t.Error("a copy was made though nobody waits for it")
	}
	m.ok(db.DropMedia(ctx, "komona", rows[1].ID, coop.Decision{})) // nothing is locked any more
	if onDisk(t, db, rows[1].File) {
		t.Error("nothing is copied, and the file is still there")
	}
}

// TestVersion4FindsWhatIsThere takes back what the migration to version 4 made of
// posts and lets it be made again.
func TestVersion4FindsWhatIsThere(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	db := openAt(t, dir)
	m, ctx := newMaker(t), t.Context()
	m.ok(db.AddCoop(ctx, m.coop("komona"), []byte(testPEM)))
	file, err := db.PutMedia(ctx, []byte("old"), "png")
	m.ok(err)
	pub := m.post("komona", "assembly")
	pub.Post.Image = coop.Image{File: file, MediaType: "image/png", Alt: "a"}
	_, err = db.Publish(ctx, pub)
	m.ok(err)
	m.ok(db.b.Update(func(b *bbolt.Tx) error {
		errs := []error{b.Bucket([]byte(bTotals)).Delete([]byte("said komona")), b.Bucket([]byte(bMeta)).Put([]byte("version"), []byte("3"))}
		for _, name := range []string{bPostOrder, bCalendar} {
			c := b.Bucket([]byte(name)).Cursor()
			for k, _ := c.Seek([]byte("mkomona")); bytes.HasPrefix(k, []byte("mkomona")); k, _ = c.Seek([]byte("mkomona")) {
				errs = append(errs, c.Delete())
			}
		}
		for _, name := range append(postBucketsOf4(), peopleBucketsOf4()...) {
			errs = append(errs, b.DeleteBucket([]byte(name)))
		}
		return errors.Join(errs...)
	}))
	m.ok(db.Close())
	db = openAt(t, dir)
	clean(t, db)
	docs, total, err := db.Said(ctx, "komona", "", 10)
	if err != nil || total != 1 || len(docs) != 1 {
		t.Errorf("said are %d (%v)", total, err)
	}
	for _, q := range []coop.PostQuery{{Coop: "komona", All: true}, {Coop: "komona", All: true, Upcoming: testNow}} {
		if list, err := db.Posts(ctx, q); err != nil || len(list) != 1 {
			t.Errorf("%+v: got %d (%v)", q, len(list), err)
		}
	}
	row, err := db.AddMedia(ctx, m.upload("komona"), []byte("old"), coop.Decision{})
	if err != nil || !row.Open {
		t.Errorf("what a post shows is open: %v (%v)", row.Open, err)
	}
}

// TestSettledProposalsAreBounded and so are arrivals that come one by one.
func TestSettledProposalsAreBounded(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	db.bounds.settled, db.bounds.arrivals = 2, arrivalStep
	m, ctx := newMaker(t), t.Context()
	m.ok(db.AddCoop(ctx, m.coop("komona"), []byte(testPEM)))
	for range 4 {
		p := coop.Proposal{ID: m.id(), Coop: "komona", Self: "member 1", By: "anna", What: "Create", Body: []byte("{}"), At: testNow, State: coop.ProposalOpen}
		_, err := db.Propose(ctx, p, coop.Answer{})
		m.ok(err)
		_, err = db.RejectProposal(ctx, p.ID, m.decision("proposal reject", "komona", string(p.ID)))
		m.ok(err)
	}
	list, err := db.Proposals(ctx, coop.ProposalQuery{Coop: "komona"})
	if err != nil || len(list) != 2 {
		t.Errorf("kept are %d (%v)", len(list), err)
	}
	most := 0
	for i := range 5 * arrivalStep {
		m.ok(db.write(ctx, "test", func(t *tx) error {
			arrive(t, coop.Arrival{Coop: "komona", ID: "https://a.example/1", Type: "Like", Actor: "https://a.example/u", At: testNow.Add(time.Duration(i) * time.Second)})
			arrive(t, coop.Arrival{Coop: "nobody", ID: "https://a.example/1", Type: "Like", Actor: "https://a.example/u"})
			return nil
		}))
		_, n, err := db.Arrivals(ctx, "komona", 0, 1)
		m.ok(err)
		most = max(most, n)
	}
	if most > 2*arrivalStep {
		t.Errorf("there were %d arrivals", most)
	}
	clean(t, db)
}
