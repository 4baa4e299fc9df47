// SPDX-License-Identifier: AGPL-3.0-or-later

package client

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"plenum/coop"
)

// activityJSON is how one asks for an actor. AP §3.2
const activityJSON = `application/ld+json; profile="https://www.w3.org/ns/activitystreams", application/activity+json;q=0.9`

// Actor is what is needed of the actor of a co-op. AP §4.1
type Actor struct {
	ID        coop.IRI `json:"id"`
	Name      string   `json:"preferredUsername"`
	Outbox    coop.IRI `json:"outbox"`
	Followers coop.IRI `json:"followers"`
	Endpoints struct {
		Upload string `json:"uploadMedia"`
	} `json:"endpoints"`
}

// Server is an authorization server. RFC 8414 §2
type Server struct {
	Issuer       string   `json:"issuer"`
	Authorize    string   `json:"authorization_endpoint"`
	Token        string   `json:"token_endpoint"`
	Registration string   `json:"registration_endpoint"`
	Revocation   string   `json:"revocation_endpoint"`
	Challenges   []string `json:"code_challenge_methods_supported"`
	NamesItself  bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 §3
}

// Found is what there is at an address: an instance, and the co-op if one was named.
type Found struct {
	Origin string // scheme and host
	Actor  Actor  // its ID is empty where no co-op was named
	Server Server
}

// Find looks up what a person names: an instance (events.example or its URL), a
// co-op (NAME@events.example, its page, or the id of its actor), or an instance with
// the name of a co-op beside it.
func (a *Agent) Find(ctx context.Context, where string, name coop.Name) (Found, error) {
	u, named, err := place(where)
	if err != nil {
		return Found{}, err
	}
	if named != "" && name != "" && named != name {
		return Found{}, coop.Wrong("coop", fmt.Sprintf("%s is not %s", named, name))
	}
	name = cmp.Or(name, named)
	f := Found{Origin: origin(u.String())}
	id := ""
	switch {
	case u.Path != "" && u.Path != "/":
		id = u.String()
	case name != "":
		if id, err = a.webFinger(ctx, f.Origin, u.Host, name); err != nil {
			return Found{}, err
		}
	}
	if id != "" {
		f.Actor, err = a.actor(ctx, id, "")
		if coop.CodeOf(err) == coop.Unauthorized && name != "" && origin(id) == f.Origin {
			// it shows its documents to those whom it knows, and will know us when we are let in
			f.Actor, err = Actor{ID: coop.IRI(id), Name: string(name)}, nil
		}
		if err != nil {
			return Found{}, err
		}
		f.Origin = origin(string(f.Actor.ID))
	}
	if name != "" && f.Actor.Name != string(name) {
		return Found{}, coop.Wrong("coop", fmt.Sprintf("at %s is %s, and not %s", where, printable(f.Actor.Name), name))
	}
	f.Server, err = a.server(ctx, f)
	return f, err
}

// place reads what a person names. What has no scheme is spoken to by https, but on
// this machine.
func place(where string) (*url.URL, coop.Name, error) {
	where = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(where), "acct:"), "@")
	var name coop.Name
	if !strings.Contains(where, "://") {
		user, host, handle := strings.Cut(where, "@")
		if handle {
			n, ok := coop.ParseName(user)
			if !ok {
				return nil, "", coop.Fail(coop.Invalid, "client.place", fmt.Sprintf("%.80q is no name of a co-op", user))
			}
			name, where = n, host
		}
		where = "https://" + where
		if u, err := url.Parse(where); err == nil && loopback(u.Hostname()) {
			where = "http" + strings.TrimPrefix(where, "https")
		}
	}
	u, err := address(where)
	if err != nil {
		return nil, "", coop.Fail(coop.Invalid, "client.place", err.Error()+"; write it like https://events.example")
	}
	u.RawQuery, u.Fragment = "", ""
	return u, name, nil
}

// webFinger is the id of the actor with a name on a host. RFC 7033 §4
func (a *Agent) webFinger(ctx context.Context, origin, host string, name coop.Name) (string, error) {
	var found struct {
		Links []struct{ Rel, Type, Href string } `json:"links"`
	}
	q := url.Values{"resource": {"acct:" + string(name) + "@" + host}}
	err := a.get(ctx, origin+"/.well-known/webfinger?"+q.Encode(), "application/jrd+json", "", &found)
	if coop.CodeOf(err) == coop.NotFound {
		return "", coop.Fail(coop.NotFound, "client.webFinger", fmt.Sprintf("%s has no co-op %s", host, name))
	}
	if err != nil {
		return "", err
	}
	for _, l := range found.Links {
		if l.Rel == "self" && strings.Contains(l.Type, "json") {
			return l.Href, nil
		}
	}
	return "", coop.Fail(coop.NotFound, "client.webFinger", fmt.Sprintf("%s does not say where %s is", host, name))
}

// actor reads an actor: by its id, or by a page that leads to it.
// token is that of who asks, if any.
func (a *Agent) actor(ctx context.Context, id, token string) (Actor, error) {
	var found Actor
	if err := a.get(ctx, id, activityJSON, token, &found); err != nil {
		return Actor{}, err
	}
	home := origin(string(found.ID))
	for _, at := range []string{string(found.ID), string(found.Outbox), string(found.Followers)} {
		if _, err := address(at); err != nil || origin(at) != home {
			return Actor{}, coop.Fail(coop.NotFound, "client.actor", fmt.Sprintf("at %s is nobody who has an outbox; name an instance, or a co-op like hackspace@events.example", id))
		}
	}
	if _, ok := coop.ParseName(found.Name); !ok {
		return Actor{}, coop.Fail(coop.Invalid, "client.actor", fmt.Sprintf("at %s is no co-op", id))
	}
	if found.ID != coop.IRI(id) && origin(id) != home { // nobody speaks for another host
		return Actor{}, coop.Fail(coop.Invalid, "client.actor", fmt.Sprintf("%s says that it is at %s", id, home))
	}
	if up := found.Endpoints.Upload; up != "" && origin(up) != home {
		found.Endpoints.Upload = ""
	}
	return found, nil
}

// server finds who lets programs in: as the protected resource says, or else at its
// own host.
func (a *Agent) server(ctx context.Context, f Found) (Server, error) {
	resource := cmp.Or(string(f.Actor.ID), f.Origin)
	var said struct {
		Resource string   `json:"resource"`
		Servers  []string `json:"authorization_servers"`
	}
	issuer := f.Origin
	// RFC 9728 §3.3: what speaks of another resource is not to be used.
	err := a.get(ctx, wellKnown(resource, "oauth-protected-resource"), "application/json", "", &said)
	switch {
	case err == nil && strings.TrimSuffix(said.Resource, "/") == resource && len(said.Servers) > 0:
		issuer = said.Servers[0]
	case err != nil && coop.CodeOf(err) != coop.NotFound:
		return Server{}, err
	}
	var s Server
	if err := a.get(ctx, wellKnown(issuer, "oauth-authorization-server"), "application/json", "", &s); err != nil {
		if coop.CodeOf(err) == coop.NotFound {
			err = coop.Fail(coop.NotFound, "client.server", fmt.Sprintf("%s lets no programs in by OAuth; check how its address is written", f.Origin))
		}
		return Server{}, err
	}
	return s, s.check(issuer)
}

// check refuses a server that is not who it was asked for, or cannot do what a
// program without a secret needs.
func (s Server) check(issuer string) error {
	if s.Issuer != issuer { // RFC 8414 §3.3
		return coop.Fail(coop.Invalid, "client.check", fmt.Sprintf("%s says that it is %.200q", issuer, s.Issuer))
	}
	for what, at := range map[string]string{"authorization": s.Authorize, "token": s.Token, "registration": s.Registration} {
		if _, err := address(at); err != nil {
			return coop.Fail(coop.Invalid, "client.check", fmt.Sprintf("%s has no %s endpoint that can be used", issuer, what))
		}
	}
	if s.Revocation != "" {
		if _, err := address(s.Revocation); err != nil {
			return coop.Fail(coop.Invalid, "client.check", fmt.Sprintf("%s has no revocation endpoint that can be used", issuer))
		}
	}
	if !slices.Contains(s.Challenges, "S256") { // RFC 7636 §4.2
		return coop.Fail(coop.Unsupported, "client.check", issuer+" does not do PKCE with S256")
	}
	return nil
}

// wellKnown is where the metadata of an issuer or a resource stands: the path of
// what it is about comes last. RFC 8414 §3.1, RFC 9728 §3.1
func wellKnown(of, name string) string {
	home := origin(of)
	return home + "/.well-known/" + name + strings.TrimSuffix(of[min(len(home), len(of)):], "/")
}
