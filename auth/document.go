// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"plenum/coop"
	"plenum/recent"
)

// How much a document of a client may have. draft-ietf-oauth-client-id-metadata-document
// §6.6 recommends the first; the other is for objects, which have more in them.
const (
	metadataBytes = 5 << 10
	objectBytes   = 64 << 10
)

// documents are those that were read lately, good or not.
type documents struct {
	mu   sync.Mutex
	read recent.Map[string, reading]
}

type reading struct {
	client coop.Client
	err    error
	at     time.Time
}

func (d *documents) get(id string, now time.Time, fresh time.Duration) (reading, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, ok := d.read.Peek(id)
	if r.err != nil {
		fresh = min(fresh, documentMissing)
	}
	age := now.Sub(r.at)
	return r, ok && age >= 0 && age < fresh
}

func (d *documents) put(id string, r reading) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.read.Put(id, r, 1, documentsMost)
}

// documented is a client whose id is the URL of what describes it, as it was read
// within a time.
func (s *Service) documented(ctx context.Context, id string, fresh time.Duration) (coop.Client, error) {
	if why := s.documentID(id); why != "" {
		return coop.Client{}, refuse("invalid_client", why)
	}
	if r, ok := s.documents.get(id, s.Now(), fresh); ok {
		return r.client, r.err
	}
	c, err := s.readDocument(ctx, id)
	if ctx.Err() != nil {
		return c, ctx.Err()
	}
	if err == nil {
		c, err = s.sinceBefore(ctx, c)
	}
	if _, ours := errors.AsType[*OAuthError](err); err == nil || ours {
		s.documents.put(id, reading{c, err, s.Now()})
	}
	return c, err
}

// sinceBefore notes whether the document says something else than what members
// consented to, and when that was found. A18.
func (s *Service) sinceBefore(ctx context.Context, c coop.Client) (coop.Client, error) {
	old, err := s.Clients.Client(ctx, c.ID)
	switch {
	case coop.CodeOf(err) == coop.NotFound:
		return c, nil
	case err != nil:
		return c, err
	}
	c.Created, c.Used, c.Changed = old.Created, old.Used, old.Changed
	if !bytes.Equal(old.Digest, c.Digest) || old.Kind != c.Kind {
		c.Changed = s.now()
	}
	return c, s.Clients.SaveClient(ctx, c)
}

// documentID says what is wrong with a URL as a client's id.
// draft-ietf-oauth-client-id-metadata-document §3: https, a path without dot segments,
// no fragment, no user. Where it leads is for the guard of what we fetch.
func (s *Service) documentID(id string) string {
	u, ok := plainURL(id)
	switch {
	case !ok || u.Opaque != "" || u.Host == "":
		return "client_id is no URL that can be read"
	case u.Scheme != "https" && !(s.Site.HTTP && u.Scheme == "http"):
		return "client_id has to be an https URL"
	case u.Path == "" || u.Path == "/":
		return "client_id has to be the URL of a document: it has no path"
	case u.RawPath != "" || strings.Contains(u.Path+"/", "/./") || strings.Contains(u.Path+"/", "/../") || path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/"):
		return "the path of client_id has segments that lead elsewhere"
	case u.Host != strings.ToLower(u.Host) || s.Site.Local(coop.IRI(id)):
		return "client_id names a host that no app can have"
	}
	return ""
}

// readDocument fetches what describes a client. Everything that is wrong with it is
// told in the same words, as the answers of other servers are nobody's business. F13.
func (s *Service) readDocument(ctx context.Context, id string) (coop.Client, error) {
	f, err := s.Fetch(ctx, id, `application/json, application/ld+json; profile="https://www.w3.org/ns/activitystreams";q=0.9, application/activity+json;q=0.9`, objectBytes)
	if err != nil {
		s.log().InfoContext(ctx, "client document not fetched", "err", err)
		return coop.Client{}, refuse("invalid_client", "the document of this app could not be fetched")
	}
	t, _, err := mime.ParseMediaType(f.ContentType)
	if f.Status != http.StatusOK || err != nil {
		return coop.Client{}, refuse("invalid_client", "the address of this app answers with no document")
	}
	u, err := url.Parse(id)
	if err != nil {
		return coop.Client{}, err
	}
	c := coop.Client{ID: id, Host: u.Host, Created: s.now(), Fetched: s.now()}
	m, err := members(f.Body)
	if err != nil {
		return coop.Client{}, refuse("invalid_client", "the document of this app cannot be read")
	}
	_, named := m["client_id"]
	switch {
	case named && (t == "application/json" || strings.HasPrefix(t, "application/") && strings.HasSuffix(t, "+json")):
		err = metadata(&c, f.Body, m)
	case !named && (t == "application/activity+json" || t == "application/ld+json"):
		err = object(&c, m)
	default:
		err = refuse("invalid_client", "the document of this app is neither client metadata nor an ActivityPub object")
	}
	if err != nil {
		return coop.Client{}, err
	}
	c.Digest = contents(c)
	return c, nil
}

// members reads a JSON object. A member that is there twice is none: who reads the
// first and who reads the last would know another client.
func members(b []byte) (map[string]json.RawMessage, error) {
	errObject := errors.New("auth: this is no JSON object")
	dec := json.NewDecoder(bytes.NewReader(b))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errObject
	}
	m := map[string]json.RawMessage{}
	for dec.More() {
		t, err := dec.Token()
		name, ok := t.(string)
		if _, twice := m[name]; err != nil || !ok || twice {
			return nil, errObject
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return nil, errObject
		}
		m[name] = v
	}
	if _, err := dec.Token(); err != nil {
		return nil, errObject
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errObject
	}
	return m, nil
}

// text is a member that is a string.
func text(m map[string]json.RawMessage, name string) (s string, ok bool) {
	return s, m[name] != nil && json.Unmarshal(m[name], &s) == nil
}

// texts is a member that is a string or a list of them.
func texts(m map[string]json.RawMessage, name string) (list []string) {
	if s, ok := text(m, name); ok {
		return []string{s}
	}
	if m[name] == nil || json.Unmarshal(m[name], &list) != nil {
		return nil
	}
	return list
}

// metadata reads client metadata. It may hold no secret, since everybody can read it.
// draft-ietf-oauth-client-id-metadata-document §4.1.
func metadata(c *coop.Client, raw []byte, m map[string]json.RawMessage) error {
	c.Kind = coop.ClientDocument
	if len(raw) > metadataBytes {
		return refuse("invalid_client", "the document of this app has more than 5 KiB")
	}
	if id, ok := text(m, "client_id"); !ok || id != c.ID {
		return refuse("invalid_client", "the document of this app is about another client_id")
	}
	for _, secret := range []string{"client_secret", "client_secret_expires_at"} {
		if m[secret] != nil {
			return refuse("invalid_client", "the document of this app holds a secret that everybody can read")
		}
	}
	if method, ok := text(m, "token_endpoint_auth_method"); m["token_endpoint_auth_method"] != nil && (!ok || method != "none") {
		return refuse("invalid_client", "the document of this app wants token_endpoint_auth_method to be something else than none")
	}
	name, _ := text(m, "client_name")
	page, _ := text(m, "client_uri")
	return fill(c, name, page, texts(m, "redirect_uris"))
}

// object reads an ActivityPub object that describes a client. FEP-d8c2.
func object(c *coop.Client, m map[string]json.RawMessage) error {
	c.Kind = coop.ClientObject
	if id, ok := text(m, "id"); !ok || id != c.ID {
		return refuse("invalid_client", "the object that describes this app has another id")
	}
	name, _ := text(m, "name")
	page, _ := text(m, "url")
	return fill(c, name, page, texts(m, "redirectURI"))
}

// fill takes over what a client says of itself.
func fill(c *coop.Client, name, page string, redirects []string) error {
	if c.Name = line(name, 60); c.Name == "" {
		c.Name = c.Host
	}
	if u, ok := plainURL(page); ok && u.Scheme == "https" && u.Host == c.Host {
		c.URL = coop.IRI(page)
	}
	if len(redirects) == 0 || len(redirects) > redirectsMost {
		return refuse("invalid_redirect_uri", "an app names one to 20 addresses to which codes are sent")
	}
	for _, r := range redirects {
		if !redirectable(r) {
			return refuse("invalid_redirect_uri", "codes are sent to https addresses, to http://127.0.0.1 or http://[::1], or to a scheme of the app's own with a dot in it")
		}
		if !slices.Contains(c.Redirects, r) {
			c.Redirects = append(c.Redirects, r)
		}
	}
	return nil
}

// contents is a digest of what a member consents to in a client.
func contents(c coop.Client) []byte {
	sum := sha256.Sum256(encode([]any{c.Kind, c.Name, c.URL, c.Redirects}))
	return sum[:]
}
