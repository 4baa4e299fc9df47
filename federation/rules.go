// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"iter"
	"strings"
	"sync"

	"plenum/coop"
)

// ruleBook holds the rules about domains and actors in memory: each request is held
// against them before any work is done for it. The store has them too.
type ruleBook struct {
	mu     sync.RWMutex
	levels map[string]coop.RuleLevel // by target
	alone  map[string]int            // hosts without a rule that allows them, on which so many actors are allowed

	sweep sync.Mutex // one sweep at a time
	once  sync.Once
	wake  chan struct{}

	passing sync.Mutex
	through *sync.WaitGroup // requests that were held against the rules as they are now
}

// load reads all rules.
func (b *ruleBook) load(rules []coop.Rule) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.levels, b.alone = make(map[string]coop.RuleLevel, len(rules)), map[string]int{}
	for _, r := range rules {
		b.put(r.Target, r.Level)
	}
}

// set keeps what is decided about a target from now on; the empty level: nothing.
func (b *ruleBook) set(target string, level coop.RuleLevel) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.levels == nil {
		b.levels, b.alone = map[string]coop.RuleLevel{}, map[string]int{}
	}
	b.put(target, level)
}

func (b *ruleBook) put(target string, level coop.RuleLevel) {
	host := ""
	if isActor(target) {
		host = coop.HostOf(coop.IRI(target))
	}
	if b.levels[target] == coop.RuleAllow && host != "" {
		if b.alone[host]--; b.alone[host] == 0 {
			delete(b.alone, host)
		}
	}
	if level == "" {
		delete(b.levels, target)
		return
	}
	b.levels[target] = level
	if level == coop.RuleAllow && host != "" {
		b.alone[host]++
	}
}

// level is what is decided about a target itself; empty: nothing.
func (b *ruleBook) level(target string) coop.RuleLevel {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.levels[target]
}

// unswept are the targets whose refusal is in force, and of whom something may be
// left. What is stored and not in memory yet, is in force later.
func (b *ruleBook) unswept(rules []coop.Rule) (targets []string) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, r := range rules {
		if r.Level == coop.RuleRefuse && r.Swept.IsZero() && b.levels[r.Target] == coop.RuleRefuse {
			targets = append(targets, r.Target)
		}
	}
	return targets
}

// has reports whether there is a rule of a level about a host, as one about a
// domain that it is under.
func (b *ruleBook) has(host string, level coop.RuleLevel) bool {
	for d := range above(host) {
		if b.levels[d] == level {
			return true
		}
	}
	return false
}

// above are the domains that a rule about a host can name: the host as it stands
// in ids, then without its port, then each name above it. A dot at the end makes
// no other host of it.
func above(host string) iter.Seq[string] {
	return func(yield func(string) bool) {
		name := withoutPort(host)
		if name != host && !yield(host) {
			return
		}
		for name != "" && yield(name) {
			_, name, _ = strings.Cut(name, ".")
		}
	}
}

func withoutPort(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.TrimSuffix(host, ".")
}

// isActor reports whether a rule's target is the id of an actor, and no domain.
func isActor(target string) bool { return strings.Contains(target, "://") }

// Refuses reports whether nothing is taken from a host, and nothing sent there:
// because a rule says so of it or of a domain that it is under, or because only
// those are let in that are named, and neither it nor an actor there is. A refusal
// counts whatever else is said.
func (s *Service) Refuses(host string) bool {
	if host = strings.ToLower(host); host == "" || host == s.Site.Domain {
		return false
	}
	b := &s.book
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.has(host, coop.RuleRefuse) || s.AllowList && b.alone[host] == 0 && !b.has(host, coop.RuleAllow)
}

// RefusesActor reports the same of an actor, about which there can be a rule of its
// own.
func (s *Service) RefusesActor(id coop.IRI) bool {
	id = id.WithoutFragment()
	host := coop.HostOf(id)
	if host == "" || host == s.Site.Domain {
		return false
	}
	b := &s.book
	b.mu.RLock()
	defer b.mu.RUnlock()
	level := b.levels[string(id)]
	return level == coop.RuleRefuse || b.has(host, coop.RuleRefuse) || s.AllowList && level != coop.RuleAllow && !b.has(host, coop.RuleAllow)
}

// Silences reports whether what an actor says waits for a decision, whatever the
// policy of the co-op that it says it to.
func (s *Service) Silences(actor coop.IRI) bool {
	actor = actor.WithoutFragment()
	b := &s.book
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.levels[string(actor.WithoutFragment())] == coop.RuleSilence || b.has(coop.HostOf(actor), coop.RuleSilence)
}

// enter lets a request in that is held against the rules from now on; leave ends
// it.
func (b *ruleBook) enter() (leave func()) {
	b.passing.Lock()
	defer b.passing.Unlock()
	if b.through == nil {
		b.through = &sync.WaitGroup{}
	}
	b.through.Add(1)
	return b.through.Done
}

// drain waits for the requests that came in before a rule was there, and could
// still leave something behind, or until ctx ends.
func (b *ruleBook) drain(ctx context.Context) error {
	b.passing.Lock()
	before := b.through
	b.through = nil
	b.passing.Unlock()
	if before == nil {
		return nil
	}
	done := make(chan struct{})
	go func() { // ends with the last of these requests
		before.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// woken tells KeepSwept that there is something to remove.
func (b *ruleBook) woken() chan struct{} {
	b.once.Do(func() { b.wake = make(chan struct{}, 1) })
	return b.wake
}

func (b *ruleBook) wakeSweep() {
	select {
	case b.woken() <- struct{}{}:
	default:
	}
}

// loadRules reads the rules from the store.
func (s *Service) loadRules(ctx context.Context) error {
	rules, err := s.Rules.Rules(ctx)
	if err != nil {
		return err
	}
	s.book.load(rules)
	return nil
}
