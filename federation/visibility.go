// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"slices"
	"strings"

	"plenum/activity"
	"plenum/coop"
	"plenum/keys"
)

// Viewer is who wants to read something: a member of a co-op, with a token or a
// session, or an actor that signed the request, or nobody in particular.
type Viewer struct {
	Member coop.Principal // with a role, and a token that may read
	Of     []coop.Name    // the other co-ops of which whoever asks reads everything
	Signed coop.IRI       // the actor whose signature was verified; empty: nobody's
}

// nobody reports whether nothing is known of the viewer.
func (v Viewer) nobody() bool { return v.Member.Coop == "" && len(v.Of) == 0 && v.Signed == "" }

// reads reports whether the viewer reads everything of one of the co-ops.
func (v Viewer) reads(names ...coop.Name) bool {
	return slices.ContainsFunc(names, func(n coop.Name) bool {
		return n != "" && (v.Member.Role.Covers(coop.Editor) && v.Member.Coop == n || slices.Contains(v.Of, n))
	})
}

// ranks orders visibilities, the widest first.
var ranks = map[coop.Visibility]int{coop.Everybody: 0, coop.Unlisted: 1, coop.Followers: 2}

// tellable reports whether the post p may tell of the post other: everybody who is
// shown p may be shown that one. The followers of one co-op are not those of another.
func tellable(other, p coop.Post) bool {
	return other.State == coop.Published && ranks[other.Visibility] <= ranks[p.Visibility] && (other.Visibility.Open() || other.Coop == p.Coop)
}

// Visible reports whether a viewer may read a post, or may know that it was deleted.
// What everybody may read is visible to all; a draft to the members of its co-op; a
// post for the followers to them and to whom it is addressed, to their servers, which
// ask in the name of one actor for all of theirs, and to the members of its co-ops, of
// those that are asked to share it, and of the co-ops of this instance that follow. L01.
func (s *Service) Visible(ctx context.Context, p coop.Post, v Viewer) bool {
	switch {
	case open(p):
		return true
	case v.reads(p.Coop), v.reads(p.Owners...), p.State == coop.Published && v.reads(p.Offered...):
		return true
	case p.State == coop.Draft:
		return false
	}
	if readers, err := s.localReaders(ctx, p.Coop); err == nil && v.reads(readers...) {
		return true
	}
	return v.Signed != "" && !s.blocks(p.Coop, v.Signed) && s.follows(ctx, p, v.Signed)
}

// open reports whether a post is there, or was, for everybody.
func open(p coop.Post) bool { return p.State != coop.Draft && p.Visibility.Open() }

// follows reports whether an actor, or anybody on its server, follows the co-op of a
// post or is addressed by it.
func (s *Service) follows(ctx context.Context, p coop.Post, actor coop.IRI) bool {
	if s.Site.Local(actor) {
		return false // ours read through their members
	}
	host := coop.HostOf(actor)
	scheme, _, _ := strings.Cut(string(actor), "://")
	for _, i := range slices.Concat(p.To, p.Cc) {
		if coop.HostOf(i) == host {
			return true
		}
	}
	for _, m := range p.Mentions {
		if coop.HostOf(m.Actor) == host {
			return true
		}
	}
	ok, err := s.Followers.FollowedFrom(ctx, p.Coop, coop.IRI(scheme+"://"+host+"/"))
	if err != nil {
		s.log().ErrorContext(ctx, "followers of a host not read", "coop", p.Coop, "host", host, "err", err)
	}
	return ok && err == nil
}

// hears reports whether an actor may know of a published post: to whom it is not
// shown, it is not there to be spoken of either.
func (s *Service) hears(ctx context.Context, p coop.Post, actor coop.IRI) bool {
	v := Viewer{Signed: actor}
	if r, ours := s.Site.Parse(actor); ours && r.Kind == coop.RefActor {
		v = Viewer{Of: []coop.Name{r.Name}}
	}
	return s.Visible(ctx, p, v)
}

// attendable reports whether an actor may answer an event: one for the followers is
// answered by those who follow themselves, or are addressed.
func (s *Service) attendable(ctx context.Context, p coop.Post, actor coop.IRI) bool {
	if p.Visibility.Open() || slices.Contains(p.To, actor) || slices.Contains(p.Cc, actor) {
		return true
	}
	f, err := s.Followers.Follower(ctx, p.Coop, actor)
	return err == nil && f.State == coop.FollowAccepted
}

// Signer proves who signed a request that only reads. An error is as that of Vouch.
func (s *Service) Signer(ctx context.Context, claim *keys.Claim) (coop.IRI, error) {
	by, err := s.proveCarrier(ctx, claim)
	return by.Actor, err
}

// visibilityOf reads from whom a post is addressed to who may read it; ok is false
// where it is addressed to somebody, and neither to the public nor to the followers.
func (s *Service) visibilityOf(n coop.Name, to, cc, bto, bcc []coop.IRI) (v coop.Visibility, ok bool) {
	followers := s.Site.Of(n, "followers")
	switch {
	case len(to)+len(cc)+len(bto)+len(bcc) == 0, slices.Contains(to, coop.Public):
		return coop.Everybody, true
	case slices.Contains(cc, coop.Public):
		return coop.Unlisted, true
	case slices.Contains(to, followers), slices.Contains(cc, followers):
		return coop.Followers, true
	}
	return "", false
}

// keepsAudience refuses an Update that would change who may read a published post:
// what was public stays so wherever it went, and what was not is not made public in
// passing.
func (s *Service) keepsAudience(p coop.Post, sub activity.SubmitUpdate) error {
	if len(sub.To)+len(sub.Cc)+len(sub.Bto)+len(sub.Bcc) == 0 {
		return nil
	}
	if v, ok := s.visibilityOf(p.Coop, sub.To, sub.Cc, sub.Bto, sub.Bcc); ok && v != p.Visibility {
		return coop.Wrong("to", "who may read a post is settled when it is published; delete it and publish another")
	}
	return nil
}
