// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"encoding/json"
	"html"
	"strings"
	"time"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// wireActor is an actor of ours. AP §4. Lists that a co-op has and the instance
// actor has not are nil for the latter.
type wireActor struct {
	Context            json.RawMessage `json:"@context"`
	ID                 coop.IRI        `json:"id"`
	Type               wireType        `json:"type"`
	PreferredUsername  coop.Name       `json:"preferredUsername"`
	WebFinger          string          `json:"webfinger"` // FEP-2c59: saves Mastodon a look-up
	Name               string          `json:"name"`
	Summary            string          `json:"summary"`
	URL                coop.IRI        `json:"url"`
	Inbox              coop.IRI        `json:"inbox"`
	Outbox             coop.IRI        `json:"outbox"`
	Followers          coop.IRI        `json:"followers"`
	Following          coop.IRI        `json:"following"`
	Featured           coop.IRI        `json:"featured,omitempty"`
	Upcoming           coop.IRI        `json:"upcomingEvents,omitempty"` // FEP-8a8e
	Liked              coop.IRI        `json:"liked,omitempty"`          // AP §5.5
	Endpoints          wireEndpoints   `json:"endpoints"`
	Approves           bool            `json:"manuallyApprovesFollowers"`
	Discoverable       bool            `json:"discoverable"`
	Indexable          bool            `json:"indexable"` // FEP-5feb
	Published          time.Time       `json:"published,omitzero"`
	AttributionDomains []string        `json:"attributionDomains,omitempty"`
	Icon               *wireImage      `json:"icon,omitempty"`
	Attachment         []wireField     `json:"attachment,omitzero"`
	Tag                []wireTag       `json:"tag,omitzero"`
	Implements         []wireLink      `json:"implements,omitempty"` // FEP-844e
	PublicKey          wireKey         `json:"publicKey"`
}

// wireEndpoints are what an actor shares with others of its server, and what its
// clients need. AP §4.1.
type wireEndpoints struct {
	SharedInbox   coop.IRI `json:"sharedInbox"`
	Authorization coop.IRI `json:"oauthAuthorizationEndpoint,omitempty"`
	Token         coop.IRI `json:"oauthTokenEndpoint,omitempty"`
	Registration  coop.IRI `json:"oauthRegistrationEndpoint,omitempty"` // as Pleroma calls it
	Proxy         coop.IRI `json:"proxyUrl,omitempty"`
	Upload        coop.IRI `json:"uploadMedia,omitempty"`
}

type wireField struct {
	Type  wireType `json:"type"`
	Name  string   `json:"name"`
	Value string   `json:"value"`
}

// wireKey is one object, never a list: Mobilizon, Gancio and Misskey index it.
type wireKey struct {
	ID    coop.IRI `json:"id"`
	Owner coop.IRI `json:"owner"`
	PEM   string   `json:"publicKeyPem"`
}

// EncodeActor makes the document of a co-op, or of the instance actor where c is
// named Relay. publicPEM is the public key as SPKI in PEM. AP §4.1.
func EncodeActor(s coop.Site, c coop.Coop, publicPEM string) ([]byte, error) {
	n := c.Name
	a := wireActor{
		Context: ld(actorContext(n)), ID: s.Actor(n), Type: actorType(c), PreferredUsername: n, WebFinger: s.Handle(n),
		Name: c.Title, Summary: c.Summary, URL: s.Profile(n),
		Inbox: s.Of(n, "inbox"), Outbox: s.Of(n, "outbox"), Followers: s.Of(n, "followers"), Following: s.Of(n, "following"),
		Endpoints: wireEndpoints{SharedInbox: s.SharedInbox()},
		Approves:  c.Approve, Discoverable: !c.Hidden, Indexable: !c.Hidden,
		PublicKey: wireKey{ID: s.Key(n), Owner: s.Actor(n), PEM: publicPEM},
	}
	if n == coop.Relay {
		relayOnly(&a, s)
	} else {
		coopOnly(&a, s, c)
	}
	if !c.Icon.IsZero() {
		a.Icon = imageOf(s, c.Icon, coop.WordsFor(c.Language).Logo+" "+a.Name)
		a.Icon.Width, a.Icon.Height = 0, 0
	}
	return render(a)
}

func coopOnly(a *wireActor, s coop.Site, c coop.Coop) {
	a.Name = firstOf(c.Title, string(c.Name))
	a.Featured, a.Upcoming, a.Liked = s.Of(c.Name, "featured"), s.Of(c.Name, "upcoming"), s.Of(c.Name, "liked")
	a.Endpoints.Authorization, a.Endpoints.Token, a.Endpoints.Registration = s.OAuth("authorize"), s.OAuth("token"), s.OAuth("register")
	a.Endpoints.Proxy, a.Endpoints.Upload = s.Proxy(), s.Upload()
	a.Published = coop.Stamp(c.Created)
	a.AttributionDomains = []string{s.Domain}
	a.Attachment, a.Tag = []wireField{}, []wireTag{}
	for _, f := range c.Fields {
		a.Attachment = append(a.Attachment, wireField{Type: typeProperty, Name: f.Name, Value: fieldHTML(f.Value)})
	}
	a.Attachment = append(a.Attachment, wireField{
		Type: typeProperty, Name: coop.WordsFor(c.Language).Calendar, Value: fieldLink(s.Calendar(c.Name), "nofollow noopener"),
	})
}

// relayOnly fills in what the instance actor says of itself. It is never
// suggested to people: servers follow it.
func relayOnly(a *wireActor, s coop.Site) {
	a.Name = firstOf(a.Name, s.Domain)
	if a.Summary == "" {
		a.Summary = "<p>Service account of " + html.EscapeString(s.Domain) + ". Follow it from Mobilizon to list all public events of this server.</p>"
	}
	a.Discoverable, a.Indexable = false, false
	a.Implements = []wireLink{{
		Type: wireType(vocab.LinkType), Href: "https://datatracker.ietf.org/doc/html/rfc9421", Name: "RFC-9421: HTTP Message Signatures",
	}}
}

// fieldHTML is the value of a profile field: a link, with rel="me" by which
// Mastodon recognises that a page and a profile name each other, or plain text.
func fieldHTML(value string) string {
	if i, err := ParseIRI(value, false); err == nil {
		return fieldLink(i, "me nofollow noopener")
	}
	return html.EscapeString(value)
}

func fieldLink(i coop.IRI, rel string) string {
	return anchor(i, bare(i), ` rel="`+rel+`" target="_blank"`)
}

// bare is a URL as people read it: without scheme and without a slash at the end.
func bare(i coop.IRI) string {
	_, rest, _ := strings.Cut(string(i), "://")
	return strings.TrimSuffix(rest, "/")
}

func actorType(c coop.Coop) wireType {
	switch {
	case c.Name == coop.Relay:
		return wireType(vocab.ApplicationType)
	case c.Type == coop.Organization:
		return wireType(vocab.OrganizationType)
	}
	return wireType(vocab.GroupType)
}

func actorContext(n coop.Name) string {
	if n == coop.Relay {
		return relayContext
	}
	return coopContext
}
