// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/coop"
	"plenum/fedtest"
)

// event publishes a meetup in a few days with other members.
func event(a *fedtest.Instance, members fedtest.Document) coop.IRI {
	doc := fedtest.Meetup("The assembly", time.Now().AddDate(0, 0, 7).Format(time.DateOnly))
	maps.Copy(doc, members)
	_, id := a.Publish(doc)
	return id
}

// answers are the RSVPs of an event as the store has them, by actor.
func answers(t *testing.T, a *fedtest.Instance, event coop.IRI) map[coop.IRI]coop.RSVP {
	t.Helper()
	r, ok := a.Site.Parse(event)
	if !ok {
		t.Fatalf("%s is no event", event)
	}
	list, err := a.DB.RSVPs(t.Context(), coop.RSVPQuery{Post: r.ID, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	out := map[coop.IRI]coop.RSVP{}
	for _, r := range list {
		out[r.Actor] = r
	}
	return out
}

// stateOf is the state of an actor's answer, empty where there is none.
func stateOf(t *testing.T, a *fedtest.Instance, event, actor coop.IRI) coop.RSVPState {
	t.Helper()
	return answers(t, a, event)[actor].State
}

// object is what the id of a post answers.
func object(t *testing.T, a *fedtest.Instance, id coop.IRI) map[string]any {
	t.Helper()
	status, body := a.Get(id)
	if status != http.StatusOK {
		t.Fatalf("%s answered %d", id, status)
	}
	var o map[string]any
	if err := json.Unmarshal(body, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// total is how many items a collection in a document says that it has.
func total(o map[string]any, member string) int {
	c, _ := o[member].(map[string]any)
	n, ok := c["totalItems"].(float64)
	if !ok {
		return -1
	}
	return int(n)
}

// answer is an answer of ours as it came to a peer.
type answer struct {
	Type    string
	Actor   coop.IRI
	To      []coop.IRI
	Summary string
	Object  json.RawMessage
}

// about is what an answer is about: the activity with its id, type, actor and object.
func (a answer) about(t *testing.T) (o struct {
	ID, Actor, Object coop.IRI
	Type              string
}) {
	t.Helper()
	if err := json.Unmarshal(a.Object, &o); err != nil {
		t.Fatalf("%v in %s", err, a.Object)
	}
	return o
}

// told are the answers that a peer got to one of its activities, in order.
func told(t *testing.T, p *fedtest.Peer, activity any) (list []answer) {
	t.Helper()
	for _, g := range p.Got("Accept", "Reject", "Ignore") {
		var a answer
		if err := json.Unmarshal(g.Body, &a); err != nil {
			t.Fatal(err)
		}
		if !g.Verified {
			t.Errorf("not signed by whom it is of: %s", g.Body)
		}
		if activity == nil || strings.Contains(string(a.Object), fmt.Sprintf("%q", activity)) {
			list = append(list, a)
		}
	}
	return list
}

// types are the types of answers.
func types(list []answer) string {
	out := make([]string, len(list))
	for k, a := range list {
		out[k] = a.Type
	}
	return strings.Join(out, " ")
}

// FEP-8a8e: each dialect means the same, and only a question is
// answered.
func TestEveryDialectOfAnAnswerToAnEventIsUnderstood(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		peer := n.Peer("peer.example")
		id := event(a, nil)
		n.Quiet()
		for k, c := range []struct {
			what, form string
			object     any
			state      coop.RSVPState
			answers    string
		}{
			{"Mobilizon", "Join", id, coop.RSVPGoing, "Accept"},
			{"Bonfire", "TentativeAccept", id, coop.RSVPMaybe, ""},
			{"Friendica", "Accept", id, coop.RSVPGoing, ""},
			{"Friendica declines", "Reject", id, coop.RSVPDeclined, ""},
			{"Gathio embeds the event", "Accept", fedtest.Document{"type": "Event", "id": id, "name": "The assembly"}, coop.RSVPGoing, ""},
			{"Mobilizon embeds it", "Join", fedtest.Document{"type": "Event", "id": id}, coop.RSVPGoing, "Accept"},
		} {
			who := peer.Another(fmt.Sprint("/users/", k))
			rsvp := said(who, c.form, c.object)
			wants(t, c.what, who.Send(a.Site.SharedInbox(), rsvp), http.StatusAccepted)
			n.Quiet()
			row := answers(t, a, id)[who.ID]
			if row.State != c.state || row.Form != c.form || row.Activity != rsvp["id"] || row.Coop != a.Coop {
				t.Errorf("%s: got %+v", c.what, row)
			}
			got := told(t, peer, rsvp["id"])
			if types(got) != c.answers {
				t.Errorf("%s: was told %q, want %q", c.what, types(got), c.answers)
			}
			if len(got) == 1 {
				about := got[0].about(t)
				if got[0].Actor != a.Actor() || !slices.Equal(got[0].To, []coop.IRI{who.ID}) || about.Type != c.form || about.Actor != who.ID || about.Object != id {
					t.Errorf("%s: got %+v about %s", c.what, got[0], got[0].Object)
				}
			}
		}
		time.Sleep(61 * time.Second)
		o := object(t, a, id)
		if total(o, "attendees") != 4 || o["participantCount"] != 4.0 || o["joinMode"] != "free" {
			t.Errorf("got %v, %v, %v", o["attendees"], o["participantCount"], o["joinMode"])
		}
	}, fedtest.Calm())
}

// Taken back in each way that servers have, and only by who gave it.
func TestAnswersToEventsAreTakenBack(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, evil := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("evil.example")
		inbox := a.Site.SharedInbox()
		id := event(a, nil)
		for what, undo := range map[string]func(rsvp fedtest.Document) (kind string, object any){
			"Leave":              func(fedtest.Document) (string, any) { return "Leave", id },
			"Leave, embedded":    func(fedtest.Document) (string, any) { return "Leave", fedtest.Document{"type": "Event", "id": id} },
			"Undo by id":         func(r fedtest.Document) (string, any) { return "Undo", r["id"] },
			"Undo, embedded":     func(r fedtest.Document) (string, any) { return "Undo", r },
			"Undo without an id": func(r fedtest.Document) (string, any) { return "Undo", change(r, "id", nil) },
		} {
			for _, form := range []string{"Join", "Accept", "TentativeAccept", "Reject"} {
				rsvp := said(peer, form, id)
				kind, object := undo(rsvp)
				wants(t, form, peer.Send(inbox, rsvp), http.StatusAccepted)
				before := stateOf(t, a, id, peer.ID)
				wants(t, what, evil.Send(inbox, said(evil, kind, object)), http.StatusAccepted)
				if got := stateOf(t, a, id, peer.ID); got == "" || got != before {
					t.Fatalf("%s of %s by another left %q, was %q", what, form, got, before)
				}
				time.Sleep(2 * time.Second)
				end := said(peer, kind, object)
				wants(t, what, peer.Send(inbox, end), http.StatusAccepted)
				wants(t, what+", twice", peer.Send(inbox, end), http.StatusAccepted)
				if got := stateOf(t, a, id, peer.ID); got != "" {
					t.Errorf("%s of %s left %q", what, form, got)
				}
				time.Sleep(time.Hour)
			}
		}
	}, fedtest.Calm())
}

// Requests overtake each other: whatever the order, what was said last counts.
func TestAnEarlierAnswerThatComesLaterChangesNothing(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		inbox := a.Site.SharedInbox()
		id := event(a, nil)
		for what, end := range map[string]func(join fedtest.Document) fedtest.Document{
			"Leave":          func(fedtest.Document) fedtest.Document { return said(peer, "Leave", id) },
			"Undo by id":     func(j fedtest.Document) fedtest.Document { return said(peer, "Undo", j["id"]) },
			"Undo, embedded": func(j fedtest.Document) fedtest.Document { return said(peer, "Undo", j) },
		} {
			join := said(peer, "Join", id)
			wants(t, what, peer.Send(inbox, end(join)), http.StatusAccepted)
			wants(t, "Join that comes late", peer.Send(inbox, join), http.StatusAccepted)
			if got := stateOf(t, a, id, peer.ID); got != "" {
				t.Errorf("a Join behind its %s left %q", what, got)
			}
			time.Sleep(time.Hour)
			wants(t, "another Join", peer.Send(inbox, said(peer, "Join", id)), http.StatusAccepted)
			if got := stateOf(t, a, id, peer.ID); got != coop.RSVPGoing {
				t.Errorf("after %s nobody could join any more: %q", what, got)
			}
			time.Sleep(time.Hour)
			wants(t, "Leave", peer.Send(inbox, said(peer, "Leave", id)), http.StatusAccepted)
			time.Sleep(time.Hour)
		}
		accept, maybe := said(peer, "Accept", id), said(peer, "TentativeAccept", id)
		peer.Send(inbox, accept)
		peer.Send(inbox, maybe)
		peer.Send(inbox, said(peer, "Undo", accept)) // Friendica undoes the answer before, behind the new one
		if got := stateOf(t, a, id, peer.ID); got != coop.RSVPMaybe {
			t.Errorf("the Undo of an earlier answer left %q", got)
		}
	}, fedtest.Calm())
}

// What cannot be joined is answered so, and leaves nothing behind.
func TestEventThatCannotBeJoinedIsNotJoined(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		inbox := a.Site.SharedInbox()
		cancelled, gone := event(a, nil), event(a, nil)
		external := event(a, fedtest.Document{"joinMode": "external", "externalParticipationUrl": "https://tickets.example/1"})
		over := event(a, nil)
		_, report := a.Publish(fedtest.Report("Nothing to join"))
		a.Update(cancelled, fedtest.Document{"eventStatus": "EventCancelled"})
		a.Delete(gone)
		n.Quiet()
		for _, c := range []struct {
			what   string
			id     coop.IRI
			status int
			told   string
		}{
			{"cancelled", cancelled, http.StatusAccepted, "Reject"}, {"external", external, http.StatusAccepted, "Ignore"},
			{"withdrawn", gone, http.StatusAccepted, ""}, {"a report", report, http.StatusNotFound, ""},
			{"unknown", a.Site.Object(coop.Meetup, "01ARYZ6S41TSV4RRFFQ69G5FAV"), http.StatusNotFound, ""},
			{"elsewhere", "https://elsewhere.example/events/1", http.StatusNotFound, ""},
			{"by another name", coop.IRI(strings.Replace(string(over), "/events/", "/reports/", 1)), http.StatusNotFound, ""},
		} {
			join := said(peer, "Join", c.id)
			wants(t, c.what, peer.Send(inbox, join), c.status)
			n.Quiet()
			got := told(t, peer, join["id"])
			if types(got) != c.told {
				t.Errorf("%s: told %q", c.what, types(got))
			}
			if c.told == "Reject" && got[0].Summary != "The event was cancelled" {
				t.Errorf("%s: told %q", c.what, got[0].Summary)
			}
			for _, form := range []string{"Accept", "TentativeAccept", "Reject", "Leave"} {
				rsvp := said(peer, form, c.id)
				wants(t, c.what, peer.Send(inbox, rsvp), http.StatusAccepted)
				n.Quiet()
				if form != "Reject" || c.id != cancelled && c.id != external {
					if got := told(t, peer, rsvp["id"]); len(got) != 0 {
						t.Errorf("%s: %s was answered with %q", c.what, form, types(got))
					}
				}
			}
			if ref, ok := a.Site.Parse(c.id); ok {
				tally, err := a.DB.Tally(t.Context(), ref.ID)
				if tally.Comments = 0; err != nil || tally != (coop.Tally{}) { // that it was cancelled is told in a reply
					t.Errorf("%s: got %+v (%v)", c.what, tally, err)
				}
			}
		}
	}, fedtest.Calm())
}

func TestEventThatIsOverOrElsewhereSaysSo(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		inbox := a.Site.SharedInbox()
		external, over := event(a, fedtest.Document{"joinMode": "external", "externalParticipationUrl": "https://tickets.example/1"}), event(a, nil)
		time.Sleep(9 * 24 * time.Hour)
		late := said(peer, "Join", over)
		wants(t, "over", peer.Send(inbox, late), http.StatusAccepted)
		n.Quiet()
		if got := told(t, peer, late["id"]); types(got) != "Reject" || got[0].Summary != "The event is over" {
			t.Errorf("over: told %+v", got)
		}
		if o := object(t, a, external); o["joinMode"] != "external" || o["attendees"] != nil || o["participantCount"] != nil {
			t.Errorf("an event that is joined elsewhere says %v %v", o["joinMode"], o["attendees"])
		}
		if status, _ := a.Get(external + "/attendees"); status != http.StatusNotFound {
			t.Errorf("got %d", status)
		}
	}, fedtest.Calm())
}

// A Join that comes again means that the Accept was lost: it is answered again, and
// who has a seat keeps it, as does who waits its place.
func TestRepeatedJoinIsAnsweredAgainAndChangesNothing(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, one := n.Instance("a.example"), n.Peer("one.example")
		two, three := one.Elsewhere("two.example"), one.Elsewhere("three.example")
		inbox := a.Site.SharedInbox()
		id := event(a, fedtest.Document{"maximumAttendeeCapacity": 1})
		for range 3 {
			for _, p := range []*fedtest.Peer{one, two, three} {
				p.Send(inbox, said(p, "Join", id))
			}
			n.Quiet()
			time.Sleep(time.Minute)
		}
		join := said(two, "Join", id)
		two.Send(inbox, join)
		two.Send(inbox, join) // the same request
		n.Quiet()
		for p, want := range map[*fedtest.Peer]string{one: "Accept Accept Accept", two: "Reject Reject Reject Reject", three: "Reject Reject Reject"} {
			if got := types(told(t, p, nil)); got != want {
				t.Errorf("%s was told %q", p.Host, got)
			}
		}
		if row := answers(t, a, id)[two.ID]; row.Activity != join["id"] {
			t.Errorf("got %+v", row)
		}
		one.Send(inbox, said(one, "Leave", id))
		n.Quiet()
		got := told(t, two, nil)
		if last := got[len(got)-1]; last.Type != "Accept" || last.about(t).ID != join["id"] {
			t.Errorf("got %+v", last)
		}
		if got := stateOf(t, a, id, three.ID); got != coop.RSVPWaiting {
			t.Errorf("who came last is %q", got)
		}
	}, fedtest.Calm())
}

// A change of an event concerns those who answered it, whether they follow or not;
// each server is told once.
func TestWhoAnsweredAnEventIsToldOfItsChanges(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, one, shared := n.Instance("a.example"), n.Peer("one.example"), n.Peer("shared.example")
		not := one.Elsewhere("not.example")
		inbox := a.Site.SharedInbox()
		id := event(a, nil)
		box := change(shared.Document(), "endpoints", fedtest.Document{"sharedInbox": shared.Inbox})
		shared.Serve("/actor", ld, box)
		for k := range 3 {
			p := shared.Another(fmt.Sprint("/users/", k))
			shared.Serve(fmt.Sprint("/users/", k), ld, change(change(p.Document(), "inbox", fmt.Sprint("https://shared.example/users/", k, "/inbox")), "endpoints", fedtest.Document{"sharedInbox": shared.Inbox}))
			wants(t, "Join", p.Send(inbox, said(p, "Join", id)), http.StatusAccepted)
		}
		shared.Follows(a, a.Actor())
		one.Send(inbox, said(one, "TentativeAccept", id))
		not.Send(inbox, said(not, "Reject", id))
		n.Quiet()
		update := a.Update(id, fedtest.Document{"name": "The assembly, elsewhere"})
		n.Quiet()
		deleted := a.Delete(id)
		n.Quiet()
		for _, activity := range []coop.IRI{update, deleted} {
			if got := n.Reached(activity); !slices.Equal(got, []string{"one.example", "shared.example"}) {
				t.Errorf("%s came to %v", activity, got)
			}
		}
		if got := len(shared.Got("Update")); got != 1 {
			t.Errorf("one server was told %d times", got)
		}
		if ref, _ := a.Site.Parse(id); len(answers(t, a, id)) != 0 {
			t.Errorf("%s is withdrawn and has RSVPs", ref.ID)
		}
	}, fedtest.Calm())
}

// What Mobilizon sends, and what it looks for in the answer: the
// Join with its id, from the event's own co-op, to who joined.
func TestMobilizonGetsTheAnswerThatItLooksFor(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("mobilizon.example")
		carol := peer.Another("/@carol")
		id := event(a, nil)
		join := fedtest.Document{
			"@context": []any{"https://litepub.social/litepub/context.jsonld", "https://www.w3.org/ns/activitystreams", fedtest.Document{
				"mz": "https://joinmobilizon.org/ns#", "participationMessage": fedtest.Document{"@id": "mz:participationMessage", "@type": "sc:Text"},
			}},
			"type": "Join", "id": "https://mobilizon.example/join/event/8d4f7c1e-90a6-4c50-a1ec-07a9d53c3f6b", "actor": carol.ID, "object": id,
			"participationMessage": nil, "attributedTo": carol.ID, "to": []any{carol.ID, a.Actor()}, "cc": []any{}, "published": "2000-01-01T00:00:00Z",
		}
		wants(t, "Join", carol.Send(a.Site.SharedInbox(), join), http.StatusAccepted)
		n.Quiet()
		got := peer.Got("Accept")
		if len(got) != 1 || !got[0].Verified {
			t.Fatalf("got %+v", peer.Got())
		}
		var doc map[string]any
		if err := json.Unmarshal(got[0].Body, &doc); err != nil {
			t.Fatal(err)
		}
		delete(doc, "@context")
		want := map[string]any{
			"id": got[0].ID, "type": "Accept", "actor": string(a.Actor()), "to": []any{string(carol.ID)},
			"object": map[string]any{"id": join["id"], "type": "Join", "actor": string(carol.ID), "object": string(id)},
		}
		if diff := cmp.Diff(want, doc); diff != "" {
			t.Error(diff)
		}
		if status, _ := a.Get(coop.IRI(got[0].ID)); status != http.StatusNotFound {
			t.Errorf("its id answers a stranger %d", status)
		}
		if status, body := signedGet(t, a, peer, coop.IRI(got[0].ID)); status != http.StatusOK || !bytes.Equal(body, got[0].Body) {
			t.Errorf("its id answers its server %d %s", status, body)
		}
	}, fedtest.Calm())
}
