// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/web"
)

// How much stands on a page.
const (
	listLength     = 20
	upcomingLength = 10
)

// chrome is what every page has. The language of the interface is the visitor's;
// what the head says of the page itself web makes of what is shown.
func (s *Server) chrome(c echo.Context) web.Chrome {
	return web.Chrome{
		Lang: s.language(c), Site: s.Site, SiteTitle: s.Texts.Title, Version: s.Version, Source: s.Texts.Source,
		HasImprint: s.Texts.Imprint != "", HasPrivacy: s.Texts.Privacy != "",
	}
}

// language is the one in which the visitor reads the interface.
func (s *Server) language(c echo.Context) string {
	return web.Lang(c.Request().Header.Get("Accept-Language"))
}

// renderer writes a page; shower answers with one.
type (
	renderer func(io.Writer) error
	shower   func(c echo.Context, status int, render renderer) error
)

// show answers with a page that nobody else will be shown.
func (s *Server) show(c echo.Context, status int, render renderer) error {
	body, tag, err := rendered(render)
	if err != nil {
		return err
	}
	return s.send(c, status, body, tag)
}

func rendered(render renderer) (body []byte, tag string, err error) {
	var b bytes.Buffer
	if err := render(&b); err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(b.Bytes())
	return b.Bytes(), `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, nil
}

// policy forbids a page what none of ours needs. docs/security.md X10.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' https: data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// send answers with a page. Its tag is weak, since a proxy may compress it.
func (s *Server) send(c echo.Context, status int, body []byte, tag string) error {
	h := c.Response().Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Add("Vary", "Accept, Accept-Language")
	if status == http.StatusOK && c.Request().Method != http.MethodPost {
		h.Set("ETag", "W/"+tag)
		h.Set("Cache-Control", "no-cache")
		if unchanged(c.Request(), tag) {
			return c.NoContent(http.StatusNotModified)
		}
	}
	return c.Blob(status, htmlUTF8, body)
}

// toID sends who asks a page for ActivityStreams to the id. It returns false for
// everybody else.
func toID(c echo.Context, id coop.IRI) (bool, error) {
	if !prefersAS2(c.Request()) {
		return false, nil
	}
	c.Response().Header().Add("Vary", "Accept")
	return true, c.Redirect(http.StatusFound, string(id))
}

func (s *Server) home(c echo.Context, show shower) error {
	if done, err := toID(c, s.Site.Actor(coop.Relay)); done {
		return err
	}
	ctx := c.Request().Context()
	v := web.HomeView{Chrome: s.chrome(c), Calendar: s.Site.Calendar("")}
	var err error
	if v.Coops, err = s.Library.Coops(ctx); err != nil {
		return err
	}
	if v.Upcoming, err = s.Library.Posts(ctx, coop.PostQuery{Upcoming: s.Now(), Limit: upcomingLength}); err != nil {
		return err
	}
	if v.Posts, err = s.Library.Posts(ctx, coop.PostQuery{Limit: listLength}); err != nil {
		return err
	}
	return show(c, http.StatusOK, func(w io.Writer) error { return s.Pages.Home(w, v) })
}

// coopNamed finds a co-op by what a URL or a client calls it. The instance actor
// is none.
func (s *Server) coopNamed(ctx context.Context, name string) (coop.Coop, error) {
	n, ok := coop.ParseName(name)
	if !ok || n == coop.Relay {
		return coop.Coop{}, coop.Fail(coop.NotFound, "handlers.coopNamed", "there is no such co-op")
	}
	return s.Library.Coop(ctx, n)
}

func (s *Server) coopPage(c echo.Context, show shower) error {
	ctx := c.Request().Context()
	row, err := s.coopNamed(ctx, c.Param("name"))
	if err != nil {
		return err
	}
	n := row.Name
	if done, err := toID(c, s.Site.Actor(n)); done {
		return err
	}
	v := web.CoopView{Chrome: s.chrome(c), Coop: row}
	if v.Upcoming, err = s.Library.Posts(ctx, coop.PostQuery{Coop: n, Upcoming: s.Now(), Limit: upcomingLength}); err != nil {
		return err
	}
	v.Posts, v.Older, v.Newer, err = s.paged(c, coop.PostQuery{Coop: n}, s.Site.Profile(n))
	if err != nil {
		return err
	}
	v.Calendar = s.Site.Calendar(n)
	if v.Followers, err = s.Totals.CountFollowers(ctx, n); err != nil {
		return err
	}
	if _, v.Published, _, err = s.Totals.Outbox(ctx, n, 0, 1); err != nil {
		return err
	}
	return show(c, http.StatusOK, func(w io.Writer) error { return s.Pages.Coop(w, v) })
}

// paged reads a page of posts, newest first, with the way to the next and back
// to the first.
func (s *Server) paged(c echo.Context, q coop.PostQuery, at coop.IRI) (posts []coop.Post, older, newer coop.IRI, err error) {
	before, given := coop.ParseID(c.QueryParam("before"))
	if given {
		q.Before, newer = before, at
	}
	q.Limit = listLength + 1
	posts, err = s.Library.Posts(c.Request().Context(), q)
	if len(posts) > listLength {
		posts = posts[:listLength]
		older = at + coop.IRI("?before="+string(posts[listLength-1].ID))
	}
	return posts, older, newer, err
}

func (s *Server) postPage(c echo.Context, show shower) error {
	if c.Param("slug") == "calendar.ics" {
		return s.calendar(c)
	}
	p, row, err := s.findPost(c.Request().Context(), c.Param("name"), c.Param("slug"))
	if coop.CodeOf(err) == coop.NotFound { // whoever asks is asked the same as where there is something
		return s.shownTo(c, coop.Post{State: coop.Draft})
	}
	if err != nil {
		return err
	}
	if !p.Visibility.Open() {
		if err := s.shownTo(c, p); err != nil {
			return err
		}
		show = s.showPrivate
	}
	if slug, isICS := cutICS(c.Param("slug")); isICS {
		return s.calendarFile(c, p, slug)
	}
	if done, err := toID(c, s.Site.Object(p.Kind, p.ID)); done {
		return err
	}
	v := web.PostView{Chrome: s.chrome(c), Post: p, Coop: row}
	if err := s.around(c.Request().Context(), &v); err != nil {
		return err
	}
	if err := s.discussion(c, &v); err != nil {
		return err
	}
	return show(c, http.StatusOK, func(w io.Writer) error { return s.Pages.Post(w, v) })
}

// around finds what a page shows of other posts: what belongs to the post, what it
// belongs to, and what it is about.
func (s *Server) around(ctx context.Context, v *web.PostView) (err error) {
	p := v.Post
	if v.Parts, err = s.Library.Posts(ctx, coop.PostQuery{PartOf: p.ID, Limit: 50}); err != nil {
		return err
	}
	for _, n := range p.Owners {
		row, err := s.Library.Coop(ctx, n)
		if err != nil && coop.CodeOf(err) != coop.NotFound && coop.CodeOf(err) != coop.Gone {
			return err
		}
		if err == nil && row.Gone.IsZero() {
			v.Owners = append(v.Owners, row)
		}
	}
	if p.PartOf != "" {
		whole, err := s.Library.Post(ctx, p.PartOf)
		if err != nil && coop.CodeOf(err) != coop.NotFound {
			return err
		}
		if whole.State == coop.Published && (whole.Visibility.Open() || !p.Visibility.Open() && whole.Coop == p.Coop) {
			v.Whole = whole
		}
	}
	v.Events, err = s.Fed.Reported(ctx, p)
	return err
}

// findPost finds a published post and its co-op by what stands in the URL.
func (s *Server) findPost(ctx context.Context, name, slug string) (coop.Post, coop.Coop, error) {
	const op = "handlers.findPost"
	row, err := s.coopNamed(ctx, name)
	if err != nil {
		return coop.Post{}, coop.Coop{}, err
	}
	slug, _ = cutICS(slug)
	slug, ok := coop.ParseSlug(slug)
	if !ok {
		return coop.Post{}, coop.Coop{}, coop.Fail(coop.NotFound, op, "there is nothing here")
	}
	p, err := s.Library.PostBySlug(ctx, row.Name, slug)
	if err == nil && p.State != coop.Published {
		err = coop.Fail(coop.NotFound, op, "there is nothing here")
	}
	return p, row, err
}

func (s *Server) network(c echo.Context) error {
	ctx := c.Request().Context()
	v := web.NetworkView{Chrome: s.chrome(c)}
	before, err := time.Parse(time.RFC3339, c.QueryParam("before"))
	if err == nil {
		v.Newer = s.Site.Network()
	}
	if v.Items, v.Older, err = s.received(ctx, before); err != nil {
		return err
	}
	followed, err := s.Desk.Followings(ctx, "")
	if err != nil {
		return err
	}
	v.Following = len(followed)
	return s.show(c, http.StatusOK, func(w io.Writer) error { return s.Pages.Network(w, v) })
}

// received reads a page of what came from others, newest first, with the way to
// the next.
func (s *Server) received(ctx context.Context, before time.Time) (items []web.NetworkItem, older coop.IRI, err error) {
	rows, err := s.Library.ReceivedList(ctx, before, listLength)
	if err != nil {
		return nil, "", err
	}
	for _, r := range rows {
		item := web.NetworkItem{Received: r, Author: s.knownActor(ctx, r.By)}
		if r.Via != r.By {
			item.Sender = s.knownActor(ctx, r.Via)
		}
		items = append(items, item)
	}
	if len(rows) < listLength { // longer where one second has more; a page ends with a whole second
		return items, "", nil
	}
	last := rows[len(rows)-1].At
	next, err := s.Library.ReceivedList(ctx, last, 1)
	if len(next) > 0 {
		older = s.Site.Network() + coop.IRI("?before="+url.QueryEscape(last.Format(time.RFC3339)))
	}
	return items, older, err
}

// knownActor is what we know of an actor, ours or not: the zero Actor where that
// is nothing.
func (s *Server) knownActor(ctx context.Context, id coop.IRI) coop.Actor {
	if r, ok := s.Site.Parse(id); ok && r.Kind == coop.RefActor {
		if row, err := s.Library.Coop(ctx, r.Name); err == nil {
			return coop.Actor{ID: id, Type: string(row.Type), Username: string(row.Name), Name: row.Title, URL: s.Site.Profile(row.Name)}
		}
	}
	a, err := s.Desk.Actor(ctx, id)
	if err != nil {
		return coop.Actor{}
	}
	return a
}

func (s *Server) about(c echo.Context, show shower) error {
	if done, err := toID(c, s.Site.Actor(coop.Relay)); done {
		return err
	}
	v := web.AboutView{
		Chrome: s.chrome(c), Text: s.Texts.About, Contact: s.Texts.Contact, Imprint: s.Texts.Imprint, Privacy: s.Texts.Privacy,
	}
	var err error
	if v.Coops, err = s.Library.Coops(c.Request().Context()); err != nil {
		return err
	}
	return show(c, http.StatusOK, func(w io.Writer) error { return s.Pages.About(w, v) })
}

func (s *Server) tag(c echo.Context, show shower) error {
	tag, err := url.PathUnescape(c.Param("tag"))
	if err != nil || tag == "" || len(tag) > 100 {
		return coop.Fail(coop.NotFound, "handlers.tag", "there is nothing here")
	}
	v := web.TagView{Chrome: s.chrome(c), Tag: tag}
	if v.Coops, err = s.Library.Coops(c.Request().Context()); err != nil {
		return err
	}
	v.Posts, v.Older, v.Newer, err = s.paged(c, coop.PostQuery{Tag: tag}, s.Site.Tag(tag))
	if err != nil {
		return err
	}
	if len(v.Posts) == 0 {
		return coop.Fail(coop.NotFound, "handlers.tag", "no post has this tag")
	}
	return show(c, http.StatusOK, func(w io.Writer) error { return s.Pages.Tag(w, v) })
}

// followOutcomes is what a visitor is told of how asking the own server ended.
var followOutcomes = map[coop.Code]web.FollowOutcome{
	"": web.FollowReady, coop.Invalid: web.FollowMalformed, coop.NotFound: web.FollowNotFound, coop.Gone: web.FollowNotFound,
	coop.Unsupported: web.FollowUnsupported, coop.Unavailable: web.FollowUnreachable,
}

// follow answers the form "follow from your account" with the way to the
// visitor's own server.
func (s *Server) follow(c echo.Context) error {
	ctx := c.Request().Context()
	form, err := readForm(c)
	if err != nil {
		return err
	}
	n, ok := coop.ParseName(form.Get("coop"))
	if !ok {
		return coop.Fail(coop.NotFound, "handlers.follow", "there is no such co-op")
	}
	row, err := s.Library.Coop(ctx, n)
	if err != nil {
		return err
	}
	v := web.FollowView{Chrome: s.chrome(c), Coop: row, Handle: form.Get("handle")}
	page, err := s.Fed.Subscribe(ctx, v.Handle, n)
	if v.Outcome, ok = followOutcomes[coop.CodeOf(err)]; !ok {
		return err
	}
	v.Target = coop.IRI(page)
	return s.show(c, http.StatusOK, func(w io.Writer) error { return s.Pages.Follow(w, v) })
}

// readForm reads what a form of ours sent, which is short.
func readForm(c echo.Context) (url.Values, error) { return readFormOf(c, 4<<10) }

// readLongForm reads a form that has URLs in it, or the parameters of others.
func readLongForm(c echo.Context) (url.Values, error) { return readFormOf(c, 16<<10) }

func readFormOf(c echo.Context, most int64) (url.Values, error) {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, most)
	return parsedForm(r, r.ParseForm())
}

// uploadBytes is how long a form with a picture and a text may be.
const uploadBytes = coop.MaxFile + 512<<10

// readUpload reads a form with a file, all of it into memory: who sends it is a
// member.
func readUpload(c echo.Context) (url.Values, error) {
	r := c.Request()
	all := r.Body
	r.Body = http.MaxBytesReader(c.Response().Writer, all, uploadBytes)
	err := r.ParseMultipartForm(uploadBytes)
	if errors.Is(err, http.ErrNotMultipart) {
		err = r.ParseForm()
	}
	form, err := parsedForm(r, err)
	if coop.CodeOf(err) == coop.TooLarge {
		r.Body = all
		drain(c)
		return nil, tooLargeFile("handlers.readUpload")
	}
	return form, err
}

func parsedForm(r *http.Request, err error) (url.Values, error) {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, coop.Fail(coop.TooLarge, "handlers.readForm", "the form is too large")
	}
	if err != nil {
		return nil, &coop.Error{Code: coop.Invalid, Op: "handlers.readForm", Msg: "the form cannot be read", Err: err}
	}
	return r.PostForm, nil
}
