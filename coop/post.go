// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import (
	"strings"
	"time"
	"unicode"
)

// Kind is what a post is.
type Kind string

// The kinds. A report is an Article, a meetup and a talk are Events, a note a Note.
const (
	Report Kind = "report"
	Meetup Kind = "meetup"
	Talk   Kind = "talk"
	Note   Kind = "note"
)

// Type returns the ActivityStreams type of the kind's object.
func (k Kind) Type() string {
	switch k {
	case Report:
		return "Article"
	case Meetup, Talk:
		return "Event"
	}
	return "Note"
}

// Event reports whether a post of the kind takes place at a time.
func (k Kind) Event() bool { return k == Meetup || k == Talk }

// PostState is where a post stands.
type PostState string

// The states of a post.
const (
	Draft     PostState = "draft"     // seen by members alone; with Due it is published by itself
	Published PostState = "published" // served and delivered, and listed where it is for everybody
	Withdrawn PostState = "withdrawn" // its id answers 410 with a Tombstone, for ever
)

// Visibility says who may read a post. The zero one is for everybody.
type Visibility string

// The visibilities.
const (
	Everybody Visibility = ""          // to the public: listed, announced, in feeds and calendars
	Unlisted  Visibility = "unlisted"  // the public in cc: whoever has its address may read it, and no list shows it
	Followers Visibility = "followers" // to the followers alone: their servers and the co-op's members
)

// Open reports whether anybody may read it who has its address.
func (v Visibility) Open() bool { return v != Followers }

// Status is what became of an event. FEP-8a8e.
type Status string

// The states of an event; the empty Status means Scheduled.
const (
	Scheduled   Status = "scheduled"
	Tentative   Status = "tentative"
	Cancelled   Status = "cancelled"
	Postponed   Status = "postponed"   // no new date yet
	Rescheduled Status = "rescheduled" // When is the new date, Previous the old one
)

// Limits of what a post may hold, in characters but for the text.
const (
	MaxTitle   = 200 // Mobilizon takes 3 to 200
	MaxSummary = 500
	MaxText    = 48 << 10 // bytes of source: Misskey takes 64 KB for the whole activity, goldmark is quadratic beyond
	MaxTags    = 20
	MaxLinks   = 30
	MaxPeople  = 30
)

// Post is what a co-op publishes, as it was written. How it is sent is rendered
// from it.
type Post struct {
	ID       ID        `json:"id"`
	Coop     Name      `json:"coop"`
	Kind     Kind      `json:"kind"`
	Slug     string    `json:"slug"`               // unique within the co-op; never the name of a feed
	Title    string    `json:"title"`              // plain text; empty for a note without one
	Summary  string    `json:"summary,omitempty"`  // plain text: a report's teaser, or what stands behind an event's date and place
	Body     string    `json:"body"`               // sanitised HTML
	Text     string    `json:"text"`               // the same as plain text
	Source   string    `json:"source,omitempty"`   // what the author wrote, where it was no HTML
	Language string    `json:"language"`           // BCP 47
	Tags     []string  `json:"tags,omitempty"`     // without '#'
	When     When      `json:"when,omitzero"`      // events only
	Status   Status    `json:"status,omitempty"`   // events only
	Previous When      `json:"previous,omitzero"`  // the old date of a rescheduled event
	Place    Place     `json:"place,omitzero"`     // events only
	Online   IRI       `json:"online,omitempty"`   // a video call or a stream
	Speakers []Person  `json:"speakers,omitempty"` // talks
	Links    []Link    `json:"links,omitempty"`    // slides, recordings, pages
	Image    Image     `json:"image,omitzero"`     // never empty for a published event
	Original IRI       `json:"original,omitempty"` // where it was first published
	PartOf   ID        `json:"part_of,omitempty"`  // a post of the same instance that it belongs to
	ReplyTo  IRI       `json:"reply_to,omitempty"` // notes only
	To       []IRI     `json:"to,omitempty"`       // addressed besides the public
	Cc       []IRI     `json:"cc,omitempty"`       // addressed besides the followers
	Mentions []Mention `json:"mentions,omitempty"`
	Join     JoinMode  `json:"join,omitempty"`     // events only; see Joining
	JoinURL  IRI       `json:"join_url,omitempty"` // of JoinExternal; empty: the page
	Capacity int       `json:"capacity,omitempty"` // seats; 0: as many as come

	Visibility Visibility `json:"visibility,omitempty"`
	Attendance int        `json:"attendance,omitempty"` // events only: how many came, as the co-op counted
	Of         []ID       `json:"of,omitempty"`         // reports only: the events that it is about, from which it fills itself
	Series     ID         `json:"series,omitempty"`     // of an occurrence
	Owners     []Name     `json:"owners,omitempty"`     // co-ops of this instance that share it, besides Coop; each has agreed
	Offered    []Name     `json:"offered,omitempty"`    // co-ops that were asked to, and have not answered

	State     PostState `json:"state"`
	Due       time.Time `json:"due,omitzero"`     // of a draft: when it is published
	Stuck     string    `json:"stuck,omitempty"`  // of a draft that was due: why it could not be published
	Again     time.Time `json:"again,omitzero"`   // of a draft that is stuck: when that is tried again
	By        string    `json:"by,omitempty"`     // who changed it last
	Author    string    `json:"author,omitempty"` // Principal.Self of who changed it last
	Rev       int       `json:"rev"`              // 1 for the first, one more with each change
	Created   time.Time `json:"created"`
	Published time.Time `json:"published,omitzero"` // never changes once set
	Updated   time.Time `json:"updated,omitzero"`   // the last revision after publication
	Activity  ID        `json:"activity,omitempty"` // of the Create
	Announce  ID        `json:"announce,omitempty"` // of the instance actor's Announce
}

// Place is where an event takes place.
type Place struct {
	Name      string   `json:"name"`
	Address   string   `json:"address,omitempty"` // one line, where the parts below are not known
	Street    string   `json:"street,omitempty"`
	Postcode  string   `json:"postcode,omitempty"`
	Locality  string   `json:"locality,omitempty"`
	Region    string   `json:"region,omitempty"`
	Country   string   `json:"country,omitempty"`
	Latitude  *float64 `json:"latitude,omitempty"` // pointers: the equator is a place too
	Longitude *float64 `json:"longitude,omitempty"`
}

// IsZero reports whether no place is given.
func (p Place) IsZero() bool { return p == Place{} }

// Line is the place on one line: name, street or address, town.
func (p Place) Line() string {
	parts := []string{p.Name}
	for _, s := range []string{p.Address, p.Street, strings.TrimSpace(p.Postcode + " " + p.Locality), p.Country} {
		if s != "" && s != p.Name {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// Person is a speaker.
type Person struct {
	Name string `json:"name"`
	URL  IRI    `json:"url,omitempty"`
}

// Mention is somebody whom a post names and who is told of it: also in Cc.
type Mention struct {
	Actor  IRI    `json:"actor"`
	Handle string `json:"handle"` // @user@host
}

// Link is something that belongs to a post and is elsewhere.
type Link struct {
	Name      string `json:"name"`
	URL       IRI    `json:"url"`
	MediaType string `json:"media_type"` // text/html where the author said nothing
}

// Image is a picture of ours under /media/, or one elsewhere.
type Image struct {
	File      string     `json:"file,omitempty"` // name under /media/; empty for one elsewhere
	URL       IRI        `json:"url,omitempty"`  // for one elsewhere
	MediaType string     `json:"media_type"`
	Alt       string     `json:"alt"`
	Width     int        `json:"width,omitempty"`
	Height    int        `json:"height,omitempty"`
	Blurhash  string     `json:"blurhash,omitempty"`
	Focus     [2]float64 `json:"focus,omitzero"` // see Media.Focus
	Made      bool       `json:"made,omitempty"` // drawn by Plenum: drawn again when what it shows changes
}

// IsZero reports whether there is no picture.
func (i Image) IsZero() bool { return i.File == "" && i.URL == "" }

// reserved are the slugs that the URLs of a co-op use for something else.
var reserved = map[string]bool{"feed": true, "calendar": true, "feeds": true}

// ParseSlug returns s when it may be the last part of a post's page:
// [a-z0-9]+(-[a-z0-9]+)*, at most 80 characters, not the name of a feed.
func ParseSlug(s string) (slug string, ok bool) {
	if s == "" || len(s) > 80 || s[0] == '-' || s[len(s)-1] == '-' || strings.Contains(s, "--") || reserved[s] {
		return "", false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return "", false
		}
	}
	return s, true
}

var plain = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "á", "a", "à", "a", "â", "a", "é", "e", "è", "e", "ê", "e",
	"í", "i", "î", "i", "ó", "o", "ô", "o", "ú", "u", "û", "u", "ñ", "n", "ç", "c", "å", "a", "ø", "o", "æ", "ae")

// MakeSlug makes a slug from a title: lower case, umlauts spelled out, anything
// else a hyphen. It returns "" where nothing of the title can stand in a URL.
func MakeSlug(title string) string {
	var b strings.Builder
	gap := false
	for _, r := range plain.Replace(strings.ToLower(title)) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		} else if r != '\'' && r != '’' && !unicode.Is(unicode.Mn, r) { // a decomposed é is e and a mark
			gap = true
		}
		if b.Len() >= 60 {
			break
		}
	}
	s := b.String()
	if reserved[s] {
		s += "-post"
	}
	return s
}

// PostQuery chooses posts; zero fields choose all that are published. Order:
// newest first by publication, but for Upcoming.
type PostQuery struct {
	Coop     Name // its own posts and those that it shares
	All      bool // with Coop: those too that are not for everybody
	Tag      string
	PartOf   ID
	Series   ID        // all of its occurrences, whatever their visibility
	State    PostState // empty means Published
	Upcoming time.Time // not zero: events that end after it, by start, earliest first
	Latest   bool      // with Upcoming: where there are more than Limit, those that start last
	Before   ID        // pages: what comes behind this post in the order
	Limit    int       // 0 means 20
}
