// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"cmp"
	"context"
	"strings"

	"plenum/coop"
	"plenum/web"
)

// shows is what would come of a proposal, for those who decide to read: of a post that
// nobody knows all of it, of another what changes. cannot says why nothing would.
func (s *Server) shows(ctx context.Context, who coop.Principal, row coop.Coop, x coop.Proposal) (list []web.Shown, cannot []web.Mistake, err error) {
	if x.State != coop.ProposalOpen {
		return nil, nil, nil
	}
	r, ok, err := s.Fed.Rehearse(ctx, who, x.ID)
	if e, said := asCoopError(err); said && e.Code != coop.Internal && e.Code != coop.Unavailable {
		return nil, []web.Mistake{{Kind: web.MistakeSaid, Text: e.Msg}}, nil
	}
	if err != nil || !ok {
		return nil, nil, err
	}
	var was map[string]string
	if r.Was.ID != "" {
		if was, err = s.fields(ctx, r.Was, row); err != nil {
			return nil, nil, err
		}
	}
	now, err := s.fields(ctx, r.Post, row)
	if now["repeat"] = r.Repeat; r.All {
		now["scope"] = "all"
	}
	for _, f := range shownFields {
		if now[f] != was[f] {
			list = append(list, web.Shown{Field: f, Value: now[f]})
		}
	}
	return list, nil, err
}

// shownFields are the fields of a post in the order in which they are read.
var shownFields = []string{
	"title", "summary", "start", "end", "zone", "status", "scope", "repeat", "due", "visibility", "place", "address", "online", "seats", "attendance", "speakers",
	"picture", "alt", "links", "tags", "of", "part_of", "original", "owners", "language", "text",
}

// fields are what people read of a post, by the names of shownFields.
func (s *Server) fields(ctx context.Context, p coop.Post, row coop.Coop) (map[string]string, error) {
	whole, err := s.wholeOf(ctx, p)
	if err != nil {
		return nil, err
	}
	f := s.formOf(p, row, whole)
	if f.Of, err = s.aboutLine(ctx, p); err != nil {
		return nil, err
	}
	m := map[string]string{
		"title": f.Title, "summary": f.Summary, "due": f.Due, "visibility": f.Visibility, "alt": f.Alt, "links": f.Links, "tags": f.Tags,
		"of": f.Of, "attendance": f.Attendance, "part_of": f.PartOf, "original": f.Original, "owners": f.Owners, "language": f.Language, "text": cmp.Or(p.Source, p.Body),
	}
	if !p.Image.Made && !p.Image.IsZero() {
		m["picture"] = string(s.Site.ImageURL(p.Image))
	}
	if p.Kind.Event() {
		m["start"], m["end"], m["zone"] = strings.TrimSpace(f.StartDate+" "+f.StartTime), strings.TrimSpace(f.EndDate+" "+f.EndTime), f.Zone
		m["status"], m["place"], m["address"], m["online"], m["seats"], m["speakers"] = f.Status, f.Place, f.Address, f.Online, f.Seats, f.Speakers
	}
	return m, nil
}

// wholeOf is the post of which another is a part; the zero Post where it is of none.
func (s *Server) wholeOf(ctx context.Context, p coop.Post) (whole coop.Post, err error) {
	if p.PartOf == "" {
		return whole, nil
	}
	whole, err = s.Library.Post(ctx, p.PartOf)
	if coop.CodeOf(err) == coop.NotFound {
		err = nil
	}
	return whole, err
}
