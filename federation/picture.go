// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"strings"

	"plenum/content"
	"plenum/coop"
)

// AddPicture stores a picture that somebody uploaded, encoded anew: without its
// metadata, and at a size that other servers take.
func (s *Service) AddPicture(ctx context.Context, raw []byte) (coop.Image, error) {
	data, mediaType, w, h, err := content.Reencode(raw)
	if err != nil {
		return coop.Image{}, err
	}
	_, ext, _ := strings.Cut(mediaType, "/")
	file, err := s.Media.PutMedia(ctx, data, strings.Replace(ext, "jpeg", "jpg", 1))
	return coop.Image{File: file, MediaType: mediaType, Width: w, Height: h}, err
}

// stored makes sure that a picture of ours that somebody names is here: peers
// would be sent to nothing. member is where it is named.
func (s *Service) stored(i coop.Image, member string) error {
	if i.File == "" {
		return nil
	}
	f, err := s.Media.OpenMedia(i.File)
	if coop.CodeOf(err) == coop.NotFound {
		return coop.Wrong(member, "there is no picture "+string(s.Site.Media(i.File)))
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// Prose turns Markdown into HTML that is fit to be shown.
func Prose(markdown string) (string, error) { return content.Markdown(markdown) }

// Label makes a line that somebody typed fit to be shown.
func Label(s string) string { return content.Line(s, 100) }
