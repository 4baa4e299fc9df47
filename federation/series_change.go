// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"plenum/activity"
	"plenum/coop"
	"plenum/recur"
)

// siblings are the other occurrences of a series that are not over: the published
// ones and those that wait. One that is published meanwhile is among them too.
func (s *Service) siblings(ctx context.Context, p coop.Post) (list []coop.Post, err error) {
	seen := map[coop.ID]bool{p.ID: true}
	for _, state := range []coop.PostState{coop.Draft, coop.Published} {
		var before coop.ID
		for {
			page, err := s.Posts.Posts(ctx, coop.PostQuery{Series: p.Series, State: state, Before: before, Limit: 100})
			if err != nil {
				return nil, err
			}
			for _, o := range page {
				if !seen[o.ID] && !s.over(o.When) {
					list = append(list, o)
				}
				seen[o.ID] = true
			}
			if len(page) < 100 {
				break
			}
			before = page[len(page)-1].ID
		}
	}
	slices.SortFunc(list, func(a, b coop.Post) int { return strings.Compare(string(a.When.Start), string(b.When.Start)) })
	return list, nil
}

// updateSeries changes every occurrence that is not over, and those to come. Of times
// the hours are taken: each occurrence keeps its day. The one that was named is
// changed last, with the answer: who is interrupted asks again, and the rest is done.
func (s *Service) updateSeries(ctx context.Context, req request, named coop.Post, sub activity.SubmitUpdate) (Submitted, error) {
	defer s.turns.lock(seriesTurn(named.Series))()
	if sub.Life.State != "" || sub.Life.Timed {
		return Submitted{}, coop.Wrong("plenum:scope", "when a post is published is said of each occurrence by itself")
	}
	if err := s.keepsAudience(named, sub); err != nil { // before anything is changed: those that wait would be for others
		return Submitted{}, err
	}
	c, err := s.Coops.Coop(ctx, named.Coop)
	if err != nil {
		return Submitted{}, err
	}
	as := named
	if err := s.apply(ctx, c, &as, sub.Object); err != nil {
		return Submitted{}, err
	}
	if as.When.Start.Date() != named.When.Start.Date() {
		return Submitted{}, coop.Wrong("startTime", `with plenum:scope "all" each occurrence keeps its day; move one occurrence by itself`)
	}
	fate, _, err := sub.Object.Status()
	if err != nil {
		return Submitted{}, err
	}
	if fate == coop.Cancelled { // first: what is interrupted makes no new ones
		if err := s.endSeries(ctx, named.Series); err != nil {
			return Submitted{}, err
		}
	}
	others, err := s.siblings(ctx, named)
	if err != nil {
		return Submitted{}, err
	}
	for _, o := range others {
		if err := s.changeSibling(ctx, req.beside(named.Coop), o, shifted(sub, named, as, o), fate); err != nil {
			return Submitted{}, err
		}
	}
	if err := s.changeTemplate(ctx, c, named, as, sub, fate); err != nil {
		return Submitted{}, err
	}
	sub.Life.All = false
	if named.State == coop.Draft {
		return s.changeWaiting(ctx, req, named.ID, sub, fate)
	}
	return s.update(ctx, req, sub)
}

// shifted is an Update of one occurrence as it is for another: with the hours that
// the first one gets, on the day of the other.
func shifted(sub activity.SubmitUpdate, named, as, other coop.Post) activity.SubmitUpdate {
	sub.Object = sub.Object.Without("plenum:slug", "id")
	sub.Life.All = false
	if as.When == named.When {
		sub.Object = sub.Object.Without(activity.TimeMembers()...)
	} else {
		sub.Object = sub.Object.At(recur.OnDay(as.When, other.When.Start))
	}
	return sub
}

// changeSibling changes another occurrence. One that was deleted meanwhile stays so.
func (s *Service) changeSibling(ctx context.Context, req request, o coop.Post, sub activity.SubmitUpdate, fate coop.Status) error {
	sub.Target = s.Site.Object(o.Kind, o.ID)
	if o.State == coop.Draft {
		_, err := s.changeWaiting(ctx, req, o.ID, sub, fate)
		now, failed := s.Posts.Post(ctx, o.ID)
		switch {
		case coop.CodeOf(failed) == coop.NotFound:
			return nil
		case err == nil || failed != nil || now.State == coop.Draft:
			return cmp.Or(err, failed)
		} // it is published by now
	}
	_, err := s.onPost(ctx, req.who, sub.Target, func(old coop.Post) (Submitted, error) { return s.revise(ctx, req, old, sub) })
	if coop.CodeOf(err) == coop.Gone {
		return nil
	}
	return err
}

// changeWaiting changes an occurrence of which nobody has heard. It is dropped where
// all are cancelled, and where all are given another hour it never had the old one.
func (s *Service) changeWaiting(ctx context.Context, req request, id coop.ID, sub activity.SubmitUpdate, fate coop.Status) (Submitted, error) {
	switch fate {
	case coop.Cancelled:
		return s.drop(ctx, req, id)
	case coop.Rescheduled:
		sub.Object = sub.Object.WithoutStatus()
	}
	return s.updateDraft(ctx, req, id, sub)
}

// changeTemplate changes what later occurrences are made of, if there are any.
func (s *Service) changeTemplate(ctx context.Context, c coop.Coop, named, as coop.Post, sub activity.SubmitUpdate, fate coop.Status) error {
	r, err := s.Series.Series(ctx, named.Series)
	if coop.CodeOf(err) == coop.NotFound || err == nil && !r.Ended.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	template, err := templateOf(r)
	if err != nil {
		return err
	}
	now := shifted(sub, named, as, template)
	if fate == coop.Rescheduled {
		now.Object = now.Object.WithoutStatus()
	}
	if err := s.apply(ctx, c, &template, now.Object); err != nil {
		return err
	}
	if as.When != named.When {
		r.First = recur.OnDay(as.When, r.First.Start)
		r.Last = recur.OnDay(as.When, r.Last).Start
		template.When = r.First
	}
	if err := setTemplate(&r, template); err != nil {
		return err
	}
	return s.Series.SaveSeries(ctx, r, nil, coop.Outgoing{})
}

// endSeries makes no more occurrences of a series. One that ended long ago is not
// kept.
func (s *Service) endSeries(ctx context.Context, id coop.ID) error {
	r, err := s.Series.Series(ctx, id)
	if coop.CodeOf(err) == coop.NotFound || err == nil && !r.Ended.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	r.Ended = s.now()
	return s.Series.SaveSeries(ctx, r, nil, coop.Outgoing{})
}

// deleteSeries withdraws every occurrence that is not over, drops those that wait,
// and ends the series.
func (s *Service) deleteSeries(ctx context.Context, req request, named coop.Post) (Submitted, error) {
	defer s.turns.lock(seriesTurn(named.Series))()
	if err := s.endSeries(ctx, named.Series); err != nil {
		return Submitted{}, err
	}
	others, err := s.siblings(ctx, named)
	if err != nil {
		return Submitted{}, err
	}
	for _, o := range others {
		if err := s.withdrawSibling(ctx, req.beside(named.Coop), o); err != nil {
			return Submitted{}, err
		}
	}
	return s.withdraw(ctx, req, activity.SubmitDelete{Target: s.Site.Object(named.Kind, named.ID)})
}

// withdrawSibling deletes another occurrence, and one that was a draft when it was
// looked for and is published by now.
func (s *Service) withdrawSibling(ctx context.Context, req request, o coop.Post) (err error) {
	for range tries {
		_, err = s.withdraw(ctx, req, activity.SubmitDelete{Target: s.Site.Object(o.Kind, o.ID)})
		switch coop.CodeOf(err) {
		case coop.Conflict:
			continue
		case coop.NotFound, coop.Gone: // deleted by somebody else
			return nil
		}
		return err
	}
	return err
}
