// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// maxAlt is how many characters an alternative text has at most.
const maxAlt = 1500

// focus is the point of a picture that has to be seen where it is cropped: -1 to 1,
// from the left and from below. Mastodon's focalPoint, a list of two.
type focus [2]float64

// focusOf is a focus as it is sent: the middle is where everybody crops anyway.
func focusOf(f [2]float64) *focus {
	if f == [2]float64{} {
		return nil
	}
	p := focus(f)
	return &p
}

// MarshalJSON writes both numbers with a decimal point: JSON-LD takes one without
// for an integer.
func (f focus) MarshalJSON() ([]byte, error) {
	return []byte("[" + decimal(f[0]) + "," + decimal(f[1]) + "]"), nil
}

// wireMedia is an uploaded file: an Image, or a Document.
type wireMedia struct {
	Context      json.RawMessage `json:"@context"`
	ID           coop.IRI        `json:"id"`
	Type         wireType        `json:"type"`
	AttributedTo coop.IRI        `json:"attributedTo"`
	MediaType    string          `json:"mediaType"`
	URL          coop.IRI        `json:"url"`
	Name         string          `json:"name"`
	Width        int             `json:"width,omitempty"`
	Height       int             `json:"height,omitempty"`
	Blurhash     string          `json:"blurhash,omitempty"`
	Focus        *focus          `json:"focalPoint,omitempty"`
	Published    time.Time       `json:"published"`
	AltMissing   bool            `json:"plenum:altMissing,omitempty"` // asks for a name, without which those who see nothing know nothing
}

// EncodeMedia makes what the id of an uploaded file answers.
func EncodeMedia(s coop.Site, m coop.Media) ([]byte, error) {
	w := wireMedia{
		Context: ld(objectContext), ID: s.MediaObject(m.ID), Type: wireType(vocab.DocumentType), AttributedTo: s.Actor(m.Coop),
		MediaType: m.MediaType, URL: s.Media(m.File), Name: line(m.Name), Width: m.Width, Height: m.Height, Blurhash: m.Blurhash,
		Focus: focusOf(m.Focus), Published: coop.Stamp(m.Created),
	}
	if strings.HasPrefix(m.MediaType, "image/") {
		w.Type, w.AltMissing = wireType(vocab.ImageType), w.Name == ""
	}
	return render(w)
}

// DecodeUpload reads what a client says of a file that it uploads: name, which is
// the alternative text of a picture, and focalPoint. Anything else, the type too, the
// file itself tells, or is ours to give. Nothing at all may be said.
func DecodeUpload(raw []byte) (name string, point [2]float64, err error) {
	if len(raw) == 0 {
		return "", point, nil
	}
	d, err := parseRaw(raw)
	if err != nil {
		return "", point, err
	}
	if name, err = altOf("name", d); err != nil {
		return "", point, err
	}
	point, err = pointOf("focalPoint", d)
	return name, point, err
}

// altOf reads the alternative text of a picture, or what another file is called;
// `summary` where there is no name, as some clients have it.
func altOf(member string, d rawDoc) (string, error) {
	alt := d.words("name")
	if alt == "" {
		alt = d.words("summary")
	}
	return label(member, "the alternative text of an image", alt, maxAlt)
}

// pointOf reads a focalPoint; the middle where none is given.
func pointOf(member string, d rawDoc) (p [2]float64, err error) {
	raw := d["focalPoint"]
	if rawNull(raw) {
		return p, nil
	}
	var list []float64
	if json.Unmarshal(raw, &list) != nil || len(list) != 2 || !within(list[0]) || !within(list[1]) {
		return p, coop.Wrong(member, "a focal point is two numbers between -1 and 1, from the left and from below, like [0.0, 0.5]")
	}
	return [2]float64{rounded(list[0]), rounded(list[1])}, nil
}

func within(x float64) bool { return x >= -1 && x <= 1 }

// rounded is a coordinate with four digits, and never a negative zero.
func rounded(x float64) float64 { return math.Round(x*1e4)/1e4 + 0 }
