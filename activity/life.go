// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// Life is what a client says about the life of a post, and not about what stands in
// it: plenum:state, plenum:publishAt, plenum:repeat, plenum:ahead, plenum:of,
// plenum:owners and plenum:scope. They may stand in the activity or in its object.
type Life struct {
	State  coop.PostState // Draft or Published; empty where nothing was said
	Timed  bool           // plenum:publishAt was sent
	At     time.Time      // when the post shall be published by itself; the zero time takes that away
	Repeat string         // the rule by which an event is held again
	Ahead  int            // days before an occurrence at which it is published; 0 where nothing was said
	Filled bool           // plenum:of was sent
	Of     []string       // the events that a report is about, by slug or id
	Shared bool           // plenum:owners was sent
	Owners []coop.Name    // co-ops of this instance that shall share the post
	All    bool           // the change is about every occurrence of the series
}

// scopeAll is the one word that plenum:scope knows besides "one".
const scopeAll = "all"

// Most of what a post may name of others.
const (
	maxOf     = 20
	maxOwners = 10
)

// life reads what docs say of the life of a post. What an activity says counts
// before what its object says.
func (c client) life(docs ...rawDoc) (l Life, err error) {
	said := Patch{rawDoc{}}
	for _, d := range slices.Backward(docs) {
		for name, value := range d {
			if strings.HasPrefix(name, namespace) {
				said.sent[name] = value
			}
		}
	}
	for _, read := range []func(Patch, *Life) error{readState, readMoment, readRepeat, readOf, c.readOwners, readScope} {
		if err := read(said, &l); err != nil {
			return Life{}, err
		}
	}
	return l, nil
}

// saysNothing reports whether an object is a note without a word: a client asked for
// one, and will say later what stands in it. AP §6.2.1: it is accepted.
func (p Patch) saysNothing() bool {
	if knownType(p.sent.types()) != string(vocab.NoteType) {
		return false
	}
	for _, m := range []string{"content", "contentMap", "source", "name", "nameMap", "summary", "summaryMap", "attachment", "image"} {
		if p.sent[m] != nil {
			return false
		}
	}
	return true
}

func readState(p Patch, l *Life) error {
	s, _, err := p.text("plenum:state")
	if err != nil {
		return err
	}
	switch l.State = coop.PostState(s); l.State {
	case "", coop.Draft, coop.Published:
		return nil
	}
	return coop.Wrong("plenum:state", fmt.Sprintf("%.40q is no state that can be asked for; draft and published are", s))
}

func readMoment(p Patch, l *Life) error {
	s, given, err := p.text("plenum:publishAt")
	l.Timed = given
	if err != nil || s == "" {
		return err
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return coop.Wrong("plenum:publishAt", "this is a moment with its offset from UTC, like 2026-12-02T08:00:00+01:00")
	}
	l.At = coop.Stamp(at)
	return nil
}

func readRepeat(p Patch, l *Life) (err error) {
	if l.Repeat, _, err = p.text("plenum:repeat"); err != nil {
		return err
	}
	raw := p.sent["plenum:ahead"]
	if rawNull(raw) {
		return nil
	}
	if json.Unmarshal(raw, &l.Ahead) != nil || l.Ahead < 1 || l.Ahead > coop.MaxAhead {
		return coop.Wrong("plenum:ahead", fmt.Sprintf("this is how many days before it each occurrence is published: 1 to %d", coop.MaxAhead))
	}
	return nil
}

func readOf(p Patch, l *Life) error {
	raw, given := p.sent["plenum:of"]
	l.Filled = given
	for _, r := range rawList(raw) {
		ref, ok := rawRef(r)
		if !ok || ref == "" {
			return coop.Wrong("plenum:of", "this lists the events that the report is about, each by its slug or its id")
		}
		if !slices.Contains(l.Of, ref) {
			l.Of = append(l.Of, ref)
		}
	}
	if len(l.Of) > maxOf {
		return coop.Wrong("plenum:of", fmt.Sprintf("a report is about at most %d events", maxOf))
	}
	return nil
}

func (c client) readOwners(p Patch, l *Life) error {
	raw, given := p.sent["plenum:owners"]
	l.Shared = given
	for _, r := range rawList(raw) {
		ref, _ := rawRef(r)
		n, ok := coop.ParseName(ref)
		if actor, ours := c.site.Parse(coop.IRI(ref)); ours && actor.Kind == coop.RefActor {
			n, ok = actor.Name, true
		}
		if !ok || n == coop.Relay {
			return coop.Wrong("plenum:owners", "this lists co-ops of this instance that share the post, each by its name or the id of its actor")
		}
		if !slices.Contains(l.Owners, n) {
			l.Owners = append(l.Owners, n)
		}
	}
	if len(l.Owners) > maxOwners {
		return coop.Wrong("plenum:owners", fmt.Sprintf("a post is shared by at most %d co-ops", maxOwners))
	}
	return nil
}

func readScope(p Patch, l *Life) error {
	s, _, err := p.text("plenum:scope")
	if err != nil {
		return err
	}
	if l.All = s == scopeAll; !l.All && s != "" && s != "one" {
		return coop.Wrong("plenum:scope", `a change is about "one" occurrence or "all" of them`)
	}
	return nil
}

// attendance reads how many came to an event.
func (a *applier) attendance() error {
	raw, given := a.sent["plenum:attendance"]
	if !given {
		return nil
	}
	a.post.Attendance = 0
	if rawNull(raw) {
		return nil
	}
	if json.Unmarshal(raw, &a.post.Attendance) != nil || a.post.Attendance < 0 || a.post.Attendance > maxCapacity {
		return coop.Wrong("plenum:attendance", fmt.Sprintf("this is how many people came, a number up to %d", maxCapacity))
	}
	return nil
}

// Without is the patch as if the members had not been sent.
func (p Patch) Without(members ...string) Patch {
	sent := make(rawDoc, len(p.sent))
	for name, value := range p.sent {
		if !slices.Contains(members, name) {
			sent[name] = value
		}
	}
	return Patch{sent}
}

// TimeMembers are the members of an event that say when it takes place.
func TimeMembers() []string {
	return []string{"startTime", "endTime", "timezone", "displayEndTime", "plenum:allDay"}
}

// Empty reports whether the patch would change nothing of what stands in a post: it
// only names one, or says something of its life.
func (p Patch) Empty() bool {
	for name := range p.sent {
		switch name {
		case "@context", "id", "type", "to", "cc", "bto", "bcc", "audience",
			"plenum:state", "plenum:publishAt", "plenum:scope":
		default:
			return false
		}
	}
	return true
}

// EncodeDraft adds to a document of a draft, an object or the Create of one, that it
// is one and when it is to be published.
func EncodeDraft(doc []byte, p coop.Post) ([]byte, error) {
	also := []rawMember{{"plenum:state", json.RawMessage(`"draft"`)}}
	if !p.Due.IsZero() {
		also = append(also, rawMember{"plenum:publishAt", json.RawMessage(`"` + coop.Stamp(p.Due).Format(time.RFC3339) + `"`)})
	}
	return with(doc, also...)
}

// EncodeProposed makes what a client is answered whose submission somebody else has
// to agree to: the activity as it would be, without ids, and who is addressed in
// secret left out. AP §6.
func EncodeProposed(s coop.Site, n coop.Name, proposal coop.ID, submitted []byte) ([]byte, error) {
	d, err := parseRaw(submitted)
	if err != nil {
		return nil, err
	}
	object, bare := json.RawMessage(submitted), true
	if o, given := d["object"]; given {
		object, bare = o, false
	}
	out := []rawMember{{"@context", ld(plainContext)}, {"type", d["type"]}, {"actor", Ref(s.Actor(n))}, {"plenum:proposal", Ref(coop.IRI(proposal))}}
	if bare {
		out[1].value = json.RawMessage(`"Create"`)
	}
	shown := object
	if list, ok := rawMembers(object); ok {
		kind := d.types()
		creates := bare || slices.Contains(kind, "Create")
		shown = joined(slices.DeleteFunc(list, func(m rawMember) bool {
			return m.name == "@context" || m.name == "bto" || m.name == "bcc" || creates && m.name == "id"
		}))
	}
	for _, name := range []string{"to", "cc", "target"} {
		if v := d[name]; !bare && !rawNull(v) {
			out = append(out, rawMember{name, v})
		}
	}
	return joined(append(out, rawMember{"object", shown})), nil
}

// with adds members to a document of ours, which has none of them.
func with(doc []byte, also ...rawMember) ([]byte, error) {
	list, ok := rawMembers(doc)
	if !ok {
		return nil, fmt.Errorf("add to a document: it is no JSON object")
	}
	out := joined(append(list, also...))
	return out, CheckOutput(out)
}

// joined writes members as an object.
func joined(list []rawMember) []byte {
	out := []byte{'{'}
	for i, m := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, Ref(coop.IRI(m.name))...), ':'), m.value...)
	}
	return append(out, '}')
}

// EncodeDropped makes the Delete of a draft. It has no id, since nothing of it is
// kept. AP §3.
func EncodeDropped(s coop.Site, n coop.Name, object coop.IRI) ([]byte, error) {
	out := joined([]rawMember{
		{"@context", ld(plainContext)}, {"type", Ref(coop.IRI(vocab.DeleteType))}, {"actor", Ref(s.Actor(n))}, {"object", Ref(object)},
	})
	return out, CheckOutput(out)
}

// ObjectOf returns the id of what a submission is about, empty where its object has
// none that is one.
func ObjectOf(submitted []byte) coop.IRI {
	d, err := parseRaw(submitted)
	if err != nil {
		return ""
	}
	s, _ := rawRef(d["object"])
	i, err := ParseIRI(s, true)
	if err != nil {
		return ""
	}
	return i
}

// At is the patch with other times: those of another occurrence.
func (p Patch) At(w coop.When) Patch {
	next := p.Without(TimeMembers()...)
	next.sent["startTime"], next.sent["endTime"] = Ref(coop.IRI(w.Start)), Ref(coop.IRI(w.End))
	next.sent["timezone"] = Ref(coop.IRI(w.Zone))
	return next
}

// WithoutStatus is the patch as if it said nothing of what became of an event.
func (p Patch) WithoutStatus() Patch {
	return p.Without(append(statusMembers(), "previousStartTime")...)
}
