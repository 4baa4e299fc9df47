// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"plenum/coop"
	"plenum/handlers"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token; it alone is printed, this once."`
	List   tokenListCmd   `cmd:"" help:"List tokens, without their secrets."`
	Revoke tokenRevokeCmd `cmd:"" help:"Revoke a token, at once."`
}

// Help is shown by `plenum help token`.
func (tokenCmd) Help() string {
	return `Example: plenum token create --coop hackspace --name website`
}

type tokenCreateCmd struct {
	Coop  string `help:"The co-op that it is for; needed where there are several. relay: the whole instance." placeholder:"C"`
	Name  string `help:"What it is for." required:"" placeholder:"LABEL"`
	Scope string `help:"What it may do: read, write, moderate, or several of these; a token of relay may moderate." default:"read write"`
}

// Help is shown by `plenum help token create`.
func (tokenCreateCmd) Help() string {
	return `moderate lets it decide about comments, follows, RSVPs and complaints of the
co-op, or for relay about the blocks of the instance.

Example:
  TOKEN=$(plenum token create --coop hackspace --name website)
  curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/activity+json" \
    --data '{"type":"Note","content":"<p>Doors open at six.</p>"}' https://events.example/ap/coops/hackspace/outbox`
}

// Run makes a token.
func (t tokenCreateCmd) Run(ctx context.Context, a *app) error {
	if strings.TrimSpace(t.Scope) == "" {
		return badUsage{withHint(errors.New("a token without a scope may do nothing"), `take --scope read, --scope moderate, or leave it out for read and write`)}
	}
	return a.with(ctx, func(d *desk) error {
		name, err := d.theCoop(ctx, t.Coop)
		if err != nil {
			return err
		}
		var info handlers.TokenInfo
		in := map[string]string{"coop": name, "label": t.Name, "scope": t.Scope}
		if err := d.call(ctx, http.MethodPost, "/control/tokens", in, &info); err != nil {
			return err
		}
		if a.json {
			return a.print(info)
		}
		fmt.Fprintln(a.stdout, info.Secret)
		return nil
	})
}

type tokenListCmd struct {
	Coop string `help:"Only those of this co-op." placeholder:"C"`
}

// Help is shown by `plenum help token list`.
func (tokenListCmd) Help() string { return "Example: plenum token list" }

// Run lists tokens.
func (t tokenListCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		if err := d.known(ctx, t.Coop); err != nil {
			return err
		}
		var all []handlers.TokenInfo
		if err := d.call(ctx, http.MethodGet, query("/control/tokens", "coop", t.Coop), nil, &all); err != nil {
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, t := range all {
			state := "in force"
			if !t.Revoked.IsZero() {
				state = "revoked " + t.Revoked.Format(time.DateOnly)
			}
			rows[i] = []string{string(t.ID), string(t.Coop), t.Label, scopes(t.Scopes), t.Created.Format(time.DateOnly), state}
		}
		return a.table("There are no tokens.", "ID\tCO-OP\tNAME\tSCOPE\tMADE\tSTATE", rows)
	})
}

func scopes(all []coop.Scope) string {
	words := make([]string, len(all))
	for i, s := range all {
		words[i] = string(s)
	}
	return strings.Join(words, " ")
}

type tokenRevokeCmd struct {
	ID string `arg:"" help:"The token's id, as the list shows it."`
}

// Help is shown by `plenum help token revoke`.
func (tokenRevokeCmd) Help() string { return "Example: plenum token revoke 01KB3Y6Q2ZM9T4X7V0R8W5N1EA" }

// Run revokes a token.
func (t tokenRevokeCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		if err := d.call(ctx, http.MethodDelete, at("tokens", t.ID), nil, nil); err != nil {
			return err
		}
		if a.json {
			return a.print(map[string]string{"revoked": t.ID})
		}
		a.say("Revoked %s.", t.ID)
		return nil
	})
}
