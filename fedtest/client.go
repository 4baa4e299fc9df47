// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"plenum/coop"
)

// as2 is the media type of a document that is sent. AP §7.
const as2 = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`

// contextOf is a context that outlives the test's own, for what is looked at in
// the end.
func contextOf(t *testing.T) context.Context { return context.WithoutCancel(t.Context()) }

// Document is JSON as a client or a peer writes it.
type Document map[string]any

// Bytes is the JSON of the document.
func (d Document) Bytes() []byte {
	b, err := json.Marshal(d)
	if err != nil {
		panic(err) // a test that writes what is no JSON
	}
	return b
}

// Do sends a request to the public face of the instance, from a client beside
// it: the network has no part in it.
func (i *Instance) Do(r *http.Request) *http.Response {
	rec := httptest.NewRecorder()
	i.Handler().ServeHTTP(rec, r)
	if rec.Code >= 500 && (rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "") {
		i.net.t.Errorf("%s answered %d to %s %s: %s", i.Host, rec.Code, r.Method, r.URL, rec.Body)
	}
	return rec.Result()
}

// Submit posts to the outbox of the instance's co-op and returns the status, the
// id of the activity and the answer.
func (i *Instance) Submit(doc Document) (status int, id coop.IRI, body []byte) {
	i.net.t.Helper()
	r := httptest.NewRequestWithContext(i.net.t.Context(), http.MethodPost, string(i.Site.Of(i.Coop, "outbox")), bytes.NewReader(doc.Bytes()))
	r.Header.Set("Content-Type", as2)
	r.Header.Set("Authorization", "Bearer "+i.Token)
	res := i.Do(r)
	body, err := io.ReadAll(res.Body)
	if err != nil {
		i.net.t.Fatal(err)
	}
	return res.StatusCode, coop.IRI(res.Header.Get("Location")), body
}

// Publish submits what must be taken and returns the ids of the activity and of
// its object.
func (i *Instance) Publish(doc Document) (activity, object coop.IRI) {
	i.net.t.Helper()
	status, id, body := i.Submit(doc)
	if status != http.StatusCreated || id == "" {
		i.net.t.Fatalf("%s: outbox answered %d: %s", i.Host, status, body)
	}
	var made struct {
		Object json.RawMessage `json:"object"`
	}
	if err := json.Unmarshal(body, &made); err != nil {
		i.net.t.Fatalf("%s: outbox answered %s", i.Host, body)
	}
	var o struct {
		ID coop.IRI `json:"id"`
	}
	if json.Unmarshal(made.Object, &o) == nil && o.ID != "" {
		return id, o.ID
	}
	_ = json.Unmarshal(made.Object, &o.ID)
	return id, o.ID
}

// Update changes members of a post.
func (i *Instance) Update(object coop.IRI, change Document) coop.IRI {
	i.net.t.Helper()
	change["id"] = object
	id, _ := i.Publish(Document{"type": "Update", "object": change})
	return id
}

// Delete deletes a post.
func (i *Instance) Delete(object coop.IRI) coop.IRI {
	i.net.t.Helper()
	id, _ := i.Publish(Document{"type": "Delete", "object": object})
	return id
}

// Follow lets the instance's co-op follow an actor, through its outbox. As
// somebody at a keyboard would, it tries again where the other host cannot be
// read.
func (i *Instance) Follow(actor coop.IRI) coop.IRI {
	i.net.t.Helper()
	for range 20 {
		status, id, body := i.Submit(Document{"type": "Follow", "object": actor})
		switch {
		case status == http.StatusCreated:
			return id
		case status != http.StatusServiceUnavailable:
			i.net.t.Fatalf("%s: following %s was answered with %d: %s", i.Host, actor, status, body)
		}
		time.Sleep(time.Minute)
	}
	i.net.t.Fatalf("%s could not follow %s", i.Host, actor)
	return ""
}

// Unfollow takes a follow back, by whom it follows.
func (i *Instance) Unfollow(actor coop.IRI) coop.IRI {
	i.net.t.Helper()
	id, _ := i.Publish(Document{"type": "Undo", "object": Document{"type": "Follow", "object": actor}})
	return id
}

// Control asks the interface of the command line and decodes its answer into v.
func (i *Instance) Control(method, path string, in Document, v any) {
	i.net.t.Helper()
	var body io.Reader = http.NoBody
	if in != nil {
		body = bytes.NewReader(in.Bytes())
	}
	r := httptest.NewRequestWithContext(i.net.t.Context(), method, path, body)
	r.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	i.Instance.Control().ServeHTTP(rec, r)
	if rec.Code/100 != 2 {
		i.net.t.Fatalf("%s: %s %s: %d %s", i.Host, method, path, rec.Code, rec.Body)
	}
	if v != nil {
		if err := json.Unmarshal(rec.Body.Bytes(), v); err != nil {
			i.net.t.Fatalf("%s: %s %s: %v in %s", i.Host, method, path, err, rec.Body)
		}
	}
}

func (i *Instance) newToken(n coop.Name) string {
	i.net.t.Helper()
	var made struct{ Secret string }
	i.Control(http.MethodPost, "/control/tokens", Document{"coop": n, "label": "fedtest", "scope": "write"}, &made)
	return made.Secret
}

// Get asks for a document of the instance and returns its status and its bytes.
func (i *Instance) Get(id coop.IRI) (status int, body []byte) {
	i.net.t.Helper()
	r := httptest.NewRequestWithContext(i.net.t.Context(), http.MethodGet, string(id), http.NoBody)
	r.Header.Set("Accept", as2)
	res := i.Do(r)
	body, err := io.ReadAll(res.Body)
	if err != nil {
		i.net.t.Fatal(err)
	}
	return res.StatusCode, body
}

// Received returns what the instance keeps of others, by the ids of the objects.
func (i *Instance) Received() map[coop.IRI]coop.Received {
	i.net.t.Helper()
	list, err := i.DB.ReceivedList(contextOf(i.net.t), time.Time{}, 10_000)
	if err != nil {
		i.net.t.Fatal(err)
	}
	out := make(map[coop.IRI]coop.Received, len(list))
	for _, r := range list {
		full, err := i.DB.ReceivedObject(contextOf(i.net.t), r.Object)
		if err != nil {
			i.net.t.Fatal(err)
		}
		if _, twice := out[r.Object]; twice {
			i.net.t.Errorf("%s has %s twice", i.Host, r.Object)
		}
		out[r.Object] = full
	}
	return out
}

// Names returns the names of what the instance keeps of others, in the order in
// which it came.
func (i *Instance) Names() string {
	i.net.t.Helper()
	list, err := i.DB.ReceivedList(contextOf(i.net.t), time.Time{}, 10_000)
	if err != nil {
		i.net.t.Fatal(err)
	}
	names := make([]string, 0, len(list))
	for k := len(list) - 1; k >= 0; k-- {
		names = append(names, list[k].Name)
	}
	return strings.Join(names, ", ")
}

// Deliveries returns the deliveries that a filter chooses, all of them.
func (i *Instance) Deliveries(f coop.DeliveryFilter) []coop.Delivery {
	i.net.t.Helper()
	f.Limit = 100_000
	list, err := i.DB.Deliveries(contextOf(i.net.t), f)
	if err != nil {
		i.net.t.Fatal(err)
	}
	return list
}

// FollowState says how the instance's co-op follows an actor; empty where it
// does not.
func (i *Instance) FollowState(actor coop.IRI) coop.FollowState {
	i.net.t.Helper()
	f, err := i.DB.Following(contextOf(i.net.t), i.Coop, actor)
	if err != nil && coop.CodeOf(err) != coop.NotFound {
		i.net.t.Fatal(err)
	}
	return f.State
}

// Followers lists who follows an actor of the instance, with the states.
func (i *Instance) Followers(name coop.Name) map[coop.IRI]coop.FollowState {
	i.net.t.Helper()
	list, err := i.DB.Followers(contextOf(i.net.t), coop.FollowerQuery{Coop: name})
	if err != nil {
		i.net.t.Fatal(err)
	}
	out := map[coop.IRI]coop.FollowState{}
	for _, f := range list {
		out[f.Actor] = f.State
	}
	return out
}

// Report is an article with a title.
func Report(title string) Document {
	return Document{"type": "Article", "name": title, "content": "<p>" + title + " and what came of it</p>"}
}

// Meetup is an event on a day. It brings a picture of its own, so that none has
// to be drawn.
func Meetup(title, day string) Document {
	return Document{
		"type": "Event", "name": title, "content": "<p>Come to " + title + "</p>", "startTime": day + "T18:00:00", "timezone": "Europe/Berlin",
		"image":    Document{"type": "Image", "url": "https://pictures.example/1.png", "mediaType": "image/png", "name": "a picture"},
		"location": Document{"type": "Place", "name": "Messe Leipzig"},
	}
}

// Talk is an event with a speaker.
func Talk(title, day string) Document {
	d := Meetup(title, day)
	d["performer"] = []Document{{"name": fmt.Sprintf("Speaker of %s", title)}}
	return d
}
