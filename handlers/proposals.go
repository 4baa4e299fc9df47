// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/web"
)

// proposalOf finds a proposal of a co-op. Of those of others nothing is said.
func (s *Server) proposalOf(ctx context.Context, n coop.Name, id string) (coop.Proposal, error) {
	x, err := s.Fed.Proposals.Proposal(ctx, coop.ID(id))
	if coop.CodeOf(err) == coop.NotFound || err == nil && x.Coop != n {
		return coop.Proposal{}, coop.Fail(coop.NotFound, "handlers.proposalOf", "the co-op has no such proposal")
	}
	return x, err
}

// proposal shows what somebody proposed.
func (s *Server) proposal(c echo.Context, v visit) error {
	return s.showProposal(c, v, http.StatusOK, nil)
}

func (s *Server) showProposal(c echo.Context, v visit, status int, ms []web.Mistake) error {
	row, who, err := s.writing(c, v)
	if err != nil {
		return err
	}
	x, err := s.proposalOf(c.Request().Context(), row.Name, c.Param("id"))
	if err != nil {
		return err
	}
	list, cannot, err := s.shows(c.Request().Context(), who, row, x)
	if err != nil {
		return err
	}
	if len(ms) == 0 {
		ms = cannot
	}
	view := web.ProposalView{
		Visit: s.visit(c, v), Coop: row, Proposal: x, Shows: list, Own: row.TwoPeople && x.Self == who.Self(), Mine: x.Self == who.Self(), Raw: indented(x.Body), Mistakes: ms,
	}
	if view.Draft, err = s.publishesDraft(c.Request().Context(), x); err != nil {
		return err
	}
	if view.Draft { // nobody knows it yet
		view.Proposal.What = "Create"
	}
	view.Proposal.By, view.Proposal.Settler = person(x.By), person(x.Settler)
	view.May = who.Role.Covers(coop.Publisher) && !view.Own
	return s.reveal(c, status, policy, func(w io.Writer) error { return s.Pages.Proposal(w, view) })
}

// publishesDraft reports whether a proposal is to publish a draft as it is now: what
// is submitted then says no more than that.
func (s *Server) publishesDraft(ctx context.Context, x coop.Proposal) (bool, error) {
	if x.Post == "" {
		return false, nil
	}
	p, err := s.Library.Post(ctx, x.Post)
	if coop.CodeOf(err) == coop.NotFound {
		return false, nil
	}
	return err == nil && publishes(x, p), err
}

// publishes reports whether a proposal is to publish a draft as it is now.
func publishes(x coop.Proposal, p coop.Post) bool {
	return x.What == "Update" && x.Post == p.ID && p.State == coop.Draft && x.Rev == p.Rev
}

func indented(body []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil {
		return string(body)
	}
	return b.String()
}

// settle takes what a member decided about a proposal.
func (s *Server) settle(c echo.Context, v visit, form url.Values) error {
	row, who, err := s.writing(c, v)
	if err != nil {
		return err
	}
	accept := form.Get("accept") == "yes"
	_, err = s.settled(c.Request().Context(), who, c.Param("id"), ProposalAnswer{Accept: accept, Why: form.Get("why")})
	if ms, ok := said(err); ok {
		return s.showProposal(c, v, http.StatusConflict, ms)
	}
	if err != nil {
		return err
	}
	done := web.DoneRejected
	if accept {
		done = web.DoneAgreed
	}
	return c.Redirect(http.StatusSeeOther, "/desk/"+string(row.Name)+"?done="+string(done))
}

// ProposalAnswer is what is decided about a proposal.
type ProposalAnswer struct {
	Accept bool   `json:"accept"`
	Why    string `json:"why,omitempty"`
}

// settled carries a proposal out or turns it down, and returns it as it stands then.
func (s *Server) settled(ctx context.Context, who coop.Principal, id string, a ProposalAnswer) (coop.Proposal, error) {
	x, err := s.proposalOf(ctx, who.Coop, id)
	if err != nil {
		return x, err
	}
	if !a.Accept {
		return s.Fed.RejectProposal(ctx, who, x.ID, a.Why)
	}
	if _, err := s.Fed.AcceptProposal(ctx, who, x.ID, a.Why); err != nil {
		return x, err
	}
	return s.proposalOf(ctx, who.Coop, id)
}

// ProposalInfo is a proposal as programs see it.
type ProposalInfo struct {
	ID       coop.ID            `json:"id"`
	Coop     coop.Name          `json:"coop"`
	By       string             `json:"by"`
	What     string             `json:"what"`
	Title    string             `json:"title"`
	Object   coop.IRI           `json:"object,omitempty"`
	Post     coop.ID            `json:"post,omitempty"`
	At       time.Time          `json:"at"`
	State    coop.ProposalState `json:"state"`
	Settled  time.Time          `json:"settled,omitzero"`
	Settler  string             `json:"settler,omitempty"`
	Why      string             `json:"why,omitempty"`
	Result   coop.IRI           `json:"result,omitempty"`
	Activity json.RawMessage    `json:"activity"` // as it was submitted
}

func proposalInfo(x coop.Proposal) ProposalInfo {
	return ProposalInfo{
		ID: x.ID, Coop: x.Coop, By: x.By, What: x.What, Title: x.Title, Object: x.Object, Post: x.Post, At: x.At, State: x.State,
		Settled: x.Settled, Settler: x.Settler, Why: x.Why, Result: x.Result, Activity: x.Body,
	}
}

// actor finds out in whose name a request about proposals speaks.
type actor func(c echo.Context, need coop.Scope) (coop.Principal, error)

// heldBy is whoever holds the data, who may do everything.
func (s *Server) heldBy(c echo.Context, _ coop.Scope) (coop.Principal, error) {
	n, err := s.one(c)
	return coop.Principal{Coop: n, Role: coop.Admin, By: holder(c)}, err
}

// proposing routes what programs do about proposals: below /api/ for whoever has a
// token, below /control for the command line.
func (s *Server) proposing(e *echo.Echo, base string, who actor, m ...echo.MiddlewareFunc) {
	of := base + "/coops/:name/proposals"
	get(e, of, s.listProposals(who), m...)
	get(e, of+"/:id", s.tellProposal(who), m...)
	e.POST(of+"/:id", s.decideProposal(who), m...)
}

func (s *Server) listProposals(who actor) echo.HandlerFunc {
	return func(c echo.Context) error {
		noStore(c)
		by, err := who(c, coop.Read)
		if err != nil {
			return err
		}
		state, err := only(c, "state", coop.ProposalOpen, coop.ProposalAccepted, coop.ProposalRejected)
		if err != nil {
			return err
		}
		rows, err := s.Fed.Proposals.Proposals(c.Request().Context(), coop.ProposalQuery{
			Coop: by.Coop, State: state, Before: coop.ID(c.QueryParam("before")), Limit: min(max(number(c, "limit", 0), 0), 200),
		})
		if err != nil {
			return err
		}
		infos := make([]ProposalInfo, len(rows))
		for i, x := range rows {
			infos[i] = proposalInfo(x)
		}
		return c.JSON(http.StatusOK, infos)
	}
}

func (s *Server) tellProposal(who actor) echo.HandlerFunc {
	return func(c echo.Context) error {
		noStore(c)
		by, err := who(c, coop.Read)
		if err != nil {
			return err
		}
		x, err := s.proposalOf(c.Request().Context(), by.Coop, c.Param("id"))
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, proposalInfo(x))
	}
}

func (s *Server) decideProposal(who actor) echo.HandlerFunc {
	return func(c echo.Context) error {
		noStore(c)
		by, err := who(c, coop.Write)
		if err != nil {
			return err
		}
		var in ProposalAnswer
		if err := readJSON(c, &in); err != nil {
			return err
		}
		x, err := s.settled(c.Request().Context(), by, c.Param("id"), in)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, proposalInfo(x))
	}
}
