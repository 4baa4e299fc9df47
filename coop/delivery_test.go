// SPDX-License-Identifier: AGPL-3.0-or-later

package coop_test

import (
	"testing"
	"time"

	"plenum/coop"
)

func TestLastAttemptIsOfTheWeekThatRuns(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	one := []coop.Attempt{{At: at.Add(-time.Hour), Cause: coop.CauseRefused}, {At: at, Cause: coop.CauseTimeout}}
	for name, c := range map[string]struct {
		d    coop.Delivery
		made bool
	}{
		"never tried":                         {coop.Delivery{State: coop.Waiting}, false},
		"tried":                               {coop.Delivery{State: coop.Waiting, Attempts: 2, Results: one}, true},
		"given up":                            {coop.Delivery{State: coop.Dead, Attempts: 2, Results: one, Revived: at}, true},
		"brought back":                        {coop.Delivery{State: coop.Waiting, Results: one, Revived: at}, false},
		"brought back and on its way":         {coop.Delivery{State: coop.Waiting, Attempts: 1, Results: one, Revived: at.Add(time.Second)}, false},
		"brought back and tried at that time": {coop.Delivery{State: coop.Waiting, Attempts: 1, Results: one, Revived: at}, true},
	} {
		got, made := c.d.Last()
		if made != c.made || made && got != one[1] || !made && got != (coop.Attempt{}) {
			t.Errorf("%s: got %+v, %t", name, got, made)
		}
	}
}
