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
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unsafeInIRI):
		return "", badIRI("this address has a character that no URL has")
	case !strings.HasPrefix(s, "https://") && !(allowHTTP && strings.HasPrefix(s, "http://")):
		return "", badIRI("this address does not begin with https://")
	}
	u, err := url.Parse(s)
	if err != nil || u.User != nil || !goodHost(u.Hostname()) || !goodPort(u.Port()) || strings.HasSuffix(u.Host, ":") {
		return "", badIRI("this address has no usable host, or parts that no URL has")
	}
	return coop.IRI(s), nil
}

func badIRI(msg string) error { return coop.Fail(coop.Invalid, "activity.ParseIRI", msg) }

// unsafeInIRI reports what a string must not hold if it is to be written between
// quotes, and what people could not see: controls, spaces, bidi overrides.
func unsafeInIRI(r rune) bool {
	return r <= 0x20 || r == 0x7f || strings.ContainsRune("\"\\<>^`{|}", r) ||
		r > 0x7f && (unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError)
}

// goodHost reports whether h is a name in ASCII or an IP address: a host in
// another script has a form in ASCII, which is the one that peers compare.
func goodHost(h string) bool {
	if a, err := netip.ParseAddr(h); err == nil {
		return a.Zone() == ""
	}
	if h == "" || len(h) > 253 || h[0] == '.' || strings.Contains(h, "..") {
		return false
	}
	for i := range len(h) {
		c := h[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_') {
			return false
		}
	}
	return true
}

func goodPort(p string) bool {
	if p == "" {
		return true
	}
	n, err := strconv.ParseUint(p, 10, 16)
	return err == nil && n > 0
}
