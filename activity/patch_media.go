// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// image reads the picture of a post: a URL, or an Image. One of ours, under
// /media/, is kept by its file, one elsewhere by its URL. AP has no word for a file
// that was uploaded before: its id stands for it.
func (a *applier) image() error {
	raw, given := a.sent["image"]
	if !given {
		return nil
	}
	a.pictured = true
	items := rawList(raw)
	if len(items) > 1 {
		return coop.Wrong("image", "a post has one image")
	}
	if len(items) == 0 {
		a.post.Image = coop.Image{}
		return nil
	}
	return a.picture("image", items[0])
}

// picture makes one item the picture of the post. One that is there already and
// says nothing new stays as it is, so that a poster of ours is still drawn anew
// when its event changes. An uploaded one may be named by its id alone: then that is
// its URL, until whoever knows the files says which it is.
func (a *applier) picture(member string, raw json.RawMessage) error {
	s, isString := rawString(raw)
	d, isObject := rawObject(raw)
	if isObject {
		s = a.place(d)
	}
	if !isString && !isObject || s == "" {
		return coop.Wrong(member+".url", `an image has a url, like {"type": "Image", "url": "https://…", "name": "what it shows"}`)
	}
	alt, err := altOf(member+".name", d)
	if err != nil {
		return err
	}
	i := coop.Image{Alt: alt, MediaType: essence(d.str("mediaType")), Width: pixels(d["width"]), Height: pixels(d["height"])}
	if i.Focus, err = pointOf(member+".focalPoint", d); err != nil {
		return err
	}
	if file, ours := strings.CutPrefix(s, string(a.site.Media(""))); ours {
		if !goodFile(file) {
			return coop.Wrong(member+".url", "this is no file of ours")
		}
		i.File = file
	} else if i.URL, err = a.iri(member+".url", s); err != nil {
		return err
	}
	if i.MediaType == "" {
		i.MediaType = imageTypes[strings.ToLower(path.Ext(s))]
	}
	if !a.uploaded(s) && (!goodMediaType(i.MediaType) || !strings.HasPrefix(i.MediaType, "image/")) {
		return coop.Wrong(member+".mediaType", "say what the image is, like image/png or image/jpeg")
	}
	if old := a.was.Image; old.File == i.File && old.URL == i.URL {
		if !isObject || alt == old.Alt && (rawNull(d["focalPoint"]) || i.Focus == old.Focus) {
			a.post.Image = old
			return nil
		}
		i.Blurhash = old.Blurhash
		if i.Width == 0 || i.Height == 0 {
			i.Width, i.Height = old.Width, old.Height
		}
		if rawNull(d["focalPoint"]) {
			i.Focus = old.Focus
		}
	}
	a.post.Image = i
	return nil
}

// place is where an image or an attachment is: its url or href, or where it has
// none its id, if that is the one of an uploaded file.
func (a *applier) place(d rawDoc) string {
	if s := hrefOf(d["url"]); s != "" {
		return s
	}
	if s := d.str("href"); s != "" {
		return s
	}
	if id := d.str("id"); a.uploaded(id) {
		return id
	}
	return ""
}

// uploaded reports whether s is the id of an uploaded file.
func (a *applier) uploaded(s string) bool {
	r, ok := a.site.Parse(coop.IRI(s))
	return ok && r.Kind == coop.RefMedia
}

// alone reads an attachment that is no object: an uploaded file, by its id or its URL.
func (a *applier) alone(raw json.RawMessage) (rawDoc, bool) {
	s, _ := rawString(raw)
	file, ours := a.site.MediaFile(coop.IRI(s))
	if !a.uploaded(s) && !(ours && goodFile(file)) {
		return nil, false
	}
	d := rawDoc{"type": json.RawMessage(`"Document"`), "url": raw}
	if t := imageTypes[path.Ext(file)]; t != "" {
		d["mediaType"] = json.RawMessage(`"` + t + `"`)
	}
	return d, true
}

var imageTypes = map[string]string{".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".avif": "image/avif"}

// pixels reads a width or a height; 0 where there is none that makes sense.
func pixels(raw json.RawMessage) int {
	var n int
	if json.Unmarshal(raw, &n) != nil || n < 0 || n > 100_000 {
		return 0
	}
	return n
}

// goodFile reports whether s can be the name of a file under /media/.
func goodFile(s string) bool {
	if s == "" || len(s) > 200 || s[0] == '.' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// goodMediaType reports whether s is type/subtype. RFC 6838 §4.2.
func goodMediaType(s string) bool {
	kind, sub, ok := strings.Cut(s, "/")
	return ok && kind != "" && sub != "" && len(s) <= 100 && strings.Trim(kind+sub, "abcdefghijklmnopqrstuvwxyz0123456789!#$&-^_.+") == ""
}

// attachment reads what belongs to a post and is elsewhere: Links, and Documents
// and Pages, which are taken for links too; an Image is the picture of the post
// where `image` was not sent. The links that we add ourselves to what we serve,
// to the post's page, its calendar file and where one can join an event online
// that has a place too, are ours to add again.
func (a *applier) attachment() error {
	raw, given := a.sent["attachment"]
	if !given {
		return nil
	}
	a.post.Links = nil
	images := 0
	for _, item := range rawList(raw) {
		d, ok := rawObject(item)
		if !ok {
			d, ok = a.alone(item)
		}
		if !ok {
			return coop.Wrong("attachment", `an attachment is an object, like {"type": "Link", "href": "https://…", "name": "Slides"}`)
		}
		kind := vocab.ActivityVocabularyType(knownType(d.types()))
		if kind == vocab.ImageType || strings.HasPrefix(essence(d.str("mediaType")), "image/") {
			if images++; images > 1 {
				return coop.Wrong("attachment", "a post has one image")
			}
			if !a.pictured {
				if err := a.picture("attachment", item); err != nil {
					return err
				}
			}
			continue
		}
		if err := a.link(kind, d); err != nil {
			return err
		}
	}
	if n := len(a.post.Links); n > coop.MaxLinks {
		return coop.Wrong("attachment", fmt.Sprintf("a post has at most %d links; this one has %d", coop.MaxLinks, n))
	}
	return nil
}

func (a *applier) link(kind vocab.ActivityVocabularyType, d rawDoc) error {
	member := "attachment.url"
	switch kind {
	case vocab.LinkType, "":
		member = "attachment.href"
	case vocab.DocumentType, vocab.PageType, vocab.AudioType, vocab.VideoType:
	default:
		return coop.Wrong("attachment.type", fmt.Sprintf("an attachment is a Link, a Document or an Image, not %.40q", kind))
	}
	s := a.place(d)
	if s == "" {
		return coop.Wrong(member, "a link says where it leads")
	}
	url, err := linkTo(member, s)
	if err != nil {
		return err
	}
	if slug := a.was.Slug; slug != "" && (url == a.site.Page(a.was.Coop, slug) || url == a.site.ICS(a.was.Coop, slug)) {
		return nil
	}
	if was := a.was; url == was.Online && url != "" && !was.Place.IsZero() && d.words("name") == coop.WordsFor(was.Language).Online {
		if a.post.Online == "" && !a.post.Place.IsZero() { // the one location that we serve has no room for it
			a.post.Online = url
		}
		return nil
	}
	l := coop.Link{URL: url, MediaType: essence(d.str("mediaType"))}
	if l.Name, err = label("attachment.name", "the name of a link", d.words("name"), maxLabel); err != nil {
		return err
	}
	if _, ours := a.site.MediaFile(url); ours || a.uploaded(s) { // whoever knows the files says what is missing
		a.post.Links = append(a.post.Links, l)
		return nil
	}
	if l.Name == "" {
		l.Name = coop.HostOf(url)
	}
	if l.MediaType == "" {
		l.MediaType = "text/html"
	}
	if !goodMediaType(l.MediaType) {
		return coop.Wrong("attachment.mediaType", fmt.Sprintf("%.60q is no media type, like application/pdf", l.MediaType))
	}
	a.post.Links = append(a.post.Links, l)
	return nil
}
