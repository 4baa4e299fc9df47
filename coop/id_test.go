// SPDX-License-Identifier: AGPL-3.0-or-later

package coop_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
)

func newID(t *testing.T, now time.Time, random io.Reader) coop.ID {
	t.Helper()
	id, err := coop.NewID(now, random)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// The timestamp of this id is the one of the ULID specification's own example.
func TestIDIsTheULIDOfTheSpecification(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1469918176385)
	id := newID(t, now, bytes.NewReader(make([]byte, 10)))
	if want := coop.ID("01ARYZ6S41" + strings.Repeat("0", 16)); id != want {
		t.Errorf("got %s want %s", id, want)
	}
	id = newID(t, now, bytes.NewReader(bytes.Repeat([]byte{0xff}, 10)))
	if want := coop.ID("01ARYZ6S41" + strings.Repeat("Z", 16)); id != want {
		t.Errorf("got %s want %s", id, want)
	}
}

func TestIDsSortByTheTimeTheyWereMade(t *testing.T) {
	t.Parallel()
	moments := []time.Time{
		time.UnixMilli(0), time.UnixMilli(1), time.UnixMilli(31), time.UnixMilli(32), time.UnixMilli(1 << 20),
		time.UnixMilli(1469918176385), time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), time.Date(2026, 11, 22, 9, 0, 0, int(time.Millisecond), time.UTC),
		time.Date(2026, 11, 22, 9, 0, 1, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.UnixMilli(1<<48 - 1),
	}
	var ids []coop.ID
	for _, m := range moments {
		ids = append(ids, newID(t, m, rand.Reader))
	}
	if !slices.IsSorted(ids) {
		t.Errorf("not sorted: %v", ids)
	}
	for i, id := range ids {
		if got, want := id.Time(), moments[i].UTC(); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: got %v want %v", id, got, want)
		}
		if parsed, ok := coop.ParseID(string(id)); !ok || parsed != id {
			t.Errorf("%s is not read back: %s, %t", id, parsed, ok)
		}
	}
}

func TestIDKeepsAllItsRandomBits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	seen := map[coop.ID]int{}
	for bit := range 80 {
		random := make([]byte, 10)
		random[bit/8] = 1 << (bit % 8)
		id := newID(t, now, bytes.NewReader(random))
		if other, ok := seen[id]; ok {
			t.Errorf("bits %d and %d make the same id %s", bit, other, id)
		}
		seen[id] = bit
	}
}

func TestNoIDWithoutATimeOrRandomness(t *testing.T) {
	t.Parallel()
	for _, m := range []time.Time{time.UnixMilli(-1), time.UnixMilli(1 << 48), {}} {
		if id, err := coop.NewID(m, rand.Reader); err == nil {
			t.Errorf("%v: got %s want an error", m, id)
		}
	}
	if _, err := coop.NewID(time.Now(), bytes.NewReader(make([]byte, 9))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("nine random bytes: got %v want unexpected EOF", err)
	}
}

func TestForeignIDsAreRefused(t *testing.T) {
	t.Parallel()
	const good = "01ARYZ6S41TSV4RRFFQ69G5FAV"
	if _, ok := coop.ParseID(good); !ok {
		t.Fatalf("%s was refused", good)
	}
	for _, s := range []string{
		"", good[:25], good + "0", "8" + good[1:], strings.ToLower(good), good[:25] + "I", good[:25] + "L",
		good[:25] + "O", good[:25] + "U", good[:25] + "/", good[:25] + " ", good[:24] + "é",
	} {
		if _, ok := coop.ParseID(s); ok {
			t.Errorf("%q was taken", s)
		}
		if got := coop.ID(s).Time(); !got.IsZero() {
			t.Errorf("%q: got time %v want none", s, got)
		}
	}
}

func TestStampIsUTCInWholeSeconds(t *testing.T) {
	t.Parallel()
	in := time.Date(2026, 7, 1, 12, 30, 15, 999, time.FixedZone("", 7200))
	if got, want := coop.Stamp(in), time.Date(2026, 7, 1, 10, 30, 15, 0, time.UTC); got != want {
		t.Errorf("got %#v want %#v", got, want)
	}
	if now := time.Now(); coop.Stamp(now) != coop.Stamp(now.Round(0)) {
		t.Error("the monotonic reading is kept")
	}
}
