// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"errors"
	"fmt"
	"time"

	"plenum/coop"
)

func grantTests() []test {
	return []test{
		{"a consent is stored with its decision and becomes a pair of tokens", codeIsExchanged},
		{"a consent that cannot be stores nothing", wrongConsentIsRefused},
		{"of many who exchange a code at once one wins, and the family ends", codeIsRacedFor},
		{"a code that is used twice ends all that came of it", reusedCodeEndsTheFamily},
		{"a code that is refused or has expired spends nothing", refusedCodeIsNotSpent},
		{"a refresh token is exchanged once, for a pair that goes on", refreshTokenRotates},
		{"a refresh token that is used twice ends the family", reusedRefreshTokenEndsTheFamily},
		{"of many who exchange a refresh token at once one wins, and the family ends", refreshTokenIsRacedFor},
		{"a refresh token is its client's and asks for no more than was granted", refreshTokenIsBound},
		{"a pair that cannot be stored spends nothing", failedPairSpendsNothing},
		{"a grant that is revoked ends its tokens alone, at once", revokedGrantEndsItsTokens},
		{"of many grants of a member the one used least of late ends", grantsAreBounded},
		{"what was spent stays known until it would have expired", spentTokensArePruned},
	}
}

func (f *fixture) grant(m coop.Member, n coop.Name, client, code string) (coop.Grant, coop.AuthCode) {
	g := coop.Grant{
		ID: f.id(), Member: m.ID, Coop: n, Client: client, Name: "An App", Host: "app.example",
		Scopes: []coop.Scope{coop.Read, coop.Write}, Created: f.now,
	}
	return g, coop.AuthCode{
		Hash: hash(code), Grant: g.ID, Client: client, Redirect: "https://app.example/back", Challenge: "challenge", Expires: f.now.Add(time.Minute),
	}
}

// consent stores a new grant with its code.
func (f *fixture) consent(m coop.Member, n coop.Name, client, code string) coop.Grant {
	f.Helper()
	g, c := f.grant(m, n, client, code)
	f.ok(f.Consent(f.Context(), g, c, f.decided("grant consent", n, client)))
	return g
}

// pair makes the tokens NAME access, for an hour, and NAME refresh, for 90 days.
func (f *fixture) pair(name string) (access, refresh coop.Token) {
	access = coop.Token{ID: f.id(), Hash: hash(name + " access"), Label: "An App", Created: f.now, Expires: f.now.Add(time.Hour)}
	refresh = coop.Token{ID: f.id(), Hash: hash(name + " refresh"), Label: "An App", Created: f.now, Expires: f.now.Add(90 * 24 * time.Hour)}
	return access, refresh
}

func fine(coop.AuthCode) error { return nil }

func (f *fixture) exchange(code, name string) (coop.Grant, error) {
	access, refresh := f.pair(name)
	return f.Exchange(f.Context(), hash(code), fine, access, refresh)
}

func (f *fixture) rotate(secret, client, name string) (coop.Grant, error) {
	access, refresh := f.pair(name)
	return f.Rotate(f.Context(), hash(secret), client, nil, access, refresh)
}

// inForce checks which tokens can be used.
func (f *fixture) inForce(want bool, secrets ...string) {
	f.Helper()
	for _, s := range secrets {
		k, err := f.Token(f.Context(), hash(s))
		f.ok(err)
		if got := k.Revoked.IsZero() && k.Spent.IsZero(); got != want {
			f.Fatalf("the token %q is in force: %v, want %v", s, got, want)
		}
	}
}

// app is a member of komona and a client to whom nothing was granted yet.
func (f *fixture) app() coop.Member {
	f.Helper()
	f.client("app")
	return f.colleague("anna", roles{"komona": coop.Publisher})
}

func codeIsExchanged(f *fixture) {
	ctx := f.Context()
	anna := f.app()
	g, c := f.grant(anna, "komona", "app", "code")
	d := f.decided("grant consent", "komona", "app")
	f.ok(f.Consent(ctx, g, c, d))
	f.log(coop.DecisionQuery{Limit: 1}, d)
	got, err := f.Grant(ctx, g.ID)
	f.ok(err)
	f.same(got, g)
	_, err = f.Grant(ctx, f.id())
	f.fails(err, coop.NotFound)

	access, refresh := f.pair("first")
	access.Refresh, access.Coop, access.Member, access.Revoked = true, "kollektiv", f.id(), f.now // none of which counts
	var asked coop.AuthCode
	got, err = f.Exchange(ctx, hash("code"), func(c coop.AuthCode) error { asked = c; return nil }, access, refresh)
	f.ok(err)
	f.same(asked, c)
	f.same(got.Used.IsZero(), false)
	g.Used = got.Used
	f.same(got, g)
	list, err := f.Grants(ctx, anna.ID)
	f.ok(err)
	f.same(list, []coop.Grant{g})

	for _, k := range []*coop.Token{&access, &refresh} {
		k.Coop, k.Member, k.Grant, k.Scopes, k.Revoked = "komona", anna.ID, g.ID, g.Scopes, time.Time{}
		k.Refresh = k == &refresh
		stored, err := f.Token(ctx, k.Hash)
		f.ok(err)
		f.same(stored, *k)
	}
	listed, err := f.Tokens(ctx, "")
	f.ok(err)
	f.same(listed, []coop.Token{}) // nobody made them
	_, err = f.exchange("guess", "none")
	f.fails(err, coop.NotFound)
}

func wrongConsentIsRefused(f *fixture) {
	ctx := f.Context()
	anna := f.app()
	first := f.consent(anna, "komona", "app", "first")
	try := func(want coop.Code, spoil func(*coop.Grant, *coop.AuthCode)) {
		f.Helper()
		g, c := f.grant(anna, "komona", "app", "code")
		spoil(&g, &c)
		f.fails(f.Consent(ctx, g, c, f.decided("grant consent", "komona", "app")), want)
	}
	try(coop.Invalid, func(g *coop.Grant, c *coop.AuthCode) { c.Grant = first.ID })
	try(coop.Invalid, func(g *coop.Grant, c *coop.AuthCode) { c.Client = "other" })
	try(coop.Invalid, func(g *coop.Grant, c *coop.AuthCode) { g.Scopes = nil })
	try(coop.Invalid, func(g *coop.Grant, c *coop.AuthCode) { g.Scopes = []coop.Scope{coop.Moderate} })
	try(coop.Invalid, func(g *coop.Grant, c *coop.AuthCode) { g.Revoked = f.now })
	try(coop.Invalid, func(g *coop.Grant, c *coop.AuthCode) { c.Used = f.now })
	try(coop.Invalid, func(g *coop.Grant, c *coop.AuthCode) { c.Hash = nil })
	try(coop.Conflict, func(g *coop.Grant, c *coop.AuthCode) { g.ID, c.Grant = first.ID, first.ID })
	try(coop.Conflict, func(g *coop.Grant, c *coop.AuthCode) { c.Hash = hash("first") })
	try(coop.NotFound, func(g *coop.Grant, c *coop.AuthCode) { g.Client, c.Client = "other", "other" })
	try(coop.NotFound, func(g *coop.Grant, c *coop.AuthCode) { g.Coop = "nobody" })
	try(coop.NotFound, func(g *coop.Grant, c *coop.AuthCode) { g.Member = f.id() })
	try(coop.Forbidden, func(g *coop.Grant, c *coop.AuthCode) { g.Coop = "kollektiv" })
	g, c := f.grant(anna, "komona", "app", "code")
	f.fails(f.Consent(ctx, g, c, coop.Decision{}), coop.Invalid)
	list, err := f.Grants(ctx, anna.ID)
	f.ok(err)
	f.same(list, []coop.Grant{first})
	f.fails(f.AddToken(ctx, coop.Token{ID: f.id(), Coop: "komona", Hash: hash("x"), Grant: first.ID, Expires: f.now.Add(time.Hour)}, coop.Decision{}), coop.Invalid)
	f.fails(f.AddToken(ctx, coop.Token{ID: f.id(), Coop: "komona", Hash: hash("x"), Refresh: true}, coop.Decision{}), coop.Invalid)
}

// codeIsRacedFor holds the last part of A11.
func codeIsRacedFor(f *fixture) {
	anna := f.app()
	g := f.consent(anna, "komona", "app", "code")
	const n = 200
	var access, refresh []coop.Token
	for i := range n {
		a, r := f.pair(fmt.Sprint(i))
		access, refresh = append(access, a), append(refresh, r)
	}
	won := make([]bool, n)
	got := together(n, func(i int) error {
		_, err := f.Exchange(f.Context(), hash("code"), fine, access[i], refresh[i])
		won[i] = err == nil
		return err
	})
	f.same(got, map[coop.Code]int{"": 1, coop.Conflict: n - 1})
	for i := range n {
		if won[i] {
			f.inForce(false, fmt.Sprint(i)+" access", fmt.Sprint(i)+" refresh")
			continue
		}
		_, err := f.Token(f.Context(), access[i].Hash)
		f.fails(err, coop.NotFound)
	}
	row, err := f.Grant(f.Context(), g.ID)
	f.ok(err)
	f.same(row.Revoked.IsZero(), false)
}

// reusedCodeEndsTheFamily holds A11: also what the tokens of the code were exchanged
// for ends, and nothing else does.
func reusedCodeEndsTheFamily(f *fixture) {
	ctx := f.Context()
	anna := f.app()
	g := f.consent(anna, "komona", "app", "code")
	f.consent(anna, "komona", "app", "other code")
	_, err := f.exchange("code", "1")
	f.ok(err)
	_, err = f.rotate("1 refresh", "app", "2")
	f.ok(err)
	_, err = f.exchange("other code", "other")
	f.ok(err)
	f.inForce(true, "1 access", "2 access", "2 refresh", "other access", "other refresh")
	no := errors.New("no")
	access, refresh := f.pair("3")
	_, err = f.Exchange(ctx, hash("code"), func(coop.AuthCode) error { return no }, access, refresh)
	f.fails(err, coop.Conflict)
	f.inForce(false, "1 access", "2 access", "2 refresh")
	f.inForce(true, "other access", "other refresh")
	_, err = f.Token(ctx, access.Hash)
	f.fails(err, coop.NotFound)
	_, err = f.rotate("2 refresh", "app", "4")
	f.fails(err, coop.Gone)
	row, err := f.Grant(ctx, g.ID)
	f.ok(err)
	f.same(row.Why, "its code was used twice")
	_, err = f.exchange("code", "5")
	f.fails(err, coop.Conflict)
}

func refusedCodeIsNotSpent(f *fixture) {
	ctx := f.Context()
	anna := f.app()
	g := f.consent(anna, "komona", "app", "code")
	no := coop.Fail(coop.Forbidden, "", "another verifier")
	access, refresh := f.pair("1")
	_, err := f.Exchange(ctx, hash("code"), func(coop.AuthCode) error { return no }, access, refresh)
	f.fails(err, coop.Forbidden)
	row, err := f.Grant(ctx, g.ID)
	f.ok(err)
	f.same(row, g)
	_, err = f.exchange("code", "1")
	f.ok(err)

	old, c := f.grant(anna, "komona", "app", "old")
	c.Expires = f.now.Add(-time.Second)
	f.ok(f.Consent(ctx, old, c, f.decided("grant consent", "komona", "app")))
	_, err = f.exchange("old", "2")
	f.fails(err, coop.Gone)
	revoked := f.consent(anna, "komona", "app", "revoked")
	f.ok(f.RevokeGrant(ctx, revoked.ID, "a test", coop.Decision{}))
	_, err = f.exchange("revoked", "3")
	f.fails(err, coop.Gone)
	f.inForce(true, "1 access")
}

func refreshTokenRotates(f *fixture) {
	ctx := f.Context()
	anna := f.app()
	g := f.consent(anna, "komona", "app", "code")
	_, err := f.exchange("code", "0")
	f.ok(err)
	for i := range 3 {
		got, err := f.rotate(fmt.Sprint(i)+" refresh", "app", fmt.Sprint(i+1))
		f.ok(err)
		f.same(got.ID, g.ID)
		f.inForce(false, fmt.Sprint(i)+" refresh")
		f.inForce(true, fmt.Sprint(i)+" access", fmt.Sprint(i+1)+" access", fmt.Sprint(i+1)+" refresh")
	}
	k, err := f.Token(ctx, hash("3 access"))
	f.ok(err)
	f.same(k.Coop, coop.Name("komona"))
	f.same(k.Member, anna.ID)
	f.same(k.Grant, g.ID)
	f.same(k.Can(coop.Write, f.now), true)
	k, err = f.Token(ctx, hash("3 refresh"))
	f.ok(err)
	f.same(k.Can(coop.Read, f.now), false)
	for _, secret := range []string{"3 access", "guess"} {
		_, err = f.rotate(secret, "app", "none")
		f.fails(err, coop.NotFound)
	}
}

// reusedRefreshTokenEndsTheFamily holds A19.
func reusedRefreshTokenEndsTheFamily(f *fixture) {
	anna := f.app()
	g := f.consent(anna, "komona", "app", "code")
	f.consent(anna, "komona", "app", "other code")
	_, err := f.exchange("code", "0")
	f.ok(err)
	_, err = f.exchange("other code", "other")
	f.ok(err)
	for i := range 3 {
		_, err := f.rotate(fmt.Sprint(i)+" refresh", "app", fmt.Sprint(i+1))
		f.ok(err)
	}
	_, err = f.rotate("0 refresh", "app", "thief")
	f.fails(err, coop.Conflict)
	f.inForce(false, "0 access", "1 access", "2 access", "3 access", "3 refresh")
	f.inForce(true, "other access", "other refresh")
	_, err = f.Token(f.Context(), hash("thief access"))
	f.fails(err, coop.NotFound)
	_, err = f.rotate("3 refresh", "app", "4")
	f.fails(err, coop.Gone)
	row, err := f.Grant(f.Context(), g.ID)
	f.ok(err)
	f.same(row.Why, "a refresh token was used twice")
	f.same(row.Revoked.IsZero(), false)
}

func refreshTokenIsRacedFor(f *fixture) {
	anna := f.app()
	f.consent(anna, "komona", "app", "code")
	_, err := f.exchange("code", "first")
	f.ok(err)
	const n = 200
	var access, refresh []coop.Token
	for i := range n {
		a, r := f.pair(fmt.Sprint(i))
		access, refresh = append(access, a), append(refresh, r)
	}
	got := together(n, func(i int) error {
		_, err := f.Rotate(f.Context(), hash("first refresh"), "app", nil, access[i], refresh[i])
		return err
	})
	f.same(got, map[coop.Code]int{"": 1, coop.Conflict: n - 1})
	f.inForce(false, "first access", "first refresh")
}

func refreshTokenIsBound(f *fixture) {
	ctx := f.Context()
	anna := f.app()
	g := f.consent(anna, "komona", "app", "code")
	_, err := f.exchange("code", "1")
	f.ok(err)
	_, err = f.rotate("1 refresh", "other", "2")
	f.fails(err, coop.Forbidden)
	access, refresh := f.pair("2")
	_, err = f.Rotate(ctx, hash("1 refresh"), "app", []coop.Scope{coop.Read, coop.Moderate}, access, refresh)
	f.fails(err, coop.Invalid)
	_, err = f.Rotate(ctx, hash("1 refresh"), "app", []coop.Scope{coop.Read}, access, refresh)
	f.ok(err)
	k, err := f.Token(ctx, hash("2 access"))
	f.ok(err)
	f.same(k.Scopes, []coop.Scope{coop.Read})
	_, err = f.rotate("2 refresh", "app", "3") // has what was granted
	f.ok(err)
	k, err = f.Token(ctx, hash("3 access"))
	f.ok(err)
	f.same(k.Scopes, g.Scopes)
	_, err = f.rotate("1 refresh", "other", "4") // another client's guess ends nothing
	f.fails(err, coop.Forbidden)
	f.inForce(true, "3 access", "3 refresh")
}

func failedPairSpendsNothing(f *fixture) {
	ctx := f.Context()
	anna := f.app()
	f.consent(anna, "komona", "app", "code")
	f.consent(anna, "komona", "app", "taken code")
	_, err := f.exchange("taken code", "taken")
	f.ok(err)
	_, err = f.exchange("code", "taken")
	f.fails(err, coop.Conflict)
	access, refresh := f.pair("1")
	access.Expires = time.Time{}
	_, err = f.Exchange(ctx, hash("code"), fine, access, refresh)
	f.fails(err, coop.Invalid)
	_, err = f.exchange("code", "1")
	f.ok(err)
	_, err = f.rotate("1 refresh", "app", "taken")
	f.fails(err, coop.Conflict)
	f.inForce(true, "1 access", "1 refresh", "taken access")
	_, err = f.rotate("1 refresh", "app", "2")
	f.ok(err)
}

func revokedGrantEndsItsTokens(f *fixture) {
	ctx := f.Context()
	anna := f.app()
	one, two := f.consent(anna, "komona", "app", "one"), f.consent(anna, "komona", "app", "two")
	for _, code := range []string{"one", "two"} {
		_, err := f.exchange(code, code)
		f.ok(err)
	}
	f.ok(f.RevokeGrant(ctx, one.ID, "the member said so", coop.Decision{}))
	f.inForce(false, "one access", "one refresh")
	f.inForce(true, "two access", "two refresh")
	row, err := f.Grant(ctx, one.ID)
	f.ok(err)
	f.ok(f.RevokeGrant(ctx, one.ID, "again", coop.Decision{}))
	again, err := f.Grant(ctx, one.ID)
	f.ok(err)
	f.same(again, row)
	f.same(row.Why, "the member said so")
	f.fails(f.RevokeGrant(ctx, f.id(), "a test", coop.Decision{}), coop.NotFound)
	list, err := f.Grants(ctx, anna.ID)
	f.ok(err)
	f.same(len(list), 1)
	f.same(list[0].ID, two.ID)

	k, err := f.Token(ctx, hash("two access"))
	f.ok(err)
	f.ok(f.RevokeToken(ctx, k.ID, f.now, coop.Decision{})) // one token of a family
	f.inForce(false, "two access")
	f.inForce(true, "two refresh")
	k, err = f.Token(ctx, hash("two refresh"))
	f.ok(err)
	f.ok(f.RevokeToken(ctx, k.ID, f.now, coop.Decision{}))
	_, err = f.rotate("two refresh", "app", "three")
	f.fails(err, coop.Gone)
}

func grantsAreBounded(f *fixture) {
	ctx := f.Context()
	anna := f.app()
	var made []coop.Grant
	for i := range 100 {
		g, c := f.grant(anna, "komona", "app", fmt.Sprint(i))
		g.Created = f.now.Add(-time.Hour)
		f.ok(f.Consent(ctx, g, c, f.decided("grant consent", "komona", "app")))
		made = append(made, g)
	}
	_, err := f.exchange("0", "0") // now the one used last
	f.ok(err)
	f.consent(anna, "komona", "app", "100")
	list, err := f.Grants(ctx, anna.ID)
	f.ok(err)
	f.same(len(list), 100)
	for i, want := range []bool{true, false, true} {
		g, err := f.Grant(ctx, made[i].ID)
		f.ok(err)
		f.same(g.Revoked.IsZero(), want)
	}
}

// spentTokensArePruned: for as long as a refresh token could have been used its
// second use is found out.
func spentTokensArePruned(f *fixture) {
	day := 24 * time.Hour
	anna := f.app()
	f.consent(anna, "komona", "app", "code")
	f.consent(anna, "komona", "app", "not used")
	_, err := f.exchange("code", "1")
	f.ok(err)
	_, err = f.rotate("1 refresh", "app", "2")
	f.ok(err)
	f.same(f.prune(f.now.Add(day+30*time.Second)), coop.Pruned{})
	f.same(f.prune(f.now.Add(day+2*time.Minute)), coop.Pruned{"codes": 2})
	f.same(f.prune(f.now.Add(day+2*time.Hour)), coop.Pruned{"tokens": 2})
	_, err = f.Token(f.Context(), hash("1 access"))
	f.fails(err, coop.NotFound)
	f.same(f.prune(f.now.Add(90*day+12*time.Hour)), coop.Pruned{"grants": 1}) // of which there never was a token
	_, err = f.rotate("1 refresh", "app", "3")
	f.fails(err, coop.Conflict)
	f.same(f.prune(f.now.Add(91*day+time.Second)), coop.Pruned{"tokens": 2, "grants": 1, "clients": 1})
}
