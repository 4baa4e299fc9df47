// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"slices"

	"plenum/coop"
)

// addressees are the recipients of a post besides the public and the followers.
type addressees struct {
	visibility coop.Visibility
	to, cc     []coop.IRI
	hidden     []coop.IRI // bto and bcc: delivered to, never stored or shown. AP §6
}

// address reads the audience of a submission. What is addressed to nobody goes to
// the public and the followers; what is addressed to somebody, and neither to the
// public nor to the followers, is refused: Plenum is no messenger.
func (s *Service) address(n coop.Name, to, cc, bto, bcc []coop.IRI) (addressees, error) {
	v, ok := s.visibilityOf(n, to, cc, bto, bcc)
	if !ok {
		return addressees{}, coop.Wrong("to", "Plenum publishes: address the post to "+string(coop.Public)+" or to "+
			string(s.Site.Of(n, "followers"))+", or leave to, cc, bto and bcc out")
	}
	own := func(i coop.IRI) bool {
		return i == coop.Public || i == s.Site.Of(n, "followers") || i == s.Site.Actor(n)
	}
	strip := func(in []coop.IRI) []coop.IRI { return merge(nil, slices.DeleteFunc(slices.Clone(in), own)) }
	a := addressees{visibility: v, to: strip(to), cc: strip(cc), hidden: strip(slices.Concat(bto, bcc))}
	if len(a.to)+len(a.cc)+len(a.hidden) > 100 {
		return addressees{}, coop.Wrong("to", "a post is addressed to at most 100 actors besides the followers")
	}
	return a, nil
}

// merge appends what is not there yet, in order.
func merge(a, b []coop.IRI) []coop.IRI {
	for _, i := range b {
		if !slices.Contains(a, i) {
			a = append(a, i)
		}
	}
	return a
}
