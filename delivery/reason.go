// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// maxReason is how many bytes a reason has at most, as coop.Attempt says.
const maxReason = 200

// known are the statuses that say more than their class does.
var known = map[int]string{
	400: "the server says that it cannot read the activity",
	401: "the server could not verify our signature; perhaps it could not fetch our key",
	403: "the server refuses us: it blocks this instance, or it takes nothing from outside",
	404: "there is no such inbox",
	405: "the server takes no deliveries at this address",
	406: "the server does not take the form of our activities",
	408: "the server gave up waiting for our request",
	410: "the inbox is gone, but no actor behind it says that it has been deleted",
	413: "the activity is too large for the server",
	415: "the server does not take the form of our activities",
	421: "the host does not serve this address",
	422: "the server understood the activity and does not want it",
	429: "the server asks us to slow down",
	500: "the server failed",
	501: "the server cannot receive activities",
	502: "the proxy of the server does not reach it",
	503: "the server is not available",
	504: "the proxy of the server got no answer in time",
}

// statusWords says in words what a status means for a delivery.
func statusWords(status int) string {
	s := known[status]
	if s == "" {
		switch status / 100 {
		case 2:
			s = "accepted"
		case 3:
			s = "the server redirects us, and a signed delivery does not follow"
		case 4:
			s = "the server refuses the activity"
		case 5:
			s = "the server failed"
		default:
			s = "the server gave an answer that is none"
		}
	}
	return fmt.Sprintf("%s (%d)", s, status)
}

// refused is implemented by the errors of the guard in front of the client.
type refused interface {
	error
	Refused() (why string, always bool)
}

// errorWords says in words why there was no answer; final means that no further
// attempt can end otherwise.
func errorWords(err error) (words string, final bool) {
	if r, ok := errors.AsType[refused](err); ok {
		why, always := r.Refused()
		return "we send nothing there: " + why, always
	}
	if p, ok := errors.AsType[*ourFault](err); ok {
		return "an error on our side: " + p.Error(), false
	}
	for _, words := range []func(error) string{dnsWords, certificateWords, connectionWords} {
		if s := words(err); s != "" {
			return s, false
		}
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // the method and the URL say nothing new
	}
	return "the request failed: " + err.Error(), false
}

func dnsWords(err error) string {
	d, ok := errors.AsType[*net.DNSError](err)
	switch {
	case !ok:
		return ""
	case d.IsNotFound:
		return "the name of the host does not exist (DNS)"
	case d.IsTimeout:
		return "the name of the host could not be looked up in time (DNS)"
	}
	return "the name of the host could not be looked up (DNS)"
}

func certificateWords(err error) string {
	if c, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if c.Reason == x509.Expired {
			return "the certificate of the host has expired or is not valid yet (TLS)"
		}
		return "the certificate of the host is not valid (TLS)"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the certificate of the host is for another name (TLS)"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "the certificate of the host is from an unknown issuer (TLS)"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the host does not speak TLS on this port"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" { // an alert; its type is not exported
		return "the host broke off the handshake (TLS): " + op.Err.Error()
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the certificate of the host could not be verified (TLS)"
	}
	return ""
}

func connectionWords(err error) string {
	op, _ := errors.AsType[*net.OpError](err)
	dialling := op != nil && op.Op == "dial"
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	late := errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout()
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case late && dialling:
		return "no connection came about in time"
	case late:
		return "the server did not answer in time"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed without an answer"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no route to the host"
	}
	return ""
}

// clip makes a reason one line of at most maxReason bytes: parts of it may come
// from the peer.
func clip(s string) string {
	s = strings.Map(func(c rune) rune {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, s)
	if len(s) <= maxReason {
		return s
	}
	cut := maxReason - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
