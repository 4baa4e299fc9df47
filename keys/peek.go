// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"net/http"

	"plenum/coop"
)

// PeekHost returns the host of the key that a request names, with its port where it
// has one, in lower case; empty where it names none that can be read, which is for
// Read to refuse. It looks at nothing but the header and proves nothing: a host
// that we want nothing from can be turned away by it before the body is read.
func PeekHost(r *http.Request) string {
	if len(r.Header.Values("Signature-Input")) > 0 {
		in, err := parseInput(r.Header)
		if err != nil {
			return ""
		}
		return coop.HostOf(coop.IRI(in.keyID))
	}
	text, err := signature(r.Header, "Signature")
	if err != nil {
		return ""
	}
	p, err := parseSignature(text)
	if err != nil {
		return ""
	}
	return coop.HostOf(coop.IRI(p.keyID))
}
