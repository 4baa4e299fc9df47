// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import "slices"

// Cause is why an attempt did not arrive, as a program reads it: it never changes
// its name. A cause names what was seen and not what may lie behind it: a status
// says what a server answers, and not why. docs/causes.md has the words and the
// next step for each.
type Cause string

// The causes. Those of the network come first, then those of TLS, those that an
// answer names, and those that lie with us.
const (
	CauseNoAddress      Cause = "no-address"      // DNS answered that there is no such name, or no address for it
	CauseNameLookup     Cause = "name-lookup"     // DNS did not answer, or answered that it failed
	CauseRefused        Cause = "refused"         // the connection was refused
	CauseUnreachable    Cause = "unreachable"     // there is no route
	CauseConnectTimeout Cause = "connect-timeout" // no connection in time
	CauseTimeout        Cause = "timeout"         // connected, but no answer in time
	CauseReset          Cause = "reset"           // the connection, or the stream in it, was reset
	CauseClosed         Cause = "closed"          // the connection was closed without a whole answer
	CauseInvalidHTTP    Cause = "invalid-http"    // what came back is no valid answer in HTTP
	CausePrivateAddress Cause = "private-address" // the name leads to an address that is not public
	CauseBadURL         Cause = "bad-url"         // no request may ever go to this URL

	CauseTLSExpired   Cause = "tls-expired"
	CauseTLSNotYet    Cause = "tls-not-yet" // valid from a time that our clock has not reached
	CauseTLSName      Cause = "tls-name"
	CauseTLSIssuer    Cause = "tls-issuer"
	CauseTLSNone      Cause = "tls-none"        // the host does not speak TLS
	CauseTLSHandshake Cause = "tls-handshake"   // it broke off, or speaks no version that we do
	CauseTLSOther     Cause = "tls-certificate" // the certificate is not valid for another reason

	CauseRedirect       Cause = "redirect"
	CauseBadRequest     Cause = "bad-request"     // 400
	CauseSignature      Cause = "signature"       // 401
	CauseKeyChanged     Cause = "key-changed"     // 401, and our key was changed lately
	CauseClock          Cause = "clock"           // 401, and the clocks differ
	CauseForbidden      Cause = "forbidden"       // 403
	CauseFirewall       Cause = "firewall"        // a refusal that looks like one of something in front of the server
	CauseNoInbox        Cause = "no-inbox"        // 404
	CauseMethod         Cause = "method"          // 405
	CauseFormat         Cause = "format"          // 406, 415
	CauseRequestTimeout Cause = "request-timeout" // 408
	CauseInboxGone      Cause = "inbox-gone"      // 410, and no actor's own document says so too
	CauseActorGone      Cause = "actor-gone"      // an actor's own document answers 410
	CauseTooLarge       Cause = "too-large"       // 413
	CauseUnprocessable  Cause = "unprocessable"   // 422
	CauseSlowDown       Cause = "slow-down"       // 429
	CauseRejected       Cause = "rejected"        // any other 4xx
	CauseServerError    Cause = "server-error"    // 500, and any 5xx that has no other name
	CauseNotImplemented Cause = "not-implemented" // 501
	CauseProxy          Cause = "proxy"           // 502, 504, 520 to 527, 530: a proxy got nothing from the server
	CauseUnavailable    Cause = "unavailable"     // 503

	CauseOurs    Cause = "ours"    // a failure on our side
	CauseDropped Cause = "dropped" // an operator dropped it
	CauseOther   Cause = "other"   // none of these
)

// Causes are all causes, in the order of docs/causes.md.
func Causes() []Cause {
	return []Cause{
		CauseNoAddress, CauseNameLookup, CauseRefused, CauseUnreachable, CauseConnectTimeout, CauseTimeout, CauseReset, CauseClosed,
		CauseInvalidHTTP, CausePrivateAddress, CauseBadURL,
		CauseTLSExpired, CauseTLSNotYet, CauseTLSName, CauseTLSIssuer, CauseTLSNone, CauseTLSHandshake, CauseTLSOther,
		CauseRedirect, CauseBadRequest, CauseSignature, CauseKeyChanged, CauseClock, CauseForbidden, CauseFirewall, CauseNoInbox,
		CauseMethod, CauseFormat, CauseRequestTimeout, CauseInboxGone, CauseActorGone, CauseTooLarge, CauseUnprocessable, CauseSlowDown,
		CauseRejected, CauseServerError, CauseNotImplemented, CauseProxy, CauseUnavailable,
		CauseOurs, CauseDropped, CauseOther,
	}
}

// Known reports whether c is one of the causes.
func (c Cause) Known() bool { return slices.Contains(Causes(), c) }
