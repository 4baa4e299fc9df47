// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"encoding/binary"
	"strings"
	"time"

	"plenum/coop"
)

// The encodings of keys. Parts are separated by a zero byte, which no name, IRI,
// slug or id can hold; times are big-endian, so that the order of keys is the
// order of times. A part or a time that cannot stand in a key gives the nil key,
// which tx.put refuses and under which tx.get finds nothing.

const (
	timeLen = 12   // eight bytes of seconds, four of nanoseconds
	maxKey  = 8192 // four IRIs of the greatest length; bbolt takes 32768
)

// key joins parts to the key of one row.
func key[S ~string](parts ...S) []byte {
	k := prefix(parts...)
	if k == nil {
		return nil
	}
	return k[:len(k)-1]
}

// prefix is what all keys that begin with these parts, and no others, begin with.
func prefix[S ~string](parts ...S) []byte {
	var k []byte
	for _, p := range parts {
		if p == "" || strings.IndexByte(string(p), 0) >= 0 {
			return nil
		}
		k = append(append(k, p...), 0)
	}
	if len(k) > maxKey {
		return nil
	}
	return k
}

// cat puts pieces of a key behind each other; a nil piece makes the whole nil.
func cat(pieces ...[]byte) []byte {
	var k []byte
	for _, p := range pieces {
		if p == nil {
			return nil
		}
		k = append(k, p...)
	}
	return k
}

// timeKey encodes a moment so that byte order is time order. Moments before 1970
// have no key.
func timeKey(t time.Time) []byte {
	s := t.Unix()
	if s < 0 {
		return nil
	}
	k := binary.BigEndian.AppendUint64(make([]byte, 0, timeLen), uint64(s))
	return binary.BigEndian.AppendUint32(k, uint32(t.Nanosecond()))
}

// dueKey encodes a moment and an id: by time, then by id.
func dueKey(t time.Time, id coop.ID) []byte { return cat(timeKey(t), []byte(id)) }

// keyTime decodes the moment with which k begins.
func keyTime(k []byte) time.Time {
	if len(k) < timeLen {
		return time.Time{}
	}
	return time.Unix(int64(binary.BigEndian.Uint64(k)), int64(binary.BigEndian.Uint32(k[8:]))).UTC()
}

// number encodes a count or a turn.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// toNumber decodes what number encoded; zero for anything else.
func toNumber(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// after is the first key behind all that begin with p; nil where there is none.
func after(p []byte) []byte {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] < 0xff {
			end := append([]byte(nil), p[:i+1]...)
			end[i]++
			return end
		}
	}
	return nil
}
