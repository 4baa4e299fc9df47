// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"plenum/coop"
	"plenum/federation"
	"plenum/fedtest"
)

// office is a co-op with its people.
type office struct {
	t *testing.T
	*fedtest.Instance
	peer                  *fedtest.Peer
	editor, second, chief coop.Principal
}

func newOffice(t *testing.T, n *fedtest.Network, twoPeople bool) office {
	t.Helper()
	d := office{t: t, Instance: n.Instance("a.example"), peer: n.Peer("peer.example")}
	who := func(id coop.ID, r coop.Role) coop.Principal {
		return coop.Principal{Coop: d.Coop, Role: r, Member: id, By: "member " + string(id)}
	}
	d.editor, d.second, d.chief = who("EDE", coop.Editor), who("PIA", coop.Publisher), who("ADA", coop.Admin)
	d.peer.Follows(d.Instance, d.Actor())
	c, err := d.DB.Coop(t.Context(), d.Coop)
	if err != nil {
		t.Fatal(err)
	}
	c.TwoPeople = twoPeople
	if err := d.DB.ReviseCoop(t.Context(), c, coop.Outgoing{}); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d office) submit(who coop.Principal, doc fedtest.Document) federation.Submitted {
	d.t.Helper()
	done, err := d.Fed.Submit(d.t.Context(), who, doc.Bytes(), "")
	if err != nil {
		d.t.Fatal(err)
	}
	return done
}

func (d office) accept(who coop.Principal, id coop.ID) coop.Code {
	_, err := d.Fed.AcceptProposal(d.t.Context(), who, id, "well done")
	return coop.CodeOf(err)
}

// proposes submits what somebody else has to agree to, and makes sure that nothing
// comes of it before.
func (d office) proposes(n *fedtest.Network, who coop.Principal, doc fedtest.Document) coop.ID {
	d.t.Helper()
	n.Quiet()
	before := len(d.peer.Got())
	done := d.submit(who, doc)
	n.Quiet()
	if !done.Proposed || done.Proposal.ID == "" || done.Location != d.Site.Proposal(d.Coop, done.Proposal.ID) || len(d.peer.Got()) != before {
		d.t.Fatalf("%v was done at once: %+v %s", doc, done, done.Body)
	}
	if !bytes.Contains(done.Body, []byte(`"plenum:proposal":"`+string(done.Proposal.ID))) {
		d.t.Errorf("got %s", done.Body)
	}
	return done.Proposal.ID
}

// What an editor submits the world hears of once a publisher agrees.
func TestAnEditorProposes(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		d := newOffice(t, n, false)
		id := d.proposes(n, d.editor, fedtest.Report("By the editor"))
		p, err := d.DB.Proposal(t.Context(), id)
		if err != nil || p.What != "Create" || p.Title != "By the editor" || p.By != "member EDE" || p.State != coop.ProposalOpen {
			t.Fatalf("got %+v (%v)", p, err)
		}
		stranger := coop.Principal{Coop: "another", Role: coop.Admin, Member: "X"}
		for what, c := range map[string]struct {
			who  coop.Principal
			want coop.Code
		}{"by an editor": {d.editor, coop.Forbidden}, "by another co-op": {stranger, coop.NotFound}} {
			if got := d.accept(c.who, id); got != c.want {
				t.Errorf("accepted %s: got %q", what, got)
			}
		}
		if got := d.accept(d.second, id); got != "" {
			t.Fatalf("got %q", got)
		}
		n.Quiet()
		p, err = d.DB.Proposal(t.Context(), id)
		if err != nil || p.State != coop.ProposalAccepted || p.Settler != "member PIA" || p.Why != "well done" || p.Result == "" || len(d.peer.Got("Create")) != 1 {
			t.Errorf("got %+v (%v), told %d times", p, err, len(d.peer.Got("Create")))
		}
		posts, err := d.DB.Posts(t.Context(), coop.PostQuery{Coop: d.Coop})
		if err != nil || len(posts) != 1 || posts[0].By != "member EDE" || posts[0].Author != "member EDE" {
			t.Errorf("got %+v (%v)", posts, err)
		}
		log, err := d.DB.Decisions(t.Context(), coop.DecisionQuery{Coop: d.Coop})
		if err != nil || !slices.ContainsFunc(log, func(d coop.Decision) bool {
			return d.What == "post publish" && d.By == "member PIA" && d.Why == "proposed by member EDE: well done"
		}) {
			t.Errorf("the log says %+v (%v)", log, err)
		}
		for what, got := range map[string]coop.Code{"accepted again": d.accept(d.chief, id), "rejected": reject(d, d.chief, id)} {
			if got != coop.Conflict {
				t.Errorf("%s: got %q", what, got)
			}
		}
		object := d.Site.Object(posts[0].Kind, posts[0].ID)
		for _, doc := range []fedtest.Document{
			{"type": "Update", "object": fedtest.Document{"id": object, "summary": "Shorter"}}, {"type": "Delete", "object": object},
		} {
			if got := d.accept(d.second, d.proposes(n, d.editor, doc)); got != "" {
				t.Errorf("%v: got %q", doc["type"], got)
			}
		}
		n.Quiet()
		if len(d.peer.Got("Update")) != 1 || len(d.peer.Got("Delete")) != 1 {
			t.Errorf("told %d and %d times", len(d.peer.Got("Update")), len(d.peer.Got("Delete")))
		}
	}, fedtest.Calm())
}

func reject(d office, who coop.Principal, id coop.ID) coop.Code {
	_, err := d.Fed.RejectProposal(d.t.Context(), who, id, "no")
	return coop.CodeOf(err)
}

// Where two have to agree, nobody publishes alone, however they come.
func TestInACoopOfTwoPeopleNobodyPublishesAlone(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		d := newOffice(t, n, true)
		machine := coop.Principal{Coop: d.Coop, Role: coop.Admin, By: "root"}
		token := coop.Principal{Coop: d.Coop, Role: coop.Publisher, Token: "T1", By: "token"}
		byToken := d.chief
		byToken.Token = "T2" // the same person by another door
		for _, who := range []coop.Principal{d.second, d.chief, machine, token} {
			id := d.proposes(n, who, fedtest.Report("By "+who.By))
			if got := d.accept(who, id); got != coop.Forbidden {
				t.Errorf("%s accepted what was their own: %q", who.By, got)
			}
			if who == d.chief {
				if got := d.accept(byToken, id); got != coop.Forbidden {
					t.Errorf("by another door: %q", got)
				}
			}
			if who == token { // made by whoever holds the data
				if got := d.accept(machine, id); got != coop.Forbidden {
					t.Errorf("the machine accepted what its token proposed: %q", got)
				}
			}
			other := d.second
			if who == d.second {
				other = machine
			}
			if got := d.accept(other, id); got != "" {
				t.Errorf("another accepted what %s proposed: %q", who.By, got)
			}
		}
		n.Quiet()
		if got := peerTold(d.peer, "Create"); got != 4 {
			t.Errorf("told %d times", got)
		}
		if got := reject(d, d.second, d.proposes(n, d.second, fedtest.Report("Never"))); got != "" {
			t.Errorf("who proposed it cannot take it back: %q", got)
		}
	}, fedtest.Calm())
}

func peerTold(p *fedtest.Peer, kind string) int { return len(p.Distinct(kind)) }

// Who agrees to publish a draft has read it: a change after the proposal, or a change
// of what is scheduled, is not let through.
func TestWhatIsAgreedToIsWhatIsPublished(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		d := newOffice(t, n, true)
		update := func(id coop.ID, members ...any) fedtest.Document {
			p, err := d.DB.Post(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			return fedtest.Document{"type": "Update", "object": with(fedtest.Document{"id": d.Site.Object(p.Kind, p.ID)}, members...)}
		}
		made := d.submit(d.editor, with(fedtest.Report("A draft"), "plenum:state", "draft"))
		if !made.Draft {
			t.Fatalf("an editor keeps no draft: %+v", made)
		}
		id := made.Post.ID
		publish := d.proposes(n, d.editor, update(id, "plenum:state", "published"))
		if !d.submit(d.editor, update(id, "content", "<p>Something else</p>")).Draft {
			t.Error("an editor does not change a draft")
		}
		if got := d.accept(d.second, publish); got != coop.Conflict {
			t.Errorf("a draft that changed was published: %q", got)
		}
		at := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		schedule := d.proposes(n, d.second, update(id, "plenum:publishAt", at))
		if got := d.accept(d.chief, schedule); got != "" {
			t.Fatalf("got %q", got)
		}
		for what, doc := range map[string]fedtest.Document{
			"its text": update(id, "content", "<p>Not what was agreed</p>"), "its time": update(id, "plenum:publishAt", time.Now().Add(2*time.Hour).UTC().Format(time.RFC3339)),
			"now": update(id, "plenum:state", "published"),
		} {
			if done := d.submit(d.editor, doc); !done.Proposed {
				t.Errorf("%s of what is scheduled was changed alone", what)
			}
		}
		if done, err := d.Fed.PublishDraft(t.Context(), d.second, id, time.Time{}, ""); err != nil || !done.Proposed {
			t.Errorf("got %+v (%v)", done, err)
		}
		time.Sleep(2 * time.Hour)
		n.Quiet()
		if p, err := d.DB.Post(t.Context(), id); err != nil || p.State != coop.Published || p.Text != "Something else" {
			t.Errorf("got %+v (%v)", p, err)
		}
	}, fedtest.Calm())
}

func TestAProposalThatCannotBeDoneIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		d := newOffice(t, n, false)
		for what, doc := range map[string]fedtest.Document{
			"without a title": {"type": "Article", "content": "x"}, "of nothing": {"type": "Delete", "object": d.Site.Object(coop.Report, "01ARYZ6S41TSV4RRFFQ69G5FAV")},
			"in secret": with(fedtest.Report("Secret"), "to", "as:Public", "bcc", "https://x.example/u"),
		} {
			if done, err := d.Fed.Submit(t.Context(), d.editor, doc.Bytes(), ""); err == nil {
				t.Errorf("%s: got %+v", what, done)
			}
		}
		if _, err := d.Fed.Submit(t.Context(), coop.Principal{Coop: d.Coop}, fedtest.Report("Nobody").Bytes(), ""); coop.CodeOf(err) != coop.Forbidden {
			t.Errorf("who has no role: got %v", err)
		}
		if open, err := d.DB.Proposals(t.Context(), coop.ProposalQuery{Coop: d.Coop}); err != nil || len(open) != 0 {
			t.Errorf("got %+v (%v)", open, err)
		}
		first, err := d.Fed.Submit(t.Context(), d.editor, fedtest.Report("Twice").Bytes(), "key")
		again, err2 := d.Fed.Submit(t.Context(), d.editor, fedtest.Report("Twice").Bytes(), "key")
		if err != nil || err2 != nil || !again.Proposed || first.Location != again.Location || !bytes.Equal(first.Body, again.Body) {
			t.Errorf("the same request got %+v (%v)", again, err2)
		}
	}, fedtest.Calm())
}
