// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"plenum/activity"
	"plenum/coop"
)

// JRD is a WebFinger answer. RFC 7033 §4.4.
type JRD struct {
	Subject string    `json:"subject"`
	Aliases []string  `json:"aliases,omitempty"`
	Links   []JRDLink `json:"links"`
}

// JRDLink is a link of a JRD.
type JRDLink struct {
	Rel      string `json:"rel"`
	Type     string `json:"type,omitempty"`
	Href     string `json:"href,omitempty"`
	Template string `json:"template,omitempty"`
}

const activityJSON = "application/activity+json"

// WebFinger answers for a co-op by its handle, its id or its page, and for the
// instance actor by its handle, its id or the host itself (FEP-d556), with the
// JRD as JSON; rels, where there are any, choose its links. A resource that is no
// URI is Invalid, one that we do not have NotFound. RFC 7033 §4.2, §4.3.
func (s *Service) WebFinger(ctx context.Context, resource string, rels []string) ([]byte, error) {
	if u, err := url.Parse(resource); resource == "" || err != nil || u.Scheme == "" || len(resource) > 2048 {
		return nil, coop.Wrong("resource", "ask with ?resource=acct:NAME@"+s.Site.Domain)
	}
	base := s.Site.Base()
	if acct, ok := strings.CutPrefix(resource, "acct:"); ok { // RFC 7565 §7: userpart "@" host
		if user, host, _ := strings.Cut(strings.TrimPrefix(acct, "@"), "@"); user == "" || host == "" {
			return nil, coop.Wrong("resource", "ask with ?resource=acct:NAME@"+s.Site.Domain)
		}
	}
	n, ok := s.named(resource)
	key := "jrd " + string(n)
	if resource == base || resource == base+"/" {
		n, ok, key = coop.Relay, true, "jrd /"
	}
	if !ok {
		return nil, notFound("federation.WebFinger")
	}
	generation := s.Generation()
	r, ok := s.rendered.get(key, generation, s.Now())
	if !ok {
		j, err := s.jrd(ctx, n, key == "jrd /")
		if err != nil {
			return nil, err
		}
		if r.Body, err = json.Marshal(j); err != nil {
			return nil, err
		}
		s.rendered.put(key, cached{Rendered: r, generation: generation})
	}
	if len(rels) == 0 {
		return r.Body, nil
	}
	var j JRD
	if err := json.Unmarshal(r.Body, &j); err != nil {
		return nil, err
	}
	j.Links = slices.DeleteFunc(j.Links, func(l JRDLink) bool { return !slices.Contains(rels, l.Rel) })
	return json.Marshal(j)
}

// jrd is what WebFinger says of an actor of ours, or of the host.
func (s *Service) jrd(ctx context.Context, n coop.Name, host bool) (JRD, error) {
	c, err := s.Coops.Coop(ctx, n)
	if err != nil {
		return JRD{}, err
	}
	if host {
		return JRD{Subject: s.Site.Base() + "/", Links: []JRDLink{{
			Rel: "https://www.w3.org/ns/activitystreams#Service", Type: activityJSON, Href: string(s.Site.Actor(coop.Relay)),
		}}}, nil
	}
	j := JRD{
		Subject: "acct:" + s.Site.Handle(n),
		Aliases: []string{string(s.Site.Actor(n)), string(s.Site.Profile(n))},
		Links: []JRDLink{
			{Rel: "self", Type: activityJSON, Href: string(s.Site.Actor(n))},
			{Rel: "http://webfinger.net/rel/profile-page", Type: "text/html", Href: string(s.Site.Profile(n))},
		},
	}
	if !c.Icon.IsZero() {
		j.Links = append(j.Links, JRDLink{Rel: "http://webfinger.net/rel/avatar", Type: c.Icon.MediaType, Href: string(s.Site.ImageURL(c.Icon))})
	}
	return j, nil
}

// named finds the actor of ours that a WebFinger resource names.
func (s *Service) named(resource string) (coop.Name, bool) {
	if acct, ok := strings.CutPrefix(resource, "acct:"); ok {
		user, host, _ := strings.Cut(strings.TrimPrefix(acct, "@"), "@")
		n, ok := coop.ParseName(strings.ToLower(user))
		return n, ok && strings.EqualFold(host, s.Site.Domain)
	}
	r, ok := s.Site.Parse(coop.IRI(resource))
	if coop.IRI(resource) == s.Site.About() {
		return coop.Relay, true
	}
	return r.Name, ok && (r.Kind == coop.RefActor || r.Kind == coop.RefProfile)
}

// handle splits @user@host or acct:user@host. ok is false for anything else.
func handle(s string) (user, host string, ok bool) {
	s = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(s), "acct:"), "@")
	user, host, ok = strings.Cut(s, "@")
	bad := func(r rune) bool { return r <= ' ' || strings.ContainsRune(`/\?#@"<>%`, r) || r == 0x7f }
	return user, strings.ToLower(host), ok && user != "" && host != "" && !strings.ContainsFunc(user+host, bad)
}

// resolve finds the id of an actor from a handle or a URL of its actor or page.
func (s *Service) resolve(ctx context.Context, target string) (coop.IRI, error) {
	if user, host, ok := handle(target); ok && !strings.Contains(target, "://") {
		if host == s.Site.Domain {
			n, _ := s.named("acct:" + user + "@" + host)
			if _, err := s.Coops.Coop(ctx, n); err != nil {
				return "", err
			}
			return s.Site.Actor(n), nil
		}
		return s.fingered(ctx, host, "acct:"+user+"@"+host)
	}
	id, err := activity.ParseIRI(strings.TrimSpace(target), s.Site.HTTP)
	if err != nil {
		return "", coop.Wrong("object", "name an actor by its handle, like @coop@events.example, or by its URL")
	}
	if r, ok := s.Site.Parse(id); ok && r.Kind == coop.RefProfile {
		return s.Site.Actor(r.Name), nil
	}
	if _, err := s.actor(ctx, id); err == nil || s.Site.Local(id) {
		return id, nil
	} else if coop.CodeOf(err) == coop.Forbidden && s.RefusesActor(id) {
		return "", err
	}
	// a page: its host knows the actor behind it
	return s.fingered(ctx, coop.HostOf(id), string(id))
}

// fingered finds the id of an actor by asking a host for a resource.
func (s *Service) fingered(ctx context.Context, host, resource string) (coop.IRI, error) {
	j, err := s.askFinger(ctx, host, resource)
	if err != nil {
		return "", err
	}
	for _, l := range j.Links {
		if l.Rel == "self" && IsAS2(l.Type) {
			if id, err := activity.ParseIRI(l.Href, s.Site.HTTP); err == nil {
				return id, nil
			}
		}
	}
	return "", coop.Fail(coop.NotFound, "federation.resolve", host+" does not know "+resource)
}

// askFinger asks a host by WebFinger. RFC 7033 §4.1.
func (s *Service) askFinger(ctx context.Context, host, resource string) (JRD, error) {
	const op = "federation.askFinger"
	if s.Refuses(host) {
		return JRD{}, coop.Fail(coop.Forbidden, op, "a rule of this instance forbids to have to do with "+host)
	}
	if !s.remotes.allow(host, s.Now()) {
		return JRD{}, &coop.Error{Code: coop.Unavailable, Op: op, Msg: "too many questions to " + host + "; try again in a minute", Retry: time.Minute}
	}
	u := s.Site.Scheme() + "://" + host + "/.well-known/webfinger?resource=" + url.QueryEscape(resource)
	f, err := s.Fetch(ctx, u, "application/jrd+json, application/json;q=0.9", nil)
	if err != nil {
		return JRD{}, &coop.Error{Code: coop.Unavailable, Op: op, Msg: host + " could not be reached", Retry: time.Minute, Err: err}
	}
	if f.Status != http.StatusOK {
		return JRD{}, coop.Fail(coop.NotFound, op, host+" does not know "+resource)
	}
	if err := activity.Check(f.Body); err != nil {
		return JRD{}, coop.Fail(coop.NotFound, op, host+" answered with something that is no WebFinger")
	}
	var j JRD
	if json.Unmarshal(f.Body, &j) != nil {
		return JRD{}, coop.Fail(coop.NotFound, op, host+" answered with something that is no WebFinger")
	}
	return j, nil
}

// Subscribe finds the page at which somebody with the account visitor
// (user@host) can follow a co-op of ours: the template that the visitor's own
// host names. The page is on that host, or it is refused.
func (s *Service) Subscribe(ctx context.Context, visitor string, n coop.Name) (string, error) {
	const op = "federation.Subscribe"
	if _, err := s.Coops.Coop(ctx, n); err != nil {
		return "", err
	}
	user, host, ok := handle(visitor)
	if !ok {
		return "", coop.Wrong("handle", "write your account like you@social.example")
	}
	j, err := s.askFinger(ctx, host, "acct:"+user+"@"+host)
	if err != nil {
		return "", err
	}
	for _, l := range j.Links {
		if l.Rel != "http://ostatus.org/schema/1.0/subscribe" || !strings.Contains(l.Template, "{uri}") {
			continue
		}
		page := strings.ReplaceAll(l.Template, "{uri}", url.QueryEscape(s.Site.Handle(n)))
		id, err := activity.ParseIRI(page, s.Site.HTTP)
		if err == nil && sameSite(coop.HostOf(id), host) {
			return page, nil
		}
	}
	return "", coop.Fail(coop.Unsupported, op, host+" does not say where its people can follow somebody")
}

// sameSite reports whether a page belongs to the host of a handle: the host
// itself, or a name below it, as where handles are at example.org and the server
// at social.example.org.
func sameSite(page, host string) bool {
	return page == host || strings.HasSuffix(page, "."+host)
}
