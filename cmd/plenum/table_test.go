// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// X11. What others are called stands in one cell, and neither moves the cursor nor
// colours anything.
func TestNamesDoNotMoveTheTerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a := &app{stdout: &out}
	if err := a.table("", "WHO\tSTATE", [][]string{{"ann\x1b[31m\x1b]0;x\x07", "fine"}, {"bob\r\nroot\tdone\u009b1m\u202e\u2066", "fine"}}); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	if strings.ContainsAny(got, "\x1b\x07\r\u009b\u202e\u2066") || strings.Count(got, "\n") != 3 {
		t.Errorf("got %q", got)
	}
	for _, line := range strings.Split(strings.TrimSpace(got), "\n")[1:] {
		if len(strings.Fields(line)) != 2 || !strings.HasSuffix(line, "fine") {
			t.Errorf("got the row %q", line)
		}
	}
}

func TestLogHasDurationsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger(&app{stderr: &out}).Info("delivered", "took", 8974839*time.Nanosecond)
	if !strings.Contains(out.String(), `"took":"8.975ms"`) {
		t.Errorf("got %s", out.String())
	}
}
