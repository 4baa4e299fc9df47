// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"html"
	"strings"

	"plenum/coop"
)

// factsOf says of each event that a report is about what it was, when and where, and
// how many came. It stands before what the author wrote.
func factsOf(s coop.Site, p coop.Post, events []coop.Post) string {
	var b strings.Builder
	for _, e := range events {
		b.WriteString("<p>" + anchor(s.Page(e.Coop, e.Slug), line(e.Headline()), "") + "<br>" + html.EscapeString(line(e.Facts(p.Language))) + "</p>")
	}
	return b.String()
}
