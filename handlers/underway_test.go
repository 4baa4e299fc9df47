// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"plenum/coop"
)

// An address that sends everything at once has no more than its allowance under
// way: each request holds a body and may wait for a key.
func TestAddressHasNoMoreUnderWayThanItMayProveNothing(t *testing.T) {
	t.Parallel()
	const most, sent = 5, 60
	p := newPlenum(t, limited(most))
	asked, answer := make(chan struct{}, sent), make(chan struct{})
	p.net.add("slow.example", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		<-answer
		http.NotFound(w, nil)
	}))
	codes := make(chan int, sent)
	var all sync.WaitGroup
	for i := range sent {
		x := peer{id: coop.IRI(fmt.Sprintf("https://slow.example/users/u%d", i))}
		x.key = x.id + "#main-key"
		r := p.delivery("/ap/inbox", x, x.activity("1", "Follow", alpha))
		all.Go(func() { codes <- p.do(r).Code })
	}
	waiting := 0
	for refused := 0; refused < sent-most && waiting <= most; {
		select {
		case <-asked:
			waiting++
		case got := <-codes: // these are refused while the others wait
			if refused++; got != http.StatusTooManyRequests {
				t.Errorf("got %d", got)
			}
		}
	}
	close(answer)
	all.Wait()
	if got := waiting + len(asked); got != most {
		t.Errorf("%d keys were asked for at once, want %d", got, most)
	}
	x := p.newPeer("social.example", "anna")
	p.deliver("/ap/inbox", x, x.activity("1", "Like", alpha)).want(http.StatusTooManyRequests) // they are counted
}
