// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/coop"
)

// webfinger answers RFC 7033 §4. The host in a subject is the domain of the
// instance, whatever Host a request names.
func (s *Server) webfinger(c echo.Context) error {
	q := c.Request().URL.Query()
	if len(q["resource"]) != 1 {
		return coop.Wrong("resource", "ask with ?resource=acct:NAME@"+s.Site.Domain)
	}
	body, err := s.Fed.WebFinger(c.Request().Context(), q.Get("resource"), q["rel"])
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-cache")
	return c.Blob(http.StatusOK, "application/jrd+json", body)
}

// hostMeta points to WebFinger for those who ask the old way. RFC 6415 §2.
func (s *Server) hostMeta(c echo.Context) error {
	const form = `<?xml version="1.0" encoding="UTF-8"?>
<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" type="application/jrd+json" template="`
	return c.Blob(http.StatusOK, "application/xrd+xml; charset=utf-8",
		[]byte(form+s.Site.Base()+`/.well-known/webfinger?resource={uri}"/></XRD>`+"\n"))
}

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

// nodeinfoLinks answers FEP-f1d5, with the instance actor as FEP-2677 asks.
// Mobilizon wants every link to have rel and href.
func (s *Server) nodeinfoLinks(c echo.Context) error {
	base := s.Site.Base()
	return s.json(c, "application/json", map[string][]link{"links": {
		{"http://nodeinfo.diaspora.software/ns/schema/2.1", base + "/nodeinfo/2.1"},
		{"http://nodeinfo.diaspora.software/ns/schema/2.0", base + "/nodeinfo/2.0"},
		{"https://www.w3.org/ns/activitystreams#Application", string(s.Site.Actor(coop.Relay))},
	}})
}

type nodeinfo struct {
	Version           string              `json:"version"`
	Software          map[string]string   `json:"software"`
	Protocols         []string            `json:"protocols"`
	Services          map[string][]string `json:"services"`
	OpenRegistrations bool                `json:"openRegistrations"`
	Usage             nodeinfoUsage       `json:"usage"`
	Metadata          map[string]string   `json:"metadata"`
}

type nodeinfoUsage struct {
	Users         nodeinfoUsers `json:"users"`
	LocalPosts    int           `json:"localPosts"`
	LocalComments int           `json:"localComments"`
}

type nodeinfoUsers struct {
	Total int `json:"total"`
}

func (s *Server) nodeinfo(c echo.Context) error {
	version := c.Param("version")
	if version != "2.0" && version != "2.1" {
		return coop.Fail(coop.NotFound, "handlers.nodeinfo", "NodeInfo is served in 2.0 and 2.1")
	}
	n, err := s.Library.Counts(c.Request().Context())
	if err != nil {
		return err
	}
	software := map[string]string{"name": "plenum", "version": s.Version}
	if version == "2.1" && s.Texts.Source != "" { // 2.0 knows no repository
		software["repository"] = string(s.Texts.Source)
	}
	profile := `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/` + version + `#"`
	return s.json(c, profile, nodeinfo{
		Version: version, Software: software,
		Protocols: []string{"activitypub"}, Services: map[string][]string{"inbound": {}, "outbound": {}},
		Usage:    nodeinfoUsage{Users: nodeinfoUsers{Total: n.Coops}, LocalPosts: n.Posts},
		Metadata: map[string]string{"nodeName": s.Texts.Title, "nodeDescription": "Events and reports of tech co-operatives"},
	})
}

func (s *Server) json(c echo.Context, contentType string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-cache")
	return c.Blob(http.StatusOK, contentType, b)
}

// health remembers for a moment whether the process could store, since finding
// out takes a write, and anybody may ask.
type health struct {
	mu    sync.Mutex
	at    time.Time
	cause error
}

const healthAge = time.Second

func (s *Server) ping(ctx context.Context) error {
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	if now := s.Now(); s.health.at.IsZero() || now.Sub(s.health.at) >= healthAge {
		s.health.at, s.health.cause = now, s.Keeper.Ping(context.WithoutCancel(ctx))
	}
	return s.health.cause
}

// healthz says whether the process can store. 503 does not say why not: the log does.
func (s *Server) healthz(c echo.Context) error {
	if err := s.ping(c.Request().Context()); err != nil {
		return &coop.Error{Code: coop.Unavailable, Op: "handlers.healthz", Msg: "the database cannot be written to", Err: err}
	}
	return c.String(http.StatusOK, "ok\n")
}

// robots lets search engines read pages and keeps them from ids, which are for
// programs.
func (s *Server) robots(c echo.Context) error {
	return c.String(http.StatusOK, "User-agent: *\nDisallow: /ap/\n")
}
