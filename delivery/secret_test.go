// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// P09. Whatever becomes of an attempt, the log has neither the key nor the
// signature that was made with it, and nothing of what the other side answered.
func TestLogHoldsNeitherKeyNorSignature(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, pem := first()
		var mu sync.Mutex
		secrets := []string{strings.Split(string(pem), "\n")[1], "PRIVATE KEY", "Signature:", "keyId=", "SHA-256=", "told in confidence"}
		net := &network{answer: func(n int, r *http.Request) (*http.Response, error) {
			mu.Lock()
			secrets = append(secrets, r.Header.Get("Signature"), r.Header.Get("Digest"))
			mu.Unlock()
			switch n {
			case 1:
				panic("the network panics")
			case 2:
				return nil, errors.New("connection reset by peer")
			case 3:
				res := status(500)
				res.Status = "500 told in confidence"
				res.Header.Set("Server", "told in confidence")
				return res, nil
			}
			return status(401), nil
		}}
		var out bytes.Buffer // the handler has a lock
		q, keys := &queue{}, &ring{key: pem}
		q.add("https://b.example/inbox")
		w := worker(t, q, net)
		w.Keys, w.Log = keys, slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
		stop := start(t, w)
		time.Sleep(time.Hour)
		keys.set([]byte("-----BEGIN PRIVATE KEY-----\ntold in confidence\n-----END PRIVATE KEY-----\n"), nil)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		stop()
		log := out.String()
		if got := strings.Count(log, "\n"); got < 6 {
			t.Fatalf("only %d lines were logged", got)
		}
		for _, s := range secrets {
			if s != "" && strings.Contains(log, s) {
				t.Errorf("%.40q stands in the log", s)
			}
		}
	})
}
