// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"bytes"
	"io"
	"time"

	"plenum/coop"
)

func uploadTests() []test {
	return []test{
		{"a file is stored once with a row for each co-op", uploadIsStored},
		{"what is no file of a kind that is kept is refused", uploadsAreChecked},
		{"a file is open once a post that is open shows it", filesAreOpened},
		{"a file that was open before it had rows stays open", openFilesStayOpen},
		{"a file goes with its last row", filesGo},
		{"a file that only few may see is not left open", filesAreNotExposed},
		{"files go with their co-op", filesGoWithTheCoop},
		{"a file is closed once no post shows it to everybody", filesAreClosed},
		{"the poster of a hidden event goes with it", postersGo},
	}
}

// upload stores a file of a co-op.
func (f *fixture) upload(n coop.Name, data string) coop.Media {
	f.Helper()
	m, err := f.AddMedia(f.Context(), coop.Media{ID: f.id(), Coop: n, MediaType: "image/png", Name: data, By: "anna", Created: f.now}, []byte(data), coop.Decision{})
	f.ok(err)
	return m
}

// open reports whether a file is there, and whether a row lets everybody have it.
func (f *fixture) isOpen(file string) (open, there bool) {
	f.Helper()
	rows, err := f.MediaNamed(f.Context(), file)
	f.ok(err)
	for _, m := range rows {
		open = open || m.Open
	}
	r, err := f.OpenMedia(file)
	if err == nil {
		f.ok(r.Close())
	}
	return open, err == nil
}

// showing is a post with a picture and an attachment.
func (f *fixture) showing(n coop.Name, slug string, v coop.Visibility, files ...coop.Media) coop.Publication {
	pub := f.note(n, slug)
	pub.Post.Visibility = v
	for i, m := range files {
		if i == 0 {
			pub.Post.Image = coop.Image{File: m.File, MediaType: m.MediaType, Alt: "a"}
			continue
		}
		pub.Post.Links = append(pub.Post.Links, coop.Link{Name: "b", URL: coop.Site{Domain: "x.example"}.Media(m.File), MediaType: m.MediaType})
	}
	return pub
}

func uploadIsStored(f *fixture) {
	ctx := f.Context()
	d := f.decided("media add", "komona", "a logo")
	in := coop.Media{ID: f.id(), Coop: "komona", MediaType: "image/png", Name: "a logo", Width: 3, Height: 4, Blurhash: "00TI:j", Focus: [2]float64{-1, 0.5}, By: "anna", Created: f.now}
	m, err := f.AddMedia(ctx, in, []byte("data"), d)
	f.ok(err)
	f.logged("media add", "a logo")
	in.File, in.Bytes = m.File, 4
	f.same(m, in)
	again, err := f.AddMedia(ctx, coop.Media{ID: f.id(), Coop: "komona", MediaType: "image/png", Name: "the logo"}, []byte("data"), coop.Decision{})
	f.ok(err)
	in.Name = "the logo"
	f.same(again, in)
	got, err := f.Media(ctx, m.ID)
	f.ok(err)
	f.same(got, in)
	_, err = f.Media(ctx, f.id())
	f.fails(err, coop.NotFound)
	other := f.upload("kollektiv", "data")
	f.same(other.File, m.File)
	rows, err := f.MediaNamed(ctx, m.File)
	f.ok(err)
	f.same(rows, []coop.Media{other, again})
	r, err := f.OpenMedia(m.File)
	f.ok(err)
	data, err := io.ReadAll(r)
	f.ok(err)
	f.same(string(data), "data")
	f.ok(r.Close())

	second, third := f.upload("komona", "second"), f.upload("komona", "third")
	list, err := f.MediaOf(ctx, "komona", "", 2)
	f.ok(err)
	f.same(list, []coop.Media{third, second})
	list, err = f.MediaOf(ctx, "komona", second.ID, 2)
	f.ok(err)
	f.same(list, []coop.Media{again})
}

func uploadsAreChecked(f *fixture) {
	ctx := f.Context()
	m := coop.Media{ID: f.id(), Coop: "komona", MediaType: "image/png"}
	for kind, want := range map[string]coop.Code{
		"image/svg+xml": coop.Unsupported, "text/html": coop.Unsupported, "": coop.Unsupported, "application/pdf": "", "text/calendar": "",
	} {
		m.ID, m.MediaType = f.id(), kind
		_, err := f.AddMedia(ctx, m, []byte(kind), coop.Decision{})
		f.fails(err, want)
	}
	m.ID, m.MediaType = f.id(), "image/png"
	_, err := f.AddMedia(ctx, m, nil, coop.Decision{})
	f.fails(err, coop.Unsupported)
	_, err = f.AddMedia(ctx, m, bytes.Repeat([]byte("a"), coop.MaxFile+1), coop.Decision{})
	f.fails(err, coop.TooLarge)
	m.Coop = "nobody"
	_, err = f.AddMedia(ctx, m, []byte("a"), coop.Decision{})
	f.fails(err, coop.NotFound)
	for _, name := range []string{"../plenum.db", "", "x.png", "a/b.pdf"} {
		_, err = f.OpenMedia(name)
		f.fails(err, coop.NotFound)
	}
}

// filesAreOpened is of what a file's rows say of who may have it. M07.
func filesAreOpened(f *fixture) {
	ctx := f.Context()
	picture, slides, secret, foreign := f.upload("komona", "picture"), f.upload("komona", "slides"), f.upload("komona", "secret"), f.upload("kollektiv", "foreign")
	draft := f.showing("komona", "plan", coop.Everybody, picture, slides)
	p := draft.Post
	p.State = coop.Draft
	f.saved(f.SaveDraft(ctx, p, coop.Outgoing{}))
	f.publish(f.showing("komona", "few", coop.Followers, secret))
	f.publish(f.showing("komona", "theft", coop.Everybody, foreign))
	for _, m := range []coop.Media{picture, slides, secret, foreign} {
		if open, there := f.isOpen(m.File); open || !there {
			f.Errorf("%s is open: %v, there: %v", m.Name, open, there)
		}
	}
	draft.Post.Rev = 2
	f.publish(draft)
	u := f.publish(f.showing("komona", "unlisted", coop.Unlisted))
	next := f.next(u, "Update")
	next.Post.Image = coop.Image{File: secret.File, MediaType: "image/png"}
	_, err := f.Revise(ctx, next)
	f.ok(err)
	for _, m := range []coop.Media{picture, slides, secret} {
		if open, _ := f.isOpen(m.File); !open {
			f.Errorf("%s is not open", m.Name)
		}
	}
	if open, _ := f.isOpen(foreign.File); open {
		f.Error("a co-op opened another's file")
	}
	icon := f.upload("komona", "icon")
	c := f.coop("komona")
	c.Icon.File = icon.File
	f.ok(f.ReviseCoop(ctx, c, coop.Outgoing{}))
	if open, _ := f.isOpen(icon.File); !open {
		f.Error("an icon is not open")
	}
}

func openFilesStayOpen(f *fixture) {
	file, err := f.PutMedia(f.Context(), []byte("old"), "png")
	f.ok(err)
	f.publish(f.showing("komona", "one", coop.Everybody, coop.Media{File: file, MediaType: "image/png"}))
	f.upload("kollektiv", "old")
	if open, there := f.isOpen(file); !open || !there {
		f.Errorf("open: %v, there: %v", open, there)
	}
}

func filesGo(f *fixture) {
	ctx := f.Context()
	m, other := f.upload("komona", "data"), f.upload("kollektiv", "data")
	f.fails(f.DropMedia(ctx, "komona", other.ID, coop.Decision{}), coop.NotFound)
	f.ok(f.DropMedia(ctx, "komona", m.ID, f.decided("media delete", "komona", string(m.ID))))
	f.logged("media delete", string(m.ID))
	f.fails(f.DropMedia(ctx, "komona", m.ID, coop.Decision{}), coop.NotFound)
	if _, there := f.isOpen(m.File); !there {
		f.Error("another co-op's file went")
	}
	p := f.publish(f.showing("kollektiv", "one", coop.Everybody, other))
	f.ok(f.DropMedia(ctx, "kollektiv", other.ID, coop.Decision{}))
	if _, there := f.isOpen(m.File); !there {
		f.Error("a file went that a post shows")
	}
	again := f.upload("kollektiv", "data")
	_, err := f.Withdraw(ctx, f.next(p, "Delete"))
	f.ok(err)
	f.ok(f.DropMedia(ctx, "kollektiv", again.ID, coop.Decision{}))
	if _, there := f.isOpen(m.File); there {
		f.Error("a file is there that nobody has")
	}
	if back := f.upload("komona", "data"); back.Open {
		f.Error("a file that nobody shows is open")
	}
	if _, there := f.isOpen(m.File); !there {
		f.Error("a file that was stored again is not there")
	}
	if file, err := f.PutMedia(ctx, []byte("data"), ".png"); err != nil || file != m.File {
		f.Errorf("got %s (%v)", file, err)
	}
}

// filesAreNotExposed is of files that would have no row any more. M07.
func filesAreNotExposed(f *fixture) {
	ctx := f.Context()
	m := f.upload("komona", "data")
	p := f.publish(f.showing("komona", "few", coop.Followers, m))
	f.fails(f.DropMedia(ctx, "komona", m.ID, coop.Decision{}), coop.Conflict)
	_, err := f.Media(ctx, m.ID)
	f.ok(err)
	other := f.upload("kollektiv", "data")
	f.ok(f.DropMedia(ctx, "komona", m.ID, coop.Decision{})) // its row keeps it from strangers
	f.fails(f.DropMedia(ctx, "kollektiv", other.ID, coop.Decision{}), coop.Conflict)
	_, err = f.Withdraw(ctx, f.next(p, "Delete"))
	f.ok(err)
	f.ok(f.DropMedia(ctx, "kollektiv", other.ID, coop.Decision{}))
	draft := f.upload("komona", "draft")
	d := f.showing("komona", "plan", coop.Everybody, draft).Post
	d.State, d.Published = coop.Draft, time.Time{}
	f.saved(f.SaveDraft(ctx, d, coop.Outgoing{}))
	f.fails(f.DropMedia(ctx, "komona", draft.ID, coop.Decision{}), coop.Conflict)
}

func filesGoWithTheCoop(f *fixture) {
	mine, shared := f.upload("komona", "mine"), f.upload("komona", "shared")
	f.upload("kollektiv", "shared")
	f.publish(f.showing("komona", "one", coop.Everybody, mine))
	c := f.coop("komona")
	c.Gone = f.now
	f.ok(f.RemoveCoop(f.Context(), c, coop.Outgoing{}))
	list, err := f.MediaOf(f.Context(), "komona", "", 10)
	f.ok(err)
	f.same(list, []coop.Media{})
	if _, there := f.isOpen(mine.File); there {
		f.Error("a file of a removed co-op is still there")
	}
	if _, there := f.isOpen(shared.File); !there {
		f.Error("another co-op's file went")
	}
}

// filesAreClosed is of files that were shown, and are not any more: an upload is its
// co-op's alone again, and a poster says nothing of a post that was deleted. L06, M07.
func filesAreClosed(f *fixture) {
	ctx := f.Context()
	picture, mistake, icon := f.upload("komona", "picture"), f.upload("komona", "mistake"), f.upload("komona", "icon")
	c := f.coop("komona")
	c.Icon.File = icon.File
	f.ok(f.ReviseCoop(ctx, c, coop.Outgoing{}))
	poster, err := f.PutMedia(ctx, []byte("poster"), "png")
	f.ok(err)
	p := f.publish(f.showing("komona", "one", coop.Everybody, coop.Media{File: poster, MediaType: "image/png"}, mistake, picture, icon))
	other := f.publish(f.showing("komona", "two", coop.Unlisted, picture))
	next := f.next(p, "Update")
	next.Post.Links = next.Post.Links[1:]
	second, err := f.PutMedia(ctx, []byte("second poster"), "png")
	f.ok(err)
	next.Post.Image.File = second
	_, err = f.Revise(ctx, next)
	f.ok(err)
	for m, want := range map[coop.Media]bool{picture: true, mistake: false, icon: true} {
		if open, there := f.isOpen(m.File); open != want || !there {
			f.Errorf("%s is open: %v, there: %v", m.Name, open, there)
		}
	}
	_, err = f.Withdraw(ctx, f.next(next.Post, "Delete"))
	f.ok(err)
	for m, want := range map[coop.Media]bool{picture: true, mistake: false, icon: true} {
		if open, there := f.isOpen(m.File); open != want || !there {
			f.Errorf("%s is open: %v, there: %v", m.Name, open, there)
		}
	}
	for _, file := range []string{poster, second} {
		if _, there := f.isOpen(file); there {
			f.Error("the poster of a deleted post is there")
		}
	}
	_, err = f.Withdraw(ctx, f.next(other, "Delete"))
	f.ok(err)
	if open, there := f.isOpen(picture.File); open || !there {
		f.Errorf("what nothing shows is open: %v, there: %v", open, there)
	}
	if file, err := f.PutMedia(ctx, []byte("poster"), "png"); err != nil || file != poster { // the event is published once more
		f.Fatalf("got %s (%v)", file, err)
	}
	f.publish(f.showing("komona", "three", coop.Everybody, coop.Media{File: poster, MediaType: "image/png"}))
	if _, there := f.isOpen(poster); !there {
		f.Error("a poster that is drawn again is not there")
	}
}

// postersGo is of the posters of what is not for everybody, which have rows. L06.
func postersGo(f *fixture) {
	ctx := f.Context()
	drawn := f.upload("komona", "hidden poster")
	few := f.showing("komona", "few", coop.Followers, drawn)
	few.Post.Image.Made = true
	hidden := f.publish(few)
	redrawn := f.upload("komona", "second hidden poster")
	again := f.next(hidden, "Update")
	again.Post.Image.File = redrawn.File
	_, err := f.Revise(ctx, again)
	f.ok(err)
	_, err = f.Withdraw(ctx, f.next(again.Post, "Delete"))
	f.ok(err)
	for _, m := range []coop.Media{drawn, redrawn} {
		_, err = f.Media(ctx, m.ID)
		f.fails(err, coop.NotFound)
		if _, there := f.isOpen(m.File); there {
			f.Errorf("%s is there", m.Name)
		}
	}
}
