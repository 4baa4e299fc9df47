// SPDX-License-Identifier: AGPL-3.0-or-later

package importer_test

import (
	"encoding/json"
	"testing"

	"plenum/importer"
)

// A file that is posted again says all that its post has: what was dropped from
// the file goes from the post, so each member is there, if as null.
func TestWhatAFileDoesNotSayIsTakenFromItsPost(t *testing.T) {
	t.Parallel()
	f, err := importer.Parse("x.md", []byte("+++\nkind = \"meetup\"\ntitle = \"Nothing else\"\nstart = 2027-01-01\n+++\n"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := f.Object("")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"summary", "source", "inLanguage", "tag", "attachment", "image", "plenum:original", "plenum:partOf",
		"endTime", "timezone", "plenum:allDay", "location", "performer", "joinMode", "externalParticipationUrl", "maximumAttendeeCapacity"} {
		if _, given := got[member]; !given {
			t.Errorf("%s is missing, so an Update would leave it as it was: %s", member, raw)
		}
	}
}
