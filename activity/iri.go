// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"plenum/coop"
)

// maxIRI is the longest IRI that we take, in bytes. No peer makes ids near it.
const maxIRI = 2048

// ParseIRI lets s in as the absolute URL of something in the fediverse, or says
// why it is none. What it returns is s byte for byte, because peers compare ids
// as strings, and may stand between the quotes of JSON and of an HTML attribute
// as it is. http is taken only where allowHTTP is set, for development.
// AP §3.1, RFC 3987 §2.2.
func ParseIRI(s string, allowHTTP bool) (coop.IRI, error) {
	switch {
	case s == "":
		return "", badIRI("an address is missing")
	case len(s) > maxIRI:
		return "", badIRI("this address is longer than 2048 bytes")
	case !safeInIRI(s):
		return "", badIRI("this address has a character that no URL has")
	case !strings.HasPrefix(s, "https://") && !(allowHTTP && strings.HasPrefix(s, "http://")):
		return "", badIRI("this address does not begin with https://")
	}
	if simpleURL(s) {
		return coop.IRI(s), nil
	}
	u, err := url.Parse(s)
	if err != nil || u.User != nil || !goodHost(u.Hostname()) || !goodPort(u.Port()) || strings.HasSuffix(u.Host, ":") {
		return "", badIRI("this address has no usable host, or parts that no URL has")
	}
	return coop.IRI(s), nil
}

func badIRI(msg string) error { return coop.Fail(coop.Invalid, "activity.ParseIRI", msg) }

// simpleURL reports whether s, which begins with its scheme and has only what
// may stand in an IRI, is one that url.Parse has nothing to say against: a host of
// the common characters, no port, no escape that could be cut off. Nearly all are.
func simpleURL(s string) bool {
	_, rest, _ := strings.Cut(s, "://")
	if strings.IndexByte(rest, '%') >= 0 {
		return false
	}
	host := rest
	for i := range len(rest) {
		switch c := rest[i]; {
		case c == '/' || c == '?' || c == '#':
			host = rest[:i]
		case hostByte(c):
			continue
		default:
			return false
		}
		break
	}
	return goodName(host)
}

// safeInIRI reports whether s is UTF-8 without what would end a text that it is
// written into, and without what people could not see: controls, spaces, bidi
// overrides.
func safeInIRI(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf {
			return utf8.ValidString(s) && !strings.ContainsFunc(s, unsafeInIRI)
		} else if c <= ' ' || c == 0x7f || unsafeASCII[c] {
			return false
		}
	}
	return true
}

// unsafeASCII are the visible characters of ASCII that no IRI has. RFC 3987 §2.2.
var unsafeASCII = [utf8.RuneSelf]bool{'"': true, '\\': true, '<': true, '>': true, '^': true, '`': true, '{': true, '|': true, '}': true}

func unsafeInIRI(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' || r == 0x7f || unsafeASCII[r]
	}
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError
}

// goodHost reports whether h is a name in ASCII or an IP address: a host in
// another script has a form in ASCII, which is the one that peers compare.
func goodHost(h string) bool {
	if a, err := netip.ParseAddr(h); err == nil {
		return a.Zone() == ""
	}
	return goodName(h)
}

// goodName reports whether h is a name in ASCII.
func goodName(h string) bool {
	if h == "" || len(h) > 253 || h[0] == '.' || strings.Contains(h, "..") {
		return false
	}
	for i := range len(h) {
		if !hostByte(h[i]) {
			return false
		}
	}
	return true
}

func hostByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_'
}

func goodPort(p string) bool {
	if p == "" {
		return true
	}
	n, err := strconv.ParseUint(p, 10, 16)
	return err == nil && n > 0
}
