// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"encoding/json"
	"fmt"

	"plenum/coop"
)

// maxCapacity is how many seats an event may say that it has.
const maxCapacity = 100_000

// joining reads how one takes part in an event. FEP-8a8e.
func (a *applier) joining() error {
	if !a.post.Kind.Event() {
		return nil
	}
	mode, given, err := a.text("joinMode")
	if err != nil {
		return err
	}
	switch m := coop.JoinMode(mode); {
	case !given:
	case m != "" && m != coop.JoinFree && m != coop.JoinRestricted && m != coop.JoinExternal:
		return coop.Wrong("joinMode", fmt.Sprintf("%.40q is no way to take part that we know; free, restricted and external are", mode))
	case m != a.join(): // else it is so without being said
		a.post.Join = m
	}
	if err := a.joinURL(given); err != nil {
		return err
	}
	return a.capacity()
}

// join is how one takes part in the post as it will be, once it is tied to what
// it is part of.
func (a *applier) join() coop.JoinMode {
	p := *a.post
	if ref, given := a.PartOf(); given {
		p.PartOf = coop.ID(ref)
	}
	return p.Joining()
}

// joinURL reads where one takes part in an event that is joined elsewhere. A URL
// without a mode says the mode too.
func (a *applier) joinURL(moded bool) error {
	s, given, err := a.text("externalParticipationUrl")
	if err != nil {
		return err
	}
	link, err := linkTo("externalParticipationUrl", s)
	if err != nil {
		return err
	}
	if a.joinsHere(link) {
		link = ""
	}
	if link != "" && !moded {
		a.post.Join = coop.JoinExternal
	}
	switch external := a.join() == coop.JoinExternal; {
	case link != "" && !external:
		return coop.Wrong("externalParticipationUrl", "only an event whose joinMode is external is joined elsewhere")
	case given || !external:
		a.post.JoinURL = link
	}
	return nil
}

// joinsHere reports whether a link is the one that our own documents have where
// nobody gave any: the page of the event, or of what it is part of.
func (a *applier) joinsHere(link coop.IRI) bool {
	if link == a.site.Page(a.was.Coop, a.was.Slug) {
		return true
	}
	ref, ok := a.site.Parse(link)
	return ok && ref.Kind == coop.RefPage && a.was.PartOf != "" && a.was.JoinURL == ""
}

// capacity reads how many seats there are; null and 0 mean as many as come.
func (a *applier) capacity() error {
	raw, given := a.sent["maximumAttendeeCapacity"]
	if !given {
		return nil
	}
	n := 0
	if !rawNull(raw) && json.Unmarshal(raw, &n) != nil || n < 0 || n > maxCapacity {
		return coop.Wrong("maximumAttendeeCapacity", fmt.Sprintf("this is a whole number from 0, for as many as come, to %d", maxCapacity))
	}
	a.post.Capacity = n
	return nil
}
