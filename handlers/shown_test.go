// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"plenum/coop"
)

// proposed submits something in a co-op in which two have to agree, and returns the
// page where it is decided about.
func (p *plenum) proposed(body string) string {
	p.t.Helper()
	at := p.ctl(http.MethodPost, "/control/coops/alpha/outbox", body, http.StatusAccepted, nil).Header().Get("Location")
	return "/desk/alpha/proposals/" + at[strings.LastIndex(at, "/")+1:]
}

// asks is what a page says that somebody is asked to agree to.
func (a answer) asks() string {
	m := regexp.MustCompile(`(?s)<dl class="asks">.*</dl>`).FindString(a.Body.String())
	return html.UnescapeString(m)
}

// Whoever decides reads what would be published: not what stands in the submission
// beside it and looks as if it were.
func TestWhoeverDecidesReadsWhatWouldBePublished(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("paul", coop.Publisher)
	admin := p.member("anna", coop.Admin)
	admin.look("/members/alpha")
	admin.act("/members/alpha/two-people", url.Values{"two": {"yes"}})
	for what, body := range map[string]string{
		"an object beside the object": `{"type":"Note","content":"<p>Bitter words</p>","object":{"type":"Note","content":"<p>Sweet words</p>"}}`,
		"a source that is not read":   `{"type":"Note","content":"<p>Bitter words</p>","source":{"mediaType":"text/x.misskeymarkdown","content":"Sweet words"}}`,
		"text by language":            `{"type":"Note","contentMap":{"en":"<p>Bitter words</p>"},"summary":"Sweet words","name":"x"}`,
		"markup that is not kept":     `{"type":"Note","content":"<p>Bitter words</p><script>Sweet words</script>"}`,
	} {
		if got := b.look(p.proposed(body)).asks(); !strings.Contains(got, "Bitter words") || what != "text by language" && strings.Contains(got, "Sweet words") {
			t.Errorf("%s: the page says\n%s", what, got)
		}
	}
	got := b.look(p.proposed(`{"type":"Create","to":"https://events.example/ap/coops/alpha/followers","object":{"type":"Event","name":"Assembly","content":"<p>Of all</p>",
		"startTime":"2030-05-01T19:00","timezone":"Europe/Berlin","location":{"type":"Place","name":"The barn"},"attachment":[{"type":"Link","href":"https://x.example/a","name":"A link"}]}}`)).asks()
	for _, want := range []string{"Assembly", "2030-05-01 19:00", "Europe/Berlin", "The barn", "https://x.example/a", "The followers", "Of all"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not say %q\n%s", want, got)
		}
	}
}

// Of a post that is known they read what changes, and of a proposal that nothing can
// come of why that is so.
func TestWhoeverDecidesReadsWhatChanges(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	b := p.member("paul", coop.Publisher)
	p.ctl(http.MethodPost, "/control/coops/alpha/outbox", `{"type":"Article","name":"What we learned","summary":"Much","content":"<p>A lot</p>"}`, http.StatusCreated, nil)
	post := p.postOf(coop.Published)
	admin := p.member("anna", coop.Admin)
	admin.look("/members/alpha")
	admin.act("/members/alpha/two-people", url.Values{"two": {"yes"}})
	at := p.proposed(`{"type":"Update","object":{"id":"` + string(site.Object(post.Kind, post.ID)) + `","type":"Article","name":"What we forgot"}}`)
	got := b.look(at).asks()
	if !strings.Contains(got, "What we forgot") || strings.Contains(got, "A lot") {
		t.Errorf("the page says\n%s", got)
	}
	remove := p.proposed(`{"type":"Delete","object":"` + string(site.Object(post.Kind, post.ID)) + `"}`)
	if got := b.look(remove).want(http.StatusOK).asks(); got != "" {
		t.Errorf("a Delete says %s", got)
	}
	b.act(remove, url.Values{"accept": {"yes"}}).leads("/desk/alpha?done=agreed")
	b.look(at).want(http.StatusOK).says("This post has been deleted")
	b.act(at, url.Values{"accept": {"no"}}).leads("/desk/alpha?done=rejected")
	b.look(at).want(http.StatusOK).says("paul turned it down")
}
