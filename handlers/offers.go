// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/web"
)

// offer is a post that another co-op of this instance asks a co-op to share.
type offer struct {
	post coop.Post
	id   coop.IRI // of the Offer
}

// offers are those that a co-op has not answered, as long as what came for it is kept:
// likes and follows that came since put none away.
func (s *Server) offers(ctx context.Context, n coop.Name) (list []offer, err error) {
	came, _, err := s.Fed.Archive.Arrivals(ctx, n, 0, coop.MaxArrivals)
	if err != nil {
		return nil, err
	}
	for _, a := range came {
		ref, ok := s.Site.Parse(a.Object)
		if a.Type != "Offer" || !ok || ref.Kind != coop.RefObject || slices.ContainsFunc(list, func(o offer) bool { return o.post.ID == ref.ID }) {
			continue
		}
		p, err := s.Library.Post(ctx, ref.ID)
		if coop.CodeOf(err) == coop.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		if p.State == coop.Published && slices.Contains(p.Offered, n) {
			list = append(list, offer{post: p, id: a.ID})
		}
	}
	return list, nil
}

// settleOffer takes what a member decided about an offer.
func (s *Server) settleOffer(c echo.Context, v visit, form url.Values) error {
	ctx := c.Request().Context()
	row, who, err := s.writing(c, v)
	if err != nil {
		return err
	}
	all, err := s.offers(ctx, row.Name)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(o offer) bool { return string(o.post.ID) == c.Param("id") })
	if i < 0 {
		return coop.Fail(coop.NotFound, "handlers.settleOffer", "nobody offers that any more")
	}
	answer, done := "Reject", web.DoneRejected
	if form.Get("accept") == "yes" {
		answer, done = "Accept", web.DoneAgreed
	}
	body, err := json.Marshal(map[string]any{"type": answer, "object": all[i].id})
	if err != nil {
		return err
	}
	sub, err := s.Fed.Submit(ctx, who, body, "")
	if err != nil {
		return err
	}
	if sub.Proposed {
		done = web.DoneProposed
	}
	return c.Redirect(http.StatusSeeOther, "/desk/"+string(row.Name)+"?done="+string(done))
}
