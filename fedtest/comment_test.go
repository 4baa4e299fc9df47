// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// reply is a public note of a peer that answers something.
func reply(p *fedtest.Peer, to coop.IRI, html string) fedtest.Document {
	note := p.Note(html)
	delete(note, "name")
	note["inReplyTo"], note["content"], note["url"] = to, html, string(note["id"].(coop.IRI))+"/page"
	return note
}

// policy sets what becomes of replies to the posts of an instance's co-op.
func policy(t *testing.T, a *fedtest.Instance, p coop.CommentPolicy) {
	t.Helper()
	if _, err := a.Fed.SetCoop(t.Context(), "root", a.Coop, func(c *coop.Coop) error { c.Comments = p; return nil }); err != nil {
		t.Fatal(err)
	}
}

// comments are the comments on a post, by their ids.
func comments(t *testing.T, a *fedtest.Instance, post coop.IRI) map[coop.IRI]coop.Comment {
	t.Helper()
	r, ok := a.Site.Parse(post)
	if !ok {
		t.Fatalf("%s is no post", post)
	}
	list, err := a.DB.Comments(t.Context(), coop.CommentQuery{Post: r.ID, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	out := map[coop.IRI]coop.Comment{}
	for _, c := range list {
		out[c.Object] = c
	}
	return out
}

// shown are the replies that anybody can read: the items of all pages.
func shown(t *testing.T, a *fedtest.Instance, post coop.IRI) (ids []coop.IRI) {
	t.Helper()
	time.Sleep(61 * time.Second)
	whole := object(t, a, post+"/replies")
	next, _ := whole["first"].(string)
	for next != "" {
		page := object(t, a, coop.IRI(next))
		for _, i := range page["orderedItems"].([]any) {
			ids = append(ids, coop.IRI(i.(string)))
		}
		next, _ = page["next"].(string)
	}
	if n := whole["totalItems"]; n != float64(len(ids)) {
		t.Errorf("%v replies in all, and %d in the pages", n, len(ids))
	}
	if n := total(object(t, a, post), "replies"); n != len(ids) {
		t.Errorf("the post says %d replies, the pages %d", n, len(ids))
	}
	return ids
}

// AP §7.2, and what each policy makes of a
// reply.
func TestRepliesAreShownOrHeldAsTheCoopWants(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		_, post := a.Publish(fedtest.Report("A report"))
		send := func(doc fedtest.Document) {
			wants(t, "Create", peer.Send(a.Site.SharedInbox(), doc), http.StatusAccepted)
		}
		for policyNow, want := range map[coop.CommentPolicy]coop.CommentState{
			"": coop.CommentHeld, coop.CommentsHeld: coop.CommentHeld, coop.CommentsOpen: coop.CommentShown, coop.CommentsClosed: "",
		} {
			policy(t, a, policyNow)
			note := reply(peer, post, `<p>Thank you<script>alert(1)</script> <img src="https://peer.example/x.png"> <a href="javascript:x">x</a></p>`)
			send(said(peer, "Create", note))
			got := comments(t, a, post)[note["id"].(coop.IRI)]
			if got.State != want {
				t.Errorf("with %q: got %q", policyNow, got.State)
			}
			if want != "" && (got.By != peer.ID || got.Coop != a.Coop || got.InReplyTo != post || got.URL != coop.IRI(note["url"].(string)) || got.Text != "Thank you x" ||
				strings.ContainsAny(got.Body, "(") || strings.Contains(got.Body, "img") || strings.Contains(got.Body, "script")) {
				t.Errorf("got %+v", got)
			}
		}
		policy(t, a, coop.CommentsOpen)
		article := change(change(reply(peer, post, "<p>At length</p>"), "type", "Article"), "name", "An answer")
		send(said(peer, "Create", article))
		if got := comments(t, a, post)[article["id"].(coop.IRI)]; got.Name != "An answer" || got.State != coop.CommentShown {
			t.Errorf("got %+v", got)
		}
		below := reply(peer, article["id"].(coop.IRI), "<p>And below</p>")
		send(said(peer, "Create", below))
		if got := comments(t, a, post)[below["id"].(coop.IRI)]; got.InReplyTo != article["id"] || got.State != coop.CommentShown {
			t.Errorf("an answer to an answer: %+v", got)
		}
		vote := change(change(reply(peer, post, ""), "content", nil), "name", "Yes")
		picture := change(reply(peer, post, ""), "attachment", []any{fedtest.Document{"type": "Image", "url": "https://peer.example/x.png"}})
		nowhere := reply(peer, "https://elsewhere.example/notes/1", "<p>Elsewhere</p>")
		unknown := reply(peer, a.Site.Object(coop.Report, "01ARYZ6S41TSV4RRFFQ69G5FAV"), "<p>Nowhere</p>")
		before := len(comments(t, a, post))
		for _, note := range []fedtest.Document{vote, picture, nowhere, unknown} {
			send(said(peer, "Create", note))
		}
		if got := len(comments(t, a, post)); got != before || a.Names() != "" {
			t.Errorf("kept %d comments and %q", got-before, a.Names())
		}
		if got := shown(t, a, post); len(got) != 3 {
			t.Errorf("got %v", got)
		}
		o := object(t, a, post)
		if o["commentsEnabled"] != true || o["repliesModerationOption"] != "allow_all" {
			t.Errorf("got %v %v", o["commentsEnabled"], o["repliesModerationOption"])
		}
		policy(t, a, coop.CommentsClosed)
		if o := object(t, a, post); o["commentsEnabled"] != false || o["repliesModerationOption"] != "closed" {
			t.Errorf("got %v %v", o["commentsEnabled"], o["repliesModerationOption"])
		}
	}, fedtest.Calm())
}

// docs/security.md L01, L04: what was not written for everybody is in no list, no
// total and no answer, and can never be shown.
func TestPrivateReplyIsNeverShown(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, fan := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("fan.example")
		fan.Follows(a, a.Actor())
		policy(t, a, coop.CommentsOpen)
		_, post := a.Publish(fedtest.Report("A report"))
		n.Quiet()
		var all []coop.IRI
		for k, to := range []any{[]any{a.Actor()}, peer.ID + "/followers", []any{}, a.Site.Of(a.Coop, "followers"), []any{a.Actor(), a.Site.Of(a.Coop, "followers")}} {
			note := change(change(reply(peer, post, fmt.Sprintf("<p>whisper %d</p>", k)), "to", to), "cc", nil)
			create := said(peer, "Create", note)
			create["to"], create["bcc"] = to, []any{a.Actor()}
			wants(t, "Create", peer.Send(a.Site.SharedInbox(), create), http.StatusAccepted)
			all = append(all, note["id"].(coop.IRI))
			update := said(peer, "Update", change(note, "content", fmt.Sprintf("<p>whisper louder %d</p>", k)))
			update["to"] = to
			wants(t, "Update", peer.Send(a.Site.SharedInbox(), update), http.StatusAccepted)
		}
		below := reply(peer, all[0], "<p>beside the whisper</p>")
		wants(t, "a public answer to a private one", peer.Send(a.Site.SharedInbox(), said(peer, "Create", below)), http.StatusAccepted)
		for _, id := range all {
			c := comments(t, a, post)[id]
			if !c.Private || c.State != coop.CommentHeld {
				t.Errorf("got %+v", c)
			}
			if _, err := a.Fed.DecideComment(t.Context(), a.Coop, id, coop.CommentShown, coop.Decision{By: "anna"}); coop.CodeOf(err) != coop.Conflict {
				t.Errorf("showing it: got %v", err)
			}
		}
		n.Quiet()
		if got := shown(t, a, post); len(got) != 0 {
			t.Errorf("got %v", got)
		}
		if len(fan.Got("Create")) != 1 { // the report
			t.Errorf("passed on: %+v", fan.Got("Create"))
		}
		for _, id := range []coop.IRI{post, post + "/replies", post + "/replies/pages/1", a.Site.Of(a.Coop, "outbox")} {
			if _, body := a.Get(id); bytes.Contains(body, []byte("whisper")) || bytes.Contains(body, []byte(peer.Host)) {
				t.Errorf("%s says %s", id, body)
			}
		}
		for _, url := range []coop.IRI{a.Site.Profile(a.Coop), a.Site.Page(a.Coop, "a-report"), a.Site.Network()} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, string(url), http.NoBody)
			r.Header.Set("Accept", "text/html, application/atom+xml")
			res := a.Do(r)
			var body bytes.Buffer
			if _, err := body.ReadFrom(res.Body); err != nil || res.StatusCode != http.StatusOK {
				t.Fatalf("%s: %d (%v)", url, res.StatusCode, err)
			}
			if strings.Contains(body.String(), "whisper") {
				t.Errorf("%s shows a private reply", url)
			}
		}
	}, fedtest.Calm())
}

// Whatever comes twice, in another order, from somebody else or too late leaves what
// the author said last.
func TestCommentIsWhatItsAuthorSaidLast(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, evil := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("evil.example")
		policy(t, a, coop.CommentsOpen)
		_, post := a.Publish(fedtest.Report("A report"))
		_, other := a.Publish(fedtest.Report("Another report"))
		inbox := a.Site.SharedInbox()
		at := func(d fedtest.Document, hours int) fedtest.Document {
			return change(d, "updated", time.Now().Add(time.Duration(hours)*time.Hour).UTC().Format(time.RFC3339))
		}
		text := func(note fedtest.Document) string { return comments(t, a, post)[note["id"].(coop.IRI)].Text }
		send := func(p *fedtest.Peer, kind string, object any) {
			t.Helper()
			wants(t, kind, p.Send(inbox, said(p, kind, object)), http.StatusAccepted)
		}
		note := reply(peer, post, "<p>first</p>")
		send(peer, "Update", at(change(note, "content", "<p>second</p>"), 1)) // before its Create
		send(peer, "Create", note)
		if got := text(note); got != "second" {
			t.Errorf("a Create behind its Update made it %q", got)
		}
		send(peer, "Update", at(change(note, "content", "<p>older</p>"), -1))
		send(evil, "Update", at(change(note, "content", "<p>forged</p>"), 2))
		send(evil, "Update", at(change(change(note, "content", "<p>forged</p>"), "attributedTo", evil.ID), 2))
		send(evil, "Delete", note["id"])
		neighbour := peer.Another("/neighbour")
		send(neighbour, "Update", at(change(note, "content", "<p>forged</p>"), 2))
		send(neighbour, "Delete", note["id"])
		if got := text(note); got != "second" {
			t.Errorf("others made it %q", got)
		}
		send(peer, "Update", at(change(change(note, "content", "<p>third</p>"), "inReplyTo", other), 2))
		if got := comments(t, a, post)[note["id"].(coop.IRI)]; got.Text != "third" || len(comments(t, a, other)) != 0 {
			t.Errorf("an Update moved it: %+v", got)
		}
		send(peer, "Delete", fedtest.Document{"type": "Tombstone", "id": note["id"]})
		send(peer, "Update", at(change(note, "content", "<p>again</p>"), 3))
		if got := comments(t, a, post); len(got) != 0 {
			t.Errorf("what was deleted came back: %+v", got)
		}
		early := reply(peer, post, "<p>never seen</p>")
		send(peer, "Delete", early["id"])
		a.Crash()
		a.Start()
		send(peer, "Create", early)
		if got := comments(t, a, post); len(got) != 0 {
			t.Errorf("a Create behind its Delete was kept: %+v", got)
		}
	}, fedtest.Calm())
}

// docs/security.md O02: nobody writes in the name of another, and nothing is said of
// what is gone.
func TestCommentIsItsAuthorsAndAboutWhatIsThere(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, evil := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("evil.example")
		policy(t, a, coop.CommentsOpen)
		_, post := a.Publish(fedtest.Report("A report"))
		_, other := a.Publish(fedtest.Report("Another report"))
		send := func(p *fedtest.Peer, kind string, object any) {
			t.Helper()
			wants(t, kind, p.Send(a.Site.SharedInbox(), said(p, kind, object)), http.StatusAccepted)
		}
		victim := reply(peer, post, "<p>of the victim</p>")
		forged := change(change(victim, "id", evil.NewID("notes")), "attributedTo", peer.ID)
		send(evil, "Create", forged)
		send(evil, "Create", victim)
		neighbour := evil.Another("/neighbour")
		send(evil, "Create", reply(neighbour, post, "<p>of the neighbour</p>"))
		send(evil, "Create", change(reply(neighbour, post, "<p>of the neighbour</p>"), "attributedTo", []any{neighbour.ID}))
		if got := comments(t, a, post); len(got) != 0 {
			t.Errorf("somebody wrote in the name of another: %+v", got)
		}
		a.Delete(other)
		late := reply(peer, other, "<p>too late</p>")
		send(peer, "Create", late)
		send(peer, "Like", other)
		send(peer, "Announce", other)
		if got := comments(t, a, other); len(got) != 0 {
			t.Errorf("a post that is gone got %+v", got)
		}
	}, fedtest.Calm())
}

// What an author warns of is kept and shown, waits for a decision where it is
// changed, and goes with what is rejected.
func TestWarningStandsBeforeTheText(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		_, post := a.Publish(fedtest.Report("A report"))
		note := change(change(reply(peer, post, "<p>eight legs</p>"), "summary", "Spiders <script>alert(1)</script>"), "sensitive", true)
		id := note["id"].(coop.IRI)
		send := func(kind string, note fedtest.Document) coop.Comment {
			t.Helper()
			wants(t, kind, peer.Send(a.Site.SharedInbox(), said(peer, kind, note)), http.StatusAccepted)
			return comments(t, a, post)[id]
		}
		decide := func(s coop.CommentState) {
			t.Helper()
			if _, err := a.Fed.DecideComment(t.Context(), a.Coop, id, s, coop.Decision{By: "anna"}); err != nil {
				t.Fatal(err)
			}
		}
		page := func() string {
			t.Helper()
			time.Sleep(61 * time.Second)
			res := a.Do(httptest.NewRequestWithContext(t.Context(), http.MethodGet, string(a.Site.Page(a.Coop, "a-report")), http.NoBody))
			var body bytes.Buffer
			if _, err := body.ReadFrom(res.Body); err != nil {
				t.Fatal(err)
			}
			return body.String()
		}
		if got := send("Create", note); got.State != coop.CommentHeld || !got.Sensitive || got.Warning != "Spiders" || got.Text != "eight legs" {
			t.Errorf("got %+v", got)
		}
		decide(coop.CommentShown)
		body := page()
		if at := strings.Index(body, "<details>"); at < 0 || !strings.Contains(body[:strings.Index(body, "eight legs")], "<bdi>Spiders</bdi></summary>") {
			t.Errorf("the page says %s", body)
		}
		later := func(hours int) string {
			return time.Now().Add(time.Duration(hours) * time.Hour).UTC().Format(time.RFC3339)
		}
		changed := change(change(note, "summary", "bad words"), "updated", later(1))
		if got := send("Update", changed); got.State != coop.CommentHeld || got.Warning != "bad words" {
			t.Errorf("a changed warning: %+v", got)
		}
		policy(t, a, coop.CommentsOpen)
		other := change(change(reply(peer, post, "<p>no word</p>"), "sensitive", true), "summary", nil)
		send("Create", other)
		if body := page(); !strings.Contains(body, "Sensitive content</summary>") || strings.Contains(body, "bad words") {
			t.Errorf("the page says %s", body)
		}
		decide(coop.CommentRejected)
		if got := comments(t, a, post)[id]; got.Warning != "" || got.Sensitive {
			t.Errorf("what was rejected warns: %+v", got)
		}
	}, fedtest.Calm())
}

// Only the co-op's own people decide; a rejected comment stays away, and one that is
// changed while the co-op looks at each waits again.
func TestCommentsAreDecidedAbout(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		a.Control(http.MethodPost, "/control/coops", fedtest.Document{"name": "second", "title": "The second co-op"}, nil)
		_, post := a.Publish(fedtest.Report("A report"))
		inbox := a.Site.SharedInbox()
		note := reply(peer, post, "<p>first</p>")
		id := note["id"].(coop.IRI)
		decide := func(n coop.Name, s coop.CommentState) coop.Code {
			_, err := a.Fed.DecideComment(t.Context(), n, id, s, coop.Decision{By: "anna", Why: "because"})
			time.Sleep(time.Second)
			return coop.CodeOf(err)
		}
		update := func(text string, hours int) {
			t.Helper()
			changed := change(change(note, "content", "<p>"+text+"</p>"), "updated", time.Now().Add(time.Duration(hours)*time.Hour).UTC().Format(time.RFC3339))
			wants(t, "Update", peer.Send(inbox, said(peer, "Update", changed)), http.StatusAccepted)
		}
		is := func(what string, state coop.CommentState, text string) {
			t.Helper()
			if got := comments(t, a, post)[id]; got.State != state || got.Text != text {
				t.Errorf("%s: %q, %q", what, got.State, got.Text)
			}
		}
		peer.Send(inbox, said(peer, "Create", note))
		is("at first", coop.CommentHeld, "first")
		if got := decide("second", coop.CommentShown); got != coop.NotFound {
			t.Errorf("another co-op decides: %q", got)
		}
		if got := decide(a.Coop, "nonsense"); got != coop.Invalid {
			t.Errorf("got %q", got)
		}
		is("still", coop.CommentHeld, "first")
		if got := decide(a.Coop, coop.CommentShown); got != "" {
			t.Fatalf("got %q", got)
		}
		if got := shown(t, a, post); !slices.Equal(got, []coop.IRI{id}) {
			t.Errorf("got %v", got)
		}
		update("first", 1)
		is("the same text", coop.CommentShown, "first")
		update("second", 2)
		is("another text", coop.CommentHeld, "second")
		if got := shown(t, a, post); len(got) != 0 {
			t.Errorf("got %v", got)
		}
		if got := decide(a.Coop, coop.CommentRejected); got != "" {
			t.Fatalf("got %q", got)
		}
		update("third", 3)
		peer.Send(inbox, said(peer, "Create", note))
		is("rejected", coop.CommentRejected, "")
		if got := decide(a.Coop, coop.CommentShown); got != coop.Conflict {
			t.Errorf("a rejected one is shown: %q", got)
		}
		log, err := decided(a)
		if err != nil || len(log) != 2 || log[0].What != "comment reject" || log[1].What != "comment show" || log[0].Target != string(id) || log[0].By != "anna" {
			t.Errorf("the log says %+v (%v)", log, err)
		}
	}, fedtest.Calm())
}

func TestWhoIsSilencedWaitsForADecision(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		_, post := a.Publish(fedtest.Report("A report"))
		inbox := a.Site.SharedInbox()
		policy(t, a, coop.CommentsOpen)
		part := peer.Another("/doc#me") // whose document is that of more than one
		peer.Serve("/doc", ld, part.Document())
		says := func(p *fedtest.Peer) coop.CommentState {
			note := reply(p, post, "<p>loud</p>")
			wants(t, "Create", p.Send(inbox, said(p, "Create", note)), http.StatusAccepted)
			return comments(t, a, post)[note["id"].(coop.IRI)].State
		}
		for _, c := range []struct {
			target string
			by     *fedtest.Peer
			other  coop.CommentState // of the other one
		}{{string(peer.ID), peer, coop.CommentShown}, {string(part.ID), part, coop.CommentHeld}, {peer.Host, peer, coop.CommentHeld}} {
			if got := says(c.by); got != coop.CommentShown && c.target != peer.Host {
				t.Errorf("before %s is silenced it is %q", c.target, got)
			}
			rules(t, a, coop.RuleSilence, c.target)
			if got := says(c.by); got != coop.CommentHeld {
				t.Errorf("who is silenced by %s is %q", c.target, got)
			}
			other := map[*fedtest.Peer]*fedtest.Peer{peer: part, part: peer}[c.by]
			if got := says(other); got != c.other {
				t.Errorf("by a rule about %s %s is %q", c.target, other.ID, got)
			}
		}
	}, fedtest.Calm())
}
