// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import "sync"

// decoded keeps what was read of rows that are needed again and again: those of
// co-ops, and of posts that are replied to. What it knows is compared with the stored
// row each time, so that it is never out of date: to decode a row for each Like costs
// more than to store the Like. What it returns shares its slices with what it keeps:
// they are not to be changed.
type decoded[T any] struct {
	mu   sync.Mutex
	rows map[string]decodedRow[T]
	size int
}

type decodedRow[T any] struct {
	data string
	row  T
}

// maxDecoded is how many bytes of rows are kept for comparison.
const maxDecoded = 4 << 20

func (d *decoded[T]) read(id string, data []byte, decode func(data []byte, row any) error) (row T, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old, ok := d.rows[id]
	if ok && old.data == string(data) {
		return old.row, nil
	}
	if err := decode(data, &row); err != nil {
		return row, err
	}
	if d.rows == nil || d.size+len(data) > maxDecoded {
		d.rows, d.size, old.data = map[string]decodedRow[T]{}, 0, ""
	}
	d.rows[id] = decodedRow[T]{string(data), row}
	d.size += len(data) - len(old.data)
	return row, nil
}
