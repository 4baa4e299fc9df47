// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plenum/coop"
	"plenum/delivery"
	"plenum/instance"
	"plenum/store"
)

// Instance is a whole instance of Plenum under a host of the network, with one
// co-op and a client that may write to its outbox.
type Instance struct {
	*instance.Instance
	Host  string
	Site  coop.Site
	Coop  coop.Name // a_coop on a.example
	DB    *store.DB // of the process that runs now
	Token string    // of the co-op's client

	net   *Network
	dir   string
	ended chan error
	stop  context.CancelFunc
	kill  context.CancelFunc // of what the process sends
	skew  atomic.Int64       // how far its clock is ahead

	mu        sync.Mutex
	delivered []delivery.Event
}

// Actor is the id of the instance's co-op.
func (i *Instance) Actor() coop.IRI { return i.Site.Actor(i.Coop) }

// Instance starts an instance under a host, with an empty database but for its
// co-op.
func (n *Network) Instance(name string) *Instance {
	n.t.Helper()
	i := &Instance{Host: name, Site: coop.Site{Domain: name}, Coop: coopOf(name), net: n, dir: filepath.Join(n.dir, name)}
	if err := templateOf(name).unpack(i.dir); err != nil {
		n.t.Fatalf("fedtest: %s: %v", name, err)
	}
	n.mu.Lock()
	n.instances = append(n.instances, i)
	n.mu.Unlock()
	i.Start()
	i.Token = i.newToken(i.Coop)
	return i
}

func coopOf(name string) coop.Name {
	first, _, _ := strings.Cut(name, ".")
	return coop.Name(strings.ReplaceAll(first, "-", "_") + "_coop")
}

// Start opens the database and runs the instance.
func (i *Instance) Start() {
	t := i.net.t
	t.Helper()
	db, err := store.Open(i.dir, store.Options{Domain: i.Host, Now: i.now})
	if err != nil {
		t.Fatalf("fedtest: open the database of %s: %v", i.Host, err)
	}
	i.DB = db
	var life context.Context
	life, i.kill = context.WithCancel(context.WithoutCancel(t.Context()))
	i.Instance, err = instance.New(t.Context(), instance.Options{
		Site: i.Site, Version: "test", DB: db, Transport: from{i.net, i.Host, life},
		Now: i.now, Rand: rand.Reader, Log: logOf(t, i.Host), Delivered: i.note,
	})
	if err != nil {
		t.Fatalf("fedtest: %s: %v", i.Host, err)
	}
	if next := i.net.jitter; next != nil {
		i.Worker.Rand = func() float64 {
			i.net.jitterLock.Lock()
			defer i.net.jitterLock.Unlock()
			return next()
		}
	}
	var ctx context.Context
	ctx, i.stop = context.WithCancel(context.WithoutCancel(t.Context()))
	i.ended = make(chan error, 1)
	go func() { i.ended <- i.Run(ctx) }()
	i.net.hold(i.Host, i.Handler(), true)
}

// Running reports whether the instance runs.
func (i *Instance) Running() bool { return i.stop != nil }

// Stop stops the instance as the program does: nothing new comes in, what is
// under way is ended, then the database is closed.
func (i *Instance) Stop() {
	i.net.t.Helper()
	if !i.Running() {
		return
	}
	i.net.release(i.Host)
	i.stop()
	i.stop = nil
	defer i.kill()
	if err := <-i.ended; err != nil {
		i.net.t.Errorf("%s did not stop well: %v", i.Host, err)
	}
	i.net.settled() // requests that others still have with it
	if err := i.DB.Close(); err != nil {
		i.net.t.Errorf("%s: %v", i.Host, err)
	}
}

// Crash ends the instance as a loss of power would: its file stays what it is at
// this moment, and what it had sent gets no answer.
func (i *Instance) Crash() {
	i.net.t.Helper()
	synctest.Wait() // nobody is writing
	files, err := pack(i.dir)
	if err != nil {
		i.net.t.Fatalf("fedtest: %s: %v", i.Host, err)
	}
	i.kill()
	i.Stop() // what it still does is done to a file that goes
	if err := errors.Join(os.RemoveAll(i.dir), (&template{files: files}).unpack(i.dir)); err != nil {
		i.net.t.Fatalf("fedtest: %s: %v", i.Host, err)
	}
}

// Clock sets the clock of the instance ahead of everybody's, or behind it.
func (i *Instance) Clock(ahead time.Duration) { i.skew.Store(int64(ahead)) }

func (i *Instance) now() time.Time { return time.Now().Add(time.Duration(i.skew.Load())) }

// note keeps what came of each attempt.
func (i *Instance) note(e delivery.Event) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.delivered = append(i.delivered, e)
}

// Delivered returns what came of the attempts at delivery, in order.
func (i *Instance) Delivered() []delivery.Event {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]delivery.Event(nil), i.delivered...)
}

// logOf shows what goes wrong within an instance, beside the test that fails.
func logOf(t *testing.T, name string) *slog.Logger {
	level := slog.LevelError
	if testing.Verbose() && os.Getenv("FEDTEST_LOG") != "" {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: level})).With("instance", name)
}

// template is a new database with an instance actor and a co-op, made once for
// each host and test binary: their two RSA keys take longer than most tests. It
// is made by the program's own code; each test works on a copy of the files.
type template struct {
	once  sync.Once
	files map[string][]byte
	err   error
}

var templates sync.Map // host → *template

func templateOf(name string) *template {
	found, _ := templates.LoadOrStore(name, &template{})
	t := found.(*template)
	t.once.Do(func() { t.files, t.err = build(name) })
	return t
}

// born is when the co-ops of the templates were founded: before the moment at
// which the clock of a synctest bubble begins.
var born = time.Date(1999, 12, 24, 12, 0, 0, 0, time.UTC)

func build(name string) (map[string][]byte, error) {
	tmp, err := os.MkdirTemp("", "fedtest-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	dir := filepath.Join(tmp, "data")
	now := func() time.Time { return born }
	db, err := store.Open(dir, store.Options{Create: true, Domain: name, Now: now})
	if err != nil {
		return nil, err
	}
	site := coop.Site{Domain: name}
	i, err := instance.New(context.Background(), instance.Options{
		Site: site, Version: "test", DB: db, Transport: http.NewFileTransport(http.Dir("/nowhere")),
		Now: now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err == nil {
		first := coopOf(name)
		_, err = i.Fed.AddCoop(context.Background(), coop.Coop{Name: first, Title: "Co-op of " + name, Zone: "Europe/Berlin"})
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	return pack(dir)
}

// pack reads the files of a directory.
func pack(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	return files, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files[rel], err = os.ReadFile(path)
		return err
	})
}

// unpack writes the files into a new directory.
func (t *template) unpack(dir string) error {
	if t.err != nil {
		return fmt.Errorf("make the template: %w", t.err)
	}
	for rel, data := range t.files {
		path := filepath.Join(dir, rel)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
