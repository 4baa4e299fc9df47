// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"cmp"
	"testing"
	"time"

	"plenum/coop"
)

func FuzzDueKey(f *testing.F) {
	f.Add(int64(0), int64(0), "01ARZ3NDEKTSV4RRFFQ69G5FAV", int64(0), int64(1), "01ARZ3NDEKTSV4RRFFQ69G5FAV")
	f.Add(int64(1545991200), int64(999999999), "A", int64(1545991201), int64(0), "A")
	f.Add(int64(253402300799), int64(0), "A", int64(9223372036), int64(854775807), "B") // where nanoseconds overflow
	f.Add(int64(255), int64(0), "\xff", int64(256), int64(0), "\x00")
	f.Fuzz(func(t *testing.T, s1, n1 int64, id1 string, s2, n2 int64, id2 string) {
		const year10000 = 253402300800
		if s1 < 0 || s2 < 0 || s1 > year10000 || s2 > year10000 || n1 < 0 || n2 < 0 || n1 >= 1e9 || n2 >= 1e9 || id1 == "" || id2 == "" {
			return
		}
		a, b := time.Unix(s1, n1).UTC(), time.Unix(s2, n2).UTC()
		ka, kb := dueKey(a, coop.ID(id1)), dueKey(b, coop.ID(id2))
		if got, want := bytes.Compare(ka, kb), cmp.Or(a.Compare(b), cmp.Compare(id1, id2)); got != want {
			t.Errorf("the keys of %v %q and %v %q compare as %d, want %d", a, id1, b, id2, got, want)
		}
		if got := keyTime(ka); !got.Equal(a) {
			t.Errorf("got the time %v out of the key of %v", got, a)
		}
		if got := coop.ID(ka[timeLen:]); got != coop.ID(id1) {
			t.Errorf("got the id %q out of the key of %q", got, id1)
		}
	})
}

// Who waits for a seat stands in the order of its turn, whatever its id.
func FuzzTurnKey(f *testing.F) {
	f.Add(uint64(255), "https://a.example/u", uint64(256), "https://a.example/u")
	f.Add(uint64(7), "https://b.example/u", uint64(7), "https://a.example/u")
	f.Add(uint64(1)<<63, "\x01", uint64(0), "\xff")
	f.Fuzz(func(t *testing.T, n1 uint64, a1 string, n2 uint64, a2 string) {
		order := func(n uint64, actor string) []byte {
			es := rsvps.index(&coop.RSVP{Post: "P", State: coop.RSVPWaiting, Turn: n, Actor: coop.IRI(actor), Activity: "A"})
			return es[0].key
		}
		k1, k2 := order(n1, a1), order(n2, a2)
		if (k1 == nil) != (key(a1) == nil) || k1 == nil || k2 == nil {
			return
		}
		if got, want := bytes.Compare(k1, k2), cmp.Or(cmp.Compare(n1, n2), cmp.Compare(a1, a2)); got != want {
			t.Errorf("the keys of %d %q and %d %q compare as %d, want %d", n1, a1, n2, a2, got, want)
		}
	})
}

func TestWhatCannotStandInAKeyMakesNone(t *testing.T) {
	t.Parallel()
	for name, k := range map[string][]byte{
		"an empty part":       key("a", ""),
		"no part":             prefix[string](),
		"a zero byte":         key("a\x00b"),
		"a time before 1970":  dueKey(time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), "A"),
		"the zero time":       timeKey(time.Time{}),
		"a piece that is nil": cat([]byte("a"), nil),
		"too long a part":     key(string(make([]byte, maxKey+1))),
	} {
		if k != nil {
			t.Errorf("%s makes the key %q", name, k)
		}
	}
}

func TestPrefixesDoNotMeetOthers(t *testing.T) {
	t.Parallel()
	if bytes.HasPrefix(key("komona2", "x"), prefix("komona")) {
		t.Error("the keys of komona2 begin with the prefix of komona")
	}
	if got, want := key("a", "b"), []byte("a\x00b"); !bytes.Equal(got, want) {
		t.Errorf("got %q want %q", got, want)
	}
	for _, tt := range []struct{ in, want []byte }{
		{[]byte("a"), []byte("b")}, {[]byte{1, 0xff}, []byte{2}}, {[]byte{0xff, 0xff}, nil}, {nil, nil},
	} {
		if got := after(tt.in); !bytes.Equal(got, tt.want) {
			t.Errorf("behind %q comes %q, want %q", tt.in, got, tt.want)
		}
	}
}
