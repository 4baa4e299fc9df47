// SPDX-License-Identifier: AGPL-3.0-or-later

package instance_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"plenum/coop"
	worker "plenum/delivery"
	"plenum/instance"
	"plenum/keys"
)

// scrape reads the figures of an instance as Prometheus does.
func scrape(t *testing.T, in *instance.Instance) map[string]*dto.MetricFamily {
	t.Helper()
	w := do(in.Metrics(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("got %d %v\n%s", w.Code, w.Header(), w.Body)
	}
	text := w.Body.String()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "plenum_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	return families
}

// value is the value of the one series of a family that has the labels, given as
// name, value, name, value; NaN is never meant.
func value(t *testing.T, families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	t.Helper()
	for _, m := range families[name].GetMetric() {
		var has []string
		for _, l := range m.GetLabel() {
			has = append(has, l.GetName(), l.GetValue())
		}
		if !slices.Equal(has, labels) {
			continue
		}
		switch {
		case m.GetGauge() != nil:
			return m.GetGauge().GetValue()
		case m.GetCounter() != nil:
			return m.GetCounter().GetValue()
		}
		return float64(m.GetHistogram().GetSampleCount())
	}
	t.Errorf("%s %v is not there", name, labels)
	return -1
}

// follows makes somebody elsewhere, with an inbox of their own, follow alpha.
func follows(t *testing.T, in *instance.Instance, host string) {
	t.Helper()
	w := do(in.Handler(), delivery(t, coop.IRI("https://"+host+"/u")))
	if w.Code != http.StatusAccepted {
		t.Fatalf("%s cannot follow: %d %s", host, w.Code, w.Body)
	}
}

func TestWhatIsDeliveredIsCounted(t *testing.T) {
	t.Parallel()
	in, _ := made(t, open(t, filepath.Join(t.TempDir(), "data")), peers(t))
	settled := make(chan worker.Event, 64)
	also := in.Worker.Observe
	in.Worker.Observe = func(e worker.Event) { also(e); settled <- e }
	for _, host := range []string{"takes.example", "refuses.example", "fails.example"} {
		follows(t, in, host)
	}
	published(t, in)
	run(t, in)
	for range 6 { // an Accept and a Create each
		select {
		case <-settled:
		case <-time.After(20 * time.Second):
			t.Fatal("what was to be delivered was not")
		}
	}
	got := scrape(t, in)
	for _, want := range []struct {
		name   string
		labels []string
		value  float64
	}{
		{"plenum_delivery_attempts_total", []string{"cause", "", "verdict", "done"}, 2},
		{"plenum_delivery_attempts_total", []string{"cause", "forbidden", "verdict", "dead"}, 2},
		{"plenum_delivery_attempts_total", []string{"cause", "ours", "verdict", "waiting"}, 0}, // an alarm rings at the first one
		{"plenum_deliveries", []string{"state", "dead"}, 2},
		{"plenum_deliveries", []string{"state", "waiting"}, 2},
		{"plenum_deliveries", []string{"state", "held"}, 0},
		{"plenum_deliveries_waiting", nil, 2},
		{"plenum_deliveries_overdue_seconds", nil, 0},
		{"plenum_delivery_attempt_seconds", nil, 6},
		{"plenum_delivery_arrival_seconds", nil, 1},
		{"plenum_coops", nil, 1},
		{"plenum_posts", nil, 1},
		{"plenum_followers", nil, 3},
		{"plenum_hosts_resting", nil, 0},
		{"plenum_activities_spreading", nil, 0},
		{"plenum_info", []string{"version", "1"}, 1},
	} {
		if v := value(t, got, want.name, want.labels...); v != want.value {
			t.Errorf("%s %v: got %v want %v", want.name, want.labels, v, want.value)
		}
	}
	if knocks := value(t, got, "plenum_delivery_knocks_total"); knocks < 6 {
		t.Errorf("%v knocks in six attempts", knocks)
	}
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes"} {
		if got[name] == nil {
			t.Errorf("%s is not there", name)
		}
	}
}

// What others answer becomes no label: the figures of a server that is asked by
// the whole world stay as many as they are.
func TestNobodyElsewhereMakesAFigure(t *testing.T) {
	t.Parallel()
	in, _ := made(t, open(t, filepath.Join(t.TempDir(), "data")), nil)
	for i := range 1000 {
		odd := fmt.Sprintf("odd-%d", i)
		in.Worker.Observe(worker.Event{
			Job:     coop.Delivery{Host: odd + ".example", Type: odd, Actor: coop.Name(odd), Document: coop.ID(odd), Post: "x"},
			Verdict: coop.Verdict{State: coop.DeliveryState(odd), Attempt: coop.Attempt{Cause: coop.Cause(odd), Reason: odd, Status: i}},
		})
	}
	for _, c := range coop.Causes() {
		in.Worker.Observe(worker.Event{Verdict: coop.Verdict{State: coop.Waiting, Attempt: coop.Attempt{Cause: c}}})
	}
	families := scrape(t, in)
	series := 0
	for name, f := range families {
		if strings.HasPrefix(name, "plenum_") {
			series += len(f.GetMetric())
		}
	}
	if most := len(coop.Causes()) + 40; series > most {
		t.Errorf("%d series, want at most %d", series, most)
	}
	if v := value(t, families, "plenum_delivery_attempts_total", "cause", "other", "verdict", "other"); v != 1000 {
		t.Errorf("got %v of the unknown kind, want 1000", v)
	}
	if v := value(t, families, "plenum_delivery_attempts_total", "cause", "firewall", "verdict", "waiting"); v != 1 {
		t.Errorf("got %v for a firewall, want 1", v)
	}
}

// docs/hosting.md has every figure, and no other; and the causes that its alerts
// name exist.
func TestEveryFigureIsDocumented(t *testing.T) {
	t.Parallel()
	in, _ := made(t, open(t, filepath.Join(t.TempDir(), "data")), nil)
	text, err := os.ReadFile(filepath.Join("..", "docs", "hosting.md"))
	if err != nil {
		t.Fatal(err)
	}
	families := scrape(t, in)
	written := map[string]bool{}
	for _, name := range regexp.MustCompile(`plenum_[a-z_]+`).FindAllString(string(text), -1) {
		written[name] = true
		if families[name] == nil {
			t.Errorf("docs/hosting.md has %s, which is no figure", name)
		}
	}
	for name := range families {
		if strings.HasPrefix(name, "plenum_") && !written[name] {
			t.Errorf("docs/hosting.md does not have %s", name)
		}
	}
	for _, m := range regexp.MustCompile(`cause=~?"([a-z|-]+)"`).FindAllStringSubmatch(string(text), -1) {
		for cause := range strings.SplitSeq(m[1], "|") {
			if !coop.Cause(cause).Known() {
				t.Errorf("docs/hosting.md has the cause %s, which is none", cause)
			}
		}
	}
}

// Two instances in one process count each for itself.
func TestInstancesCountApart(t *testing.T) {
	t.Parallel()
	one, _ := made(t, open(t, filepath.Join(t.TempDir(), "one")), nil)
	two, _ := made(t, open(t, filepath.Join(t.TempDir(), "two")), nil)
	one.Worker.Observe(worker.Event{Verdict: coop.Verdict{State: coop.Done}})
	if got := value(t, scrape(t, one), "plenum_delivery_attempts_total", "cause", "", "verdict", "done"); got != 1 {
		t.Errorf("got %v want 1", got)
	}
	if got := value(t, scrape(t, two), "plenum_delivery_attempts_total", "cause", "", "verdict", "done"); got != 0 {
		t.Errorf("got %v want 0", got)
	}
}

// A database that cannot be read is said to be so, and not to be empty.
func TestFiguresOfADatabaseThatCannotBeRead(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "data"))
	in, _ := made(t, db, nil)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/metrics": http.StatusInternalServerError, "/healthz": http.StatusServiceUnavailable, "/else": http.StatusNotFound} {
		if w := do(in.Metrics(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)); w.Code != want {
			t.Errorf("%s: got %d want %d", path, w.Code, want)
		}
	}
}

// peers is a world with a server that takes everything, one that refuses and one
// that cannot be reached once it has followed.
func peers(t *testing.T) world {
	t.Helper()
	pem, err := keys.EncodePublic(&theirs().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		actor := "https://" + r.URL.Host + "/u"
		switch {
		case r.Method == http.MethodGet && r.URL.Path == "/u":
			w.Header().Set("Content-Type", "application/activity+json")
			fmt.Fprintf(w, `{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Person","preferredUsername":"u","inbox":%q,"publicKey":{"id":%q,"owner":%q,"publicKeyPem":%q}}`,
				actor, actor+"/inbox", actor+"#main-key", actor, pem)
		case r.Method == http.MethodGet:
			w.WriteHeader(http.StatusNotFound)
		case r.URL.Host == "takes.example":
			w.WriteHeader(http.StatusAccepted)
		case r.URL.Host == "refuses.example":
			w.WriteHeader(http.StatusForbidden)
		default:
			return nil, errors.New("connection refused")
		}
		res := w.Result()
		res.Request = r
		return res, nil
	}
}

// published publishes a note of alpha.
func published(t *testing.T, in *instance.Instance) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/control/coops/alpha/outbox", strings.NewReader(`{"type":"Note","content":"<p>Doors open at six.</p>"}`))
	r.Header.Set("Content-Type", "application/activity+json")
	if w := do(in.Control(), r); w.Code != http.StatusCreated {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
}

// run delivers until the test ends.
func run(t *testing.T, in *instance.Instance) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- in.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
