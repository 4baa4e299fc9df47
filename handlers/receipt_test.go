// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/handlers"
)

// sent leases everything that is due and settles it as the test says, by host.
func (p *plenum) sent(verdicts map[string]coop.Verdict) {
	p.t.Helper()
	for range 10 {
		jobs, _, err := p.db.Lease(p.t.Context(), coop.LeaseRequest{
			Now: p.clock(), Max: 1000, PerHost: 100, Backoff: func(int) time.Duration { return time.Hour }, Probe: 30 * time.Minute,
		})
		if err != nil {
			p.t.Fatal(err)
		}
		if len(jobs) == 0 {
			return
		}
		for _, j := range jobs {
			v, ok := verdicts[j.Host]
			if !ok {
				v = coop.Verdict{State: coop.Done, Attempt: coop.Attempt{At: p.clock(), Status: 202, Reason: "accepted (202)"}}
			}
			if err := p.db.Settle(p.t.Context(), coop.Settlement{ID: j.ID, Verdict: v}); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	p.t.Fatal("there is always more to send")
}

// failed is a verdict after a failure at a time.
func failed(state coop.DeliveryState, at time.Time, cause coop.Cause, status int, rest *coop.Rest) coop.Verdict {
	v := coop.Verdict{State: state, Rest: rest, Attempt: coop.Attempt{At: at, Status: status, Cause: cause, Reason: "words for " + string(cause)}}
	if state == coop.Waiting {
		v.Next = at.Add(time.Minute)
	}
	return v
}

// troubled is an instance whose co-op alpha has published a note that five hosts
// took very differently, and a co-op of the instance has without a request.
func troubled(t *testing.T) (*plenum, coop.Post) {
	t.Helper()
	p := newPlenum(t)
	p.ctl(http.MethodPost, "/control/coops/beta/following", `{"target":"@alpha@events.example"}`, http.StatusOK, nil)
	for i, host := range []string{"good.example", "good.example", "refuses.example", "rests.example", "slow.example", "late.example"} {
		name := fmt.Sprint("u", i)
		p.deliver("/ap/inbox", p.newPeer(host, name), p.newPeer(host, name).activity("1", "Follow", alpha)).want(http.StatusAccepted)
	}
	p.sent(nil) // the Accepts
	p.pass(time.Minute)
	post := p.publish(note)
	now := p.clock()
	p.ctl(http.MethodPost, "/control/deliveries/hold?host=late.example", "", http.StatusOK, nil)
	p.sent(map[string]coop.Verdict{
		"refuses.example": failed(coop.Dead, now, coop.CauseForbidden, 403, nil),
		"slow.example":    failed(coop.Waiting, now, coop.CauseTimeout, 0, nil),
		"rests.example":   failed(coop.Waiting, now, coop.CauseRefused, 0, &coop.Rest{Host: "rests.example", Since: now, Until: now.Add(30 * time.Minute), Failures: 5, Cause: coop.CauseRefused, Reason: "nobody listens"}),
	})
	return p, post
}

func TestReceiptSaysWhatArrivedAndWhyTheRestDidNot(t *testing.T) {
	t.Parallel()
	p, post := troubled(t)
	now := p.clock()
	var got handlers.ReceiptInfo
	p.ctl(http.MethodGet, "/control/coops/alpha/posts/"+post.Slug+"/receipt", "", http.StatusOK, &got)
	if got.Post != post.ID || got.Object != site.Object(coop.Note, post.ID) || got.Local != 1 || !got.Complete || got.Reached != (handlers.ReachInfo{Servers: 1, Followers: 2}) {
		t.Errorf("got %+v", got)
	}
	if len(got.Sent) == 0 || got.Sent[0].Type != "Create" || got.Sent[0].Activity != site.Activity(post.Activity) {
		t.Fatalf("got %+v", got.Sent)
	}
	for state, want := range map[coop.DeliveryState]handlers.ReachInfo{coop.Done: {Servers: 1, Followers: 2}, coop.Dead: {Servers: 1, Followers: 1}, coop.Held: {Servers: 1, Followers: 1}, coop.Waiting: {Servers: 2, Followers: 2}} {
		if got.Sent[0].States[state] != want {
			t.Errorf("%s: got %+v want %+v", state, got.Sent[0].States[state], want)
		}
	}
	var order []string
	for _, h := range got.Missing {
		order = append(order, h.Host+" "+string(h.State))
	}
	if want := []string{"refuses.example dead", "late.example held", "rests.example waiting", "slow.example waiting"}; !slices.Equal(order, want) {
		t.Fatalf("got %v want %v", order, want)
	}
	refused, rests, slow := got.Missing[0], got.Missing[2], got.Missing[3]
	if refused.Cause != coop.CauseForbidden || refused.Status != 403 || refused.Reason != "words for forbidden" || !strings.Contains(refused.Advice, "plenum queue retry") || !refused.GivenUp.Equal(now) {
		t.Errorf("got %+v", refused)
	}
	if rests.Rest == nil || rests.Rest.Failures != 5 || !rests.Next.Equal(now.Add(30*time.Minute)) {
		t.Errorf("got %+v, want a host that is given time", rests)
	}
	if !slow.Next.Equal(now.Add(time.Minute)) || !slow.GivenUp.Equal(now.Add(7*24*time.Hour)) || slow.Attempts != 1 || slow.Followers != 1 {
		t.Errorf("got %+v", slow)
	}
	if len(got.Deliveries) != 4 || got.Deliveries[0].Inbox == "" {
		t.Errorf("got %d deliveries one by one, want 4", len(got.Deliveries))
	}
}

// Who missed two activities is one follower, and a host is told of once.
func TestReceiptCountsAFollowerOnce(t *testing.T) {
	t.Parallel()
	p, post := troubled(t)
	p.pass(time.Second)
	p.post("alpha", "alpha", `{"type":"Update","object":{"id":"`+string(site.Object(post.Kind, post.ID))+`","content":"<p>Doors open at seven.</p>"}}`).want(http.StatusCreated)
	var got handlers.ReceiptInfo
	p.ctl(http.MethodGet, "/control/coops/alpha/posts/"+post.Slug+"/receipt", "", http.StatusOK, &got)
	at := slices.IndexFunc(got.Missing, func(h handlers.HostInfo) bool { return h.Host == "slow.example" })
	if at < 0 {
		t.Fatalf("got %+v", got.Missing)
	}
	if h := got.Missing[at]; h.Deliveries != 2 || h.Followers != 1 || !slices.Equal(h.Types, []string{"Create", "Update"}) {
		t.Errorf("got %+v", h)
	} else if want := p.clock().Add(59 * time.Second); !h.Next.Equal(want) { // the Update has to wait for the Create
		t.Errorf("tried again at %s, want %s", h.Next, want)
	}
	at = slices.IndexFunc(got.Missing, func(h handlers.HostInfo) bool { return h.Host == "late.example" && h.State == coop.Waiting })
	if at < 0 || !got.Missing[at].Next.IsZero() {
		t.Errorf("got %+v, want an Update that waits behind a Create that is held", got.Missing)
	}
	if got.Reached.Followers != 2 || len(got.Sent) < 2 {
		t.Errorf("got %+v", got)
	}
}

// What was never tried because its host is given time has the trouble of its host.
func TestReceiptSaysWhyNothingIsTried(t *testing.T) {
	t.Parallel()
	p, _ := troubled(t)
	p.pass(time.Second)
	next := p.publish(report)
	var got handlers.ReceiptInfo
	p.ctl(http.MethodGet, "/control/coops/alpha/posts/"+next.Slug+"/receipt", "", http.StatusOK, &got)
	at := slices.IndexFunc(got.Missing, func(h handlers.HostInfo) bool { return h.Host == "rests.example" })
	if at < 0 {
		t.Fatalf("got %+v", got.Missing)
	}
	if h := got.Missing[at]; h.Attempts != 0 || h.Cause != coop.CauseRefused || h.Reason != "nobody listens" || !strings.Contains(h.Advice, "--host rests.example") {
		t.Errorf("got %+v", h)
	}
	var rows []handlers.DeliveryInfo
	p.ctl(http.MethodGet, "/control/deliveries?host=rests.example&post="+string(next.ID), "", http.StatusOK, &rows)
	if len(rows) != 1 || rows[0].Advice != got.Missing[at].Advice {
		t.Errorf("got %+v", rows)
	}
	var behind []handlers.DeliveryInfo
	p.post("alpha", "alpha", `{"type":"Update","object":{"id":"`+string(site.Object(next.Kind, next.ID))+`","content":"<p>More.</p>"}}`).want(http.StatusCreated)
	p.ctl(http.MethodPost, "/control/deliveries/hold?id="+string(rows[0].ID), "", http.StatusOK, nil)
	p.ctl(http.MethodGet, "/control/deliveries?state=waiting&host=rests.example&post="+string(next.ID), "", http.StatusOK, &behind)
	if len(behind) != 1 || behind[0].Behind == "" || behind[0].Advice != "" {
		t.Errorf("got %+v, want an Update whose trouble is what it stands behind", behind)
	}
	got = handlers.ReceiptInfo{}
	p.ctl(http.MethodGet, "/control/coops/alpha/posts/"+next.Slug+"/receipt", "", http.StatusOK, &got)
	at = slices.IndexFunc(got.Missing, func(h handlers.HostInfo) bool { return h.Host == "rests.example" && h.State == coop.Waiting })
	if at < 0 || got.Missing[at].Rest != nil || got.Missing[at].Reason != "" || got.Missing[at].Advice != "" || !got.Missing[at].Next.IsZero() {
		t.Errorf("got %+v, want that nothing is said of a host that is not what keeps it back", got.Missing)
	}
}

// What was deleted has no slug any more, and its receipt is still to be had.
func TestReceiptOfWhatWasDeletedIsFoundByItsID(t *testing.T) {
	t.Parallel()
	p, post := troubled(t)
	p.pass(time.Second)
	p.post("alpha", "alpha", `{"type":"Delete","object":"`+string(site.Object(post.Kind, post.ID))+`"}`).want(http.StatusCreated)
	p.ctl(http.MethodGet, "/control/coops/alpha/posts/"+post.Slug+"/receipt", "", http.StatusNotFound, nil)
	var got handlers.ReceiptInfo
	p.ctl(http.MethodGet, "/control/coops/alpha/posts/"+string(post.ID)+"/receipt", "", http.StatusOK, &got)
	if n := len(got.Sent); n == 0 || !slices.ContainsFunc(got.Sent, func(s handlers.SentInfo) bool { return s.Type == "Delete" }) {
		t.Errorf("got %+v", got.Sent)
	}
}

func api(name, post string) string { return "/api/coops/" + name + "/posts/" + post + "/receipt" }

func bearer(token string) change { return with("Authorization", "Bearer "+first.tokens[token]) }

func TestMembersReadTheirReceipts(t *testing.T) {
	t.Parallel()
	p, post := troubled(t)
	for _, which := range []string{post.Slug, string(post.ID)} {
		for _, token := range []string{"alpha", "reader"} {
			a := p.get(api("alpha", which), bearer(token)).want(http.StatusOK).header("Cache-Control", "no-store").header("Content-Type", "application/json")
			var got handlers.ReceiptInfo
			a.json(&got)
			if got.Reached.Followers != 2 || len(got.Missing) != 4 || got.Missing[0].Advice == "" {
				t.Errorf("got %+v", got)
			}
			for _, private := range []string{"/inbox", "/users/", "deliveries\":["} {
				if strings.Contains(a.Body.String(), private) {
					t.Errorf("%q stands in %s: followers are not named", private, a.Body)
				}
			}
		}
	}
	p.do(request(http.MethodHead, api("alpha", post.Slug), nil, bearer("reader"))).want(http.StatusOK)
	p.do(request(http.MethodOptions, api("alpha", post.Slug), nil)).want(http.StatusNoContent)
}

// A receipt is for those who have a token of the very co-op that may read. What
// others ask for tells them nothing, not even what there is.
func TestReceiptsAreForMembers(t *testing.T) {
	t.Parallel()
	p, post := troubled(t)
	p.pass(time.Second)
	var draft handlers.PostInfo
	p.ctl(http.MethodPost, "/control/coops/alpha/drafts", meetup, http.StatusOK, &draft)
	theirs := p.post("beta", "beta", report).want(http.StatusCreated)
	ref, _ := site.Parse(coop.IRI(theirs.Header().Get("Location")))
	doc, err := p.db.Document(t.Context(), ref.ID)
	if err != nil {
		t.Fatal(err)
	}
	var revoked handlers.TokenInfo
	p.ctl(http.MethodPost, "/control/tokens", `{"coop":"alpha","label":"x","scope":"read"}`, http.StatusOK, &revoked)
	p.ctl(http.MethodDelete, "/control/tokens/"+string(revoked.ID), "", http.StatusNoContent, nil)
	for name, c := range map[string]struct {
		path   string
		with   change
		status int
	}{
		"no token":                     {api("alpha", post.Slug), with(), http.StatusUnauthorized},
		"a token nobody made":          {api("alpha", post.Slug), with("Authorization", "Bearer plenum_x"), http.StatusUnauthorized},
		"a token in the query":         {api("alpha", post.Slug) + "?access_token=" + first.tokens["reader"], with(), http.StatusUnauthorized},
		"a revoked token":              {api("alpha", post.Slug), with("Authorization", "Bearer "+revoked.Secret), http.StatusUnauthorized},
		"a token that may only write":  {api("alpha", post.Slug), bearer("second"), http.StatusForbidden},
		"another co-op's token":        {api("alpha", post.Slug), bearer("beta"), http.StatusForbidden},
		"a post of another co-op":      {api("beta", "a-report"), bearer("reader"), http.StatusForbidden},
		"a co-op that is not there":    {api("nobody", "x"), bearer("reader"), http.StatusForbidden},
		"another's post by its slug":   {api("alpha", "a-report"), bearer("reader"), http.StatusNotFound},
		"another's post by its id":     {api("alpha", string(doc.Post)), bearer("reader"), http.StatusNotFound},
		"a draft":                      {api("alpha", draft.Slug), bearer("reader"), http.StatusNotFound},
		"a draft by its id":            {api("alpha", string(draft.ID)), bearer("reader"), http.StatusNotFound},
		"nothing":                      {api("alpha", "nothing"), bearer("reader"), http.StatusNotFound},
		"nothing by an id":             {api("alpha", "01KB3Y6Q2ZM9T4X7V0R8W5N1EA"), bearer("reader"), http.StatusNotFound},
		"an address without a receipt": {"/api/coops/alpha/receipts/" + post.Slug, bearer("reader"), http.StatusNotFound},
		"a path that goes up":          {api("alpha", "..%2F..%2Fbeta"), bearer("reader"), http.StatusNotFound},
	} {
		for _, wants := range []string{"application/json", browser} { // a browser too gets what a program reads
			a := p.get(c.path, c.with, accept(wants))
			if a.Code != c.status {
				t.Errorf("%s: got %d want %d", name, a.Code, c.status)
				continue
			}
			a.header("Cache-Control", "no-store").problem(c.status, "")
		}
	}
	var missing, withheld handlers.Problem
	p.get(api("alpha", "nothing"), bearer("reader")).json(&missing)
	p.get(api("alpha", draft.Slug), bearer("reader")).json(&withheld)
	if missing.Detail != withheld.Detail {
		t.Errorf("a draft is told from nothing: %q and %q", withheld.Detail, missing.Detail)
	}
	p.do(request(http.MethodPost, api("alpha", post.Slug), []byte("{}"), bearer("alpha"))).want(http.StatusMethodNotAllowed)
}

func TestControlHoldsDropsAndRetriesDeliveries(t *testing.T) {
	t.Parallel()
	p, post := troubled(t)
	var rows []handlers.DeliveryInfo
	p.ctl(http.MethodGet, "/control/deliveries?host=rests.example&state=waiting", "", http.StatusOK, &rows)
	if len(rows) != 1 || rows[0].Rest == nil || rows[0].Rest.Failures != 5 {
		t.Errorf("got %+v, want a host that is given time", rows)
	}
	var held handlers.Held
	p.ctl(http.MethodPost, "/control/deliveries/hold?host=slow.example", "", http.StatusOK, &held)
	if held.Held != 1 {
		t.Errorf("got %+v", held)
	}
	var dropped handlers.Dropped
	p.ctl(http.MethodPost, "/control/deliveries/drop?post="+string(post.ID)+"&state=held", "", http.StatusOK, &dropped)
	if dropped.Dropped != 2 { // slow.example and late.example
		t.Errorf("got %+v", dropped)
	}
	var retried handlers.Retried
	p.ctl(http.MethodPost, "/control/deliveries/retry?state=dead&post="+string(post.ID), "", http.StatusOK, &retried)
	if retried.Retried != 3 {
		t.Errorf("got %+v", retried)
	}
	p.ctl(http.MethodPost, "/control/deliveries/drop?state=done", "", http.StatusBadRequest, nil)
	p.ctl(http.MethodPost, "/control/deliveries/hold?state=dead", "", http.StatusBadRequest, nil)
	p.ctl(http.MethodPost, "/control/deliveries/retry?state=done", "", http.StatusBadRequest, nil)
	var rests []coop.Rest
	for query, want := range map[string]int{"": 1, "?host=rests.example": 1, "?host=good.example": 0} {
		p.ctl(http.MethodGet, "/control/rests"+query, "", http.StatusOK, &rests)
		if rests == nil || len(rests) != want {
			t.Errorf("%s: got %+v", query, rests)
		}
	}
}

// Who looks at the queue does not look for what has arrived.
func TestTroubleComesFirstInTheQueue(t *testing.T) {
	t.Parallel()
	p, _ := troubled(t)
	var rows []handlers.DeliveryInfo
	p.ctl(http.MethodGet, "/control/deliveries?limit=5", "", http.StatusOK, &rows)
	var states []coop.DeliveryState
	for _, d := range rows {
		states = append(states, d.State)
		if len(d.Results) > 0 && d.State != coop.Done && d.Advice == "" {
			t.Errorf("%s: nobody is told what to do", d.Host)
		}
	}
	if want := []coop.DeliveryState{coop.Waiting, coop.Waiting, coop.Held, coop.Dead, coop.Done}; !slices.Equal(states, want) {
		t.Errorf("got %v want %v", states, want)
	}
}
