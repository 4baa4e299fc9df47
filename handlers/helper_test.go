// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/activity/wirecheck"
	"plenum/coop"
	"plenum/handlers"
	"plenum/instance"
	"plenum/keys"
	"plenum/store"
)

const (
	as2Profile = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
	as2Short   = "application/activity+json"
	browser    = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	visitor    = "192.0.2.1:40000"
)

// site is the instance that is tested, start the time that it is there.
var (
	site  = coop.Site{Domain: "events.example"}
	start = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
)

// first is a database with two co-ops, made once: a key pair takes longer than
// most tests.
var first = struct {
	dir    string
	tokens map[string]string
	peer   *rsa.PrivateKey // of every actor elsewhere
	other  *rsa.PrivateKey // of nobody
}{tokens: map[string]string{}}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "plenum-handlers-")
	if err == nil {
		defer os.RemoveAll(dir)
		first.dir = filepath.Join(dir, "data")
		err = makeFirst()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "no database to test with:", err)
		return 1
	}
	return m.Run()
}

func makeFirst() error {
	ctx := context.Background()
	db, err := store.Open(first.dir, store.Options{Create: true, Domain: site.Domain})
	if err != nil {
		return err
	}
	i, err := instance.New(ctx, options(db))
	if err != nil {
		return err
	}
	for _, c := range []coop.Coop{
		{Name: "alpha", Title: "Alpha <Collective>", Summary: "<p>We meet &amp; talk.</p>", Zone: "Europe/Berlin", Fields: []coop.Field{{Name: "Web", Value: "https://alpha.example/"}}},
		{Name: "beta", Title: "Beta eG", Type: coop.Organization, Language: "de", Zone: "Europe/Berlin", Approve: true},
	} {
		if _, err := i.Fed.AddCoop(ctx, c); err != nil {
			return err
		}
	}
	for label, in := range map[string]string{
		"alpha": `{"coop":"alpha","label":"test","scope":"read write"}`, "beta": `{"coop":"beta","label":"test","scope":"read write"}`,
		"reader": `{"coop":"alpha","label":"reader","scope":"read"}`, "second": `{"coop":"alpha","label":"second","scope":"write"}`,
	} {
		w := httptest.NewRecorder()
		i.Control().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/control/tokens", strings.NewReader(in)))
		var info handlers.TokenInfo
		if err := json.Unmarshal(w.Body.Bytes(), &info); err != nil || info.Secret == "" {
			return fmt.Errorf("token %s: %d %s", label, w.Code, w.Body)
		}
		first.tokens[label] = info.Secret
	}
	first.peer, err = keys.Generate(rand.Reader)
	if err == nil {
		first.other, err = keys.Generate(rand.Reader)
	}
	return errors.Join(err, db.Close())
}

func options(db *store.DB) instance.Options {
	return instance.Options{
		Site: site, DB: db, Version: "1.2.3", Transport: newNetwork(), Now: func() time.Time { return start }, Rand: rand.Reader,
		Texts: handlers.Texts{Source: "https://code.example/plenum", Title: "Events of our collective", Contact: "hello@events.example", Imprint: "<p>Who we are.</p>"},
		Log:   slog.New(slog.DiscardHandler),
	}
}

// plenum is an instance with the co-ops alpha and beta, at a time that the test
// sets, in a network that it makes.
type plenum struct {
	*instance.Instance
	t       testing.TB
	db      *store.DB
	net     *network
	public  http.Handler
	control http.Handler
	*watch
}

// watch is the time that an instance believes to be.
type watch struct {
	mu  sync.Mutex
	now time.Time
}

// in is the instance for another test, as a fuzz target has one for each input.
func (p *plenum) in(t testing.TB) *plenum {
	q := *p
	q.t = t
	return &q
}

// newPlenum starts an instance with a copy of the first database.
func newPlenum(t testing.TB, change ...func(*instance.Options)) *plenum {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(first.dir)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(dir, 0o700), os.Chmod(filepath.Join(dir, "plenum.db"), 0o600)); err != nil {
		t.Fatal(err)
	}
	p := &plenum{t: t, watch: &watch{now: start}}
	db, err := store.Open(dir, store.Options{Domain: site.Domain, Now: p.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	o := options(db)
	o.Now = p.clock
	for _, f := range change {
		f(&o)
	}
	p.db = db
	p.net, _ = o.Transport.(*network)
	if p.Instance, err = instance.New(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	p.public, p.control = p.Handler(), p.Control()
	return p
}

func (w *watch) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *watch) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// answer is what a request was answered.
type answer struct {
	*httptest.ResponseRecorder
	t testing.TB
}

// change is something that a test does to a request.
type change func(*http.Request)

// with sets headers, given as name, value, name, value.
func with(headers ...string) change {
	return func(r *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
	}
}

func accept(v string) change { return with("Accept", v) }

func from(address string) change { return func(r *http.Request) { r.RemoteAddr = address } }

// request makes a request as the server gets it, with a path as it is on the wire.
func request(method, path string, body []byte, changes ...change) *http.Request {
	u, err := url.ParseRequestURI(path)
	if err != nil {
		panic(err) // a test that cannot be meant
	}
	r := &http.Request{
		Method: method, URL: u, Host: site.Domain, RequestURI: path, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, RemoteAddr: visitor,
	}
	if body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	for _, c := range changes {
		c(r)
	}
	return r
}

func (p *plenum) do(r *http.Request) answer {
	p.t.Helper()
	w := httptest.NewRecorder()
	p.public.ServeHTTP(w, r.WithContext(p.t.Context()))
	if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
		p.t.Errorf("%s %s: got %d: no request may make the server fail\n%s", r.Method, r.RequestURI, w.Code, w.Body)
	}
	return answer{w, p.t}
}

func (p *plenum) get(path string, changes ...change) answer {
	p.t.Helper()
	return p.do(request(http.MethodGet, path, nil, changes...))
}

// post sends body to the outbox of a co-op with one of its tokens.
func (p *plenum) post(token, name, body string, changes ...change) answer {
	p.t.Helper()
	all := append([]change{with("Authorization", "Bearer "+first.tokens[token], "Content-Type", as2Profile)}, changes...)
	return p.do(request(http.MethodPost, "/ap/coops/"+name+"/outbox", []byte(body), all...))
}

// publish posts to the outbox of alpha what must be taken, and returns the post.
func (p *plenum) publish(body string) coop.Post {
	p.t.Helper()
	a := p.post("alpha", "alpha", body).want(http.StatusCreated)
	ref, ok := site.Parse(coop.IRI(a.Header().Get("Location")))
	if !ok {
		p.t.Fatalf("Location %q is no id of ours", a.Header().Get("Location"))
	}
	d, err := p.db.Document(p.t.Context(), ref.ID)
	if err != nil {
		p.t.Fatal(err)
	}
	post, err := p.db.Post(p.t.Context(), d.Post)
	if err != nil {
		p.t.Fatal(err)
	}
	return post
}

// ctl makes a request to the control interface and decodes what it answers into
// v, unless v is nil.
func (p *plenum) ctl(method, path, body string, status int, v any) answer {
	p.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", as2Short)
	w := httptest.NewRecorder()
	p.control.ServeHTTP(w, r.WithContext(p.t.Context()))
	a := answer{w, p.t}.want(status)
	if v != nil {
		a.json(v)
	}
	return a
}

// want ends the test unless the status is the one given.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("got %d want %d\n%v\n%.2000s", a.Code, status, a.Header(), a.Body)
	}
	return a
}

// header ends the test unless a header has the value given.
func (a answer) header(name, want string) answer {
	a.t.Helper()
	if got := strings.Join(a.Header().Values(name), ", "); got != want {
		a.t.Errorf("%s: got %q want %q", name, got, want)
	}
	return a
}

// varies reports an answer that a cache could give to somebody who asked for
// something else.
func (a answer) varies(on string) answer {
	a.t.Helper()
	for _, v := range a.Header().Values("Vary") {
		for f := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(f), on) {
				return a
			}
		}
	}
	a.t.Errorf("Vary: got %q want %s in it", a.Header().Values("Vary"), on)
	return a
}

func (a answer) json(v any) answer {
	a.t.Helper()
	if err := json.Unmarshal(a.Body.Bytes(), v); err != nil {
		a.t.Fatalf("no JSON: %v\n%.2000s", err, a.Body)
	}
	return a
}

// object decodes a JSON object.
func (a answer) object() map[string]any {
	a.t.Helper()
	var v map[string]any
	a.json(&v)
	return v
}

// problem ends the test unless the answer is a problem with the status, about
// the member.
func (a answer) problem(status int, member string) handlers.Problem {
	a.t.Helper()
	a.want(status).header("Content-Type", "application/problem+json")
	var p handlers.Problem
	a.json(&p)
	if p.Status != status || p.Title == "" || p.Type != "about:blank" || p.Instance == "" {
		a.t.Errorf("got problem %+v", p)
	}
	if p.Member != member {
		a.t.Errorf("got member %q want %q: %s", p.Member, member, p.Detail)
	}
	return p
}

// checked reports what a peer would find wrong with the document.
func (a answer) checked() answer {
	a.t.Helper()
	for _, finding := range wirecheck.Check(a.Body.Bytes()) {
		a.t.Errorf("%s\n%.3000s", finding, a.Body)
	}
	return a
}

// network is the world around the instance: hosts by name.
type network struct {
	mu    sync.Mutex
	hosts map[string]http.Handler
	asked []string // method and URL of each request
}

func newNetwork() *network { return &network{hosts: map[string]http.Handler{}} }

// RoundTrip implements http.RoundTripper. A host that is not there cannot be reached.
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	n.asked = append(n.asked, r.Method+" "+r.URL.String())
	h := n.hosts[r.URL.Host]
	n.mu.Unlock()
	if h == nil {
		return nil, errors.New("no route to host")
	}
	in := r.Clone(r.Context())
	in.Host, in.RequestURI, in.RemoteAddr = r.URL.Host, r.URL.RequestURI(), visitor
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, in)
	return w.Result(), nil
}

func (n *network) add(host string, h http.Handler) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[host] = h
}

// requests returns what was asked of the network so far.
func (n *network) requests() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.asked...)
}

// peer is an actor elsewhere.
type peer struct {
	id  coop.IRI
	key coop.IRI
}

// newPeer puts an actor with a key on a host of its own, with WebFinger that
// says where its people can follow somebody.
func (p *plenum) newPeer(host, name string) peer {
	p.t.Helper()
	x := peer{id: coop.IRI("https://" + host + "/users/" + name)}
	x.key = x.id + "#main-key"
	pem, err := keys.EncodePublic(&first.peer.PublicKey)
	if err != nil {
		p.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/"+name, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", as2Short)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"@context": "https://www.w3.org/ns/activitystreams", "id": x.id, "type": "Person", "preferredUsername": name,
			"inbox": x.id + "/inbox", "publicKey": map[string]any{"id": x.key, "owner": x.id, "publicKeyPem": pem},
		})
	})
	mux.HandleFunc("GET /.well-known/webfinger", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("resource") != "acct:"+name+"@"+host {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/jrd+json")
		_ = json.NewEncoder(w).Encode(map[string]any{"subject": "acct:" + name + "@" + host, "links": []any{
			map[string]any{"rel": "self", "type": as2Short, "href": x.id},
			map[string]any{"rel": "http://ostatus.org/schema/1.0/subscribe", "template": "https://" + host + "/authorize_interaction?uri={uri}"},
		}})
	})
	p.net.add(host, mux)
	return x
}

// activity is an activity of the peer; more holds further members.
func (x peer) activity(id, kind string, object any, more ...string) []byte {
	doc := map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": string(x.id) + "/activities/" + id, "type": kind, "actor": x.id, "object": object,
	}
	for i := 0; i < len(more); i += 2 {
		doc[more[i]] = more[i+1]
	}
	b, err := json.Marshal(doc)
	if err != nil {
		panic(err) // a test that cannot be meant
	}
	return b
}

// delivery is a request to an inbox, signed by the peer before the changes.
func (p *plenum) delivery(path string, x peer, body []byte, changes ...change) *http.Request {
	p.t.Helper()
	out, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, site.Base()+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	out.Header.Set("Content-Type", as2Profile)
	if err := keys.Sign(out, body, x.key, first.peer, p.clock()); err != nil {
		p.t.Fatal(err)
	}
	r := request(http.MethodPost, path, body)
	r.Header = out.Header
	for _, c := range changes {
		c(r)
	}
	return r
}

// deliver sends a signed activity to an inbox.
func (p *plenum) deliver(path string, x peer, body []byte, changes ...change) answer {
	p.t.Helper()
	return p.do(p.delivery(path, x, body, changes...))
}

// followed is whether somebody is an accepted follower of a co-op.
func (p *plenum) followed(n coop.Name, by coop.IRI) bool {
	p.t.Helper()
	f, err := p.db.Follower(p.t.Context(), n, by)
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		p.t.Fatal(err)
	}
	return err == nil && f.State == coop.FollowAccepted
}

// Posts that tests publish.
const (
	report = `{"type":"Article","name":"A report","content":"<p>What happened, in <em>two</em> sentences. All of it.</p>",
		"tag":[{"type":"Hashtag","name":"#coops"}],"plenum:slug":"a-report"}`
	meetup = `{"type":"Event","name":"A meetup","content":"<p>Come along.</p>","startTime":"2026-12-10T19:00:00","endTime":"2026-12-10T21:00:00",
		"timezone":"Europe/Berlin","location":{"type":"Place","name":"Komona","address":"Leipzig, Germany"},"plenum:slug":"a-meetup"}`
	note = `{"type":"Note","content":"<p>Doors open at six.</p>"}`
)

func talk(partOf string) string {
	return `{"type":"Event","name":"A talk","content":"<p>Listen.</p>","startTime":"2026-12-10T19:30:00","timezone":"Europe/Berlin",
		"performer":[{"name":"Alice Doe","url":"https://alice.example/"}],"plenum:partOf":"` + partOf + `","plenum:slug":"a-talk"}`
}
