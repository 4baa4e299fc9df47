// SPDX-License-Identifier: AGPL-3.0-or-later

package plenum_test

import (
	"strings"
	"testing"
)

// Each statement of docs/activitypub.md has a test that is there, or the reason why it
// does not apply.
func TestEveryStatementOfActivityPubHasItsTest(t *testing.T) {
	t.Parallel()
	const file = "docs/activitypub.md"
	there := testsThatAreThere(t)
	rows := 0
	for line := range strings.Lines(readFile(t, file)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 4 || strings.HasPrefix(strings.TrimSpace(cells[0]), "-") || strings.TrimSpace(cells[0]) == "§" {
			continue
		}
		rows++
		statement, does, tests := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3])
		if !strings.Contains(statement, "MUST") && !strings.Contains(statement, "SHOULD") {
			t.Errorf("%s: %q says neither MUST nor SHOULD", file, statement)
		}
		named := testSpan.FindAllStringSubmatch(tests, -1)
		if strings.Contains(line, "@@") {
			t.Errorf("%s: %q is not written to its end", file, statement)
		}
		if len(named) == 0 && !strings.HasPrefix(does, "does not apply") {
			t.Errorf("%s: %q has neither a test nor the reason why it does not apply", file, statement)
		}
		for _, m := range named {
			if !there[m[1]+"."+m[2]] {
				t.Errorf("%s: %q names %s.%s, which is not there", file, statement, m[1], m[2])
			}
		}
	}
	if rows < 70 {
		t.Errorf("%s has only %d statements: the test reads it in the wrong way", file, rows)
	}
}
