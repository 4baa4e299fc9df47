// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"sync"

	"plenum/activity"
	"plenum/content"
	"plenum/coop"
)

// Upload keeps a file for the co-op of who: a picture made anew from its pixels, a PDF
// or a calendar as it is. object is what the client says of it, in JSON, or empty. It
// returns the row and what the id of the file answers. Nobody but the co-op can read
// the file until a post that everybody may read shows it.
func (s *Service) Upload(ctx context.Context, who coop.Principal, raw, object []byte) (coop.Media, []byte, error) {
	if err := s.mayKeep(ctx, who); err != nil {
		return coop.Media{}, nil, err
	}
	name, point, err := activity.DecodeUpload(object)
	if err != nil {
		return coop.Media{}, nil, err
	}
	f, err := s.keepFile(ctx, raw)
	if err != nil {
		return coop.Media{}, nil, err
	}
	m, err := s.addMedia(ctx, who, f, name, point)
	if err != nil {
		return coop.Media{}, nil, err
	}
	body, err := activity.EncodeMedia(s.Site, m)
	return m, body, err
}

// UploadPicture keeps a picture that somebody sends with a post, as Upload does. alt
// says what it shows.
func (s *Service) UploadPicture(ctx context.Context, who coop.Principal, raw []byte, alt string) (coop.Image, error) {
	if err := s.mayKeep(ctx, who); err != nil {
		return coop.Image{}, err
	}
	f, err := s.keepFile(ctx, raw)
	if err != nil {
		return coop.Image{}, err
	}
	if !isPicture(f.MediaType) {
		return coop.Image{}, &coop.Error{Code: coop.Unsupported, Op: "federation.UploadPicture", Member: "image", Msg: "this is no picture: send PNG, JPEG, GIF or WebP"}
	}
	m, err := s.addMedia(ctx, who, f, alt, [2]float64{})
	return imageOf(m, coop.Image{Alt: alt}), err
}

func isPicture(mediaType string) bool { return strings.HasPrefix(mediaType, "image/") }

// mayKeep refuses who may not keep files for a co-op.
func (s *Service) mayKeep(ctx context.Context, who coop.Principal) error {
	const op = "federation.mayKeep"
	if !who.Role.Covers(coop.Editor) {
		return coop.Fail(coop.Forbidden, op, "this needs somebody who writes for the co-op")
	}
	if who.Coop == coop.Relay { // it has no posts to show a file in
		return coop.Fail(coop.NotFound, op, "the instance actor has no files of its own")
	}
	_, err := s.Coops.Coop(ctx, who.Coop)
	return err
}

// keepFile makes of an upload what is kept of it. A picture takes more than a hundred
// megabytes while it is worked on, so there is one at a time.
func (s *Service) keepFile(ctx context.Context, raw []byte) (content.File, error) {
	s.drawing.Lock()
	defer s.drawing.Unlock()
	if err := ctx.Err(); err != nil { // who waited for it is gone
		return content.File{}, err
	}
	return content.Keep(raw)
}

func (s *Service) addMedia(ctx context.Context, who coop.Principal, f content.File, name string, point [2]float64) (coop.Media, error) {
	id, err := s.newID()
	if err != nil {
		return coop.Media{}, err
	}
	m := coop.Media{
		ID: id, Coop: who.Coop, Name: content.Line(name, 1500), MediaType: f.MediaType, Bytes: int64(len(f.Data)),
		Width: f.Width, Height: f.Height, Blurhash: f.Blurhash, Focus: point, By: who.By, Created: s.now(),
	}
	d, err := s.decision(coop.Decision{By: who.By}, "media add", who.Coop, string(s.Site.MediaObject(id)))
	if err != nil {
		return coop.Media{}, err
	}
	return s.Media.AddMedia(ctx, m, f.Data, d)
}

// DropMedia removes a file of the co-op of who. One that a post shows stays: its
// readers would find nothing there.
func (s *Service) DropMedia(ctx context.Context, who coop.Principal, id coop.ID) error {
	if err := s.mayKeep(ctx, who); err != nil {
		return err
	}
	m, err := s.MediaOf(ctx, who.Coop, id)
	if err != nil {
		return err
	}
	for _, state := range []coop.PostState{coop.Published, coop.Draft} {
		posts, err := s.postsOf(ctx, who.Coop, state)
		if err != nil {
			return err
		}
		for _, p := range posts {
			if slices.Contains(s.filesOf(p), m.File) {
				return coop.Fail(coop.Conflict, "federation.DropMedia", "the post "+p.Slug+" shows this file; change or delete that first")
			}
		}
	}
	d, err := s.decision(coop.Decision{By: who.By}, "media remove", who.Coop, string(s.Site.MediaObject(id)))
	if err != nil {
		return err
	}
	return s.Media.DropMedia(ctx, who.Coop, id, d)
}

// MediaOf is the row of a file of a co-op. Of others' it says NotFound.
func (s *Service) MediaOf(ctx context.Context, n coop.Name, id coop.ID) (coop.Media, error) {
	m, err := s.Media.Media(ctx, id)
	if err == nil && m.Coop != n {
		err = coop.Fail(coop.NotFound, "federation.MediaOf", "the co-op has no such file")
	}
	return m, err
}

// MediaDocument returns what the id of an uploaded file answers a viewer; NotFound to
// those who may not read the file.
func (s *Service) MediaDocument(ctx context.Context, id coop.ID, v Viewer) (Rendered, error) {
	m, err := s.Media.Media(ctx, id)
	if err != nil {
		return Rendered{}, err
	}
	ok, err := s.mayRead(ctx, m, v)
	if err != nil || !ok {
		return Rendered{}, either(err, notFound("federation.MediaDocument"))
	}
	r := Rendered{Page: s.Site.Media(m.File)}
	if r.Body, err = activity.EncodeMedia(s.Site, m); err != nil {
		return Rendered{}, err
	}
	sum := sha256.Sum256(r.Body)
	r.ETag = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	return r, nil
}

func either(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// MayRead reports whether a viewer may read a file under /media/: anybody where a post
// for everybody shows it, or where it is nobody's upload, as an icon; else the co-op,
// and where it is of a post for followers those who may read that. M07: to know the
// name is not enough.
func (s *Service) MayRead(ctx context.Context, file string, v Viewer) (bool, error) {
	rows, err := s.Media.MediaNamed(ctx, file)
	if err != nil || len(rows) == 0 || slices.ContainsFunc(rows, func(m coop.Media) bool { return m.Open }) {
		return err == nil, err
	}
	for _, m := range rows {
		if ok, err := s.mayRead(ctx, m, v); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func (s *Service) mayRead(ctx context.Context, m coop.Media, v Viewer) (bool, error) {
	if m.Open || v.reads(m.Coop) {
		return true, nil
	}
	if v.nobody() {
		return false, nil
	}
	posts, err := s.showing(ctx, m.Coop, m.File)
	return slices.ContainsFunc(posts, func(p coop.Post) bool { return s.Visible(ctx, p, v) }), err
}

// shelf remembers which posts show which files, by co-op, until a post changes.
type shelf struct {
	mu         sync.Mutex
	generation uint64
	posts      map[coop.Name]map[string][]coop.ID
}

// showing are the posts of a co-op that show a file and are published.
func (s *Service) showing(ctx context.Context, n coop.Name, file string) ([]coop.Post, error) {
	files, err := s.shelved(ctx, n)
	if err != nil {
		return nil, err
	}
	var out []coop.Post
	for _, id := range files[file] {
		p, err := s.Posts.Post(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (s *Service) shelved(ctx context.Context, n coop.Name) (map[string][]coop.ID, error) {
	s.shelves.mu.Lock()
	defer s.shelves.mu.Unlock()
	if g := s.Generation(); s.shelves.posts == nil || s.shelves.generation != g {
		s.shelves.generation, s.shelves.posts = g, map[coop.Name]map[string][]coop.ID{}
	}
	if files, ok := s.shelves.posts[n]; ok {
		return files, nil
	}
	posts, err := s.postsOf(ctx, n, coop.Published)
	if err != nil {
		return nil, err
	}
	files := map[string][]coop.ID{}
	for _, p := range posts {
		for _, file := range s.filesOf(p) {
			files[file] = append(files[file], p.ID)
		}
	}
	s.shelves.posts[n] = files
	return files, nil
}

// postsOf are all posts of a co-op in a state, whoever may read them.
func (s *Service) postsOf(ctx context.Context, n coop.Name, state coop.PostState) ([]coop.Post, error) {
	const most = 500
	var all []coop.Post
	for q := (coop.PostQuery{Coop: n, All: true, State: state, Limit: most}); ; {
		some, err := s.Posts.Posts(ctx, q)
		all = append(all, some...)
		if err != nil || len(some) < most {
			return all, err
		}
		q.Before = some[most-1].ID
	}
}

// filesOf are the files under /media/ that a post shows: its picture, what is
// attached, and what its text links to.
func (s *Service) filesOf(p coop.Post) []string {
	var out []string
	if p.Image.File != "" {
		out = append(out, p.Image.File)
	}
	for _, l := range p.Links {
		if file, ok := s.Site.MediaFile(l.URL); ok {
			out = append(out, file)
		}
	}
	for rest := p.Body; ; {
		_, behind, ok := strings.Cut(rest, `"`+string(s.Site.Media("")))
		if !ok {
			return out
		}
		file, behind, _ := strings.Cut(behind, `"`)
		out, rest = append(out, file), behind
	}
}
