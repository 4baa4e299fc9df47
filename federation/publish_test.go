// SPDX-License-Identifier: AGPL-3.0-or-later

package federation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/coop"
	"plenum/federation"
	"plenum/fedtest"
)

// stored is the post behind the id of an object.
func stored(t *testing.T, i *fedtest.Instance, object coop.IRI) coop.Post {
	t.Helper()
	r, ok := i.Site.Parse(object)
	if !ok {
		t.Fatalf("%q is no id of ours", object)
	}
	p, err := i.DB.Post(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// keyed submits a document with an Idempotency-Key.
func keyed(t *testing.T, i *fedtest.Instance, key string, doc fedtest.Document) (status int, id, body string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, string(i.Site.Of(i.Coop, "outbox")), bytes.NewReader(doc.Bytes()))
	r.Header.Set("Content-Type", "application/activity+json")
	r.Header.Set("Authorization", "Bearer "+i.Token)
	r.Header.Set("Idempotency-Key", key)
	res := i.Do(r)
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Location"), b.String()
}

func TestTitlesThatMakeNoSlugAreTakenMoreThanOnce(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		for k, want := range []string{"report", "report-2", "report-3"} {
			_, object := a.Publish(fedtest.Report(fmt.Sprintf("Отчёт %s", strings.Repeat("о", k+1))))
			if got := stored(t, a, object).Slug; got != want {
				t.Errorf("got %q want %q", got, want)
			}
		}
	}, fedtest.Calm())
}

func TestWhatWasMadeOfTheTextFollowsTheText(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		_, report := a.Publish(fedtest.Report("A report without a teaser"))
		a.Update(report, fedtest.Document{"content": "<p>Everything was different</p>"})
		if got := stored(t, a, report).Line(); got != "Everything was different" {
			t.Errorf("the teaser of a report that has none of its own: got %q", got)
		}
		a.Update(report, fedtest.Document{"summary": "A teaser of its own"})
		a.Update(report, fedtest.Document{"content": "<p>And again</p>"})
		if got := stored(t, a, report).Line(); got != "A teaser of its own" {
			t.Errorf("a teaser that was given: got %q", got)
		}
		silent := fedtest.Meetup("The old name", "2000-05-01")
		delete(silent, "content")
		_, meetup := a.Publish(silent)
		a.Update(meetup, fedtest.Document{"name": "The new name"})
		if _, body := a.Get(meetup); bytes.Contains(body, []byte("The old name")) {
			t.Errorf("an event without a text goes by its old name: %s", body)
		}
	}, fedtest.Calm())
}

func TestMeetupThatBecomesATalkIsOne(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		_, object := a.Publish(fedtest.Meetup("Not sure what it is", "2000-05-01"))
		a.Update(object, fedtest.Document{"plenum:kind": "talk"})
		if got := stored(t, a, object).Kind; got != coop.Talk {
			t.Errorf("got %q, and the client was told that it was done", got)
		}
	}, fedtest.Calm())
}

func TestRepeatedRequestIsAnsweredAsTheFirst(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		_, object := a.Publish(fedtest.Report("Version one"))
		follow := fedtest.Document{"type": "Follow", "object": peer.ID}
		undo := fedtest.Document{"type": "Undo", "object": fedtest.Document{"type": "Follow", "object": peer.ID}}
		same := fedtest.Document{"type": "Update", "object": fedtest.Document{"id": object, "name": "Version one"}} // changes nothing yet
		for key, doc := range map[string]fedtest.Document{"same": same} {
			keyed(t, a, key, doc)
		}
		a.Update(object, fedtest.Document{"name": "Version two"})
		first := map[string]string{}
		for _, round := range []string{"first", "repeated"} {
			for _, k := range []struct {
				key string
				doc fedtest.Document
			}{{"follow", follow}, {"undo", undo}, {"same", same}} {
				status, id, body := keyed(t, a, k.key, k.doc)
				if status != http.StatusCreated {
					t.Errorf("%s %s: got %d %s", round, k.key, status, body)
				}
				if round == "first" {
					first[k.key] = id + body
				} else if first[k.key] != id+body {
					t.Errorf("%s: got %s, at first %s", k.key, id+body, first[k.key])
				}
			}
		}
		if got := stored(t, a, object).Title; got != "Version two" {
			t.Errorf("a request that was repeated late took a change back: got %q", got)
		}
		if got := a.FollowState(peer.ID); got != "" {
			t.Errorf("a repeated Follow is in force again: %q", got)
		}
		if status, _, body := keyed(t, a, "follow", undo); status != http.StatusConflict {
			t.Errorf("a key that was used for something else: got %d %s", status, body)
		}
	}, fedtest.Calm())
}

func TestChangesAtOnceOfDifferentMembersAllCount(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		_, object := a.Publish(fedtest.Meetup("At once", "2000-05-01"))
		changes := []fedtest.Document{{"name": "Renamed"}, {"content": "<p>Rewritten</p>"}, {"endTime": "2000-05-01T21:00:00"}, {"summary": "Resumed"}}
		var all sync.WaitGroup
		for _, c := range changes {
			c["id"] = object
			all.Go(func() {
				if status, _, body := a.Submit(fedtest.Document{"type": "Update", "object": c}); status != http.StatusCreated {
					t.Errorf("got %d %s", status, body)
				}
			})
		}
		all.Wait()
		p := stored(t, a, object)
		if p.Title != "Renamed" || p.Text != "Rewritten" || p.When.End != "2000-05-01T21:00:00" || p.Summary != "Resumed" || p.Rev != 5 {
			t.Errorf("got %+v", p)
		}
	}, fedtest.Calm())
}

func TestPostsOfTheSameTitleAtOnceGetSlugsOfTheirOwn(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				if status, _, body := a.Submit(fedtest.Report("The weekly plenum")); status != http.StatusCreated {
					t.Errorf("got %d %s", status, body)
				}
			})
		}
		all.Wait()
		posts, err := a.DB.Posts(t.Context(), coop.PostQuery{})
		if err != nil || len(posts) != 6 {
			t.Errorf("got %d posts (%v)", len(posts), err)
		}
	}, fedtest.Calm())
}

func TestWhoFollowsBeforeAPostIsStoredIsSentIt(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer, slow := n.Instance("a.example"), n.Peer("peer.example"), n.Peer("slow.example")
		follow := peer.Activity("Follow", a.Actor())
		slow.Route("/actor", func(w http.ResponseWriter, _ *http.Request) { // asked while the post is being made
			sends(t, peer, a, follow)
			w.Header().Set("Content-Type", "application/activity+json")
			if err := json.NewEncoder(w).Encode(slow.Document()); err != nil {
				t.Error(err)
			}
		})
		post := fedtest.Report("To somebody whom we have to look up")
		post["to"], post["cc"] = coop.Public, slow.ID
		a.Publish(post)
		n.Quiet()
		if got := len(peer.Got("Create")); got != 1 {
			t.Errorf("whose Follow was accepted before the post was stored got %d Creates, want 1", got)
		}
	}, fedtest.Calm())
}

func TestManySlowAddresseesAreFoundInTheTimeOfAFew(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		to := []coop.IRI{coop.Public}
		for k := range 40 {
			to = append(to, peer.Another(fmt.Sprintf("/users/%d", k)).ID)
		}
		n.Slow("peer.example", 5*time.Second)
		post := fedtest.Report("To many")
		post["to"] = to
		began := time.Now()
		_, object := a.Publish(post)
		if took := time.Since(began); took > 55*time.Second { // a client's answer is cut off after a minute
			t.Errorf("it took %v", took)
		}
		if got := stored(t, a, object).To; !slices.Equal(got, to[1:]) {
			t.Errorf("got %v", got)
		}
		n.Quiet()
		if got := len(peer.Got("Create")); got != 1 {
			t.Errorf("their one inbox got %d Creates", got)
		}
	}, fedtest.Calm())
}

// A draft becomes the post with its slug, so that the post would be a part of
// itself.
func TestPostIsNoPartOfTheDraftThatItWas(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		talk := fedtest.Talk("A talk", "2000-05-01")
		talk["plenum:slug"] = "talk"
		if _, err := a.Fed.SaveDraft(t.Context(), coop.Principal{Coop: a.Coop, Role: coop.Editor}, talk.Bytes()); err != nil {
			t.Fatal(err)
		}
		talk["plenum:partOf"] = "talk"
		if status, _, body := a.Submit(talk); status != http.StatusBadRequest {
			t.Errorf("got %d want 400: %s", status, body)
		}
	}, fedtest.Calm())
}

func TestOneRequestSentManyTimesAtOnceIsAnsweredAlike(t *testing.T) { // A26
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		_, object := a.Publish(fedtest.Report("Version one"))
		for _, doc := range []fedtest.Document{
			fedtest.Report("Created once"),
			{"type": "Follow", "object": peer.ID},
			{"type": "Undo", "object": fedtest.Document{"type": "Follow", "object": peer.ID}},
			{"type": "Update", "object": fedtest.Document{"id": object, "name": "Version two"}},
			{"type": "Delete", "object": object},
		} {
			kind, _ := doc["type"].(string)
			answers := make([]string, 8)
			var all sync.WaitGroup
			for k := range answers {
				all.Go(func() {
					status, id, body := keyed(t, a, kind, doc)
					answers[k] = fmt.Sprint(status, " ", id, " ", body)
				})
			}
			all.Wait()
			if got := slices.Compact(slices.Sorted(slices.Values(answers))); len(got) != 1 || !strings.HasPrefix(got[0], "201 ") {
				t.Errorf("%s: got %d different answers: %.300q", kind, len(got), got)
			}
		}
		n.Quiet()
		if follows, undos := len(peer.Distinct("Follow")), len(peer.Distinct("Undo")); follows != 1 || undos != 1 {
			t.Errorf("got %d Follows and %d Undos", follows, undos)
		}
	}, fedtest.Calm())
}

// unread is a store whose posts and follows cannot be read.
type unread struct {
	federation.PostStore
	federation.FollowingStore
}

var errUnread = errors.New("the disk does not answer")

func (unread) Post(context.Context, coop.ID) (coop.Post, error) { return coop.Post{}, errUnread }

func (unread) PostBySlug(context.Context, coop.Name, string) (coop.Post, error) {
	return coop.Post{}, errUnread
}

func (unread) Following(context.Context, coop.Name, coop.IRI) (coop.Following, error) {
	return coop.Following{}, errUnread
}

// Who is told that a post does not exist publishes it again.
func TestWhatCannotBeReadIsNotSaidToBeMissing(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		_, object := a.Publish(fedtest.Report("A report"))
		followed := a.Site.Actor(coop.Relay)
		part := fedtest.Report("Its part")
		part["plenum:partOf"] = object
		broken := unread{a.Fed.Posts, a.Fed.Followings}
		a.Fed.Posts, a.Fed.Followings = broken, broken
		for what, doc := range map[string]fedtest.Document{
			"delete":  {"type": "Delete", "object": object},
			"update":  {"type": "Update", "object": fedtest.Document{"id": object, "name": "Another name"}},
			"part of": part,
			"undo":    {"type": "Undo", "object": fedtest.Document{"type": "Follow", "object": followed}},
		} {
			_, err := a.Fed.Submit(t.Context(), coop.Principal{Coop: a.Coop, Role: coop.Publisher}, doc.Bytes(), "")
			if !errors.Is(err, errUnread) || coop.CodeOf(err) != coop.Internal {
				t.Errorf("%s: got %v (%s)", what, err, coop.CodeOf(err))
			}
		}
	}, fedtest.Calm())
}

func TestPictureThatIsNotHereIsRefused(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		post := fedtest.Report("With a picture")
		post["image"] = fedtest.Document{"type": "Image", "mediaType": "image/png", "name": "Nothing",
			"url": a.Site.Media(strings.Repeat("0", 64) + ".png")}
		status, _, body := a.Submit(post)
		if status != http.StatusBadRequest || !strings.Contains(string(body), `"member":"image"`) {
			t.Errorf("got %d %s", status, body)
		}
	}, fedtest.Calm())
}
