// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"plenum/coop"
	"plenum/delivery"
)

// queue is a delivery.Queue in a slice, in the order of due times that the tests
// put there. Failures are provoked by leaseErr and settleErr.
type queue struct {
	mu        sync.Mutex
	rows      []*row
	rests     map[string]*coop.Rest
	followers map[coop.IRI][]coop.IRI // by inbox
	leaseErr  error                   // for one call
	settleErr error                   // for so many calls
	failures  int
	leases    int
	woken     []string
	expired   []int // what each call of Expire ended
	spread    int   // steps that are left
	spreadErr error // for one call
	steps     int
}

type row struct {
	coop.Delivery
	verdicts []coop.Verdict
	refunded int
}

var errDisk = errors.New("no space left on device")

// add puts a delivery in the queue that is due now.
func (q *queue) add(inbox string, actors ...coop.IRI) *row {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.put(inbox, actors...)
}

// locked is for tests that look at rows, or change them, under a worker that runs.
func (q *queue) locked(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f()
}

func (q *queue) put(inbox string, actors ...coop.IRI) *row {
	n := coop.ID(fmt.Sprintf("D%03d", len(q.rows)))
	r := &row{Delivery: coop.Delivery{
		ID: n, Document: "DOC" + n, Actor: "kollektiv", Type: "Create", Inbox: coop.IRI(inbox),
		Host: coop.HostOf(coop.IRI(inbox)), Actors: actors, State: coop.Waiting, Created: time.Now(), Next: time.Now(),
	}}
	q.rows = append(q.rows, r)
	return r
}

func (q *queue) Lease(_ context.Context, r coop.LeaseRequest) (jobs []coop.Job, next time.Time, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.leases++
	if err := q.leaseErr; err != nil {
		q.leaseErr = nil
		return nil, time.Time{}, err
	}
	if err := q.settle(r.Settled); err != nil {
		return nil, time.Time{}, err
	}
	hosts, boxes, posts := map[string]int{}, map[coop.IRI]bool{}, map[string]bool{}
	for _, w := range q.rows {
		if w.State != coop.Waiting {
			continue
		}
		later := posts[string(w.Post)+string(w.Inbox)]
		posts[string(w.Post)+string(w.Inbox)] = w.Post != ""
		due, most, rest := w.Next, r.PerHost, q.rests[w.Host]
		if rest != nil {
			most = 1
			if rest.Until.After(due) {
				due = rest.Until
			}
		}
		switch {
		case due.After(r.Now):
			if next.IsZero() || due.Before(next) {
				next = due
			}
		case later, r.Inboxes[w.Inbox], boxes[w.Inbox], r.Hosts[w.Host]+hosts[w.Host] >= most, len(jobs) == r.Max:
		default:
			hosts[w.Host]++
			boxes[w.Inbox] = true
			w.Attempts++
			w.Next = r.Now.Add(r.Backoff(w.Attempts))
			j := coop.Job{Delivery: w.Delivery, Body: []byte(`{"type":"Create"}`)}
			if rest != nil {
				probe := *rest
				j.Rest = &probe
				rest.Until = r.Now.Add(r.Probe)
			}
			jobs = append(jobs, j)
		}
	}
	return jobs, next, nil
}

func (q *queue) find(id coop.ID) *row {
	for _, w := range q.rows {
		if w.ID == id {
			return w
		}
	}
	panic("no delivery " + id)
}

func (q *queue) Settle(_ context.Context, settled ...coop.Settlement) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.settle(settled)
}

func (q *queue) settle(settled []coop.Settlement) error {
	if q.failures > 0 && len(settled) > 0 {
		q.failures--
		return q.settleErr
	}
	for _, s := range settled {
		q.settleOne(s.ID, s.Verdict)
	}
	return nil
}

func (q *queue) settleOne(id coop.ID, v coop.Verdict) {
	w := q.find(id)
	w.State, w.Next = v.State, v.Next
	w.verdicts = append(w.verdicts, v)
	switch {
	case v.Rest != nil:
		if q.rests == nil {
			q.rests = map[string]*coop.Rest{}
		}
		rest := *v.Rest
		q.rests[w.Host] = &rest
	case v.Well:
		delete(q.rests, w.Host)
	}
}

func (q *queue) Spread(context.Context) (more bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.spreadErr; err != nil {
		q.spreadErr = nil
		return false, err
	}
	if q.spread == 0 {
		return false, nil
	}
	q.spread--
	q.steps++
	q.put(fmt.Sprintf("https://s%d.example/inbox", q.steps))
	return true, nil
}

func (q *queue) Expire(_ context.Context, host string, begun time.Time, a coop.Attempt) (n int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range q.rows {
		if n < 2 && w.State == coop.Waiting && w.Host == host && !w.Begun().After(begun) {
			w.State, w.Next = coop.Dead, time.Time{}
			w.verdicts = append(w.verdicts, coop.Verdict{State: coop.Dead, Attempt: a})
			n++
		}
	}
	q.expired = append(q.expired, n)
	return n, nil
}

func (q *queue) Wake(_ context.Context, host string) (rested bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.woken = append(q.woken, host)
	rested = q.rests[host] != nil
	delete(q.rests, host)
	return rested, nil
}

func (q *queue) Behind(_ context.Context, inbox coop.IRI, most int) ([]coop.IRI, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.followers[inbox][:min(most, len(q.followers[inbox]))], nil
}

func (q *queue) Refund(_ context.Context, id coop.ID, now time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	w := q.find(id)
	w.Attempts--
	w.refunded++
	w.Next = now
	return nil
}

// ring is a delivery.Keys whose key can be changed.
type ring struct {
	mu  sync.Mutex
	key []byte
	err error

	former  map[coop.ID][]byte // by the document that tells of the next one
	rotated time.Time
	asked   int // how often for the time of the change
}

func (r *ring) Rotated(context.Context, coop.Name) (time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	return r.rotated, r.err
}

func (r *ring) FormerKey(_ context.Context, _ coop.Name, document coop.ID) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.former[document], r.err
}

func (r *ring) PrivateKey(context.Context, coop.Name) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.key, r.err
}

func (r *ring) set(key []byte, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.key, r.err = key, err
}

// pair makes a key pair. Making one takes long, so tests share two.
func pair() (*rsa.PrivateKey, []byte) {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		panic(err)
	}
	return k, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

var (
	first  = sync.OnceValues(pair)
	second = sync.OnceValues(pair)
)

// network is a round tripper that answers by a function, and remembers when what
// arrived where.
type network struct {
	answer func(n int, r *http.Request) (*http.Response, error) // n counts the requests to the URL, from 1

	mu   sync.Mutex
	seen map[string][]time.Time
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	if n.seen == nil {
		n.seen = map[string][]time.Time{}
	}
	u := r.URL.String()
	n.seen[u] = append(n.seen[u], time.Now())
	count := len(n.seen[u])
	n.mu.Unlock()
	return n.answer(count, r)
}

// arrivals are the times since start at which requests came to a URL.
func (n *network) arrivals(url string, start time.Time) []time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []time.Duration
	for _, at := range n.seen[url] {
		out = append(out, at.Sub(start))
	}
	return out
}

func status(code int) *http.Response {
	return &http.Response{StatusCode: code, Header: http.Header{}, Body: http.NoBody}
}

// always answers every request alike.
func always(code int) *network {
	return &network{answer: func(int, *http.Request) (*http.Response, error) { return status(code), nil }}
}

// hang answers never, until the request is cancelled.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// worker makes a worker without jitter.
func worker(t *testing.T, q *queue, rt http.RoundTripper) *delivery.Worker {
	t.Helper()
	_, key := first()
	return &delivery.Worker{
		Queue: q, Keys: &ring{key: key}, Client: &http.Client{Transport: rt, Timeout: 30 * time.Second},
		Site: coop.Site{Domain: "our.example"}, Rand: func() float64 { return 0.5 },
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
}

// start runs a worker and returns the function that stops it and waits for it.
func start(t *testing.T, w *delivery.Worker) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}
