// SPDX-License-Identifier: AGPL-3.0-or-later

package wirecheck_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plenum/activity/wirecheck"
)

type object = map[string]any

// a mutation spoils a document that no server drops, and names what Check must
// then find.
type mutation struct {
	golden string
	spoil  func(o object)
	want   string
}

func set(k string, v any) func(object) { return func(o object) { o[k] = v } }
func drop(k string) func(object)       { return func(o object) { delete(o, k) } }

// in changes the object that a member holds; at that in a list.
func in(k string, change func(object)) func(object) {
	return func(o object) { change(o[k].(object)) }
}

func at(k string, i int, change func(object)) func(object) {
	return func(o object) { change(o[k].([]any)[i].(object)) }
}

const (
	elsewhere = "https://other.example/x"
	event     = "meetup"
)

var mutations = []mutation{
	// Context.
	{event, set("@context", []any{object{"as": "x"}}), "@context must hold the AS2 IRI"},
	{event, drop("@context"), "@context must hold the AS2 IRI"},
	{event, set("@context", []any{"https://www.w3.org/ns/activitystreams", "https://schema.org"}), "remote context https://schema.org"},
	{event, set("@context", "https://www.w3.org/ns/activitystreams"), "defines: "},
	{event, set("madeUp", 1), "defines: madeUp"},
	{event, in("location", set("plenum:floor", 1)), "defines: plenum:floor"},
	{event, at("tag", 0, set("type", "Emoji")), "defines: type Emoji"},
	{"actor_coop", set("@context", "https://www.w3.org/ns/activitystreams"), "publicKeyPem"},
	{event, set("content", strings.Repeat("x", 1_000_000)), "over 1 MB"},
	// Every post.
	{event, set("id", []any{"a"}), "id and attributedTo must each be ONE string"},
	{event, set("attributedTo", []any{"a"}), "id and attributedTo must each be ONE string"},
	{event, set("attributedTo", elsewhere), "id and attributedTo on one host"},
	{event, set("url", elsewhere), "url must be ONE string on the id's host"},
	{event, set("url", []any{"https://events.example/x"}), "url must be ONE string on the id's host"},
	{event, set("url", "http://events.example/x"), "url must be ONE string on the id's host"},
	{event, set("to", "https://www.w3.org/ns/activitystreams#Public"), "to: a list with the full Public IRI"},
	{event, set("to", []any{"as:Public"}), "to: a list with the full Public IRI"},
	{event, set("cc", "x"), "cc: a list"},
	{event, drop("cc"), "cc: a list"},
	{event, set("content", ""), "content non-empty"},
	{event, set("mediaType", "text/markdown"), "mediaType text/html"},
	{event, set("sensitive", "false"), "sensitive true or false"},
	{event, set("name", "x"), "name plain text of 3 to 200 characters"},
	{event, set("name", strings.Repeat("ä", 201)), "name plain text of 3 to 200 characters"},
	{event, set("name", "a < b"), "name plain text of 3 to 200 characters"},
	{event, drop("summary"), "summary plain text, present"},
	{event, set("summary", "<p>x</p>"), "summary plain text, present"},
	{event, set("inReplyTo", elsewhere), "no inReplyTo on a top-level post"},
	{event, set("published", "2026-11-22T09:00:00"), "published with offset"},
	{event, set("updated", "2026-11-22T08:59:59Z"), "updated not before published"},
	{event, set("replies", nil), "replies is null"},
	{"report", set("image", []any{object{"type": "Image"}}), "image ONE Image with url and name"},
	{"report", in("image", drop("name")), "image ONE Image with url and name"},
	// Attachments and tags.
	{event, set("attachment", object{"type": "Image"}), "attachment a list (Mobilizon, Gancio)"},
	{event, at("attachment", 0, set("type", "PropertyValue")), "attachment[0] type must be one of"},
	{event, at("attachment", 0, drop("mediaType")), "attachment[0].mediaType missing"},
	{event, at("attachment", 1, drop("href")), "attachment[1] Link needs href"},
	{event, at("attachment", 1, set("url", elsewhere)), "attachment[1] Link needs href"},
	{event, at("attachment", 0, set("url", []any{elsewhere})), "attachment[0].url must be a string"},
	{event, at("attachment", 0, drop("name")), "attachment[0].name must exist"},
	{event, at("attachment", 0, set("mediaType", "application/pdf")), "attachment[0] non-media as Image"},
	{event, set("tag", object{}), "tag a list"},
	{event, at("tag", 0, set("name", "golang")), "tag[0].name"},
	{event, at("tag", 0, drop("name")), "tag[0].name"},
	{"talk", func(o object) { o["cc"] = []any{object{}}; at("tag", 0, set("href", object{}))(o) }, "tag[0] mentions"},
	{"talk", set("cc", []any{}), "tag[0] mentions somebody who is not addressed"},
	// Events.
	{event, set("attachment", []any{}), "attachment[0] must be the image"},
	{event, at("attachment", 1, set("href", elsewhere)), "first Link must be the page"},
	{event, func(o object) { o["url"] = []any{}; at("attachment", 1, set("href", []any{}))(o) }, "first Link must be the page"},
	{event, at("attachment", 1, set("name", "Page")), "a Link named Website"},
	{event, set("startTime", "2026-12-02T18:30:00"), "startTime and endTime with offset"},
	{event, drop("endTime"), "startTime and endTime with offset"},
	{event, set("endTime", "2026-12-02T18:30:00+01:00"), "endTime after startTime"},
	{event, drop("timezone"), "timezone: an IANA name"},
	{event, set("location", []any{}), "location must be ONE object"},
	{event, in("location", set("type", "Event")), "location needs type Place or VirtualLocation and a name"},
	{event, in("location", drop("name")), "location needs type Place or VirtualLocation and a name"},
	{"meetup_online", in("location", drop("id")), "location.url without id collides"},
	{event, in("location", set("address", []any{})), "location.address string or object"},
	{event, in("location", set("latitude", 52)), "latitude must be printed with a decimal point"},
	{event, in("location", set("longitude", "13.4")), "longitude must be printed with a decimal point"},
	{event, set("joinMode", "none"), "joinMode (none is not in"},
	{"meetup_elsewhere", drop("externalParticipationUrl"), "external needs externalParticipationUrl"},
	{event, set("status", "confirmed"), "status CONFIRMED, TENTATIVE or CANCELLED"},
	{event, set("category", []any{"MEETING"}), "category one string"},
	{event, set("contacts", nil), "contacts a list or absent"},
	{event, set("participantCount", -1), "participantCount a whole number"},
	{event, set("maximumAttendeeCapacity", 1.5), "maximumAttendeeCapacity a whole number"},
	{event, set("remainingAttendeeCapacity", "3"), "remainingAttendeeCapacity a whole number"},
	{event, set("draft", true), "draft"},
	{"live_restricted", set("remainingAttendeeCapacity", 41), "more seats are left than there are"},
	// What others made of it.
	{"live_meetup", set("likes", 12), "likes: an id, or a collection with id, type and totalItems"},
	{"live_meetup", in("shares", drop("id")), "shares: an id, or a collection with id, type and totalItems"},
	{"live_meetup", in("replies", set("totalItems", "5")), "replies: an id, or a collection with id, type and totalItems"},
	{"live_meetup", in("attendees", set("items", []any{"https://social.example/users/alice"})), "attendees: names of those who come are never told"},
	{"create_live", in("object", in("likes", set("type", "Like"))), "likes: an id, or a collection with id, type and totalItems"},
	// Activities.
	{"create_meetup", set("type", []any{"Create"}), "type one string"},
	{"create_meetup", drop("id"), "id and actor must each be ONE string"},
	{"create_meetup", set("actor", object{"id": "x"}), "id and actor must each be ONE string"},
	{"create_meetup", set("id", elsewhere), "activity id on the actor's host"},
	{"create_meetup", drop("to"), "to: a list"},
	{"create_meetup", set("bto", []any{}), "bto and bcc must never leave"},
	{"create_meetup", set("bcc", []any{}), "bto and bcc must never leave"},
	{"create_meetup", drop("object"), "object missing"},
	{"create_meetup", set("object", elsewhere), "Create must embed its object"},
	{"create_meetup", set("actor", "https://events.example/ap/coops/x"), "attributedTo of the object must be the actor"},
	{"create_meetup", in("object", drop("content")), "content non-empty"},
	{"update_cancelled", in("object", set("type", "Person")), "preferredUsername"},
	{"update_actor", in("object", drop("inbox")), "inbox on the actor's host"},
	{"delete_meetup", set("object", elsewhere), "Delete needs a Tombstone with formerType"},
	{"delete_meetup", in("object", drop("formerType")), "Delete needs a Tombstone with formerType"},
	{"accept_follow", set("object", elsewhere), "Accept must embed the Follow or Join"},
	{"reject_follow", in("object", drop("id")), "Reject must embed the Follow or Join"},
	{"add", set("object", object{"id": elsewhere}), "Add: object and target are ids"},
	{"remove", drop("target"), "Remove: object and target are ids"},
	{"undo_like", set("object", elsewhere), "Undo must embed what it takes back"},
	{"undo_share", in("object", drop("actor")), "Undo must embed what it takes back"},
	{"like", set("object", object{"id": elsewhere}), "Like: the object is an id"},
	{"share", set("object", object{"id": elsewhere}), "Announce: the object is an id"},
	{"media_picture", set("attributedTo", elsewhere), "id and attributedTo on one host"},
	{"media_picture", set("url", elsewhere), "url must be ONE string on the id's host"},
	{"media_picture", drop("name"), "a file has mediaType and name"},
	{"media_picture", drop("mediaType"), "a file has mediaType and name"},
	{"media_document", set("type", "Image"), "an Image has the media type of a picture"},
	{"media_picture", set("focalPoint", 1), "focalPoint a list of two"},
	{"tombstone_meetup", drop("formerType"), "Tombstone needs id and formerType"},
	// Actors.
	{"actor_coop", set("preferredUsername", "Hack-Space"), "preferredUsername"},
	{"actor_coop", set("publicKey", []any{}), "publicKey ONE object"},
	{"actor_coop", in("publicKey", set("id", elsewhere)), "key id = actor id + #fragment"},
	{"actor_coop", in("publicKey", set("owner", elsewhere)), "publicKey.owner = actor id"},
	{"actor_coop", in("publicKey", set("publicKeyPem", "-----BEGIN RSA PUBLIC KEY-----")), "publicKeyPem: SPKI PEM"},
	{"actor_coop", set("outbox", elsewhere), "outbox on the actor's host"},
	{"actor_coop", drop("endpoints"), "endpoints.sharedInbox on the actor's host"},
	{"actor_coop", set("attachment", object{}), "attachment a list (Mastodon)"},
	{"actor_coop", drop("id"), "id"},
	// Collections.
	{"outbox", drop("id"), "id"},
	{"outbox", set("orderedItems", object{}), "items a list"},
	{"outbox", set("first", object{}), "first as a string URL"},
	{"outbox", at("orderedItems", 1, in("object", drop("cc"))), "item 1: cc: a list"},
}

func golden(t *testing.T, name string) object {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "golden", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if found := wirecheck.Check(b); len(found) > 0 {
		t.Fatalf("%s is no document to start from: %q", name, found)
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.UseNumber() // numbers stay as they were written
	var o object
	if err := dec.Decode(&o); err != nil {
		t.Fatal(err)
	}
	return o
}

// found is what Check says of a spoilt golden document.
func found(t *testing.T, m mutation) []string {
	t.Helper()
	o := golden(t, m.golden)
	m.spoil(o)
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return wirecheck.Check(b)
}

func TestEachSpoiltDocumentIsFound(t *testing.T) {
	t.Parallel()
	for i, m := range mutations {
		got := found(t, m)
		if !slices.ContainsFunc(got, func(f string) bool { return strings.Contains(f, m.want) }) {
			t.Errorf("mutation %d of %s: got %q, want %q", i, m.golden, got, m.want)
		}
	}
}

// A rule without a mutation could be one that never finds anything.
func TestEveryRuleHasAMutation(t *testing.T) {
	t.Parallel()
	var all []string
	for _, m := range mutations {
		all = append(all, found(t, m)...)
	}
	all = append(all, wirecheck.Check([]byte("{} {}"))...)
	rules := rulesInSource(t)
	if len(rules) < 60 {
		t.Fatalf("only %d rules found in the source", len(rules))
	}
	for _, rule := range rules {
		pattern := "^" + regexp.MustCompile(`%[a-z]`).ReplaceAllString(regexp.QuoteMeta(rule), ".*") + "$"
		if !slices.ContainsFunc(all, regexp.MustCompile(pattern).MatchString) {
			t.Errorf("no mutation breaks the rule %q", rule)
		}
	}
}

// rulesInSource are the texts of all findings that the package can make, but for
// the one that says that the package itself is broken.
func rulesInSource(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); !ok || sel.Sel.Name != "need" {
				return true
			}
			rule, err := strconv.Unquote(call.Args[1].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(rule, "not checkable") {
				rules = append(rules, rule)
			}
			return true
		})
	}
	return rules
}

func TestWhatIsNoDocumentIsNotCheckable(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{"", "x", "[]", `"a"`, `{"a":`} {
		if got := wirecheck.Check([]byte(doc)); len(got) != 1 || !strings.HasPrefix(got[0], "not checkable") {
			t.Errorf("%q: got %q", doc, got)
		}
	}
}

// Shapes that nobody foresaw must end in findings, not in a panic.
func TestStrangeShapesAreFindings(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"talk", "create_report", "actor_coop", "outbox", "accept_follow", "delete_meetup"} {
		whole := golden(t, name)
		for k := range whole {
			for _, v := range []any{nil, 1, "", "x", []any{}, []any{nil}, []any{1}, object{}, object{"type": []any{1}}} {
				o := golden(t, name)
				o[k] = v
				b, err := json.Marshal(o)
				if err != nil {
					t.Fatal(err)
				}
				wirecheck.Check(b)
			}
		}
	}
}
