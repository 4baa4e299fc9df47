// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"
	"slices"

	"plenum/coop"
)

var rsvps = table[coop.RSVP]{
	bucket: bRSVPs,
	key:    func(r *coop.RSVP) []byte { return rsvpKey(r.Post, r.Actor) },
	index: func(r *coop.RSVP) []entry {
		return []entry{
			{bRSVPOrder, cat(prefix(string(r.Post), string(r.State)), number(r.Turn), key(r.Actor)), nil},
			{bRSVPBy, key(r.Actor, r.Activity), []byte(r.Post)},
		}
	},
	totals: func(r *coop.RSVP) []string { return []string{bRSVPs, rsvpTotal(r.Post, r.State)} },
}

func rsvpKey(post coop.ID, actor coop.IRI) []byte { return key(string(post), string(actor)) }

func rsvpTotal(post coop.ID, s coop.RSVPState) string {
	return bRSVPs + " " + string(post) + " " + string(s)
}

// turnOfRSVPs is where the last turn stands that was given.
const turnOfRSVPs = "\x00rsvps"

func nextSeat(t *tx) uint64 { return t.add(bTurns, []byte(turnOfRSVPs), 1) }

// Attend stores an actor's answer to a published event, and tells it and those for
// whom a seat becomes free. RSVPGoing becomes RSVPWaiting where no seat is left.
// Who asks again keeps its state and its turn, and is answered again; who was
// refused stays so whatever it says. It returns the row as it stands. Beyond the
// bounds it is a Conflict.
func (db *DB) Attend(ctx context.Context, r coop.RSVP, seen coop.Seen, tell coop.TellFunc) (row coop.RSVP, err error) {
	err = db.write(ctx, "store.Attend", func(t *tx) error {
		row = r
		if err := named(r.Actor, r.Activity); err != nil {
			return err
		}
		if !slices.Contains([]coop.RSVPState{coop.RSVPGoing, coop.RSVPAsked, coop.RSVPMaybe, coop.RSVPDeclined}, r.State) {
			return coop.Fail(coop.Invalid, "", "nobody can give itself that answer")
		}
		old := rsvps.get(t, rsvpKey(r.Post, r.Actor))
		by := t.get(bRSVPBy, key(r.Actor, r.Activity))
		if t.knows(seen) || by != nil && coop.ID(by) != r.Post || late(t, r.Actor, r.Activity, seen) || old == nil && leftBefore(t, &r) {
			if old != nil {
				row = *old
			}
			return nil
		}
		event, err := t.event(r.Post)
		if err != nil {
			return err
		}
		if old == nil && (t.total(bRSVPs) >= t.bounds.rsvps || answersTo(t, r.Post) >= t.bounds.rsvpsPerPost) {
			return full("answers to this event")
		}
		notice(t, seen, event.Coop)
		row.Coop = event.Coop
		return attend(t, event, &row, tell)
	})
	return row, err
}

// event is the subject that a published event is.
func (t *tx) event(id coop.ID) (subject, error) {
	s, err := t.subject(id)
	if err == nil && !s.Kind.Event() {
		err = coop.Fail(coop.Conflict, "", "this post is no event")
	}
	return s, err
}

// answersTo counts the RSVPs of an event.
func answersTo(t *tx, post coop.ID) (n int) {
	for _, s := range coop.RSVPStates() {
		n += t.total(rsvpTotal(post, s))
	}
	return n
}

// attend stores a row in place of the one before it, with the state that it can
// have.
func attend(t *tx, event subject, r *coop.RSVP, tell coop.TellFunc) error {
	if err := fillSeats(t, r.Post, event, tell); err != nil { // nobody is passed over
		return err
	}
	old := rsvps.get(t, rsvpKey(r.Post, r.Actor))
	if old == nil {
		old = &coop.RSVP{At: r.At}
	}
	switch seeks := r.State == coop.RSVPGoing || r.State == coop.RSVPAsked; {
	case old.State == coop.RSVPRefused, seeks && (old.State == coop.RSVPGoing || old.State == coop.RSVPWaiting || old.State == r.State):
		r.State, r.Turn, r.At, r.Approved = old.State, old.Turn, old.At, old.Approved
	case seeks:
		if r.Turn = old.Turn; r.Turn == 0 {
			r.Turn = nextSeat(t)
		}
		if r.State == coop.RSVPGoing && !event.free(t, r.Post) {
			r.State = coop.RSVPWaiting
		}
	default:
		r.Turn = 0
	}
	rsvps.put(t, r)
	if err := told(t, tell, r, false); err != nil {
		return err
	}
	return fillSeats(t, r.Post, event, tell) // the one that it gave up
}

// free reports whether an event has a seat left.
func (s subject) free(t *tx, post coop.ID) bool {
	return s.Capacity == 0 || t.total(rsvpTotal(post, coop.RSVPGoing)) < s.Capacity
}

// told stores what an actor is told of its RSVP.
func told(t *tx, tell coop.TellFunc, r *coop.RSVP, promoted bool) error {
	if tell == nil {
		return nil
	}
	out, err := tell(*r, promoted)
	if err != nil {
		return err
	}
	return send(t, out)
}

// fillSeats gives the seats that are free to those who wait, in the order of their
// turns. Nobody gets one at an event that is over or cancelled. Where the co-op
// decides about each, and did not when somebody began to wait, a seat is no answer:
// it is decided now.
func fillSeats(t *tx, post coop.ID, event subject, tell coop.TellFunc) error {
	for t.total(rsvpTotal(post, coop.RSVPWaiting)) > 0 && event.free(t, post) && !event.over(t) {
		p := prefix(string(post), string(coop.RSVPWaiting))
		k := t.first(bRSVPOrder, p)
		if k == nil {
			return t.err
		}
		old := rsvps.get(t, rsvpKey(post, coop.IRI(k[len(p)+8:])))
		if old == nil {
			return t.err
		}
		row := *old
		if row.State = coop.RSVPGoing; event.Join == coop.JoinRestricted && !old.Approved {
			row.State = coop.RSVPAsked
		}
		rsvps.swap(t, old, &row)
		if row.State == coop.RSVPAsked {
			continue
		}
		if err := told(t, tell, &row, true); err != nil {
			return err
		}
	}
	return t.err
}

// EndRSVP removes an actor's answer to an event and gives its seat to whoever has
// waited longest. That there is none is no error: an answer that was signed before
// and comes later is ignored. So is a leave that was signed before the answer that
// stands. A refusal stays, so that nobody gets rid of it by leaving.
func (db *DB) EndRSVP(ctx context.Context, post coop.ID, actor coop.IRI, seen coop.Seen, tell coop.TellFunc) error {
	return db.write(ctx, "store.EndRSVP", func(t *tx) error {
		r := rsvps.get(t, rsvpKey(post, actor))
		var names []coop.Name
		if r != nil {
			names = append(names, r.Coop)
		}
		if !notice(t, seen, names...) {
			return nil
		}
		if r == nil { // it overtook what it ends, or there is nothing to end
			drop(t, key(string(actor), string(post)), seen.At)
		} else if answeredSince(t, r, seen) {
			return nil
		}
		return leaveEvent(t, r, tell)
	})
}

// answeredSince reports whether the last answer of an actor to an event was signed
// after it left, though it came before.
func answeredSince(t *tx, r *coop.RSVP, left coop.Seen) bool {
	at := t.get(bSeen, key(r.Actor, r.Activity))
	return at != nil && !left.At.IsZero() && keyTime(at).After(left.At)
}

// leftBefore reports whether an answer to an event was signed before its actor
// left, though it came after.
func leftBefore(t *tx, r *coop.RSVP) bool {
	at := t.get(bDropped, key(string(r.Actor), string(r.Post)))
	return at != nil && !r.At.IsZero() && !r.At.After(keyTime(at))
}

func leaveEvent(t *tx, r *coop.RSVP, tell coop.TellFunc) error {
	if r == nil || r.State == coop.RSVPRefused {
		return nil
	}
	return unseat(t, []*coop.RSVP{r}, tell)
}

// unseat removes RSVPs, nil ones aside, and then gives the seats that they had to
// those who wait.
func unseat(t *tx, rows []*coop.RSVP, tell coop.TellFunc) error {
	var freed []coop.ID
	for _, r := range rows {
		if r == nil {
			continue
		}
		rsvps.remove(t, r)
		if r.State == coop.RSVPGoing && !slices.Contains(freed, r.Post) {
			freed = append(freed, r.Post)
		}
	}
	for _, post := range freed {
		event, err := t.event(post)
		if err != nil {
			continue // it has no seats any more
		}
		if err := fillSeats(t, post, event, tell); err != nil {
			return err
		}
	}
	return t.err
}

// DecideRSVP stores what the co-op decided about an answer: RSVPGoing of one that
// asks, who has to wait where no seat is left, or was refused before, or of one that
// waits, who is not asked about again; RSVPRefused of any. A seat that becomes free is
// given to whoever has waited longest.
func (db *DB) DecideRSVP(ctx context.Context, post coop.ID, actor coop.IRI, s coop.RSVPState, d coop.Decision, tell coop.TellFunc) (row coop.RSVP, err error) {
	err = db.write(ctx, "store.DecideRSVP", func(t *tx) error {
		event, err := t.event(post)
		if err != nil {
			return err
		}
		old := rsvps.get(t, rsvpKey(post, actor))
		if old == nil {
			return coop.Fail(coop.NotFound, "", "that actor has not answered to this event")
		}
		row = *old
		switch {
		case s != coop.RSVPGoing && s != coop.RSVPRefused:
			return coop.Fail(coop.Invalid, "", "an answer is accepted or refused")
		case s == coop.RSVPGoing && (old.State == coop.RSVPMaybe || old.State == coop.RSVPDeclined):
			return coop.Fail(coop.Conflict, "", "that actor has not asked for a seat")
		}
		t.public = true
		if err := decide(t, d); err != nil {
			return err
		}
		return decideRSVP(t, event, &row, s, tell)
	})
	return row, err
}

func decideRSVP(t *tx, event subject, r *coop.RSVP, s coop.RSVPState, tell coop.TellFunc) error {
	if err := fillSeats(t, r.Post, event, tell); err != nil { // nobody is passed over
		return err
	}
	old := rsvps.get(t, rsvpKey(r.Post, r.Actor))
	*r = *old
	r.Approved = s == coop.RSVPGoing
	switch {
	case s == coop.RSVPRefused:
		r.State = s
	case r.State == coop.RSVPAsked || r.State == coop.RSVPRefused:
		if r.State = s; !event.free(t, r.Post) {
			r.State = coop.RSVPWaiting
		}
		if r.Turn == 0 { // it was refused before it asked
			r.Turn = nextSeat(t)
		}
	}
	rsvps.swap(t, old, r)
	if r.State == old.State {
		return nil
	}
	if err := told(t, tell, r, false); err != nil {
		return err
	}
	return fillSeats(t, r.Post, event, tell)
}

// FillSeats gives seats to those who wait where an event has got more of them.
func (db *DB) FillSeats(ctx context.Context, post coop.ID, tell coop.TellFunc) error {
	return db.write(ctx, "store.FillSeats", func(t *tx) error {
		event, err := t.event(post)
		if err != nil {
			return err
		}
		return fillSeats(t, post, event, tell)
	})
}

// RSVPs returns the answers to an event, state by state in the order of
// coop.RSVPStates, each in the order of its turns.
func (db *DB) RSVPs(ctx context.Context, q coop.RSVPQuery) (list []coop.RSVP, err error) {
	if q.Limit <= 0 {
		q.Limit = 100
	}
	err = db.view(ctx, "store.RSVPs", func(t *tx) error {
		skip := max(q.Skip, 0)
		for _, s := range coop.RSVPStates() {
			if q.State != "" && q.State != s {
				continue
			}
			n := t.total(rsvpTotal(q.Post, s))
			if skip < n {
				list = append(list, rsvpsOf(t, q.Post, s, skip, q.Limit-len(list))...)
			}
			skip = max(skip-n, 0)
		}
		return nil
	})
	return list, err
}

func rsvpsOf(t *tx, post coop.ID, s coop.RSVPState, skip, most int) (list []coop.RSVP) {
	p := prefix(string(post), string(s))
	for k := range t.scan(bRSVPOrder, p, nil) {
		if skip--; skip >= 0 {
			continue
		}
		if len(list) >= most {
			break
		}
		if r := rsvps.get(t, rsvpKey(post, coop.IRI(k[len(p)+8:]))); r != nil {
			list = append(list, *r)
		}
	}
	return list
}

// Attending returns the inboxes of those whom a change of an event concerns: all who
// answered but those who do not come. Each is there once, with those whom it stands
// for.
func (db *DB) Attending(ctx context.Context, post coop.ID) (list []coop.Box, err error) {
	err = db.view(ctx, "store.Attending", func(t *tx) error {
		at := map[coop.IRI]int{}
		for r := range rsvps.all(t, prefix(post)) {
			if r.Inbox == "" || r.State == coop.RSVPDeclined || r.State == coop.RSVPRefused {
				continue
			}
			i, ok := at[r.Inbox]
			if !ok {
				i = len(list)
				at[r.Inbox] = i
				list = append(list, coop.Box{Inbox: r.Inbox})
			}
			list[i].Actors = append(list[i].Actors, r.Actor)
		}
		return nil
	})
	return list, err
}

// moveRSVPs lets an actor be told of its RSVPs where its document says now.
func moveRSVPs(t *tx, a coop.Actor) {
	if a.Inbox == "" {
		return
	}
	for _, k := range t.keys(bRSVPBy, prefix(a.ID)) {
		old := rsvps.get(t, cat(t.copyOf(bRSVPBy, k), []byte{0}, []byte(a.ID)))
		if old == nil || old.Inbox == a.Inbox || old.Inbox == a.Box() {
			continue
		}
		row := *old
		row.Inbox = a.Inbox
		rsvps.swap(t, old, &row)
	}
}
