// SPDX-License-Identifier: AGPL-3.0-or-later

package config_test

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"

	"plenum/config"
	"plenum/coop"
)

var update = flag.Bool("update", false, "write config.example.toml anew")

const example = "../config.example.toml"

// load writes text as plenum.toml into a folder of its own and loads it.
func load(t *testing.T, text string) (config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plenum.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(path)
}

func TestExampleIsTheDefault(t *testing.T) {
	var want bytes.Buffer
	if err := config.Write(&want, config.Default()); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(example, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err, "run go test ./config -update")
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("config.example.toml is not what Write writes (-want +got):\n%s", diff)
	}
	var c config.Config
	if err := toml.NewDecoder(bytes.NewReader(got)).DisallowUnknownFields().Decode(&c); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Default(), c); diff != "" {
		t.Errorf("the example says something else than Default (-default +example):\n%s", diff)
	}
}

func TestExampleLoads(t *testing.T) {
	t.Parallel()
	c, err := config.Load(example)
	if err != nil {
		t.Fatal(err)
	}
	abs, err := filepath.Abs("../data")
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Data.Dir = abs
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
}

func TestDomainAloneIsEnough(t *testing.T) {
	t.Parallel()
	c, err := load(t, "[site]\ndomain = \"plenum.example\"\n")
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Site = config.Site{Domain: "plenum.example", Title: "plenum.example"}
	want.Data.Dir = c.Data.Dir
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	if !filepath.IsAbs(c.Data.Dir) || filepath.Base(c.Data.Dir) != "data" {
		t.Errorf("got data.dir %q want data in the folder of the file", c.Data.Dir)
	}
	if got, want := c.CoopSite(), (coop.Site{Domain: "plenum.example"}); got != want {
		t.Errorf("got %+v want %+v", got, want)
	}
}

func TestSiteOfTheExampleIsNobodysDefault(t *testing.T) {
	t.Parallel()
	_, err := load(t, "[listen]\naddress = \":8080\"\n")
	ps := config.Problems(err)
	if len(ps) != 1 || ps[0].Key != "site.domain" || !strings.Contains(ps[0].Msg, "missing") {
		t.Errorf("got %v want the domain missing", err)
	}
}

func TestListReplacesTheDefaultList(t *testing.T) {
	t.Parallel()
	c, err := load(t, "[site]\ndomain = \"a.example\"\n[listen]\ntrusted_proxies = [\"10.1.2.3\"]\n[federation]\nallow_addresses = [\"fd00::1/8\", \"127.0.0.0/8\"]\n")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Listen.Proxies(), []netip.Prefix{netip.MustParsePrefix("10.1.2.3/32")}; !cmp.Equal(got, want, cmp.Comparer(samePrefix)) {
		t.Errorf("proxies: got %v want %v", got, want)
	}
	want := []netip.Prefix{netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("127.0.0.0/8")}
	if got := c.Federation.Allowed(); !cmp.Equal(got, want, cmp.Comparer(samePrefix)) {
		t.Errorf("allowed: got %v want %v", got, want)
	}
}

func samePrefix(a, b netip.Prefix) bool { return a == b }

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := load(t, `
[site]
domian = "a.example"
domain = "A.example"
[listen]
adress = "x"
address = "127.0.0.1"
tls = "acme"
trusted_proxies = ["10.0.0.0/33", "0.0.0.0/0"]
contact = "me@a.example"
[limts]
inbox_per_minute = 5
[limits]
inbox_per_minute = -1
unverified_per_minute = 0
`)
	type found struct{ Key, Hint string }
	var got []found
	for _, p := range config.Problems(err) {
		got = append(got, found{p.Key, p.Hint})
	}
	want := []found{
		{"site.domian", "did you mean site.domain?"},
		{"listen.adress", "did you mean listen.address?"},
		{"listen.contact", "did you mean site.contact?"},
		{"limts", "did you mean limits?"},
		{"site.domain", `write "a.example"`},
		{"listen.address", `write an address and a port, like "127.0.0.1:8080"`},
		{"listen.tls", `set tls = "proxy" and put Caddy, nginx or another proxy in front of it`},
		{"listen.trusted_proxies", `write an address and how many bits of it count, like "127.0.0.0/8" or "::1/128"`},
		{"listen.trusted_proxies", "name the addresses of your proxy"},
		{"limits.unverified_per_minute", "60 is the default"},
		{"limits.inbox_per_minute", "0 means no limit"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestProblemNamesFileLineAndKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, line, key, msg, hint string }{
		{"[site]\ndomain = \"a.example\"\ncolour = \"red\"\n", "3", "site.colour", "no such key", "the keys of [site] are domain, title, contact, source"},
		{"[site]\ndomain = \"a.example\"\n[smtp_server]\nhost = \"x\"\n", "3", "smtp_server", "no such key", "the sections are site, listen, data, federation, limits, mail"},
		{"domain = \"a.example\"\n", "1", "domain", "no such key", "did you mean site.domain?"},
		{"[site]\ndomain = 7\n", "2", "site.domain", "between quotes", ""},
		{"[federation]\nallow_http = \"yes\"\n", "2", "federation.allow_http", "true or false", ""},
		{"[federation]\nallow_addresses = \"127.0.0.0/8\"\n", "2", "federation.allow_addresses", "a list", ""},
		{"[limits]\ninbox_per_minute = 1.5\n", "2", "limits.inbox_per_minute", "whole number", ""},
		{"site = \"a.example\"\n", "1", "site", "write [site]", ""},
		{"[site\n", "1", "", "no TOML", ""},
		{"[site]\ntitle = \"a\"\ntitle = \"b\"\n", "3", "", "no TOML", ""},
	} {
		_, err := load(t, c.text)
		ps := config.Problems(err)
		if len(ps) == 0 {
			t.Errorf("%q was taken", c.text)
			continue
		}
		p := ps[0]
		if !strings.Contains(p.Error(), "plenum.toml:"+c.line+": ") || c.key != "" && p.Key != c.key || !strings.Contains(p.Msg, c.msg) || p.Hint != c.hint {
			t.Errorf("%q: got %v, hint %q; want line %s, key %q, %q, hint %q", c.text, p, p.Hint, c.line, c.key, c.msg, c.hint)
		}
	}
}

func TestMissingFileIsNotFound(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "plenum.toml")
	_, err := config.Load(path)
	if coop.CodeOf(err) != coop.NotFound || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v want not-found with the path", err)
	}
}

func TestDomains(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		domain      string
		development bool
		ok          bool
	}{
		{"events.example", false, true},
		{"xn--bcher-kva.example", false, true},
		{"a-b.c1.example", false, true},
		{"localhost:8081", true, true},
		{"localhost", true, true},
		{"a.localhost:1", true, true},
		{"127.0.0.1:8080", true, true},
		{"localhost", false, false},
		{"events.example:8443", false, false},
		{"203.0.113.7", false, false},
		{"", true, false},
		{"https://events.example", false, false},
		{"events.example/", false, false},
		{"Events.example", false, false},
		{"bücher.example", false, false},
		{"events.example.", false, false},
		{"-a.example", false, false},
		{"a_b.example", false, false},
		{"a..example", false, false},
		{"a b.example", false, false},
		{"localhost:", true, false},
		{"localhost:0", true, false},
		{"localhost:80", true, false},
		{"localhost:08080", true, false},
		{"localhost:65536", true, false},
		{"[::1]:8080", true, false},
		{"user@events.example", false, false},
		{"events.example?x", false, false},
		{strings.Repeat("a", 64) + ".example", false, false},
		{strings.Repeat("a.", 130) + "example", false, false},
	} {
		v := config.Default()
		v.Site.Domain = c.domain
		if c.development {
			v.Listen.TLS, v.Federation.AllowHTTP = config.TLSOff, true
		}
		err := v.Validate()
		if (err == nil) != c.ok {
			t.Errorf("%q (development %t): got %v, want ok %t", c.domain, c.development, err, c.ok)
		}
		if ps := config.Problems(err); err != nil && (len(ps) != 1 || ps[0].Key != "site.domain") {
			t.Errorf("%q: got %v want one problem of site.domain", c.domain, ps)
		}
	}
}

func TestEachWrongValueIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key  string
		edit func(*config.Config)
	}{
		"long title":            {"site.title", func(c *config.Config) { c.Site.Title = strings.Repeat("ä", 201) }},
		"title of two lines":    {"site.title", func(c *config.Config) { c.Site.Title = "a\nb" }},
		"contact with a name":   {"site.contact", func(c *config.Config) { c.Site.Contact = "We <we@a.example>" }},
		"contact without @":     {"site.contact", func(c *config.Config) { c.Site.Contact = "we" }},
		"source without host":   {"site.source", func(c *config.Config) { c.Site.Source = "code/plenum" }},
		"source that is script": {"site.source", func(c *config.Config) { c.Site.Source = "javascript:alert(1)" }},
		"port by name":          {"listen.address", func(c *config.Config) { c.Listen.Address = "127.0.0.1:http" }},
		"high port":             {"listen.address", func(c *config.Config) { c.Listen.Address = ":70000" }},
		"odd host":              {"listen.address", func(c *config.Config) { c.Listen.Address = "a b:80" }},
		"tls off alone":         {"listen.tls", func(c *config.Config) { c.Listen.TLS = "off" }},
		"tls acme":              {"listen.tls", func(c *config.Config) { c.Listen.TLS = "acme" }},
		"tls unknown":           {"listen.tls", func(c *config.Config) { c.Listen.TLS = "on" }},
		"tls empty":             {"listen.tls", func(c *config.Config) { c.Listen.TLS = "" }},
		"IPv6 proxy of all":     {"listen.trusted_proxies", func(c *config.Config) { c.Listen.TrustedProxies = []string{"::/0"} }},
		"proxy by name":         {"listen.trusted_proxies", func(c *config.Config) { c.Listen.TrustedProxies = []string{"proxy"} }},
		"address with a zone":   {"federation.allow_addresses", func(c *config.Config) { c.Federation.AllowAddresses = []string{"fe80::1%eth0"} }},
		"metrics in public":     {"listen.metrics", func(c *config.Config) { c.Listen.Metrics = c.Listen.Address }},
		"metrics without port":  {"listen.metrics", func(c *config.Config) { c.Listen.Metrics = "127.0.0.1" }},
		"no folder":             {"data.dir", func(c *config.Config) { c.Data.Dir = "" }},
		"folder of a long name": {"data.dir", func(c *config.Config) { c.Data.Dir = "/" + strings.Repeat("a", 95) }},
	} {
		v := config.Default()
		c.edit(&v)
		ps := config.Problems(v.Validate())
		if len(ps) != 1 || ps[0].Key != c.key || ps[0].Msg == "" {
			t.Errorf("%s: got %v want one problem of %s", name, ps, c.key)
		}
	}
}

func TestLongestSocketPathIsTaken(t *testing.T) {
	t.Parallel()
	v := config.Default()
	v.Data.Dir = "/" + strings.Repeat("a", 107-len("//plenum.sock"))
	if err := v.Validate(); err != nil {
		t.Errorf("got %v for a path of exactly 107 bytes", err)
	}
}

func TestOwnCertificatesAreRefusedPlainly(t *testing.T) {
	t.Parallel()
	v := config.Default()
	v.Listen.TLS = config.TLSACME
	if err := v.Validate(); err == nil || !strings.Contains(err.Error(), "behind a reverse proxy") {
		t.Errorf("got %v want words about the reverse proxy", err)
	}
}

func TestDevelopmentSpeaksHTTP(t *testing.T) {
	t.Parallel()
	c, err := load(t, "[site]\ndomain = \"localhost:8081\"\n[listen]\ntls = \"off\"\n[federation]\nallow_http = true\n")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.CoopSite().Base(), "http://localhost:8081"; got != want || !c.Development() {
		t.Errorf("got %s, development %t; want %s", got, c.Development(), want)
	}
}

func TestHTTPPeersDoNotMakeOurIdsHTTP(t *testing.T) {
	t.Parallel()
	v := config.Default()
	v.Federation.AllowHTTP = true
	if err := v.Validate(); err != nil || v.CoopSite().HTTP {
		t.Errorf("got %v, http ids %t; want https ids behind a proxy", err, v.CoopSite().HTTP)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	want := config.Default()
	want.Site = config.Site{Domain: "localhost:8080", Title: `Bücher & "Brot" <\> ü` + "\u2028\U0001F6B2", Contact: "o'neil@a.example"}
	want.Listen.TLS, want.Listen.Metrics = config.TLSOff, "127.0.0.1:9090"
	want.Listen.TrustedProxies = []string{}
	want.Federation = config.Federation{AllowHTTP: true, AllowAddresses: []string{"127.0.0.0/8", "::1/128"}, AllowList: true, AuthorizedFetch: true}
	want.Limits.InboxPerMinute = 600
	want.Mail = config.Mail{Host: "mail.example", Port: 465, From: `"Plenum" <events@a.example>`, User: "plenum", PasswordFile: "/etc/plenum/mail", TLS: config.MailTLS}
	var b strings.Builder
	if err := config.Write(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := load(t, b.String())
	if err != nil {
		t.Fatal(err)
	}
	got.Data.Dir = filepath.Base(got.Data.Dir)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestNoTextEscapesItsQuotes(t *testing.T) {
	t.Parallel()
	want := config.Default()
	want.Site.Title = "\"\ntls = \"off\"\n\x00\x7f\\"
	var b bytes.Buffer
	if err := config.Write(&b, want); err != nil {
		t.Fatal(err)
	}
	var got config.Config
	if err := toml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestMailIsSentInAWayThatTellsNoPassword(t *testing.T) {
	t.Parallel()
	good := config.Mail{Host: "mail.example", Port: 587, From: "Plenum <events@a.example>", User: "plenum", PasswordFile: "/x", TLS: config.MailSTARTTLS}
	for name, c := range map[string]struct {
		edit func(*config.Mail)
		key  string // empty: it is good
	}{
		"good":                        {func(*config.Mail) {}, ""},
		"none":                        {func(m *config.Mail) { *m = config.Default().Mail }, ""},
		"no user":                     {func(m *config.Mail) { m.User, m.PasswordFile = "", "" }, ""},
		"this machine":                {func(m *config.Mail) { m.Host, m.TLS = "localhost", config.MailOff }, ""},
		"this machine, by address":    {func(m *config.Mail) { m.Host, m.TLS = "::1", config.MailOff }, ""},
		"nothing to tell":             {func(m *config.Mail) { m.User, m.PasswordFile, m.TLS = "", "", config.MailOff }, ""},
		"password in the clear":       {func(m *config.Mail) { m.TLS = config.MailOff }, "mail.tls"},
		"another word":                {func(m *config.Mail) { m.TLS = "ssl" }, "mail.tls"},
		"no port":                     {func(m *config.Mail) { m.Port = 0 }, "mail.port"},
		"a port beyond":               {func(m *config.Mail) { m.Port = 65536 }, "mail.port"},
		"host with port":              {func(m *config.Mail) { m.Host = "mail.example:587" }, "mail.host"},
		"a URL":                       {func(m *config.Mail) { m.Host = "smtp://mail.example" }, "mail.host"},
		"no sender":                   {func(m *config.Mail) { m.From = "" }, "mail.from"},
		"a sender that is no address": {func(m *config.Mail) { m.From = "Plenum" }, "mail.from"},
		"a user without a password":   {func(m *config.Mail) { m.PasswordFile = "" }, "mail.user"},
		"a password without a user":   {func(m *config.Mail) { m.User = "" }, "mail.user"},
	} {
		v := config.Default()
		v.Mail = good
		c.edit(&v.Mail)
		ps := config.Problems(v.Validate())
		if c.key == "" && len(ps) == 0 {
			continue
		}
		if c.key == "" || len(ps) != 1 || ps[0].Key != c.key || ps[0].Msg == "" || ps[0].Hint == "" {
			t.Errorf("%s: got %v want a problem of %q", name, ps, c.key)
		}
	}
}

// P08.
func TestPasswordFileIsForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "password")
	m := config.Mail{PasswordFile: path}
	if _, err := m.Password(); config.Problems(err) == nil {
		t.Errorf("got %v for a file that is not there", err)
	}
	for _, c := range []struct {
		text, want string
		mode       os.FileMode
		ok         bool
	}{
		{"hunter2 and more\n", "hunter2 and more", 0o600, true},
		{"no line end", "no line end", 0o400, true},
		{"windows\r\n", "windows", 0o600, true},
		{"others read it\n", "", 0o640, false},
		{"everybody reads it\n", "", 0o604, false},
		{"", "", 0o600, false},
		{"\n", "", 0o600, false},
		{"two\nlines\n", "", 0o600, false},
		{strings.Repeat("x", 1025), "", 0o600, false},
	} {
		if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, []byte(c.text), c.mode), os.Chmod(path, c.mode)); err != nil {
			t.Fatal(err)
		}
		got, err := m.Password()
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%.20q, %o: got %q, %v; want %q", c.text, c.mode, got, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), strings.TrimSpace(c.text)) && c.text != "" && len(strings.TrimSpace(c.text)) > 0 {
			t.Errorf("the error tells the password: %v", err)
		}
	}
	if got, err := (config.Mail{}).Password(); got != "" || err != nil {
		t.Errorf("got %q, %v where none is wanted", got, err)
	}
}
