// SPDX-License-Identifier: AGPL-3.0-or-later

// Package feed writes posts as feeds: iCalendar. It is a pure function of what
// it is given; it does no I/O and knows nothing of HTTP or of the store.
package feed
