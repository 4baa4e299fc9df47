// SPDX-License-Identifier: AGPL-3.0-or-later

package auth_test

import (
	"context"
	"slices"
	"testing"

	"plenum/auth"
	"plenum/coop"
)

// An admin who is let go comes in by none of the invitations that they made.
func TestInvitationEndsWithTheAdminWhoMadeIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.SetRole(t.Context(), machine, first.ids["cora"], "alpha", coop.Admin)
	h.ok(err)
	hers, _, err := h.Invite(t.Context(), h.as("cora", "alpha"), "alpha", coop.Admin, "for later", "")
	h.ok(err)
	ofAda, _, err := h.Invite(t.Context(), h.as("ada", "alpha"), "alpha", coop.Editor, "for Dora", "")
	h.ok(err)
	ofMachine, _, err := h.Invite(t.Context(), machine, "alpha", coop.Editor, "for Eve", "")
	h.ok(err)
	for _, role := range []coop.Role{coop.Publisher, ""} {
		_, err = h.SetRole(t.Context(), h.as("ada", "alpha"), first.ids["cora"], "alpha", role)
		h.ok(err)
		_, err = h.Invitation(t.Context(), hers)
		h.fails(err, coop.Gone)
		_, err = h.EnrolExisting(t.Context(), hers, first.ids["cora"])
		h.fails(err, coop.Gone)
		_, err = h.Enrol(t.Context(), hers, newcomer("cora2"))
		h.fails(err, coop.Gone)
	}
	if open, err := h.Invitations(t.Context(), h.as("ada", "alpha"), "alpha"); err != nil || len(open) != 2 {
		t.Errorf("got %+v, %v; want what is in force", open, err)
	}
	_, err = h.Enrol(t.Context(), ofAda, newcomer("dora"))
	h.ok(err)
	_, err = h.Enrol(t.Context(), ofMachine, newcomer("eve"))
	h.ok(err)
}

// A link to choose a password opens what its maker may open when it is used: not the
// co-op that the member came to meanwhile, and nothing once the maker is no admin.
func TestResetLinkOpensNoMoreThanItsMakerMay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	link := func(by, of string) string {
		t.Helper()
		secret, err := h.ResetLink(t.Context(), h.as(by, "alpha"), first.ids[of])
		h.ok(err)
		return secret
	}
	early := link("ada", "cora")
	invitation, _, err := h.Invite(t.Context(), h.as("ben", "beta"), "beta", coop.Admin, "for Cora", "")
	h.ok(err)
	_, err = h.EnrolExisting(t.Context(), invitation, first.ids["cora"])
	h.ok(err)
	_, err = h.ResetTicket(t.Context(), early)
	h.fails(err, coop.Gone)
	_, err = h.Reset(t.Context(), early, "another long password")
	h.fails(err, coop.Gone)

	_, err = h.SetRole(t.Context(), machine, first.ids["cora"], "beta", "")
	h.ok(err)
	late := link("ada", "cora")
	_, err = h.SetRole(t.Context(), machine, first.ids["ada"], "alpha", coop.Publisher)
	h.ok(err)
	_, err = h.Reset(t.Context(), late, "another long password")
	h.fails(err, coop.Gone)
	_, err = h.Reset(t.Context(), link("olga", "cora"), "another long password")
	h.ok(err)
}

// Of one address to which nothing can be sent, the others learn nothing and are told
// that a proposal waits.
func TestProposalIsToldToOthersWhereOneCannotBeTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var told []string
	h.Mail = func(_ context.Context, l auth.Letter) error {
		if told = append(told, l.To); l.To == "ada@mail.example" {
			return errDown
		}
		return nil
	}
	h.TellOfProposal(coop.Proposal{Coop: "alpha", Self: "member X", By: "member ben", What: "Create", Title: "A meetup"})
	h.posted()
	if !slices.Equal(told, []string{"ada@mail.example", "cora@mail.example"}) {
		t.Errorf("told %v", told)
	}
}
