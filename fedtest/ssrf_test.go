// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// stays complains about every request of a that left for another host than the
// ones given.
func stays(t *testing.T, n *fedtest.Network, hosts ...string) {
	t.Helper()
	for _, e := range n.Exchanges(func(e fedtest.Exchange) bool { return e.From == "a.example" }) {
		ok := false
		for _, h := range hosts {
			ok = ok || e.To == h
		}
		if !ok {
			t.Errorf("a request left for %s%s", e.To, e.Path)
		}
	}
}

// docs/security.md S23, F01, F08, F09, F12: the id of a key or an actor leads nowhere
// but to the public https of another host.
func TestKeyIDLeadsOnlyWhereRequestsMayGo(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		for _, base := range []string{
			"https://127.0.0.1", "https://10.0.0.1", "https://169.254.169.254", "https://[::1]", "https://[::ffff:127.0.0.1]", "https://0.0.0.0",
			"https://2130706433", "https://0x7f.1", "https://peer.example:8443", "https://peer.example:22", "http://peer.example",
			"https://a.example", "https://A.example", "https://a.example:443", "https://a.example.", "https://user@peer.example",
			"ftp://peer.example", "https://peer.example%00.b.example", "https://peer..example",
		} {
			actor := coop.IRI(base + "/actor")
			doc := fedtest.Document{"id": base + "/activities/1", "type": "Follow", "actor": actor, "object": a.Actor()}
			letter := peer.Letter(a.Site.SharedInbox(), doc)
			letter.Signed = func(r *http.Request) { // no library would write some of these
				r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), string(peer.KeyID), string(actor)+"#main-key", 1))
			}
			if got := peer.Post(letter); got != http.StatusUnauthorized && got != http.StatusBadRequest {
				t.Errorf("%s: got %d", base, got)
			}
		}
		stays(t, n)
	}, fedtest.Calm())
}

// docs/security.md F06, F07.
func TestRedirectsOfAnActorEndSoonAndNeverLeadInside(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, other := n.Instance("a.example"), n.Peer("other.example")
		peer := n.Peer("peer.example")
		other.Redirect("/actor", "https://peer.example/actor")
		for _, to := range []string{
			"https://127.0.0.1/actor", "https://169.254.169.254/latest/meta-data", "http://peer.example/actor2", "file:///etc/passwd",
			"https://peer.example:8443/actor", "https://a.example/ap/actor", "https://user:secret@other.example/actor", "//127.0.0.1/actor",
			"/actor", "https://other.example/actor", "https://a.example/ap/coops/a_coop", `https://other.example\@127.0.0.1/`, "javascript:alert(1)",
		} {
			n.Answer(peer.Host, 0)
			peer.Route("/actor", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", to)
				w.WriteHeader(http.StatusFound)
			})
			before := len(n.Exchanges(nil))
			got := peer.Send(a.Site.SharedInbox(), said(peer, "Follow", a.Actor()))
			if got != http.StatusUnauthorized && got != http.StatusServiceUnavailable {
				t.Errorf("%s: got %d", to, got)
			}
			if made := len(n.Exchanges(nil)) - before - 1; made > 4 {
				t.Errorf("%s: %d requests were made", to, made)
			}
			time.Sleep(10 * time.Minute) // the failure is forgotten
		}
		stays(t, n, "peer.example", "other.example")
	}, fedtest.Calm())
}

// docs/security.md F16; CVE-2026-96624.
func TestDeliveryFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, other := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("other.example")
		peer.Follows(a, a.Actor())
		time.Sleep(time.Minute) // its server is asked for its software
		for _, status := range []int{http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
			for _, to := range []string{"https://127.0.0.1/inbox", string(other.Inbox), string(peer.ID)} {
				peer.Route("/inbox", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) })
				before := len(n.Exchanges(nil))
				a.Publish(fedtest.Report(fmt.Sprint("A post ", status, to)))
				time.Sleep(time.Second)
				if made := len(n.Exchanges(nil)) - before; made != 1 {
					t.Errorf("%d to %s: %d requests", status, to, made)
				}
			}
		}
		stays(t, n, peer.Host)
		if got := a.Deliveries(coop.DeliveryFilter{State: coop.Waiting}); len(got) != 9 {
			t.Errorf("%d deliveries wait", len(got))
		}
	}, fedtest.Calm())
}

// docs/security.md F11, F12: what somebody types into a form or a command, and what
// WebFinger answers.
func TestWebFingerLeadsOnlyWhereRequestsMayGo(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		for _, self := range []string{"https://127.0.0.1/actor", "http://peer.example/actor", "data:application/json,{}", "javascript:alert(1)", "https://[::1]/actor", "file:///etc/passwd", "https://social.peer.example/actor"} {
			peer.Serve("/.well-known/webfinger", "application/jrd+json", fedtest.Document{"subject": "acct:peer@peer.example", "links": []any{
				fedtest.Document{"rel": "self", "type": "application/activity+json", "href": self},
				fedtest.Document{"rel": "http://ostatus.org/schema/1.0/subscribe", "template": self + "?uri={uri}"},
			}})
			if _, _, err := a.Fed.Follow(t.Context(), coop.Principal{Coop: a.Coop}, "@peer@peer.example"); err == nil {
				t.Errorf("followed %s", self)
			}
			form := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://a.example/follow", bytes.NewReader([]byte("coop=a_coop&handle=peer%40peer.example")))
			form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			page, err := io.ReadAll(a.Do(form).Body)
			if leads := bytes.Contains(page, []byte(`="`+self+"?uri=")); err != nil || leads != (self == "https://social.peer.example/actor") {
				t.Errorf("the page after the form leads to %s: %v (%v)", self, leads, err)
			}
			time.Sleep(10 * time.Minute)
		}
		for _, target := range []string{"@x@127.0.0.1", "@x@[::1]", "@x@peer.example:8443", "@x@a.example.", "@x@peer.example/..", "@x@user@peer.example", "https://127.0.0.1/actor"} {
			if _, _, err := a.Fed.Follow(t.Context(), coop.Principal{Coop: a.Coop}, target); err == nil {
				t.Errorf("followed %s", target)
			}
		}
		stays(t, n, peer.Host, "social.peer.example")
	}, fedtest.Calm())
}
