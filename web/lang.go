// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"strconv"
	"strings"
)

// maxRanges is how many language ranges of a request are looked at.
const maxRanges = 32

// Lang chooses the language of the interface, "en" or "de", from the value of
// Accept-Language: the one with the greater weight, the earlier one of two that
// weigh the same, English where neither is asked for. RFC 9110 §12.5.4.
func Lang(acceptLanguage string) string {
	best, weight := "en", 0.0
	rest := acceptLanguage
	for n := 0; rest != "" && n < maxRanges; n++ {
		var item string
		item, rest, _ = strings.Cut(rest, ",")
		tag, params, _ := strings.Cut(item, ";")
		lang := baseOf(tag)
		if _, ok := catalogue[lang]; !ok {
			continue
		}
		if q := quality(params); q > weight {
			best, weight = lang, q
		}
	}
	return best
}

// baseOf is the primary subtag of a language tag, in lower case.
func baseOf(tag string) string {
	base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	return base
}

// quality reads the weight of a range: 1 where none is given, 0 for one that is
// no number from 0 to 1. RFC 9110 §12.4.2.
func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		name, value, ok := strings.Cut(p, "=")
		if !ok || !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || !(q >= 0 && q <= 1) {
			return 0
		}
		return q
	}
	return 1
}
