// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/federation"
	"plenum/web"
)

// How much lies on a desk.
const (
	deskLength   = 5 // published posts of each co-op, on the desk of all
	draftsLength = 100
)

var errNoDesk = coop.Fail(coop.NotFound, "handlers.desk", "there is no co-op here by that name for which you write")

// desk shows what the co-ops of a member are writing.
func (s *Server) desk(c echo.Context, v visit) error {
	view := web.DeskView{Visit: s.visit(c, v)}
	mine, err := s.coopsOf(c, v)
	if err != nil {
		return err
	}
	for _, row := range mine {
		d, err := s.deskOf(c, v, row)
		if err != nil {
			return err
		}
		if d.Published, err = s.Library.Posts(c.Request().Context(), coop.PostQuery{Coop: row.Name, All: true, Limit: deskLength + 1}); err != nil {
			return err
		}
		if d.More = len(d.Published) > deskLength; d.More {
			d.Published = d.Published[:deskLength]
		}
		view.Desks = append(view.Desks, d)
	}
	return s.reveal(c, http.StatusOK, policy, func(w io.Writer) error { return s.Pages.Desk(w, view) })
}

// deskOf is what lies on the desk of a co-op, but for what it has published.
func (s *Server) deskOf(c echo.Context, v visit, row coop.Coop) (d web.Desk, err error) {
	ctx := c.Request().Context()
	d = web.Desk{Coop: row, Role: v.member.Role(row.Name)}
	if d.Proposals, err = s.Fed.Proposals.Proposals(ctx, coop.ProposalQuery{Coop: row.Name, State: coop.ProposalOpen}); err != nil {
		return d, err
	}
	offers, err := s.offers(ctx, row.Name)
	if err != nil {
		return d, err
	}
	for _, o := range offers {
		d.Offers = append(d.Offers, o.post)
	}
	drafts, err := s.Library.Posts(ctx, coop.PostQuery{Coop: row.Name, State: coop.Draft, All: true, Limit: draftsLength})
	for i, x := range d.Proposals {
		d.Proposals[i].By = person(x.By)
		for _, p := range drafts {
			if publishes(x, p) {
				d.Proposals[i].What = "Create" // so it is for everybody
				d.Proposed = append(d.Proposed, p.ID)
			}
		}
	}
	for _, p := range drafts {
		p.By = person(p.By)
		if p.Due.IsZero() {
			d.Drafts = append(d.Drafts, p)
		} else {
			d.Scheduled = append(d.Scheduled, p)
		}
	}
	slices.SortFunc(d.Scheduled, func(a, b coop.Post) int { return a.Due.Compare(b.Due) })
	return d, err
}

// writing finds the co-op of a path, for which the member writes, and in whose name.
func (s *Server) writing(c echo.Context, v visit) (coop.Coop, coop.Principal, error) {
	row, err := s.coopNamed(c.Request().Context(), c.Param("name"))
	if code := coop.CodeOf(err); code == coop.NotFound || code == coop.Gone || err == nil && v.member.Role(row.Name) == "" {
		return row, coop.Principal{}, errNoDesk
	}
	return row, s.Auth.Principal(v.member, row.Name), err
}

// wholeDesk shows everything of one co-op.
func (s *Server) wholeDesk(c echo.Context, v visit) error {
	row, _, err := s.writing(c, v)
	if err != nil {
		return err
	}
	d, err := s.deskOf(c, v, row)
	if err != nil {
		return err
	}
	view := web.DeskView{Visit: s.visit(c, v), Whole: true}
	at := coop.IRI(s.Site.Base() + "/desk/" + string(row.Name))
	if d.Published, view.Older, view.Newer, err = s.paged(c, coop.PostQuery{Coop: row.Name, All: true}, at); err != nil {
		return err
	}
	view.Desks = []web.Desk{d}
	return s.reveal(c, http.StatusOK, policy, func(w io.Writer) error { return s.Pages.Desk(w, view) })
}

// alone reports whether who may publish without anybody else agreeing.
func alone(who coop.Principal, row coop.Coop) bool {
	return who.Role.Covers(coop.Publisher) && !row.TwoPeople
}

// sheet is the form of a post that is being written.
type sheet struct {
	row  coop.Coop
	who  coop.Principal
	post coop.Post
	was  web.PostForm
}

// writePost finds what a form is about: a post of the co-op, or a new one of the kind
// that the query names.
func (s *Server) writePost(c echo.Context, v visit) (p sheet, err error) {
	ctx := c.Request().Context()
	if p.row, p.who, err = s.writing(c, v); err != nil {
		return p, err
	}
	if c.Param("id") == "" {
		kind := coop.Kind(c.QueryParam("kind"))
		if !slices.Contains([]coop.Kind{coop.Report, coop.Meetup, coop.Talk, coop.Note}, kind) {
			kind = coop.Report
		}
		p.post, p.was = coop.Post{Kind: kind, Coop: p.row.Name}, blankForm(p.row)
		return p, nil
	}
	p.post, err = s.Library.Post(ctx, coop.ID(c.Param("id")))
	if coop.CodeOf(err) == coop.NotFound || err == nil && (p.post.State == coop.Withdrawn || p.post.Coop != p.row.Name && !slices.Contains(p.post.Owners, p.row.Name)) {
		return p, coop.Fail(coop.NotFound, "handlers.writePost", "there is no such post")
	}
	if err != nil {
		return p, err
	}
	whole, err := s.wholeOf(ctx, p.post)
	if err != nil {
		return p, err
	}
	p.was = s.formOf(p.post, p.row, whole)
	p.was.Of, err = s.aboutLine(ctx, p.post)
	return p, err
}

// aboutLine names the events that a report is about, as its form does: by slug, or by
// id where they are not the co-op's.
func (s *Server) aboutLine(ctx context.Context, p coop.Post) (string, error) {
	var names []string
	for _, id := range p.Of {
		e, err := s.Library.Post(ctx, id)
		switch {
		case coop.CodeOf(err) == coop.NotFound || err == nil && e.State != coop.Published:
			continue
		case err != nil:
			return "", err
		case e.Coop == p.Coop:
			names = append(names, e.Slug)
		default:
			names = append(names, string(s.Site.Object(e.Kind, e.ID)))
		}
	}
	return strings.Join(names, ", "), nil
}

// write shows the form.
func (s *Server) write(c echo.Context, v visit) error {
	p, err := s.writePost(c, v)
	if err != nil {
		return err
	}
	return s.showForm(c, v, p, http.StatusOK, p.was, nil)
}

func (s *Server) showForm(c echo.Context, v visit, p sheet, status int, form web.PostForm, ms []web.Mistake) error {
	key, err := s.nonce()
	if err != nil {
		return err
	}
	view := web.ComposeView{
		Visit: s.visit(c, v), Coop: p.row, Role: p.who.Role, Alone: alone(p.who, p.row), Post: p.post, Form: form, Key: key, Mistakes: ms,
	}
	return s.reveal(c, status, policy, func(w io.Writer) error { return s.Pages.Compose(w, view) })
}

// nonce names one showing of a form.
func (s *Server) nonce() (string, error) {
	raw := make([]byte, 12)
	_, err := io.ReadFull(s.Rand, raw)
	return base64.RawURLEncoding.EncodeToString(raw), err
}

// once is the Idempotency-Key of what a form sends: sent twice, it is done once.
func once(form url.Values, body []byte) string {
	sum := sha256.Sum256(body)
	return "desk " + form.Get("key")[:min(len(form.Get("key")), 40)] + " " + hex.EncodeToString(sum[:8])
}

// writeAgain shows what was written in a form of a session that has ended, and does
// nothing else with it.
func (s *Server) writeAgain(c echo.Context, v visit, form url.Values) error {
	p, err := s.writePost(c, v)
	if err != nil {
		return err
	}
	ms := []web.Mistake{{Kind: web.MistakeSession}}
	if p.post.ID != "" && form.Get("rev") != strconv.Itoa(p.post.Rev) {
		ms = append(ms, web.Mistake{Kind: web.MistakeMeanwhile})
	}
	return s.showForm(c, v, p, http.StatusForbidden, readPost(form), ms)
}

// keepPost takes what was written.
func (s *Server) keepPost(c echo.Context, v visit, form url.Values) error {
	p, err := s.writePost(c, v)
	if err != nil {
		return err
	}
	now := readPost(form)
	if p.post.ID != "" && form.Get("rev") != strconv.Itoa(p.post.Rev) {
		return s.showForm(c, v, p, http.StatusConflict, now, []web.Mistake{{Kind: web.MistakeMeanwhile}})
	}
	x := &composer{site: s.Site, coop: p.row, post: p.post, was: p.was, now: now, moment: s.Now()}
	if x.image, err = s.sentPicture(c, p.who, now.Alt); err != nil {
		ms, ok := said(err)
		if !ok {
			return err
		}
		return s.showForm(c, v, p, http.StatusUnprocessableEntity, now, []web.Mistake{{Field: "picture", Kind: web.MistakePicture, Text: ms[0].Text}})
	}
	x.compose()
	more, publish := x.intends(form.Get("do"))
	if len(x.wrong) > 0 && !x.image.IsZero() {
		x.mistake("picture", web.MistakeFile)
	}
	if len(x.wrong) > 0 {
		return s.showForm(c, v, p, http.StatusUnprocessableEntity, now, x.wrong)
	}
	to, err := s.carryOut(c, p, x, form, more, publish)
	if ms, ok := said(err); ok {
		return s.showForm(c, v, p, http.StatusUnprocessableEntity, now, ms)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// intends is what the button that was pressed says about the life of the post, and
// whether the world hears of it.
func (x *composer) intends(do string) (more map[string]any, publish bool) {
	if x.post.State == coop.Published {
		return nil, true
	}
	x.aside(do)
	switch do {
	case "publish":
		return map[string]any{"plenum:state": coop.Published}, true
	case "schedule":
		at, ok := x.due()
		if !ok {
			return nil, true
		}
		return map[string]any{"plenum:state": coop.Draft, "plenum:publishAt": at.Format(time.RFC3339)}, true
	case "unschedule":
		return map[string]any{"plenum:state": coop.Draft, "plenum:publishAt": nil}, false
	}
	more = map[string]any{"plenum:state": coop.Draft}
	if x.was.Due != "" && x.now.Due == "" { // the time was taken out of the form
		more["plenum:publishAt"] = nil
	}
	return more, false
}

// carryOut submits what a form says and returns where to go on. Who may not publish
// alone keeps a draft first and proposes to publish that: then others can look at it
// and mend it before they agree.
func (s *Server) carryOut(c echo.Context, p sheet, x *composer, form url.Values, more map[string]any, publish bool) (to string, err error) {
	series := x.members["plenum:repeat"] != nil
	if publish && !alone(p.who, p.row) && p.post.State != coop.Published && !series {
		if p.post, err = s.keepDraft(c, p, x, form); err != nil {
			return "", err
		}
		x.post, x.members = p.post, map[string]any{}
	}
	_, timed := more["plenum:publishAt"]
	if p.post.ID != "" && !x.changed() && (!publish || p.post.State == coop.Published) && !timed {
		return postURL(p.row, p.post, web.DoneSaved), nil
	}
	body, err := x.document(more)
	if err != nil {
		return "", err
	}
	done, err := s.Fed.Submit(c.Request().Context(), p.who, body, once(form, body))
	if err != nil {
		return "", err
	}
	return outcome(p, done), nil
}

// keepDraft keeps what was written without publishing it.
func (s *Server) keepDraft(c echo.Context, p sheet, x *composer, form url.Values) (coop.Post, error) {
	if p.post.ID != "" && !x.changed() {
		return p.post, nil
	}
	body, err := x.document(map[string]any{"plenum:state": coop.Draft})
	if err != nil {
		return p.post, err
	}
	done, err := s.Fed.Submit(c.Request().Context(), p.who, body, once(form, body))
	return done.Post, err
}

// postURL is the form of a post, which says what was done.
func postURL(row coop.Coop, p coop.Post, done web.Done) string {
	return "/desk/" + string(row.Name) + "/posts/" + string(p.ID) + "?done=" + string(done)
}

// outcome is where to go on after a submission.
func outcome(p sheet, done federation.Submitted) string {
	at := "/desk/" + string(p.row.Name) + "?done="
	switch {
	case done.Proposed:
		return at + string(web.DoneProposed)
	case done.Draft && !done.Post.Due.IsZero():
		return postURL(p.row, done.Post, web.DoneScheduled)
	case done.Draft:
		return postURL(p.row, done.Post, web.DoneSaved)
	case p.post.State == coop.Published:
		return at + string(web.DoneChanged)
	}
	return at + string(web.DonePublished)
}

// sentPicture keeps the picture that came with a form; the zero Image: none came.
func (s *Server) sentPicture(c echo.Context, who coop.Principal, alt string) (coop.Image, error) {
	m := c.Request().MultipartForm
	if m == nil || len(m.File["picture"]) == 0 || m.File["picture"][0].Size == 0 {
		return coop.Image{}, nil
	}
	f, err := m.File["picture"][0].Open()
	if err != nil {
		return coop.Image{}, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, coop.MaxFile+1))
	if err != nil {
		return coop.Image{}, err
	}
	if len(raw) > coop.MaxFile {
		return coop.Image{}, coop.Fail(coop.TooLarge, "handlers.sentPicture", "it has more than 8 MB")
	}
	if !who.Role.Covers(coop.Editor) {
		return coop.Image{}, errNoDesk
	}
	return s.Fed.UploadPicture(c.Request().Context(), who, raw, alt)
}

func asCoopError(err error) (*coop.Error, bool) { return errors.AsType[*coop.Error](err) }

// preview shows a draft as everybody will see it.
func (s *Server) preview(c echo.Context, v visit) error {
	p, err := s.writePost(c, v)
	if err != nil {
		return err
	}
	p.post.Published = cmp.Or(p.post.Published, p.post.Due, coop.Stamp(s.Now()))
	view := web.PostView{Chrome: s.visit(c, v).Chrome, Post: p.post, Coop: p.row}
	if err := s.around(c.Request().Context(), &view); err != nil {
		return err
	}
	return s.reveal(c, http.StatusOK, policy, func(w io.Writer) error { return s.Pages.Post(w, view) })
}

// publishNow publishes a draft as it is, or proposes that.
func (s *Server) publishNow(c echo.Context, v visit, _ url.Values) error {
	p, err := s.writePost(c, v)
	if err != nil {
		return err
	}
	done, err := s.Fed.PublishDraft(c.Request().Context(), p.who, p.post.ID, time.Time{}, "")
	if ms, ok := said(err); ok {
		return s.showForm(c, v, p, http.StatusUnprocessableEntity, p.was, ms)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, outcome(p, done))
}

// askDelete asks whether a post is really to be deleted.
func (s *Server) askDelete(c echo.Context, v visit) error {
	p, err := s.writePost(c, v)
	if err != nil {
		return err
	}
	view := web.DeleteView{Visit: s.visit(c, v), Coop: p.row, Post: p.post, Alone: alone(p.who, p.row)}
	return s.reveal(c, http.StatusOK, policy, func(w io.Writer) error { return s.Pages.Delete(w, view) })
}

// deletePost deletes a draft, or a published post everywhere; or proposes that.
func (s *Server) deletePost(c echo.Context, v visit, _ url.Values) error {
	p, err := s.writePost(c, v)
	if err != nil {
		return err
	}
	done := web.DoneDeleted
	if p.post.State == coop.Draft {
		done, err = web.DoneDropped, s.Fed.DropDraft(c.Request().Context(), p.who, p.post.ID)
	} else {
		x := composer{site: s.Site, post: p.post}
		var sub federation.Submitted
		if sub, err = s.Fed.Submit(c.Request().Context(), p.who, x.deletion(), ""); sub.Proposed {
			done = web.DoneProposed
		}
	}
	if ms, ok := said(err); ok {
		return s.showForm(c, v, p, http.StatusUnprocessableEntity, p.was, ms)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/desk/"+string(p.row.Name)+"?done="+string(done))
}
