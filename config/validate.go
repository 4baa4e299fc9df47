// SPDX-License-Identifier: AGPL-3.0-or-later

package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSocketPath is how long the path of a unix socket may be, without the zero
// byte behind it: sun_path of unix(7) has 108 bytes.
const maxSocketPath = 107

// Validate returns every Problem of the values, joined; nil when there is none.
func (c Config) Validate() error {
	var errs []error
	for _, p := range c.problems() {
		errs = append(errs, p)
	}
	return errors.Join(errs...)
}

func (c Config) problems() []Problem {
	var all []Problem
	add := func(key, msg, hint string) {
		if msg != "" {
			all = append(all, Problem{Key: key, Msg: msg, Hint: hint})
		}
	}
	msg, hint := c.checkDomain()
	add("site.domain", msg, hint)
	add("site.title", checkTitle(c.Site.Title), "")
	msg, hint = checkContact(c.Site.Contact)
	add("site.contact", msg, hint)
	msg, hint = checkSource(c.Site.Source)
	add("site.source", msg, hint)
	add("listen.address", checkAddress(c.Listen.Address), `write an address and a port, like "127.0.0.1:8080"`)
	msg, hint = c.checkTLS()
	add("listen.tls", msg, hint)
	for _, s := range c.Listen.TrustedProxies {
		msg, hint = checkRange(s)
		if p, err := parseRange(s); err == nil && p.Bits() == 0 {
			msg = s + " trusts everybody: whoever comes could choose the address that limits are counted for"
			hint = "name the addresses of your proxy"
		}
		add("listen.trusted_proxies", msg, hint)
	}
	if c.Listen.Metrics != "" {
		add("listen.metrics", checkMetrics(c.Listen), `write another address and port, like "127.0.0.1:9090", or "" for no metrics`)
	}
	msg, hint = checkDir(c.Data.Dir)
	add("data.dir", msg, hint)
	for _, s := range c.Federation.AllowAddresses {
		msg, hint = checkRange(s)
		add("federation.allow_addresses", msg, hint)
	}
	if c.Limits.UnverifiedPerMinute < 1 {
		add("limits.unverified_per_minute", "at least 1 is needed: every peer's first request is unverified", "60 is the default")
	}
	for _, l := range []struct {
		of   string
		most int
	}{{"inbox", c.Limits.InboxPerMinute}, {"token_writes", c.Limits.WritesPerMinute}, {"token_reads", c.Limits.ReadsPerMinute}, {"token_uploads", c.Limits.UploadsPerMinute}} {
		if l.most < 0 {
			add("limits."+l.of+"_per_minute", "a limit is not negative", "0 means no limit")
		}
	}
	return append(all, c.Mail.problems()...)
}

// checkDomain wants a host name in the one spelling that ids are compared by.
func (c Config) checkDomain() (msg, hint string) {
	d := c.Site.Domain
	lower := strings.ToLower(d)
	switch {
	case d == "":
		return "the domain is missing", `write domain = "events.example" with your own name: it stands in every address and can never change`
	case strings.Contains(d, "/"):
		_, rest, found := strings.Cut(d, "://")
		if !found {
			rest = d
		}
		rest, _, _ = strings.Cut(rest, "/")
		return fmt.Sprintf("%.80q is more than a host name", d), fmt.Sprintf("write %q alone", rest)
	case strings.ContainsFunc(d, func(r rune) bool { return r > unicode.MaxASCII }):
		return fmt.Sprintf("%.80q has letters that host names on the wire do not have", d), "write its ASCII form, which begins with xn--"
	case d != lower:
		return fmt.Sprintf("%.80q is not in lower case", d), fmt.Sprintf("write %q", lower)
	}
	host, port, hasPort := strings.Cut(d, ":")
	if msg := checkHost(host); msg != "" {
		return msg, ""
	}
	if hasPort {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || n == 80 || strconv.FormatUint(n, 10) != port {
			return fmt.Sprintf("%.80q has no port that can stand in an id", d), `write the host alone, or like "localhost:8080"`
		}
	}
	if c.Development() {
		return "", ""
	}
	const onlyDevelopment = `for development set tls = "off" and allow_http = true`
	_, notIP := netip.ParseAddr(host)
	switch {
	case hasPort:
		return "a public instance has no port in its domain: peers speak to port 443 only", onlyDevelopment
	case notIP == nil:
		return "an address is no domain: certificates and ids need a name", onlyDevelopment
	case !strings.Contains(host, "."):
		return fmt.Sprintf("%.80q is no public name", d), onlyDevelopment
	}
	return "", ""
}

// checkHost follows RFC 1123 §2.1.
func checkHost(host string) string {
	if len(host) > 253 {
		return "a host name has at most 253 characters"
	}
	for label := range strings.SplitSeq(host, ".") {
		bad := label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-'
		if bad || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return fmt.Sprintf("%.80q is no host name", host)
		}
	}
	return ""
}

func checkTitle(title string) string {
	switch {
	case utf8.RuneCountInString(title) > 200:
		return "a title has at most 200 characters"
	case strings.ContainsFunc(title, unicode.IsControl):
		return "a title is one line without control characters"
	}
	return ""
}

func checkContact(s string) (msg, hint string) {
	if s == "" {
		return "", ""
	}
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
		return fmt.Sprintf("%.80q is no e-mail address", s), `write an address alone, like "hello@events.example", or ""`
	}
	return "", ""
}

func checkSource(s string) (msg, hint string) {
	if u, err := url.Parse(s); s != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		return fmt.Sprintf("%.80q is no address of a page", s), `write it like "https://code.example/plenum", or ""`
	}
	return "", ""
}

func checkAddress(s string) string {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Sprintf("%.80q is no address with a port", s)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Sprintf("%.20q is no port", port)
	}
	if _, err := netip.ParseAddr(host); host != "" && err != nil && checkHost(strings.ToLower(host)) != "" {
		return fmt.Sprintf("%.80q is neither an address nor a host name", host)
	}
	return ""
}

func checkMetrics(l Listen) string {
	if l.Metrics == l.Address {
		return "metrics stand on the public address"
	}
	return checkAddress(l.Metrics)
}

func (c Config) checkTLS() (msg, hint string) {
	switch {
	case c.Listen.TLS == TLSProxy, c.Development():
		return "", ""
	case c.Listen.TLS == TLSACME:
		return `this version gets no certificates of its own: it serves TLS behind a reverse proxy`,
			`set tls = "proxy" and put Caddy, nginx or another proxy in front of it`
	case c.Listen.TLS == TLSOff:
		return `tls = "off" is for development, where ids are http, and that needs allow_http = true`,
			`set allow_http = true in [federation], or tls = "proxy"`
	}
	return fmt.Sprintf("%.40q is none of the values", c.Listen.TLS), `they are "proxy", "acme" and "off"`
}

func checkRange(s string) (msg, hint string) {
	if _, err := parseRange(s); err != nil {
		return fmt.Sprintf("%.60q is no range of addresses", s), `write an address and how many bits of it count, like "127.0.0.0/8" or "::1/128"`
	}
	return "", ""
}

func checkDir(dir string) (msg, hint string) {
	if dir == "" {
		return "the folder for the data is missing", `write dir = "data" for one beside this file`
	}
	if n := len(filepath.Join(dir, "plenum.sock")); n > maxSocketPath {
		return fmt.Sprintf("the path of the control socket in it has %d bytes, and %d are possible", n, maxSocketPath), "choose a shorter path"
	}
	return "", ""
}
