// SPDX-License-Identifier: AGPL-3.0-or-later

package mail_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/mail"
)

// post is a mail server on this machine that takes one letter after another and
// remembers what was said to it.
type post struct {
	mail.Server
	offers []string // extensions

	mu      sync.Mutex
	said    []string
	letters []string
}

func newPost(t *testing.T, offers ...string) *post {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &post{offers: offers}
	p.Server = mail.Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, From: "Plenum <events@events.example>", TLS: "off"}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.serve(c)
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		serving.Wait()
	})
	return p
}

// serve holds one conversation. RFC 5321 §3.
func (p *post) serve(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(3 * time.Second)) // who says no more has gone
	r := bufio.NewReader(c)
	fmt.Fprint(c, "220 mail.example ESMTP\r\n")
	for {
		l, err := r.ReadString('\n')
		if err != nil {
			return
		}
		l = strings.TrimSpace(l)
		p.mu.Lock()
		p.said = append(p.said, l)
		p.mu.Unlock()
		switch verb, _, _ := strings.Cut(strings.ToUpper(l), " "); verb {
		case "EHLO":
			fmt.Fprint(c, "250-mail.example\r\n")
			for _, o := range p.offers {
				fmt.Fprintf(c, "250-%s\r\n", o)
			}
			fmt.Fprint(c, "250 PIPELINING\r\n")
		case "AUTH":
			fmt.Fprint(c, "235 2.7.0 welcome\r\n")
		case "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			var b strings.Builder
			for {
				l, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				b.WriteString(strings.TrimPrefix(l, "."))
			}
			p.mu.Lock()
			p.letters = append(p.letters, b.String())
			p.mu.Unlock()
			fmt.Fprint(c, "250 2.0.0 taken\r\n")
		case "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 2.0.0 ok\r\n")
		}
	}
}

func (p *post) heard() (said string, letters []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.said, "\n"), p.letters
}

func TestLetterIsHandedOver(t *testing.T) {
	t.Parallel()
	p := newPost(t, "8BITMIME")
	const text = "Hallo Ada,\n\nhttps://events.example/reset/abc=def\n.\nGrüße\n"
	if err := p.Send(t.Context(), "ada@mail.example", "Ein neues Paßwort\r\nBcc: x@evil.example", text); err != nil {
		t.Fatal(err)
	}
	said, letters := p.heard()
	if !strings.Contains(said, "EHLO events.example") || !strings.Contains(said, "MAIL FROM:<events@events.example>") || !strings.Contains(said, "RCPT TO:<ada@mail.example>") || strings.Contains(said, "evil") || len(letters) != 1 {
		t.Fatalf("got %d letters after\n%s", len(letters), said)
	}
	m, err := netmail.ReadMessage(strings.NewReader(letters[0]))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if got := strings.ReplaceAll(string(body), "\r\n", "\n"); err != nil || strings.TrimRight(got, "\n") != strings.TrimRight(text, "\n") {
		t.Errorf("got %q, %v", got, err)
	}
	for name, want := range map[string]string{
		"From": "Plenum", "To": "<ada@mail.example>", "Auto-Submitted": "auto-generated", "Message-Id": "@events.example>", "Date": "20", "Content-Type": "text/plain; charset=UTF-8", "Bcc": "", "User-Agent": "", "X-Mailer": "",
	} {
		if got := m.Header.Get(name); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// X14.
func TestAddressAddsNoRecipients(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	for _, bad := range []string{"", "x", "a@b.example\r\nRCPT TO:<x@evil.example>", "a@b.example>\r\nDATA", "a@b.example, x@evil.example"} {
		if err := p.Send(t.Context(), bad, "x", "x"); err == nil {
			t.Errorf("%q was written to", bad)
		}
	}
	if said, letters := p.heard(); len(letters) > 0 || strings.Contains(said, "evil") {
		t.Errorf("got %d letters after\n%s", len(letters), said)
	}
}

// A server that cannot encrypt hears neither the password nor the letter.
func TestNothingIsSaidInTheClear(t *testing.T) {
	t.Parallel()
	p := newPost(t, "AUTH PLAIN LOGIN")
	p.User, p.Password, p.TLS = "plenum", "hunter2", "starttls"
	if err := p.Send(t.Context(), "ada@mail.example", "x", "x"); err == nil {
		t.Error("the letter was sent")
	}
	q := newPost(t, "AUTH PLAIN LOGIN")
	q.User, q.Password, q.TLS = "plenum", "hunter2", "tls"
	if err := q.Send(t.Context(), "ada@mail.example", "x", "x"); err == nil {
		t.Error("the letter was sent")
	}
	for _, p := range []*post{p, q} {
		if said, letters := p.heard(); len(letters) > 0 || strings.Contains(said, "AUTH") || strings.Contains(said, "MAIL") || strings.Contains(said, "hunter2") || strings.Contains(said, base64.StdEncoding.EncodeToString([]byte("hunter2"))) {
			t.Errorf("got %d letters after\n%s", len(letters), said)
		}
	}
}

func TestServerOnThisMachineIsToldThePassword(t *testing.T) {
	t.Parallel()
	p := newPost(t, "AUTH PLAIN")
	p.User, p.Password = "plenum", "hunter2"
	if err := p.Send(t.Context(), "ada@mail.example", "x", "x"); err != nil {
		t.Fatal(err)
	}
	want := base64.StdEncoding.EncodeToString(bytes.Join([][]byte{nil, []byte("plenum"), []byte("hunter2")}, []byte{0}))
	if said, letters := p.heard(); len(letters) != 1 || !strings.Contains(said, "AUTH PLAIN "+want) {
		t.Errorf("got %d letters after\n%s", len(letters), said)
	}
}

func TestServerThatIsNotThereIsAnError(t *testing.T) {
	t.Parallel()
	s := mail.Server{Host: "127.0.0.1", Port: 1, From: "events@events.example", TLS: "off", Password: "hunter2"}
	if err := s.Send(t.Context(), "ada@mail.example", "x", "x"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
	s.From = "nobody"
	if err := s.Send(t.Context(), "ada@mail.example", "x", "x"); err == nil {
		t.Error("a letter has no sender")
	}
}
