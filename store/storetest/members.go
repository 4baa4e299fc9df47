// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"plenum/coop"
)

// People are the members and the links that make them.
type People interface {
	AddMember(ctx context.Context, m coop.Member, d coop.Decision) error
	Member(ctx context.Context, id coop.ID) (coop.Member, error)
	MemberByLogin(ctx context.Context, login string) (coop.Member, error)
	Members(ctx context.Context, n coop.Name) ([]coop.Member, error)
	ChangeMember(ctx context.Context, id coop.ID, cut bool, d coop.Decision, change func(*coop.Member) error) (coop.Member, error)
	AddTicket(ctx context.Context, t coop.Ticket, d coop.Decision) error
	Ticket(ctx context.Context, hash []byte) (coop.Ticket, error)
	Tickets(ctx context.Context, n coop.Name) ([]coop.Ticket, error)
	DropTicket(ctx context.Context, id coop.ID, d coop.Decision) error
}

func memberTests() []test {
	return []test{
		{"a member comes back as it was stored, also by login", memberComesBack},
		{"a login is given once", loginIsGivenOnce},
		{"a member that cannot be is refused and nothing logged", wrongMemberIsRefused},
		{"members are listed by co-op and login", membersAreListed},
		{"a change is stored with its decision, and who it is stays", memberIsChanged},
		{"a change that is refused changes nothing", refusedChangeChangesNothing},
		{"a cut ends all sessions, grants, tokens and resets of the member alone", cutEndsAll},
		{"who is disabled is out at once, and stays out", disabledIsOut},
		{"who leaves a co-op leaves nothing open in it", leavingCloses},
		{"a removed co-op takes its roles, invitations, tokens and grants along", removedTakesPeople},
	}
}

type roles = map[coop.Name]coop.Role

func (f *fixture) person(login string, r roles) coop.Member {
	return coop.Member{
		ID: f.id(), Login: login, Name: login, Language: "en", Password: "$argon2id$" + login,
		Handle: bytes.Repeat([]byte(login[:1]), 64), Roles: r, Created: f.now,
	}
}

// colleague stores a new member.
func (f *fixture) colleague(login string, r roles) coop.Member {
	f.Helper()
	m := f.person(login, r)
	f.ok(f.AddMember(f.Context(), m, f.decided("member add", "", login)))
	return m
}

// hash is the digest of a secret.
func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func (f *fixture) change(m coop.Member, cut bool, change func(*coop.Member)) coop.Member {
	f.Helper()
	got, err := f.ChangeMember(f.Context(), m.ID, cut, f.decided("member change", "", m.Login), func(m *coop.Member) error {
		change(m)
		return nil
	})
	f.ok(err)
	return got
}

func memberComesBack(f *fixture) {
	ctx := f.Context()
	m := f.person("anna", roles{"komona": coop.Admin})
	m.Email, m.Operator = "anna@komona.example", true
	d := f.decided("member add", "", "anna")
	f.ok(f.AddMember(ctx, m, d))
	got, err := f.Member(ctx, m.ID)
	f.ok(err)
	f.same(got, m)
	got, err = f.MemberByLogin(ctx, "anna")
	f.ok(err)
	f.same(got, m)
	f.log(coop.DecisionQuery{}, d)
	_, err = f.Member(ctx, f.id())
	f.fails(err, coop.NotFound)
	for _, login := range []string{"bert", "", "Anna", "ann"} {
		_, err = f.MemberByLogin(ctx, login)
		f.fails(err, coop.NotFound)
	}
}

func loginIsGivenOnce(f *fixture) {
	ctx := f.Context()
	anna := f.colleague("anna", nil)
	f.fails(f.AddMember(ctx, f.person("anna", nil), f.decided("member add", "", "anna")), coop.Conflict)
	f.change(anna, true, func(m *coop.Member) { m.Disabled = f.now })
	f.fails(f.AddMember(ctx, f.person("anna", nil), f.decided("member add", "", "anna")), coop.Conflict)
	other := f.person("anne", nil)
	other.ID = anna.ID
	f.fails(f.AddMember(ctx, other, f.decided("member add", "", "anne")), coop.Conflict)
}

func wrongMemberIsRefused(f *fixture) {
	ctx := f.Context()
	for _, m := range []coop.Member{
		f.person("Anna", nil), f.person("a", nil), f.person("an na", nil),
		f.person("anna", roles{"komona": "owner"}), f.person("anna", roles{"komona": ""}), f.person("anna", roles{coop.Relay: coop.Admin}),
	} {
		f.fails(f.AddMember(ctx, m, f.decided("member add", "", m.Login)), coop.Invalid)
	}
	short := f.person("anna", nil)
	short.Handle = short.Handle[:63]
	f.fails(f.AddMember(ctx, short, f.decided("member add", "", "anna")), coop.Invalid)
	f.fails(f.AddMember(ctx, f.person("anna", roles{"nobody": coop.Admin}), f.decided("member add", "", "anna")), coop.NotFound)
	f.fails(f.AddMember(ctx, f.person("anna", nil), coop.Decision{}), coop.Invalid)
	f.members("")
	f.log(coop.DecisionQuery{})
}

func (f *fixture) members(n coop.Name, want ...coop.Member) {
	f.Helper()
	got, err := f.Members(f.Context(), n)
	f.ok(err)
	f.same(got, want)
}

func membersAreListed(f *fixture) {
	cleo := f.colleague("cleo", roles{"komona": coop.Editor, "kollektiv": coop.Admin})
	bert := f.colleague("bert", roles{"komona": coop.Publisher})
	anna := f.colleague("anna", nil)
	anna = f.change(anna, false, func(m *coop.Member) { m.Operator = true })
	f.members("", anna, bert, cleo)
	f.members("komona", bert, cleo)
	f.members("kollektiv", cleo)
	f.members("nobody")
}

func memberIsChanged(f *fixture) {
	ctx := f.Context()
	anna := f.colleague("anna", roles{"komona": coop.Editor})
	d := f.decided("member role", "kollektiv", "anna")
	got, err := f.ChangeMember(ctx, anna.ID, false, d, func(m *coop.Member) error {
		m.Name, m.Roles = "Anna", roles{"kollektiv": coop.Admin}
		return nil
	})
	f.ok(err)
	anna.Name, anna.Roles = "Anna", roles{"kollektiv": coop.Admin}
	f.same(got, anna)
	f.members("komona")
	f.members("kollektiv", anna)
	f.log(coop.DecisionQuery{Limit: 1}, d)
	for _, change := range []func(*coop.Member){
		func(m *coop.Member) { m.Login = "anne" },
		func(m *coop.Member) { m.ID = f.id() },
		func(m *coop.Member) { m.Handle[0]++ },
		func(m *coop.Member) { m.Created = m.Created.Add(time.Hour) },
		func(m *coop.Member) { m.Roles["komona"] = "owner" },
	} {
		_, err := f.ChangeMember(ctx, anna.ID, false, f.decided("member change", "", "anna"), func(m *coop.Member) error {
			change(m)
			return nil
		})
		f.fails(err, coop.Invalid)
	}
	f.members("", anna)
	_, err = f.ChangeMember(ctx, f.id(), false, f.decided("member change", "", "bert"), func(*coop.Member) error { return nil })
	f.fails(err, coop.NotFound)
	f.log(coop.DecisionQuery{Limit: 1}, d)
}

func refusedChangeChangesNothing(f *fixture) {
	anna := f.colleague("anna", roles{"komona": coop.Editor})
	f.signIn(anna, "browser")
	no := errors.New("no")
	_, err := f.ChangeMember(f.Context(), anna.ID, true, f.decided("member change", "", "anna"), func(m *coop.Member) error {
		m.Roles["komona"] = coop.Admin
		return no
	})
	if !errors.Is(err, no) {
		f.Fatalf("got the error %v, want that of the change", err)
	}
	f.members("", anna)
	_, _, err = f.Session(f.Context(), hash("browser"))
	f.ok(err)
}

// cutEndsAll holds A21: what a password change ends is ended at once.
func cutEndsAll(f *fixture) {
	ctx := f.Context()
	anna, bert := f.colleague("anna", roles{"komona": coop.Publisher}), f.colleague("bert", roles{"komona": coop.Publisher})
	f.client("app")
	for _, m := range []coop.Member{anna, bert} {
		f.signIn(m, m.Login+" 1")
		f.signIn(m, m.Login+" 2")
		f.consent(m, "komona", "app", m.Login+" code")
		_, err := f.exchange(m.Login+" code", m.Login)
		f.ok(err)
		f.ok(f.AddToken(ctx, coop.Token{ID: f.id(), Coop: "komona", Hash: hash(m.Login + " personal"), Member: m.ID, Created: f.now}, coop.Decision{}))
		f.ok(f.AddTicket(ctx, f.reset(m, m.Login+" reset"), f.decided("member reset", "", m.Login)))
	}
	f.change(anna, true, func(m *coop.Member) { m.Password = "$argon2id$other" })
	for _, m := range []coop.Member{anna, bert} {
		cut := m.ID == anna.ID
		list, err := f.Sessions(ctx, m.ID)
		f.ok(err)
		f.same(len(list), map[bool]int{true: 0, false: 2}[cut])
		granted, err := f.Grants(ctx, m.ID)
		f.ok(err)
		f.same(len(granted), map[bool]int{true: 0, false: 1}[cut])
		for _, secret := range []string{" access", " refresh", " personal"} {
			k, err := f.Token(ctx, hash(m.Login+secret))
			f.ok(err)
			f.same(!k.Revoked.IsZero(), cut)
		}
		_, err = f.Ticket(ctx, hash(m.Login+" reset"))
		f.same(coop.CodeOf(err), map[bool]coop.Code{true: coop.NotFound, false: ""}[cut])
	}
}

func disabledIsOut(f *fixture) {
	ctx := f.Context()
	anna := f.colleague("anna", roles{"komona": coop.Admin})
	f.client("app")
	f.signIn(anna, "browser")
	f.consent(anna, "komona", "app", "code")
	_, err := f.exchange("code", "anna")
	f.ok(err)
	f.change(anna, false, func(m *coop.Member) { m.Disabled = f.now })
	_, _, err = f.Session(ctx, hash("browser"))
	f.fails(err, coop.NotFound)
	k, err := f.Token(ctx, hash("anna access"))
	f.ok(err)
	f.same(k.Revoked.IsZero(), false)
	_, err = f.rotate("anna refresh", "app", "again")
	f.fails(err, coop.Gone)
	f.fails(f.AddSession(ctx, f.session(anna, "other")), coop.Forbidden)
	f.fails(f.AddPasskey(ctx, f.passkey(anna, "key")), coop.Forbidden)
	f.fails(f.AddToken(ctx, coop.Token{ID: f.id(), Coop: "komona", Hash: hash("t"), Member: anna.ID}, coop.Decision{}), coop.Forbidden)
	f.fails(f.AddTicket(ctx, f.reset(anna, "reset"), f.decided("member reset", "", "anna")), coop.Forbidden)
	g, c := f.grant(anna, "komona", "app", "code 2")
	f.fails(f.Consent(ctx, g, c, f.decided("grant consent", "komona", "app")), coop.Forbidden)
	f.change(anna, false, func(m *coop.Member) { m.Disabled = time.Time{} }) // what was revoked stays so
	f.signIn(anna, "other")
	_, _, err = f.Session(ctx, hash("browser"))
	f.fails(err, coop.NotFound)
	k, err = f.Token(ctx, hash("anna access"))
	f.ok(err)
	f.same(k.Revoked.IsZero(), false)
}

func leavingCloses(f *fixture) {
	ctx := f.Context()
	anna := f.colleague("anna", roles{"komona": coop.Admin, "kollektiv": coop.Editor})
	f.client("app")
	f.signIn(anna, "browser")
	for _, n := range []coop.Name{"komona", "kollektiv"} {
		f.consent(anna, n, "app", string(n))
		f.ok(f.AddToken(ctx, coop.Token{ID: f.id(), Coop: n, Hash: hash("token " + string(n)), Member: anna.ID, Created: f.now}, coop.Decision{}))
	}
	open := func(want ...coop.Name) {
		f.Helper()
		var got, tokens []coop.Name
		list, err := f.Grants(ctx, anna.ID)
		f.ok(err)
		for _, g := range list {
			got = append(got, g.Coop)
		}
		for _, n := range []coop.Name{"komona", "kollektiv"} {
			k, err := f.Token(ctx, hash("token "+string(n)))
			f.ok(err)
			if k.Revoked.IsZero() {
				tokens = append(tokens, n)
			}
		}
		f.same(got, want)
		f.same(tokens, want)
	}
	f.change(anna, false, func(m *coop.Member) { m.Roles["komona"] = coop.Editor })
	open("komona", "kollektiv")
	f.change(anna, false, func(m *coop.Member) { delete(m.Roles, "komona") })
	open("kollektiv")
	_, _, err := f.Session(ctx, hash("browser"))
	f.ok(err)
	f.change(anna, false, func(m *coop.Member) { m.Roles["komona"] = coop.Editor })
	open("kollektiv")
}

func removedTakesPeople(f *fixture) {
	ctx := f.Context()
	anna := f.colleague("anna", roles{"komona": coop.Admin, "kollektiv": coop.Editor})
	f.client("app")
	f.consent(anna, "komona", "app", "code")
	_, err := f.exchange("code", "anna")
	f.ok(err)
	f.consent(anna, "kollektiv", "app", "kept")
	f.ok(f.AddTicket(ctx, f.invitation("komona", coop.Editor, "invitation"), f.decided("member invite", "komona", "")))
	kept := f.invitation("kollektiv", coop.Editor, "kept")
	f.ok(f.AddTicket(ctx, kept, f.decided("member invite", "kollektiv", "")))
	gone := f.coop("komona")
	gone.Gone = f.now
	f.ok(f.RemoveCoop(ctx, gone, coop.Outgoing{}))

	anna.Roles = roles{"kollektiv": coop.Editor}
	f.members("", anna)
	list, err := f.Tickets(ctx, "")
	f.ok(err)
	f.same(list, []coop.Ticket{kept})
	_, err = f.Enrol(ctx, hash("invitation"), f.person("bert", nil), f.decided("member enrol", "komona", "bert"))
	f.fails(err, coop.NotFound)
	k, err := f.Token(ctx, hash("anna access"))
	f.ok(err)
	f.same(k.Revoked.IsZero(), false)
	_, err = f.rotate("anna refresh", "app", "again")
	f.fails(err, coop.Gone)
	granted, err := f.Grants(ctx, anna.ID)
	f.ok(err)
	f.same(len(granted), 1)
	f.fails(f.AddTicket(ctx, f.invitation("komona", coop.Editor, "late"), f.decided("member invite", "komona", "")), coop.Gone)
}
