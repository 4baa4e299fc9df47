// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"context"
	"fmt"
	"time"

	"plenum/coop"
)

// Rules are what the instance decided about domains and actors.
type Rules interface {
	SetRule(ctx context.Context, r coop.Rule, d coop.Decision) error
	ImportRules(ctx context.Context, rs []coop.Rule, d coop.Decision) (added int, err error)
	DropRule(ctx context.Context, target string, d coop.Decision) error
	Rules(ctx context.Context) ([]coop.Rule, error)
	Expel(ctx context.Context, target string, tell coop.TellFunc) (more bool, err error)
}

func ruleTests() []test {
	return []test{
		{"a rule is stored with its decision, replaced and dropped", ruleIsKept},
		{"a rule that cannot be stores nothing", wrongRuleIsRefused},
		{"nobody can refuse the instance itself", ownDomainIsSpared},
		{"an import adds what is new and takes nothing back", importAdds},
		{"an import with one wrong rule stores nothing", wrongImportIsRefused},
		{"a rule stays swept while it refuses", ruleStaysSwept},
	}
}

func (f *fixture) rule(target string, level coop.RuleLevel) coop.Rule {
	return coop.Rule{Target: target, Level: level, Public: "spam", Why: "seen often", By: "uid 1000", At: f.now}
}

func (f *fixture) decided(what string, n coop.Name, target string) coop.Decision {
	return coop.Decision{ID: f.id(), At: f.now, By: "uid 1000", What: what, Coop: n, Target: target, Why: "so it is"}
}

func (f *fixture) rules(want ...coop.Rule) {
	f.Helper()
	got, err := f.Rules(f.Context())
	f.ok(err)
	f.same(got, want)
}

// log checks what was decided, the newest first.
func (f *fixture) log(q coop.DecisionQuery, want ...coop.Decision) {
	f.Helper()
	got, err := f.Decisions(f.Context(), q)
	f.ok(err)
	f.same(got, want)
}

func ruleIsKept(f *fixture) {
	ctx := f.Context()
	bad, rude := f.rule("bad.example", coop.RuleRefuse), f.rule("https://a.example/users/rude", coop.RuleSilence)
	first, second := f.decided("block add", "", "bad.example"), f.decided("block add", "", string(anna))
	f.ok(f.SetRule(ctx, bad, first))
	f.ok(f.SetRule(ctx, rude, second))
	f.rules(bad, rude)
	bad.Level, bad.Why = coop.RuleSilence, "less often"
	third, fourth := f.decided("block add", "", "bad.example"), f.decided("block remove", "", "bad.example")
	f.ok(f.SetRule(ctx, bad, third))
	f.rules(bad, rude)
	f.ok(f.DropRule(ctx, "bad.example", fourth))
	f.rules(rude)
	f.fails(f.DropRule(ctx, "bad.example", f.decided("block remove", "", "bad.example")), coop.NotFound)
	f.log(coop.DecisionQuery{}, fourth, third, second, first)
}

func wrongRuleIsRefused(f *fixture) {
	ctx := f.Context()
	for _, r := range []coop.Rule{f.rule("", coop.RuleRefuse), f.rule("bad.example", "hate"), f.rule("bad.example", "")} {
		f.fails(f.SetRule(ctx, r, f.decided("block add", "", "x")), coop.Invalid)
	}
	f.fails(f.SetRule(ctx, f.rule("bad.example", coop.RuleRefuse), coop.Decision{}), coop.Invalid) // nobody decided
	f.rules()
	f.log(coop.DecisionQuery{})
}

func ownDomainIsSpared(f *fixture) {
	ctx := f.Context()
	for _, target := range []string{"x.example", "https://x.example/ap/coops/komona"} {
		f.fails(f.SetRule(ctx, f.rule(target, coop.RuleRefuse), f.decided("block add", "", target)), coop.Invalid)
	}
	// A domain above ours may be refused, and we are not meant by it.
	f.ok(f.SetRule(ctx, f.rule("example", coop.RuleRefuse), f.decided("block add", "", "example")))
	own := coop.IRI("https://x.example/ap/coops/kollektiv")
	f.ok(f.AcceptFollow(ctx, f.follower("komona", own, "https://x.example/inbox"), coop.Seen{}, coop.Outgoing{}))
	f.ok(f.AcceptFollow(ctx, f.follower("komona", anna, abox), coop.Seen{}, coop.Outgoing{}))
	for _, target := range []string{"example", string(own), "x.example"} {
		f.expel(target)
	}
	_, err := f.Follower(ctx, "komona", own)
	f.ok(err)
	_, err = f.Follower(ctx, "komona", anna)
	f.fails(err, coop.NotFound)
}

func importAdds(f *fixture) {
	ctx := f.Context()
	kept := f.rule("0007.example", coop.RuleSilence)
	f.ok(f.SetRule(ctx, kept, f.decided("block add", "", kept.Target)))
	var list, want []coop.Rule
	for i := range 1203 {
		r := f.rule(fmt.Sprintf("%04d.example", i), coop.RuleRefuse)
		list = append(list, r, r)
		if i == 7 {
			r = kept
		}
		want = append(want, r)
	}
	d := f.decided("block import", "", "1203 domains")
	n, err := f.ImportRules(ctx, list, d)
	f.ok(err)
	f.same(n, 1202)
	f.rules(want...)
	f.log(coop.DecisionQuery{Limit: 1}, d)
	n, err = f.ImportRules(ctx, list, f.decided("block import", "", "again"))
	f.ok(err)
	f.same(n, 0)
	f.log(coop.DecisionQuery{Limit: 1}, d) // nothing was decided
}

func wrongImportIsRefused(f *fixture) {
	list := []coop.Rule{f.rule("a.example", coop.RuleRefuse), f.rule("x.example", coop.RuleRefuse)}
	n, err := f.ImportRules(f.Context(), list, f.decided("block import", "", "2 domains"))
	f.fails(err, coop.Invalid)
	f.same(n, 0)
	f.rules()
	f.log(coop.DecisionQuery{})
}

func ruleStaysSwept(f *fixture) {
	ctx := f.Context()
	swept := func() time.Time {
		list, err := f.Rules(ctx)
		f.ok(err)
		return list[0].Swept
	}
	set := func(level coop.RuleLevel) {
		f.ok(f.SetRule(ctx, f.rule("bad.example", level), f.decided("block add", "", "bad.example")))
	}
	set(coop.RuleSilence)
	f.expel("bad.example")
	f.same(swept().IsZero(), true)
	set(coop.RuleRefuse)
	f.same(swept().IsZero(), true)
	f.expel("bad.example")
	at := swept()
	f.same(at.IsZero(), false)
	set(coop.RuleRefuse) // with another reason
	f.same(swept(), at)
	set(coop.RuleSilence)
	set(coop.RuleRefuse)
	f.same(swept().IsZero(), true)
}
