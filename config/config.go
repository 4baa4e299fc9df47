// SPDX-License-Identifier: AGPL-3.0-or-later

// Package config owns the configuration file: its keys, their defaults, how it
// is read, what is wrong with it and how a new one is written.
//
// It is read by the command alone; every other package gets values. What may
// change while the instance runs (co-ops, texts, tokens) is in the store and no
// business of this package. It opens no database and no socket.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/pelletier/go-toml/v2"

	"plenum/coop"
)

// Config is the whole file. Each key is a decision that an operator can explain.
type Config struct {
	Site       Site       `toml:"site"`
	Listen     Listen     `toml:"listen"`
	Data       Data       `toml:"data"`
	Federation Federation `toml:"federation"`
	Limits     Limits     `toml:"limits"`
	Mail       Mail       `toml:"mail"`
}

// Site says who the instance is.
type Site struct {
	Domain  string `toml:"domain"`  // the host in every id; in development with a port
	Title   string `toml:"title"`   // Load puts the domain where it is empty
	Contact string `toml:"contact"` // an e-mail address; empty where there is none to show
	Source  string `toml:"source"`  // a URL of the source code of what runs here; empty: pages link to none
}

// Listen says where the instance answers.
type Listen struct {
	Address        string   `toml:"address"`         // host:port; port 0 is any free one
	TLS            string   `toml:"tls"`             // TLSProxy, TLSACME or TLSOff
	TrustedProxies []string `toml:"trusted_proxies"` // whose X-Forwarded-For is believed; see Proxies
	Metrics        string   `toml:"metrics"`         // host:port; empty: no metrics
}

// The values of Listen.TLS.
const (
	TLSProxy = "proxy" // TLS ends at a reverse proxy
	TLSACME  = "acme"  // own certificates; Validate refuses it as long as no code gets them
	TLSOff   = "off"   // development
)

// Data says where things are kept.
type Data struct {
	Dir string `toml:"dir"` // Load makes it absolute, seen from the file's folder
}

// Federation says whom we talk to.
type Federation struct {
	AllowHTTP       bool     `toml:"allow_http"`
	AllowAddresses  []string `toml:"allow_addresses"`  // see Allowed
	AllowList       bool     `toml:"allow_list"`       // nobody is heard but who was allowed
	AuthorizedFetch bool     `toml:"authorized_fetch"` // documents are given to signed requests only
}

// Limits are counts per minute.
type Limits struct {
	UnverifiedPerMinute int `toml:"unverified_per_minute"`   // per source address
	InboxPerMinute      int `toml:"inbox_per_minute"`        // per peer host; 0: no limit
	WritesPerMinute     int `toml:"token_writes_per_minute"` // per token, as the two below; 0: no limit
	ReadsPerMinute      int `toml:"token_reads_per_minute"`
	UploadsPerMinute    int `toml:"token_uploads_per_minute"`
}

// Mail says how letters to members are sent.
type Mail struct {
	Host         string `toml:"host"` // empty: none are sent
	Port         int    `toml:"port"`
	From         string `toml:"from"`          // an e-mail address, with a name or without
	User         string `toml:"user"`          // empty: the server wants none
	PasswordFile string `toml:"password_file"` // Load makes it absolute, seen from the file's folder
	TLS          string `toml:"tls"`           // MailSTARTTLS, MailTLS or MailOff
}

// The values of Mail.TLS.
const (
	MailSTARTTLS = "starttls" // which has to be there
	MailTLS      = "tls"      // from the first byte on
	MailOff      = "off"      // for a mail server on the same machine
)

// Default returns what config.example.toml says. Its [site] is an example, not a
// default: Load takes nothing from it.
func Default() Config {
	return Config{
		Site:       Site{Domain: "events.example", Title: "Events of our collective", Contact: "hello@events.example"},
		Listen:     Listen{Address: "127.0.0.1:8080", TLS: TLSProxy, TrustedProxies: []string{"127.0.0.1/32", "::1/128"}},
		Data:       Data{Dir: "data"},
		Federation: Federation{AllowAddresses: []string{}},
		Limits:     Limits{UnverifiedPerMinute: 60, WritesPerMinute: 120, ReadsPerMinute: 600, UploadsPerMinute: 30},
		Mail:       Mail{Port: 587, TLS: MailSTARTTLS},
	}
}

// Load reads the file at path over the defaults, resolves paths in it against the
// file's folder and validates the whole. The error joins every Problem that was
// found; a file that is not there is a NotFound error.
func Load(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, &coop.Error{Code: coop.NotFound, Op: "config.Load",
			Msg: fmt.Sprintf("there is no configuration at %s", path), Err: err}
	}
	if err != nil {
		return Config{}, fmt.Errorf("read the configuration: %w", err)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return Config{}, fmt.Errorf("find the folder of %s: %w", path, err)
	}
	c, found := parse(text)
	for _, file := range []*string{&c.Data.Dir, &c.Mail.PasswordFile} {
		if *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(filepath.Dir(abs), *file)
		}
	}
	if found == nil || !found.fatal {
		found = found.and(c.problems()...)
	}
	if found == nil {
		return c, nil
	}
	return Config{}, found.in(path)
}

// parse decodes text strictly. Where the text is no TOML, or a value has another
// type than its key wants, there is nothing to validate: the report is fatal.
func parse(text []byte) (Config, *report) {
	c := Default()
	c.Site = Site{}
	var whole map[string]any
	if err := toml.Unmarshal(text, &whole); err != nil {
		return Config{}, fatal(syntaxProblem(err))
	}
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&c)
	if c.Site.Title == "" {
		c.Site.Title = c.Site.Domain
	}
	if missing, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		var r *report
		for i := range missing.Errors {
			r = r.and(unknownProblem(&missing.Errors[i]))
		}
		return c, r
	}
	if err != nil {
		return Config{}, fatal(typeProblem(err))
	}
	return c, nil
}

// Development reports whether the instance speaks http itself: ids are http,
// the domain may have a port, and it must not be public.
func (c Config) Development() bool { return c.Listen.TLS == TLSOff && c.Federation.AllowHTTP }

// CoopSite returns what makes the URLs of the instance.
func (c Config) CoopSite() coop.Site {
	return coop.Site{Domain: c.Site.Domain, HTTP: c.Development()}
}

// Proxies returns trusted_proxies as ranges, without those that Validate refuses.
func (l Listen) Proxies() []netip.Prefix { return ranges(l.TrustedProxies) }

// Allowed returns allow_addresses as ranges, without those that Validate refuses.
func (f Federation) Allowed() []netip.Prefix { return ranges(f.AllowAddresses) }

func ranges(list []string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(list))
	for _, s := range list {
		if p, err := parseRange(s); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// parseRange reads "10.0.0.0/8", or an address alone, which means itself.
func parseRange(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err
}
