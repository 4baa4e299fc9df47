// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"strings"
	"testing"

	"plenum/coop"
)

// Sanitising makes marks longer, and plain text indents what stands in lists: neither
// makes more of a comment than is kept of one.
func TestNothingMakesACommentLongerThanIsKept(t *testing.T) {
	t.Parallel()
	for _, html := range []string{
		strings.Repeat("&", coop.MaxComment), strings.Repeat("<ul><li>", 31) + strings.Repeat("<br>y", coop.MaxComment/6),
		strings.Repeat("<blockquote>", 31) + strings.Repeat("<p>ü", coop.MaxComment/6), strings.Repeat("<a href='https://a.example/'>x", coop.MaxComment/30),
	} {
		body := commentBody(html)
		text := commentText(body)
		if len(body) > coop.MaxComment || len(text) > coop.MaxComment || body == "" || text == "" || strings.ToValidUTF8(text, "") != text {
			t.Errorf("%.40q…: %d bytes of HTML, %d of text", html, len(body), len(text))
		}
	}
}
