// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"testing"
	"time"

	"plenum/coop"
	"plenum/fedtest"
)

// What could not be published while the clock was wrong is tried again within the
// hour once it is right.
func TestWhatIsStuckIsNotStuckUntilTheClockSaysSo(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		n.Down(peer.Host, true)
		_, object := a.Publish(with(fedtest.Report("To somebody"), "to", []coop.IRI{coop.Public, peer.ID}, "plenum:publishAt", time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))
		n.Settle()
		a.Clock(300 * day)
		time.Sleep(5 * time.Minute)
		n.Settle()
		if p := postOf(t, a, object); p.Stuck == "" {
			t.Fatalf("got %+v", p)
		}
		a.Clock(0)
		n.Down(peer.Host, false)
		time.Sleep(3 * time.Hour)
		n.Quiet()
		if p := postOf(t, a, object); p.State != coop.Published {
			t.Errorf("it is tried again at %s", p.Again)
		}
	}, fedtest.Calm())
}
