// SPDX-License-Identifier: AGPL-3.0-or-later

package coop_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"plenum/coop"
)

// A cause that is missing from the list would be counted as another.
func TestEveryCauseIsInTheList(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("cause.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []coop.Cause
	for _, m := range regexp.MustCompile(`(?m)^\tCause\w+ +Cause = "([a-z-]+)"`).FindAllSubmatch(source, -1) {
		want = append(want, coop.Cause(m[1]))
	}
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(coop.Causes())); len(want) < 30 || !slices.Equal(got, want) {
		t.Errorf("got %v want %v", got, want)
	}
	if coop.Cause("").Known() || coop.Cause("made-up").Known() || !coop.CauseOther.Known() {
		t.Error("a cause is known by its name")
	}
}
