// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"context"

	"plenum/coop"
)

var seriesTable = table[coop.Series]{
	bucket: bSeries,
	key:    func(r *coop.Series) []byte { return key(r.ID) },
	index: func(r *coop.Series) []entry {
		if !r.Ended.IsZero() {
			return nil
		}
		return []entry{{bSeriesCoops, cat(prefix(r.Coop), key(r.ID)), nil}}
	},
	totals: func(r *coop.Series) []string {
		if !r.Ended.IsZero() {
			return nil
		}
		return []string{seriesTotal(r.Coop)}
	},
}

func seriesTotal(n coop.Name) string { return bSeries + " " + string(n) }

// SaveSeries stores a series, new or changed, with drafts of its occurrences, each new
// or in place of the draft with its id. The same request again changes nothing.
// Beyond the bounds it is a Conflict.
func (db *DB) SaveSeries(ctx context.Context, r coop.Series, drafts []coop.Post, out coop.Outgoing) error {
	return db.write(ctx, "store.SaveSeries", func(t *tx) error {
		if prior, err := answered(t, out.Answer); prior != nil || err != nil {
			return err
		}
		if _, err := known(t, r.Coop); err != nil {
			return err
		}
		old := seriesTable.get(t, key(r.ID))
		switch {
		case old != nil && old.Coop != r.Coop:
			return coop.Fail(coop.Conflict, "", "there is a series of that id of another co-op")
		case old != nil && !old.Ended.IsZero() && r.Ended.IsZero():
			return coop.Fail(coop.Conflict, "", "a series that has ended does not begin again")
		case old == nil && t.total(seriesTotal(r.Coop)) >= t.bounds.series:
			return full("series of this co-op")
		}
		seriesTable.swap(t, old, &r)
		for _, p := range drafts {
			if p.Coop != r.Coop || p.Series != r.ID {
				return coop.Fail(coop.Invalid, "", "an occurrence belongs to its series, and to the co-op of that")
			}
			if err := saveDraft(t, p); err != nil {
				return err
			}
		}
		return send(t, out)
	})
}

// Series returns a series, whether or not it has ended. One that ended long ago is
// not kept.
func (db *DB) Series(ctx context.Context, id coop.ID) (r coop.Series, err error) {
	err = db.view(ctx, "store.Series", func(t *tx) error {
		row := seriesTable.get(t, key(id))
		if row == nil {
			return coop.Fail(coop.NotFound, "", "there is no such series")
		}
		r = *row
		return nil
	})
	return r, err
}

// SeriesOf returns the series of a co-op that have not ended, in the order in which
// they were made; of all co-ops for the empty name.
func (db *DB) SeriesOf(ctx context.Context, n coop.Name) (list []coop.Series, err error) {
	err = db.view(ctx, "store.SeriesOf", func(t *tx) error {
		p := every()
		if n != "" {
			p = prefix(n)
		}
		for k := range t.scan(bSeriesCoops, p, nil) {
			if r := seriesTable.get(t, k[len(k)-idLen:]); r != nil {
				list = append(list, *r)
			}
		}
		return nil
	})
	return list, err
}
