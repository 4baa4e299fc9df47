// SPDX-License-Identifier: AGPL-3.0-or-later

package instance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"plenum/coop"
	"plenum/delivery"
	"plenum/store"
)

// Metrics answers on the metrics address: figures for Prometheus, and /healthz.
func (i *Instance) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(i.figures.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.HTTPErrorOnError, MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		if err := i.db.Ping(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

// figures are what is counted of one instance. Every label has a value out of a
// list of ours: nobody elsewhere can make a figure.
type figures struct {
	registry *prometheus.Registry
	attempts *prometheus.CounterVec
	knocks   prometheus.Counter
	took     prometheus.Histogram
	arrival  prometheus.Histogram
	now      func() time.Time
}

func newFigures(version string, db *store.DB, now func() time.Time) *figures {
	f := &figures{
		now:      now,
		registry: prometheus.NewRegistry(),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plenum_delivery_attempts_total", Help: "Attempts to deliver, by what was decided and why.",
		}, []string{"verdict", "cause"}),
		knocks: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "plenum_delivery_knocks_total", Help: "Requests that attempts took: another form of the signature is another request.",
		}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "plenum_delivery_attempt_seconds", Help: "How long an attempt took.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}),
		arrival: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "plenum_delivery_arrival_seconds", Help: "From the publication of what is about a post to its arrival at an inbox.",
			Buckets: []float64{.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 6 * 3600, 24 * 3600, 3 * 24 * 3600, 7 * 24 * 3600},
		}),
	}
	f.attempts.WithLabelValues(string(coop.Done), "") // a rate needs a beginning
	f.attempts.WithLabelValues(string(coop.Waiting), string(coop.CauseOurs))
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "plenum_info", Help: "The version that runs.", ConstLabels: prometheus.Labels{"version": version},
	})
	info.Set(1)
	f.registry.MustRegister(f.attempts, f.knocks, f.took, f.arrival, info, newStock(db, now),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return f
}

// count counts what came of an attempt.
func (f *figures) count(e delivery.Event) {
	a := e.Verdict.Attempt
	f.attempts.WithLabelValues(verdictLabel(e.Verdict.State), causeLabel(a.Cause)).Inc()
	f.knocks.Add(float64(e.Knocks))
	f.took.Observe(a.Took.Seconds())
	if e.Verdict.State == coop.Done && e.Job.Post != "" {
		if made := e.Job.Document.Time(); !made.IsZero() { // to the millisecond; what rows hold has whole seconds
			f.arrival.Observe(max(0, f.now().Sub(made).Seconds()))
		}
	}
}

// verdictLabel is a state as a label.
func verdictLabel(s coop.DeliveryState) string {
	if slices.Contains(coop.DeliveryStates(), s) {
		return string(s)
	}
	return "other"
}

// causeLabel is a cause as a label; what is no constant of coop is "other".
func causeLabel(c coop.Cause) string {
	if c == "" || c.Known() {
		return string(c)
	}
	return string(coop.CauseOther)
}

// stock is what the database holds, counted when it is asked for.
type stock struct {
	db  *store.DB
	now func() time.Time

	coops, posts, followers, waiting, overdue, deliveries, resting, spreading *prometheus.Desc
}

func newStock(db *store.DB, now func() time.Time) *stock {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &stock{
		db: db, now: now,
		coops:      describe("plenum_coops", "Co-ops on this instance."),
		posts:      describe("plenum_posts", "Published posts."),
		followers:  describe("plenum_followers", "Accepted followers of all co-ops."),
		waiting:    describe("plenum_deliveries_waiting", "Deliveries that will be tried."),
		overdue:    describe("plenum_deliveries_overdue_seconds", "For how long the oldest delivery has been due."),
		deliveries: describe("plenum_deliveries", "Deliveries that are not done, by state.", "state"),
		resting:    describe("plenum_hosts_resting", "Hosts that are given time, as they failed again and again or asked for it."),
		spreading:  describe("plenum_activities_spreading", "Activities with so many followers that not all have a delivery yet."),
	}
}

// Describe implements prometheus.Collector.
func (s *stock) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{s.coops, s.posts, s.followers, s.waiting, s.overdue, s.deliveries, s.resting, s.spreading} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (s *stock) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	n, err := s.db.Counts(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(s.coops, err)
		return
	}
	q, err := s.db.QueueStats(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(s.deliveries, err)
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(s.coops, float64(n.Coops))
	gauge(s.posts, float64(n.Posts))
	gauge(s.followers, float64(n.Followers))
	gauge(s.waiting, float64(n.Waiting))
	overdue := 0.0
	if !q.OldestDue.IsZero() {
		overdue = max(0, s.now().Sub(q.OldestDue).Round(time.Second).Seconds())
	}
	gauge(s.overdue, overdue)
	for state, n := range q.States {
		gauge(s.deliveries, float64(n), string(state))
	}
	gauge(s.resting, float64(q.Resting))
	gauge(s.spreading, float64(q.Spreading))
}
