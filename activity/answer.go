// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"fmt"

	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// typeIgnore is what an activity is called that says that nothing was done upon
// another one.
const typeIgnore = wireType(vocab.IgnoreType)

// EncodeRSVPAnswer tells somebody what became of their answer to an event: Accept
// where they have a seat, Reject where they have none. It holds the answer with
// the id and the type that it came with, by which Mobilizon finds it, and comes
// from the event's own co-op, from which alone Mobilizon takes it. why is one
// line for people, in the event's language; it may be empty. AP §7.6, §7.7,
// FEP-8a8e.
func EncodeRSVPAnswer(s coop.Site, id coop.ID, n coop.Name, accept bool, r coop.RSVP, event coop.IRI, why string) ([]byte, error) {
	form := vocab.ActivityVocabularyType(r.Form)
	switch form {
	case vocab.JoinType, vocab.AcceptType, vocab.TentativeAcceptType, vocab.RejectType:
	default:
		return nil, fmt.Errorf("encode the answer to %s: %.40q is no form of an RSVP", r.Activity, r.Form)
	}
	t := vocab.RejectType
	if accept {
		t = vocab.AcceptType
	}
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: wireType(t), Actor: s.Actor(n), To: []coop.IRI{r.Actor},
		Summary: cut(line(why), coop.MaxSummary),
		Object:  wireRef{ID: r.Activity, Type: wireType(form), Actor: r.Actor, Object: event},
	})
}

// EncodeIgnore tells the actor of a Join that nobody takes part in this event by
// asking for a seat here. FEP-8a8e.
func EncodeIgnore(s coop.Site, id coop.ID, n coop.Name, join, actor coop.IRI) ([]byte, error) {
	return render(wireActivity{
		Context: ld(plainContext), ID: s.Activity(id), Type: typeIgnore, Actor: s.Actor(n), To: []coop.IRI{actor}, Object: join,
	})
}

// EncodeQuoteReject refuses that somebody quotes a post of ours; n is whose it
// is. The request stands in it with the id that it came with. FEP-044f.
func EncodeQuoteReject(s coop.Site, id coop.ID, n coop.Name, q QuoteRequest) ([]byte, error) {
	return render(wireActivity{
		Context: ld(quoteContext), ID: s.Activity(id), Type: wireType(vocab.RejectType), Actor: s.Actor(n), To: []coop.IRI{q.Actor},
		Object: wireRef{ID: q.ID, Type: typeQuoteRequest, Actor: q.Actor, Object: q.Object, Instrument: q.Instrument},
	})
}
