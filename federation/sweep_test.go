// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/coop"
)

// sweeper is a store of rules in which there is nothing to remove.
type sweeper struct {
	RuleStore
	list     []coop.Rule
	expelled []string
	meet     func()
}

func (s *sweeper) Rules(context.Context) ([]coop.Rule, error) { return s.list, nil }

func (s *sweeper) Expel(_ context.Context, target string, _ coop.TellFunc) (bool, error) {
	s.expelled = append(s.expelled, target)
	s.meet()
	return false, nil
}

// There is always some request under way that waits for a host which does not answer.
// A list of a thousand domains does not wait for one after the other.
func TestSweepOfAListWaitsOnceForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	s := service("events.example", false)
	var leave []func()
	store := &sweeper{meet: func() { leave = append(leave, s.book.enter()) }}
	var want []string
	for i := range 10 {
		want = append(want, fmt.Sprintf("bad%d.example", i))
		store.list = append(store.list, coop.Rule{Target: want[i], Level: coop.RuleRefuse})
	}
	store.list = append(store.list, coop.Rule{Target: "swept.example", Level: coop.RuleRefuse, Swept: s.Now()}, coop.Rule{Target: "loud.example", Level: coop.RuleSilence})
	s.Rules = store
	s.book.load(store.list)
	store.list = append(store.list, coop.Rule{Target: "later.example", Level: coop.RuleRefuse}) // stored, and not in force yet
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Sweep(ctx); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(want, store.expelled); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	for _, l := range leave {
		l()
	}
}
