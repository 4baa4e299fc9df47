// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"plenum/client"
	"plenum/coop"
)

// whose says which co-op a command is for, and where that is.
type whose struct {
	Coop string `help:"Whose it is; needed where there are several co-ops. C@HOST: at an instance where you are logged in." placeholder:"C"`
	At   string `help:"At the instance elsewhere where you are logged in, and not on this machine." placeholder:"HOST"`
}

// asked are co-op and host; each may be empty.
func (w whose) asked() (name, host string, err error) {
	name, host, _ = strings.Cut(w.Coop, "@")
	at := w.At
	if _, after, ok := strings.Cut(at, "://"); ok {
		at = after
	}
	at = strings.ToLower(strings.TrimSuffix(at, "/"))
	if host != "" && at != "" && !strings.EqualFold(host, at) {
		return "", "", badUsage{withHint(fmt.Errorf("--coop says %s and --at says %s", host, at), "leave one of them out")}
	}
	return name, cmp.Or(strings.ToLower(host), at), nil
}

// agent is this program as instances elsewhere see it.
func agent() *client.Agent {
	return &client.Agent{Now: time.Now, Rand: rand.Reader, UserAgent: "plenum/" + version}
}

// ring is where this person's logins are kept.
func ring() (client.Ring, error) {
	home, err := os.UserHomeDir()
	if err != nil && os.Getenv("XDG_CONFIG_HOME") == "" {
		return client.Ring{}, withHint(fmt.Errorf("it is not known where your logins are kept: %w", err), "set HOME or XDG_CONFIG_HOME")
	}
	return client.RingOf(os.Getenv("XDG_CONFIG_HOME"), home), nil
}

// withPosts opens, for the length of do, the instance whose posts a command is
// about: this machine's where there is one, or else the one that the person is
// logged in at.
func (a *app) withPosts(ctx context.Context, w whose, do func(d *desk, name string) error) error {
	name, host, err := w.asked()
	if err != nil {
		return err
	}
	if host == "" && a.configured() {
		return a.with(ctx, func(d *desk) error { return do(d, name) })
	}
	r, err := ring()
	if err != nil {
		return err
	}
	all, err := r.Logins()
	if err != nil {
		return err
	}
	if host == "" && len(all) == 0 {
		return withHint(fmt.Errorf("there is no configuration at %s, and you are not logged in anywhere", a.path()),
			"log in where your co-op is, as with: plenum login https://events.example; or name the configuration with --config FILE")
	}
	l, err := choose(all, name, host)
	if err != nil {
		return err
	}
	return do(elsewhere(r, l), string(l.Coop))
}

// configured reports whether the command is to work on an instance of this machine.
func (a *app) configured() bool {
	if a.config != "" {
		return true
	}
	_, err := os.Stat(a.path())
	return err == nil
}

// choose is the login that a command means.
func choose(all []client.Login, name, host string) (client.Login, error) {
	fit := slices.Clone(all)
	fit = slices.DeleteFunc(fit, func(l client.Login) bool {
		return host != "" && l.Host != host || name != "" && string(l.Coop) != name
	})
	switch {
	case len(fit) == 1:
		return fit[0], nil
	case len(fit) > 1:
		return client.Login{}, badUsage{withHint(errors.New("you are logged in for several co-ops"),
			"say which one, as with --coop "+fit[0].Handle()+"; `plenum whoami` shows them")}
	}
	where, again := host, "plenum login https://"+host
	if host == "" {
		where, again = "any instance", "plenum login https://events.example"
	}
	if name != "" {
		where, again = where+" for "+name, again+" --coop "+name
	}
	return client.Login{}, withHint(fmt.Errorf("you are not logged in at %s", where), "log in: "+again+"; `plenum whoami` shows where you are")
}

// elsewhere is the desk of a login.
func elsewhere(r client.Ring, l client.Login) *desk {
	return &desk{client: agent().Open(r, l).Client(), close: func() error { return nil }, base: l.Origin, root: "/api", login: &l, served: true}
}

// outbox is where what a co-op says is posted to.
func (d *desk) outbox(name string) string {
	if d.login != nil {
		return string(d.login.Outbox)
	}
	return at("coops", name, "outbox")
}

// followers is the collection of who follows a co-op.
func (d *desk) followers(ctx context.Context, name string) (string, error) {
	if d.login != nil {
		return string(d.login.Followers), nil
	}
	var info struct {
		ID coop.IRI `json:"id"`
	}
	if err := d.call(ctx, http.MethodGet, at("coops", name), nil, &info); err != nil {
		return "", err
	}
	return string(info.ID) + "/followers", nil
}

// submitted is what became of what was posted to an outbox.
type submitted struct {
	Activity coop.IRI // empty where it is transient
	Object   coop.IRI
	Proposal coop.ID // somebody else has to agree first
}

// submit posts an activity, or an object, to the outbox of a co-op. Where the network
// fails it is asked a second time, by which nothing is done twice.
func (d *desk) submit(ctx context.Context, name string, activity any) (submitted, error) {
	body, err := json.Marshal(activity)
	if err != nil {
		return submitted{}, err
	}
	key := rand.Text()
	a, err := d.ask(ctx, http.MethodPost, d.outbox(name), document(body), key)
	if d.login != nil && coop.CodeOf(err) == coop.Unavailable && ctx.Err() == nil {
		a, err = d.ask(ctx, http.MethodPost, d.outbox(name), document(body), key)
	}
	if err != nil {
		return submitted{}, err
	}
	var said struct {
		Object   json.RawMessage `json:"object"`
		Proposal coop.ID         `json:"plenum:proposal"`
	}
	if err := json.Unmarshal(a.body, &said); err != nil {
		return submitted{}, fmt.Errorf("what the outbox answered: %w", err)
	}
	done := submitted{Activity: coop.IRI(a.location), Object: idOf(said.Object), Proposal: said.Proposal}
	if done.Proposal != "" { // nothing was done yet: the location is the proposal's
		done.Activity = ""
	}
	return done, nil
}

// idOf is the id of an object that is named or embedded.
func idOf(raw json.RawMessage) (id coop.IRI) {
	var whole struct {
		ID coop.IRI `json:"id"`
	}
	if json.Unmarshal(raw, &id) != nil && json.Unmarshal(raw, &whole) == nil {
		return whole.ID
	}
	return id
}
