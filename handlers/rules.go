// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"plenum/coop"
)

func (s *Server) listRules(c echo.Context, _ coop.Name) (any, error) {
	level, err := only(c, "level", coop.RuleSilence, coop.RuleRefuse, coop.RuleAllow)
	if err != nil {
		return nil, err
	}
	all, err := s.Fed.RuleList(c.Request().Context())
	some := make([]coop.Rule, 0, len(all))
	for _, r := range all {
		if level == "" || r.Level == level {
			some = append(some, r)
		}
	}
	return some, err
}

// RuleInput is what is decided about a domain or an actor.
type RuleInput struct {
	Target string         `json:"target"`       // a domain, an actor's id or a handle
	Level  coop.RuleLevel `json:"level"`        // silence, refuse or allow; "none" takes back what was decided
	Of     string         `json:"of,omitempty"` // with none: what is to be taken back, a "block" or an "allow"; empty: either
	Public string         `json:"public,omitempty"`
	Why    string         `json:"why,omitempty"`
}

// NoRule takes back what was decided.
const NoRule coop.RuleLevel = "none"

// ruleVerbs are what the decisions are called in the log.
var ruleVerbs = map[coop.RuleLevel]string{coop.RuleSilence: "block add", coop.RuleRefuse: "block add", coop.RuleAllow: "allow add"}

// decideRule decides about a domain or an actor, and answers with the target as the
// list shows it.
func (s *Server) decideRule(c echo.Context, _ coop.Name, d coop.Decision) (any, error) {
	var in RuleInput
	if err := readJSON(c, &in); err != nil {
		return nil, err
	}
	ctx := c.Request().Context()
	d, err := why(d, in.Why)
	if err != nil {
		return nil, err
	}
	if in.Level == NoRule {
		return in, s.dropRule(ctx, in, d)
	}
	if d.What = ruleVerbs[in.Level]; d.What == "" {
		return nil, coop.Wrong("level", "there are silence, refuse, allow and none")
	}
	if in.Target, err = s.Fed.RuleTarget(ctx, in.Target); err != nil {
		return nil, err
	}
	return in, s.Fed.SetRule(ctx, coop.Rule{Target: in.Target, Level: in.Level, Public: in.Public, Why: in.Why}, d)
}

// dropRule takes back what was decided about a target, which is named as the list
// shows it.
func (s *Server) dropRule(ctx context.Context, in RuleInput, d coop.Decision) error {
	all, err := s.Fed.RuleList(ctx)
	if err != nil {
		return err
	}
	kinds := map[bool]string{true: "allow", false: "block"}
	i := slices.IndexFunc(all, func(r coop.Rule) bool {
		return strings.EqualFold(r.Target, in.Target) && (in.Of == "" || in.Of == kinds[r.Level == coop.RuleAllow])
	})
	if i < 0 {
		return coop.Fail(coop.NotFound, "handlers.dropRule", map[string]string{"": "nothing was decided about ", "block": "there is no block of ", "allow": "the list of those who are let in has no "}[in.Of]+in.Target)
	}
	d.What = kinds[all[i].Level == coop.RuleAllow] + " remove"
	return s.Fed.DropRule(ctx, all[i].Target, d)
}

const csvType = "text/csv"

// maxList is how long a list of blocks may be, in bytes: more than any that is
// passed around.
const maxList = 16 << 20

// importRules takes a list of blocks as Mastodon writes it. The reason stands in the
// query, since the list is the body.
func (s *Server) importRules(c echo.Context, _ coop.Name, d coop.Decision) (any, error) {
	body, err := readLimited(c, maxList)
	if err != nil {
		return nil, err
	}
	if d, err = why(d, c.QueryParam("why")); err != nil {
		return nil, err
	}
	d.What = "block import"
	return s.Fed.ImportRules(c.Request().Context(), bytes.NewReader(body), d)
}

func (s *Server) exportRules(c echo.Context) error {
	var list bytes.Buffer
	if err := s.Fed.ExportRules(c.Request().Context(), &list); err != nil {
		return err
	}
	return c.Blob(http.StatusOK, csvType+"; charset=utf-8", list.Bytes())
}

// exports answers with what h writes.
func (who decider) exports(h echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "no-store")
		if _, _, err := who(c); err != nil {
			return err
		}
		return h(c)
	}
}
