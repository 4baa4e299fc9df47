// SPDX-License-Identifier: AGPL-3.0-or-later

package recent_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"plenum/recent"
)

func TestTheLeastRecentlyUsedGoesFirst(t *testing.T) {
	t.Parallel()
	var m recent.Map[string, int]
	for i, k := range []string{"a", "b", "c"} {
		m.Put(k, i, 1, 3)
	}
	m.Get("a")  // a use
	m.Peek("b") // none
	m.Put("d", 3, 1, 3)
	m.Put("c", 9, 1, 3) // one as well
	m.Put("e", 4, 1, 3)
	for k, want := range map[string]int{"c": 9, "d": 3, "e": 4} {
		if v, ok := m.Peek(k); !ok || v != want {
			t.Errorf("%s: got %d, %v", k, v, ok)
		}
	}
	for _, k := range []string{"a", "b"} {
		if _, ok := m.Get(k); ok {
			t.Errorf("%s is still there", k)
		}
	}
	if !m.Remove("c") || m.Remove("c") || m.Len() != 2 || m.Weight() != 2 {
		t.Errorf("%d are left, of the weight %d", m.Len(), m.Weight())
	}
}

func TestWhatIsTooHeavyAlonePutsNobodyOut(t *testing.T) {
	t.Parallel()
	var m recent.Map[string, int]
	m.Put("a", 1, 4, 10)
	m.Put("huge", 1, 11, 10)
	m.Put("b", 1, 6, 10)
	if _, ok := m.Get("huge"); ok || m.Len() != 2 {
		t.Errorf("%d are held, the huge one too: %v", m.Len(), ok)
	}
	m.Put("b", 2, 11, 10) // what it was before is not true any more
	if _, ok := m.Get("b"); ok || m.Weight() != 4 {
		t.Errorf("the old one is held: %v; all weigh %d", ok, m.Weight())
	}
}

// model is a Map that searches through all that it has.
type model struct {
	keys    []int // the one that was used last is the last
	weights map[int]int
}

func (m *model) use(k int) bool {
	i := slices.Index(m.keys, k)
	if i < 0 {
		return false
	}
	m.keys = append(slices.Delete(m.keys, i, i+1), k)
	return true
}

func (m *model) remove(k int) {
	m.keys = slices.DeleteFunc(m.keys, func(o int) bool { return o == k })
	delete(m.weights, k)
}

func (m *model) put(k, weight, most int) {
	m.remove(k)
	if weight = max(weight, 1); weight > most {
		return
	}
	m.keys, m.weights[k] = append(m.keys, k), weight
	for m.weight() > most {
		m.remove(m.keys[0])
	}
}

func (m *model) weight() (n int) {
	for _, w := range m.weights {
		n += w
	}
	return n
}

func TestMapIsItsModel(t *testing.T) {
	t.Parallel()
	const most = 60
	r := rand.New(rand.NewPCG(1, 2))
	var m recent.Map[int, string]
	want := model{weights: map[int]int{}}
	for step := range 20_000 {
		k, weight := r.IntN(30), r.IntN(70)
		if weight < 60 {
			weight /= 6
		}
		switch r.IntN(4) {
		case 0:
			if _, ok := m.Get(k); ok != want.use(k) {
				t.Fatalf("step %d: %d is there: %v", step, k, ok)
			}
		case 1:
			want.remove(k)
			m.Remove(k)
		default:
			want.put(k, weight, most)
			m.Put(k, fmt.Sprint(k), weight, most)
		}
		if m.Len() != len(want.keys) || m.Weight() != want.weight() || m.Weight() > most {
			t.Fatalf("step %d: %d of the weight %d, want %d of %d", step, m.Len(), m.Weight(), len(want.keys), want.weight())
		}
		for _, k := range want.keys {
			if v, ok := m.Peek(k); !ok || v != fmt.Sprint(k) {
				t.Fatalf("step %d: %d is %q, %v", step, k, v, ok)
			}
		}
	}
}

func TestLookingAllocatesNothing(t *testing.T) {
	var m recent.Map[string, [10]string]
	m.Put("a", [10]string{}, 1, 10)
	m.Put("b", [10]string{}, 1, 10)
	if n := testing.AllocsPerRun(100, func() { m.Get("a"); m.Get("b"); m.Peek("c") }); n > 0 {
		t.Errorf("got %v allocations", n)
	}
}
