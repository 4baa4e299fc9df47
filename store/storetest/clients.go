// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"context"
	"strings"
	"time"

	"plenum/coop"
)

// Clients are the programs that were let in.
type Clients interface {
	SaveClient(ctx context.Context, c coop.Client) error
	Client(ctx context.Context, id string) (coop.Client, error)
	Consent(ctx context.Context, g coop.Grant, c coop.AuthCode, d coop.Decision) error
	Exchange(ctx context.Context, hash []byte, check func(coop.AuthCode) error, access, refresh coop.Token) (coop.Grant, error)
	Rotate(ctx context.Context, hash []byte, client string, scopes []coop.Scope, access, refresh coop.Token) (coop.Grant, error)
	Grant(ctx context.Context, id coop.ID) (coop.Grant, error)
	Grants(ctx context.Context, member coop.ID) ([]coop.Grant, error)
}

func clientTests() []test {
	return []test{
		{"a client comes back as its document says by now", clientComesBack},
		{"a client that cannot be is refused", wrongClientIsRefused},
		{"clients that nobody lets do anything go after a day", idleClientsArePruned},
		{"a client goes with its last grant", clientGoesWithItsGrants},
		{"a grant that was revoked goes after a quarter, with what is left of it", revokedGrantIsPruned},
		{"people's tokens are listed, and go once they are of no use for long", tokensArePruned},
	}
}

// client stores a new client.
func (f *fixture) client(id string) coop.Client {
	f.Helper()
	c := coop.Client{
		ID: id, Kind: coop.Registered, Name: "An App", Host: "app.example", URL: "https://app.example/",
		Redirects: []string{"https://app.example/back"}, Created: f.now,
	}
	f.ok(f.SaveClient(f.Context(), c))
	return c
}

func (f *fixture) known(want coop.Client) {
	f.Helper()
	got, err := f.Client(f.Context(), want.ID)
	f.ok(err)
	f.same(got, want)
}

func clientComesBack(f *fixture) {
	ctx := f.Context()
	c := f.client("https://app.example/client.json")
	f.known(c)
	_, err := f.Client(ctx, "https://app.example/client")
	f.fails(err, coop.NotFound)
	c.Name, c.Digest, c.Fetched = "Another App", []byte("digest"), f.now.Add(time.Hour)
	late := c
	late.Created = f.now.Add(time.Hour)
	f.ok(f.SaveClient(ctx, late))
	f.known(c)

	anna := f.colleague("anna", roles{"komona": coop.Editor})
	f.consent(anna, "komona", c.ID, "code")
	used := c
	used.Used = f.now
	f.known(used)
	f.ok(f.SaveClient(ctx, c)) // as it was read before the consent
	f.known(used)
}

func wrongClientIsRefused(f *fixture) {
	ctx := f.Context()
	good := f.client("app")
	for _, spoil := range []func(*coop.Client){
		func(c *coop.Client) { c.ID = "" },
		func(c *coop.Client) { c.ID = "a\x00b" },
		func(c *coop.Client) { c.ID = strings.Repeat("a", 2049) },
		func(c *coop.Client) { c.Redirects = nil },
		func(c *coop.Client) { c.Kind = "odd" },
	} {
		c := good
		c.ID = "other"
		spoil(&c)
		f.fails(f.SaveClient(ctx, c), coop.Invalid)
	}
	other := good
	other.Kind = coop.ClientDocument
	f.fails(f.SaveClient(ctx, other), coop.Conflict)
	f.known(good)
	other.ID = "https://app.example/client"
	f.ok(f.SaveClient(ctx, other))
	other.Kind = coop.ClientObject // what stands under a URL may change
	f.ok(f.SaveClient(ctx, other))
	f.known(other)
	other.Kind = coop.Registered
	f.fails(f.SaveClient(ctx, other), coop.Conflict)
}

// idleClientsArePruned holds the second half of A17.
func idleClientsArePruned(f *fixture) {
	day := 24 * time.Hour
	f.client("idle")
	used := f.client("used")
	anna := f.colleague("anna", roles{"komona": coop.Editor})
	f.consent(anna, "komona", "used", "code")
	f.same(f.prune(f.now.Add(day)), coop.Pruned{})
	f.same(f.prune(f.now.Add(day+time.Second)), coop.Pruned{"clients": 1})
	_, err := f.Client(f.Context(), "idle")
	f.fails(err, coop.NotFound)
	used.Used = f.now
	f.known(used)
}

func clientGoesWithItsGrants(f *fixture) {
	ctx := f.Context()
	anna := f.colleague("anna", roles{"komona": coop.Editor})
	f.client("app")
	one, two := f.consent(anna, "komona", "app", "one"), f.consent(anna, "komona", "app", "two")
	f.ok(f.RevokeGrant(ctx, one.ID, "a test", coop.Decision{}))
	later := f.now.Add(91 * 24 * time.Hour)
	f.same(f.prune(later), coop.Pruned{"codes": 2, "grants": 2, "clients": 1})
	for _, g := range []coop.Grant{one, two} {
		_, err := f.Grant(ctx, g.ID)
		f.fails(err, coop.NotFound)
	}
	_, err := f.Client(ctx, "app")
	f.fails(err, coop.NotFound)
}

func revokedGrantIsPruned(f *fixture) {
	ctx := f.Context()
	quarter := 90 * 24 * time.Hour
	anna := f.app()
	g := f.consent(anna, "komona", "app", "code")
	f.consent(anna, "komona", "app", "kept code")
	for _, code := range []string{"code", "kept code"} {
		_, err := f.exchange(code, code)
		f.ok(err)
	}
	f.ok(f.RevokeGrant(ctx, g.ID, "a test", coop.Decision{}))
	f.prune(f.now.Add(quarter - time.Minute))
	_, err := f.Grant(ctx, g.ID)
	f.ok(err)
	f.same(f.prune(f.now.Add(quarter+12*time.Hour)), coop.Pruned{"grants": 1})
	_, err = f.Grant(ctx, g.ID)
	f.fails(err, coop.NotFound)
	_, err = f.Token(ctx, hash("code refresh"))
	f.fails(err, coop.NotFound)
	f.inForce(true, "kept code refresh")
	_, err = f.Client(ctx, "app")
	f.ok(err)
}

func tokensArePruned(f *fixture) {
	ctx := f.Context()
	anna := f.colleague("anna", roles{"komona": coop.Editor})
	f.client("app")
	f.consent(anna, "komona", "app", "code")
	_, err := f.exchange("code", "app's")
	f.ok(err)
	var made []coop.Token
	for _, secret := range []string{"kept", "revoked", "expiring"} {
		k := coop.Token{ID: f.id(), Coop: "komona", Label: secret, Scopes: []coop.Scope{coop.Read}, Hash: hash(secret), Created: f.now}
		if secret == "expiring" {
			k.Coop, k.Member, k.Expires = "kollektiv", anna.ID, f.now.Add(time.Hour)
		}
		f.ok(f.AddToken(ctx, k, coop.Decision{}))
		made = append(made, k)
	}
	f.ok(f.RevokeToken(ctx, made[1].ID, f.now, coop.Decision{}))
	made[1].Revoked = f.now
	list := func(n coop.Name, want ...coop.Token) {
		f.Helper()
		got, err := f.Tokens(ctx, n)
		f.ok(err)
		f.same(got, want)
	}
	list("", made...)
	list("komona", made[0], made[1])
	list("kollektiv", made[2])
	quarter := 90 * 24 * time.Hour
	f.prune(f.now.Add(quarter))
	list("", made...)
	f.prune(f.now.Add(quarter + time.Minute))
	list("", made[0], made[2])
	f.prune(f.now.Add(quarter + 2*time.Hour))
	list("", made[0])
}
