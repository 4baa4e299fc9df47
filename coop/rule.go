// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import (
	"strings"
	"time"
)

// RuleLevel is what the instance decided about a domain or an actor.
type RuleLevel string

// The levels.
const (
	RuleSilence RuleLevel = "silence" // its comments wait for a decision, whatever the co-op's policy
	RuleRefuse  RuleLevel = "refuse"  // nothing is taken from there and nothing sent there
	RuleAllow   RuleLevel = "allow"   // counts where only those are let in that are named
)

// Rule is what the instance decided about a domain, with all names below it, or
// about one actor.
type Rule struct {
	Target string    `json:"target"` // a domain in lower case, in ASCII; or the id of an actor
	Level  RuleLevel `json:"level"`
	Public string    `json:"public,omitempty"` // why, for everybody
	Why    string    `json:"why,omitempty"`    // why, for those who decide
	By     string    `json:"by"`               // who decided
	At     time.Time `json:"at"`
	Swept  time.Time `json:"swept,omitzero"` // of RuleRefuse: when all was removed that came from there
}

// ByActor reports whether the rule is about one actor, and not about a domain.
func (r Rule) ByActor() bool { return strings.Contains(r.Target, "://") }

// UnderDomain reports whether a host, with its port or without, is a domain or
// stands below it.
func UnderDomain(host, domain string) bool {
	host, domain = strings.ToLower(host), strings.ToLower(domain)
	if host == domain {
		return host != ""
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	host = strings.TrimSuffix(host, ".")
	name, below := strings.CutSuffix(host, domain)
	return domain != "" && below && (name == "" || strings.HasSuffix(name, "."))
}

// MaxRules is how many rules there may be.
const MaxRules = 50_000

// Complaint is a Flag about something of ours. AS2 Vocabulary §Flag.
type Complaint struct {
	ID       ID        `json:"id"`
	Coop     Name      `json:"coop"` // whose it is about
	By       IRI       `json:"by"`   // Mastodon lets its instance actor complain, so that nobody is named
	Activity IRI       `json:"activity"`
	About    []IRI     `json:"about"` // the co-op, posts and comments of it
	Text     string    `json:"text"`  // plain text
	At       time.Time `json:"at"`
	Closed   time.Time `json:"closed,omitzero"` // when somebody dealt with it
}

// Decision is what somebody decided, and why. It is stored together with what it
// changed.
type Decision struct {
	ID     ID        `json:"id"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`             // who: a user of the machine, or a token
	What   string    `json:"what"`           // as "comment show", "block add"
	Coop   Name      `json:"coop,omitempty"` // empty: the whole instance
	Target string    `json:"target"`         // an id, a domain
	Why    string    `json:"why,omitempty"`

	// Version is that of the comment which whoever decides has read; empty: whatever
	// it says by now.
	Version string `json:"-"`
}

// ComplaintQuery chooses complaints, the newest first.
type ComplaintQuery struct {
	Coop   Name // empty: all
	Closed bool
	Before ID  // pages
	Limit  int // 0 means 100
}

// DecisionQuery chooses decisions, the newest first.
type DecisionQuery struct {
	Coop   Name // empty: all
	Before ID   // pages
	Limit  int  // 0 means 100
}
