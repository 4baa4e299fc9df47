// SPDX-License-Identifier: AGPL-3.0-or-later

package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"os"
	"runtime"
	"strings"
)

// problems are what is wrong with how mail is sent; of an instance that sends none
// there are not many.
func (m Mail) problems() (all []Problem) {
	add := func(key, msg, hint string) { all = append(all, Problem{Key: "mail." + key, Msg: msg, Hint: hint}) }
	switch m.TLS {
	case MailSTARTTLS, MailTLS, MailOff:
	default:
		add("tls", fmt.Sprintf("%.40q is none of the ways to talk to a mail server", m.TLS), `write "starttls", "tls" or "off"`)
	}
	if m.Port < 1 || m.Port > 65535 {
		add("port", "a port is a number from 1 to 65535", "587 goes with starttls, 465 with tls")
	}
	if m.Host == "" {
		return all
	}
	if strings.ContainsAny(m.Host, "/:@ ") && net.ParseIP(m.Host) == nil {
		add("host", fmt.Sprintf("%.80q is more than the name of a mail server", m.Host), `write the name alone, like "mail.example", and the port in mail.port`)
	}
	if a, err := mail.ParseAddress(m.From); err != nil || strings.ContainsAny(m.From, "\r\n") || a.Address == "" {
		add("from", "the address that letters come from is missing, or is none", `write one of yours, like "Plenum <events@events.example>"`)
	}
	if (m.User == "") != (m.PasswordFile == "") {
		add("user", "a mail server that asks for a name asks for a password too", "write both mail.user and mail.password_file, or neither")
	}
	if m.TLS == MailOff && m.User != "" && !m.near() {
		add("tls", "the password would go over the network for everybody to read", `write "starttls" or "tls"`)
	}
	return all
}

// near reports whether the mail server is the same machine.
func (m Mail) near() bool {
	a, err := netip.ParseAddr(m.Host)
	return m.Host == "localhost" || err == nil && a.IsLoopback()
}

// Password reads the password of the mail server; empty where it wants none. A file
// that others may read is refused.
func (m Mail) Password() (string, error) {
	if m.PasswordFile == "" {
		return "", nil
	}
	f, err := os.Open(m.PasswordFile)
	if err != nil {
		return "", Problem{Key: "mail.password_file", Msg: "the file cannot be read: " + err.Error(), Hint: "it belongs to the user that runs Plenum"}
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return "", Problem{Key: "mail.password_file", Msg: "others on the machine may read the file", Hint: "chmod 600 " + m.PasswordFile}
	}
	b := make([]byte, 1025)
	n, err := f.Read(b)
	password := strings.TrimRight(string(b[:n]), "\r\n")
	if err != nil || n > 1024 || password == "" || strings.ContainsAny(password, "\r\n") {
		return "", Problem{Key: "mail.password_file", Msg: "the file does not hold one line with a password"}
	}
	return password, nil
}
