// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"cmp"
	"context"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"plenum/activity"
	"plenum/content"
	"plenum/coop"
)

// RuleList returns what was decided about domains and actors, in the order of the
// targets.
func (s *Service) RuleList(ctx context.Context) ([]coop.Rule, error) { return s.Rules.Rules(ctx) }

// SetRule decides about a domain or an actor, in place of what was decided about it
// before. The target is written as people write it: a domain, an actor's id or its
// handle. When a refusal returns, all that came from there is gone; where that is
// interrupted the refusal counts all the same, and KeepSwept removes the rest.
func (s *Service) SetRule(ctx context.Context, r coop.Rule, d coop.Decision) error {
	target, err := s.ruleTarget(ctx, r.Target)
	if err != nil {
		return err
	}
	if d, err = s.ruling(d, "rule "+string(r.Level), target); err != nil {
		return err
	}
	r = coop.Rule{
		Target: target, Level: r.Level, By: d.By, At: d.At,
		Public: content.Line(r.Public, coop.MaxMessage), Why: content.Line(cmp.Or(r.Why, d.Why), coop.MaxMessage),
	}
	switch r.Level {
	case coop.RuleSilence, coop.RuleRefuse, coop.RuleAllow:
	default:
		return coop.Wrong("level", "a rule silences, refuses or allows")
	}
	if err := s.Rules.SetRule(ctx, r, d); err != nil {
		return err
	}
	s.book.set(r.Target, r.Level)
	s.known.clear()
	if r.Level == coop.RuleRefuse {
		s.sweepNow(ctx, r.Target)
	}
	return nil
}

// DropRule takes back what was decided about a domain or an actor. What was removed
// because of it does not come back.
func (s *Service) DropRule(ctx context.Context, target string, d coop.Decision) error {
	if normal, err := s.ruleTarget(ctx, target); err == nil { // a rule of other times is named as it stands in the list
		target = normal
	}
	d, err := s.ruling(d, "rule drop", target)
	if err != nil {
		return err
	}
	if err := s.Rules.DropRule(ctx, target, d); err != nil {
		return err
	}
	s.book.set(target, "")
	return nil
}

// ruling fills in what a decision about a rule has besides who decided and why.
func (s *Service) ruling(d coop.Decision, what, target string) (coop.Decision, error) {
	id, err := s.newID()
	d.ID, d.At, d.What, d.Target = id, s.now(), cmp.Or(d.What, what), target
	d.Why = content.Line(d.Why, coop.MaxMessage)
	return d, err
}

// How often what is left of those that are refused is looked for.
const (
	sweepEvery = 24 * time.Hour
	sweepAgain = time.Minute // after a failure
)

// KeepSwept removes what is left of those that are refused, until ctx ends: at the
// start, after a list was read, and once a day.
func (s *Service) KeepSwept(ctx context.Context) {
	wake := s.book.woken()
	for ctx.Err() == nil {
		wait := sweepEvery
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.log().ErrorContext(ctx, "refused not removed", "err", err)
			wait = sweepAgain
		}
		next := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-next.C:
		}
		next.Stop()
	}
}

// sweepNow sweeps a target, and leaves to KeepSwept what it does not come to.
func (s *Service) sweepNow(ctx context.Context, target string) {
	if err := s.sweep(ctx, target); err != nil {
		s.log().WarnContext(ctx, "refused not removed at once", "target", target, "err", err)
		s.book.wakeSweep()
	}
}

// Sweep removes what is left of those that are refused: where a refusal was
// interrupted, or came out of a list. For the requests that came in before it is
// waited once, and not for each of them: there is always one that asks a host which
// does not answer.
func (s *Service) Sweep(ctx context.Context) error {
	rules, err := s.Rules.Rules(ctx)
	if err != nil {
		return err
	}
	targets := s.book.unswept(rules)
	if len(targets) == 0 {
		return nil
	}
	if err := s.passed(ctx); err != nil {
		return err
	}
	for _, t := range targets {
		if err := s.expel(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// sweep removes all that came from a target.
func (s *Service) sweep(ctx context.Context, target string) error {
	if err := s.passed(ctx); err != nil {
		return err
	}
	return s.expel(ctx, target)
}

// passed waits until nobody leaves anything behind any more whom a rule refuses that
// is in memory.
func (s *Service) passed(ctx context.Context) error {
	s.book.sweep.Lock()
	defer s.book.sweep.Unlock()
	return s.book.drain(ctx)
}

// expel removes what came from a target in steps: others write meanwhile.
func (s *Service) expel(ctx context.Context, target string) error {
	s.book.sweep.Lock()
	defer s.book.sweep.Unlock()
	for {
		more, err := s.Rules.Expel(ctx, target, s.tellIn(""))
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	s.known.clear()
	s.kick()
	return nil
}

// ruleTarget reads what people write for a domain or an actor.
func (s *Service) ruleTarget(ctx context.Context, text string) (target string, err error) {
	text = strings.TrimSpace(text)
	if _, host, ok := handle(text); ok && !isActor(text) {
		id, err := s.resolve(ctx, text)
		if coop.CodeOf(err) == coop.Forbidden {
			return "", coop.Wrong("target", "nothing is asked of "+host+", which is refused or not let in: name the account by its id, which is a URL")
		}
		if err != nil {
			return "", &coop.Error{Code: coop.Invalid, Op: "federation.ruleTarget", Member: "target", Err: err,
				Msg: "this account could not be found: name it by its id, which is a URL"}
		}
		if at := coop.HostOf(id); !sameSite(at, host) && !sameSite(host, at) {
			return "", anotherHost(host, id)
		}
		text = string(id)
	}
	if isActor(text) {
		return s.actorTarget(text)
	}
	return s.domainTarget(text)
}

// anotherHost refuses what a host says of an account that lies on another: a rule
// would be about whomever it likes to name.
func anotherHost(host string, id coop.IRI) error {
	return coop.Wrong("target", host+" says that this is "+string(id)+": name that one by its id if you mean it")
}

// RuleTarget finds out what a rule would be about that is written as people write
// it. A URL can be the page of an account as a browser shows it, and a rule about
// that would never be about anybody: its server is asked whose it is, unless the id
// is known here. Where the server does not answer, what is written is taken.
func (s *Service) RuleTarget(ctx context.Context, text string) (string, error) {
	target, err := s.ruleTarget(ctx, text)
	id := coop.IRI(target)
	if err != nil || !isActor(target) || s.book.level(target) != "" || s.RefusesActor(id) {
		return target, err
	}
	if _, err := s.Actors.Actor(ctx, id); coop.CodeOf(err) != coop.NotFound {
		return target, err
	}
	found, err := s.resolve(ctx, target)
	switch {
	case err == nil && coop.HostOf(found) != coop.HostOf(id):
		return "", anotherHost(coop.HostOf(id), found)
	case err == nil:
		return s.actorTarget(string(found))
	case coop.CodeOf(err) == coop.NotFound:
		return "", coop.Wrong("target", "there is no account at this address: name it by its handle, or all of its server by the domain")
	}
	return target, nil
}

func (s *Service) actorTarget(text string) (string, error) {
	id, err := activity.ParseIRI(text, s.Site.HTTP)
	if err != nil {
		return "", coop.Wrong("target", "name an actor by its id, which is a URL, and a domain without https://")
	}
	if s.Site.Local(id) {
		return "", coop.Wrong("target", "this actor is one of this instance: there are no rules about our own")
	}
	if _, rest, _ := strings.Cut(string(id), "://"); !strings.Contains(strings.TrimSuffix(rest, "/"), "/") && !strings.Contains(rest, "?") {
		return "", coop.Wrong("target", "for all of a domain name it without https://: "+coop.HostOf(id))
	}
	return string(id.WithoutFragment()), nil
}

// names turns what people type into the form that stands in ids: IDNA 2008 as
// browsers look names up, but with the underscores that some hosts have.
var names = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// domainTarget reads a domain: lower case, in ASCII, without scheme and path; a port
// only where ids have one, which is not the one that goes without saying: a rule with
// it would be about nobody.
func (s *Service) domainTarget(text string) (string, error) {
	name, port := text, ""
	if i := strings.LastIndexByte(text, ':'); i >= 0 && !strings.HasSuffix(text, "]") {
		name, port = text[:i], text[i:]
		if n, err := strconv.ParseUint(port[1:], 10, 16); err != nil || n == 0 || port[1] == '0' {
			return "", coop.Wrong("target", "a port is a number between 1 and 65535")
		}
		if port == map[string]string{"https": ":443", "http": ":80"}[s.Site.Scheme()] {
			port = ""
		}
	}
	if strings.ContainsAny(text, "*") {
		return "", coop.Wrong("target", "a rule about a domain covers all names below it: write it without *")
	}
	if strings.ContainsAny(text, "/?#@ ") {
		return "", coop.Wrong("target", "name a domain as in social.example, or an actor by its id")
	}
	if ip, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		if ip.Is6() {
			return "[" + ip.String() + "]" + port, nil
		}
		return ip.String() + port, nil
	}
	ascii, err := names.ToASCII(strings.TrimSuffix(name, "."))
	if ascii = strings.ToLower(ascii); err != nil || !goodDomain(ascii) {
		return "", coop.Wrong("target", "this is no name that a host can have")
	}
	if err := s.checkDomain(ascii, port); err != nil {
		return "", err
	}
	return ascii + port, nil
}

// checkDomain refuses what would shut out ourselves, or half of the world.
func (s *Service) checkDomain(name, port string) error {
	own := s.Site.Domain
	if name+port == own || port == "" && covers(name, withoutPort(own)) {
		return coop.Wrong("target", name+" is, or has below it, the domain of this instance")
	}
	suffix, official := publicsuffix.PublicSuffix(name)
	single := !strings.Contains(name, ".")
	if single && (s.Site.HTTP || port != "") {
		return nil // localhost, in development
	}
	if single || official && suffix == name {
		return coop.Wrong("target", name+" is no domain of somebody: all domains that end with it would be meant")
	}
	return nil
}

// covers reports whether a rule about a domain is one about a name too.
func covers(domain, name string) bool { return name == domain || strings.HasSuffix(name, "."+domain) }

func goodDomain(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || label[0] == '-' {
			return false
		}
	}
	return true
}
