// SPDX-License-Identifier: AGPL-3.0-or-later

package instance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"plenum/coop"
	"plenum/delivery"
	"plenum/store"
)

// Metrics answers on the metrics address: figures for Prometheus, and /healthz.
func (i *Instance) Metrics() http.Handler {
	mux := http.NewServeMux()
	scrapes := make(chan struct{}, 4) // at a time
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		select {
		case scrapes <- struct{}{}:
			defer func() { <-scrapes }()
		default:
			http.Error(w, "too many are asking at once", http.StatusServiceUnavailable)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		var page bytes.Buffer // whole or not at all
		if err := i.figures.write(ctx, &page); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = page.WriteTo(w) // who asked is gone: there is nobody to tell
	})
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
	version          string
	db               *store.DB
	attempts, knocks *metrics.Set
	tooks, arrivals  *metrics.Set
	knock            *metrics.Counter
	took, arrival    *metrics.PrometheusHistogram
	now              func() time.Time
}

const (
	attemptsName = "plenum_delivery_attempts_total"
	knocksName   = "plenum_delivery_knocks_total"
	tookName     = "plenum_delivery_attempt_seconds"
	arrivalName  = "plenum_delivery_arrival_seconds"
)

func newFigures(version string, db *store.DB, now func() time.Time) *figures {
	f := &figures{
		version: version, db: db, now: now,
		attempts: metrics.NewSet(), knocks: metrics.NewSet(), tooks: metrics.NewSet(), arrivals: metrics.NewSet(),
	}
	f.knock = f.knocks.NewCounter(knocksName)
	f.took = f.tooks.NewPrometheusHistogramExt(tookName, []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60})
	f.arrival = f.arrivals.NewPrometheusHistogramExt(arrivalName,
		[]float64{.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 6 * 3600, 24 * 3600, 3 * 24 * 3600, 7 * 24 * 3600})
	f.attempt(coop.Done, "") // a rate needs a beginning
	f.attempt(coop.Waiting, coop.CauseOurs)
	return f
}

// attempt is the counter of attempts that came to the same.
func (f *figures) attempt(s coop.DeliveryState, c coop.Cause) *metrics.Counter {
	return f.attempts.GetOrCreateCounter(fmt.Sprintf("%s{cause=%q,verdict=%q}", attemptsName, causeLabel(c), verdictLabel(s)))
}

// count counts what came of an attempt.
func (f *figures) count(e delivery.Event) {
	a := e.Verdict.Attempt
	f.attempt(e.Verdict.State, a.Cause).Inc()
	f.knock.Add(e.Knocks)
	f.took.Update(a.Took.Seconds())
	if e.Verdict.State == coop.Done && e.Job.Post != "" {
		if made := e.Job.Document.Time(); !made.IsZero() { // to the millisecond; what rows hold has whole seconds
			f.arrival.Update(max(0, f.now().Sub(made).Seconds()))
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

// family writes what a family of figures is called and means. The library writes
// the figures and knows no words for them.
func family(w io.Writer, name, kind, help string) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// write writes all figures, with those of the process and of Go.
func (f *figures) write(ctx context.Context, w io.Writer) error {
	n, err := f.db.Counts(ctx)
	if err != nil {
		return err
	}
	q, err := f.db.QueueStats(ctx)
	if err != nil {
		return err
	}
	family(w, attemptsName, "counter", "Attempts to deliver, by what was decided and why.")
	f.attempts.WritePrometheus(w)
	family(w, knocksName, "counter", "Requests that attempts took: another form of the signature is another request.")
	f.knocks.WritePrometheus(w)
	family(w, tookName, "histogram", "How long an attempt took.")
	f.tooks.WritePrometheus(w)
	family(w, arrivalName, "histogram", "From the publication of what is about a post to its arrival at an inbox.")
	f.arrivals.WritePrometheus(w)
	family(w, "plenum_info", "gauge", "The version that runs.")
	fmt.Fprintf(w, "plenum_info{version=%q} 1\n", f.version)
	f.stock(w, n, q)
	metrics.WriteProcessMetrics(w)
	return nil
}

// stock writes what the database holds.
func (f *figures) stock(w io.Writer, n coop.Counts, q coop.QueueStats) {
	gauge := func(name, help string, v float64) {
		family(w, name, "gauge", help)
		metrics.WriteGaugeFloat64(w, name, v)
	}
	gauge("plenum_coops", "Co-ops on this instance.", float64(n.Coops))
	gauge("plenum_posts", "Published posts.", float64(n.Posts))
	gauge("plenum_followers", "Accepted followers of all co-ops.", float64(n.Followers))
	gauge("plenum_deliveries_waiting", "Deliveries that will be tried.", float64(n.Waiting))
	overdue := 0.0
	if !q.OldestDue.IsZero() {
		overdue = max(0, f.now().Sub(q.OldestDue).Round(time.Second).Seconds())
	}
	gauge("plenum_deliveries_overdue_seconds", "For how long the oldest delivery has been due.", overdue)
	family(w, "plenum_deliveries", "gauge", "Deliveries that are not done, by state.")
	for _, state := range coop.DeliveryStates() {
		if of, counted := q.States[state]; counted {
			metrics.WriteGaugeUint64(w, fmt.Sprintf("plenum_deliveries{state=%q}", state), uint64(of))
		}
	}
	gauge("plenum_hosts_resting", "Hosts that are given time, as they failed again and again or asked for it.", float64(q.Resting))
	gauge("plenum_activities_spreading", "Activities with so many followers that not all have a delivery yet.", float64(q.Spreading))
}
