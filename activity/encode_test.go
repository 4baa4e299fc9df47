// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/activity"
	"plenum/coop"
)

var updateGolden = flag.Bool("update", false, "write the golden documents anew")

// documents is one of every kind that we send, by the name of its golden file.
func documents(t testing.TB) map[string][]byte {
	at, bob := moment("2026-11-30T12:00:00Z"), coop.IRI("https://social.example/users/bob")
	follow := coop.IRI("https://social.example/3f1c?a=1&b=2")
	gone := hackspace()
	gone.Gone = at
	organization := hackspace()
	organization.Type, organization.Approve, organization.Hidden = coop.Organization, true, true
	event := site.Object(coop.Meetup, meetupID)
	ok := made(t)
	d := map[string][]byte{
		"actor_coop":         ok(activity.EncodeActor(site, hackspace(), pem)),
		"actor_organization": ok(activity.EncodeActor(site, organization, pem)),
		"actor_instance":     ok(activity.EncodeActor(site, relay(), pem)),
		"report":             object(t, report()),
		"meetup":             object(t, meetup()),
		"meetup_all_day":     object(t, allDay()),
		"meetup_online":      object(t, online()),
		"meetup_german":      object(t, german()),
		"meetup_cancelled":   object(t, cancelled()),
		"meetup_rescheduled": object(t, rescheduled()),
		"talk":               object(t, talk()),
		"note":               object(t, note()),
		"create_report":      ok(activity.EncodeCreate(site, report(), object(t, report()))),
		"create_meetup":      ok(activity.EncodeCreate(site, meetup(), object(t, meetup()))),
		"create_talk":        ok(activity.EncodeCreate(site, talk(), object(t, talk()))),
		"create_note":        ok(activity.EncodeCreate(site, note(), object(t, note()))),
		"create_unlisted":    ok(activity.EncodeCreate(site, seenBy(coop.Unlisted), object(t, seenBy(coop.Unlisted)))),
		"create_followers":   ok(activity.EncodeCreate(site, seenBy(coop.Followers), object(t, seenBy(coop.Followers)))),
		"update_cancelled":   ok(activity.EncodeUpdate(site, otherID, cancelled(), object(t, cancelled()), at)),
		"delete_meetup":      ok(activity.EncodeDelete(site, otherID, meetup(), at)),
		"media_picture":      ok(activity.EncodeMedia(site, upload("image/png", "roof.png"))),
		"media_document":     ok(activity.EncodeMedia(site, upload("application/pdf", "slides.pdf"))),
		"tombstone_meetup":   ok(activity.EncodeTombstone(site, meetup(), at)),
		"tombstone_report":   ok(activity.EncodeTombstone(site, report(), at)),
		"tombstone_activity": ok(activity.EncodeGoneActivity(site, createID, "Create", at)),
		"tombstone_actor":    ok(activity.EncodeGoneActor(site, gone)),
		"accept_follow":      ok(activity.EncodeAccept(site, otherID, "hackspace", follow, bob)),
		"reject_follow":      ok(activity.EncodeReject(site, otherID, "hackspace", follow, bob)),
		"follow":             ok(activity.EncodeFollow(site, otherID, "hackspace", bob)),
		"undo_follow":        ok(activity.EncodeUndoFollow(site, otherID, "hackspace", createID, bob)),
		"announce":           ok(activity.EncodeAnnounce(site, otherID, site.Object(coop.Meetup, meetupID), at)),
		"update_actor":       ok(activity.EncodeUpdateActor(site, otherID, hackspace(), ok(activity.EncodeActor(site, hackspace(), pem)), at)),
		"delete_actor":       ok(activity.EncodeDeleteActor(site, otherID, gone, at)),
		"organizers":         ok(activity.EncodeOrganizers(site, meetup())),
		"meetup_restricted":  object(t, seats()),
		"meetup_elsewhere":   object(t, elsewhere()),
		"live_meetup":        live(t, meetup(), coop.CommentsOpen),
		"live_restricted":    live(t, seats(), coop.CommentsHeld),
		"live_talk":          live(t, talk(), coop.CommentsClosed),
		"live_report":        live(t, report(), ""),
		"create_live":        ok(activity.EncodeCreate(site, seats(), live(t, seats(), coop.CommentsOpen))),
		"accept_join":        ok(activity.EncodeRSVPAnswer(site, otherID, "hackspace", true, rsvp("Join"), event, "")),
		"reject_join":        ok(activity.EncodeRSVPAnswer(site, otherID, "hackspace", false, rsvp("Join"), event, "The event is full; you are on the waiting list")),
		"accept_accept":      ok(activity.EncodeRSVPAnswer(site, otherID, "hackspace", true, rsvp("Accept"), event, "")),
		"ignore_join":        ok(activity.EncodeIgnore(site, otherID, "hackspace", rsvp("Join").Activity, rsvp("Join").Actor)),
		"reject_quote":       ok(activity.EncodeQuoteReject(site, otherID, "hackspace", quoteRequest(t))),
	}
	for name, c := range collections(d) {
		d[name] = ok(c.JSON())
	}
	maps.Copy(d, verbs(t))
	return d
}

func collections(d map[string][]byte) map[string]activity.Collection {
	box := site.Of("hackspace", "outbox")
	return map[string]activity.Collection{
		"outbox": {
			ID: box, Total: 2, First: site.OutboxPage("hackspace", 1), Last: site.OutboxPage("hackspace", 1),
			Items: []json.RawMessage{activity.Embed(d["create_talk"]), activity.Embed(d["create_meetup"])},
		},
		"outbox_page": {
			ID: site.OutboxPage("hackspace", 2), Total: 42, PartOf: box, Next: site.OutboxPage("hackspace", 1), Prev: site.OutboxPage("hackspace", 3),
			Items: []json.RawMessage{activity.Embed(d["create_report"])},
		},
		"outbox_instance": {
			ID: site.Of(coop.Relay, "outbox"), Total: 1, First: site.OutboxPage(coop.Relay, 1), Items: []json.RawMessage{activity.Embed(d["announce"])},
		},
		"followers": {ID: site.Of("hackspace", "followers"), Total: 17},
		"featured":  {ID: site.Of("hackspace", "featured"), Total: 1, Items: []json.RawMessage{activity.Ref(site.Object(coop.Report, reportID))}},
		"likes":     {ID: site.Part(coop.Meetup, meetupID, "likes"), Total: 12},
		"shares":    {ID: site.Part(coop.Meetup, meetupID, "shares"), Total: 3},
		"attendees": {ID: site.Part(coop.Meetup, meetupID, "attendees"), Total: 28},
		"replies":   {ID: site.Part(coop.Meetup, meetupID, "replies"), Total: 101, First: site.RepliesPage(coop.Meetup, meetupID, 1)},
		"replies_page": {
			ID: site.RepliesPage(coop.Meetup, meetupID, 2), Total: 101, PartOf: site.Part(coop.Meetup, meetupID, "replies"),
			Prev: site.RepliesPage(coop.Meetup, meetupID, 1), Items: []json.RawMessage{activity.Ref("https://social.example/users/alice/statuses/1")},
		},
		"featured_empty": {ID: site.Of("hackspace", "featured"), Items: []json.RawMessage{}},
	}
}

// Peers see every byte of these: a difference belongs into the change log. Not
// parallel: with -update the files are whole before others read them.
func TestEveryDocumentIsAsItsGoldenFileSays(t *testing.T) {
	for name, doc := range documents(t) {
		path := filepath.Join("testdata", "golden", name+".json")
		var got bytes.Buffer
		if err := json.Indent(&got, doc, "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		if *updateGolden {
			if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v (go test -update writes it)", err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s differs; peers will see this:\n%s", name, diff)
		}
	}
}

func TestEveryGoldenFileIsOfADocumentThatWeSend(t *testing.T) {
	t.Parallel()
	sent := documents(t)
	for _, path := range goldenFiles(t) {
		if name := strings.TrimSuffix(filepath.Base(path), ".json"); sent[name] == nil {
			t.Errorf("nothing makes %s any more", path)
		}
	}
}

func goldenFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/golden/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files (%v)", err)
	}
	return files
}

// decoded reads a document of ours into a map, as a stranger would.
func decoded(t testing.TB, doc []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(doc, &m); err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	return m
}

func TestACreateHoldsTheObjectThatTheIDAnswers(t *testing.T) {
	t.Parallel()
	for _, p := range []coop.Post{meetup(), talk(), report(), note()} {
		alone := decoded(t, object(t, p))
		create := decoded(t, made(t)(activity.EncodeCreate(site, p, object(t, p))))
		if diff := cmp.Diff(alone["@context"], create["@context"]); diff != "" {
			t.Errorf("%s: contexts differ:\n%s", p.Kind, diff)
		}
		delete(alone, "@context")
		if diff := cmp.Diff(any(alone), create["object"]); diff != "" {
			t.Errorf("%s: objects differ:\n%s", p.Kind, diff)
		}
		for _, k := range []string{"to", "cc", "published"} {
			if diff := cmp.Diff(alone[k], create[k]); diff != "" {
				t.Errorf("%s: %s of the activity is not that of the object:\n%s", p.Kind, k, diff)
			}
		}
	}
}

func TestADeleteIsAddressedAsThePostWas(t *testing.T) {
	t.Parallel()
	p := talk()
	p.To = []coop.IRI{"https://other.example/groups/go"}
	del := decoded(t, made(t)(activity.EncodeDelete(site, otherID, p, time.Now())))
	alone := decoded(t, object(t, p))
	for _, k := range []string{"to", "cc"} {
		if diff := cmp.Diff(alone[k], del[k]); diff != "" {
			t.Errorf("%s differs:\n%s", k, diff)
		}
	}
}

func TestNobodyIsAddressedTwice(t *testing.T) {
	t.Parallel()
	p := talk()
	alice := p.Mentions[0].Actor
	group := coop.IRI("https://other.example/groups/go")
	p.To = []coop.IRI{coop.Public, group, group}
	p.Cc = []coop.IRI{alice, group, coop.Public, site.Of("hackspace", "followers")}
	m := decoded(t, object(t, p))
	if diff := cmp.Diff([]any{string(coop.Public), string(group)}, m["to"]); diff != "" {
		t.Errorf("to differs:\n%s", diff)
	}
	if diff := cmp.Diff([]any{string(site.Of("hackspace", "followers")), string(alice)}, m["cc"]); diff != "" {
		t.Errorf("cc differs:\n%s", diff)
	}
}

func TestTypesOfTombstonesAreChecked(t *testing.T) {
	t.Parallel()
	if b, err := activity.EncodeGoneActivity(site, createID, "Crate", time.Now()); err == nil {
		t.Errorf("got %s for a type that does not exist", b)
	}
}

func TestOutputWithAFaultDoesNotLeave(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{
		`{"id":"a","type":"Note"}`:                          "",
		`{"a":[{"b":1},{"b":1}],"b":{"a":"bto"},"c":[[1]]}`: "",
		`{"id":"a","id":"b"}`:                               "twice",
		`{"id":"a","ID":"b"}`:                               "twice",
		`{"x":[{"id":"a","n":{},"id":"b"}]}`:                "twice",
		`{"x":{"bto":["a"]}}`:                               "bto",
		`{"bcc":[]}`:                                        "bcc",
		`{"x":null}`:                                        "null",
		`{"x":[1,null]}`:                                    "null",
		`[{"id":"a"}]`:                                      "no object",
		`"a"`:                                               "no object",
		`null`:                                              "no object",
		``:                                                  "cut off",
		`{"a":1`:                                            "cut off",
		`{"a":1}{"b":2}`:                                    "behind",
		`{"a":1} x`:                                         "invalid",
		"{\"a\":\"\xff\"}":                                  "UTF-8",
	} {
		err := activity.CheckOutput([]byte(doc))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", doc, err, want)
		}
	}
}

func TestEmbeddingTakesNothingButTheContext(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{
		`{"@context":"x","id":"a","n":1.50}`:                     `{"id":"a","n":1.50}`,
		`{"id":"a","@context":["x",{"y":"z"}],"s":"</p>\u00e9"}`: `{"id":"a","s":"</p>\u00e9"}`,
		`{"id":{"@context":"inner"},"@context":"x"}`:             `{"id":{"@context":"inner"}}`,
		"{ \"@context\" : 1 ,\n \"id\" : \"a\" }":                `{"id" : "a"}`,
		`{"@context":"x"}`:                                       `{}`,
		`{}`:                                                     `{}`,
	} {
		if got := string(activity.Embed([]byte(doc))); got != want {
			t.Errorf("%s: got %s, want %s", doc, got, want)
		}
	}
}

func TestWhatIsNoDocumentCannotBeEmbedded(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{``, `[]x`, `{"a":`, `{"a":1`, `{"a"}`, `nothing`} {
		if b, err := activity.EncodeCreate(site, meetup(), []byte(doc)); err == nil {
			t.Errorf("%q was embedded: %s", doc, b)
		}
	}
}

func TestPagesSayWhatTheyArePartOf(t *testing.T) {
	t.Parallel()
	d := documents(t)
	page := decoded(t, d["outbox_page"])
	if page["type"] != "OrderedCollectionPage" || page["partOf"] != string(site.Of("hackspace", "outbox")) || page["totalItems"] != 42.0 {
		t.Errorf("got %v", page)
	}
	whole := decoded(t, d["outbox"])
	if whole["type"] != "OrderedCollection" || whole["partOf"] != nil {
		t.Errorf("got %v", whole)
	}
	if followers := decoded(t, d["followers"]); followers["orderedItems"] != nil {
		t.Errorf("a collection that shows no items has %v", followers["orderedItems"])
	}
	if empty := decoded(t, d["featured_empty"]); !cmp.Equal(empty["orderedItems"], any([]any{})) {
		t.Errorf("an empty collection has %v, want an empty list", empty["orderedItems"])
	}
}

func TestAPlaceAnswersWhatStandsInItsEvents(t *testing.T) {
	t.Parallel()
	hash, doc, err := activity.EncodePlace(site, meetup().Place)
	if err != nil {
		t.Fatal(err)
	}
	place := decoded(t, doc)
	if place["id"] != string(site.Place(hash)) {
		t.Errorf("got id %v, want that of %s", place["id"], hash)
	}
	delete(place, "@context")
	if diff := cmp.Diff(decoded(t, object(t, meetup()))["location"], any(place)); diff != "" {
		t.Errorf("the place differs from the location of its event:\n%s", diff)
	}
	organizers := decoded(t, made(t)(activity.EncodeOrganizers(site, meetup())))
	delete(organizers, "@context")
	if diff := cmp.Diff(decoded(t, object(t, meetup()))["organizers"], any(organizers)); diff != "" {
		t.Errorf("the organizers differ from those in the event:\n%s", diff)
	}
}
