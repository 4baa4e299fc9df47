// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/coop"
	"plenum/federation"
)

// Control is what the command line talks to: over a socket that only the owner
// of the data can open, or in the same process where no server runs. It needs no
// token. It answers with JSON, failures with problem+json.
func (s *Server) Control() http.Handler {
	e := s.echo()
	e.GET("/control/coops", s.listCoops)
	e.POST("/control/coops", s.addCoop)
	e.GET("/control/coops/:name", s.showCoop)
	e.PATCH("/control/coops/:name", s.setCoop)
	e.DELETE("/control/coops/:name", s.removeCoop)
	e.POST("/control/coops/:name/rotate-key", s.rotateKey)

	e.POST("/control/coops/:name/outbox", s.controlOutbox)
	e.POST("/control/coops/:name/drafts", s.saveDraft)
	e.DELETE("/control/coops/:name/drafts/:id", s.dropDraft)
	e.GET("/control/posts", s.listPosts)
	e.GET("/control/coops/:name/posts/:slug/receipt", s.controlReceipt)
	e.POST("/control/media", s.addMedia)
	e.POST("/control/coops/:name/media", s.controlUpload)
	s.memberRoutes(e, "/control", s.heldBy)

	e.GET("/control/coops/:name/followers", s.listFollowers)
	e.GET("/control/coops/:name/following", s.listFollowing)
	e.POST("/control/coops/:name/following", s.startFollowing)
	e.DELETE("/control/coops/:name/following", s.stopFollowing)

	e.GET("/control/tokens", s.listTokens)
	e.POST("/control/tokens", s.addToken)
	e.DELETE("/control/tokens/:id", s.revokeToken)

	e.GET("/control/deliveries", s.listDeliveries)
	e.GET("/control/deliveries/:id", s.showDelivery)
	e.POST("/control/deliveries/retry", s.retryDeliveries)
	e.POST("/control/deliveries/hold", s.holdDeliveries)
	e.POST("/control/deliveries/drop", s.dropDeliveries)
	e.GET("/control/rests", s.rests)

	s.moderation(e, "/control", s.bySocket)
	s.proposing(e, "/control", s.heldBy)
	s.people(e)

	e.POST("/control/gc", s.collect)
	e.POST("/control/backup", s.backup)
	e.GET("/control/verify", s.verify)
	return e
}

// CoopInfo is a co-op as the command line shows it.
type CoopInfo struct {
	coop.Coop
	ID        coop.IRI `json:"id"`
	Handle    string   `json:"handle"`
	Page      coop.IRI `json:"page"`
	Outbox    coop.IRI `json:"outbox"`
	Followers int      `json:"followers"`
}

// CoopInput is what a co-op is made of, or changed to: nil leaves a member as it is.
type CoopInput struct {
	Name      coop.Name           `json:"name,omitempty"`
	Title     *string             `json:"title,omitempty"`
	Summary   *string             `json:"summary,omitempty"` // Markdown
	Type      *coop.ActorType     `json:"type,omitempty"`
	Language  *string             `json:"language,omitempty"`
	Zone      *string             `json:"zone,omitempty"`
	Approve   *bool               `json:"approve,omitempty"`
	Comments  *coop.CommentPolicy `json:"comments,omitempty"` // open, held or closed
	Hidden    *bool               `json:"hidden,omitempty"`
	TwoPeople *bool               `json:"two_people,omitempty"`
	Fields    []coop.Field        `json:"fields,omitempty"` // not nil: all of them
	Icon      *coop.Image         `json:"icon,omitempty"`   // one that was stored before; the zero Image: drawn from the title
}

// PostInfo is a post as the command line shows it.
type PostInfo struct {
	coop.Post
	IRI      coop.IRI `json:"object_id"`
	Page     coop.IRI `json:"page,omitempty"` // what was deleted has none
	Activity coop.IRI `json:"activity_id,omitempty"`

	Scheduled bool `json:"scheduled,omitempty"` // a draft that is published by itself, when it is due
}

// TokenInfo is a token without what could be used; Secret is set once, when it
// is made.
type TokenInfo struct {
	ID      coop.ID      `json:"id"`
	Coop    coop.Name    `json:"coop"`
	Label   string       `json:"label"`
	Scopes  []coop.Scope `json:"scopes"`
	Created time.Time    `json:"created"`
	Revoked time.Time    `json:"revoked,omitzero"`
	Secret  string       `json:"secret,omitempty"`
}

// ActorInfo is a follower or somebody followed, with the name people know.
type ActorInfo struct {
	Actor  coop.IRI         `json:"actor"`
	Handle string           `json:"handle"`
	State  coop.FollowState `json:"state"`
	Since  time.Time        `json:"since"`
}

func (s *Server) coopInfo(c echo.Context, row coop.Coop) (CoopInfo, error) {
	followers, err := s.Totals.CountFollowers(c.Request().Context(), row.Name)
	return CoopInfo{
		Coop: row, ID: s.Site.Actor(row.Name), Handle: s.Site.Handle(row.Name), Page: s.Site.Profile(row.Name),
		Outbox: s.Site.Of(row.Name, "outbox"), Followers: followers,
	}, err
}

func (s *Server) answerCoop(c echo.Context, row coop.Coop, err error) error {
	if err != nil {
		return err
	}
	info, err := s.coopInfo(c, row)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, info)
}

func (s *Server) listCoops(c echo.Context) error {
	rows, err := s.Library.Coops(c.Request().Context())
	if err != nil {
		return err
	}
	infos := make([]CoopInfo, len(rows))
	for i, row := range rows {
		if infos[i], err = s.coopInfo(c, row); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, infos)
}

func (s *Server) showCoop(c echo.Context) error {
	row, err := s.Library.Coop(c.Request().Context(), coop.Name(c.Param("name")))
	return s.answerCoop(c, row, err)
}

func (s *Server) addCoop(c echo.Context) error {
	var in CoopInput
	if err := readJSON(c, &in); err != nil {
		return err
	}
	row := coop.Coop{Name: in.Name}
	if err := in.apply(&row); err != nil {
		return err
	}
	row, err := s.Fed.AddCoop(c.Request().Context(), row)
	return s.answerCoop(c, row, err)
}

func (s *Server) setCoop(c echo.Context) error {
	var in CoopInput
	if err := readJSON(c, &in); err != nil {
		return err
	}
	row, err := s.Fed.SetCoop(c.Request().Context(), holder(c), coop.Name(c.Param("name")), in.apply)
	return s.answerCoop(c, row, err)
}

// apply sets what is given. The summary is Markdown.
func (in CoopInput) apply(c *coop.Coop) error {
	set(&c.Title, in.Title)
	set(&c.Type, in.Type)
	set(&c.Language, in.Language)
	set(&c.Zone, in.Zone)
	set(&c.Approve, in.Approve)
	if in.Comments != nil {
		switch *in.Comments {
		case coop.CommentsOpen, coop.CommentsHeld, coop.CommentsClosed:
			c.Comments = *in.Comments
		default:
			return coop.Wrong("comments", "comments are open, held or closed")
		}
	}
	set(&c.Hidden, in.Hidden)
	set(&c.TwoPeople, in.TwoPeople)
	set(&c.Icon, in.Icon)
	if in.Fields != nil {
		c.Fields = slices.Clone(in.Fields)
	}
	if in.Summary == nil {
		return nil
	}
	var err error
	c.Summary, err = federation.Prose(*in.Summary)
	return err
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (s *Server) removeCoop(c echo.Context) error {
	if err := s.Fed.RemoveCoop(c.Request().Context(), holder(c), coop.Name(c.Param("name"))); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) rotateKey(c echo.Context) error {
	row, err := s.Fed.RotateKey(c.Request().Context(), holder(c), coop.Name(c.Param("name")))
	return s.answerCoop(c, row, err)
}

func (s *Server) listTokens(c echo.Context) error {
	rows, err := s.Tokens.Tokens(c.Request().Context(), coop.Name(c.QueryParam("coop")))
	if err != nil {
		return err
	}
	infos := make([]TokenInfo, len(rows))
	for i, t := range rows {
		infos[i] = tokenInfo(t)
	}
	return c.JSON(http.StatusOK, infos)
}

func tokenInfo(t coop.Token) TokenInfo {
	return TokenInfo{ID: t.ID, Coop: t.Coop, Label: t.Label, Scopes: t.Scopes, Created: t.Created, Revoked: t.Revoked}
}

func (s *Server) addToken(c echo.Context) error {
	var in struct {
		Coop  coop.Name `json:"coop"`
		Label string    `json:"label"`
		Scope string    `json:"scope"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	t := coop.Token{Coop: in.Coop, Label: federation.Label(in.Label), Created: coop.Stamp(s.Now())}
	var err error
	if t.Scopes, err = scopes(in.Scope); err != nil {
		return err
	}
	if in.Coop == coop.Relay { // whose posts are its own
		if !slices.Equal(t.Scopes, []coop.Scope{coop.Moderate}) {
			return coop.Wrong("scope", "a token of the instance may moderate, and nothing else")
		}
	} else if _, err := s.coopNamed(c.Request().Context(), string(in.Coop)); err != nil {
		return err
	}
	secret, err := s.identify(&t)
	if err != nil {
		return err
	}
	d, err := s.decision(c, "token create", t.Coop, string(t.ID))
	if err != nil {
		return err
	}
	if err := s.Tokens.AddToken(c.Request().Context(), t, d); err != nil {
		return err
	}
	info := tokenInfo(t)
	info.Secret = secret
	return c.JSON(http.StatusOK, info)
}

func scopes(words string) (all []coop.Scope, err error) {
	for w := range strings.FieldsSeq(words) {
		scope := coop.Scope(w)
		if !slices.Contains([]coop.Scope{coop.Read, coop.Write, coop.Moderate}, scope) {
			return nil, coop.Wrong("scope", "the scopes are moderate, read and write")
		}
		if !slices.Contains(all, scope) {
			all = append(all, scope)
		}
	}
	if len(all) == 0 {
		return nil, coop.Wrong("scope", "say what the token may do: moderate, read, write, or several of these")
	}
	return all, nil
}

// identify gives a token its id and a secret of 256 random bits, of which only the
// digest is kept.
func (s *Server) identify(t *coop.Token) (secret string, err error) {
	if t.ID, err = coop.NewID(s.Now(), s.Rand); err != nil {
		return "", err
	}
	raw := make([]byte, 32)
	if _, err := io.ReadFull(s.Rand, raw); err != nil {
		return "", err
	}
	secret = "plenum_" + base64.RawURLEncoding.EncodeToString(raw)
	hash := sha256.Sum256([]byte(secret))
	t.Hash = hash[:]
	return secret, nil
}

func (s *Server) revokeToken(c echo.Context) error {
	d, err := s.decision(c, "token revoke", "", c.Param("id"))
	if err != nil {
		return err
	}
	if err := s.Tokens.RevokeToken(c.Request().Context(), coop.ID(c.Param("id")), coop.Stamp(s.Now()), d); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// decision is what who uses the control socket did.
func (s *Server) decision(c echo.Context, what string, n coop.Name, target string) (coop.Decision, error) {
	id, err := coop.NewID(s.Now(), s.Rand)
	return coop.Decision{ID: id, At: coop.Stamp(s.Now()), By: holder(c), What: what, Coop: n, Target: target}, err
}

// readJSON reads the body of a control request strictly.
func readJSON(c echo.Context, v any) error {
	body, err := readLimited(c, 1<<20)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.DisallowUnknownFields()
	err = dec.Decode(v)
	if err == nil {
		if _, err = dec.Token(); err == io.EOF {
			return nil
		}
		err = cmp.Or(err, errors.New("something stands behind it"))
	}
	return &coop.Error{Code: coop.Invalid, Op: "handlers.readJSON", Msg: "this is not what is expected here: " + err.Error(), Err: err}
}

// number reads a number of the query, or gives what to take without one.
func number(c echo.Context, name string, without int) int {
	if n, err := strconv.Atoi(c.QueryParam(name)); err == nil {
		return n
	}
	return without
}
