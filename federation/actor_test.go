// SPDX-License-Identifier: AGPL-3.0-or-later

package federation_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"plenum/fedtest"
)

func TestChangesOfACoopAtOnceAllCount(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		var all sync.WaitGroup
		for _, in := range []fedtest.Document{{"title": "Renamed"}, {"summary": "Rewritten"}, {"hidden": true}, {"approve": true}, {"language": "de"}} {
			all.Go(func() { a.Control(http.MethodPatch, "/control/coops/a_coop", in, nil) })
		}
		all.Go(func() { a.Control(http.MethodPost, "/control/coops/a_coop/rotate-key", nil, nil) })
		all.Wait()
		c, err := a.DB.Coop(t.Context(), a.Coop)
		if err != nil {
			t.Fatal(err)
		}
		if c.Title != "Renamed" || c.Summary != "<p>Rewritten</p>" || !c.Hidden || !c.Approve || c.Language != "de" || c.Rotated.IsZero() {
			t.Errorf("a change was lost: %+v", c)
		}
		n.Quiet()
		type actor struct {
			Key struct{ PublicKeyPem string } `json:"publicKey"`
		}
		var served actor
		if _, body := a.Get(a.Actor()); json.Unmarshal(body, &served) != nil {
			t.Fatalf("%s", body)
		}
		fits := 0
		for _, got := range peer.Got("Update") {
			var u struct{ Object actor }
			if err := json.Unmarshal(got.Body, &u); err != nil {
				t.Fatal(err)
			}
			if u.Object == served {
				fits++
			}
		}
		if fits == 0 {
			t.Error("no Update told of the new key")
		}
	}, fedtest.Calm())
}
