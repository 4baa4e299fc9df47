// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"slices"

	"plenum/activity"
	"plenum/coop"
)

// addressees are the recipients of a post besides the public and the followers.
type addressees struct {
	to, cc []coop.IRI
	hidden []coop.IRI // bto and bcc: delivered to, never stored or shown. AP §6
}

// address reads the audience of a submission. Plenum publishes: what is
// addressed to nobody goes to the public and the followers, and what is
// addressed to somebody but not to the public is refused, since every post has
// a page that anybody can read.
func (s *Service) address(n coop.Name, sub activity.SubmitCreate) (addressees, error) {
	all := slices.Concat(sub.To, sub.Cc, sub.Bto, sub.Bcc)
	if len(all) > 0 && !slices.Contains(slices.Concat(sub.To, sub.Cc), coop.Public) {
		return addressees{}, coop.Wrong("to", "Plenum publishes in public: address the post to "+string(coop.Public)+", or leave to, cc, bto and bcc out")
	}
	own := func(i coop.IRI) bool {
		return i == coop.Public || i == s.Site.Of(n, "followers") || i == s.Site.Actor(n)
	}
	strip := func(in []coop.IRI) []coop.IRI { return merge(nil, slices.DeleteFunc(slices.Clone(in), own)) }
	a := addressees{to: strip(sub.To), cc: strip(sub.Cc), hidden: strip(slices.Concat(sub.Bto, sub.Bcc))}
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
