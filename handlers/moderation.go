// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"plenum/coop"
)

// moderation routes what people decide about: below /api/ for whoever has a token
// that may moderate, below /control for the command line.
func (s *Server) moderation(e *echo.Echo, base string, who decider, m ...echo.MiddlewareFunc) {
	of := base + "/coops/:name/moderation/"
	get(e, of+"comments", who.lists(s.listComments), m...)
	e.POST(of+"comments", who.decides(s.decideComment), m...)
	get(e, of+"follows", who.lists(s.listFollows), m...)
	e.POST(of+"follows", who.decides(s.decideFollow), m...)
	get(e, of+"rsvps", who.lists(s.listRSVPs), m...)
	e.POST(of+"rsvps", who.decides(s.decideRSVP), m...)
	get(e, of+"complaints", who.lists(s.listComplaints), m...)
	e.POST(of+"complaints", who.decides(s.closeComplaint), m...)
	get(e, of+"decisions", who.lists(s.listDecisions), m...)

	all := base + "/moderation/"
	get(e, all+"rules", who.lists(s.listRules), m...)
	e.POST(all+"rules", who.decides(s.decideRule), m...)
	get(e, all+"rules.csv", who.exports(s.exportRules), m...)
	e.POST(all+"rules.csv", who.decides(s.importRules), m...)
	get(e, all+"decisions", who.lists(s.listDecisions), m...)
}

// decider finds out for which co-op a request decides, and who does. Where the path
// names none it is the whole instance, and the name is empty.
type decider func(c echo.Context) (n coop.Name, by string, err error)

// byToken lets those decide whose token may moderate: the co-op's, or for the whole
// instance the instance actor's.
func (s *Server) byToken(c echo.Context) (coop.Name, string, error) {
	n, err := named(c)
	if err != nil {
		return "", "", err
	}
	_, who, err := s.token(c, cmp.Or(n, coop.Relay), coop.Moderate)
	return n, who.By, err
}

// named is the co-op that the path of a request names; empty where it has no place
// for one. A place that was left empty is not the whole instance.
func named(c echo.Context) (coop.Name, error) {
	n := coop.Name(c.Param("name"))
	if n == "" && slices.Contains(c.ParamNames(), "name") {
		return "", coop.Fail(coop.NotFound, "handlers.named", "there is no co-op without a name")
	}
	return n, nil
}

// decidedBy is the header in which the command line says who decides.
const decidedBy = "Plenum-By"

// bySocket lets whoever holds the data decide.
func (s *Server) bySocket(c echo.Context) (n coop.Name, by string, err error) {
	by = holder(c)
	if n, err = named(c); n != "" {
		n, err = s.one(c)
	}
	return n, by, err
}

// holder is who uses the control socket, as far as the command line knows.
func holder(c echo.Context) string {
	return cmp.Or(c.Request().Header.Get(decidedBy), "whoever holds the data")
}

// lists answers with what h finds. What is to be decided is for nobody else's eyes,
// so no cache may keep it.
func (who decider) lists(h func(c echo.Context, n coop.Name) (any, error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "no-store")
		n, _, err := who(c)
		if err != nil {
			return err
		}
		v, err := h(c, n)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, v)
	}
}

// decides answers with what h has done. d says who decides.
func (who decider) decides(h func(c echo.Context, n coop.Name, d coop.Decision) (any, error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "no-store")
		n, by, err := who(c)
		if err != nil {
			return err
		}
		v, err := h(c, n, coop.Decision{By: by})
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, v)
	}
}

// why is a reason, checked.
func why(d coop.Decision, text string) (coop.Decision, error) {
	d.Why = text
	if utf8.RuneCountInString(text) > coop.MaxMessage {
		return d, coop.Wrong("why", "a reason has at most 2000 characters")
	}
	return d, nil
}

// only is what a list is to be narrowed to; empty: nothing. What it does not know is
// an error: a list that is empty would say that nothing waits.
func only[T ~string](c echo.Context, member string, all ...T) (T, error) {
	v := T(c.QueryParam(member))
	if v == "" || slices.Contains(all, v) {
		return v, nil
	}
	words := make([]string, len(all))
	for i, w := range all {
		words[i] = string(w)
	}
	return "", coop.Wrong(member, "there are "+strings.Join(words, ", "))
}

// How much a list has.
const (
	fewRows  = 100
	mostRows = 5_000
)

// page cuts a list, of which one row more was read, to the rows that a request asks
// for. Where there are more it says in a header where they stand. RFC 8288.
func page[T any](c echo.Context, all []T, next func(last T) (member, value string)) []T {
	n := rows(c)
	if len(all) <= n {
		return all
	}
	u := c.Request().URL
	q := u.Query()
	q.Set(next(all[n-1]))
	c.Response().Header().Set("Link", "<"+u.EscapedPath()+"?"+q.Encode()+`>; rel="next"`)
	return all[:n]
}

// behind is the next page of a list whose pages are counted in rows.
func behind[T any](c echo.Context) func(T) (member, value string) {
	return func(T) (string, string) { return "skip", strconv.Itoa(skipped(c) + rows(c)) }
}

// skipped is how many rows a request passes over.
func skipped(c echo.Context) int { return min(max(number(c, "skip", 0), 0), 1<<30) }

// rows is how many rows a request asks for.
func rows(c echo.Context) int {
	n := number(c, "limit", fewRows)
	if n < 1 {
		n = fewRows
	}
	return min(n, mostRows)
}

// CommentInfo is a comment with what people need to decide about it.
type CommentInfo struct {
	coop.Comment
	Handle  string   `json:"handle"`  // of its author
	Slug    string   `json:"slug"`    // of the post
	Page    coop.IRI `json:"page"`    // of the post
	Version string   `json:"version"` // of what it says
}

func (s *Server) commentInfo(ctx context.Context, r coop.Comment) CommentInfo {
	info := CommentInfo{Comment: r, Handle: s.handleOf(ctx, r.By), Version: r.Version()}
	if p, err := s.Library.Post(ctx, r.Post); err == nil {
		info.Slug, info.Page = p.Slug, s.page(p)
	}
	return info
}

func (s *Server) listComments(c echo.Context, n coop.Name) (any, error) {
	ctx := c.Request().Context()
	state, err := only(c, "state", coop.CommentHeld, coop.CommentShown, coop.CommentRejected)
	if err != nil {
		return nil, err
	}
	q := coop.CommentQuery{Coop: n, State: state, Skip: skipped(c), Limit: rows(c) + 1}
	if which := c.QueryParam("post"); which != "" {
		p, err := s.postOf(ctx, n, which)
		if err != nil {
			return nil, err
		}
		q.Post = p.ID
	}
	all, err := s.Voices.Comments(ctx, q)
	if err != nil {
		return nil, err
	}
	all = page(c, all, behind[coop.Comment](c))
	infos := make([]CommentInfo, len(all))
	for i, r := range all {
		infos[i] = s.commentInfo(ctx, r)
	}
	return infos, nil
}

func (s *Server) decideComment(c echo.Context, n coop.Name, d coop.Decision) (any, error) {
	var in struct {
		Object  coop.IRI          `json:"object"`
		State   coop.CommentState `json:"state"`
		Version string            `json:"version"` // the one that was read; may be left out
		Why     string            `json:"why"`
	}
	if err := readJSON(c, &in); err != nil {
		return nil, err
	}
	d, err := why(d, in.Why)
	if err != nil {
		return nil, err
	}
	d.Version = in.Version
	r, err := s.Fed.DecideComment(c.Request().Context(), n, in.Object, in.State, d)
	if err != nil {
		return nil, err
	}
	return s.commentInfo(c.Request().Context(), r), nil
}

// listFollows are the follows that wait, unless another state is asked for.
func (s *Server) listFollows(c echo.Context, n coop.Name) (any, error) {
	state, err := only(c, "state", coop.FollowAsked, coop.FollowAccepted)
	if err != nil {
		return nil, err
	}
	all, err := s.followers(c.Request().Context(), coop.FollowerQuery{Coop: n, State: cmp.Or(state, coop.FollowAsked), After: coop.IRI(c.QueryParam("after")), Limit: rows(c) + 1})
	return page(c, all, func(last ActorInfo) (string, string) { return "after", string(last.Actor) }), err
}

// FollowAnswer is what is decided about a follower, who is named by id or handle.
type FollowAnswer struct {
	Actor    string `json:"actor"`
	Decision string `json:"decision"` // approve, reject or remove
	Why      string `json:"why,omitempty"`
}

func (s *Server) decideFollow(c echo.Context, n coop.Name, d coop.Decision) (any, error) {
	var in FollowAnswer
	if err := readJSON(c, &in); err != nil {
		return nil, err
	}
	ctx := c.Request().Context()
	d, err := why(d, in.Why)
	if err != nil {
		return nil, err
	}
	act := map[string]func(context.Context, coop.Name, coop.IRI, coop.Decision) error{
		"approve": s.Fed.ApproveFollower, "reject": s.Fed.RemoveFollower, "remove": s.Fed.RemoveFollower,
	}[in.Decision]
	if act == nil {
		return nil, coop.Wrong("decision", "a follower is approved, rejected or removed: approve, reject, remove")
	}
	d.What = "follower " + in.Decision
	actor, err := s.followerNamed(ctx, n, in.Actor)
	if err != nil {
		return nil, err
	}
	return map[string]any{"actor": actor, "handle": s.handleOf(ctx, actor), "decision": in.Decision}, act(ctx, n, actor, d)
}

// RSVPInfo is an RSVP with the name people know.
type RSVPInfo struct {
	coop.RSVP
	Handle string `json:"handle"`
}

// eventOf is the event of a co-op that is called so.
func (s *Server) eventOf(ctx context.Context, n coop.Name, which string) (coop.Post, error) {
	if which == "" {
		return coop.Post{}, coop.Wrong("post", "say which event, by its slug or its id")
	}
	p, err := s.postOf(ctx, n, which)
	if err == nil && !p.Kind.Event() {
		err = coop.Wrong("post", "this is no event")
	}
	return p, err
}

func (s *Server) listRSVPs(c echo.Context, n coop.Name) (any, error) {
	ctx := c.Request().Context()
	p, err := s.eventOf(ctx, n, c.QueryParam("post"))
	if err != nil {
		return nil, err
	}
	state, err := only(c, "state", coop.RSVPStates()...)
	if err != nil {
		return nil, err
	}
	all, err := s.Voices.RSVPs(ctx, coop.RSVPQuery{Post: p.ID, State: state, Skip: skipped(c), Limit: rows(c) + 1})
	if err != nil {
		return nil, err
	}
	all = page(c, all, behind[coop.RSVP](c))
	infos := make([]RSVPInfo, len(all))
	for i, r := range all {
		infos[i] = RSVPInfo{RSVP: r, Handle: s.handleOf(ctx, r.Actor)}
	}
	return infos, nil
}

// RSVPAnswer is what is decided about somebody who answered an event. The actor is
// named by id or handle, the post by slug or id.
type RSVPAnswer struct {
	Post  string         `json:"post"`
	Actor string         `json:"actor"`
	State coop.RSVPState `json:"state"` // going or refused
	Why   string         `json:"why,omitempty"`
}

func (s *Server) decideRSVP(c echo.Context, n coop.Name, d coop.Decision) (any, error) {
	var in RSVPAnswer
	if err := readJSON(c, &in); err != nil {
		return nil, err
	}
	ctx := c.Request().Context()
	d, err := why(d, in.Why)
	if err != nil {
		return nil, err
	}
	p, err := s.eventOf(ctx, n, in.Post)
	if err != nil {
		return nil, err
	}
	actor, err := s.guestNamed(ctx, p, in.Actor)
	if err != nil {
		return nil, err
	}
	r, err := s.Fed.DecideRSVP(ctx, n, p.ID, actor, in.State, d)
	if err != nil {
		return nil, err
	}
	return RSVPInfo{RSVP: r, Handle: s.handleOf(ctx, r.Actor)}, nil
}

// guestNamed finds who answered an event by id or handle.
func (s *Server) guestNamed(ctx context.Context, p coop.Post, who string) (coop.IRI, error) {
	if who == "" {
		return "", coop.Wrong("actor", "say who, by id or handle")
	}
	all, err := s.Voices.RSVPs(ctx, coop.RSVPQuery{Post: p.ID, Limit: mostRows})
	if err != nil {
		return "", err
	}
	for _, r := range all {
		if who == string(r.Actor) {
			return r.Actor, nil
		}
	}
	for _, r := range all {
		if h := s.handleOf(ctx, r.Actor); who == h || who == "@"+h {
			return r.Actor, nil
		}
	}
	return "", coop.Fail(coop.NotFound, "handlers.guestNamed", "nobody called "+who+" has answered "+p.Slug)
}

// ComplaintInfo is a complaint with the name of who made it.
type ComplaintInfo struct {
	coop.Complaint
	Handle string `json:"handle"`
}

func (s *Server) listComplaints(c echo.Context, n coop.Name) (any, error) {
	ctx := c.Request().Context()
	all, err := s.Voices.Complaints(ctx, coop.ComplaintQuery{Coop: n, Closed: c.QueryParam("closed") == "true", Before: coop.ID(c.QueryParam("before")), Limit: rows(c) + 1})
	if err != nil {
		return nil, err
	}
	all = page(c, all, func(last coop.Complaint) (string, string) { return "before", string(last.ID) })
	infos := make([]ComplaintInfo, len(all))
	for i, r := range all {
		infos[i] = ComplaintInfo{Complaint: r, Handle: s.handleOf(ctx, r.By)}
	}
	return infos, nil
}

func (s *Server) closeComplaint(c echo.Context, n coop.Name, d coop.Decision) (any, error) {
	var in struct {
		ID  coop.ID `json:"id"`
		Why string  `json:"why"`
	}
	if err := readJSON(c, &in); err != nil {
		return nil, err
	}
	d, err := why(d, in.Why)
	if err != nil {
		return nil, err
	}
	return map[string]coop.ID{"closed": in.ID}, s.Fed.CloseComplaint(c.Request().Context(), n, in.ID, d)
}

func (s *Server) listDecisions(c echo.Context, n coop.Name) (any, error) {
	all, err := s.Voices.Decisions(c.Request().Context(), coop.DecisionQuery{Coop: n, Before: coop.ID(c.QueryParam("before")), Limit: rows(c) + 1})
	if all == nil {
		all = []coop.Decision{}
	}
	return page(c, all, func(last coop.Decision) (string, string) { return "before", string(last.ID) }), err
}
