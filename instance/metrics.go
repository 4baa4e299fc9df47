// SPDX-License-Identifier: AGPL-3.0-or-later

package instance

import (
	"fmt"
	"net/http"
	"time"
)

// Metrics answers on the metrics address: a few gauges in Prometheus' text
// format, and /healthz.
func (i *Instance) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		n, err := i.db.Counts(r.Context())
		if err != nil {
			http.Error(w, "the database cannot be read", http.StatusServiceUnavailable)
			return
		}
		overdue := 0.0
		if !n.OldestDue.IsZero() {
			overdue = max(0, i.now().Sub(n.OldestDue).Round(time.Second).Seconds())
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		for _, g := range []struct {
			name, help string
			value      float64
		}{
			{"plenum_coops", "Co-ops on this instance.", float64(n.Coops)},
			{"plenum_posts", "Published posts.", float64(n.Posts)},
			{"plenum_followers", "Accepted followers of all co-ops.", float64(n.Followers)},
			{"plenum_deliveries_waiting", "Deliveries that will be tried.", float64(n.Waiting)},
			{"plenum_deliveries_overdue_seconds", "For how long the oldest delivery has been due.", overdue},
		} {
			fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s gauge\n%s %g\n", g.name, g.help, g.name, g.name, g.value)
		}
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
