// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"plenum/coop"
	"plenum/delivery"
	"plenum/keys"
)

// pool is a queue without an end: it hands out as much as it is asked for, to as
// many hosts as it has, and counts what is settled.
type pool struct {
	queue
	total, leased, settled, bad int
	hosts                       int
	all                         chan struct{}
	mu                          sync.Mutex
}

func (p *pool) Lease(_ context.Context, r coop.LeaseRequest) (jobs []coop.Job, next time.Time, err error) {
	p.settle(r.Settled)
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := 0; n < p.hosts && len(jobs) < r.Max && p.leased < p.total; n++ {
		host := fmt.Sprintf("h%d.example", p.leased%p.hosts)
		if r.Hosts[host] > 0 {
			break
		}
		p.leased++
		jobs = append(jobs, coop.Job{Body: make([]byte, 4<<10), Delivery: coop.Delivery{
			ID: coop.ID(fmt.Sprint(p.leased)), Actor: "kollektiv", Host: host, Inbox: coop.IRI("https://" + host + "/inbox"), Attempts: 1,
		}})
	}
	return jobs, time.Time{}, nil
}

func (p *pool) Settle(_ context.Context, settled ...coop.Settlement) error {
	p.settle(settled)
	return nil
}

func (p *pool) settle(settled []coop.Settlement) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range settled {
		if s.Verdict.State != coop.Done {
			p.bad++
		}
		if p.settled++; p.settled == p.total {
			close(p.all)
		}
	}
}

// BenchmarkSign is the ceiling: signatures on all cores and nothing else.
func BenchmarkSign(b *testing.B) {
	key, _ := first()
	body := make([]byte, 4<<10)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "https://b.example/inbox", bytes.NewReader(body))
			if err != nil {
				b.Fatal(err)
			}
			if err := keys.Sign(r, body, "https://our.example/ap/coops/kollektiv#main-key", key, time.Now()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRun is to be held against BenchmarkSign: hosts that answer at once, and
// hosts that take a tenth of a second.
func BenchmarkRun(b *testing.B) {
	for _, latency := range []time.Duration{0, 100 * time.Millisecond} {
		b.Run(latency.String(), func(b *testing.B) {
			_, pem := first()
			p := &pool{total: b.N, hosts: 1000, all: make(chan struct{})}
			net := &network{answer: func(int, *http.Request) (*http.Response, error) {
				time.Sleep(latency)
				return status(202), nil
			}}
			w := &delivery.Worker{
				Queue: p, Keys: &ring{key: pem}, Client: &http.Client{Transport: net, Timeout: time.Minute},
				Site: coop.Site{Domain: "our.example"},
			}
			ctx, cancel := context.WithCancel(b.Context())
			ended := make(chan error)
			b.ResetTimer()
			go func() { ended <- w.Run(ctx) }()
			<-p.all
			b.StopTimer()
			cancel()
			if err := <-ended; err != nil || p.bad > 0 {
				b.Fatalf("%d were not delivered: %v", p.bad, err)
			}
		})
	}
}
