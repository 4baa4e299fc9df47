// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"plenum/activity"
	"plenum/coop"
	"plenum/fedtest"
	"plenum/keys"
)

// docs/security.md S27: what is passed on counts by a proof of its author, with a
// key that the author's own document lists for that, and by nothing else.
func TestActivityThatIsPassedOnCountsByTheProofOfItsAuthor(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, author, other, evil := n.Instance("a.example"), n.Peer("author.example"), n.Peer("other.example"), n.Peer("evil.example")
		author.Befriends(a)
		author.ServeMultikey()
		evil.ServeMultikey()
		inbox := a.Site.SharedInbox()
		pass := func(by *fedtest.Peer, doc fedtest.Document) int { return by.Send(inbox, doc) }
		time.Sleep(time.Hour) // what we know of the author has no such key: it is read again once

		good := author.Prove(said(author, "Create", author.Note("passed on")))
		wants(t, "by its author's proof", pass(other, good), http.StatusAccepted)
		if got := a.Names(); got != "passed on" {
			t.Fatalf("kept %q", got)
		}
		for _, r := range a.Received() {
			if r.By != author.ID || r.KeyID != author.EdwardsID() {
				t.Errorf("kept as said by %s with %s", r.By, r.KeyID)
			}
		}
		forged := func(doc fedtest.Document, method coop.IRI, key ed25519.PrivateKey, at time.Time) fedtest.Document {
			raw, err := keys.SignProof(doc.Bytes(), method, key, at)
			if err != nil {
				t.Fatal(err)
			}
			return document(t, raw)
		}
		next := said(author, "Create", author.Note("forged"))
		proof := func(changes ...any) fedtest.Document {
			out := author.Prove(next)
			p := out["proof"].(map[string]any)
			for k := 0; k < len(changes); k += 2 {
				p[changes[k].(string)] = changes[k+1]
			}
			return out
		}
		for what, doc := range map[string]fedtest.Document{
			"a null":                           change(next, "proof", []any{}),
			"a proof of somebody else":         evil.Prove(next),
			"the author's key id, another key": forged(next, author.EdwardsID(), evil.Edwards(), time.Now()),
			"another key of the author":        forged(next, author.KeyID, evil.Edwards(), time.Now()),
			"a key that nobody lists":          forged(next, author.ID+"#other", author.Edwards(), time.Now()),
			"changed afterwards":               change(proof(), "to", evil.ID),
			"another actor":                    change(proof(), "actor", other.ID),
			"for something else":               proof("proofPurpose", "authentication"),
			"a week and a day old":             forged(next, author.EdwardsID(), author.Edwards(), time.Now().Add(-8*24*time.Hour)),
			"two hours ahead":                  forged(next, author.EdwardsID(), author.Edwards(), time.Now().Add(2*time.Hour)),
			"of Linked Data too":               change(forged(next, author.EdwardsID(), evil.Edwards(), time.Now()), "signature", linked(author)),
		} {
			wants(t, what, pass(evil, doc), http.StatusUnauthorized)
		}
		unsigned := evil.Letter(inbox, author.Prove(next))
		unsigned.Key = other.Key
		wants(t, "a good proof in a request that nobody proved", evil.Post(unsigned), http.StatusUnauthorized)
		if got := a.Names(); got != "passed on" {
			t.Errorf("kept %q", got)
		}
		wants(t, "once more, by another", pass(evil, good), http.StatusAccepted)
		wants(t, "its Delete, by another", pass(evil, author.Prove(said(author, "Delete", good["object"].(map[string]any)["id"]))), http.StatusAccepted)
		if got := a.Names(); got != "" {
			t.Errorf("after its Delete there is %q", got)
		}
	}, fedtest.Calm())
}

// linked is a signature by Linked Data as Mastodon puts it into what it passes on.
func linked(by *fedtest.Peer) fedtest.Document {
	return fedtest.Document{"type": "RsaSignature2017", "creator": by.KeyID, "created": "2018-12-27T10:00:00Z", "signatureValue": "AAAA"}
}

// docs/security.md S27: what is passed on without a proof by its author changes
// nothing, costs no request to its author, and does not stand in the way of the same
// from the author; whoever is proven to bring it is not told to come again.
func TestWhatIsPassedOnWithoutAProofCountsForNothing(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, author, other, evil := n.Instance("a.example"), n.Peer("author.example"), n.Peer("other.example"), n.Peer("evil.example")
		author.Befriends(a)
		author.Follows(a, a.Actor())
		policy(t, a, coop.CommentsOpen)
		_, post := a.Publish(fedtest.Report("A report"))
		inbox := a.Site.SharedInbox()
		note, comment := author.Note("genuine"), reply(author, post, "<p>genuine</p>")
		for _, o := range []fedtest.Document{note, comment} {
			wants(t, "its Create", author.Send(inbox, said(author, "Create", o)), http.StatusAccepted)
		}
		n.Quiet()
		forged := reply(author, post, "<p>forged</p>")
		before := len(n.Exchanges(nil))
		for what, doc := range map[string]fedtest.Document{
			"a Create":           said(author, "Create", forged),
			"one that is no id":  said(author, "Create", forged["id"]),
			"an Update":          said(author, "Update", change(comment, "content", "<p>forged</p>")),
			"a Delete":           said(author, "Delete", note["id"]),
			"of a comment":       said(author, "Delete", fedtest.Document{"type": "Tombstone", "id": comment["id"]}),
			"of the actor":       said(author, "Delete", author.ID),
			"of an unknown one":  said(author, "Delete", author.ID+"s"),
			"an Undo":            said(author, "Undo", fedtest.Document{"type": "Follow", "actor": author.ID, "object": a.Actor()}),
			"a Block":            said(author, "Block", a.Actor()),
			"a Like":             said(author, "Like", post),
			"an Update of actor": said(author, "Update", author.Document()),
			"a Move":             change(said(author, "Move", author.ID), "target", evil.ID),
		} {
			for _, signature := range []any{nil, linked(author)} {
				doc := change(doc, "signature", signature)
				wants(t, what, other.Send(inbox, doc), http.StatusAccepted)
				unproven := evil.Letter(inbox, doc)
				unproven.KeyID = other.KeyID
				wants(t, what+" in a request that nobody proved", evil.Post(unproven), http.StatusUnauthorized)
			}
		}
		for _, e := range n.Exchanges(nil)[before:] {
			if e.From == "a.example" && e.To != "other.example" {
				t.Errorf("%s was asked for something", e.To)
			}
		}
		n.Quiet()
		all := comments(t, a, post)
		if c := all[comment["id"].(coop.IRI)]; len(all) != 1 || c.Text != "genuine" || a.Names() != "genuine" {
			t.Errorf("got %+v and %q", all, a.Names())
		}
		if a.Followers(a.Coop)[author.ID] == "" || total(object(t, a, post), "likes") != 0 {
			t.Error("an Undo or a Like counted")
		}
		wants(t, "from its author", author.Send(inbox, said(author, "Create", forged)), http.StatusAccepted)
		if got := comments(t, a, post); len(got) != 2 {
			t.Errorf("what was passed on before stands in the way: %+v", got)
		}
		a.Control(http.MethodPost, "/control/moderation/rules", fedtest.Document{"target": "other.example", "level": "refuse"}, nil)
		wants(t, "by who is refused", other.Send(inbox, said(author, "Like", post)), http.StatusForbidden)
	}, fedtest.Calm())
}

// A neighbour on the author's host passes on as a stranger does.
func TestNeighbourPassesOnLikeAStranger(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, author := n.Instance("a.example"), n.Peer("author.example")
		author.Befriends(a)
		author.ServeMultikey()
		time.Sleep(time.Hour)
		neighbour := author.Another("/neighbour")
		doc := said(author, "Create", author.Note("from next door"))
		wants(t, "without a proof", neighbour.Send(a.Site.SharedInbox(), doc), http.StatusUnauthorized)
		time.Sleep(time.Hour)
		wants(t, "with one", neighbour.Send(a.Site.SharedInbox(), author.Prove(doc)), http.StatusAccepted)
		if got := a.Names(); got != "from next door" {
			t.Errorf("kept %q", got)
		}
	}, fedtest.Calm())
}

// A key that has expired proves nothing, and neither does one that its actor lists
// for requests alone. FEP-521a.
func TestKeyProvesDocumentsOnlyWhereItIsListedForThat(t *testing.T) {
	t.Parallel()
	for what, spoil := range map[string]func(p *fedtest.Peer, doc fedtest.Document){
		"expired": func(_ *fedtest.Peer, doc fedtest.Document) {
			doc["assertionMethod"].([]any)[0].(fedtest.Document)["expires"] = time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
		},
		"for requests": func(p *fedtest.Peer, doc fedtest.Document) {
			delete(doc, "assertionMethod")
			pem, err := keys.EncodePublic(p.Edwards().Public())
			if err != nil {
				t.Error(err)
			}
			doc["publicKey"] = []any{doc["publicKey"], fedtest.Document{"id": p.EdwardsID(), "owner": p.ID, "publicKeyPem": pem}}
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, author, other := n.Instance("a.example"), n.Peer("author.example"), n.Peer("other.example")
				doc := author.WithMultikey()
				spoil(author, doc)
				author.Serve("/actor", ld, doc)
				author.Befriends(a)
				wants(t, what, other.Send(a.Site.SharedInbox(), author.Prove(said(author, "Create", author.Note("x")))), http.StatusUnauthorized)
			}, fedtest.Calm())
		})
	}
}

// Requests can be signed with keys of Ed25519 in both forms. RFC 9421 §3.3.6,
// draft-cavage-12 §2.1.
func TestRequestsSignedWithEd25519AreTaken(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.ServeMultikey()
		letter := peer.Letter(a.Site.SharedInbox(), said(peer, "Follow", a.Actor()))
		letter.Signed = func(r *http.Request) {
			if err := keys.Sign9421(r, letter.Body, peer.EdwardsID(), peer.Edwards(), time.Now()); err != nil {
				t.Error(err)
			}
		}
		wants(t, "a Follow", peer.Post(letter), http.StatusAccepted)
		if got := a.Followers(a.Coop); got[peer.ID] == "" {
			t.Errorf("got %v", got)
		}
	}, fedtest.Calm())
}

// A key that has expired or was revoked signs no requests either. FEP-521a.
func TestKeyWhoseTimeIsOverSignsNoRequests(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"expires", "revoked"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
				a, peer := n.Instance("a.example"), n.Peer("peer.example")
				doc := peer.WithMultikey()
				doc["assertionMethod"].([]any)[0].(fedtest.Document)[end] = time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
				peer.Serve("/actor", ld, doc)
				follow := func() int {
					letter := peer.Letter(a.Site.SharedInbox(), said(peer, "Follow", a.Actor()))
					letter.Signed = func(r *http.Request) {
						if err := keys.Sign9421(r, letter.Body, peer.EdwardsID(), peer.Edwards(), time.Now()); err != nil {
							t.Error(err)
						}
					}
					return peer.Post(letter)
				}
				wants(t, "before", follow(), http.StatusAccepted)
				time.Sleep(2 * time.Minute)
				wants(t, "afterwards", follow(), http.StatusUnauthorized)
			}, fedtest.Calm())
		})
	}
}

// docs/security.md K02, D11: what is passed on makes us ask for two documents at
// most, and again only after a while.
func TestPassedOnActivitiesCostFewFetches(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, author, evil := n.Instance("a.example"), n.Peer("author.example"), n.Peer("evil.example")
		author.ServeMultikey()
		for range 50 {
			raw, err := keys.SignProof(said(author, "Like", a.Actor()).Bytes(), author.EdwardsID(), evil.Edwards(), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			wants(t, "a forged proof", evil.Send(a.Site.SharedInbox(), document(t, raw)), http.StatusUnauthorized)
		}
		if got := n.Exchanges(func(e fedtest.Exchange) bool { return e.From == "a.example" }); len(got) > 4 {
			t.Errorf("%d requests were made", len(got))
		}
		before := len(n.Exchanges(nil))
		stranger := author.Elsewhere("stranger.example")
		l := evil.Letter(a.Site.SharedInbox(), author.Prove(said(author, "Like", a.Actor())))
		l.KeyID, l.Key = stranger.KeyID, evil.Key // proves nothing
		wants(t, "a request that proves nothing", evil.Post(l), http.StatusUnauthorized)
		for _, e := range n.Exchanges(nil)[before:] {
			if strings.Contains(e.To, "author") {
				t.Errorf("the author was asked for although nobody proved to have sent it")
			}
		}
	}, fedtest.Calm())
}

// A document with a proof as Fedify writes it passes the scan, although its context
// has names that differ by case only.
func TestDocumentThatFedifySignedPassesTheScan(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../keys/testdata/fedify_create.json")
	if err != nil {
		t.Fatal(err)
	}
	in, err := activity.Decode(raw, false)
	if err != nil || in.Head().Actor != "https://fedify.example/users/peer" || !keys.HasProof(in.Head().Raw) {
		t.Errorf("got %+v (%v)", in, err)
	}
}

func document(t *testing.T, raw []byte) (d fedtest.Document) {
	t.Helper()
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// docs/security.md D49: who passes on again what its author has proven once uses up
// nothing of what the author may do, whatever became of it.
func TestWhatIsPassedOnAgainIsNotChargedToItsAuthor(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, author, evil := n.Instance("a.example"), n.Peer("author.example"), n.Peer("evil.example")
		author.ServeMultikey()
		evil.Befriends(a)
		policy(t, a, coop.CommentsOpen)
		_, post := a.Publish(fedtest.Report("A report"))
		inbox := a.Site.SharedInbox()
		stays, goes := reply(author, post, "<p>stays</p>"), reply(author, post, "<p>goes</p>")
		like, undone := author.Prove(said(author, "Like", post)), author.Prove(said(author, "Like", post))
		all := []fedtest.Document{author.Prove(said(author, "Create", stays)), author.Prove(said(author, "Create", goes)), undone, like}
		for _, doc := range all {
			wants(t, "from its author", author.Send(inbox, doc), http.StatusAccepted)
		}
		wants(t, "a Delete", author.Send(inbox, said(author, "Delete", goes["id"])), http.StatusAccepted)
		for range 310 { // more than an actor may react within an hour
			for _, doc := range all {
				if got := evil.Send(inbox, doc); got != http.StatusAccepted {
					t.Fatalf("once more, by another: %d", got)
				}
			}
			time.Sleep(time.Second)
		}
		wants(t, "another Like", author.Send(inbox, said(author, "Announce", post)), http.StatusAccepted)
		wants(t, "another comment", author.Send(inbox, said(author, "Create", reply(author, post, "<p>again</p>"))), http.StatusAccepted)
		if got := comments(t, a, post); len(got) != 2 || got[stays["id"].(coop.IRI)].Text != "stays" {
			t.Errorf("got %+v", got)
		}
	}, fedtest.Calm())
}

// A comment that comes to several inboxes of ours, or again because our answer was
// lost, is one.
func TestCommentThatComesAgainIsChargedOnce(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		policy(t, a, coop.CommentsOpen)
		_, post := a.Publish(fedtest.Report("A report"))
		doc := said(peer, "Create", reply(peer, post, "<p>once</p>"))
		for range 30 {
			wants(t, "a Create", peer.Send(a.Site.SharedInbox(), doc), http.StatusAccepted)
		}
		wants(t, "another", peer.Send(a.Site.SharedInbox(), said(peer, "Create", reply(peer, post, "<p>twice</p>"))), http.StatusAccepted)
		if got := comments(t, a, post); len(got) != 2 {
			t.Errorf("got %+v", got)
		}
	}, fedtest.Calm())
}
