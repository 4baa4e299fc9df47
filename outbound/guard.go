// SPDX-License-Identifier: AGPL-3.0-or-later

package outbound

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// ErrRefused is in the chain of every error that says that the guard forbade a
// request. Nothing of such a request has left the machine.
var ErrRefused = errors.New("refused by the outbound guard")

// refusal is the error behind ErrRefused. Its method Refused lets a package that
// does not import this one learn the reason, and whether asking again can help.
type refusal struct {
	why    string // half a sentence for the operator
	always bool   // it lies in the URL, and not in what DNS says today
	err    error
}

func (r *refusal) Error() string { return "outbound: " + r.why }

func (r *refusal) Is(target error) bool { return target == ErrRefused }

func (r *refusal) Unwrap() error { return r.err }

// Refused returns why the request was refused, and whether it always will be.
func (r *refusal) Refused() (why string, always bool) { return r.why, r.always }

func never(why string) error { return &refusal{why: why, always: true} }

// Guard returns a round tripper that looks at each URL before base gets it: https
// to port 443, a name in plain ASCII, no user, not our own host, none that the
// operator refuses. Redirects are requests of their own, so they are looked at too.
func Guard(o Options, base http.RoundTripper) http.RoundTripper {
	return &guard{o: o, own: canonical(o.Own), base: base}
}

type guard struct {
	o    Options
	own  string
	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.check(r.URL); err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // a round tripper closes the body whatever happens
		}
		return nil, err
	}
	if g.o.UserAgent != "" {
		r = r.Clone(r.Context()) // the caller's request is not ours to change
		r.Header.Set("User-Agent", g.o.UserAgent)
	}
	return g.base.RoundTrip(r)
}

func (g *guard) check(u *url.URL) error {
	switch {
	case u == nil || u.Opaque != "" || u.Host == "":
		return never("the URL is not absolute")
	case u.Scheme != "https" && !(g.o.AllowHTTP && u.Scheme == "http"):
		return never("only https is spoken, and not " + scheme(u.Scheme))
	case u.User != nil:
		return never("the URL has a user name in it")
	case strings.HasSuffix(u.Host, ":"):
		return never("the URL has a colon without a port")
	case u.Port() != "" && u.Port() != "443" && !g.o.AllowHTTP:
		return never("only port 443 is spoken to, and not port " + u.Port())
	case canonical(u.Host) == g.own:
		return never("it is our own host")
	case g.o.Refuses != nil && g.o.Refuses(u.Host):
		return never("a rule of this instance forbids to have to do with that host")
	}
	return g.checkHost(u.Hostname())
}

// scheme is a scheme cut to what a log line can bear.
func scheme(s string) string {
	if s == "" || len(s) > 20 {
		return "that"
	}
	return s
}

func (g *guard) checkHost(host string) error {
	if ip, err := netip.ParseAddr(host); err == nil {
		if g.o.AllowHTTP || allowed(g.o.Allow, ip) {
			return nil // whether it may be dialled is the dialer's question
		}
		return never("a host is named, not given as an address")
	}
	if !validName(host) {
		return never("the host's name has characters or a form that no name has")
	}
	return nil
}

func allowed(in []netip.Prefix, ip netip.Addr) bool {
	for _, p := range in {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// validName accepts labels of letters, digits, hyphens and underscores, the last
// of which has a letter: "127.1", "0177.0.0.1" and "2130706433" are addresses to
// some resolvers. Other scripts come as punycode. A dot at the end is refused: it
// would make two names of one host. RFC 1123 §2.1.
func validName(host string) bool {
	if len(host) > 253 {
		return false
	}
	labels := strings.Split(host, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.Trim(strings.ToLower(l), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	last := strings.ToLower(labels[len(labels)-1])
	return strings.ContainsAny(last, "abcdefghijklmnopqrstuvwxyz") && !strings.HasPrefix(last, "0x")
}

// canonical is a host as it is compared: lower case, without a port that goes
// without saying.
func canonical(host string) string {
	host = strings.ToLower(host)
	host = strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":80")
	return strings.TrimSuffix(host, ".")
}
