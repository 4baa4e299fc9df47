// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"plenum/federation"
)

const (
	activityJSON = "application/activity+json"
	htmlUTF8     = "text/html; charset=utf-8"
)

// weights returns how much a request wants HTML and how much ActivityStreams,
// by its Accept header. RFC 9110 §12.5.1. A wildcard counts for both; who sends
// none, or only wildcards, is a program.
func weights(r *http.Request) (html, as2 float64) {
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		t, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		q := 1.0
		if v, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(v, 64); err != nil || !(q >= 0 && q <= 1) { // NaN too
				continue
			}
		}
		switch {
		case t == "text/html" || t == "application/xhtml+xml":
			html = max(html, q)
		case t == "application/json" || federation.IsAS2(strings.TrimSpace(part)):
			as2 = max(as2, q)
		}
	}
	return html, as2
}

// names reports whether an Accept header has a word in it at all.
func names(r *http.Request, word string) bool {
	for _, v := range r.Header["Accept"] {
		if strings.Contains(strings.ToLower(v), word) {
			return true
		}
	}
	return false
}

// prefersHTML reports whether a person asks.
func prefersHTML(r *http.Request) bool {
	if !names(r, "html") { // the usual request of a program: nothing to weigh
		return false
	}
	html, as2 := weights(r)
	return html > as2
}

// prefersAS2 reports whether a program asks for ActivityStreams by name.
func prefersAS2(r *http.Request) bool {
	if !names(r, "json") { // the usual request of a browser
		return false
	}
	html, as2 := weights(r)
	return as2 > html
}

// unchanged reports whether the client has the entity already. RFC 9110 §13.1.2.
func unchanged(r *http.Request, etag string) bool {
	for v := range strings.SplitSeq(strings.Join(r.Header.Values("If-None-Match"), ","), ",") {
		v = strings.TrimPrefix(strings.TrimSpace(v), "W/")
		if v == etag || v == "*" {
			return true
		}
	}
	return false
}
