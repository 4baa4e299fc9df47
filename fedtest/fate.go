// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest

import (
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// fate is what the dice decide for a request.
type fate struct {
	kind   string        // "", refused, hang, proxy, cut request, cut answer, lost answer, duplicate
	status int           // of a proxy that answers instead
	delay  time.Duration // before it arrives: what was sent later may be there sooner
	echo   time.Duration // until the duplicate arrives
}

// mostBadLuck is how many requests from one host to another fail in a row: what
// a test waits for comes in the end, whatever the seed.
const mostBadLuck = 3

// roll throws the dice for a request. They fall for the n-th request from one
// host to another as the seed says, so that a seed that found something finds it
// again. n.mu is held.
func (n *Network) roll(e *Exchange) fate {
	pair := e.From + " " + e.To + " " + e.Method
	h := fnv.New64a()
	_, _ = io.WriteString(h, pair) // a hash never fails
	n.rolls[pair]++
	dice := rand.New(rand.NewPCG(n.seed, h.Sum64()+n.rolls[pair]*0x9e3779b97f4a7c15))
	f := fate{}
	if dice.IntN(3) == 0 {
		f.delay = time.Duration(dice.IntN(20_000)) * time.Millisecond
	}
	throw := dice.IntN(100)
	if throw < 35 && n.badLuck[pair] < mostBadLuck {
		n.badLuck[pair]++
		switch {
		case throw < 8:
			f.kind = "refused"
		case throw < 16:
			f.kind, f.status = "proxy", []int{500, 502, 503, 504, 429, 408}[dice.IntN(6)]
		case throw < 24:
			f.kind = "lost answer"
		case throw < 30 && e.Method == http.MethodPost:
			f.kind = "cut request"
		case throw < 30:
			f.kind = "cut answer"
		default:
			f.kind = "hang"
		}
		return f
	}
	n.badLuck[pair] = 0
	if throw >= 80 {
		f.kind, f.echo = "duplicate", time.Duration(dice.IntN(3)*dice.IntN(40))*time.Second
	}
	return f
}
