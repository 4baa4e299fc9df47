// SPDX-License-Identifier: AGPL-3.0-or-later

package content

import (
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

const (
	maxURL   = 2048 // bytes of an address that is linked
	maxDepth = 32   // elements inside each other
)

// Sanitise leaves of foreign HTML what every server of the fediverse shows: p
// br a strong em u s del b i ul ol li blockquote pre code h2 h3 h4, links to
// https, http and mailto, and the classes by which mentions and hashtags are
// known. What it returns is balanced and validly nested, so that it cannot
// reach out of the element that it is put into, and sanitising it again
// changes nothing. Pictures go: showing them would tell their server who reads.
func Sanitise(s string) string {
	return tidy(policy().Sanitize(strings.ToValidUTF8(s, "\uFFFD")))
}

// aliases are the elements that are kept under another name.
var aliases = map[string]string{
	"h1": "h2", "h5": "h4", "h6": "h4", "strike": "s",
	"div": "p", "section": "p", "article": "p", "header": "p", "footer": "p", "main": "p", "aside": "p", "address": "p",
	"figure": "p", "figcaption": "p", "dt": "p", "dd": "p", "tr": "p", "caption": "p", "summary": "p", "center": "p",
}

// hidden are the elements whose content goes with them; bluemonday adds script,
// style and what embeds.
var hidden = []string{"svg", "math", "template", "textarea", "select", "button", "audio", "video", "canvas", "dialog", "form", "applet", "portal"}

// policy is the first of the two passes. It decides what is dangerous; tidy,
// the second, decides how what is left is written.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	for name := range kinds {
		p.AllowElements(name)
	}
	for name := range aliases {
		p.AllowElements(name)
	}
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("class").OnElements("a", "span")
	p.RequireParseableURLs(true)
	p.AllowURLSchemes("https", "http", "mailto")
	p.SkipElementsContent(hidden...)
	return p
})

// classes are those that other servers' styles and ours know.
var classes = []string{"mention", "hashtag", "h-card", "u-url", "invisible", "ellipsis"}

// linkTag returns the start tag of a link, its attributes in the order in which
// parsers write them; ok is false where its address is
// none that we link.
func linkTag(attrs []html.Attribute) (tag string, ok bool) {
	href, ok := address(attribute(attrs, "href"))
	if !ok {
		return "", false
	}
	return `<a` + classAttr(attrs) + ` href="` + escapeAttr.Replace(href) + `" rel="nofollow noopener noreferrer">`, true
}

// address returns href as it is written: with a host where it is a web
// address, and without a user, which serves to pass off one host as another.
func address(href string) (string, bool) {
	if len(href) > maxURL || strings.ContainsFunc(href, dropped) {
		return "", false
	}
	u, err := url.Parse(href)
	if err != nil {
		return "", false
	}
	switch u.Scheme {
	case "https", "http":
		return href, u.Hostname() != "" && u.User == nil
	case "mailto":
		return href, strings.Contains(u.Opaque, "@")
	}
	return "", false
}

// classAttr is the class attribute with the names that are known, or nothing.
func classAttr(attrs []html.Attribute) string {
	var kept []string
	for c := range strings.FieldsSeq(attribute(attrs, "class")) {
		if slices.Contains(classes, c) && !slices.Contains(kept, c) {
			kept = append(kept, c)
		}
	}
	if kept == nil {
		return ""
	}
	return ` class="` + strings.Join(kept, " ") + `"`
}

func attribute(attrs []html.Attribute, name string) string {
	for _, a := range attrs {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

var (
	escapeText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	escapeAttr = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")
)
