// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest_test

import (
	"context"
	"net/http"
	"runtime"
	"testing"
	"time"

	"plenum/coop"
	"plenum/federation"
	"plenum/fedtest"
)

// The notes of an event that is for the followers alone go with it as well: they are
// no comments that a page shows.
func TestTheNotesOfAHiddenEventGoWithIt(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a, peer := n.Instance("a.example"), n.Peer("peer.example")
		peer.Follows(a, a.Actor())
		_, object := a.Publish(followersOnly(a, fedtest.Meetup("Among us", "2000-02-01")))
		for k, change := range []fedtest.Document{
			{"eventStatus": "EventPostponed"}, {"eventStatus": "EventRescheduled", "startTime": "2000-02-08T18:00:00"}, {"eventStatus": "EventCancelled"},
		} {
			time.Sleep(time.Minute)
			a.Update(object, change)
			if got := notes(t, a); len(got) != k+1 {
				t.Fatalf("after %v there are %d notes", change, len(got))
			}
		}
		a.Delete(object)
		n.Quiet()
		if got := notes(t, a); len(got) != 0 || len(peer.Got("Delete")) != 4 {
			t.Errorf("left: %+v, told %d times", got, len(peer.Got("Delete")))
		}
	}, fedtest.Calm())
}

// paused lets something happen once, just before a note is published.
type paused struct {
	federation.PostStore
	meanwhile func()
}

func (p *paused) Publish(ctx context.Context, pub coop.Publication) (*coop.Answer, error) {
	if do := p.meanwhile; do != nil && pub.Post.Kind == coop.Note {
		p.meanwhile = nil
		do()
	}
	return p.PostStore.Publish(ctx, pub)
}

// Who cancels an event while another deletes it leaves no note of what is gone.
func TestNoNoteIsLeftOfAnEventThatIsDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	fedtest.Run(t, func(t *testing.T, n *fedtest.Network) {
		a := n.Instance("a.example")
		_, object := a.Publish(fedtest.Meetup("The assembly", "2000-02-01"))
		time.Sleep(time.Minute)
		done := make(chan int, 1)
		a.Fed.Posts = &paused{a.Fed.Posts, func() {
			go func() {
				status, _, _ := a.Submit(fedtest.Document{"type": "Delete", "object": object})
				done <- status
			}()
			for range 100_000 { // whoever waits for a lock lets no time pass
				if runtime.Gosched(); len(done) > 0 {
					break
				}
			}
		}}
		a.Update(object, fedtest.Document{"eventStatus": "EventCancelled"})
		status := <-done
		n.Quiet()
		if got := notes(t, a); len(got) != 0 {
			t.Errorf("left: %+v", got)
		}
		if got, _ := a.Get(object); got != http.StatusGone {
			t.Errorf("the event answers %d, its Delete was answered %d", got, status)
		}
	}, fedtest.Calm())
}
