// SPDX-License-Identifier: AGPL-3.0-or-later

// Package mail hands letters to a mail server. It knows nothing of members, and what
// to write is its callers' business. It owns github.com/emersion/go-smtp and go-sasl.
package mail

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Server is a mail server that takes letters. Fill the fields by name.
type Server struct {
	Host     string
	Port     int
	From     string // an address, with a name or without
	User     string // empty: it wants none
	Password string
	TLS      string // "starttls", "tls" or "off"
}

// timeout is for all of a conversation with the server.
const timeout = 30 * time.Second

// Send hands one letter over, as plain text. That it was taken does not mean that it
// arrived.
func (s Server) Send(ctx context.Context, to, subject, text string) error {
	from, err := mail.ParseAddress(s.From)
	if err != nil {
		return fmt.Errorf("mail: read the sender's address: %w", err)
	}
	whom, err := mail.ParseAddress(to) // one, whatever else stands there
	if err != nil {
		return fmt.Errorf("mail: read the recipient's address: %w", err)
	}
	letter, err := write(from, whom, subject, text)
	if err != nil {
		return fmt.Errorf("mail: write a letter: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := s.hand(ctx, from.Address, whom.Address, letter); err != nil {
		return fmt.Errorf("mail: hand a letter to %s: %w", s.Host, err)
	}
	return nil
}

// hand holds the conversation with the server, which ends with the context.
func (s Server) hand(ctx context.Context, from, to string, letter []byte) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() // also where the server did not greet
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	c, err := s.greet(conn)
	if err != nil {
		return err
	}
	_, domain, _ := strings.Cut(from, "@")
	if err := c.Hello(domain); err != nil { // RFC 5321 §4.1.1.1: who we are, and not "localhost"
		return err
	}
	if s.User != "" {
		if err := s.prove(c); err != nil {
			return err
		}
	}
	if err := c.SendMail(from, []string{to}, bytes.NewReader(letter)); err != nil {
		return err
	}
	_ = c.Quit() // it has the letter, whatever it says to that
	return nil
}

// dial connects to the server, encrypted from the first byte on where it is to be.
func (s Server) dial(ctx context.Context) (net.Conn, error) {
	addr := net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
	if s.TLS == "tls" {
		d := &tls.Dialer{Config: s.encryption()}
		return d.DialContext(ctx, "tcp", addr)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", addr)
}

func (s Server) encryption() *tls.Config {
	return &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12}
}

// greet begins the conversation: encrypted, or not at all. RFC 3207 §6.
func (s Server) greet(conn net.Conn) (*smtp.Client, error) {
	if s.TLS == "tls" || s.TLS == "off" {
		return smtp.NewClient(conn), nil
	}
	return smtp.NewClientStartTLS(conn, s.encryption())
}

// prove says who we are, in a way that the server knows. Nothing but the
// configuration lets a password be said where nothing is encrypted.
func (s Server) prove(c *smtp.Client) error {
	switch {
	case c.SupportsAuth(sasl.Plain):
		return c.Auth(sasl.NewPlainClient("", s.User, s.Password))
	case c.SupportsAuth(sasl.Login):
		return c.Auth(sasl.NewLoginClient(s.User, s.Password))
	}
	return errors.New("the server takes no password by PLAIN or LOGIN")
}

// write makes the letter. RFC 5322, RFC 2045 §6.7.
func write(from, to *mail.Address, subject, text string) ([]byte, error) {
	_, domain, _ := strings.Cut(from.Address, "@")
	var b bytes.Buffer
	for _, h := range [][2]string{
		{"From", from.String()},
		{"To", to.String()},
		{"Subject", mime.QEncoding.Encode("utf-8", strings.NewReplacer("\r", " ", "\n", " ").Replace(subject))},
		{"Date", time.Now().Format(time.RFC1123Z)},
		{"Message-ID", "<" + rand.Text() + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834 §5
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=UTF-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		return nil, err
	}
	return b.Bytes(), w.Close()
}
