// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plenum/coop"
)

// What members uploaded: a row for each co-op that has a file, beside the file
// itself. Who may read a file follows from the rows that it has, so none is found
// before its row is there, nor after it: what nothing needs yet, or any more, is noted
// in a transaction of before, is not found from then on, and is removed behind it, at the latest when the store is pruned or opened again.

var uploads = table[coop.Media]{
	bucket: bMedia,
	key:    func(m *coop.Media) []byte { return key(m.ID) },
	index: func(m *coop.Media) []entry {
		return []entry{
			{bMediaFiles, key(m.File, string(m.Coop)), []byte(m.ID)},
			{bMediaCoops, cat(prefix(m.Coop), key(m.ID)), nil},
		}
	},
	totals: func(m *coop.Media) []string { return []string{uploadTotal(m.Coop)} },
}

func uploadTotal(n coop.Name) string { return bMedia + " " + string(n) }

// bytesTotal is the name of the total of what the files of a co-op take.
func bytesTotal(n coop.Name) string { return "media_bytes " + string(n) }

// putUpload stores a row in place of old (nil: there is none), or deletes it.
func putUpload(t *tx, old, m *coop.Media) {
	uploads.swap(t, old, m)
	if old != nil {
		t.count(bytesTotal(old.Coop), -int(old.Bytes))
	}
	if m != nil {
		t.count(bytesTotal(m.Coop), int(m.Bytes))
	}
}

// filesOf are the files of ours that a post shows: its picture, and what it links to
// under the path of media, as an attachment or in its text.
func filesOf(p *coop.Post) (list []string) {
	add := func(file string) {
		if mediaFile(file) && !slices.Contains(list, file) {
			list = append(list, file)
		}
	}
	add(p.Image.File)
	for _, l := range p.Links {
		if _, file, ok := strings.Cut(string(l.URL), "/media/"); ok {
			add(file)
		}
	}
	for rest, ok := p.Body, true; ok; {
		if _, rest, ok = strings.Cut(rest, "/media/"); ok {
			file, _, _ := strings.Cut(rest, `"`)
			add(file)
		}
	}
	return list
}

// openFiles lets everybody have files that a post or a page of co-ops shows, as far as
// they are theirs: nobody opens what another co-op keeps to itself by naming it.
func openFiles(t *tx, files []string, names ...coop.Name) {
	for _, file := range files {
		for _, n := range names {
			if old := uploads.get(t, t.copyOf(bMediaFiles, key(file, string(n)))); old != nil && !old.Open {
				m := *old
				m.Open = true
				putUpload(t, old, &m)
			}
		}
	}
}

// closeFiles gives files back to those of the co-ops whose uploads they are, where
// nothing that everybody may read shows them any more.
func closeFiles(t *tx, files []string, names ...coop.Name) {
	for _, file := range files {
		for _, n := range names {
			old := uploads.get(t, t.copyOf(bMediaFiles, key(file, string(n))))
			if old == nil || !old.Open || shown(t, *old) {
				continue
			}
			m := *old
			m.Open = false
			putUpload(t, old, &m)
		}
	}
}

// hideFiles keeps from strangers what a post showed that is withdrawn, now or before it
// was revised: a poster says what the Tombstone does not. L06.
func hideFiles(t *tx, p *coop.Post) {
	was := []*coop.Post{p}
	for _, k := range t.keys(bRevisions, prefix(p.ID)) {
		if r := revisions.get(t, k); r != nil {
			was = append(was, &r.Post)
		}
	}
	var files []string
	for _, q := range was {
		files = append(files, filesOf(q)...)
		if q.Image.Made { // nobody uploaded it, though it may have a row
			dropPoster(t, q.Coop, q.Image.File)
		}
	}
	slices.Sort(files)
	files = slices.Compact(files)
	closeFiles(t, files, append([]coop.Name{p.Coop}, p.Owners...)...)
	for _, file := range files {
		needless(t, file)
	}
}

// dropPoster removes the row of a poster that no post shows any more.
func dropPoster(t *tx, n coop.Name, file string) {
	if m := uploads.get(t, t.copyOf(bMediaFiles, key(file, string(n)))); m != nil && t.first(bPostFiles, prefix(file)) == nil {
		putUpload(t, m, nil)
	}
}

// AddMedia stores an uploaded file with its row. Its name is made of its content and
// its media type. Where the co-op has the file already there is still one row, which
// says of itself what was said last. Beyond a quota it is TooLarge, and nothing is
// stored. The zero decision is not logged.
func (db *DB) AddMedia(ctx context.Context, m coop.Media, data []byte, d coop.Decision) (row coop.Media, err error) {
	const op = "store.AddMedia"
	ext, ok := uploadExts[m.MediaType]
	switch {
	case !ok || len(data) == 0:
		return coop.Media{}, coop.Fail(coop.Unsupported, op, "files are kept as png, jpg, gif, webp, pdf or ics")
	case len(data) > coop.MaxFile:
		return coop.Media{}, coop.Fail(coop.TooLarge, op, "a file has at most 8 MiB")
	}
	db.files.Lock()
	defer db.files.Unlock()
	m.File, m.Bytes = fileOf(data, ext), int64(len(data))
	err = db.write(ctx, op, func(t *tx) error {
		if err := quota(t, m); err != nil {
			return err
		}
		needless(t, m.File)
		return t.err
	})
	if err != nil {
		return coop.Media{}, err
	}
	err = wrap(op, db.storeFile(ctx, m.File, data))
	if err == nil {
		err = db.write(ctx, op, func(t *tx) (err error) {
			if row, err = addUpload(t, m); err != nil || d == (coop.Decision{}) {
				return err
			}
			return decide(t, d)
		})
	}
	if err != nil {
		return coop.Media{}, errors.Join(err, db.sweep(context.WithoutCancel(ctx), op, m.File))
	}
	return row, nil
}

// quota finds out whether a co-op may have one file more.
func quota(t *tx, m coop.Media) error {
	switch _, err := known(t, m.Coop); {
	case err != nil:
		return err
	case t.has(bMediaFiles, key(m.File, string(m.Coop))):
		return nil
	case t.total(uploadTotal(m.Coop)) >= t.bounds.files:
		return coop.Fail(coop.TooLarge, "", "this co-op has as many files as it can have; remove some that it needs no more")
	case t.total(bytesTotal(m.Coop))+int(m.Bytes) > t.bounds.fileBytes:
		return coop.Fail(coop.TooLarge, "", "the files of this co-op would take more than 512 MiB; remove some that it needs no more")
	}
	return nil
}

func addUpload(t *tx, m coop.Media) (coop.Media, error) {
	if err := quota(t, m); err != nil {
		return coop.Media{}, err
	}
	old := uploads.get(t, t.copyOf(bMediaFiles, key(m.File, string(m.Coop))))
	if old == nil && t.has(bMedia, key(m.ID)) {
		return coop.Media{}, coop.Fail(coop.Conflict, "", "there is a file of that id already")
	}
	if old != nil {
		again := *old
		again.Name, again.Open = cmp.Or(m.Name, old.Name), old.Open || m.Open
		if m.Focus != ([2]float64{}) {
			again.Focus = m.Focus
		}
		m = again
	} else {
		m.Open = m.Open || shown(t, m)
	}
	if m.Created.IsZero() {
		m.Created = t.now
	}
	putUpload(t, old, &m)
	t.del(bMediaGone, key(m.File))
	return m, t.err
}

// shown reports whether everybody may have a file already that gets a row: what its
// co-op shows everybody, or anybody where it is one of a time before there were rows,
// does not disappear when somebody uploads it once more.
func shown(t *tx, m coop.Media) bool {
	anybody := t.first(bMediaFiles, prefix(m.File)) == nil
	for k := range t.scan(bPostFiles, prefix(m.File), nil) {
		p := posts.get(t, k[len(k)-idLen:])
		if p != nil && p.State == coop.Published && p.Visibility.Open() && (anybody || p.Coop == m.Coop || slices.Contains(p.Owners, m.Coop)) {
			return true
		}
	}
	for c := range coops.all(t, every()) {
		if c.Icon.File == m.File && (anybody || c.Name == m.Coop) {
			return true
		}
	}
	return false
}

// Media returns an uploaded file's row.
func (db *DB) Media(ctx context.Context, id coop.ID) (m coop.Media, err error) {
	err = db.view(ctx, "store.Media", func(t *tx) error {
		row := uploads.get(t, key(id))
		if row == nil {
			return coop.Fail(coop.NotFound, "", "there is no such file")
		}
		m = *row
		return nil
	})
	return m, err
}

// MediaNamed returns the rows of a file, of whatever co-ops; none of one that nobody
// uploaded, or that is not there any more.
func (db *DB) MediaNamed(ctx context.Context, file string) (list []coop.Media, err error) {
	err = db.view(ctx, "store.MediaNamed", func(t *tx) error {
		for _, id := range t.scan(bMediaFiles, prefix(file), nil) {
			if m := uploads.get(t, id); m != nil {
				list = append(list, *m)
			}
		}
		return nil
	})
	return list, err
}

// MediaOf returns the files of a co-op, the newest first, behind the one with the id
// before.
func (db *DB) MediaOf(ctx context.Context, n coop.Name, before coop.ID, limit int) (list []coop.Media, err error) {
	most := cmp.Or(max(limit, 0), 100)
	err = db.view(ctx, "store.MediaOf", func(t *tx) error {
		p := prefix(n)
		var end []byte
		if before != "" {
			end = cat(p, key(before))
		}
		for k := range t.scanBack(bMediaCoops, p, end) {
			if len(list) == most {
				break
			}
			if m := uploads.get(t, k[len(p):]); m != nil {
				list = append(list, *m)
			}
		}
		return nil
	})
	return list, err
}

// DropMedia removes a row, and the file where no row and no post is left that has
// it. While a draft shows it, or a post that is not for everybody, and no other row
// would keep it from strangers, it is a Conflict.
func (db *DB) DropMedia(ctx context.Context, n coop.Name, id coop.ID, d coop.Decision) error {
	const op = "store.DropMedia"
	db.files.Lock()
	defer db.files.Unlock()
	var file string
	err := db.write(ctx, op, func(t *tx) error {
		m := uploads.get(t, key(id))
		if m == nil || m.Coop != n {
			return coop.Fail(coop.NotFound, "", "there is no such file")
		}
		file = m.File
		putUpload(t, m, nil)
		if err := exposed(t, file, n); err != nil {
			return err
		}
		needless(t, file)
		if d == (coop.Decision{}) {
			return nil
		}
		return decide(t, d)
	})
	if err != nil {
		return err
	}
	return db.sweep(context.WithoutCancel(ctx), op, file)
}

// exposed finds out whether a file that lost the row of the co-op n would be open to
// strangers though what shows it is not.
func exposed(t *tx, file string, n coop.Name) error {
	if t.first(bMediaFiles, prefix(file)) != nil {
		return nil
	}
	for k := range t.scan(bPostFiles, prefix(file), nil) {
		if p := posts.get(t, k[len(k)-idLen:]); p != nil && (p.State == coop.Draft || !p.Visibility.Open()) {
			if p.Coop != n { // whose business that post is
				return coop.Fail(coop.Conflict, "", "a post of another co-op shows this file, which would be open to everybody without yours")
			}
			return coop.Fail(coop.Conflict, "", "the post "+cmp.Or(p.Title, p.Slug, string(p.ID))+" shows this file; change that one first")
		}
	}
	return nil
}

// needed reports whether a row, a post or a co-op has a file.
func needed(t *tx, file string) bool {
	if t.first(bMediaFiles, prefix(file)) != nil || t.first(bPostFiles, prefix(file)) != nil {
		return true
	}
	for c := range coops.all(t, every()) {
		if c.Icon.File == file {
			return true
		}
	}
	return false
}

// needless notes a file that nothing needs.
func needless(t *tx, file string) {
	if !needed(t, file) {
		t.put(bMediaGone, key(file), timeKey(t.now))
	}
}

// dropUploads removes the rows of a co-op that is being removed, and notes the files
// that nobody else has.
func dropUploads(t *tx, n coop.Name) (files []string) {
	p := prefix(n)
	for _, k := range t.keys(bMediaCoops, p) {
		m := uploads.get(t, k[len(p):])
		if m == nil {
			continue
		}
		putUpload(t, m, nil)
		needless(t, m.File)
		files = append(files, m.File)
	}
	return files
}

// sweep removes those of the files that were noted as needless, unless a backup is
// under way, whose copy may still need them. The caller holds db.files.
func (db *DB) sweep(ctx context.Context, op string, files ...string) error {
	if db.copies > 0 {
		return nil
	}
	var noted, gone []string
	err := db.view(ctx, op, func(t *tx) error {
		for _, file := range files {
			if !t.has(bMediaGone, key(file)) {
				continue
			}
			if noted = append(noted, file); !needed(t, file) { // it may be shown since it was noted
				gone = append(gone, file)
			}
		}
		return nil
	})
	if err != nil || len(noted) == 0 {
		return err
	}
	dir := filepath.Join(db.dir, mediaName)
	for _, file := range gone {
		if err := os.Remove(filepath.Join(dir, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return wrap(op, err)
		}
	}
	if err := syncDir(dir); err != nil {
		return wrap(op, err)
	}
	return db.write(ctx, op, func(t *tx) error {
		for _, file := range noted {
			t.del(bMediaGone, key(file))
		}
		return nil
	})
}

// sweepAll removes what was noted as needless and is still there: because the process
// died, or a backup was under way.
func (db *DB) sweepAll(ctx context.Context, op string) error {
	db.files.Lock()
	defer db.files.Unlock()
	var files []string
	err := db.view(ctx, op, func(t *tx) error {
		for k := range t.scan(bMediaGone, every(), nil) {
			files = append(files, string(k))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return db.sweep(ctx, op, files...)
}
