// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"plenum/coop"
)

const (
	redirectBytes = 2000
	redirectsMost = 20
)

// redirectable reports whether codes may be sent to a URL at all: https, the member's
// own machine, or a scheme of an app that is named after a domain, and so is none
// that runs something. RFC 8252 §7, RFC 9700 §2.1, A13.
func redirectable(s string) bool {
	u, ok := plainURL(s)
	if !ok {
		return false
	}
	switch u.Scheme {
	case "https":
		return u.Hostname() != "" && u.Opaque == ""
	case "http":
		return u.Opaque == "" && (loopback(u) || u.Hostname() == "localhost")
	}
	return strings.Contains(u.Scheme, ".") && !strings.HasPrefix(u.Scheme, ".") && !strings.HasSuffix(u.Scheme, ".")
}

// plainURL parses an absolute URL that means the same to everybody: no characters
// that some read as others, no user, no fragment. RFC 6749 §3.1.2.
func plainURL(s string) (*url.URL, bool) {
	if s == "" || len(s) > redirectBytes || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\\\"<>^`{|}#", r) }) {
		return nil, false
	}
	u, err := url.Parse(s)
	if err != nil || !u.IsAbs() || u.User != nil || strings.HasSuffix(u.Host, ":") || !strings.HasPrefix(s, u.Scheme+":") {
		return nil, false
	}
	return u, true
}

// loopback reports whether a URL names the machine itself by its address. RFC 8252
// §7.3.
func loopback(u *url.URL) bool {
	a, err := netip.ParseAddr(u.Hostname())
	return err == nil && a.Zone() == "" && (a == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || a == netip.IPv6Loopback())
}

// registered reports whether a client may have codes sent to a URL: it is one that it
// named, letter by letter. On the member's own machine any port will do, since an app
// gets one that is free. RFC 8252 §7.3, RFC 9700 §4.1.3.
func registered(c coop.Client, asked string) bool {
	if !redirectable(asked) {
		return false
	}
	if slices.Contains(c.Redirects, asked) {
		return true
	}
	u, ok := plainURL(asked)
	if !ok || u.Scheme != "http" || !loopback(u) && (u.Hostname() != "localhost" || c.Kind != coop.ClientObject) {
		return false
	}
	return slices.ContainsFunc(c.Redirects, func(r string) bool {
		v, ok := plainURL(r)
		return ok && v.Scheme == "http" && v.Hostname() == u.Hostname() && portless(v) == portless(u)
	})
}

func portless(u *url.URL) string {
	v := *u
	v.Host = u.Hostname()
	return v.String()
}

// with adds parameters to a redirect, whose own it keeps as they are. RFC 6749
// §4.1.2.
func with(redirect string, add url.Values) string {
	sep := "?"
	if strings.Contains(redirect, "?") {
		sep = "&"
	}
	if strings.HasSuffix(redirect, "?") || strings.HasSuffix(redirect, "&") {
		sep = ""
	}
	return redirect + sep + add.Encode()
}
