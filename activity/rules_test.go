// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"os"
	"path/filepath"
	"testing"

	vocab "github.com/go-ap/activitypub"

	"plenum/activity"
	"plenum/activity/wirecheck"
	"plenum/coop"
)

func TestNoServerDropsAnyGoldenDocument(t *testing.T) {
	t.Parallel()
	for _, path := range goldenFiles(t) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		members := filepath.Base(path) == "inbox_owned.json" // no server is given what they see
		if found := wirecheck.Check(b); len(found) != 0 && !members {
			t.Errorf("%s: %q", path, found)
		}
		if err := activity.CheckOutput(b); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestThePublicIsTheOneOfTheVocabulary(t *testing.T) {
	t.Parallel()
	if got, want := string(coop.Public), string(vocab.PublicNS); got != want {
		t.Errorf("got %s want %s", got, want)
	}
}
