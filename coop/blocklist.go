// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

// Imported is what became of a list of rules that was read from a file.
type Imported struct {
	Added   int       `json:"added"`
	Known   int       `json:"known"` // there was a rule about the same domain, which stays
	Skipped []Skipped `json:"skipped,omitempty"`
}

// Skipped is a line of a file that made no rule.
type Skipped struct {
	Line int    `json:"line"`
	Text string `json:"text"` // the domain, or the beginning of what stood there
	Why  string `json:"why"`
}
