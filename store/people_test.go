// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"plenum/coop"
)

func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func (m *maker) logged(what string, n coop.Name, target string) coop.Decision {
	return coop.Decision{ID: m.id(), At: testNow, By: "uid 1000", What: what, Coop: n, Target: target}
}

func (m *maker) member(login string, roles map[coop.Name]coop.Role) coop.Member {
	return coop.Member{
		ID: m.id(), Login: login, Name: login, Email: login + "@komona.example", Language: "de", Password: "$argon2id$v=19$", Handle: bytes.Repeat([]byte(login[:1]), handleLen),
		Roles: roles, Created: testNow,
	}
}

func (m *maker) client(id string) coop.Client {
	return coop.Client{ID: id, Kind: coop.Registered, Name: "An App", Redirects: []string{"http://127.0.0.1/back"}, Created: testNow}
}

func (m *maker) consent(db *DB, by coop.ID, n coop.Name, client, code string) coop.Grant {
	m.Helper()
	g := coop.Grant{ID: m.id(), Member: by, Coop: n, Client: client, Name: "An App", Scopes: []coop.Scope{coop.Read, coop.Write}, Created: testNow}
	c := coop.AuthCode{Hash: digest(code), Grant: g.ID, Client: client, Redirect: "http://127.0.0.1:7000/back", Challenge: "challenge", Expires: testNow.Add(time.Minute)}
	m.ok(db.Consent(m.Context(), g, c, m.logged("grant consent", n, client)))
	return g
}

func (m *maker) pair(name string) (access, refresh coop.Token) {
	return coop.Token{ID: m.id(), Hash: digest(name + " access"), Created: testNow, Expires: testNow.Add(time.Hour)},
		coop.Token{ID: m.id(), Hash: digest(name + " refresh"), Created: testNow, Expires: testNow.Add(90 * day)}
}

func fine(coop.AuthCode) error { return nil }

// fillHands leaves members, each kind of link, a session and a passkey, a client that
// somebody uses and one that nobody does, a code that was spent and one that was not,
// and tokens of both kinds.
func fillHands(m *maker, db *DB) {
	ctx := m.Context()
	anna := m.member("anna", map[coop.Name]coop.Role{"komona": coop.Admin, "kollektiv": coop.Editor})
	m.ok(db.AddMember(ctx, anna, m.logged("member add", "", "anna")))
	for _, secret := range []string{"used", "open"} {
		m.ok(db.AddTicket(ctx, coop.Ticket{
			ID: m.id(), Kind: coop.Invitation, Hash: digest(secret), Coop: "komona", Role: coop.Publisher, By: "member anna", Created: testNow, Expires: testNow.Add(7 * day),
		}, m.logged("member invite", "komona", "")))
	}
	_, err := db.Enrol(ctx, digest("used"), m.member("bert", nil), m.logged("member enrol", "komona", "bert"))
	m.ok(err)
	m.ok(db.AddTicket(ctx, coop.Ticket{ID: m.id(), Kind: coop.Reset, Hash: digest("reset"), Member: anna.ID, By: "uid 1000", Created: testNow, Expires: testNow.Add(day)},
		m.logged("member reset", "", "anna")))
	m.ok(db.AddSession(ctx, coop.Session{ID: m.id(), Member: anna.ID, Hash: digest("session"), Agent: "Firefox", How: "password", Created: testNow, Seen: testNow, Expires: testNow.Add(30 * day)}))
	m.ok(db.AddPasskey(ctx, coop.Passkey{ID: []byte("phone"), Member: anna.ID, Name: "phone", Credential: []byte("key"), Created: testNow}))
	m.ok(db.SaveClient(ctx, m.client("idle")))
	m.ok(db.SaveClient(ctx, m.client("used")))
	m.consent(db, anna.ID, "komona", "used", "spent")
	access, refresh := m.pair("first")
	_, err = db.Exchange(ctx, digest("spent"), fine, access, refresh)
	m.ok(err)
	access, refresh = m.pair("second")
	_, err = db.Rotate(ctx, digest("first refresh"), "used", nil, access, refresh)
	m.ok(err)
	revoked := m.consent(db, anna.ID, "kollektiv", "used", "unspent")
	m.ok(db.RevokeGrant(ctx, revoked.ID, "a test", coop.Decision{}))
	m.ok(db.AddToken(ctx, coop.Token{ID: m.id(), Coop: "kollektiv", Label: "script", Scopes: []coop.Scope{coop.Read}, Hash: digest("personal"), Member: anna.ID, Created: testNow}, coop.Decision{}))
}

// peopleDamages are of people and of what they let programs do.
func peopleDamages() []damage {
	return []damage{
		{"a role of no kind", bMembers, replace(`"komona":"admin"`, `"komona":"owner"`), "which is no role"},
		{"a role in a co-op that is not there", bMembers, replace(`"komona":"admin"`, `"nobody":"admin"`), `a role in "nobody"`},
		{"a login that nobody can have", bMembers, replace(`"login":"anna"`, `"login":"Anna"`), "signs in with cannot be"},
		{"a login of somebody else", bMemberLogins, func(b *bbolt.Bucket) error { return b.Put([]byte("anna"), []byte("x")) }, "member_logins: the entry"},
		{"a handle that is too short", bMembers, replace(`"handle":"YWFh`, `"handle":"`), "signs in with cannot be"},
		{"a ticket of no kind", bTickets, replace(`"kind":"invite"`, `"kind":"odd"`), `is "odd"`},
		{"an invitation of nobody", bTickets, replace(`"coop":"komona"`, `"coop":"nobody"`), `belongs to the co-op "nobody"`},
		{"a reset of nobody", bTickets, replace(`"member":"01`, `"member":"00`), "who does not exist"},
		{"a ticket that nobody used", bTickets, replace(`"used_by":"01`, `"used_by":"00`), "who does not exist"},
		{"a session of nobody", bSessions, replace(`"member":"01`, `"member":"00`), "who does not exist"},
		{"a session of another age", bSessions, replace(`"expires":"2019-01-26T10`, `"expires":"2019-01-26T11`), "session_ages: the entry"},
		{"a passkey of nobody", bPasskeys, replace(`"member":"01`, `"member":"00`), "who does not exist"},
		{"a client that is used for nothing", bClients, replace(`"id":"idle"`, `"used":"2018-12-27T10:00:00Z","id":"idle"`), "nothing was granted to it"},
		{"a grant of nobody", bGrants, replace(`"member":"01`, `"member":"00`), "who does not exist"},
		{"a grant of a client that is not there", bGrants, replace(`"client":"used"`, `"client":"other"`), `of the client "other"`},
		{"a grant of a co-op that is not there", bGrants, replace(`"coop":"komona"`, `"coop":"nobody"`), `belongs to the co-op "nobody"`},
		{"a code of no grant", bCodes, replace(`"grant":"01`, `"grant":"00`), "which does not exist"},
		{"a token of no grant", bTokens, replace(`"grant":"01`, `"grant":"00`), "which does not exist"},
		{"a token of another co-op than its grant", bTokens, replace(`"coop":"komona","label":"","scopes":["read","write"]`, `"coop":"kollektiv","label":"","scopes":["read","write"]`), "not of the member and the co-op of its grant"},
		{"a personal token that can be exchanged", bTokens, replace(`"label":"script"`, `"refresh":true,"label":"script"`), "is of no grant and can be exchanged"},
		{"a total of a grant that is wrong", bTotals, func(b *bbolt.Bucket) error { return b.Put([]byte(idleClients), number(9)) }, `"idle clients" is 9`},
	}
}

// peopleIndexes are the buckets in which nothing may stand that follows from no row.
func peopleIndexes() []string {
	return []string{
		bTokenOrder, bTokenAges, bMemberLogins, bMemberCoops, bTicketHashes, bTicketOrder, bSessionHashes, bSessionMembers, bSessionAges,
		bPasskeyMembers, bClientAges, bGrantOrder, bGrantAges, bCodeGrants, bCodeAges,
	}
}

func TestVerifyReportsTooManyOfPeople(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	fill(t, db)
	for _, tt := range []struct {
		lower func(*bounds)
		want  string
	}{
		{func(b *bounds) { b.members = 1 }, "members: there are 2, and may be 1"},
		{func(b *bounds) { b.invitations = 0 }, "invitations: there are 1, and may be 0"},
		{func(b *bounds) { b.sessions = 0 }, "sessions: the member"},
		{func(b *bounds) { b.passkeys = 0 }, "passkeys: the member"},
		{func(b *bounds) { b.idleClients = 0 }, "idle clients: there are 1, and may be 0"},
		{func(b *bounds) { b.grants = 0 }, "grants: the member"},
		{func(b *bounds) { b.perGrant = 3 }, "has 4, and may have 3"},
	} {
		db.bounds = defaultBounds()
		tt.lower(&db.bounds)
		found, err := db.Verify(t.Context())
		if err != nil || len(found) != 1 || !bytes.Contains([]byte(found[0]), []byte(tt.want)) {
			t.Errorf("got %q (%v), want the one finding %q", found, err, tt.want)
		}
	}
}

// openWith opens a store with two co-ops whose time is now.
func openWith(t *testing.T, m *maker, now *time.Time) *DB {
	t.Helper()
	db, err := Open(filepath.Join(t.TempDir(), "data"), Options{Create: true, Domain: "x.example", Now: func() time.Time { return *now }})
	m.ok(err)
	t.Cleanup(func() { _ = db.Close() })
	for _, n := range []coop.Name{"kollektiv", "komona"} {
		m.ok(db.AddCoop(t.Context(), m.coop(n), []byte(testPEM)))
	}
	return db
}

func TestPeopleAreBounded(t *testing.T) {
	t.Parallel()
	now := testNow
	m, ctx := newMaker(t), t.Context()
	db := openWith(t, m, &now)
	db.bounds.members, db.bounds.invitations = 2, 2
	invite := func(secret string) error {
		return db.AddTicket(ctx, coop.Ticket{
			ID: m.id(), Kind: coop.Invitation, Hash: digest(secret), Coop: "komona", Role: coop.Editor, By: "uid 1000", Created: now, Expires: now.Add(time.Hour),
		}, m.logged("member invite", "komona", ""))
	}
	m.ok(invite("1"))
	m.ok(invite("2"))
	refused(t, invite("3"), coop.Conflict, "there are 2 invitations")
	_, err := db.Enrol(ctx, digest("1"), m.member("anna", nil), m.logged("member enrol", "komona", "anna"))
	m.ok(err)
	m.ok(invite("3")) // a used one takes no room
	now = now.Add(2 * time.Hour)
	m.ok(invite("4")) // and neither do those that have expired
	m.ok(invite("5"))
	refused(t, invite("6"), coop.Conflict, "there are 2 invitations")
	_, err = db.Enrol(ctx, digest("4"), m.member("bert", nil), m.logged("member enrol", "komona", "bert"))
	m.ok(err)
	_, err = db.Enrol(ctx, digest("5"), m.member("cleo", nil), m.logged("member enrol", "komona", "cleo"))
	refused(t, err, coop.Conflict, "there are 2 members")
	refused(t, db.AddMember(ctx, m.member("cleo", nil), m.logged("member add", "", "cleo")), coop.Conflict, "there are 2 members")
	clean(t, db)
}

// TestClientsThatNobodyUsesAreBounded holds A17: a flood of registrations costs so
// much room and no more, and takes nothing from the clients that people use.
func TestClientsThatNobodyUsesAreBounded(t *testing.T) {
	t.Parallel()
	now := testNow
	m, ctx := newMaker(t), t.Context()
	db := openWith(t, m, &now)
	db.bounds.idleClients = 3
	anna := m.member("anna", map[coop.Name]coop.Role{"komona": coop.Admin})
	m.ok(db.AddMember(ctx, anna, m.logged("member add", "", "anna")))
	m.ok(db.SaveClient(ctx, m.client("used")))
	m.consent(db, anna.ID, "komona", "used", "code")
	for i := range 8 {
		c := m.client(fmt.Sprint(i))
		c.Created = testNow.Add(time.Duration(i) * time.Second)
		m.ok(db.SaveClient(ctx, c))
		m.ok(db.SaveClient(ctx, c)) // again: it is not new
	}
	for id, want := range map[string]bool{"used": true, "0": false, "4": false, "5": true, "6": true, "7": true} {
		if _, err := db.Client(ctx, id); (err == nil) != want {
			t.Errorf("the client %s is known: %v, want %v", id, err == nil, want)
		}
	}
	clean(t, db)
}

// TestAClientCannotMakeTokensWithoutEnd: those that were spent are kept until they
// would have expired, and a client that asks for more than any needs has to wait.
func TestAClientCannotMakeTokensWithoutEnd(t *testing.T) {
	t.Parallel()
	now := testNow
	m, ctx := newMaker(t), t.Context()
	db := openWith(t, m, &now)
	db.bounds.perGrant = 6
	anna := m.member("anna", map[coop.Name]coop.Role{"komona": coop.Admin})
	m.ok(db.AddMember(ctx, anna, m.logged("member add", "", "anna")))
	m.ok(db.SaveClient(ctx, m.client("app")))
	g := m.consent(db, anna.ID, "komona", "app", "code")
	access, refresh := m.pair("0")
	_, err := db.Exchange(ctx, digest("code"), fine, access, refresh)
	m.ok(err)
	rotate := func(i int) error {
		access, refresh := m.pair(fmt.Sprint(i + 1))
		_, err := db.Rotate(ctx, digest(fmt.Sprint(i)+" refresh"), "app", nil, access, refresh)
		return err
	}
	m.ok(errors.Join(rotate(0), rotate(1)))
	refused(t, rotate(2), coop.RateLimited, "too often")
	refused(t, rotate(0), coop.Conflict, "used before") // what was spent stays known
	row, err := db.Grant(ctx, g.ID)
	if err != nil || row.Revoked.IsZero() {
		t.Errorf("the grant is %+v (%v), want it revoked", row, err)
	}
	clean(t, db)
}

func TestRefreshTokenExpires(t *testing.T) {
	t.Parallel()
	now := testNow
	m, ctx := newMaker(t), t.Context()
	db := openWith(t, m, &now)
	anna := m.member("anna", map[coop.Name]coop.Role{"komona": coop.Admin})
	m.ok(db.AddMember(ctx, anna, m.logged("member add", "", "anna")))
	m.ok(db.SaveClient(ctx, m.client("app")))
	m.consent(db, anna.ID, "komona", "app", "code")
	access, refresh := m.pair("1")
	_, err := db.Exchange(ctx, digest("code"), fine, access, refresh)
	m.ok(err)
	now = refresh.Expires
	access, refresh = m.pair("2")
	access.Expires, refresh.Expires = now.Add(time.Hour), now.Add(day)
	_, err = db.Rotate(ctx, digest("1 refresh"), "app", nil, access, refresh)
	refused(t, err, coop.Gone, "no longer in force")
	now = now.Add(-time.Second)
	_, err = db.Rotate(ctx, digest("1 refresh"), "app", nil, access, refresh)
	m.ok(err)
	clean(t, db)
}

// TestCodeExpiresAfterItsMinute holds a part of A11.
func TestCodeExpiresAfterItsMinute(t *testing.T) {
	t.Parallel()
	now := testNow
	m, ctx := newMaker(t), t.Context()
	db := openWith(t, m, &now)
	anna := m.member("anna", map[coop.Name]coop.Role{"komona": coop.Admin})
	m.ok(db.AddMember(ctx, anna, m.logged("member add", "", "anna")))
	m.ok(db.SaveClient(ctx, m.client("app")))
	g := m.consent(db, anna.ID, "komona", "app", "code")
	access, refresh := m.pair("1")
	now = testNow.Add(time.Minute)
	_, err := db.Exchange(ctx, digest("code"), fine, access, refresh)
	refused(t, err, coop.Gone, "has expired")
	now = testNow.Add(59 * time.Second)
	got, err := db.Exchange(ctx, digest("code"), fine, access, refresh)
	if err != nil || got.ID != g.ID || !got.Used.Equal(now) {
		t.Errorf("got %+v (%v), want the grant, used at %v", got, err, now)
	}
	now = testNow.Add(time.Hour) // a second use is one also after that
	_, err = db.Exchange(ctx, digest("code"), fine, access, refresh)
	refused(t, err, coop.Conflict, "used before")
	clean(t, db)
}
