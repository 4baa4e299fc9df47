// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"path"
	"slices"
	"strings"

	"plenum/content"
	"plenum/coop"
)

// AddPicture stores a picture that somebody uploaded who holds the data, encoded anew:
// without its metadata, and at a size that other servers take. It belongs to no co-op,
// and whoever knows its name may read it.
func (s *Service) AddPicture(ctx context.Context, raw []byte) (coop.Image, error) {
	f, err := func() (content.File, error) {
		s.drawing.Lock()
		defer s.drawing.Unlock()
		return content.Reencode(raw)
	}()
	if err != nil {
		return coop.Image{}, err
	}
	_, ext, _ := strings.Cut(f.MediaType, "/")
	file, err := s.Media.PutMedia(ctx, f.Data, strings.Replace(ext, "jpeg", "jpg", 1))
	return coop.Image{File: file, MediaType: f.MediaType, Width: f.Width, Height: f.Height, Blurhash: f.Blurhash}, err
}

// settleFiles finds the uploaded files that a post names, by their ids or under
// /media/, and says of each what is known of it. Peers would be sent to nothing where
// it is not here; and a post would show the file of another co-op, which nobody else
// may read yet, to everybody.
func (s *Service) settleFiles(ctx context.Context, p *coop.Post) error {
	if !p.Image.Made {
		if err := s.settleImage(ctx, p); err != nil {
			return err
		}
	}
	var links []coop.Link
	for _, l := range p.Links {
		m, ours, err := s.fileNamed(ctx, *p, l.URL, "attachment.url")
		if err != nil {
			return err
		}
		if !ours {
			links = append(links, l)
			continue
		}
		l.URL, l.MediaType = s.Site.Media(m.File), m.MediaType
		if l.Name == "" {
			l.Name = content.Line(m.Name, 200)
		}
		if l.Name == "" {
			l.Name = strings.ToUpper(strings.TrimPrefix(path.Ext(m.File), "."))
		}
		if !isPicture(m.MediaType) {
			links = append(links, l)
			continue
		}
		switch i := imageOf(m, p.Image); {
		case p.Image.IsZero() || p.Image.Made:
			p.Image = i
		case p.Image.File != i.File:
			return coop.Wrong("attachment", "a post has one image")
		}
	}
	p.Links = links
	return nil
}

func (s *Service) settleImage(ctx context.Context, p *coop.Post) error {
	at := s.Site.ImageURL(p.Image)
	if p.Image.IsZero() {
		return nil
	}
	m, ours, err := s.fileNamed(ctx, *p, at, "image")
	if err != nil || !ours {
		return err
	}
	if !isPicture(m.MediaType) {
		return coop.Wrong("image", "this file is no picture; attach it instead")
	}
	p.Image = imageOf(m, p.Image)
	return nil
}

// imageOf is an uploaded picture as a post shows it. What the post says of it goes
// before what was said when it was uploaded.
func imageOf(m coop.Media, said coop.Image) coop.Image {
	i := coop.Image{File: m.File, MediaType: m.MediaType, Alt: said.Alt, Width: m.Width, Height: m.Height, Blurhash: m.Blurhash, Focus: said.Focus}
	if said.File != "" && said.File != m.File { // it is about another one
		i.Alt, i.Focus = "", [2]float64{}
	}
	if i.Alt == "" {
		i.Alt = m.Name
	}
	if i.Focus == [2]float64{} {
		i.Focus = m.Focus
	}
	if m.ID == "" { // nobody's upload: all that is known of it is what was said
		i.Width, i.Height, i.Blurhash = said.Width, said.Height, said.Blurhash
	}
	return i
}

// fileNamed is the file of ours that an IRI names in a post, as a row; of one that has no
// row that is what its name tells. ours is false where the IRI names none. member is
// where it is named.
func (s *Service) fileNamed(ctx context.Context, p coop.Post, at coop.IRI, member string) (m coop.Media, ours bool, err error) {
	missing := coop.Wrong(member, "the co-op has no file "+string(at))
	if r, ok := s.Site.Parse(at); ok && r.Kind == coop.RefMedia {
		m, err := s.Media.Media(ctx, r.ID)
		if coop.CodeOf(err) == coop.NotFound || err == nil && !m.Open && !shares(p, m.Coop) {
			err = missing
		}
		return m, true, err
	}
	file, ok := s.Site.MediaFile(at)
	if !ok {
		return coop.Media{}, false, nil
	}
	if err := s.stored(file); err != nil {
		if coop.CodeOf(err) == coop.NotFound {
			err = missing
		}
		return coop.Media{}, true, err
	}
	rows, err := s.Media.MediaNamed(ctx, file)
	if err != nil {
		return coop.Media{}, true, err
	}
	if i := slices.IndexFunc(rows, func(m coop.Media) bool { return shares(p, m.Coop) }); i >= 0 {
		return rows[i], true, nil
	}
	if len(rows) > 0 && !slices.ContainsFunc(rows, func(m coop.Media) bool { return m.Open }) {
		return coop.Media{}, true, missing
	}
	return coop.Media{File: file, MediaType: fileTypes[path.Ext(file)]}, true, nil
}

// fileTypes are the media types of files under /media/.
var fileTypes = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".pdf": "application/pdf", ".ics": "text/calendar",
}

// shares reports whether a post is one of a co-op's.
func shares(p coop.Post, n coop.Name) bool { return p.Coop == n || slices.Contains(p.Owners, n) }

// stored makes sure that a file is here.
func (s *Service) stored(file string) error {
	f, err := s.Media.OpenMedia(file)
	if err != nil {
		return err
	}
	return f.Close()
}

// settleIcon makes sure that the icon of a co-op is here, and nobody else's upload.
func (s *Service) settleIcon(ctx context.Context, c coop.Coop) error {
	if c.Icon.File == "" {
		return nil
	}
	_, _, err := s.fileNamed(ctx, coop.Post{Coop: c.Name}, s.Site.Media(c.Icon.File), "icon")
	return err
}

// Prose turns Markdown into HTML that is fit to be shown.
func Prose(markdown string) (string, error) { return content.Markdown(markdown) }

// Label makes a line that somebody typed fit to be shown.
func Label(s string) string { return content.Line(s, 100) }
