// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"testing"

	"plenum/activity"
)

func BenchmarkHear(b *testing.B) {
	for _, file := range []string{"mastodon/like.json", "mastodon/follow.json", "mastodon/create_note.json", "mobilizon/create_event.json"} {
		raw := contents(b, "testdata/inbound/"+file)
		b.Run("Check/"+file, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if err := activity.Check(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("Decode/"+file, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := activity.Decode(raw, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
