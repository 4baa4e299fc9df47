// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"plenum/coop"
)

// Doors are the ways in.
type Doors interface {
	Enrol(ctx context.Context, hash []byte, m coop.Member, d coop.Decision) (coop.Member, error)
	Restore(ctx context.Context, hash []byte, d coop.Decision, change func(*coop.Member) error) (coop.Member, error)
	AddSession(ctx context.Context, s coop.Session) error
	Session(ctx context.Context, hash []byte) (coop.Session, coop.Member, error)
	SeeSession(ctx context.Context, id coop.ID, at time.Time) error
	Sessions(ctx context.Context, member coop.ID) ([]coop.Session, error)
	EndSession(ctx context.Context, member, id coop.ID) error
}

func doorTests() []test {
	return []test{
		{"an invitation makes one member, once", invitationIsUsedOnce},
		{"of many who use an invitation at once one wins", invitationIsRacedFor},
		{"an invitation gives one who is there a role, and takes none", invitationJoins},
		{"an enrolment that fails leaves the invitation good", failedEnrolmentSpendsNothing},
		{"invitations in force are listed, and can be taken back", invitationsAreListed},
		{"a reset changes the member once and ends what was open", resetIsUsedOnce},
		{"a link does what it is for and nothing else", linksAreNotMixedUp},
		{"a link that cannot be is refused", wrongTicketIsRefused},
		{"of the resets of a member the newest few stay", resetsAreFew},
		{"links go a month after they were of use", ticketsArePruned},
		{"a session is found by its digest until it ends", sessionIsFound},
		{"a session lasts from when it was seen", sessionSlides},
		{"a session that has expired is none, and goes", sessionExpires},
		{"of many sessions the oldest ends", sessionsAreBounded},
	}
}

func (f *fixture) invitation(n coop.Name, r coop.Role, secret string) coop.Ticket {
	return coop.Ticket{
		ID: f.id(), Kind: coop.Invitation, Hash: hash(secret), Coop: n, Role: r, Note: "for Bert", By: "member anna",
		Created: f.now, Expires: f.now.Add(7 * 24 * time.Hour),
	}
}

func (f *fixture) reset(m coop.Member, secret string) coop.Ticket {
	return coop.Ticket{
		ID: f.id(), Kind: coop.Reset, Hash: hash(secret), Member: m.ID, By: "uid 1000",
		Created: f.now, Expires: f.now.Add(24 * time.Hour),
	}
}

// invite stores an invitation to komona.
func (f *fixture) invite(r coop.Role, secret string) coop.Ticket {
	f.Helper()
	k := f.invitation("komona", r, secret)
	f.ok(f.AddTicket(f.Context(), k, f.decided("member invite", "komona", "for Bert")))
	return k
}

func (f *fixture) enrol(secret string, m coop.Member) (coop.Member, error) {
	return f.Enrol(f.Context(), hash(secret), m, f.decided("member enrol", "komona", m.Login))
}

func invitationIsUsedOnce(f *fixture) {
	ctx := f.Context()
	k := f.invite(coop.Publisher, "secret")
	got, err := f.Ticket(ctx, hash("secret"))
	f.ok(err)
	f.same(got, k)
	_, err = f.Ticket(ctx, hash("guess"))
	f.fails(err, coop.NotFound)

	bert := f.person("bert", roles{"kollektiv": coop.Admin}) // which the invitation does not give
	bert.Operator = true
	d := f.decided("member enrol", "komona", "bert")
	stored, err := f.Enrol(ctx, hash("secret"), bert, d)
	f.ok(err)
	bert.Roles, bert.Operator = roles{"komona": coop.Publisher}, false
	f.same(stored, bert)
	f.members("", bert)
	f.log(coop.DecisionQuery{Limit: 1}, d)

	_, err = f.enrol("secret", f.person("cleo", nil))
	f.fails(err, coop.Gone)
	got, err = f.Ticket(ctx, hash("secret"))
	f.fails(err, coop.Gone)
	f.same(got.UsedBy, bert.ID)
	f.same(got.Used.IsZero(), false)
	f.members("", bert)

	late := f.invitation("komona", coop.Editor, "late")
	late.Expires = f.now.Add(-time.Second)
	f.ok(f.AddTicket(ctx, late, f.decided("member invite", "komona", "")))
	got, err = f.Ticket(ctx, hash("late"))
	f.fails(err, coop.Gone)
	f.same(got, late)
	_, err = f.enrol("late", f.person("cleo", nil))
	f.fails(err, coop.Gone)
}

// together runs n at once and returns how many ended without and with each error.
func together(n int, run func(i int) error) map[coop.Code]int {
	codes := make([]coop.Code, n)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			codes[i] = coop.CodeOf(run(i))
		})
	}
	close(start)
	wg.Wait()
	count := map[coop.Code]int{}
	for _, c := range codes {
		count[c]++
	}
	return count
}

func invitationIsRacedFor(f *fixture) {
	f.invite(coop.Editor, "secret")
	const n = 50
	var people []coop.Member
	var logged []coop.Decision
	for i := range n {
		people = append(people, f.person(fmt.Sprintf("bert%d", i), nil))
		logged = append(logged, f.decided("member enrol", "komona", people[i].Login))
	}
	got := together(n, func(i int) error {
		_, err := f.Enrol(f.Context(), hash("secret"), people[i], logged[i])
		return err
	})
	f.same(got, map[coop.Code]int{"": 1, coop.Gone: n - 1})
	list, err := f.Members(f.Context(), "komona")
	f.ok(err)
	f.same(len(list), 1)
}

func invitationJoins(f *fixture) {
	anna, bert := f.colleague("anna", roles{"komona": coop.Admin}), f.colleague("bert", nil)
	f.invite(coop.Publisher, "for bert")
	got, err := f.enrol("for bert", coop.Member{ID: bert.ID})
	f.ok(err)
	bert.Roles = roles{"komona": coop.Publisher}
	f.same(got, bert)
	f.invite(coop.Editor, "for anna")
	_, err = f.enrol("for anna", coop.Member{ID: anna.ID})
	f.ok(err)
	f.members("komona", anna, bert)
	f.invite(coop.Editor, "for nobody")
	_, err = f.enrol("for nobody", coop.Member{ID: f.id()})
	f.fails(err, coop.NotFound)
	f.change(bert, true, func(m *coop.Member) { m.Disabled = f.now })
	_, err = f.enrol("for nobody", coop.Member{ID: bert.ID})
	f.fails(err, coop.Forbidden)
}

func failedEnrolmentSpendsNothing(f *fixture) {
	f.colleague("anna", nil)
	k := f.invite(coop.Editor, "secret")
	_, err := f.enrol("secret", f.person("anna", nil))
	f.fails(err, coop.Conflict)
	_, err = f.enrol("secret", f.person("Bert", nil))
	f.fails(err, coop.Invalid)
	got, err := f.Ticket(f.Context(), hash("secret"))
	f.ok(err)
	f.same(got, k)
	_, err = f.enrol("secret", f.person("bert", nil))
	f.ok(err)
}

func invitationsAreListed(f *fixture) {
	ctx := f.Context()
	a, b := f.invite(coop.Editor, "a"), f.invite(coop.Admin, "b")
	other := f.invitation("kollektiv", coop.Editor, "other")
	f.ok(f.AddTicket(ctx, other, f.decided("member invite", "kollektiv", "")))
	expired := f.invitation("komona", coop.Editor, "expired")
	expired.Expires = f.now.Add(-time.Hour)
	f.ok(f.AddTicket(ctx, expired, f.decided("member invite", "komona", "")))
	f.ok(f.AddTicket(ctx, f.reset(f.colleague("anna", nil), "reset"), f.decided("member reset", "", "anna")))
	list := func(n coop.Name, want ...coop.Ticket) {
		f.Helper()
		got, err := f.Tickets(ctx, n)
		f.ok(err)
		f.same(got, want)
	}
	list("komona", a, b)
	list("kollektiv", other)
	list("", a, b, other)
	_, err := f.enrol("b", f.person("bert", nil))
	f.ok(err)
	list("komona", a)
	d := f.decided("ticket drop", "komona", "a")
	f.ok(f.DropTicket(ctx, a.ID, d))
	f.log(coop.DecisionQuery{Limit: 1}, d)
	list("komona")
	_, err = f.enrol("a", f.person("cleo", nil))
	f.fails(err, coop.NotFound)
	f.fails(f.DropTicket(ctx, a.ID, f.decided("ticket drop", "komona", "a")), coop.NotFound)
}

func resetIsUsedOnce(f *fixture) {
	ctx := f.Context()
	anna := f.colleague("anna", roles{"komona": coop.Admin})
	f.signIn(anna, "browser")
	for _, secret := range []string{"one", "two"} {
		f.ok(f.AddTicket(ctx, f.reset(anna, secret), f.decided("member reset", "", "anna")))
	}
	choose := func(secret, password string) error {
		_, err := f.Restore(ctx, hash(secret), f.decided("member restore", "", "anna"), func(m *coop.Member) error {
			m.Password = password
			return nil
		})
		return err
	}
	f.ok(choose("one", "new"))
	anna.Password = "new"
	f.members("", anna)
	_, _, err := f.Session(ctx, hash("browser"))
	f.fails(err, coop.NotFound)
	f.fails(choose("one", "newer"), coop.Gone)
	f.fails(choose("two", "newer"), coop.NotFound) // void with the first
	late := f.reset(anna, "late")
	late.Expires = f.now.Add(-time.Second)
	f.ok(f.AddTicket(ctx, late, f.decided("member reset", "", "anna")))
	f.fails(choose("late", "newer"), coop.Gone)
	f.members("", anna)
}

func linksAreNotMixedUp(f *fixture) {
	ctx := f.Context()
	anna := f.colleague("anna", nil)
	f.invite(coop.Editor, "invitation")
	f.ok(f.AddTicket(ctx, f.reset(anna, "reset"), f.decided("member reset", "", "anna")))
	_, err := f.enrol("reset", f.person("bert", nil))
	f.fails(err, coop.NotFound)
	_, err = f.Restore(ctx, hash("invitation"), f.decided("member restore", "", "anna"), func(*coop.Member) error { return nil })
	f.fails(err, coop.NotFound)
	f.members("", anna)
}

func wrongTicketIsRefused(f *fixture) {
	ctx := f.Context()
	add := func(k coop.Ticket) error { return f.AddTicket(ctx, k, f.decided("member invite", "komona", "")) }
	good := f.invite(coop.Editor, "secret")
	again := f.invitation("komona", coop.Editor, "secret")
	f.fails(add(again), coop.Conflict)
	again = f.invitation("komona", coop.Editor, "other")
	again.ID = good.ID
	f.fails(add(again), coop.Conflict)
	for _, spoil := range []func(*coop.Ticket){
		func(k *coop.Ticket) { k.Kind = "odd" },
		func(k *coop.Ticket) { k.Role = "owner" },
		func(k *coop.Ticket) { k.Coop = coop.Relay },
		func(k *coop.Ticket) { k.Hash = k.Hash[:31] },
		func(k *coop.Ticket) { k.Expires = time.Time{} },
		func(k *coop.Ticket) { k.Used = f.now },
	} {
		k := f.invitation("komona", coop.Editor, "spoiled")
		spoil(&k)
		f.fails(add(k), coop.Invalid)
	}
	f.fails(add(f.invitation("nobody", coop.Editor, "x")), coop.NotFound)
	f.fails(add(f.reset(f.person("bert", nil), "x")), coop.NotFound)
	f.fails(f.AddTicket(ctx, f.invitation("komona", coop.Editor, "x"), coop.Decision{}), coop.Invalid)
	list, err := f.Tickets(ctx, "")
	f.ok(err)
	f.same(list, []coop.Ticket{good})
}

// resetsAreFew: whoever may ask for resets cannot fill the store with them.
func resetsAreFew(f *fixture) {
	ctx := f.Context()
	anna, bert := f.colleague("anna", nil), f.colleague("bert", nil)
	f.ok(f.AddTicket(ctx, f.reset(bert, "bert"), f.decided("member reset", "", "bert")))
	made := f.reset(anna, "made by somebody else")
	made.By = "member cleo"
	f.ok(f.AddTicket(ctx, made, f.decided("member reset", "", "anna")))
	for i := range 8 {
		f.ok(f.AddTicket(ctx, f.reset(anna, fmt.Sprint(i)), f.decided("member reset", "", "anna")))
	}
	for i := range 8 {
		_, err := f.Ticket(ctx, hash(fmt.Sprint(i)))
		f.same(err == nil, i >= 3)
	}
	for _, secret := range []string{"bert", "made by somebody else"} {
		_, err := f.Ticket(ctx, hash(secret))
		f.ok(err)
	}
}

func ticketsArePruned(f *fixture) {
	ctx := f.Context()
	f.invite(coop.Editor, "used")
	open := f.invite(coop.Editor, "open")
	_, err := f.enrol("used", f.person("bert", nil))
	f.ok(err)
	month := 30 * 24 * time.Hour
	f.same(f.prune(f.now.Add(month-time.Minute)), coop.Pruned{})
	f.same(f.prune(f.now.Add(month+time.Hour)), coop.Pruned{"tickets": 1})
	_, err = f.Ticket(ctx, hash("used"))
	f.fails(err, coop.NotFound)
	f.same(f.prune(open.Expires.Add(month)), coop.Pruned{})
	f.same(f.prune(open.Expires.Add(month+time.Second)), coop.Pruned{"tickets": 1})
	_, err = f.Ticket(ctx, hash("open"))
	f.fails(err, coop.NotFound)
}

func (f *fixture) session(m coop.Member, secret string) coop.Session {
	return coop.Session{
		ID: f.id(), Member: m.ID, Hash: hash(secret), Agent: "Firefox", How: "password",
		Created: f.now, Seen: f.now.Truncate(time.Hour), Expires: f.now.Truncate(time.Hour).Add(30 * 24 * time.Hour),
	}
}

// signIn stores a new session.
func (f *fixture) signIn(m coop.Member, secret string) coop.Session {
	f.Helper()
	s := f.session(m, secret)
	f.ok(f.AddSession(f.Context(), s))
	return s
}

func (f *fixture) sessions(m coop.Member, want ...coop.Session) {
	f.Helper()
	got, err := f.Sessions(f.Context(), m.ID)
	f.ok(err)
	f.same(got, want)
}

func sessionIsFound(f *fixture) {
	ctx := f.Context()
	anna, bert := f.colleague("anna", nil), f.colleague("bert", nil)
	one, two, other := f.signIn(anna, "one"), f.signIn(anna, "two"), f.signIn(bert, "other")
	s, m, err := f.Session(ctx, hash("one"))
	f.ok(err)
	f.same(s, one)
	f.same(m, anna)
	_, _, err = f.Session(ctx, hash("guess"))
	f.fails(err, coop.NotFound)
	f.fails(f.AddSession(ctx, f.session(anna, "one")), coop.Conflict)
	f.fails(f.AddSession(ctx, f.session(f.person("cleo", nil), "three")), coop.NotFound)
	f.sessions(anna, one, two)

	f.ok(f.EndSession(ctx, bert.ID, one.ID)) // somebody else's
	f.sessions(anna, one, two)
	f.ok(f.EndSession(ctx, anna.ID, one.ID))
	f.ok(f.EndSession(ctx, anna.ID, one.ID))
	_, _, err = f.Session(ctx, hash("one"))
	f.fails(err, coop.NotFound)
	three := f.signIn(anna, "three")
	f.sessions(anna, two, three)
	f.ok(f.EndSession(ctx, anna.ID, ""))
	f.sessions(anna)
	f.sessions(bert, other)
}

func sessionSlides(f *fixture) {
	ctx := f.Context()
	anna := f.colleague("anna", nil)
	s := f.signIn(anna, "browser")
	f.ok(f.SeeSession(ctx, s.ID, s.Seen.Add(59*time.Minute)))
	f.sessions(anna, s)
	f.ok(f.SeeSession(ctx, s.ID, s.Seen.Add(-48*time.Hour))) // the clock was set
	f.sessions(anna, s)
	for range 3 {
		f.ok(f.SeeSession(ctx, s.ID, s.Seen.Add(36*time.Hour+59*time.Minute)))
		s.Seen = s.Seen.Add(36 * time.Hour)
		s.Expires = s.Seen.Add(30 * 24 * time.Hour)
		f.sessions(anna, s)
	}
	f.fails(f.SeeSession(ctx, f.id(), f.now), coop.NotFound)
}

func sessionExpires(f *fixture) {
	ctx := f.Context()
	anna := f.colleague("anna", nil)
	s := f.session(anna, "old")
	s.Expires = f.now.Add(-time.Second)
	f.ok(f.AddSession(ctx, s))
	young := f.signIn(anna, "young")
	_, _, err := f.Session(ctx, hash("old"))
	f.fails(err, coop.NotFound)
	f.sessions(anna, young)
	f.same(f.prune(f.now), coop.Pruned{"sessions": 1})
	f.same(f.prune(young.Expires), coop.Pruned{})
	f.same(f.prune(young.Expires.Add(time.Second)), coop.Pruned{"sessions": 1})
	f.sessions(anna)
}

func sessionsAreBounded(f *fixture) {
	anna, bert := f.colleague("anna", nil), f.colleague("bert", nil)
	other := f.signIn(bert, "bert")
	var want []coop.Session
	for i := range 53 {
		want = append(want, f.signIn(anna, fmt.Sprint(i)))
	}
	f.sessions(anna, want[3:]...)
	f.sessions(bert, other)
}
