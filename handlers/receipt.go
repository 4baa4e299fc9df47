// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/coop"
)

// maxReceipt is how many deliveries of each state a receipt looks at one by one;
// what is behind them is counted alone.
const maxReceipt = 500

// ReceiptInfo says what has become of what was sent of a post.
type ReceiptInfo struct {
	Post       coop.ID        `json:"post"`
	Coop       coop.Name      `json:"coop"`
	Slug       string         `json:"slug,omitempty"` // what was deleted has none, and no page
	Object     coop.IRI       `json:"object_id"`
	Page       coop.IRI       `json:"page,omitempty"`
	Reached    ReachInfo      `json:"reached"` // by what made it public, its Create
	Local      int            `json:"local"`   // co-ops of this instance that follow its author: they have it without a request
	Sent       []SentInfo     `json:"sent"`    // each activity, oldest first
	Missing    []HostInfo     `json:"missing"` // where something has not arrived, first what was given up
	Complete   bool           `json:"complete"`
	Deliveries []DeliveryInfo `json:"deliveries,omitempty"` // one by one; on the control socket alone, for they name inboxes
}

// ReachInfo counts servers, and the followers that they have.
type ReachInfo struct {
	Servers   int `json:"servers"`
	Followers int `json:"followers"`
}

// SentInfo says how far one activity has come.
type SentInfo struct {
	Activity  coop.IRI                         `json:"activity_id"`
	Actor     coop.Name                        `json:"actor"`
	Type      string                           `json:"type"`
	At        time.Time                        `json:"at"`
	States    map[coop.DeliveryState]ReachInfo `json:"states"`
	Spreading bool                             `json:"spreading,omitempty"` // not all of its followers have a delivery yet
}

// HostInfo is what one host has not taken, and why.
type HostInfo struct {
	Host       string             `json:"host"`
	State      coop.DeliveryState `json:"state"`
	Types      []string           `json:"types"` // of the activities
	Deliveries int                `json:"deliveries"`
	Followers  int                `json:"followers"`
	Attempts   int                `json:"attempts"`             // of the one tried most often
	Tried      time.Time          `json:"tried,omitzero"`       // the last time
	Next       time.Time          `json:"next,omitzero"`        // when it is tried again; waiting ones only, and not what is behind another
	GivenUp    time.Time          `json:"given_up_at,omitzero"` // when that happens, or has happened
	Status     int                `json:"status,omitempty"`     // of the last answer
	Cause      coop.Cause         `json:"cause,omitempty"`
	Reason     string             `json:"reason,omitempty"` // in words
	Advice     string             `json:"advice,omitempty"` // the next step
	Rest       *coop.Rest         `json:"rest,omitempty"`   // the host is given time
}

// DeliveryInfo is a delivery with what to do about it.
type DeliveryInfo struct {
	coop.Delivery
	Advice string     `json:"advice,omitempty"`
	Rest   *coop.Rest `json:"rest,omitempty"` // its host is given time; of waiting ones only
}

// adviser says what to know of deliveries besides their rows: the next step, and
// whether their host is given time. It asks only once for what it needs.
type adviser struct {
	*Server
	rotated map[coop.Name]time.Time
	resting map[string]*coop.Rest // nil until it is asked for
}

func (s *Server) adviser() *adviser { return &adviser{Server: s, rotated: map[coop.Name]time.Time{}} }

// on is the next step for a delivery, empty where there is none. What was not
// tried because its host is given time has the trouble of its host; what stands
// behind another has none of its own.
func (a *adviser) on(ctx context.Context, d coop.Delivery, rest *coop.Rest) (string, error) {
	if _, made := d.Last(); !made && rest != nil && d.Behind == "" {
		d.Results = []coop.Attempt{{At: rest.Since, Cause: rest.Cause, Reason: rest.Reason}}
	} else if !made {
		return "", nil
	}
	if a.Advise == nil {
		return "", nil
	}
	at, asked := a.rotated[d.Actor]
	if !asked {
		var err error
		if at, err = a.Queue.Rotated(ctx, d.Actor); err != nil && coop.CodeOf(err) != coop.NotFound && coop.CodeOf(err) != coop.Gone {
			return "", err
		}
		a.rotated[d.Actor] = at
	}
	return a.Advise(d, at), nil
}

// rest is that of a delivery's host, nil where it has none.
func (a *adviser) rest(ctx context.Context, d coop.Delivery) (*coop.Rest, error) {
	if d.State != coop.Waiting {
		return nil, nil
	}
	if a.resting == nil {
		rows, err := a.Queue.Rests(ctx)
		if err != nil {
			return nil, err
		}
		a.resting = make(map[string]*coop.Rest, len(rows))
		for i := range rows {
			a.resting[rows[i].Host] = &rows[i]
		}
	}
	return a.resting[d.Host], nil
}

func (a *adviser) one(ctx context.Context, d coop.Delivery) (info DeliveryInfo, err error) {
	info.Delivery = d
	if info.Rest, err = a.rest(ctx, d); err == nil {
		info.Advice, err = a.on(ctx, d, info.Rest)
	}
	return info, err
}

func (a *adviser) all(ctx context.Context, rows []coop.Delivery) (_ []DeliveryInfo, err error) {
	infos := make([]DeliveryInfo, len(rows))
	for i, d := range rows {
		if infos[i], err = a.one(ctx, d); err != nil {
			return nil, err
		}
	}
	return infos, nil
}

// controlReceipt is a receipt with every delivery that has not arrived.
func (s *Server) controlReceipt(c echo.Context) error {
	info, rows, err := s.receipt(c)
	if err != nil {
		return err
	}
	if info.Deliveries, err = s.adviser().all(c.Request().Context(), rows); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, info)
}

// memberReceipt is a receipt for whoever has a token of the co-op that may read.
// It names hosts, and no follower.
func (s *Server) memberReceipt(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	if _, err := s.bearer(c, coop.Read); err != nil {
		return err
	}
	info, _, err := s.receipt(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, info)
}

// nothing is what stands at any other address for members.
func (s *Server) nothing(echo.Context) error {
	return coop.Fail(coop.NotFound, "handlers.nothing", "there is nothing here")
}

// post is the post of a co-op that a path names, by its slug or its id: what was
// deleted has no slug any more.
func (s *Server) post(c echo.Context) (coop.Post, error) {
	return s.postOf(c.Request().Context(), coop.Name(c.Param("name")), c.Param("slug"))
}

func (s *Server) postOf(ctx context.Context, n coop.Name, which string) (p coop.Post, err error) {
	id, ok := coop.ParseID(which)
	if !ok {
		return s.Library.PostBySlug(ctx, n, which)
	}
	if p, err = s.Library.Post(ctx, id); err == nil && p.Coop != n {
		err = coop.Fail(coop.NotFound, "handlers.post", "there is no such post")
	}
	return p, err
}

// receipt is the receipt of the post that a path names, with the deliveries that
// have not arrived. A draft has none.
func (s *Server) receipt(c echo.Context) (info ReceiptInfo, missing []coop.Delivery, err error) {
	ctx := c.Request().Context()
	p, err := s.post(c)
	if err == nil && p.State == coop.Draft {
		err = coop.Fail(coop.NotFound, "handlers.receipt", "there is no such post") // who may not read drafts is told no more
	}
	if err != nil {
		return info, nil, err
	}
	r, err := s.Queue.Receipt(ctx, p.ID, maxReceipt)
	if err != nil {
		return info, nil, err
	}
	info = ReceiptInfo{
		Post: p.ID, Coop: p.Coop, Slug: p.Slug, Object: s.Site.Object(p.Kind, p.ID), Page: s.page(p),
		Local: r.Local, Sent: make([]SentInfo, len(r.Sent)), Complete: r.Complete,
	}
	for i, d := range r.Sent {
		info.Sent[i] = s.sentInfo(d)
		if d.Document == p.Activity {
			info.Reached = info.Sent[i].States[coop.Done]
		}
	}
	missing = slices.Concat(r.Failed, r.Held, r.Waiting)
	info.Missing, err = s.byHost(ctx, missing, r.Resting)
	return info, missing, err
}

func (s *Server) sentInfo(d coop.DocumentReceipt) SentInfo {
	info := SentInfo{
		Activity: s.Site.Activity(d.Document), Actor: d.Actor, Type: d.Type, At: d.At, Spreading: d.Spreading,
		States: make(map[coop.DeliveryState]ReachInfo, len(d.States)),
	}
	for state, r := range d.States {
		info.States[state] = ReachInfo(r)
	}
	return info
}

// byHost puts together what one host has not taken. What was given up comes
// first, then what is held back, then what failed and waits, then what was not
// tried yet; of each, where the most followers are.
func (s *Server) byHost(ctx context.Context, rows []coop.Delivery, resting []coop.Rest) ([]HostInfo, error) {
	var groups []*hostGroup
	found := map[string]*hostGroup{}
	for _, d := range rows {
		k := string(d.State) + " " + d.Host
		g := found[k]
		if g == nil {
			g = &hostGroup{HostInfo: HostInfo{Host: d.Host, State: d.State}, worst: d, followers: map[coop.ID]int{}}
			found[k], groups = g, append(groups, g)
		}
		g.add(d, s.Week)
	}
	advise := s.adviser()
	infos := make([]HostInfo, len(groups))
	for i, g := range groups {
		if at := slices.IndexFunc(resting, func(r coop.Rest) bool { return r.Host == g.Host }); at >= 0 && g.State == coop.Waiting {
			g.rests(&resting[at])
		}
		if last, made := g.worst.Last(); made {
			g.Tried, g.Status, g.Cause, g.Reason = last.At, last.Status, last.Cause, last.Reason
		}
		var err error
		if g.Advice, err = advise.on(ctx, g.worst, g.Rest); err != nil {
			return nil, err
		}
		infos[i] = g.HostInfo
	}
	slices.SortStableFunc(infos, func(a, b HostInfo) int {
		return cmp.Or(cmp.Compare(urgency(a), urgency(b)), cmp.Compare(b.Followers, a.Followers), cmp.Compare(a.Host, b.Host))
	})
	return infos, nil
}

// hostGroup puts the deliveries of one host together that are in one state.
type hostGroup struct {
	HostInfo
	worst     coop.Delivery   // the one tried last, whose reason speaks for all
	followers map[coop.ID]int // by document: who missed two activities is one follower
}

func (g *hostGroup) add(d coop.Delivery, week time.Duration) {
	g.Deliveries++
	g.followers[d.Document] += d.Followers
	g.Followers = max(g.Followers, g.followers[d.Document])
	g.Attempts = max(g.Attempts, d.Attempts)
	last, _ := d.Last()
	if worst, _ := g.worst.Last(); last.At.After(worst.At) {
		g.worst = d
	}
	if !slices.Contains(g.Types, d.Type) {
		g.Types = append(g.Types, d.Type)
	}
	ends := d.Ended
	if d.State == coop.Waiting {
		if d.Behind == "" && (g.Next.IsZero() || d.Next.Before(g.Next)) {
			g.Next = d.Next
		}
		if week > 0 {
			ends = d.Begun().Add(week)
		}
	}
	if ends.After(g.GivenUp) {
		g.GivenUp = ends
	}
}

// rests says that the host is given time, and why, should nothing have been tried.
func (g *hostGroup) rests(r *coop.Rest) {
	if g.Next.IsZero() { // it would not be tried if the host worked
		return
	}
	g.Rest, g.Cause, g.Reason = r, r.Cause, r.Reason
	if g.Next.Before(r.Until) {
		g.Next = r.Until
	}
}

func urgency(h HostInfo) int {
	switch {
	case h.State == coop.Dead:
		return 0
	case h.State == coop.Held:
		return 1
	case !h.Tried.IsZero() || h.Rest != nil:
		return 2
	}
	return 3
}

// rests lists the hosts that are given time, or the one that is asked for.
func (s *Server) rests(c echo.Context) error {
	rows, err := s.Queue.Rests(c.Request().Context())
	if err != nil {
		return err
	}
	if host := c.QueryParam("host"); host != "" {
		rows = slices.DeleteFunc(rows, func(r coop.Rest) bool { return r.Host != host })
	}
	if rows == nil {
		rows = []coop.Rest{}
	}
	return c.JSON(http.StatusOK, rows)
}
