// SPDX-License-Identifier: AGPL-3.0-or-later

package config

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/template"
)

// file is the text of a configuration. config.example.toml is this text with the
// values of Default, which a test holds.
const file = `# Plenum's configuration. The values in config.example.toml are the defaults but
# for [site], which has none: leave out what you do not change. A key that Plenum
# does not know is an error. Paths are relative to the folder of this file.

[site]
# The host in every address of this instance. It can never change once the
# database exists: others know your co-ops by it. In development it may have a
# port, as in "localhost:8080".
domain = {{text .Site.Domain}}
# What the instance is called on its pages; left out: the domain.
title = {{text .Site.Title}}
# An e-mail address for people and other instances; "" shows none.
contact = {{text .Site.Contact}}
# Where the source code of what runs here can be had: every page links to it. Who
# runs a Plenum that was changed must name it (AGPL-3.0, section 13); "" shows none.
source = {{text .Site.Source}}

[listen]
# Where Plenum itself listens.
address = {{text .Listen.Address}}
# "proxy": TLS ends at a reverse proxy in front of Plenum. "off": no TLS, ids are
# http://, for development only, together with allow_http. "acme" (certificates of
# Plenum's own) is refused by this version.
tls = {{text .Listen.TLS}}
# The addresses of the reverse proxy: it may say for whom it asks.
trusted_proxies = {{list .Listen.TrustedProxies}}
# An address of its own for Prometheus metrics and health details, e.g.
# "127.0.0.1:9090"; "" means none.
metrics = {{text .Listen.Metrics}}

[data]
# The folder of the database (posts, followers, queue and keys: one file to back
# up), of uploaded and drawn pictures, and of the control socket. Its owner alone
# may read it.
dir = {{text .Data.Dir}}

[federation]
# For development and tests only: accept ids that are http:// and speak http to
# other instances, on any port.
allow_http = {{.Federation.AllowHTTP}}
# Ranges that requests may go to although they are not public, e.g.
# ["127.0.0.0/8"]. Every range here is one that a stranger can make Plenum ask.
allow_addresses = {{list .Federation.AllowAddresses}}
# Hear and tell nobody but the servers and accounts that were let in with
# "plenum allow add". Others are refused, and get nothing that is published.
allow_list = {{.Federation.AllowList}}
# Give ActivityPub documents only to servers that sign their requests, so that
# who is blocked cannot read them. Pages stay public. Some servers, older ones
# above all, cannot sign requests and see nothing then.
authorized_fetch = {{.Federation.AuthorizedFetch}}

[limits]
# Requests a minute that came unsigned to an inbox or failed verification, per
# address (IPv6: per /64).
unverified_per_minute = {{.Limits.UnverifiedPerMinute}}
# Verified activities a minute per host; 0 means no limit but the machine's.
inbox_per_minute = {{.Limits.InboxPerMinute}}
# Requests a minute of one access token that change something, those that only
# read, and files that it uploads; 0 means no limit.
token_writes_per_minute = {{.Limits.WritesPerMinute}}
token_reads_per_minute = {{.Limits.ReadsPerMinute}}
token_uploads_per_minute = {{.Limits.UploadsPerMinute}}

[mail]
# The mail server that takes letters to members: invitations, links to choose a new
# password, news of what waits for a decision. "" means no mail: admins hand links
# over themselves.
host = {{text .Mail.Host}}
port = {{.Mail.Port}}
# The address that letters come from, as in "Plenum <events@events.example>".
from = {{text .Mail.From}}
# Who Plenum is to the mail server, "" where it does not ask, and a file of the
# password alone, which nobody else may read.
user = {{text .Mail.User}}
password_file = {{text .Mail.PasswordFile}}
# "starttls": encrypted after a greeting (port 587); "tls": from the first byte on
# (port 465); "off": not at all, for a mail server on the same machine.
tls = {{text .Mail.TLS}}
`

// Write writes c as a commented file: the text of config.example.toml with c's
// values. Load reads the same values back.
func Write(w io.Writer, c Config) error {
	t, err := template.New("config").Funcs(template.FuncMap{"text": text, "list": list}).Parse(file)
	if err != nil {
		return fmt.Errorf("parse the text of a configuration: %w", err)
	}
	if err := t.Execute(w, c); err != nil {
		return fmt.Errorf("write a configuration: %w", err)
	}
	return nil
}

// text is s as a TOML basic string. TOML's escapes are JSON's and one more
// character: TOML 1.0 wants U+007F escaped.
func text(s string) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return "", err
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\x7f", `\u007F`), nil
}

func list(all []string) (string, error) {
	quoted := make([]string, len(all))
	for i, s := range all {
		q, err := text(s)
		if err != nil {
			return "", err
		}
		quoted[i] = q
	}
	return "[" + strings.Join(quoted, ", ") + "]", nil
}
