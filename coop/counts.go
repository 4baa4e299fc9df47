// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import "time"

// Counts are the sizes that an operator and NodeInfo want to know.
type Counts struct {
	Coops     int       // without the instance actor and without removed ones
	Posts     int       // published ones
	Followers int       // accepted ones, of all actors of ours together
	Waiting   int       // deliveries that will be tried
	OldestDue time.Time // when the first of them is due; the zero time where none waits
}

// QueueStats are the sizes of the queue of deliveries.
type QueueStats struct {
	States    map[DeliveryState]int // waiting, held and dead ones
	OldestDue time.Time             // when the first is due that is not in flight; the zero time where none is
	Resting   int                   // hosts that are given time
	Spreading int                   // documents whose followers have not all got a delivery yet
}

// Pruned counts the rows that were removed because they had served their time, by
// the table in which they stood.
type Pruned map[string]int

// Add counts rows of a table; none are not listed.
func (p Pruned) Add(table string, rows int) {
	if rows > 0 {
		p[table] += rows
	}
}

// Total is the sum of all tables.
func (p Pruned) Total() (n int) {
	for _, by := range p {
		n += by
	}
	return n
}
