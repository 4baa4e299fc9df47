// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxEmoji is the longest emoji that is kept, in bytes; a family of four takes 25.
const maxEmoji = 64

// emojiOf returns the one emoji that s is, or the :name: of a picture that stands
// for one; "" for anything else. A picture's name loses the host that Misskey and
// Pleroma put behind it.
func emojiOf(s string) string {
	if len(s) > 2 && s[0] == ':' && s[len(s)-1] == ':' {
		name, _, _ := strings.Cut(s[1:len(s)-1], "@")
		if name == "" || len(name) > maxEmoji-2 || strings.ContainsFunc(name, notInEmojiName) {
			return ""
		}
		return ":" + name + ":"
	}
	if len(s) > maxEmoji || !oneEmoji([]rune(s)) {
		return ""
	}
	return s
}

func notInEmojiName(c rune) bool {
	return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '+' || c == '.')
}

// Characters that emoji are put together with. UTS #51 §1.4.
const (
	joiner     = '\u200d'
	asEmoji    = '\ufe0f'
	asText     = '\ufe0e'
	keycap     = '\u20e3'
	firstTag   = '\U000e0020'
	lastTag    = '\U000e007f'
	firstSkin  = '\U0001f3fb'
	lastSkin   = '\U0001f3ff'
	firstLands = '\U0001f1e6'
	lastLands  = '\U0001f1ff'
)

// oneEmoji reports whether r is one emoji: one sign, a flag, a key, or several
// signs joined to one, each with what changes its looks. UTS #51 ED-15a to ED-17.
func oneEmoji(r []rune) bool {
	for {
		n := emojiElement(r)
		switch {
		case n == 0:
			return false
		case n == len(r):
			return true
		case r[n] != joiner:
			return false
		}
		r = r[n+1:]
	}
}

// emojiElement returns how many characters the emoji at the beginning of r has
// that nothing is joined to, 0 where there is none.
func emojiElement(r []rune) int {
	switch {
	case len(r) == 0:
		return 0
	case r[0] >= firstLands && r[0] <= lastLands: // two letters make a flag
		if len(r) > 1 && r[1] >= firstLands && r[1] <= lastLands {
			return 2
		}
		return 0
	case strings.ContainsRune("0123456789#*", r[0]):
		if len(r) > 1 && r[1] == keycap {
			return 2
		}
		if len(r) > 2 && r[1] == asEmoji && r[2] == keycap {
			return 3
		}
		return 0
	case !emojiBase(r[0]):
		return 0
	}
	n := 1
	if n < len(r) && (r[n] == asEmoji || r[n] == asText || r[n] >= firstSkin && r[n] <= lastSkin) {
		n++
	}
	for n < len(r) && r[n] >= firstTag && r[n] <= lastTag {
		n++
	}
	return n
}

// emojiBase reports whether an emoji can begin with c: a symbol that is no
// letter, and the few punctuation marks that have a picture.
func emojiBase(c rune) bool {
	sign := (c >= '\u2190' && c <= '\u21ff' || c >= '\u25a0' && c <= '\u25ff') && unicode.Is(unicode.Sm, c) // arrows and squares
	return c >= utf8.RuneSelf && (unicode.Is(unicode.So, c) || sign || strings.ContainsRune("‼⁉〰", c) || c >= firstSkin && c <= lastSkin)
}
