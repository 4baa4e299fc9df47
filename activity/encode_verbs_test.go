// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"encoding/json"
	"testing"

	"plenum/activity"
	"plenum/activity/wirecheck"
	"plenum/coop"
)

// verbs is one of each that a co-op says of others, by the name of its golden file.
func verbs(t testing.TB) map[string][]byte {
	ok := made(t)
	at, bob := moment("2026-11-30T12:00:00Z"), coop.IRI("https://social.example/users/bob")
	theirs, event := coop.IRI("https://social.example/users/bob/statuses/1"), site.Object(coop.Meetup, meetupID)
	answer := activity.OfferAnswer{ID: otherID, Accept: true, By: "neighbours", Offer: createID, From: "hackspace", Object: event}
	refusal := answer
	refusal.Accept = false
	undo := func(kind string, object, author coop.IRI) []byte {
		return ok(activity.EncodeUndo(site, otherID, "hackspace", activity.Undoing{ID: createID, Type: kind, Object: object, Author: author}))
	}
	shared := meetup()
	shared.Owners = []coop.Name{"neighbours"}
	liked := site.Of("hackspace", "liked")
	page := activity.Collection{ID: site.LikedBefore("hackspace", coop.Newest), PartOf: liked, Total: 21, Next: site.LikedBefore("hackspace", createID),
		Items: []json.RawMessage{activity.Ref(theirs)}}
	return map[string][]byte{
		"like":              ok(activity.EncodeLike(site, otherID, "hackspace", theirs, bob)),
		"share":             ok(activity.EncodeShare(site, otherID, "hackspace", theirs, bob, at)),
		"block":             ok(activity.EncodeBlock(site, otherID, "hackspace", bob)),
		"add":               ok(activity.EncodeAdd(site, otherID, "hackspace", event, site.Of("hackspace", "featured"))),
		"remove":            ok(activity.EncodeRemove(site, otherID, "hackspace", event, site.Of("hackspace", "featured"))),
		"offer":             ok(activity.EncodeOffer(site, otherID, "hackspace", "neighbours", event)),
		"accept_offer":      ok(activity.EncodeOfferAnswer(site, answer)),
		"reject_offer":      ok(activity.EncodeOfferAnswer(site, refusal)),
		"remove_organizer":  ok(activity.EncodeLetGo(site, otherID, "hackspace", "neighbours", site.Part(coop.Meetup, meetupID, "organizers"))),
		"undo_like":         undo("Like", theirs, bob),
		"undo_share":        undo("Announce", theirs, bob),
		"undo_block":        undo("Block", bob, ""),
		"undo_accept":       undo("Accept", site.Activity(createID), site.Actor("neighbours")),
		"organizers_shared": ok(activity.EncodeOrganizers(site, shared)),
		"liked":             ok(activity.Collection{ID: liked, Total: 21, First: page.ID, Items: page.Items}.JSON()),
		"liked_page":        ok(page.JSON()),
		"inbox_owned":       ownedInbox(t),
	}
}

// ownedInbox is an inbox as its members see it.
func ownedInbox(t testing.TB) []byte {
	at := moment("2026-11-30T12:00:00Z")
	arrival := coop.Arrival{Coop: "hackspace", Turn: 3, ID: "https://social.example/a/3", Type: "Create", Actor: "https://social.example/users/bob", Object: "https://social.example/n/3", At: at}
	follow := coop.Arrival{Coop: "hackspace", Turn: 1, ID: "https://social.example/a/1", Type: "Follow", Actor: arrival.Actor, Object: site.Actor("hackspace"), At: at}
	var items []json.RawMessage
	for _, i := range []struct {
		a coop.Arrival
		k activity.Kept
	}{
		{arrival, activity.Kept{Comment: coop.Comment{
			Object: arrival.Object, By: arrival.Actor, InReplyTo: site.Object(coop.Meetup, meetupID), Body: "<p>See you there</p>", Warning: "beer", Sensitive: true,
			URL: "https://social.example/@bob/3", Published: at, Updated: at, State: coop.CommentHeld,
		}}},
		{arrival, activity.Kept{Received: coop.Received{
			Object: arrival.Object, Type: "Event", By: arrival.Actor, Name: "Their <b>meetup</b>", Summary: "On Monday", URL: "https://social.example/e/3", Updated: at,
			Body: []byte(`{"type":"Event","bto":["https://victim.example/"]}`),
		}}},
		{follow, activity.Kept{}},
	} {
		item, err := activity.EncodeArrival(i.a, i.k)
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
	return made(t)(activity.Collection{ID: site.Of("hackspace", "inbox"), Total: 3, First: site.InboxBefore("hackspace", 0), Items: items}.JSON())
}

func TestABlockIsAddressedToNobody(t *testing.T) { // AP §6.9
	t.Parallel()
	for name, doc := range verbs(t) {
		m := decoded(t, doc)
		to, _ := m["to"].([]any)
		cc, _ := m["cc"].([]any)
		if hidden := name == "block" || name == "undo_block"; hidden != (len(to)+len(cc) == 0) && m["type"] != "OrderedCollection" && m["actor"] != nil {
			t.Errorf("%s is addressed to %v, %v", name, to, cc)
		}
	}
}

func TestOnlyWhatWasSaidIsTakenBack(t *testing.T) {
	t.Parallel()
	if b, err := activity.EncodeUndo(site, otherID, "hackspace", activity.Undoing{ID: createID, Type: "Create", Object: "https://a.example/1"}); err == nil {
		t.Errorf("got %s", b)
	}
}

// F15: what a server shows one co-op is not handed on to another.
func TestOnlyWhatIsForEverybodyIsOpen(t *testing.T) {
	t.Parallel()
	const id, public = "https://a.example/1", `"to":["https://www.w3.org/ns/activitystreams#Public"]`
	for doc, open := range map[string]bool{
		`{"id":"` + id + `","type":"Person","inbox":"https://a.example/i"}`:                                                        true,
		`{"id":"` + id + `","type":"Tombstone","formerType":"Note"}`:                                                               true,
		`{"id":"` + id + `","type":"Note",` + public + `,"content":"x"}`:                                                           true,
		`{"id":"` + id + `","type":["ex:A","Note"],"cc":"as:Public"}`:                                                              true,
		`{"id":"` + id + `","type":"Create",` + public + `,"object":{"type":"Note","id":"https://a.example/2",` + public + `}}`:    true,
		`{"id":"` + id + `","type":"Create","object":{"type":"Note",` + public + `}}`:                                              true,
		`{"id":"` + id + `","type":"OrderedCollection","orderedItems":["https://a.example/2",{"type":"Note",` + public + `}]}`:     true,
		`{"id":"` + id + `","type":"Note","to":["https://a.example/followers"]}`:                                                   false,
		`{"id":"` + id + `","type":"Note","content":"to nobody"}`:                                                                  false,
		`{"id":"` + id + `","type":"Create",` + public + `,"object":{"type":"Note","to":["https://a.example/u"]}}`:                 false,
		`{"id":"` + id + `","type":"OrderedCollection","orderedItems":[{"type":"Note","to":["https://a.example/u"]}]}`:             false,
		`{"id":"` + id + `","type":"Collection","first":{"type":"CollectionPage","items":[{"type":"Note","cc":["https://a/u"]}]}}`: false,
		`{"id":"` + id + `","type":"ex:Secret",` + public + `}`:                                                                    false,
		`{"id":"` + id + `","accounts":[{"name":"root"}]}`:                                                                         false,
		`{"id":"https://a.example/2","type":"Note",` + public + `}`:                                                                false,
		`{"type":"Note",` + public + `}`:                                                                                           false,
		`[]`:                                                                                                                       false,
	} {
		if err := activity.CheckOpen([]byte(doc), id, false); (err == nil) != open {
			t.Errorf("%s: got %v, want open: %t", doc, err, open)
		}
	}
}

// No name that a client sends gets what it is into a document twice.
func FuzzVerbs(f *testing.F) {
	f.Add([]byte(`{"type":"Accept","object":{"type":"Follow","actor":"https://a.example/u","object":"` + other + `"}}`))
	f.Add([]byte(`{"type":"Add","object":"` + eventID + `","target":"` + featured + `"}`))
	f.Add([]byte(`{"type":"Undo","object":{"type":"Like","id":"` + anActivity + `","object":"https://a.example/1"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		sub, err := activity.DecodeSubmission(raw, events)
		if err != nil {
			return
		}
		var doc []byte
		switch sub := sub.(type) {
		case activity.SubmitLike:
			doc, err = activity.EncodeLike(site, otherID, "hackspace", sub.Target, "https://a.example/u")
		case activity.SubmitAnnounce:
			doc, err = activity.EncodeShare(site, otherID, "hackspace", sub.Target, "https://a.example/u", moment("2026-11-30T12:00:00Z"))
		case activity.SubmitBlock:
			doc, err = activity.EncodeBlock(site, otherID, "hackspace", sub.Target)
		case activity.SubmitAdd:
			doc, err = activity.EncodeAdd(site, otherID, "hackspace", sub.Object, sub.Target)
		default:
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if found := wirecheck.Check(doc); len(found) > 0 {
			t.Fatalf("%q in %s", found, doc)
		}
	})
}
