// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/coop"
)

func service(domain string, http bool) *Service {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	return &Service{Site: coop.Site{Domain: domain, HTTP: http}, Now: func() time.Time { return now }}
}

func TestTargetsOfRulesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"bad.example": "bad.example", " Bad.Example. ": "bad.example", "bad.example:8443": "bad.example:8443", "bad.example:443": "bad.example", "bad.example:80": "bad.example:80", "Bücher.example": "xn--bcher-kva.example",
		"xn--bcher-kva.example": "xn--bcher-kva.example", "日本.example": "xn--wgv71a.example", "my_host.bad.example": "my_host.bad.example", "ＢＡＤ.example": "bad.example",
		"bad。example": "bad.example", "192.0.2.7": "192.0.2.7", "[2001:DB8::1]": "[2001:db8::1]", "github.io": "github.io", "a.co.uk": "a.co.uk",
		"https://bad.example/users/x": "https://bad.example/users/x", "https://bad.example/u#main-key": "https://bad.example/u", "other.events.example": "other.events.example",
	} {
		got, err := service("events.example", false).ruleTarget(t.Context(), text)
		if err != nil || got != want {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	for text, why := range map[string]string{
		"": "no name", "bad": "no domain of somebody", "com": "no domain of somebody", "co.uk": "no domain of somebody", "localhost": "no domain of somebody",
		"*.bad.example": "without *", "bad.example/users": "as in social.example", "bad example": "as in social.example", "bad..example": "no name",
		"bad.example:0": "port", "bad.example:x": "port", "bad.example:70000": "port", "-bad.example": "no name", strings.Repeat("a", 64) + ".example": "no name",
		"events.example": "this instance", "events.example:443": "this instance", "EVENTS.example.": "this instance", "example": "this instance", "https://events.example/ap/coops/x": "this instance",
		"https://bad.example": "without https://", "https://bad.example/": "without https://", "http://bad.example/u": "by its id", "acct:x": "port", "bad<script>.example": "no name",
	} {
		got, err := service("events.example", false).ruleTarget(t.Context(), text)
		e, ok := errors.AsType[*coop.Error](err)
		if !ok || e.Code != coop.Invalid || e.Member != "target" || !strings.Contains(e.Msg, why) {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{"localhost:8082": "localhost:8082", "localhost": "localhost", "b.localhost:8081": "b.localhost:8081", "http://b.localhost:8081/u": "http://b.localhost:8081/u"} {
		if got, err := service("localhost:8081", true).ruleTarget(t.Context(), text); text != "localhost" && (err != nil || got != want) {
			t.Errorf("in development %q: got %q, %v", text, got, err)
		} else if text == "localhost" && err == nil {
			t.Errorf("in development the host of this instance can be refused with all its ports")
		}
	}
}

func TestListOfBlockedDomainsIsReadAsMastodonWritesIt(t *testing.T) {
	t.Parallel()
	const list = "\ufeff#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n" +
		"bad.example,suspend,true,true,\"spam, and more\",false\n" +
		"loud.example,silence,False,False,'=1+1,False\n" +
		"odd.example,noop,true,false,,false\n" +
		"hid**n.example,suspend,true,true,,true\n" +
		"com,suspend,true,true,,false\n" +
		"BAD.example,suspend,true,true,,false\n" +
		"strange.example,limit,true,true,,false\n" +
		"events.example,suspend,true,true,,false\n" +
		"plain.example\n" +
		"\"quote \"in\" it.example\",suspend\n"
	s := service("events.example", false)
	rules, skipped, err := s.readBlockList(strings.NewReader(list), coop.Decision{By: "ada", Why: "agreed", At: s.now()})
	if err != nil {
		t.Fatal(err)
	}
	rule := func(target string, level coop.RuleLevel, public string) coop.Rule {
		return coop.Rule{Target: target, Level: level, Public: public, Why: "agreed", By: "ada", At: s.now()}
	}
	want := []coop.Rule{
		rule("bad.example", coop.RuleRefuse, "spam, and more"), rule("loud.example", coop.RuleSilence, "=1+1"), rule("plain.example", coop.RuleRefuse, ""),
	}
	if diff := cmp.Diff(want, rules); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var lines []int
	for _, l := range skipped {
		lines = append(lines, l.Line)
		if l.Why == "" || l.Text == "" {
			t.Errorf("got %+v", l)
		}
	}
	if diff := cmp.Diff([]int{4, 5, 6, 7, 8, 9, 11}, lines); diff != "" {
		t.Errorf("skipped (-want +got)\n%s\n%+v", diff, skipped)
	}
}

func TestListsOfOthersAreReadToo(t *testing.T) {
	t.Parallel()
	s := service("events.example", false)
	for what, list := range map[string]string{
		"names alone":     "bad.example\nloud.example\n",
		"without #":       "Domain,Severity\nbad.example,suspend\nloud.example,suspend",
		"another order":   "#severity,#domain\r\nsuspend,bad.example\r\nsuspend,loud.example\r\n",
		"with blanks":     "#domain, #severity\n bad.example , suspend\n\nloud.example, suspend\n",
		"with more in it": "#domain,#severity,#added_by\nbad.example,suspend,us\nloud.example,suspend,us\n",
	} {
		rules, skipped, err := s.readBlockList(strings.NewReader(list), coop.Decision{})
		if err != nil || len(skipped) != 0 || len(rules) != 2 || rules[0].Target != "bad.example" || rules[1].Target != "loud.example" || rules[1].Level != coop.RuleRefuse {
			t.Errorf("%s: got %+v, %+v, %v", what, rules, skipped, err)
		}
	}
	if _, _, err := s.readBlockList(strings.NewReader("a.example,suspend,"+strings.Repeat("x", 17<<20)), coop.Decision{}); coop.CodeOf(err) != coop.TooLarge {
		t.Errorf("a list of 17 MiB: got %v", err)
	}
	_, skipped, err := s.readBlockList(strings.NewReader(strings.Repeat("*.example,suspend\n", 5_000)), coop.Decision{})
	if err != nil || len(skipped) != maxSkipped {
		t.Errorf("five thousand bad lines: %d are told of (%v)", len(skipped), err)
	}
}

// docs/security.md P05, D11: one who has a domain has as many names below it as he
// likes, and as many actors.
func TestQuotasCountActorsAndWhoHasThem(t *testing.T) {
	t.Parallel()
	s := service("events.example", false)
	now := s.Now()
	s.Now = func() time.Time { return now }
	use := func(q quota, actor coop.IRI, times int) (refused int) {
		for range times {
			if err := s.allowed(q, actor); err != nil {
				if e, ok := errors.AsType[*coop.Error](err); !ok || e.Code != coop.RateLimited || e.Retry <= 0 {
					t.Fatalf("got %v", err)
				}
				refused++
			}
		}
		return refused
	}
	if got := use(quotaComment, "https://a.example/u", 25); got != 5 {
		t.Errorf("of 25 comments of an actor %d were refused, want 5", got)
	}
	if got := use(quotaComment, "https://a.example/v", 5) + use(quotaFlag, "https://a.example/u", 10); got != 0 {
		t.Errorf("another actor, another kind: %d were refused", got)
	}
	got := 0
	for i := range 40 {
		got += use(quotaComment, coop.IRI("https://"+strings.Repeat("x", i+1)+".a.example/u"), 20)
	}
	if got != 800-(600-25) {
		t.Errorf("of 800 comments from names below a domain %d were refused, want 225", got)
	}
	if got := use(quotaComment, "https://one.github.io/u", 20) + use(quotaComment, "https://two.github.io/u", 20); got != 0 {
		t.Errorf("two who share a suffix: %d were refused", got)
	}
	now = now.Add(time.Hour)
	if got := use(quotaComment, "https://a.example/u", 25); got != 5 {
		t.Errorf("after an hour %d of 25 were refused, want 5", got)
	}
	if got := use(quotaQuote, "https://a.example/u", 65); got != 5 {
		t.Errorf("%d of 65 requests to quote were refused, want 5", got)
	}
}

// Addresses are not under each other as names are, however they end.
func TestAnAddressIsItsOwnDomain(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"127.0.0.1": "127.0.0.1", "127.0.0.1:444": "127.0.0.1:444", "192.0.2.7": "192.0.2.7", "[2001:db8::1]": "[2001:db8::1]", "[2001:db8::1]:444": "[2001:db8::1]:444",
		"localhost:444": "localhost:444", "a.b.example": "b.example", "a.b.example:444": "b.example", "a.b.example.": "b.example", "1.2.example": "2.example",
		"a.b.co.uk": "b.co.uk", "a.github.io": "a.github.io", "x.a.github.io": "a.github.io",
	} {
		if got := registrable(host); got != want {
			t.Errorf("%s: got %s, want %s", host, got, want)
		}
	}
}

// Nobody gets an allowance back by filling the memory with others.
func TestQuotasAreBoundedAndNotForgottenWhileTheyAreUsed(t *testing.T) {
	t.Parallel()
	s := service("events.example", false)
	now := s.Now()
	take := func(q quota, host string, n int) bool {
		return s.quotas.take(q, coop.IRI(fmt.Sprintf("https://%s/users/%d", host, n)), now)
	}
	taken := func(host string, times int) (n int) {
		for i := range times {
			if take(quotaFlag, host, i) {
				n++
			}
		}
		return n
	}
	if n := taken("a.example", 2*maxAllowances); n != 60 {
		t.Errorf("as many actors as it likes have %d complaints of one domain taken, want 60", n)
	}
	all := 0
	for i := range 10 { // what all of them together may do is more than is remembered of actors
		for _, q := range []quota{quotaComment, quotaReaction, quotaRSVP, quotaFollow, quotaBack} {
			for n := range q.together {
				if take(q, fmt.Sprintf("b%d.example", i), n) {
					all++
				}
			}
		}
	}
	if all < 2*maxAllowances {
		t.Fatalf("%d were taken, too few to fill the memory", all)
	}
	if n := taken("a.example", 100); n != 0 {
		t.Errorf("while others are busy a domain gets %d more", n)
	}
	for _, a := range []*allowances{&s.quotas.actors, &s.quotas.together} {
		if n := a.left.Len(); n > maxAllowances {
			t.Errorf("%d allowances are remembered", n)
		}
	}
}

// K02: nobody fills the memory with actors.
func TestAcquaintancesAreBounded(t *testing.T) {
	t.Parallel()
	var m acquaintances
	id := func(n int) coop.IRI { return coop.IRI("https://a.example/" + time.Duration(n).String()) }
	m.remember("https://a.example/often", actorKeys{hosts: []string{"a.example"}, bytes: knownBytes}, 0)
	for n := range 2 * maxKnownBytes / knownBytes {
		m.remember(id(n), actorKeys{bytes: knownBytes}, 0)
		m.setOwner(id(n), "https://a.example/u")
		if n%100 == 0 {
			m.get("https://a.example/often")
		}
	}
	if m.actors.Weight() > maxKnownBytes || m.owners.Weight() > maxOwnerBytes {
		t.Errorf("%d actors and %d keys are remembered", m.actors.Len(), m.owners.Len())
	}
	if _, ok, _ := m.get("https://a.example/often"); !ok {
		t.Error("who is needed all the time was forgotten")
	}
}

// What was read before an actor changed is not remembered after it.
func TestWhatWasReadBeforeAChangeIsNotRemembered(t *testing.T) {
	t.Parallel()
	var m acquaintances
	_, _, turn := m.get("https://a.example/u")
	m.forget("https://a.example/u") // stored anew by somebody else
	m.remember("https://a.example/u", actorKeys{}, turn)
	if _, ok, _ := m.get("https://a.example/u"); ok {
		t.Error("the old keys are remembered")
	}
}
