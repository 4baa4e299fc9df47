// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"crypto/sha256"
	"io"
	"time"

	"plenum/coop"
)

func coopTests() []test {
	return []test{
		{"a co-op comes back as it was stored", coopComesBack},
		{"a name is never used twice", nameIsNeverUsedTwice},
		{"co-ops are listed without the instance actor and removed ones", coopsAreListed},
		{"a revision replaces the row and sends its document", coopIsRevised},
		{"a rotated key replaces the key", keyIsRotated},
		{"a removed co-op takes everything with it but its name and key", coopIsRemoved},
		{"a token is found by its digest until it is revoked", tokenIsFound},
		{"media are stored under their content and no other name opens", mediaAreStored},
	}
}

func coopComesBack(f *fixture) {
	c := f.coop("hofgut")
	c.Fields = []coop.Field{{Name: "Web", Value: "https://hofgut.example"}}
	before := f.Generation()
	f.ok(f.AddCoop(f.Context(), c, []byte(pem)))
	if f.Generation() == before {
		f.Error("a new co-op did not change the generation")
	}
	got, err := f.Coop(f.Context(), "hofgut")
	f.ok(err)
	f.same(got, c)
	key, err := f.PrivateKey(f.Context(), "hofgut")
	f.ok(err)
	f.same(string(key), pem)
	_, err = f.Coop(f.Context(), "nobody")
	f.fails(err, coop.NotFound)
	_, err = f.PrivateKey(f.Context(), "nobody")
	f.fails(err, coop.NotFound)
	f.fails(f.AddCoop(f.Context(), f.coop("UPPER"), []byte(pem)), coop.Invalid)
}

func nameIsNeverUsedTwice(f *fixture) {
	f.fails(f.AddCoop(f.Context(), f.coop("komona"), []byte(pem)), coop.Conflict)
	gone := f.coop("komona")
	gone.Gone = f.now
	f.ok(f.RemoveCoop(f.Context(), gone, coop.Outgoing{}))
	f.fails(f.AddCoop(f.Context(), f.coop("komona"), []byte(pem)), coop.Conflict)
	got, err := f.Coop(f.Context(), "komona")
	f.fails(err, coop.Gone)
	f.same(got, gone)
}

func coopsAreListed(f *fixture) {
	f.ok(f.AddCoop(f.Context(), f.coop("aaa"), []byte(pem)))
	gone := f.coop("komona")
	gone.Gone = f.now
	f.ok(f.RemoveCoop(f.Context(), gone, coop.Outgoing{}))
	list, err := f.Coops(f.Context())
	f.ok(err)
	f.same(list, []coop.Coop{f.coop("aaa"), f.coop("kollektiv")})
}

func coopIsRevised(f *fixture) {
	c := f.coop("komona")
	c.Title, c.Updated = "Komona assembly", f.now.Add(time.Hour)
	out := f.out("Update", "komona", "", false, "https://a.example/inbox")
	f.ok(f.ReviseCoop(f.Context(), c, out))
	got, err := f.Coop(f.Context(), "komona")
	f.ok(err)
	f.same(got, c)
	_, err = f.Document(f.Context(), out.Documents[0].ID)
	f.ok(err)
	_, err = f.Delivery(f.Context(), out.Deliveries[0].ID)
	f.ok(err)
	f.fails(f.ReviseCoop(f.Context(), f.coop("nobody"), coop.Outgoing{}), coop.NotFound)
}

func keyIsRotated(f *fixture) {
	c := f.coop("komona")
	c.Rotated = f.now
	other := pem + "\n"
	out := f.out("Update", "komona", "", false)
	told := out.Documents[0]
	key, err := f.PrivateKey(f.Context(), "komona") // which a store may remember
	f.ok(err)
	f.same(string(key), pem)
	f.ok(f.RotateKey(f.Context(), c, []byte(other), out))
	key, err = f.PrivateKey(f.Context(), "komona")
	f.ok(err)
	f.same(string(key), other)
	key, err = f.FormerKey(f.Context(), "komona", told.ID)
	f.ok(err)
	f.same(string(key), pem)
	key, err = f.FormerKey(f.Context(), "komona", f.id())
	f.ok(err)
	f.same(string(key), "")
	f.prune(told.ID.Time().Add(7 * 24 * time.Hour))
	key, err = f.FormerKey(f.Context(), "komona", told.ID)
	f.ok(err)
	f.same(string(key), pem)
	f.prune(told.ID.Time().Add(9 * 24 * time.Hour))
	key, err = f.FormerKey(f.Context(), "komona", told.ID)
	f.ok(err)
	f.same(string(key), "")
	key, err = f.PrivateKey(f.Context(), "komona")
	f.ok(err)
	f.same(string(key), other)
	got, err := f.Coop(f.Context(), "komona")
	f.ok(err)
	f.same(got, c)
}

func coopIsRemoved(f *fixture) {
	ctx := f.Context()
	sum := sha256.Sum256([]byte("secret"))
	f.ok(f.AddToken(ctx, coop.Token{ID: f.id(), Coop: "komona", Hash: sum[:], Created: f.now}, coop.Decision{}))
	f.ok(f.AcceptFollow(ctx, f.follower("komona", "https://a.example/u", "https://a.example/inbox"), coop.Seen{}, coop.Outgoing{}))
	f.ok(f.StartFollow(ctx, coop.Following{Coop: "komona", Actor: "https://b.example/u", Follow: f.id(), State: coop.FollowAsked}, coop.Outgoing{}))
	mine := f.publish(f.note("komona", "one", "https://a.example/inbox"))
	draft := f.note("komona", "two").Post
	draft.State = coop.Draft
	f.saved(f.SaveDraft(ctx, draft, coop.Outgoing{}))
	f.enqueue("https://a.example/inbox") // about no post
	other := f.publish(f.note("kollektiv", "one", "https://a.example/inbox"))

	gone := f.coop("komona")
	gone.Gone = f.now.Add(time.Hour)
	out := f.out("Delete", "komona", "", false, "https://a.example/inbox")
	f.ok(f.RemoveCoop(ctx, gone, out))

	p, err := f.Post(ctx, mine.ID)
	f.ok(err)
	if p.State != coop.Withdrawn || p.Text != "" || p.Title != "" || p.Slug != "" || p.Rev != 2 {
		f.Errorf("the post of a removed co-op is %+v", p)
	}
	_, err = f.Post(ctx, draft.ID)
	f.fails(err, coop.NotFound)
	_, err = f.Document(ctx, mine.Activity)
	f.fails(err, coop.Gone)
	_, err = f.Document(ctx, out.Documents[0].ID)
	f.ok(err)
	_, err = f.Document(ctx, other.Activity)
	f.ok(err)
	waiting, err := f.Deliveries(ctx, coop.DeliveryFilter{Coop: "komona", State: coop.Waiting})
	f.ok(err)
	if len(waiting) != 1 || waiting[0].ID != out.Deliveries[0].ID {
		f.Errorf("waiting are %v, want the Delete alone", waiting)
	}
	n, err := f.CountFollowers(ctx, "komona")
	f.ok(err)
	f.same(n, 0)
	list, err := f.Followings(ctx, "komona")
	f.ok(err)
	f.same(list, []coop.Following{})
	_, err = f.Token(ctx, sum[:])
	f.fails(err, coop.NotFound)
	_, err = f.PrivateKey(ctx, "komona")
	f.ok(err)
	_, err = f.Publish(ctx, f.note("komona", "three"))
	f.fails(err, coop.Gone)
}

func tokenIsFound(f *fixture) {
	ctx := f.Context()
	sum := sha256.Sum256([]byte("secret"))
	k := coop.Token{ID: f.id(), Coop: "komona", Label: "laptop", Scopes: []coop.Scope{coop.Write}, Hash: sum[:], Created: f.now}
	f.ok(f.AddToken(ctx, k, coop.Decision{}))
	got, err := f.Token(ctx, sum[:])
	f.ok(err)
	f.same(got, k)
	f.fails(f.AddToken(ctx, k, coop.Decision{}), coop.Conflict)
	wrong := sha256.Sum256([]byte("guess"))
	_, err = f.Token(ctx, wrong[:])
	f.fails(err, coop.NotFound)
	f.ok(f.RevokeToken(ctx, k.ID, f.now, coop.Decision{}))
	f.ok(f.RevokeToken(ctx, k.ID, f.now.Add(time.Hour), coop.Decision{}))
	k.Revoked = f.now
	list, err := f.Tokens(ctx, "komona")
	f.ok(err)
	f.same(list, []coop.Token{k})
	list, err = f.Tokens(ctx, "kollektiv")
	f.ok(err)
	f.same(list, []coop.Token{})
	f.fails(f.RevokeToken(ctx, f.id(), f.now, coop.Decision{}), coop.NotFound)
	k.ID, k.Coop = f.id(), "nobody"
	f.fails(f.AddToken(ctx, k, coop.Decision{}), coop.NotFound)
}

func mediaAreStored(f *fixture) {
	ctx := f.Context()
	name, err := f.PutMedia(ctx, []byte("picture"), ".png")
	f.ok(err)
	again, err := f.PutMedia(ctx, []byte("picture"), "png")
	f.ok(err)
	f.same(again, name)
	file, err := f.OpenMedia(name)
	f.ok(err)
	data, err := io.ReadAll(file)
	f.ok(err)
	f.ok(file.Close())
	f.same(string(data), "picture")
	for _, bad := range []string{"", ".", "..", "../plenum.db", "plenum.db", "new-1", name + "/", "./" + name, "a.png"} {
		_, err := f.OpenMedia(bad)
		f.fails(err, coop.NotFound)
	}
	_, err = f.PutMedia(ctx, []byte("<svg/>"), "svg")
	f.fails(err, coop.Unsupported)
	_, err = f.PutMedia(ctx, []byte("x"), "../png")
	f.fails(err, coop.Unsupported)
}
