// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"fmt"
	"io"

	"plenum/coop"
)

type followPage struct {
	frame
	Heading  string
	Coop     group
	Ready    bool
	Sentence string
	Target   coop.IRI
	Continue string
	Back     string
	Form     followForm
}

// Follow writes the answer to "follow from your account".
func (p *Pages) Follow(w io.Writer, v FollowView) error {
	s := newSetter(v.Chrome)
	v.Canonical = cmp.Or(v.Canonical, s.Site.Profile(v.Coop.Name))
	v.Alternate = cmp.Or(v.Alternate, s.Site.Actor(v.Coop.Name))
	heading := fmt.Sprintf(s.T.FollowTitle, titleOf(v.Coop))
	page := followPage{
		frame: p.frame(s, v.Chrome, heading), Heading: heading, Coop: s.group(v.Coop),
		Back: fmt.Sprintf(s.T.BackTo, titleOf(v.Coop)), Form: s.followForm(v.Coop),
	}
	page.Head.Hidden = true
	page.Form.Value = v.Handle
	handle := excerpt(v.Handle, 100)
	switch v.Outcome {
	case FollowReady:
		host := coop.HostOf(v.Target)
		page.Ready, page.Target = true, v.Target
		page.Sentence, page.Continue = fmt.Sprintf(s.T.FollowReady, host), fmt.Sprintf(s.T.FollowContinue, host)
	case FollowNotFound:
		page.Sentence, page.Form.Wrong = fmt.Sprintf(s.T.FollowNotFound, handle), true
	case FollowUnreachable:
		page.Sentence = fmt.Sprintf(s.T.FollowUnreachable, handle)
	case FollowUnsupported:
		page.Sentence = fmt.Sprintf(s.T.FollowUnsupported, handle)
	default:
		page.Sentence, page.Form.Wrong = fmt.Sprintf(s.T.FollowMalformed, handle), true
	}
	return p.render(w, "follow", page)
}
