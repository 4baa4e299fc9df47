// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"context"
	"time"

	"plenum/coop"
)

// answerAge is how long a repeated request is answered as the first one was.
const answerAge = 24 * time.Hour

var answers = table[coop.Answer]{
	bucket: bAnswers,
	key:    func(a *coop.Answer) []byte { return key(a.Key) },
	index: func(a *coop.Answer) []entry {
		return []entry{{bAnswerAges, cat(timeKey(a.At), []byte(a.Key)), nil}}
	},
}

// Answer returns what the request with this key was answered within the last day.
func (db *DB) Answer(ctx context.Context, k string) (a coop.Answer, ok bool, err error) {
	err = db.view(ctx, "store.Answer", func(t *tx) error {
		if row := fresh(t, k); row != nil {
			a, ok = *row, true
		}
		return nil
	})
	return a, ok, err
}

// KeepAnswer keeps what a request was answered that changed nothing. The first
// answer under a key stays.
func (db *DB) KeepAnswer(ctx context.Context, a coop.Answer) error {
	return db.write(ctx, "store.KeepAnswer", func(t *tx) error {
		if prior, err := answered(t, a); prior != nil || err != nil {
			return err
		}
		remember(t, a)
		return nil
	})
}

func fresh(t *tx, k string) *coop.Answer {
	row := answers.get(t, key(k))
	if row == nil || t.now.Sub(row.At) >= answerAge {
		return nil
	}
	return row
}

// answered returns what the same request was answered before, and a Conflict for
// another request under the same key.
func answered(t *tx, a coop.Answer) (*coop.Answer, error) {
	if a.Key == "" {
		return nil, nil
	}
	row := fresh(t, a.Key)
	if row != nil && !bytes.Equal(row.Digest, a.Digest) {
		return nil, coop.Fail(coop.Conflict, "", "this Idempotency-Key was used for another request")
	}
	return row, nil
}

func remember(t *tx, a coop.Answer) {
	if a.Key == "" {
		return
	}
	if a.At.IsZero() {
		a.At = t.now
	}
	answers.put(t, &a)
}
