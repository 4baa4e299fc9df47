// SPDX-License-Identifier: AGPL-3.0-or-later

package coop_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"plenum/coop"
)

// The first three are those of draft-msporny-base58-03, the last one is the public
// key that the examples of FEP-521a have.
func TestMultibaseIsReadAndWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"z2NEpo7TZRRrLZSi2U": hex.EncodeToString([]byte("Hello World!")),
		"zUSm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z": hex.EncodeToString([]byte("The quick brown fox jumps over the lazy dog.")),
		"z11233QC4": "0000287fb4cd",
		"z1":        "00",
		"z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2": "ed01b00d8d938e7f773d51565aad36a623f5344f7f5d1960f9cf3e8e12620ea2810f",
	} {
		got, ok := coop.DecodeMultibase(text)
		if !ok || hex.EncodeToString(got) != want {
			t.Errorf("%s: got %x want %s", text, got, want)
		}
		if back := coop.EncodeMultibase(got); back != text {
			t.Errorf("%s is written %s", text, back)
		}
	}
}

func TestWhatIsNoMultibaseIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "z", "6MkrJ", "Z2NEpo7", "u2NEpo7", "z0", "zO", "zI", "zl", "z2 N", "z2N\n", "zé", "z" + strings.Repeat("1", 129)} {
		if got, ok := coop.DecodeMultibase(text); ok {
			t.Errorf("%q: got %x", text, got)
		}
	}
}

func FuzzMultibase(f *testing.F) {
	for _, b := range [][]byte{nil, {0}, {0, 0, 1}, {255}, []byte("Hello World!"), bytes.Repeat([]byte{255}, 64)} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 80 || len(b) == 0 {
			return
		}
		got, ok := coop.DecodeMultibase(coop.EncodeMultibase(b))
		if !ok || !bytes.Equal(got, b) {
			t.Errorf("got %x want %x", got, b)
		}
	})
}
