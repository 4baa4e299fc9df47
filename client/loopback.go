// SPDX-License-Identifier: AGPL-3.0-or-later

package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// callback is where the browser brings the answer to.
const callback = "/callback"

// loopbacks are the addresses of this machine, of which one at least is there. RFC
// 8252 §7.3 wants them by number: a name can be somebody else's.
var loopbacks = []string{"127.0.0.1", "[::1]"}

// registered are the redirects that are registered: without a port, which is another
// one each time. RFC 8252 §7.3
func registered() []string {
	all := make([]string, len(loopbacks))
	for i, host := range loopbacks {
		all[i] = "http://" + host + callback
	}
	return all
}

// Loopback waits on this machine for the browser to bring the answer.
type Loopback struct {
	listener net.Listener
	host     string
}

// Listen opens a port of this machine. The caller closes it.
func Listen(ctx context.Context) (*Loopback, error) {
	var last error
	for _, host := range loopbacks {
		var c net.ListenConfig
		l, err := c.Listen(ctx, "tcp", host+":0")
		if err == nil {
			return &Loopback{listener: l, host: l.Addr().String()}, nil
		}
		last = err
	}
	return nil, fmt.Errorf("no port of this machine can be listened on: %w", last)
}

// Redirect is where the answer is to come.
func (l *Loopback) Redirect() string { return "http://" + l.host + callback }

// Close gives the port back.
func (l *Loopback) Close() error { return l.listener.Close() }

// Wait waits for the answer to an attempt. What else comes to the port, as from
// another page in the same browser, is refused and changes nothing.
func (l *Loopback) Wait(ctx context.Context, t Attempt) (code string, err error) {
	came := make(chan url.Values, 1)
	server := &http.Server{
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { l.serve(w, r, t, came) }),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l.listener) }()
	select {
	case q := <-came:
		code, err = t.Code(q)
	case <-ctx.Done():
		err = ctx.Err()
	case err := <-served:
		return "", err
	}
	// the page is still to be written
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if stop := server.Shutdown(end); stop != nil && !errors.Is(stop, context.DeadlineExceeded) {
		err = errors.Join(err, stop)
	}
	<-served
	return code, err
}

func (l *Loopback) serve(w http.ResponseWriter, r *http.Request, t Attempt, came chan<- url.Values) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the address has the code
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	q := r.URL.Query()
	switch {
	case r.Host != l.host || r.URL.Path != callback: // a name that leads here is somebody's trick
		w.WriteHeader(http.StatusNotFound)
		say(w, "There is nothing here.")
	case r.Method != http.MethodGet:
		h.Set("Allow", http.MethodGet)
		w.WriteHeader(http.StatusMethodNotAllowed)
		say(w, "There is nothing to send here.")
	case !t.Ours(q):
		w.WriteHeader(http.StatusBadRequest)
		say(w, "This is the answer to another login.")
	default:
		if q.Get("error") != "" {
			say(w, "Plenum was not let in. You can close this page.")
		} else {
			say(w, "Plenum has the answer, and goes on where you called it. You can close this page.")
		}
		select {
		case came <- q:
		default: // the browser asked twice
		}
	}
}

// say writes a page with a sentence. Who has gone away does not miss it.
func say(w io.Writer, sentence string) {
	_, _ = fmt.Fprintf(w, "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><meta name=color-scheme content=\"light dark\"><title>Plenum</title><style>body{max-width:30em;margin:12vh auto;padding:0 1.2em;font:1.15em/1.5 system-ui,sans-serif}</style><p>%s\n", sentence)
}
