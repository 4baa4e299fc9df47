// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import (
	"fmt"
	"io"
	"time"
)

// ID is a time-ordered identifier of 26 characters (a ULID: 48 bits of
// milliseconds, 80 random bits, Crockford's base 32, upper case). The order of
// ids as strings is the order in which they were made, to the millisecond.
type ID string

// Newest comes behind all ids that are ever made: what is before it is the newest.
const Newest ID = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewID makes an id for the moment now from ten bytes of random. It fails only
// when random does, or when now is before 1970.
func NewID(now time.Time, random io.Reader) (ID, error) {
	ms := now.UnixMilli()
	if ms < 0 || ms >= 1<<48 {
		return "", fmt.Errorf("coop: no id can be made for the year %d", now.Year())
	}
	var b [16]byte
	for i := range 6 {
		b[i] = byte(ms >> (8 * (5 - i)))
	}
	if _, err := io.ReadFull(random, b[6:]); err != nil {
		return "", fmt.Errorf("coop: make an id: %w", err)
	}
	var out [26]byte
	// 128 bits in 26 characters of five bits: the first holds three.
	var acc uint32
	bits, n := 2, 0 // two leading zero bits make it 130
	for _, x := range b {
		acc = acc<<8 | uint32(x)
		bits += 8
		for bits >= 5 {
			bits -= 5
			out[n] = crockford[acc>>bits&31]
			n++
		}
	}
	return ID(out[:]), nil
}

// ParseID takes what stands in a path of ours and returns it as an ID; ok is
// false for anything that NewID cannot have made.
func ParseID(s string) (id ID, ok bool) {
	if len(s) != 26 || s[0] > '7' {
		return "", false
	}
	for i := range len(s) {
		c := s[i]
		digit := c >= '0' && c <= '9'
		letter := c >= 'A' && c <= 'Z' && c != 'I' && c != 'L' && c != 'O' && c != 'U'
		if !digit && !letter {
			return "", false
		}
	}
	return ID(s), true
}

// Time returns the moment for which the id was made, in milliseconds; the zero
// time for an id that NewID did not make.
func (id ID) Time() time.Time {
	if _, ok := ParseID(string(id)); !ok {
		return time.Time{}
	}
	var ms int64
	for i := range 10 {
		c := id[i]
		for v := range 32 {
			if crockford[v] == c {
				ms = ms<<5 | int64(v)
			}
		}
	}
	return time.UnixMilli(ms).UTC()
}

// Stamp is the one way a moment becomes part of a row or a document: UTC, whole
// seconds, no monotonic reading.
func Stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
