// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import (
	"strconv"
	"strings"
)

// Site makes and reads every URL of an instance. FEDERATION.md, Actors: actor,
// inbox, key, objects and pages stand on one host; they have no query, no
// escapes and no port beyond the domain's own.
type Site struct {
	Domain string // the host in every id, in development with a port
	HTTP   bool   // development: ids are http
}

// Scheme is "https", in development "http".
func (s Site) Scheme() string {
	if s.HTTP {
		return "http"
	}
	return "https"
}

// Base is the URL of the site without a slash behind it.
func (s Site) Base() string { return s.Scheme() + "://" + s.Domain }

func (s Site) iri(path string) IRI { return IRI(s.Base() + path) }

// Actor is the id of a co-op's actor, or of the instance actor.
func (s Site) Actor(n Name) IRI {
	if n == Relay {
		return s.iri("/ap/actor")
	}
	return s.iri("/ap/coops/" + string(n))
}

// Of is the id of a collection or the inbox of an actor: "inbox", "outbox",
// "followers", "following" or, for co-ops, "featured", "upcoming", "liked".
func (s Site) Of(n Name, what string) IRI { return s.Actor(n) + IRI("/"+what) }

// OutboxPage is page number page of an actor's outbox, counted from 1, the oldest.
func (s Site) OutboxPage(n Name, page int) IRI {
	return s.Of(n, "outbox") + IRI("/pages/"+strconv.Itoa(page))
}

// OutboxBefore is the page of an actor's outbox with what is older than an
// activity, as its own members see it; Newest names the newest.
func (s Site) OutboxBefore(n Name, id ID) IRI { return s.Of(n, "outbox") + IRI("/before/"+string(id)) }

// InboxBefore is the page of an actor's inbox with what came before a turn, as its
// own members see it; 0 names the newest.
func (s Site) InboxBefore(n Name, turn uint64) IRI {
	return s.Of(n, "inbox") + IRI("/before/"+strconv.FormatUint(turn, 10))
}

// LikedBefore is the page of what a co-op liked before it said so in an activity;
// Newest names the newest.
func (s Site) LikedBefore(n Name, id ID) IRI { return s.Of(n, "liked") + IRI("/before/"+string(id)) }

// Key is the id of an actor's key.
func (s Site) Key(n Name) IRI { return s.Actor(n) + "#main-key" }

// SharedInbox is the inbox of the instance. AP §7.1.3.
func (s Site) SharedInbox() IRI { return s.iri("/ap/inbox") }

// Activity is the id of an activity.
func (s Site) Activity(id ID) IRI { return s.iri("/ap/activities/" + string(id)) }

// Object is the id of a post's object.
func (s Site) Object(k Kind, id ID) IRI {
	switch {
	case k.Event():
		return s.iri("/ap/events/" + string(id))
	case k == Report:
		return s.iri("/ap/reports/" + string(id))
	}
	return s.iri("/ap/notes/" + string(id))
}

// Part is the id of a collection that belongs to a post's object: "replies",
// "likes", "shares", "organizers" or, for events, "attendees".
func (s Site) Part(k Kind, id ID, what string) IRI { return s.Object(k, id) + IRI("/"+what) }

// RepliesPage is page number page of the replies to a post, counted from 1, the
// oldest.
func (s Site) RepliesPage(k Kind, id ID, page int) IRI {
	return s.Part(k, id, "replies") + IRI("/pages/"+strconv.Itoa(page))
}

// OAuth is an endpoint of the authorization server: "authorize", "token",
// "register". RFC 6749 §3.
func (s Site) OAuth(what string) IRI { return s.iri("/oauth/" + what) }

// Proxy is where a client has documents of other servers read for it. AP §4.1.
func (s Site) Proxy() IRI { return s.iri("/api/proxy") }

// Upload is where a client brings files. AP §4.1.
func (s Site) Upload() IRI { return s.iri("/api/media") }

// Place is the id of a place, made from a digest of its parts: the same place
// has the same id, a changed address another. hash is 16 hexadecimal digits.
func (s Site) Place(hash string) IRI { return s.iri("/ap/places/" + hash) }

// Proposal is where members read a proposal and decide about it.
func (s Site) Proposal(n Name, id ID) IRI {
	return s.iri("/api/coops/" + string(n) + "/proposals/" + string(id))
}

// Home is the page of the instance.
func (s Site) Home() IRI { return s.iri("/") }

// About is the page about the instance.
func (s Site) About() IRI { return s.iri("/about") }

// Network is the page with what came from the co-ops that ours follow.
func (s Site) Network() IRI { return s.iri("/network") }

// Profile is the page of a co-op; for the instance actor the page about the instance.
func (s Site) Profile(n Name) IRI {
	if n == Relay {
		return s.About()
	}
	return s.iri("/@" + string(n))
}

// Page is the page of a post.
func (s Site) Page(n Name, slug string) IRI { return s.iri("/@" + string(n) + "/" + slug) }

// ICS is the calendar file of an event.
func (s Site) ICS(n Name, slug string) IRI { return s.Page(n, slug) + ".ics" }

// Calendar is the calendar of a co-op, or of all for the empty name.
func (s Site) Calendar(n Name) IRI {
	if n == "" {
		return s.iri("/calendar.ics")
	}
	return s.Profile(n) + "/calendar.ics"
}

// Tag is the page of a tag, in lower case.
func (s Site) Tag(tag string) IRI { return s.iri("/tags/" + pathEscape(strings.ToLower(tag))) }

// Media is the URL of a file of ours.
func (s Site) Media(file string) IRI { return s.iri("/media/" + file) }

// MediaObject is the id of an uploaded file's object.
func (s Site) MediaObject(id ID) IRI { return s.iri("/ap/media/" + string(id)) }

// MediaFile is the name of the file of ours that is served at an IRI; ok is false
// for any other IRI.
func (s Site) MediaFile(i IRI) (file string, ok bool) {
	file, ok = strings.CutPrefix(string(i), string(s.Media("")))
	return file, ok && file != "" && !strings.ContainsAny(file, "/?#")
}

// ImageURL is where a picture is, ours or not.
func (s Site) ImageURL(i Image) IRI {
	if i.File != "" {
		return s.Media(i.File)
	}
	return i.URL
}

// Handle is how people address an actor of ours: name@domain.
func (s Site) Handle(n Name) string { return string(n) + "@" + s.Domain }

// Local reports whether an IRI is on this site.
func (s Site) Local(i IRI) bool { return SameOrigin(i, IRI(s.Base()+"/")) }

// RefKind says what an IRI of ours names.
type RefKind string

// What an IRI of ours can name.
const (
	RefActor      RefKind = "actor"
	RefCollection RefKind = "collection" // Ref.What says which; Ref.Page is 0 for the collection itself
	RefShared     RefKind = "shared-inbox"
	RefActivity   RefKind = "activity"
	RefObject     RefKind = "object" // Ref.What is "" or one of its collections; Ref.Page is 0 but for pages of replies
	RefMedia      RefKind = "media"  // the object of an uploaded file
	RefPlace      RefKind = "place"
	RefProfile    RefKind = "profile" // /@NAME
	RefPage       RefKind = "page"    // /@NAME/SLUG
)

// Ref is what an IRI of ours names. That it can be named does not mean that it
// exists.
type Ref struct {
	Kind   RefKind
	Name   Name
	ID     ID
	What   string // the collection; for objects the part
	Page   int
	Paged  bool // a page that says behind what it begins, by Before or by Turn
	Before ID
	Turn   uint64
	Slug   string
	Dir    string // "events", "reports" or "notes" for objects
	Place  string
}

// actorParts are the collections of an actor, and whether co-ops alone have them.
var actorParts = map[string]bool{
	"inbox": false, "outbox": false, "followers": false, "following": false, "featured": true, "upcoming": true, "liked": true,
}

// Parse reads an IRI of ours. ok is false for one of another site and for one
// that no method of Site makes: a query, an escape, a slash at the end.
func (s Site) Parse(i IRI) (r Ref, ok bool) {
	path, ok := strings.CutPrefix(string(i), s.Base())
	if !ok {
		return Ref{}, false
	}
	return s.ParsePath(path)
}

// ParsePath reads the path of an IRI of ours.
func (s Site) ParsePath(path string) (r Ref, ok bool) {
	if rest, ok := strings.CutPrefix(path, "/@"); ok {
		return parsePage(rest)
	}
	rest, ok := strings.CutPrefix(path, "/ap/")
	if !ok {
		return Ref{}, false
	}
	p := strings.Split(rest, "/")
	switch {
	case rest == "inbox":
		return Ref{Kind: RefShared}, true
	case p[0] == "actor":
		return parseActor(Relay, p[1:])
	case p[0] == "coops" && len(p) > 1:
		n, ok := ParseName(p[1])
		if !ok || n == Relay {
			return Ref{}, false
		}
		return parseActor(n, p[2:])
	case p[0] == "activities" && len(p) == 2:
		id, ok := ParseID(p[1])
		return Ref{Kind: RefActivity, ID: id}, ok
	case p[0] == "media" && len(p) == 2:
		id, ok := ParseID(p[1])
		return Ref{Kind: RefMedia, ID: id}, ok
	case p[0] == "places" && len(p) == 2:
		return Ref{Kind: RefPlace, Place: p[1]}, hex16(p[1])
	case p[0] == "events" || p[0] == "reports" || p[0] == "notes":
		return parseObject(p)
	}
	return Ref{}, false
}

func parsePage(rest string) (Ref, bool) {
	name, slug, has := strings.Cut(rest, "/")
	n, ok := ParseName(name)
	if !ok || !has {
		return Ref{Kind: RefProfile, Name: n}, ok
	}
	slug, ok = ParseSlug(slug)
	return Ref{Kind: RefPage, Name: n, Slug: slug}, ok
}

func parseActor(n Name, p []string) (Ref, bool) {
	if len(p) == 0 {
		return Ref{Kind: RefActor, Name: n}, true
	}
	coopsOnly, known := actorParts[p[0]]
	r := Ref{Kind: RefCollection, Name: n, What: p[0]}
	switch {
	case !known || coopsOnly && n == Relay:
		return Ref{}, false
	case len(p) == 1:
		return r, true
	case len(p) == 3 && p[1] == "pages" && p[0] == "outbox":
		page, ok := parsePageNumber(p[2])
		r.Page = page
		return r, ok
	case len(p) == 3 && p[1] == "before":
		return parseBefore(r, p[2])
	}
	return Ref{}, false
}

// parseBefore reads behind what a page of a collection begins.
func parseBefore(r Ref, s string) (_ Ref, ok bool) {
	r.Paged = true
	switch r.What {
	case "outbox", "liked":
		r.Before, ok = ParseID(s)
	case "inbox":
		var err error
		r.Turn, err = strconv.ParseUint(s, 10, 64)
		ok = err == nil && s == strconv.FormatUint(r.Turn, 10)
	}
	return r, ok
}

// objectParts are the collections of an object, and whether events alone have them.
var objectParts = map[string]bool{"replies": false, "likes": false, "shares": false, "organizers": false, "attendees": true}

func parseObject(p []string) (Ref, bool) {
	if len(p) < 2 {
		return Ref{}, false
	}
	id, ok := ParseID(p[1])
	r := Ref{Kind: RefObject, Dir: p[0], ID: id}
	if len(p) == 2 {
		return r, ok
	}
	eventsOnly, known := objectParts[p[2]]
	r.What, ok = p[2], ok && known && (!eventsOnly || p[0] == "events")
	switch {
	case len(p) == 3:
		return r, ok
	case len(p) == 5 && p[2] == "replies" && p[3] == "pages":
		page, number := parsePageNumber(p[4])
		r.Page = page
		return r, ok && number
	}
	return Ref{}, false
}

func parsePageNumber(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0 && s == strconv.Itoa(n)
}

func hex16(s string) bool {
	return len(s) == 16 && strings.Trim(s, "0123456789abcdef") == ""
}

// pathEscape percent-encodes what is not unreserved. RFC 3986 §2.3.
func pathEscape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(c)|0x100, 16))[1:])
		}
	}
	return b.String()
}
