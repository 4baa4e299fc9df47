// SPDX-License-Identifier: AGPL-3.0-or-later

package coop_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/coop"
)

const (
	anID  coop.ID = "01ARYZ6S41TSV4RRFFQ69G5FAV"
	aHash string  = "0123456789abcdef"
)

var site = coop.Site{Domain: "events.example"}

// built lists every IRI of a site that Parse reads, with what it names.
func built(s coop.Site, n coop.Name, id coop.ID, hash, slug string, page int, before coop.ID, turn uint64) map[coop.IRI]coop.Ref {
	all := map[coop.IRI]coop.Ref{
		s.SharedInbox():             {Kind: coop.RefShared},
		s.Activity(id):              {Kind: coop.RefActivity, ID: id},
		s.MediaObject(id):           {Kind: coop.RefMedia, ID: id},
		s.Place(hash):               {Kind: coop.RefPlace, Place: hash},
		s.Profile(n):                {Kind: coop.RefProfile, Name: n},
		s.Page(n, slug):             {Kind: coop.RefPage, Name: n, Slug: slug},
		s.Actor(n):                  {Kind: coop.RefActor, Name: n},
		s.Actor(coop.Relay):         {Kind: coop.RefActor, Name: coop.Relay},
		s.OutboxPage(n, page):       {Kind: coop.RefCollection, Name: n, What: "outbox", Page: page},
		s.OutboxPage("relay", page): {Kind: coop.RefCollection, Name: coop.Relay, What: "outbox", Page: page},
		s.Of(n, "featured"):         {Kind: coop.RefCollection, Name: n, What: "featured"},
		s.Of(n, "upcoming"):         {Kind: coop.RefCollection, Name: n, What: "upcoming"},
		s.Of(n, "liked"):            {Kind: coop.RefCollection, Name: n, What: "liked"},
		s.LikedBefore(n, before):    {Kind: coop.RefCollection, Name: n, What: "liked", Paged: true, Before: before},
	}
	for _, who := range []coop.Name{n, coop.Relay} {
		all[s.OutboxBefore(who, before)] = coop.Ref{Kind: coop.RefCollection, Name: who, What: "outbox", Paged: true, Before: before}
		all[s.InboxBefore(who, turn)] = coop.Ref{Kind: coop.RefCollection, Name: who, What: "inbox", Paged: true, Turn: turn}
	}
	for _, what := range []string{"inbox", "outbox", "followers", "following"} {
		all[s.Of(n, what)] = coop.Ref{Kind: coop.RefCollection, Name: n, What: what}
		all[s.Of(coop.Relay, what)] = coop.Ref{Kind: coop.RefCollection, Name: coop.Relay, What: what}
	}
	for k, dir := range map[coop.Kind]string{coop.Report: "reports", coop.Meetup: "events", coop.Talk: "events", coop.Note: "notes"} {
		all[s.Object(k, id)] = coop.Ref{Kind: coop.RefObject, Dir: dir, ID: id}
		all[s.Object(k, id)+"/replies"] = coop.Ref{Kind: coop.RefObject, Dir: dir, ID: id, What: "replies"}
		all[s.Object(k, id)+"/organizers"] = coop.Ref{Kind: coop.RefObject, Dir: dir, ID: id, What: "organizers"}
	}
	return all
}

func TestWhatIsBuiltIsParsed(t *testing.T) {
	t.Parallel()
	for _, s := range []coop.Site{site, {Domain: "localhost:8081", HTTP: true}} {
		all := built(s, "it_kollektiv", anID, aHash, "no-masters-no-slave", 12, coop.Newest, 1<<64-1)
		if len(all) != 35 {
			t.Errorf("got %d different IRIs want 35", len(all))
		}
		for i, want := range all {
			got, ok := s.Parse(i)
			if diff := cmp.Diff(want, got); !ok || diff != "" {
				t.Errorf("%s: ok %t (-want +got)\n%s", i, ok, diff)
			}
			if !s.Local(i) {
				t.Errorf("%s is not on its own site", i)
			}
			// FEDERATION.md, Actors: ASCII, no query, no escapes, no slash at the end.
			u, err := url.Parse(string(i))
			if err != nil || u.RawQuery != "" || strings.ContainsAny(string(i), "%?# \"") || strings.HasSuffix(string(i), "/") || u.Host != s.Domain {
				t.Errorf("%s is not plain (%v)", i, err)
			}
		}
	}
}

func TestURLsAreTheOnesThatOthersRelyOn(t *testing.T) {
	t.Parallel()
	for got, want := range map[coop.IRI]coop.IRI{
		site.Actor("c"):                              "https://events.example/ap/coops/c",
		site.Actor(coop.Relay):                       "https://events.example/ap/actor",
		site.Key("c"):                                "https://events.example/ap/coops/c#main-key",
		site.Key(coop.Relay):                         "https://events.example/ap/actor#main-key",
		site.Of("c", "followers"):                    "https://events.example/ap/coops/c/followers",
		site.OutboxBefore("c", anID):                 "https://events.example/ap/coops/c/outbox/before/01ARYZ6S41TSV4RRFFQ69G5FAV",
		site.InboxBefore("c", 7):                     "https://events.example/ap/coops/c/inbox/before/7",
		site.LikedBefore("c", anID):                  "https://events.example/ap/coops/c/liked/before/01ARYZ6S41TSV4RRFFQ69G5FAV",
		site.OAuth("token"):                          "https://events.example/oauth/token",
		site.Proxy():                                 "https://events.example/api/proxy",
		site.Upload():                                "https://events.example/api/media",
		site.OutboxPage("c", 3):                      "https://events.example/ap/coops/c/outbox/pages/3",
		site.SharedInbox():                           "https://events.example/ap/inbox",
		site.Activity(anID):                          "https://events.example/ap/activities/01ARYZ6S41TSV4RRFFQ69G5FAV",
		site.Object(coop.Meetup, anID):               "https://events.example/ap/events/01ARYZ6S41TSV4RRFFQ69G5FAV",
		site.Home():                                  "https://events.example/",
		site.Profile("c"):                            "https://events.example/@c",
		site.Profile(coop.Relay):                     "https://events.example/about",
		site.Page("c", "s"):                          "https://events.example/@c/s",
		site.ICS("c", "s"):                           "https://events.example/@c/s.ics",
		site.Tag("35C3"):                             "https://events.example/tags/35c3",
		site.Tag("Bücher & Brot"):                    "https://events.example/tags/b%C3%BCcher%20%26%20brot",
		site.Tag("a\x01/~"):                          "https://events.example/tags/a%01%2F~",
		site.Media("x.png"):                          "https://events.example/media/x.png",
		site.ImageURL(coop.Image{File: "x.png"}):     "https://events.example/media/x.png",
		site.ImageURL(coop.Image{URL: "https://a/"}): "https://a/",
	} {
		if got != want {
			t.Errorf("got %s want %s", got, want)
		}
	}
	if got := site.Handle("c"); got != "c@events.example" {
		t.Errorf("got %s", got)
	}
}

func TestWhatIsNotOursIsNotParsed(t *testing.T) {
	t.Parallel()
	base := site.Base()
	id := string(anID)
	for _, i := range []string{
		"", "https://events.example", base + "/", base + "/about", base + "/network", base + "/media/x.png", base + "/tags/a",
		"http://events.example/ap/actor", "https://events.example.evil/ap/actor", "https://events.example:443/ap/actor",
		"https://EVENTS.example/ap/actor", "https://user@events.example/ap/actor", "https://evil.example/ap/actor",
		base + "/ap", base + "/ap/", base + "/ap/actor/", base + "/ap/actor/featured", base + "/ap/actor/upcoming",
		base + "/ap/coops", base + "/ap/coops/", base + "/ap/coops/relay", base + "/ap/coops/C", base + "/ap/coops/c/",
		base + "/ap/coops/c/inbox/", base + "/ap/coops/c/likes", base + "/ap/coops/c?x", base + "/ap/coops/c#main-key",
		base + "/ap/coops/c/outbox/pages", base + "/ap/coops/c/outbox/pages/0", base + "/ap/coops/c/outbox/pages/01",
		base + "/ap/coops/c/outbox/pages/+1", base + "/ap/coops/c/outbox/pages/-1", base + "/ap/coops/c/outbox/pages/x",
		base + "/ap/coops/c/outbox/pages/99999999999999999999", base + "/ap/coops/c/inbox/pages/1",
		base + "/ap/coops/c/liked/", base + "/ap/coops/c/liked/before", base + "/ap/coops/c/liked/before/1", base + "/ap/coops/c/liked/pages/1",
		base + "/ap/actor/liked", base + "/ap/coops/c/outbox/before/" + strings.ToLower(id), base + "/ap/coops/c/inbox/before/" + id,
		base + "/ap/coops/c/inbox/before/01", base + "/ap/coops/c/inbox/before/-1", base + "/ap/coops/c/inbox/before/99999999999999999999",
		base + "/ap/coops/c/followers/before/" + id,
		base + "/ap/inbox/", base + "/ap/inbox/x", base + "/ap/activities", base + "/ap/activities/" + id + "/", base + "/ap/activities/" + strings.ToLower(id),
		base + "/ap/events", base + "/ap/events/" + id + "/", base + "/ap/events/" + id + "/shares/", base + "/ap/events/" + id + "/likes/pages/1",
		base + "/ap/events/" + id + "/replies/pages/0", base + "/ap/reports/" + id + "/attendees/", base + "/ap/reports/" + id + "/attendees",
		base + "/ap/events/" + id + "/replies/1", base + "/ap/things/" + id, base + "/ap/places/0123456789ABCDEF", base + "/ap/places/0123456789abcde",
		base + "/ap//actor", base + "/ap/%61ctor", base + "/@", base + "/@C", base + "/@c/", base + "/@c/feed", base + "/@c/a.ics", base + "/@c/a/b", base + "/@c?x",
	} {
		if r, ok := site.Parse(coop.IRI(i)); ok {
			t.Errorf("%s was taken for %+v", i, r)
		}
	}
}

// FuzzSite makes names, ids and slugs of arbitrary bytes, builds every IRI of
// them, and wants them back; and it parses arbitrary paths, which must not be
// other spellings of what is built.
func FuzzSite(f *testing.F) {
	f.Add([]byte("seed"), "/ap/coops/c/outbox/pages/1")
	f.Add([]byte{0}, "/@c/feed")
	f.Add([]byte("x"), "/ap/events/"+string(anID)+"/organizers")
	f.Add([]byte("y"), "/ap/actor/outbox/pages/2147483648")
	f.Add([]byte("z"), "/ap/places/"+aHash)
	f.Fuzz(func(t *testing.T, seed []byte, path string) {
		sum := sha256.Sum256(seed)
		n, ok := coop.ParseName(hex.EncodeToString(sum[:1+int(sum[0])%15]))
		if !ok {
			t.Fatal("no name")
		}
		id, err := coop.NewID(time.UnixMilli(int64(sum[1])<<32|int64(sum[2])), bytes.NewReader(sum[3:]))
		if err != nil {
			t.Fatal(err)
		}
		slug := coop.MakeSlug(string(seed))
		if slug == "" {
			slug = "s"
		}
		for i, want := range built(site, n, id, hex.EncodeToString(sum[8:16]), slug, 1+int(sum[4])<<8, id, uint64(sum[5])<<40) {
			if got, ok := site.Parse(i); !ok || got != want {
				t.Errorf("%s: got %+v, %t want %+v", i, got, ok, want)
			}
		}
		r, ok := site.ParsePath(path)
		if !ok || r.Name == coop.Relay && (r.Kind == coop.RefProfile || r.Kind == coop.RefPage) {
			return // the page of the instance actor has another address
		}
		all := built(site, r.Name, r.ID, r.Place, r.Slug, r.Page, r.Before, r.Turn)
		if again, ok := all[coop.IRI(site.Base()+path)]; !ok || again != r {
			t.Errorf("%q names %+v, which is built otherwise", path, r)
		}
	})
}
