// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"crypto"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"plenum/keys"
)

// sink plays thousands of servers in a process of its own. All of 127.0.0.0/8 is
// this machine, so one listener is every host of the form 127.20.x.y. What
// arrives in their inboxes is written down and judged by whoever started it.
type sink struct {
	pems  []string // the public keys of the actors here: that of u7k3 is the fourth
	pause atomic.Int64
	count atomic.Int64

	mu     sync.Mutex
	sender crypto.PublicKey // who alone may have signed what arrives
	seen   map[[2]string]bool
	asked  map[string][]int64 // when each document was asked for, by its URL
	taken  taken
	want   int
	full   chan struct{} // closed when as many have arrived as are wanted
}

// taken is what has arrived since the last reset.
type taken struct {
	First  []arrival         `json:"first"`  // of each activity in each inbox
	Again  int               `json:"again"`  // arrivals that had arrived before
	Bad    int               `json:"bad"`    // signatures that do not hold, of the sample that is looked at
	Looked int               `json:"looked"` // the size of the sample
	Bodies map[string][]byte `json:"bodies"` // by the id of the activity
}

// arrival is an activity in an inbox.
type arrival struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	Inbox string `json:"inbox"`
	At    int64  `json:"at"` // nanoseconds since 1970
}

// sample is how many requests go by until a signature is looked at. To look at
// each would take from the sender what no receiver takes: they share the cores.
const sample = 50

// perNet is how many hosts have the same third byte.
const perNet = 250

func hostName(h int, port string) string {
	return fmt.Sprintf("127.20.%d.%d:%s", h/perNet, 1+h%perNet, port)
}

// serveSink serves until it is told to stop. The file holds the public key of the
// actors.
func serveSink(pemFile, port string) error {
	raw, err := os.ReadFile(pemFile)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp4", "0.0.0.0:"+port)
	if err != nil {
		return err
	}
	s := &sink{pems: strings.SplitAfter(strings.TrimSpace(string(raw)), "-----END PUBLIC KEY-----")}
	s.reset()
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 30 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	return srv.Serve(loopback{l})
}

// loopback takes connections from this machine alone.
type loopback struct{ net.Listener }

// Accept implements net.Listener.
func (l loopback) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if a, ok := c.LocalAddr().(*net.TCPAddr); ok && a.IP.IsLoopback() {
			return c, nil
		}
		_ = c.Close() // a stranger
	}
}

func (s *sink) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen, s.taken, s.want, s.full = map[[2]string]bool{}, taken{Bodies: map[string][]byte{}}, 0, nil
	s.asked = map[string][]int64{}
}

// ServeHTTP implements http.Handler: 127.0.0.1 is for who started it, every other
// address a server of the network.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.Host, "127.0.0.1:"):
		s.control(w, r)
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/inbox"):
		s.inbox(w, r)
	default:
		s.document(w, r)
	}
}

func (s *sink) inbox(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	at := time.Now()
	if err != nil {
		return // the sender ended in the middle of it
	}
	var a struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if s.count.Add(1)%sample == 0 {
		s.look(r, body)
	}
	s.take(arrival{ID: a.ID, Type: a.Type, Inbox: "http://" + r.Host + r.URL.Path, At: at.UnixNano()}, body)
	time.Sleep(time.Duration(s.pause.Load()))
	w.WriteHeader(http.StatusAccepted)
}

func (s *sink) take(a arrival, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := [2]string{a.ID, a.Inbox}
	if s.seen[k] {
		s.taken.Again++
		return
	}
	s.seen[k] = true
	s.taken.First = append(s.taken.First, a)
	if s.taken.Bodies[a.ID] == nil && len(s.taken.Bodies) < 100 {
		s.taken.Bodies[a.ID] = body
	}
	if s.full != nil && len(s.taken.First) == s.want {
		close(s.full)
	}
}

// look checks a signature as a receiver does.
func (s *sink) look(r *http.Request, body []byte) {
	s.mu.Lock()
	key := s.sender
	s.mu.Unlock()
	if key == nil {
		return
	}
	claim, err := keys.Read(r, body, keys.Target{Scheme: "http", Host: r.Host}, time.Now())
	if err == nil {
		err = claim.Verify(key)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken.Looked++
	if err != nil {
		s.taken.Bad++
	}
}

// document answers what a server is asked that somebody follows from.
func (s *sink) document(w http.ResponseWriter, r *http.Request) {
	base := "http://" + r.Host
	s.mu.Lock()
	s.asked[base+r.URL.Path] = append(s.asked[base+r.URL.Path], time.Now().UnixNano())
	s.mu.Unlock()
	reply := func(contentType string, doc map[string]any) {
		w.Header().Set("Content-Type", contentType)
		_ = json.NewEncoder(w).Encode(doc) // who asked may be gone
	}
	switch user, _ := strings.CutPrefix(r.URL.Path, "/users/"); {
	case user != r.URL.Path && !strings.Contains(user, "/"):
		id := base + r.URL.Path
		reply(activityJSON, map[string]any{
			"@context": []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
			"id":       id, "type": "Person", "preferredUsername": user, "inbox": id + "/inbox", "outbox": id + "/outbox",
			"endpoints": map[string]string{"sharedInbox": base + "/inbox"},
			"publicKey": map[string]string{"id": id + "#main-key", "owner": id, "publicKeyPem": s.pemOf(user)},
		})
	case r.URL.Path == "/.well-known/nodeinfo":
		reply("application/json", map[string]any{"links": []map[string]string{
			{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": base + "/nodeinfo/2.0"}}})
	case r.URL.Path == "/nodeinfo/2.0":
		reply("application/json", map[string]any{"version": "2.0", "protocols": []string{"activitypub"},
			"software": map[string]string{"name": "sink", "version": "1"}, "openRegistrations": false,
			"usage": map[string]any{"users": map[string]int{}}, "services": map[string][]string{"inbound": {}, "outbound": {}}, "metadata": map[string]any{}})
	default:
		http.NotFound(w, r)
	}
}

// pemOf is the public key of an actor.
func (s *sink) pemOf(user string) string {
	_, n, _ := strings.Cut(user, "k")
	i, _ := strconv.Atoi(n) // a name without a number has the first key
	return strings.TrimSpace(s.pems[i%len(s.pems)])
}

func (s *sink) control(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/healthz":
	case "/reset":
		pause, err := time.ParseDuration(r.FormValue("pause"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.pause.Store(int64(pause))
		s.reset()
	case "/sender":
		var key crypto.PublicKey
		if pem := r.FormValue("pem"); pem != "" {
			var err error
			if key, err = keys.DecodePublic(pem); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
		}
		s.mu.Lock()
		s.sender = key
		s.mu.Unlock()
	case "/wait":
		n, err := strconv.Atoi(r.FormValue("n"))
		limit, err2 := time.ParseDuration(r.FormValue("for"))
		if err != nil || err2 != nil {
			http.Error(w, "how many, and for how long?", http.StatusBadRequest)
			return
		}
		s.wait(n, limit)
	case "/asked":
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = json.NewEncoder(w).Encode(s.asked) // as below
	case "/taken":
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = json.NewEncoder(w).Encode(s.taken) // who asked has an error of its own
	default:
		http.NotFound(w, r)
	}
}

// wait returns when n have arrived, or after limit.
func (s *sink) wait(n int, limit time.Duration) {
	s.mu.Lock()
	if len(s.taken.First) >= n {
		s.mu.Unlock()
		return
	}
	full := make(chan struct{})
	s.want, s.full = n, full
	s.mu.Unlock()
	select {
	case <-full:
	case <-time.After(limit):
	}
}
