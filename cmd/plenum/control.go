// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"plenum/client"
	"plenum/config"
	"plenum/coop"
	"plenum/handlers"
	"plenum/instance"
	"plenum/mail"
	"plenum/store"
)

// desk is how a command reaches the instance: over the control socket of the
// server that runs, or else through the same handlers in this process. The commands
// for posts and files reach one elsewhere as well, over HTTPS: see remote.go.
type desk struct {
	client *http.Client
	close  func() error
	base   string        // what paths belong to
	root   string        // where the API begins: /control, or /api elsewhere
	login  *client.Login // of an instance elsewhere; nil: this machine's
	served bool          // a server runs, and delivers
	next   string        // where the next page of the last list that was asked for stands
}

// here is a desk of this machine's instance.
func here(c *http.Client, end func() error, served bool) *desk {
	return &desk{client: c, close: end, base: "http://plenum", root: "/control", served: served}
}

const socketName = "plenum.sock"

// socketWait is how long a command asks for the socket when the file is locked:
// a server that starts locks the file before it listens.
const socketWait = 5 * time.Second

// open finds the instance. The caller closes the desk.
func (a *app) open(ctx context.Context) (*desk, error) {
	c, err := a.load()
	if err != nil {
		return nil, err
	}
	if err := ownedByUs(c.Data.Dir); err != nil {
		return nil, err
	}
	socket := filepath.Join(c.Data.Dir, socketName)
	if answers(socket) {
		return overSocket(socket), nil
	}
	d, err := a.inProcess(ctx, c)
	for end := time.Now().Add(socketWait); coop.CodeOf(err) == coop.Unavailable && time.Now().Before(end); {
		if answers(socket) {
			return overSocket(socket), nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
		d, err = a.inProcess(ctx, c)
	}
	return d, err
}

// ownedByUs refuses to work on another user's data: what root creates there, the
// server could not open afterwards.
func ownedByUs(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return withHint(fmt.Errorf("the data directory %s cannot be read: %w", dir, err), "run `plenum quickstart`, or mend data.dir in the configuration")
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if ok && int(st.Uid) != os.Geteuid() {
		name := fmt.Sprintf("'#%d'", st.Uid)
		if owner, err := user.LookupId(strconv.Itoa(int(st.Uid))); err == nil {
			name = owner.Username
		}
		return withHint(fmt.Errorf("the data directory %s belongs to another user (uid %d)", dir, st.Uid),
			"run the command as that user, as with: sudo -u "+name+" plenum …")
	}
	return nil
}

func answers(socket string) bool {
	conn, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

func overSocket(socket string) *desk {
	t := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}
	return here(&http.Client{Transport: t}, func() error { t.CloseIdleConnections(); return nil }, true)
}

// inProcess opens the file itself. What is published is delivered when a server
// runs.
func (a *app) inProcess(ctx context.Context, c config.Config) (*desk, error) {
	db, err := openStore(c)
	if err != nil {
		return nil, err
	}
	// what would be in a server's log
	log := slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	in, err := build(ctx, c, a.path(), db, log)
	if err != nil {
		return nil, errorAfter(err, db.Close())
	}
	return here(&http.Client{Transport: inside{in.Control()}}, db.Close, false), nil
}

// openStore opens the file of an instance that has one.
func openStore(c config.Config) (*store.DB, error) {
	db, err := store.Open(c.Data.Dir, store.Options{Domain: c.Site.Domain, Now: time.Now})
	switch coop.CodeOf(err) {
	case coop.Conflict:
		return nil, withHint(err, "set site.domain back, or set up another instance: plenum quickstart --domain "+c.Site.Domain+" --dir DIR")
	case coop.Unavailable:
		return nil, withHint(err, "the server that has it open answers every command but serve; one that stops needs some ten seconds, try again then")
	}
	return db, err
}

// errorAfter is err, or what closing said where there was none.
func errorAfter(err, closing error) error {
	if err != nil {
		return err
	}
	return closing
}

// build puts the instance together that a configuration describes.
func build(ctx context.Context, c config.Config, path string, db *store.DB, log *slog.Logger) (*instance.Instance, error) {
	t, err := texts(c, path)
	if err != nil {
		return nil, err
	}
	letters, err := mailer(c.Mail)
	if err != nil {
		return nil, err
	}
	return instance.New(ctx, instance.Options{
		Site: c.CoopSite(), Mail: letters, Texts: t, Version: version, DB: db, Allow: c.Federation.Allowed(),
		Limits:         handlers.Limits(c.Limits),
		AllowList:      c.Federation.AllowList,
		Secure:         c.Federation.AuthorizedFetch,
		TrustedProxies: c.Listen.Proxies(), Now: time.Now, Rand: rand.Reader, Log: log,
	})
}

// mailer is the mail server of a configuration; nil where it names none.
func mailer(c config.Mail) (*mail.Server, error) {
	if c.Host == "" {
		return nil, nil
	}
	password, err := c.Password()
	if err != nil {
		return nil, err
	}
	return &mail.Server{Host: c.Host, Port: c.Port, From: c.From, User: c.User, Password: password, TLS: c.TLS}, nil
}

// inside answers requests by a handler in this process.
type inside struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t inside) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := &answer{header: http.Header{}, status: http.StatusOK}
	t.handler.ServeHTTP(w, in)
	return &http.Response{
		StatusCode: w.status, Status: http.StatusText(w.status), Header: w.header, Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}, nil
}

type answer struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

func (w *answer) Header() http.Header { return w.header }

func (w *answer) WriteHeader(status int) {
	if !w.wrote {
		w.status, w.wrote = status, true
	}
}

func (w *answer) Write(b []byte) (int, error) {
	w.wrote = true
	return w.body.Write(b)
}

const activityJSON = "application/activity+json"

// postedJSON is how a client posts to an outbox. AP §6.
const postedJSON = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`

// form is a file on its way to where files are kept.
type form struct {
	kind string // with its boundary
	body []byte
}

// call makes a request and reads the answer into out, unless that is nil: as JSON, or
// as it is where out is a *[]byte. A
// problem becomes the error that it was.
func (d *desk) call(ctx context.Context, method, path string, in, out any) error {
	a, err := d.ask(ctx, method, path, in, "")
	if err != nil {
		return err
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = a.body
		return nil
	}
	if out == nil || len(a.body) == 0 {
		return nil
	}
	return json.Unmarshal(a.body, out)
}

// answered is what a request was answered.
type answered struct {
	status   int
	location string
	body     []byte
}

// ask makes a request. key is its Idempotency-Key, if any: by that a repetition is
// known.
func (d *desk) ask(ctx context.Context, method, path string, in any, key string) (answered, error) {
	contentType, body := "application/json", []byte(nil)
	switch in := in.(type) {
	case nil:
	case document:
		contentType, body = postedJSON, in
	case form:
		contentType, body = in.kind, in.body
	case []byte:
		contentType, body = "application/octet-stream", in
	default:
		var err error
		if body, err = json.Marshal(in); err != nil {
			return answered{}, err
		}
	}
	if strings.HasPrefix(path, "/") {
		path = d.base + path
	}
	r, err := http.NewRequestWithContext(ctx, method, path, bytes.NewReader(body))
	if err != nil {
		return answered{}, err
	}
	r.Header.Set("Content-Type", contentType)
	if d.login == nil {
		r.Header.Set("Plenum-By", whoami())
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	return d.do(r)
}

func (d *desk) do(r *http.Request) (answered, error) {
	res, err := d.client.Do(r)
	if err != nil {
		return answered{}, d.unheard(err)
	}
	defer res.Body.Close()
	d.next = followed(res.Header.Get("Link"))
	b, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return answered{}, d.unheard(err)
	}
	if res.StatusCode >= 300 {
		return answered{}, problem(res, b)
	}
	return answered{status: res.StatusCode, location: res.Header.Get("Location"), body: b}, nil
}

// unheard is the error of a request that got no answer.
func (d *desk) unheard(err error) error {
	if d.login == nil {
		return withHint(fmt.Errorf("the running server does not answer: %w", err), "look at its log, or restart it")
	}
	if e, ok := errors.AsType[*coop.Error](err); ok { // the login's
		return e
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return withHint(&coop.Error{Code: coop.Unavailable, Msg: d.login.Host + " does not answer: " + err.Error(), Err: err}, "try again in a while; what was asked for may have been done")
}

// followed is where the next page stands that a Link names.
func followed(link string) string {
	next, ok := strings.CutSuffix(link, `>; rel="next"`)
	if !ok {
		return ""
	}
	return strings.TrimPrefix(next, "<")
}

// pages reads a list of at most so many rows, page by page. more says that there are
// more of them.
func pages[T any](ctx context.Context, d *desk, path string, most int) (all []T, more bool, err error) {
	for path != "" && len(all) < most {
		var some []T
		if err := d.call(ctx, http.MethodGet, path, nil, &some); err != nil {
			return nil, false, err
		}
		all, path = append(all, some...), d.next
	}
	return all[:min(len(all), most)], path != "" || len(all) > most, nil
}

// document is ActivityStreams on its way to an outbox.
type document []byte

// codes are the statuses whose reason a command can act on.
var codes = map[int]coop.Code{
	http.StatusUnauthorized: coop.Unauthorized, http.StatusForbidden: coop.Forbidden, http.StatusRequestEntityTooLarge: coop.TooLarge,
	http.StatusNotFound: coop.NotFound, http.StatusConflict: coop.Conflict, http.StatusGone: coop.Gone,
	http.StatusServiceUnavailable: coop.Unavailable, http.StatusTooManyRequests: coop.RateLimited,
}

// problem is the error that an answer tells of.
func problem(res *http.Response, b []byte) error {
	var p handlers.Problem
	if json.Unmarshal(b, &p) != nil || p.Detail == "" {
		p.Detail = strings.ToLower(http.StatusText(res.StatusCode))
		if p.Instance != "" {
			p.Detail += " (req=" + p.Instance + " in the log)"
		}
	}
	code, ok := codes[res.StatusCode]
	if !ok {
		code = coop.Invalid
	}
	if res.StatusCode == http.StatusInternalServerError {
		return withHint(&coop.Error{Code: coop.Internal, Msg: p.Detail}, "the log of the server says why; where none runs, it stands above")
	}
	return &coop.Error{Code: code, Msg: p.Detail, Member: p.Member}
}

// at is a path below /control, from parts that may be anything.
func at(parts ...string) string { return below("/control", parts...) }

// at is a path of the API that this desk talks to.
func (d *desk) at(parts ...string) string { return below(d.root, parts...) }

func below(path string, parts ...string) string {
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path
}

// query adds a query to a path, from pairs; what is empty is left out.
func query(path string, pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// with opens the instance for the length of do.
func (a *app) with(ctx context.Context, do func(*desk) error) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	return errorAfter(do(d), d.close())
}

// known refuses the name of a co-op that never was; none is fine.
func (d *desk) known(ctx context.Context, name string) error {
	if name == "" || d.login != nil {
		return nil
	}
	err := d.call(ctx, http.MethodGet, at("coops", name), nil, nil)
	if coop.CodeOf(err) == coop.Gone {
		return nil
	}
	return err
}

// theCoop is the co-op that was named, or the only one there is.
func (d *desk) theCoop(ctx context.Context, name string) (string, error) {
	if d.login != nil {
		return string(d.login.Coop), nil
	}
	if name != "" {
		return name, nil
	}
	var all []handlers.CoopInfo
	if err := d.call(ctx, http.MethodGet, "/control/coops", nil, &all); err != nil {
		return "", err
	}
	switch len(all) {
	case 1:
		return string(all[0].Name), nil
	case 0:
		return "", withHint(fmt.Errorf("there is no co-op yet"), "make one: plenum coop add NAME --title \"Our co-op\"")
	}
	return "", badUsage{withHint(fmt.Errorf("there are several co-ops"), "say which one, as with --coop "+string(all[0].Name)+"; `plenum coop list` shows them")}
}
