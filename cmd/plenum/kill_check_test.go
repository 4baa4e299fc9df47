// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"plenum/coop"
	"plenum/store"
)

func (k *trial) control() *desk {
	return overSocket(filepath.Join(k.sender.dir, "data", socketName))
}

// retry makes what waits due, and nothing else: what was given up stays so.
func (k *trial) retry(t *testing.T) {
	t.Helper()
	control := k.control()
	defer control.close()
	if err := control.call(t.Context(), http.MethodPost, "/control/deliveries/retry?state=waiting", nil, nil); err != nil {
		t.Fatal(err)
	}
}

// settle repeats the requests that had no answer, as their clients would, and
// waits until everything has arrived where it should. force makes what waits due.
func (k *trial) settle(t *testing.T, force bool) {
	t.Helper()
	began := time.Now()
	for p := range k.open {
		if err := k.send(t, p, nil); err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
	}
	eventually(t, 50*time.Second, func() string {
		if force {
			k.retry(t)
		}
		for p := range k.open {
			for _, r := range k.readers {
				if what := r.lacks(p); what != "" {
					return what
				}
			}
		}
		if what := k.receiverLacks(t); what != "" {
			return what
		}
		if left := k.deliveries(t, "state", string(coop.Waiting), "limit", "1"); len(left) > 0 {
			return fmt.Sprintf("the queue still has %+v", left[0])
		}
		return ""
	})
	for p := range k.open {
		k.checkOrder(t, p)
	}
	for _, s := range k.sinks {
		for _, f := range s.wrong() {
			t.Errorf("the %s sink got %s", s.manner, f)
		}
	}
	k.tally.settled += time.Since(began)
	clear(k.open)
}

// lacks says what of a post has not come to an inbox. Of one that was deleted it is
// the Delete alone that has to come.
func (r reader) lacks(p *entry) string {
	if p.coop != r.coop {
		return ""
	}
	for i, n := range r.sink.came(r.path, p.activities()) {
		if n < 0 && (!p.deleted() || i == len(p.steps)-1) {
			return fmt.Sprintf("the %s of %s (%s) is not at %s of the %s sink", p.steps[i].kind, p.name, p.steps[i].activity, r.path, r.sink.manner)
		}
	}
	return ""
}

// checkOrder wants what first came of a post to each inbox in the order in which it
// was published. What never came must have been superseded by the Delete before it
// was taken, and the queue must say so.
func (k *trial) checkOrder(t *testing.T, p *entry) {
	t.Helper()
	for _, r := range k.readers {
		if p.coop != r.coop {
			continue
		}
		if r.sink.changed(r.path, p.steps[0].activity) && (len(p.steps) == 1 || p.steps[1].kind != "Update") {
			t.Errorf("two different copies of the Create of %s came to %s of the %s sink, and nothing was changed", p.name, r.path, r.sink.manner)
		}
		came, last := r.sink.came(r.path, p.activities()), -1
		for i, n := range came {
			switch {
			case n < 0:
				if !k.superseded(t, p, p.steps[i], r.sink.URL+r.path) {
					t.Errorf("the %s of %s never came to %s of the %s sink, and was not superseded", p.steps[i].kind, p.name, r.path, r.sink.manner)
				}
			case n < last:
				t.Errorf("the %s of %s came to %s of the %s sink before what was published before it: %v", p.steps[i].kind, p.name, r.path, r.sink.manner, came)
			}
			last = max(last, n)
		}
	}
}

func (k *trial) superseded(t *testing.T, p *entry, s *step, inbox string) bool {
	t.Helper()
	list := k.deliveries(t, "post", path.Base(p.object), "state", string(coop.Superseded), "limit", "1000")
	return slices.ContainsFunc(list, func(d coop.Delivery) bool {
		return string(d.Document) == path.Base(string(s.activity)) && string(d.Inbox) == inbox
	})
}

// deliveries asks the sender for deliveries, chosen by pairs of a query.
func (k *trial) deliveries(t *testing.T, pairs ...string) (list []coop.Delivery) {
	t.Helper()
	control := k.control()
	defer control.close()
	if err := control.call(t.Context(), http.MethodGet, query("/control/deliveries", pairs...), nil, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

var (
	objectOnPage = regexp.MustCompile(`data-object="([^"]*)"`)
	olderPage    = regexp.MustCompile(`rel="next" href="([^"]*)"`)
)

// receiverLacks compares the newest of what the receiver shows with the posts whose
// fate is open.
func (k *trial) receiverLacks(t *testing.T) string {
	t.Helper()
	shown, pages := map[string]int{}, 0
	for page := k.receiver.url("/network"); page != "" && pages < 3; pages++ {
		body := fetch(t, k.client, page)
		for _, m := range objectOnPage.FindAllStringSubmatch(body, -1) {
			shown[html.UnescapeString(m[1])]++
		}
		page = ""
		if m := olderPage.FindStringSubmatch(body); m != nil {
			page = html.UnescapeString(m[1])
		}
	}
	for p := range k.open {
		want := 1
		if p.deleted() || p.coop != first {
			want = 0
		}
		if got := shown[p.object]; got != want {
			return fmt.Sprintf("the receiver shows %s (%s) %d times, want %d", p.name, p.object, got, want)
		}
	}
	return ""
}

// patience kills the sender once more while deliveries are on their way, and lets
// nobody ask for what waits then: it has to come when the schedule says so.
func (k *trial) patience(t *testing.T, s *server) *server {
	t.Helper()
	for _, s := range k.sinks {
		s.dawdle(100 * time.Millisecond)
	}
	var todo []*entry
	for i := range 10 {
		p := &entry{coop: first, name: fmt.Sprintf("Post %d in the end", i)}
		p.add("Create")
		p.add("Update")
		k.posts, k.open[p], todo = append(k.posts, p), true, append(todo, p)
	}
	answers := make(chan struct{}, 2*len(todo))
	done := k.publish(t, todo, answers)
	for range len(todo) {
		<-answers
	}
	if err := s.kill(); err != nil {
		t.Error(err)
	}
	<-done
	k.drop()
	before := k.tally.flying
	k.verify(t)
	if k.tally.flying == before {
		t.Error("nothing was on its way when the sender was killed for the last time")
	}
	s = k.sender.serve(t)
	k.settle(t, false)
	return s
}

// checkSender wants the sender's own file to have one delivery of each activity to
// each inbox that it is for, no others, and none that was not made.
func (k *trial) checkSender(t *testing.T) {
	t.Helper()
	dir := filepath.Join(k.sender.dir, "data")
	if said := plenum(t, "verify", filepath.Join(dir, "plenum.db")); said != "Nothing is wrong.\n" {
		t.Errorf("verify said %q", said)
	}
	want := map[string]bool{}
	for _, p := range k.posts {
		k.tally.activities += len(p.steps)
		for _, s := range p.steps {
			for _, r := range k.readers {
				if r.coop == p.coop {
					want[path.Base(string(s.activity))+" "+r.sink.URL+r.path] = true
				}
			}
			if p.coop == first {
				want[path.Base(string(s.activity))+" "+k.receiver.domain] = true
			}
		}
	}
	db, err := store.Open(dir, store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all, err := db.Deliveries(t.Context(), coop.DeliveryFilter{Limit: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.State != coop.Done && d.State != coop.Superseded {
			t.Errorf("in the end a delivery is %s: %+v", d.State, d)
		}
		if d.State == coop.Superseded {
			k.tally.superseded++
		}
		if d.Post == "" { // an answer to a follow
			continue
		}
		inbox := string(d.Inbox)
		if u, err := url.Parse(inbox); err == nil && u.Host == k.receiver.domain {
			inbox = u.Host
		}
		to := string(d.Document) + " " + inbox
		if !want[to] {
			t.Errorf("a delivery too many, or to a wrong inbox: %+v", d)
		}
		delete(want, to)
	}
	for to := range want {
		t.Errorf("there is no delivery for %s", to)
	}
}

// maxKept is how much of one actor an instance keeps.
const maxKept = 200

// checkReceiver wants the receiver's own file to hold the newest posts with their
// last titles, and nothing that was deleted or that it does not follow.
func (k *trial) checkReceiver(t *testing.T) {
	t.Helper()
	dir := filepath.Join(k.receiver.dir, "data")
	if said := plenum(t, "verify", filepath.Join(dir, "plenum.db")); said != "Nothing is wrong.\n" {
		t.Errorf("verify said %q", said)
	}
	db, err := store.Open(dir, store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.ReceivedList(t.Context(), time.Time{}, 10*maxKept)
	if err != nil {
		t.Fatal(err)
	}
	titles, live := map[string]string{}, 0
	for _, p := range k.posts {
		if p.coop == first && !p.deleted() {
			titles[p.object] = p.last().title
		}
	}
	for _, r := range rows {
		if want, ok := titles[string(r.Object)]; !ok || r.Name != want {
			t.Errorf("the receiver holds %s as %q, want %q", r.Object, r.Name, want)
		}
		delete(titles, string(r.Object))
	}
	for _, p := range slices.Backward(k.posts) { // more than maxKept never came: the oldest may be gone
		if _, lacks := titles[p.object]; lacks && live < maxKept/2 {
			t.Errorf("the receiver lacks %s", p.name)
		}
		if p.coop == first {
			live++
		}
	}
}
