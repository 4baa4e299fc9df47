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
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"syscall"
	"time"

	"plenum/coop"
)

const (
	// tooFar is how far clocks are apart when a 401 is put down to it: the
	// strictest servers take signatures of the last five minutes.
	tooFar = 5 * time.Minute
	// lately is how long a 401 is put down to a change of our key. Servers that
	// fetch keys anew do so within days.
	lately = 30 * 24 * time.Hour
	day    = "2 January 2006"
)

// explain says why a delivery did not arrive, for programs and for people; the
// cause is empty where it did. final means that no further attempt can end
// otherwise. The words hold whatever lies behind the answer: they say what was
// seen, and whom it was heard from.
func explain(a answer) (cause coop.Cause, words string, final bool) {
	if a.err != nil {
		return explainError(a.err, a.at)
	}
	cause, words = explainStatus(a)
	return cause, fmt.Sprintf("%s (%d)", words, a.status), false
}

func explainStatus(a answer) (coop.Cause, string) {
	switch {
	case a.status/100 == 2:
		return "", "accepted"
	case len(a.gone) > 0:
		return coop.CauseActorGone, meanings[coop.CauseActorGone].words
	case a.front && turnsAway[a.status]:
		return coop.CauseFirewall, meanings[coop.CauseFirewall].words
	case a.status == http.StatusUnauthorized:
		return explainUnauthorized(a)
	}
	c, ok := statuses[a.status]
	switch {
	case ok:
	case a.status/100 == 4:
		c = coop.CauseRejected
	case a.status/100 == 5:
		c = coop.CauseServerError
	default:
		return coop.CauseOther, "the host gave an answer that says nothing about a delivery"
	}
	if s := special[a.status]; s != "" {
		return c, s
	}
	return c, meanings[c].words
}

// explainUnauthorized adds to a 401 what is known and may have to do with it. That
// it has is not said: the other side alone knows.
func explainUnauthorized(a answer) (coop.Cause, string) {
	switch {
	case a.skew.Abs() >= tooFar:
		return coop.CauseClock, meanings[coop.CauseClock].words + " " + apart(a.skew)
	case !a.rotated.IsZero() && a.at.Sub(a.rotated) < lately:
		return coop.CauseKeyChanged, meanings[coop.CauseKeyChanged].words + " " + a.rotated.UTC().Format(day)
	}
	return coop.CauseSignature, meanings[coop.CauseSignature].words
}

// apart says how the clock of a peer differs from ours.
func apart(skew time.Duration) string {
	which := "ahead of"
	if skew < 0 {
		which = "behind"
	}
	d, unit := skew.Abs()/time.Minute, "minutes"
	switch {
	case d >= 48*60:
		d, unit = d/(24*60), "days"
	case d >= 120:
		d, unit = d/60, "hours"
	}
	return fmt.Sprintf("%d %s %s ours", d, unit, which)
}

// fronted reports whether an answer looks like one of a firewall or a delivery
// network, made without asking the server behind it. Headers that stand on
// everything that passes through prove nothing, and neither does a page of HTML:
// all these are answers of an application too.
func fronted(h http.Header) bool {
	for _, own := range []string{"Cf-Mitigated", "X-Amzn-Waf-Action", "X-Sucuri-Block", "X-Vercel-Mitigated"} {
		if h.Get(own) != "" {
			return true
		}
	}
	for _, behind := range []string{"Cf-Cache-Status", "X-Powered-By", "X-Request-Id", "X-Runtime"} {
		if h.Get(behind) != "" {
			return false
		}
	}
	if !strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "text/html") {
		return false
	}
	server, _, _ := strings.Cut(strings.ToLower(h.Get("Server")), "/")
	switch server {
	case "akamaighost", "awselb", "cloudflare", "cloudfront":
		return true
	}
	return false
}

// refused is implemented by the errors of the guard in front of the client.
type refused interface {
	error
	Refused() (why string, always bool)
}

// badURL is why no request can be made for an inbox at all. It reads like a refusal
// of the guard, which never sees such a request.
type badURL string

func (b badURL) Error() string { return "delivery: no request for this URL: " + string(b) }

// Refused returns why, and that it stays so.
func (b badURL) Refused() (why string, always bool) { return string(b), true }

// signable refuses what no signature can be made for.
func signable(u *url.URL) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return badURL("only https is spoken")
	case u.User != nil:
		return badURL("the URL has a user name in it")
	}
	return nil
}

// explainError goes from what is certain to what is left. DNS comes before the
// connection, because its failures are failures to connect as well.
func explainError(err error, now time.Time) (cause coop.Cause, words string, final bool) {
	if r, ok := errors.AsType[refused](err); ok {
		why, always := r.Refused()
		cause = coop.CausePrivateAddress
		if always {
			cause = coop.CauseBadURL
		}
		return cause, meanings[cause].words + ": " + why, always
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // the method and the URL say nothing new
	}
	if fault := ours(err); fault != nil {
		return coop.CauseOurs, meanings[coop.CauseOurs].words + ": " + fault.Error(), false
	}
	for _, explain := range []func(error) (coop.Cause, string){
		explainName,
		func(err error) (coop.Cause, string) { return explainCertificate(err, now) },
		explainTLS,
		explainConnection,
		explainProtocol,
	} {
		if c, words := explain(err); c != "" {
			return c, words, false
		}
	}
	return coop.CauseOther, meanings[coop.CauseOther].words + ": " + err.Error(), false
}

// ours is the part of an error that no peer has anything to do with, nil for none.
func ours(err error) error {
	if p, ok := errors.AsType[*ourFault](err); ok {
		return p
	}
	if r, ok := errors.AsType[x509.SystemRootsError](err); ok {
		return r
	}
	for _, local := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.EADDRNOTAVAIL, syscall.EPERM, syscall.EACCES,
	} {
		if errors.Is(err, local) {
			return local
		}
	}
	return nil
}

func explainName(err error) (coop.Cause, string) {
	d, ok := errors.AsType[*net.DNSError](err)
	switch {
	case !ok:
		return "", ""
	case d.IsNotFound:
		return coop.CauseNoAddress, meanings[coop.CauseNoAddress].words
	case d.IsTimeout:
		return coop.CauseNameLookup, meanings[coop.CauseNameLookup].words + ": no answer in time"
	}
	return coop.CauseNameLookup, meanings[coop.CauseNameLookup].words
}

func explainCertificate(err error, now time.Time) (coop.Cause, string) {
	c := coop.Cause("")
	if bad, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		switch {
		case bad.Reason == x509.Expired && bad.Cert != nil && bad.Cert.NotBefore.After(now):
			return coop.CauseTLSNotYet, meanings[coop.CauseTLSNotYet].words + " " + bad.Cert.NotBefore.UTC().Format(day)
		case bad.Reason == x509.Expired && bad.Cert != nil:
			return coop.CauseTLSExpired, meanings[coop.CauseTLSExpired].words + " " + bad.Cert.NotAfter.UTC().Format(day)
		}
		return coop.CauseTLSOther, meanings[coop.CauseTLSOther].words + ": " + strings.TrimPrefix(bad.Error(), "x509: ")
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		c = coop.CauseTLSName
	} else if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		c = coop.CauseTLSIssuer
	} else if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return coop.CauseTLSOther, meanings[coop.CauseTLSOther].words + ": " + strings.TrimPrefix(bad.Err.Error(), "x509: ")
	}
	return c, meanings[c].words
}

func explainTLS(err error) (coop.Cause, string) {
	if r, ok := errors.AsType[tls.RecordHeaderError](err); ok && r.Conn != nil || errors.Is(err, http.ErrSchemeMismatch) {
		return coop.CauseTLSNone, meanings[coop.CauseTLSNone].words
	}
	text, who := err.Error(), ""
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "remote error" || op.Op == "local error") { // alerts; their type is not exported
		text = op.Err.Error()
		if op.Op == "remote error" {
			who = ", the host says"
		}
	}
	if why, ok := strings.CutPrefix(text, "tls: "); ok { // errors of the package tls have no types
		return coop.CauseTLSHandshake, meanings[coop.CauseTLSHandshake].words + who + ": " + why
	}
	return "", ""
}

// streamError is what net/http makes of its own error of that kind, when it is
// asked for one with these fields.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string {
	return fmt.Sprintf("HTTP/2 stream %d: code %d", e.StreamID, e.Code)
}

func explainConnection(err error) (c coop.Cause, words string) {
	op, _ := errors.AsType[*net.OpError](err)
	dialling := op != nil && op.Op == "dial"
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	late := errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout()
	is := func(targets ...error) bool {
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
	switch {
	case is(syscall.ECONNREFUSED):
		c = coop.CauseRefused
	case is(syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN):
		c = coop.CauseUnreachable
	case late && dialling:
		c = coop.CauseConnectTimeout
	case late:
		c = coop.CauseTimeout
	case is(syscall.ECONNRESET, syscall.EPIPE):
		c = coop.CauseReset
	case is(io.EOF, io.ErrUnexpectedEOF):
		c = coop.CauseClosed
	default:
		if _, ok := errors.AsType[streamError](err); ok {
			c = coop.CauseReset
		}
	}
	return c, meanings[c].words
}

// explainProtocol tells an answer that is no HTTP, or not all of it: a header that
// was cut looks like one that is wrong. Most errors of net/http about it have
// neither a type nor a value that is exported.
func explainProtocol(err error) (coop.Cause, string) {
	_, header := errors.AsType[textproto.ProtocolError](err)
	if header || strings.Contains(err.Error(), "malformed HTTP ") {
		return coop.CauseInvalidHTTP, meanings[coop.CauseInvalidHTTP].words
	}
	return "", ""
}
