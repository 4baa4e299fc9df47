// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import "time"

// Server is what a host elsewhere says of itself in its NodeInfo. FEP-f1d5.
type Server struct {
	Host     string    `json:"host"`               // with its port where ids name one
	Software string    `json:"software,omitempty"` // its name in lower case; empty where the host has never said it
	Version  string    `json:"version,omitempty"`
	Asked    time.Time `json:"asked"`
	Again    time.Time `json:"again"` // when it is to be asked anew
}

// Direct reports whether a server must be given what is for an actor at the
// actor's own inbox. Discourse does not know which category a post is for when it
// comes to the shared inbox, and drops it.
func (s Server) Direct() bool { return s.Software == "discourse" }
