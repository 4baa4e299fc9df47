// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"fmt"
	"time"

	"plenum/coop"
)

var rules = table[coop.Rule]{
	bucket: bRules,
	key:    func(r *coop.Rule) []byte { return key(r.Target) },
	totals: func(*coop.Rule) []string { return []string{bRules} },
}

// SetRule stores a rule in place of the one about the same target, with the
// decision. Of one that refuses what was refused before, it stays known when all
// was removed that came from there.
func (db *DB) SetRule(ctx context.Context, r coop.Rule, d coop.Decision) error {
	return db.write(ctx, "store.SetRule", func(t *tx) error {
		if err := checkRule(t, r); err != nil {
			return err
		}
		old := rules.get(t, key(r.Target))
		if old == nil && t.total(bRules) >= t.bounds.rules {
			return tooManyRules(t)
		}
		setRule(t, old, r)
		return decide(t, d)
	})
}

func setRule(t *tx, old *coop.Rule, r coop.Rule) {
	r.Swept = time.Time{}
	if old != nil && old.Level == r.Level { // only of RuleRefuse is it ever set
		r.Swept = old.Swept
	}
	if r.At.IsZero() {
		r.At = t.now
	}
	rules.swap(t, old, &r)
}

// checkRule finds out whether there can be such a rule.
func checkRule(t *tx, r coop.Rule) error {
	switch r.Level {
	case coop.RuleSilence, coop.RuleRefuse, coop.RuleAllow:
	default:
		return coop.Wrong("level", "a rule silences, refuses or allows")
	}
	if r.Target == "" {
		return coop.Wrong("target", "a rule is about a domain or an actor")
	}
	if r.Target == t.domain() || r.ByActor() && coop.HostOf(coop.IRI(r.Target)) == t.domain() {
		return coop.Wrong("target", "there can be no rule about this instance or an actor of it")
	}
	return nil
}

func tooManyRules(t *tx) error {
	return coop.Fail(coop.Conflict, "", fmt.Sprintf("there are %d rules, and there can be no more: remove some first", t.bounds.rules))
}

// ImportRules stores those of many rules whose targets have none yet, and returns
// how many they were. It works in several transactions; the first of them has the
// decision, and where one fails what the others stored stays.
func (db *DB) ImportRules(ctx context.Context, rs []coop.Rule, d coop.Decision) (added int, err error) {
	const op = "store.ImportRules"
	fresh, err := db.freshRules(ctx, op, rs)
	if err != nil {
		return 0, err
	}
	for decided := false; len(fresh) > 0; decided = true {
		step := fresh[:min(len(fresh), moderationStep)]
		fresh = fresh[len(step):]
		n := 0
		err := db.write(ctx, op, func(t *tx) error {
			n = 0
			for _, r := range step {
				if t.has(bRules, key(r.Target)) {
					continue
				}
				if t.total(bRules) >= t.bounds.rules {
					return tooManyRules(t)
				}
				setRule(t, nil, r)
				n++
			}
			if decided {
				return nil
			}
			return decide(t, d)
		})
		if err != nil {
			return added, err
		}
		added += n
	}
	return added, nil
}

// freshRules chooses the rules whose targets have none, each target once.
func (db *DB) freshRules(ctx context.Context, op string, rs []coop.Rule) (fresh []coop.Rule, err error) {
	err = db.view(ctx, op, func(t *tx) error {
		listed := map[string]bool{}
		for _, r := range rs {
			if err := checkRule(t, r); err != nil {
				return err
			}
			if !listed[r.Target] && !t.has(bRules, key(r.Target)) {
				listed[r.Target] = true
				fresh = append(fresh, r)
			}
		}
		if t.total(bRules)+len(fresh) > t.bounds.rules {
			return tooManyRules(t)
		}
		return nil
	})
	return fresh, err
}

// DropRule removes the rule about a target, with the decision.
func (db *DB) DropRule(ctx context.Context, target string, d coop.Decision) error {
	return db.write(ctx, "store.DropRule", func(t *tx) error {
		old := rules.get(t, key(target))
		if old == nil {
			return coop.Fail(coop.NotFound, "", "there is no rule about that domain or actor")
		}
		rules.remove(t, old)
		return decide(t, d)
	})
}

// Rules returns all rules in the order of their targets.
func (db *DB) Rules(ctx context.Context) (list []coop.Rule, err error) {
	err = db.view(ctx, "store.Rules", func(t *tx) error {
		for r := range rules.all(t, every()) {
			list = append(list, *r)
		}
		return nil
	})
	return list, err
}
