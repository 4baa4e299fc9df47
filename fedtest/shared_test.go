// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// organizers are those who share a post, as everybody reads it.
func organizers(t *testing.T, a *fedtest.Instance, post coop.IRI) (out []string) {
	t.Helper()
	list, _ := object(t, a, post+"/organizers")["items"].([]any)
	for _, i := range list {
		out = append(out, i.(string))
	}
	return out
}

func TestCoopsShareAPostThatOneOffersAndTheOtherAccepts(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, b, theirs := n.Instance("a.example"), n.Instance("b.example"), n.Peer("peer.example")
		first, second, third := deskOf(t, a, a.Coop), another(t, a, "second"), another(t, a, "third")
		b.Follow(a.Actor())
		theirs.Follows(a, a.Site.Actor("second"))
		meeting := event(a, nil)
		offer := first.said(fedtest.Document{"type": "Offer", "object": meeting, "target": a.Site.Actor("second")})
		if got := organizers(t, a, meeting); !slices.Equal(got, []string{string(a.Actor())}) {
			t.Errorf("before anybody agreed: %v", got)
		}
		if got := items(second.read(a.Site.Of("second", "inbox"))); !slices.Equal(got, []string{"Offer", "Follow"}) {
			t.Errorf("the inbox of who is asked has %v", got)
		}
		third.refused(verb("Accept", offer), http.StatusNotFound, "object")
		change := fedtest.Document{"type": "Update", "object": fedtest.Document{"id": meeting, "name": "Ours together"}}
		second.refused(change, http.StatusForbidden, "object") // A05
		accept := second.said(verb("Accept", offer))
		if status, _, _ := second.post(verb("Accept", offer)); status != http.StatusConflict {
			t.Errorf("a second Accept was answered %d", status)
		}
		n.Quiet()
		both := []string{string(a.Actor()), string(a.Site.Actor("second"))}
		if got := organizers(t, a, meeting); !slices.Equal(got, both) {
			t.Errorf("got %v", got)
		}
		if got := theirs.Got("Announce"); len(got) != 1 || !got[0].Verified || !strings.Contains(string(got[0].Body), string(a.Site.Actor("second"))) {
			t.Errorf("the followers of who shares it got %+v", got)
		}
		if r := b.Received()[meeting]; !strings.Contains(string(r.Body), string(a.Site.Actor("second"))) {
			t.Errorf("who follows was not told who shares it: %s", r.Body)
		}
		if got := items(first.read(a.Site.Of(a.Coop, "inbox"))); !slices.Contains(got, "Accept") {
			t.Errorf("the inbox of who asked has %v", got)
		}
		if status, _, body := second.post(change); status != http.StatusCreated || body["actor"] != string(a.Actor()) {
			t.Errorf("an Update of who shares it was answered %d %v", status, body)
		}
		second.refused(verb("Delete", meeting), http.StatusForbidden, "object")
		second.refused(fedtest.Document{"type": "Offer", "object": meeting, "target": a.Site.Actor("third")}, http.StatusForbidden, "object")
		n.Quiet()
		if got := b.Received()[meeting].Name; got != "Ours together" {
			t.Errorf("got %q", got)
		}
		third.refused(verb("Undo", accept), http.StatusForbidden, "object")
		second.said(verb("Undo", accept))
		second.refused(verb("Undo", accept), http.StatusNotFound, "object")
		n.Quiet()
		if got := organizers(t, a, meeting); !slices.Equal(got, both[:1]) {
			t.Errorf("after it left: %v", got)
		}
		if got := theirs.Got("Undo"); len(got) != 1 {
			t.Errorf("the followers of who left got %d Undos", len(got))
		}
		second.refused(change, http.StatusForbidden, "object")
	}, fedtest.Calm())
}

func TestAnOfferIsRefusedOrTakenBack(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		first, second := deskOf(t, a, a.Coop), another(t, a, "second")
		_, post := a.Publish(fedtest.Report("A report"))
		ask := fedtest.Document{"type": "Offer", "object": post, "target": a.Site.Actor("second")}
		out := fedtest.Document{"type": "Remove", "object": a.Site.Actor("second"), "target": post + "/organizers"}
		first.refused(out, http.StatusNotFound, "object")
		offer := first.said(ask)
		first.refused(ask, http.StatusConflict, "target") // it waits already
		second.refused(fedtest.Document{"type": "Offer", "object": post, "target": a.Actor()}, http.StatusForbidden, "object")
		for _, nobody := range []coop.IRI{a.Actor(), a.Site.Of("second", "inbox"), a.Site.Actor("third"), a.Site.Actor(coop.Relay)} {
			first.refused(fedtest.Document{"type": "Offer", "object": post, "target": nobody}, http.StatusBadRequest, "target")
		}
		second.said(verb("Reject", offer))
		second.refused(verb("Accept", offer), http.StatusNotFound, "object")
		offer = first.said(ask)
		first.said(out)
		second.refused(verb("Accept", offer), http.StatusNotFound, "object")
		offer = first.said(ask)
		second.said(verb("Accept", offer))
		second.refused(out, http.StatusForbidden, "target")
		first.said(out)
		if got := organizers(t, a, post); len(got) != 1 {
			t.Errorf("got %v", got)
		}
		first.refused(fedtest.Document{"type": "Add", "object": a.Site.Actor("second"), "target": post + "/organizers"}, http.StatusBadRequest, "target")
		offer = first.said(ask)
		second.said(verb("Accept", offer))
		second.said(verb("Reject", offer)) // leaves it, too
		if got := organizers(t, a, post); len(got) != 1 {
			t.Errorf("got %v", got)
		}
		offer = first.said(ask)
		first.said(verb("Delete", post))
		second.refused(verb("Accept", offer), http.StatusNotFound, "object")
	}, fedtest.Calm())
}

// plenum:owners makes the same Offers.
func TestOwnersThatAPostNamesAreAsked(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		first, second := deskOf(t, a, a.Coop), another(t, a, "second")
		another(t, a, "third")
		report := fedtest.Report("A report")
		report["plenum:owners"] = []string{"second"}
		_, post := publishAs(first, report)
		inbox := second.read(a.Site.Of("second", "inbox"))
		if got := items(inbox); !slices.Equal(got, []string{"Offer"}) {
			t.Fatalf("got %v", got)
		}
		offer := inbox["orderedItems"].([]any)[0].(map[string]any)["id"].(string)
		first.said(fedtest.Document{"type": "Update", "object": fedtest.Document{"id": post, "name": "Another title", "plenum:owners": []string{"second", string(a.Site.Actor("third"))}}})
		if got := items(second.read(a.Site.Of("second", "inbox"))); len(got) != 1 {
			t.Errorf("who was asked is asked again: %v", got)
		}
		second.said(verb("Accept", offer))
		if got := organizers(t, a, post); len(got) != 2 {
			t.Errorf("got %v", got)
		}
	}, fedtest.Calm())
}

// walked are the ids on all pages of a box of a co-op, and on how many they stand.
func walked(d desk, box coop.IRI, meanwhile func(page int)) (seen map[string]bool, pages int) {
	d.t.Helper()
	seen = map[string]bool{}
	before := "9999"
	for next, _ := d.read(box)["first"].(string); next != ""; pages++ {
		page := d.read(coop.IRI(next))
		if page["id"] != next || page["partOf"] != string(box) {
			d.t.Errorf("got page %v", page)
		}
		for _, i := range page["orderedItems"].([]any) {
			id := i.(map[string]any)["id"].(string)
			at, _ := i.(map[string]any)["published"].(string) // of what came
			if r, ours := d.Site.Parse(coop.IRI(id)); ours {
				at = string(r.ID)[:10] // when it was made
			}
			if at == "" || at > before { // AP §5: the newest first
				d.t.Errorf("%s: of %q stands behind what is of %q", box, at, before)
			}
			before = at
			if seen[id] {
				d.t.Errorf("%s stands on two pages of %s", id, box)
			}
			seen[id] = true
		}
		next, _ = page["next"].(string)
		meanwhile(pages)
	}
	return seen, pages
}

// AP §5.1, §5.2: members see all of their outbox and inbox, others what is for
// everybody; and pages hold while more comes.
func TestMembersSeeWhatCameAndWhatWent(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		policy(t, a, coop.CommentsOpen)
		d, other := deskOf(t, a, a.Coop), another(t, a, "second")
		_, post := a.Publish(fedtest.Report("A report"))
		for k := range 24 {
			d.said(verb("Like", peer.Note(fmt.Sprint("note ", k))["id"]))
			wants(t, "Like", peer.Send(a.Site.SharedInbox(), peer.Activity("Like", post)), http.StatusAccepted)
			wants(t, "Create", peer.Send(a.Site.SharedInbox(), peer.Activity("Create", reply(peer, post, fmt.Sprintf("<p>Reply %d</p>", k)))), http.StatusAccepted)
			time.Sleep(5 * time.Minute) // within what an actor may say in an hour
		}
		d.said(verb("Block", "https://nobody.example/u"))
		n.Quiet()
		for _, box := range []string{"outbox", "inbox"} {
			at := a.Site.Of(a.Coop, box)
			res, _ := d.do(http.MethodGet, at, nil)
			if got := res.Header.Get("Cache-Control"); got != "private, no-store" || !strings.Contains(res.Header.Get("Vary"), "Authorization") {
				t.Errorf("%s: got %q, varies with %q", box, got, res.Header.Get("Vary"))
			}
			whole := d.read(at)
			seen, pages := walked(d, at, func(page int) { // what comes meanwhile moves nothing
				if box == "inbox" {
					peer.Send(a.Site.SharedInbox(), peer.Activity("Like", post))
					return
				}
				d.said(verb("Like", peer.Note(fmt.Sprint("meanwhile ", page))["id"]))
			})
			if float64(len(seen)) != whole["totalItems"] || pages < 2 {
				t.Errorf("%s: %d of %v on %d pages", box, len(seen), whole["totalItems"], pages)
			}
			for what, reader := range map[string]desk{"another co-op": other, "who may only write": {a, t, a.Coop, a.Token}} {
				stranger := reader.read(at)
				if got := items(stranger); slices.Contains(got, "Block") || slices.Contains(got, "Like") || box == "inbox" && len(got) > 0 {
					t.Errorf("%s sees %v", what, got)
				}
				if res, _ := reader.do(http.MethodGet, coop.IRI(whole["first"].(string)), nil); res.StatusCode != http.StatusNotFound {
					t.Errorf("%s: a page of members answers %d", what, res.StatusCode)
				}
			}
			if status, _ := a.Get(coop.IRI(whole["first"].(string))); status != http.StatusNotFound {
				t.Errorf("a page of members answers strangers %d", status)
			}
			expired := desk{a, t, a.Coop, "plenum_nonsense"}
			if res, _ := expired.do(http.MethodGet, at, nil); res.StatusCode != http.StatusUnauthorized || res.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: a token that is none was answered %d", box, res.StatusCode)
			}
		}
		first := d.read(a.Site.Of(a.Coop, "inbox"))["orderedItems"].([]any)
		found := slices.ContainsFunc(first, func(i any) bool {
			o, _ := i.(map[string]any)["object"].(map[string]any)
			return o["type"] == "Note" && strings.Contains(fmt.Sprint(o["content"]), "Reply")
		})
		if !found {
			t.Errorf("no reply stands in the inbox: %v", first)
		}
	}, fedtest.Calm())
}
