// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
	"plenum/keys"
)

// corpus is where the documents are that the software of the fediverse sends.
const corpus = "../activity/testdata/inbound"

// scene is a document that is sent, and what comes of it: the status, what is kept
// now (+), what is not any more (-), what is another (~), and whom we told what.
type scene struct{ doc, want string }

// story is what one kind of software sends to an instance, in an order in which it
// might be sent.
type story struct {
	software string
	follows  []coop.IRI // whom the co-op follows from the beginning
	scenes   []scene
}

// Each document of the corpus is sent, by an actor with the name, the key and the
// document that such an actor has, and what Plenum makes of it is looked up.
func TestWhatBecomesOfAllThatIsSent(t *testing.T) {
	t.Parallel()
	told := map[string]bool{}
	for _, s := range stories {
		for _, sc := range s.scenes {
			told[s.software+"/"+sc.doc] = true
		}
	}
	files, err := filepath.Glob(corpus + "/*/*.json")
	if err != nil || len(files) < 200 {
		t.Fatalf("the corpus has %d documents (%v)", len(files), err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(f), corpus+"/"), ".json")
		if !strings.Contains(name, "/actor") && !told[name] {
			t.Errorf("%s is never sent", name)
		}
	}
	for _, s := range stories {
		t.Run(s.software, func(t *testing.T) {
			t.Parallel()
			fedtest.Run(t, func(t *testing.T, n *fedtest.Network) { newStage(t, n, s).play(s) }, fedtest.Calm())
		})
	}
}

// stage is an instance with an event and a report, and the hosts that write to it.
type stage struct {
	t     *testing.T
	n     *fedtest.Network
	a     *fedtest.Instance
	first *fedtest.Peer
	peers map[string]*fedtest.Peer // by host
	docs  map[string][]byte        // what is served, by its URL
	pem   string

	event, report coop.IRI
	ours, theirs  *strings.Replacer // names in the corpus to those of the instance, and to short ones
}

func newStage(t *testing.T, n *fedtest.Network, s story) *stage {
	t.Helper()
	g := &stage{t: t, n: n, a: n.Instance("events.example"), peers: map[string]*fedtest.Peer{}, docs: map[string][]byte{}}
	policy(t, g.a, coop.CommentsOpen)
	meetup := fedtest.Meetup("Go Meetup #12: profiling in production", "2000-01-09")
	meetup["plenum:slug"], meetup["joinMode"], meetup["maximumAttendeeCapacity"] = "go-meetup-12", "free", 40
	_, g.event = g.a.Publish(meetup)
	_, g.report = g.a.Publish(fedtest.Report("What we learned running 200 meetups as a co-op"))
	g.rename("")
	g.actors()
	g.objects(s.software)
	accepts := slices.ContainsFunc(s.scenes, func(sc scene) bool { return strings.HasPrefix(sc.doc, "accept") })
	for _, f := range s.follows {
		key := g.speaker(string(f))
		id := g.a.Follow(f)
		g.n.Quiet()
		g.rename(string(id))
		if accepts {
			continue // in its own words
		}
		accept := fedtest.Document{"id": f + "#accept", "type": "Accept", "actor": f, "object": id}
		p := g.host(f)
		wants(t, "Accept", p.Post(fedtest.Letter{To: g.a.Site.SharedInbox(), Body: accept.Bytes(), KeyID: key, Key: p.Key}), http.StatusAccepted)
	}
	return g
}

// rename fixes what the documents mean by what they are about.
func (g *stage) rename(follow string) {
	names := []struct{ corpus, real, short string }{
		{"https://events.example/ap/events/01KB3Y6Q2ZM9T4X7V0R8W5N1EA", string(g.event), "EVENT"},
		{"https://events.example/ap/reports/01KB40A9V3T6K8W1Z5Y7C2QHNB", string(g.report), "REPORT"},
		{"https://events.example/ap/activities/01KB3Y6Q2ZM9T4X7V0R8W5N1EA", follow, "FOLLOW"},
		{"https://events.example/@hackspace/go-meetup-12", string(g.a.Site.Page(g.a.Coop, "go-meetup-12")), "PAGE"},
		{"https://events.example/ap/coops/hackspace", string(g.a.Actor()), "COOP"},
	}
	var in, out []string
	for _, n := range names {
		if n.real == "" {
			n.real = n.corpus
		}
		in, out = append(in, n.corpus, n.real), append(out, n.real, n.short)
	}
	g.ours, g.theirs = strings.NewReplacer(in...), strings.NewReplacer(append(out, "https://", "")...)
}

func (g *stage) read(name string) []byte {
	g.t.Helper()
	raw, err := os.ReadFile(filepath.Join(corpus, filepath.FromSlash(name)))
	if err != nil {
		g.t.Fatal(err)
	}
	return []byte(g.ours.Replace(string(raw)))
}

// actors lets the actors of the corpus be found, with a key that works.
func (g *stage) actors() {
	files, err := filepath.Glob(corpus + "/*/actor*.json")
	if err != nil {
		g.t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, "actor_moved.json") {
			continue
		}
		name, _ := filepath.Rel(corpus, f)
		var doc fedtest.Document
		if err := json.Unmarshal(g.read(filepath.ToSlash(name)), &doc); err != nil {
			g.t.Fatal(err)
		}
		g.present(doc)
	}
}

// objects lets what the software sends be found under its id as well.
func (g *stage) objects(software string) {
	files, err := filepath.Glob(filepath.Join(corpus, software, "[ca]*_*.json")) // creates and announces
	if err != nil {
		g.t.Fatal(err)
	}
	for _, f := range files {
		name, _ := filepath.Rel(corpus, f)
		var doc map[string]any
		if err := json.Unmarshal(g.read(filepath.ToSlash(name)), &doc); err != nil {
			g.t.Fatal(err)
		}
		for o, ok := doc["object"].(map[string]any); ok; o, ok = o["object"].(map[string]any) {
			id, _ := o["id"].(string)
			if id == "" || strings.HasPrefix(id, "https://events.example/") || strings.Contains(id, "#") || o["attributedTo"] == nil {
				continue
			}
			served := maps.Clone(o)
			served["@context"] = "https://www.w3.org/ns/activitystreams"
			g.serve(id, served)
		}
	}
}

// present serves the document of an actor with the one key of all peers, under
// the ids that its own keys have.
func (g *stage) present(doc fedtest.Document) {
	g.t.Helper()
	id, _ := doc["id"].(string)
	g.host(coop.IRI(id))
	owned, _ := doc["publicKey"].([]any)
	if one, ok := doc["publicKey"].(map[string]any); ok {
		owned = []any{one}
	}
	for _, k := range owned {
		k.(map[string]any)["publicKeyPem"] = g.pem
	}
	g.serve(id, doc)
	for _, box := range []any{doc["inbox"], member(doc["endpoints"], "sharedInbox")} {
		if box, ok := box.(string); ok {
			g.route(box)
		}
	}
}

func member(o any, name string) any {
	m, _ := o.(map[string]any)
	return m[name]
}

// host makes sure that there is somebody under the host of an IRI.
func (g *stage) host(i coop.IRI) *fedtest.Peer {
	g.t.Helper()
	name := coop.HostOf(i)
	switch {
	case g.peers[name] != nil:
	case g.first == nil:
		g.first = g.n.Peer(name)
		pem, err := keys.EncodePublic(&g.first.Key.PublicKey)
		if err != nil {
			g.t.Fatal(err)
		}
		g.pem, g.peers[name] = pem, g.first
	default:
		g.peers[name] = g.first.Elsewhere(name)
	}
	return g.peers[name]
}

func (g *stage) serve(iri string, doc any) {
	g.t.Helper()
	body, err := json.Marshal(doc)
	if err != nil {
		g.t.Fatal(err)
	}
	iri, _, _ = strings.Cut(iri, "#")
	g.docs[iri] = body
	g.route(iri)
}

// route answers what is asked of a URL, and takes what is sent there.
func (g *stage) route(iri string) {
	g.t.Helper()
	u, err := url.Parse(iri)
	if err != nil {
		g.t.Fatal(err)
	}
	g.host(coop.IRI(iri)).Route(u.Path, func(w http.ResponseWriter, r *http.Request) {
		body := g.docs["https://"+r.Host+r.URL.RequestURI()]
		switch {
		case r.Method == http.MethodPost:
			w.WriteHeader(http.StatusAccepted)
		case body == nil:
			http.NotFound(w, r)
		default:
			w.Header().Set("Content-Type", "application/activity+json")
			_, _ = w.Write(body)
		}
	})
}

// speaker returns the key that an actor signs with. One of whom the corpus has no
// document gets a plain one.
func (g *stage) speaker(actor string) (key coop.IRI) {
	g.t.Helper()
	var doc struct{ PublicKey json.RawMessage }
	if body := g.docs[actor]; body == nil {
		g.present(fedtest.Document{
			"@context": "https://www.w3.org/ns/activitystreams", "id": actor, "type": "Person", "preferredUsername": "somebody", "name": "Somebody",
			"inbox": actor + "/inbox", "outbox": actor + "/outbox", "publicKey": map[string]any{"id": actor + "#main-key", "owner": actor},
		})
		return coop.IRI(actor + "#main-key")
	} else if err := json.Unmarshal(body, &doc); err != nil {
		g.t.Fatal(err)
	}
	var one struct{ ID coop.IRI }
	var several []struct{ ID coop.IRI }
	if json.Unmarshal(doc.PublicKey, &one) != nil && json.Unmarshal(doc.PublicKey, &several) == nil && len(several) > 0 {
		one = several[0]
	}
	return one.ID
}

// play sends the documents of a story and compares what comes of each.
func (g *stage) play(s story) {
	g.t.Helper()
	before := g.facts()
	for _, sc := range s.scenes {
		body := g.read(s.software + "/" + sc.doc + ".json")
		var doc fedtest.Document
		if err := json.Unmarshal(body, &doc); err != nil {
			g.t.Fatal(err)
		}
		actor, _ := doc["actor"].(string)
		if actor == "" {
			actor, _ = member(doc["actor"], "id").(string)
		}
		letter := fedtest.Letter{To: g.a.Site.SharedInbox(), Body: body, KeyID: g.speaker(actor)}
		from := g.host(coop.IRI(actor))
		letter.Key = from.Key
		if doc["type"] == "Move" {
			g.moves(actor, doc)
		}
		time.Sleep(2 * time.Second) // nobody says two things in one second, to which signatures are exact
		sent := len(g.sent())
		status := from.Post(letter)
		g.n.Quiet()
		after := g.facts()
		told := g.sent()[sent:]
		slices.Sort(told)
		got := g.theirs.Replace(strings.Join(slices.Concat([]string{fmt.Sprint(status)}, differences(before, after), told), "; "))
		if got != sc.want {
			g.t.Errorf("%s/%s:\n got %s\nwant %s", s.software, sc.doc, got, sc.want)
		}
		before = after
	}
}

// moves lets the two accounts of a Move name each other, as the old and the new
// server do before it is sent.
func (g *stage) moves(actor string, move fedtest.Document) {
	target, _ := move["target"].(string)
	if move["object"] != any(actor) || target == "" {
		return
	}
	var doc fedtest.Document
	if err := json.Unmarshal(g.docs[actor], &doc); err != nil {
		g.t.Fatal(err)
	}
	doc["movedTo"] = target
	g.present(doc)
	g.present(fedtest.Document{
		"@context": "https://www.w3.org/ns/activitystreams", "id": target, "type": "Person", "preferredUsername": "moved", "name": "Moved", "alsoKnownAs": []string{actor},
		"inbox": target + "/inbox", "outbox": target + "/outbox", "publicKey": map[string]any{"id": target + "#main-key", "owner": target},
	})
}

// sent lists what the instance has sent, in the order in which it was sent first.
func (g *stage) sent() (list []string) {
	seen := map[string]bool{}
	for _, e := range g.n.Exchanges(func(e fedtest.Exchange) bool { return e.From == g.a.Host && e.Method == http.MethodPost && e.Reached }) {
		if seen[e.ID+e.To] {
			continue
		}
		seen[e.ID+e.To] = true
		var doc struct{ Object json.RawMessage }
		var about struct{ Type string }
		if json.Unmarshal(e.Body, &doc) == nil && json.Unmarshal(doc.Object, &about) == nil && about.Type != "" {
			about.Type = " of " + about.Type
		}
		list = append(list, fmt.Sprintf("told %s %s%s", e.To, e.Type, about.Type))
	}
	return list
}

// differences names what two states do not have in common.
func differences(before, after map[string]string) (list []string) {
	for what, is := range after {
		switch was, ok := before[what]; {
		case !ok:
			list = append(list, "+ "+what+is)
		case was != is:
			list = append(list, "~ "+what+is)
		}
	}
	for what, was := range before {
		if _, ok := after[what]; !ok {
			list = append(list, "- "+what+was)
		}
	}
	slices.Sort(list)
	return list
}

// facts is all that the instance keeps of others.
func (g *stage) facts() map[string]string {
	t, ctx, db := g.t, g.t.Context(), g.a.DB
	t.Helper()
	all := map[string]string{}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []coop.Name{g.a.Coop, coop.Relay} {
		for actor, state := range g.a.Followers(n) {
			all[fmt.Sprintf("follower of %s: %s", n, actor)] = ", " + string(state)
		}
		followings, err := db.Followings(ctx, n)
		check(err)
		for _, f := range followings {
			all[fmt.Sprintf("following %s", f.Actor)] = ", " + string(f.State)
		}
	}
	for _, post := range []coop.IRI{g.event, g.report} {
		ref, _ := g.a.Site.Parse(post)
		reactions, err := db.Reactions(ctx, coop.ReactionQuery{Post: ref.ID})
		check(err)
		for _, r := range reactions {
			all[fmt.Sprintf("%s of %s by %s", r.Kind, post, r.Actor)] = strings.TrimRight(" "+r.Emoji, " ")
		}
		comments, err := db.Comments(ctx, coop.CommentQuery{Post: ref.ID})
		check(err)
		for _, c := range comments {
			state := ", " + string(c.State)
			if c.Private {
				state += ", private"
			}
			all[fmt.Sprintf("comment %s on %s", c.Object, c.InReplyTo)] = state + fmt.Sprintf(" %q", c.Text)
		}
		rsvps, err := db.RSVPs(ctx, coop.RSVPQuery{Post: ref.ID})
		check(err)
		for _, r := range rsvps {
			all[fmt.Sprintf("RSVP of %s", r.Actor)] = strings.TrimRight(fmt.Sprintf(", %s %s", r.State, r.Message), " ")
		}
	}
	complaints, err := db.Complaints(ctx, coop.ComplaintQuery{Limit: 100})
	check(err)
	for _, c := range complaints {
		all[fmt.Sprintf("complaint by %s about %s", c.By, c.About)] = strings.TrimRight(" "+c.Text, " ")
	}
	for id, r := range g.a.Received() {
		all[fmt.Sprintf("received %s %s", r.Type, id)] = fmt.Sprintf(" %q via %s", r.Name, r.Via)
	}
	return all
}
