// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"plenum/config"
	"plenum/instance"
)

// gcPercent lets the heap, which has a few megabytes, grow to three times what is in
// use before it is looked through: with Go's own 100 a fan-out would spend a
// twentieth of its time on that. GOGC in the environment overrules it.
const gcPercent = 200

type serveCmd struct{}

// Help is shown by `plenum help serve`.
func (serveCmd) Help() string {
	return `Prints "plenum: listening on URL" when it accepts connections, and stops cleanly
on SIGTERM and SIGINT: what is in flight is finished, what is not is kept.

Example: plenum serve --config /etc/plenum/plenum.toml`
}

// Run serves until ctx ends.
func (serveCmd) Run(ctx context.Context, a *app) error {
	c, err := a.load()
	if err != nil {
		return err
	}
	if err := ownedByUs(c.Data.Dir); err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	log := logger(a)
	db, err := openStore(c)
	if err != nil {
		return err
	}
	in, err := build(ctx, c, a.path(), db, log)
	if err != nil {
		return uninterrupted(ctx, errorAfter(err, db.Close()))
	}
	err = a.serve(ctx, c, in, log)
	return errorAfter(err, db.Close()) // last: what was in flight has been settled
}

// serve listens on the public address and the control socket and delivers.
func (a *app) serve(ctx context.Context, c config.Config, in *instance.Instance, log *slog.Logger) error {
	public, err := net.Listen("tcp", c.Listen.Address)
	if err != nil {
		return withHint(fmt.Errorf("cannot listen on %s: %w", c.Listen.Address, why(err)), "is something else running there? see listen.address in the configuration")
	}
	control, err := listenControl(c.Data.Dir)
	if err != nil {
		return errorAfter(err, public.Close())
	}
	group, ctx := errgroup.WithContext(ctx)
	if c.Listen.Metrics != "" {
		metrics, err := net.Listen("tcp", c.Listen.Metrics)
		if err != nil {
			return errors.Join(withHint(fmt.Errorf("cannot listen on %s: %w", c.Listen.Metrics, why(err)), "see listen.metrics in the configuration"), public.Close(), control.Close())
		}
		group.Go(func() error { return instance.Serve(ctx, metrics, in.Metrics(), log) })
	}
	if c.Development() {
		fmt.Fprintln(a.stderr, "plenum: this instance speaks http without encryption: it is for development and must not be public")
	}
	group.Go(func() error { return a.announce(listening(c, public.Addr())) })
	group.Go(func() error { return instance.Serve(ctx, public, in.Handler(), log) })
	group.Go(func() error { return instance.Serve(ctx, control, in.Control(), log) })
	group.Go(func() error { return in.Run(ctx) })
	return uninterrupted(ctx, group.Wait())
}

// why is an error of the network without the address, which has been said.
func why(err error) error {
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Err
	}
	return err
}

// uninterrupted is err, unless it says no more than that the server was told to
// stop: that is how it ends.
func uninterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// announce says that connections are accepted.
func (a *app) announce(where string) error {
	if a.json {
		return a.print(map[string]string{"listening": where})
	}
	_, err := fmt.Fprintf(a.stdout, "plenum: listening on %s\n", where)
	return err
}

// listening is where the instance answers: in development the URL itself, behind
// a proxy the address that the proxy talks to.
func listening(c config.Config, addr net.Addr) string {
	_, port, err := net.SplitHostPort(addr.String())
	if _, own, _ := strings.Cut(c.Site.Domain, ":"); err == nil && c.Development() && own == port {
		return c.CoopSite().Base()
	}
	return "http://" + addr.String() + " for " + c.CoopSite().Base()
}

// listenControl makes the control socket. A socket that is left over from a
// crash is removed: whoever gets here holds the lock of the database.
func listenControl(dir string) (net.Listener, error) {
	path := filepath.Join(dir, socketName)
	if len(path) > 107 {
		return nil, withHint(fmt.Errorf("the path of the control socket is too long: %s", path), "use a data directory with a shorter path")
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil { // the directory is 0700: nobody was quicker
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// logger writes lines for people to a terminal, and JSON anywhere else.
func logger(a *app) *slog.Logger {
	if colour(a.stderr) {
		return slog.New(slog.NewTextHandler(a.stderr, nil))
	}
	return slog.New(slog.NewJSONHandler(a.stderr, &slog.HandlerOptions{ReplaceAttr: readable}))
}

// readable writes durations as people do, like 3.2ms, and not as nanoseconds.
func readable(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		return slog.String(a.Key, a.Value.Duration().Round(time.Microsecond).String())
	}
	return a
}
