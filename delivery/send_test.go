// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/coop"
	"plenum/delivery"
)

// verify checks a signature over exactly what we sign, by hand, and returns its form.
func verify(r *http.Request, body []byte, pub *rsa.PublicKey) (form string, err error) {
	sum := sha256.Sum256(body)
	digest := base64.StdEncoding.EncodeToString(sum[:])
	if input := r.Header.Get("Signature-Input"); input != "" {
		params, ok := strings.CutPrefix(input, "sig1=")
		want := fmt.Sprintf(`("@method" "@target-uri" "content-digest");created=%d;keyid="https://our.example/ap/coops/kollektiv#main-key";alg="rsa-v1_5-sha256"`, time.Now().Unix())
		if !ok || params != want {
			return "", fmt.Errorf("signature input: got %s want %s", params, want)
		}
		if got, want := r.Header.Get("Content-Digest"), "sha-256=:"+digest+":"; got != want {
			return "", fmt.Errorf("content digest: got %s want %s", got, want)
		}
		text := "\"@method\": POST\n\"@target-uri\": " + r.URL.String() + "\n\"content-digest\": " + r.Header.Get("Content-Digest") + "\n\"@signature-params\": " + params
		return "rfc9421", check(strings.Trim(strings.TrimPrefix(r.Header.Get("Signature"), "sig1="), ":"), text, pub)
	}
	m := regexp.MustCompile(`^keyId="https://our\.example/ap/coops/kollektiv#main-key",algorithm="rsa-sha256",` +
		`headers="\(request-target\) host date digest",signature="([A-Za-z0-9+/=]+)"$`).FindStringSubmatch(r.Header.Get("Signature"))
	if m == nil {
		return "", errors.New("unexpected signature header: " + r.Header.Get("Signature"))
	}
	if want := "SHA-256=" + digest; r.Header.Get("Digest") != want {
		return "", errors.New("digest: got " + r.Header.Get("Digest"))
	}
	signed := func(target string) string {
		return "(request-target): post " + target + "\nhost: " + r.URL.Host + "\ndate: " + r.Header.Get("Date") + "\ndigest: " + r.Header.Get("Digest")
	}
	if r.URL.RawQuery != "" && check(m[1], signed(r.URL.EscapedPath()), pub) == nil {
		return "cavage-path", nil
	}
	return "cavage", check(m[1], signed(r.URL.RequestURI()), pub)
}

func check(signature, text string, pub *rsa.PublicKey) error {
	sig, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(text))
	return rsa.VerifyPKCS1v15(pub, crypto.SHA256, hash[:], sig)
}

func TestEachAttemptIsSignedWhenItIsSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		old, oldPEM := first()
		fresh, freshPEM := second()
		keys := &ring{key: oldPEM}
		net := &network{answer: func(n int, r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			pub := &old.PublicKey
			if n == 3 {
				pub = &fresh.PublicKey
			}
			if form, err := verify(r, body, pub); err != nil || form != "cavage" {
				t.Errorf("attempt %d: got form %q, %v", n, form, err)
			}
			if got, want := r.Header.Get("Date"), time.Now().UTC().Format(http.TimeFormat); got != want {
				t.Errorf("attempt %d: Date: got %s want %s", n, got, want)
			}
			if got := r.Header.Get("Content-Type"); r.Method != "POST" || got != `application/ld+json; profile="https://www.w3.org/ns/activitystreams"` {
				t.Errorf("attempt %d: got %s with content type %s", n, r.Method, got)
			}
			if n == 2 {
				keys.set(freshPEM, nil)
			}
			return status(500), nil
		}}
		q := &queue{}
		q.add("https://b.example/in%2Fbox?a=b")
		w := worker(t, q, net)
		w.Keys = keys
		stop := start(t, w)
		time.Sleep(5 * time.Minute)
		stop()
		if got := len(q.rows[0].verdicts); got != 3 {
			t.Errorf("got %d attempts, want 3", got)
		}
	})
}

func TestKeyThatCannotBeReadWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, good := first()
		q, net, keys := &queue{}, always(202), &ring{err: errDisk}
		row := q.add("https://b.example/inbox")
		w := worker(t, q, net)
		w.Keys = keys
		stop := start(t, w)
		synctest.Wait()
		keys.set([]byte("no PEM"), nil)
		time.Sleep(time.Minute)
		keys.set(good, nil)
		time.Sleep(5 * time.Minute)
		stop()
		if len(row.verdicts) != 3 || row.verdicts[1].State != coop.Waiting || row.State != coop.Done {
			t.Fatalf("got %+v", row)
		}
		if got := row.verdicts[0].Attempt.Reason; got != "an error on our side: load the key: no space left on device" {
			t.Errorf("got %q", got)
		}
		if got := row.verdicts[1].Attempt.Reason; !strings.HasPrefix(got, "an error on our side: read the key: ") {
			t.Errorf("got %q", got)
		}
	})
}

func TestRedirectIsNotFollowed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		net := &network{answer: func(int, *http.Request) (*http.Response, error) {
			res := status(307)
			res.Header.Set("Location", "https://c.example/inbox")
			return res, nil
		}}
		q := &queue{}
		row := q.add("https://b.example/inbox")
		stop := start(t, worker(t, q, net))
		synctest.Wait()
		stop()
		if len(net.arrivals("https://c.example/inbox", time.Now())) != 0 {
			t.Error("a signed POST has travelled")
		}
		if row.State != coop.Waiting || row.verdicts[0].Attempt.Status != 307 {
			t.Errorf("got %+v", row)
		}
	})
}

func TestRetryAfterPostponesTheNextAttempt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began := time.Now()
		net := &network{answer: func(n int, _ *http.Request) (*http.Response, error) {
			if n > 1 {
				return status(202), nil
			}
			res := status(429)
			res.Header.Set("Retry-After", "5400")
			return res, nil
		}}
		q := &queue{}
		q.add("https://b.example/inbox")
		stop := start(t, worker(t, q, net))
		time.Sleep(24 * time.Hour)
		stop()
		if got := net.arrivals("https://b.example/inbox", began); !slices.Equal(got, []time.Duration{0, 90 * time.Minute}) {
			t.Errorf("got requests after %v", got)
		}
	})
}

// drip is a body that goes on without an end, or stands still.
type drip struct {
	ctx   context.Context
	still bool
	read  int
	shut  bool
}

func (d *drip) Read(b []byte) (int, error) {
	if d.still {
		<-d.ctx.Done()
		return 0, d.ctx.Err()
	}
	d.read += len(b)
	return len(b), nil
}

func (d *drip) Close() error { d.shut = true; return nil }

func TestBodyOfAnAnswerHoldsNothingUp(t *testing.T) {
	for name, still := range map[string]bool{"standing still": true, "without end": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var body *drip
				net := &network{answer: func(_ int, r *http.Request) (*http.Response, error) {
					body = &drip{ctx: r.Context(), still: still}
					res := status(202)
					res.Body, res.ContentLength = body, -1
					return res, nil
				}}
				q := &queue{}
				row := q.add("https://b.example/inbox")
				stop := start(t, worker(t, q, net))
				time.Sleep(1100 * time.Millisecond)
				synctest.Wait()
				if row.State != coop.Done {
					t.Errorf("got %s", row.State)
				}
				if !body.shut || body.read > 8<<10 || !still && body.read == 0 {
					t.Errorf("read %d bytes, closed: %v", body.read, body.shut)
				}
				stop()
			})
		})
	}
}

func TestSilentHostIsGivenUpAfterTheDeadline(t *testing.T) {
	bubble(t, func(t *testing.T) {
		net := &network{answer: func(_ int, r *http.Request) (*http.Response, error) { return hang(r) }}
		q := &queue{}
		row := q.add("https://b.example/inbox")
		stop := start(t, worker(t, q, net))
		began := time.Now()
		time.Sleep(31 * time.Second)
		stop()
		want := []coop.Verdict{{
			State: coop.Waiting, Next: began.Add(time.Minute).UTC(),
			Attempt: coop.Attempt{At: began.UTC(), Took: 30 * time.Second, Cause: coop.CauseTimeout, Reason: "the server did not answer in time"},
		}}
		if d := cmp.Diff(want, row.verdicts); d != "" {
			t.Error(d)
		}
	})
}

func TestKickMakesTheQueueBeLookedAtNow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		q, net := &queue{}, always(202)
		w := worker(t, q, net)
		w.Kick()
		w.Kick() // before Run, and twice: neither blocks
		stop := start(t, w)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		leases := q.leases
		began := time.Now()
		q.add("https://b.example/inbox")
		w.Kick()
		synctest.Wait()
		if got := net.arrivals("https://b.example/inbox", began); !slices.Equal(got, []time.Duration{0}) {
			t.Errorf("got requests after %v", got)
		}
		if leases > 2 {
			t.Errorf("an empty queue was asked %d times in five minutes", leases)
		}
		// What nobody kicked for is found all the same.
		q.add("https://c.example/inbox")
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		if got := net.arrivals("https://c.example/inbox", began); len(got) != 1 {
			t.Errorf("got requests after %v", got)
		}
		stop()
	})
}

func TestQueueThatFailsIsAskedAgainInAMinute(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began := time.Now()
		q, net := &queue{leaseErr: errDisk}, always(202)
		q.add("https://b.example/inbox")
		stop := start(t, worker(t, q, net))
		time.Sleep(10 * time.Minute)
		stop()
		if got := net.arrivals("https://b.example/inbox", began); !slices.Equal(got, []time.Duration{time.Minute}) {
			t.Errorf("got requests after %v", got)
		}
	})
}

// What has arrived should not arrive again because the disk was full for a moment.
func TestVerdictIsToldAgainWhereTheQueueFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began := time.Now()
		q, net := &queue{settleErr: errDisk, failures: 5}, always(202)
		row, next := q.add("https://b.example/inbox"), q.add("https://b.example/inbox")
		stop := start(t, worker(t, q, net))
		time.Sleep(10 * time.Minute)
		stop()
		if got := net.arrivals("https://b.example/inbox", began); !slices.Equal(got, []time.Duration{0, 5 * time.Second}) {
			t.Errorf("got requests after %v, want the inbox held until the first is settled", got)
		}
		if row.State != coop.Done || row.Attempts != 1 || next.State != coop.Done {
			t.Errorf("got %s after %d attempts and %s", row.State, row.Attempts, next.State)
		}
	})
}

// An attempt that cannot be settled looks like one before which the process died:
// it was charged, and comes again when its time comes.
func TestAttemptThatCannotBeSettledCostsOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began := time.Now()
		q, net := &queue{settleErr: errDisk, failures: 8}, always(202) // with others, and alone
		row := q.add("https://b.example/inbox")
		w := worker(t, q, net)
		var events []delivery.Event
		var mu sync.Mutex
		w.Observe = func(e delivery.Event) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, e)
		}
		stop := start(t, w)
		time.Sleep(10 * time.Minute)
		stop()
		if got := net.arrivals("https://b.example/inbox", began); !slices.Equal(got, []time.Duration{0, 30 * time.Second}) {
			t.Errorf("got requests after %v", got)
		}
		if row.State != coop.Done || row.Attempts != 2 {
			t.Errorf("got %s after %d attempts", row.State, row.Attempts)
		}
		if len(events) != 1 || events[0].Job.Attempts != 2 || events[0].Verdict.State != coop.Done || events[0].Knocks != 1 {
			t.Errorf("got events %+v, want the one that was settled", events)
		}
	})
}

// A disk that is full is full for days, perhaps: until there is room the inbox gets
// nothing more, and nothing twice.
func TestVerdictIsKeptUntilTheDiskHasRoom(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began := time.Now()
		q, net := &queue{settleErr: coop.Fail(coop.Unavailable, "settle", "the disk may be full"), failures: 100}, always(202)
		row, next := q.add("https://b.example/inbox"), q.add("https://b.example/inbox")
		stop := start(t, worker(t, q, net))
		time.Sleep(24 * time.Hour)
		stop()
		got := net.arrivals("https://b.example/inbox", began)
		if len(got) != 2 || got[0] != 0 || got[1] < 40*time.Minute || got[1] > time.Hour {
			t.Errorf("got requests after %v, want the second one when the first is settled", got)
		}
		if row.State != coop.Done || row.Attempts != 1 || next.State != coop.Done {
			t.Errorf("got %s after %d attempts and %s", row.State, row.Attempts, next.State)
		}
	})
}

func TestOneLogLineForEachAttempt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var out bytes.Buffer // the handler has a lock
		net := &network{answer: func(n int, r *http.Request) (*http.Response, error) {
			if r.URL.Host == "c.example" {
				return status(403), nil
			}
			return status([]int{503, 202}[n-1]), nil
		}}
		q := &queue{}
		q.add("https://b.example/inbox").Post = "POST"
		w := worker(t, q, net)
		w.Log = slog.New(slog.NewTextHandler(&out, nil))
		stop := start(t, w)
		time.Sleep(time.Minute)
		q.add("https://c.example/inbox")
		w.Kick()
		synctest.Wait()
		stop()
		want := `level=INFO msg="delivery waits for another attempt" coop=kollektiv activity=https://our.example/ap/activities/DOCD000 type=Create inbox=https://b.example/inbox host=b.example attempt=1 status=503 took=0s form=cavage knocks=1 post=POST cause=unavailable err="the server is not available (503)"
level=INFO msg=delivered coop=kollektiv activity=https://our.example/ap/activities/DOCD000 type=Create inbox=https://b.example/inbox host=b.example attempt=2 status=202 took=0s form=cavage knocks=1 post=POST
level=WARN msg="delivery given up" coop=kollektiv activity=https://our.example/ap/activities/DOCD001 type=Create inbox=https://c.example/inbox host=c.example attempt=1 status=403 took=0s form=cavage knocks=1 cause=forbidden err="the server refuses this delivery (403)"
`
		got := regexp.MustCompile(`(?m)^time=\S+ `).ReplaceAllString(out.String(), "")
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}
