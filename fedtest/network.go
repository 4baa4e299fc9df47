// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"plenum/coop"
)

// Network carries requests from host to host without a socket: a host is an
// entry in a map. It is hostile unless it is calm. All that crosses it is written
// down.
type Network struct {
	t    *testing.T
	seed uint64
	dir  string // with a directory for each instance

	jitter     func() float64 // of the schedules; nil: random
	jitterLock sync.Mutex

	mu        sync.Mutex
	calm      bool
	hosts     map[string]*host
	exchanges []*Exchange
	rolls     map[string]uint64 // how often the dice fell for a pair of hosts
	badLuck   map[string]int    // misfortunes in a row for a pair of hosts
	faults    []string          // answers that no instance of ours may give
	running   sync.WaitGroup    // handlers
	flying    int               // requests that are under way
	instances []*Instance
	peers     int
	cables    map[string]*http.Transport // to the hosts that are wired, by the name of who sends
}

// host is where requests to a name end up.
type host struct {
	handler http.Handler
	wire    func(net.Conn) // takes the host's connections in place of the handler; nil: nobody does
	ours    bool           // an instance, and not a raw peer
	address string

	down   bool          // nothing listens
	hang   bool          // takes the request and never answers
	status int           // what a proxy in front answers; 0: there is none
	wait   time.Duration // before the request arrives
	drip   time.Duration // between two bytes of an answer
}

// Exchange is one request as the network saw it.
type Exchange struct {
	At       time.Time
	From, To string // hosts
	Method   string
	Path     string // with the query
	Header   http.Header
	Body     []byte
	Type, ID string // of the activity that the body is, if it is one
	Fate     string // what the network did to it; empty where it did nothing
	Status   int    // what the client was answered; 0 where it got no answer
	Reached  bool   // the handler of the host got it
}

// hold puts a handler under a name. Nothing is sent to a name that is not held.
func (n *Network) hold(name string, h http.Handler, ours bool) *host {
	n.mu.Lock()
	defer n.mu.Unlock()
	if old := n.hosts[name]; old != nil { // a process that comes back keeps its weather
		old.handler = h
		return old
	}
	// RFC 5737: addresses for documentation
	n.hosts[name] = &host{handler: h, ours: ours, address: fmt.Sprintf("198.51.100.%d:40000", len(n.hosts)+1)}
	return n.hosts[name]
}

// release makes a host refuse connections because nobody listens any more.
func (n *Network) release(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[name].handler = nil
}

func (n *Network) set(name string, change func(*host)) {
	n.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	h := n.hosts[name]
	if h == nil {
		n.t.Fatalf("fedtest: there is no host %s", name)
	}
	change(h)
}

// Down makes connections to a host be refused, or lets them through again.
func (n *Network) Down(name string, down bool) { n.set(name, func(h *host) { h.down = down }) }

// Hang makes a host take requests and never answer, until the client gives up.
func (n *Network) Hang(name string, hang bool) { n.set(name, func(h *host) { h.hang = hang }) }

// Answer makes a proxy in front of a host answer everything with a status; 0
// takes the proxy away.
func (n *Network) Answer(name string, status int) { n.set(name, func(h *host) { h.status = status }) }

// Slow lets each request to a host arrive late.
func (n *Network) Slow(name string, by time.Duration) { n.set(name, func(h *host) { h.wait = by }) }

// Drip makes the answers of a host come byte by byte.
func (n *Network) Drip(name string, each time.Duration) { n.set(name, func(h *host) { h.drip = each }) }

// Calm ends the hostility, or lets it begin again.
func (n *Network) Calm(calm bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calm = calm
}

// Exchanges returns what crossed the network and fits, in the order of sending.
// A nil filter fits everything.
func (n *Network) Exchanges(fits func(Exchange) bool) []Exchange {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []Exchange
	for _, e := range n.exchanges {
		if fits == nil || fits(*e) {
			out = append(out, *e)
		}
	}
	return out
}

// To returns the requests of a method that were sent to a host, whether they got
// there or not.
func (n *Network) To(name, method string) []Exchange {
	return n.Exchanges(func(e Exchange) bool { return e.To == name && e.Method == method })
}

// Sends returns when activities of a type were sent to a host, counted from a
// moment.
func (n *Network) Sends(name, kind string, since time.Time) (after []time.Duration) {
	for _, e := range n.To(name, http.MethodPost) {
		if e.Type == kind {
			after = append(after, e.At.Sub(since))
		}
	}
	return after
}

// from is the network as a host sees it.
type from struct {
	*Network
	name string
	life context.Context // ends when the process that sends is killed; nil: it never is
}

// RoundTrip carries a request to the host that its URL names.
func (f from) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.life != nil {
		ctx, cancel := context.WithCancel(r.Context())
		stop := context.AfterFunc(f.life, cancel)
		defer func() { _ = stop() }() // what was answered may still be read
		r = r.WithContext(ctx)
	}
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	e := &Exchange{At: time.Now(), From: f.name, To: r.URL.Host, Method: r.Method, Path: r.URL.RequestURI(), Header: r.Header.Clone(), Body: body}
	var head struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}
	if json.Unmarshal(body, &head) == nil {
		e.Type, e.ID = head.Type, head.ID
	}
	h, fate := f.enter(e)
	defer f.leave()
	res, err := f.carry(r, body, h, e, fate)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		e.Status = res.StatusCode
	}
	return res, err
}

// enter writes the request down and rolls the dice for it.
func (n *Network) enter(e *Exchange) (h host, f fate) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.flying++
	n.exchanges = append(n.exchanges, e)
	known := n.hosts[e.To]
	if known == nil {
		return host{}, fate{kind: "no such host"}
	}
	if !n.calm {
		f = n.roll(e)
	}
	e.Fate = f.kind
	return *known, f
}

func (n *Network) leave() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.flying--
}

func (n *Network) busy() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.flying > 0
}

func (f from) carry(r *http.Request, body []byte, h host, e *Exchange, luck fate) (*http.Response, error) {
	ctx := r.Context()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	reset := &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	if luck.kind == "no such host" {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: e.To, IsNotFound: true}}
	}
	if h.down || h.handler == nil || luck.kind == "refused" {
		return nil, refused
	}
	if err := pause(ctx, h.wait+luck.delay); err != nil {
		return nil, err
	}
	if h = f.now(e.To); h.handler == nil { // it stopped meanwhile
		return nil, refused
	}
	if h.hang || luck.kind == "hang" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if h.wire != nil {
		return f.cable(r, body)
	}
	if status := max(h.status, luck.status); status > 0 {
		return answered(r, status), nil
	}
	switch luck.kind {
	case "cut request":
		_, _ = f.serve(ctx, r, h, e, io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{}))
		return nil, reset
	case "lost answer":
		_, _ = f.serve(ctx, r, h, e, bytes.NewReader(body))
		return nil, reset
	case "duplicate":
		f.again(ctx, r, e, body, luck.echo)
	}
	rec, err := f.serve(ctx, r, h, e, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res := rec.Result()
	res.Request = r
	switch {
	case luck.kind == "cut answer":
		data, _ := io.ReadAll(res.Body)
		res.Body = io.NopCloser(io.MultiReader(bytes.NewReader(data[:len(data)/2]), broken{}))
	case h.drip > 0:
		res.Body = &drip{ctx: ctx, r: res.Body, each: h.drip}
	}
	return res, nil
}

// again lets a copy of the request arrive as well, at once or after a time: the
// client knows nothing of it.
func (f from) again(ctx context.Context, r *http.Request, e *Exchange, body []byte, after time.Duration) {
	ctx = context.WithoutCancel(ctx)
	f.mu.Lock()
	f.flying++
	f.mu.Unlock()
	f.begin(func() {
		defer f.leave()
		_ = pause(ctx, after)
		if h := f.now(e.To); h.handler != nil {
			_, _ = f.serve(ctx, r, h, e, bytes.NewReader(body))
		}
	})
}

// now is what a host is like at this moment.
func (n *Network) now(name string) host {
	n.mu.Lock()
	defer n.mu.Unlock()
	return *n.hosts[name]
}

// serve runs the handler as a server would: with a request of the server's form,
// on a goroutine of its own, told when the client is gone.
func (f from) serve(ctx context.Context, r *http.Request, h host, e *Exchange, body io.Reader) (*httptest.ResponseRecorder, error) {
	in := r.Clone(ctx)
	in.RequestURI = r.URL.RequestURI()
	in.URL, _ = url.ParseRequestURI(in.RequestURI)
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	in.Body = io.NopCloser(body)
	f.mu.Lock()
	e.Reached = true
	if client := f.hosts[f.name]; client != nil {
		in.RemoteAddr = client.address
	}
	f.mu.Unlock()
	for name, values := range in.Header {
		if len(values) == 0 { // never written to the wire
			delete(in.Header, name)
		}
	}
	done := make(chan *httptest.ResponseRecorder, 1)
	f.begin(func() {
		rec := httptest.NewRecorder()
		h.handler.ServeHTTP(rec, in)
		if h.ours && ctx.Err() == nil {
			f.judge(e, rec)
		}
		done <- rec
	})
	select {
	case rec := <-done:
		return rec, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// judge holds what an instance of ours answers against what it may: no 5xx but a
// 503 that says when to come again.
func (n *Network) judge(e *Exchange, rec *httptest.ResponseRecorder) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if rec.Code >= 500 && (rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "") {
		n.faults = append(n.faults, fmt.Sprintf("%s answered %d to %s %s of %s: %.300s", e.To, rec.Code, e.Method, e.Path, e.From, rec.Body))
	}
}

func answered(r *http.Request, status int) *http.Response {
	rec := httptest.NewRecorder()
	rec.WriteHeader(status)
	res := rec.Result()
	res.Request = r
	return res
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// broken is what comes where a connection broke off.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// drip is a body that comes byte by byte.
type drip struct {
	ctx  context.Context
	r    io.ReadCloser
	each time.Duration
}

func (d *drip) Read(p []byte) (int, error) {
	if err := pause(d.ctx, d.each); err != nil {
		return 0, err
	}
	return d.r.Read(p[:min(1, len(p))])
}

func (d *drip) Close() error { return d.r.Close() }

// Reached returns the hosts to which an activity was brought, each once.
func (n *Network) Reached(id coop.IRI) []string {
	var out []string
	for _, e := range n.Exchanges(func(e Exchange) bool { return e.ID == string(id) && e.Reached }) {
		out = append(out, e.To)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
