// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"plenum/client"
	"plenum/coop"
	"plenum/handlers"
)

// loginTime is how long one has to decide in the browser.
const loginTime = 10 * time.Minute

type loginCmd struct {
	Where     string `arg:"" name:"url" help:"The instance, like https://events.example, or a co-op of it, like hackspace@events.example."`
	Coop      string `help:"The co-op to post for; without it you choose in the browser." placeholder:"C"`
	NoBrowser bool   `help:"Only print the address of the page to open, on this machine."`
	Paste     bool   `help:"The browser is on another machine: paste here the address at which it ends."`
}

// Help is shown by `plenum help login`.
func (loginCmd) Help() string {
	return `Opens a page of the instance in your browser, where you sign in and decide. What
plenum is given is kept in ~/.config/plenum/credentials.json, for you alone, and is
renewed by itself. Then plenum post and plenum media work from this machine, where
it has no instance of its own, or with --at HOST.

Examples:
  plenum login https://events.example --coop hackspace
  plenum post talk.md`
}

// Run logs in.
func (l loginCmd) Run(ctx context.Context, a *app) error {
	name, ok := coop.ParseName(l.Coop)
	if l.Coop != "" && !ok {
		return badUsage{withHint(fmt.Errorf("--coop: %.80q is no name of a co-op", l.Coop), helpFor([]string{"login"}))}
	}
	r, err := ring()
	if err != nil {
		return err
	}
	if _, err := r.Logins(); err != nil { // before anybody decides anything
		return err
	}
	who := agent()
	found, err := who.Find(ctx, l.Where, name)
	if err != nil {
		return err
	}
	id, err := who.Register(ctx, found.Server, "plenum on the command line")
	if err != nil {
		return err
	}
	login, err := l.consented(ctx, a, who, found, id)
	if err != nil {
		return err
	}
	if err := supplant(ctx, who, r, login); err != nil {
		return err
	}
	if a.json {
		return a.print(login.Public())
	}
	a.say("Logged in as %s. To publish: plenum post FILE… --coop %s", login.Handle(), login.Handle())
	return nil
}

// supplant keeps a login. One for the same co-op that it takes the place of is ended
// there too; where that cannot be, it ends by itself.
func supplant(ctx context.Context, who *client.Agent, r client.Ring, login client.Login) error {
	all, err := r.Logins()
	if err != nil {
		return err
	}
	if err := r.Put(ctx, login); err != nil {
		return err
	}
	for _, old := range all {
		if old.Actor == login.Actor {
			_ = who.Revoke(ctx, old)
		}
	}
	return nil
}

// consented has the person decide in the browser, and fetches what that gives.
func (l loginCmd) consented(ctx context.Context, a *app, who *client.Agent, found client.Found, id string) (client.Login, error) {
	ctx, cancel := context.WithTimeout(ctx, loginTime)
	defer cancel()
	back, err := client.Listen(ctx)
	if err != nil {
		return client.Login{}, err
	}
	resource := string(found.Actor.ID)
	if resource == "" {
		resource = found.Origin
	}
	attempt, err := who.Begin(found.Server, id, back.Redirect(), resource)
	if err != nil {
		return client.Login{}, errorAfter(err, back.Close())
	}
	code, err := l.decided(ctx, a, back, attempt)
	if errors.Is(err, context.DeadlineExceeded) {
		err = withHint(errors.New("nobody decided in the browser"), "log in again")
	}
	if err != nil {
		return client.Login{}, err
	}
	tokens, err := who.Exchange(ctx, attempt, code)
	if err != nil {
		return client.Login{}, err
	}
	return who.Complete(ctx, found, attempt, tokens)
}

// decided shows the page and waits for the answer.
func (l loginCmd) decided(ctx context.Context, a *app, back *client.Loopback, t client.Attempt) (string, error) {
	fmt.Fprintf(a.stderr, "Open this page, and let plenum in:\n\n  %s\n\n", t.URL())
	if l.Paste {
		if err := back.Close(); err != nil {
			return "", err
		}
		fmt.Fprintln(a.stderr, "The browser ends at an address that begins with "+t.Redirect+" and cannot be shown. Paste it here:")
		return pasted(a, t)
	}
	if !l.NoBrowser {
		if err := browse(ctx, t.URL()); err != nil {
			fmt.Fprintf(a.stderr, "No browser could be opened (%v).\n", err)
		}
	}
	return back.Wait(ctx, t)
}

// pasted reads the answer from the person.
func pasted(a *app, t client.Attempt) (string, error) {
	line, err := bufio.NewReader(a.stdin).ReadString('\n')
	if err != nil && line == "" {
		return "", withHint(errors.New("no address was pasted"), "log in again")
	}
	u, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		return "", withHint(errors.New("what was pasted is no address"), "log in again, and copy it from the browser whole")
	}
	return t.Code(u.Query())
}

// browse opens a page in the person's browser, as BROWSER names it or the desktop
// knows it.
func browse(ctx context.Context, page string) error {
	opener := strings.Fields(os.Getenv("BROWSER"))
	if len(opener) == 0 {
		opener = []string{"xdg-open"}
		if runtime.GOOS == "darwin" {
			opener = []string{"open"}
		} else if os.Getenv("DISPLAY")+os.Getenv("WAYLAND_DISPLAY") == "" {
			return errors.New("there is no desktop here")
		}
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), opener[0], append(opener[1:], page)...)
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release() // it may stay open longer than we do
}

type logoutCmd struct {
	Host string `arg:"" optional:"" help:"Where, like events.example, or hackspace@events.example; without it everywhere."`
}

// Help is shown by `plenum help logout`.
func (logoutCmd) Help() string {
	return `Ends the login at the instance too, and forgets it here in any case.

Example: plenum logout events.example`
}

// Run logs out.
func (l logoutCmd) Run(ctx context.Context, a *app) error {
	r, err := ring()
	if err != nil {
		return err
	}
	all, err := r.Logins()
	if err != nil {
		return err
	}
	w := whose{Coop: l.Host}
	if !strings.Contains(l.Host, "@") {
		w = whose{At: l.Host}
	}
	name, host, err := w.asked()
	if err != nil {
		return err
	}
	out := 0
	for _, login := range all {
		if host != "" && login.Host != host || name != "" && string(login.Coop) != name {
			continue
		}
		out++
		if err := a.logout(ctx, r, login); err != nil {
			return err
		}
	}
	if out == 0 && l.Host != "" {
		return withHint(fmt.Errorf("you are not logged in at %s", l.Host), "`plenum whoami` shows where you are")
	}
	if out == 0 {
		a.say("You are not logged in anywhere.")
	}
	return nil
}

// logout ends one login. Where the instance cannot be told, it is forgotten all the
// same.
func (a *app) logout(ctx context.Context, r client.Ring, l client.Login) error {
	untold := agent().Revoke(ctx, l)
	if err := r.Drop(ctx, l.Actor); err != nil {
		return err
	}
	if untold != nil {
		fmt.Fprintf(a.stderr, "plenum: %s\nhint: it is forgotten here; to end it there too, look at your programs on %s/account\n", printable(sentence(untold)), l.Origin)
	}
	if a.json {
		return a.print(map[string]any{"logged_out": l.Handle(), "told": untold == nil})
	}
	a.say("Logged out as %s.", l.Handle())
	return nil
}

type whoamiCmd struct{}

// Help is shown by `plenum help whoami`.
func (whoamiCmd) Help() string {
	return `Asks each instance where you are logged in who you are there, and what you may do.

Example: plenum whoami`
}

// standing is what an instance says of a login.
type standing struct {
	Login   any               `json:"login"`
	Who     *handlers.WhoInfo `json:"who,omitempty"` // nil: it did not say
	Problem string            `json:"problem,omitempty"`
}

// Run shows the logins.
func (whoamiCmd) Run(ctx context.Context, a *app) error {
	r, err := ring()
	if err != nil {
		return err
	}
	all, err := r.Logins()
	if err != nil {
		return err
	}
	var rows [][]string
	for _, l := range all {
		s := standing{Login: l.Public(), Who: &handlers.WhoInfo{}}
		if err := elsewhere(r, l).call(ctx, http.MethodGet, "/api/me", nil, s.Who); err != nil {
			s.Who, s.Problem = nil, printable(sentence(err))
		}
		if a.json {
			if err := a.print(s); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, s.row(l))
	}
	if a.json {
		return nil
	}
	return a.table("You are not logged in anywhere.", "LOGIN\tWHO\tROLE\tSCOPE\tSINCE", rows)
}

// row is a login in a table.
func (s standing) row(l client.Login) []string {
	who, role := s.Problem, ""
	if s.Who != nil {
		who, role = s.Who.By, string(s.Who.Role)
		if s.Who.Member != nil {
			who = s.Who.Member.Login
		}
	}
	return []string{l.Handle(), who, role, l.Scope, l.Since.Local().Format(time.DateOnly)}
}
