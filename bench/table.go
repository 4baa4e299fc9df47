// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"io"
)

// row is a figure with what came of it, round by round.
type row struct {
	figure
	ours, bare []outcome
}

// printTable prints medians; the ratio is the median of the rounds' ratios, since
// the two halves of a round share what else the machine does. Where they do not,
// the ratio with a star is steadier. Of what must not happen at all it prints the
// sum, of memory the largest.
func printTable(w io.Writer, rows []row) {
	fmt.Fprintf(w, "\n%-48s %26s %8s %22s %13s %17s %21s %18s %14s\n", "", "POSTs/s from the first", "bare", "", "CPU-ms/POST",
		"ms from the 201", "", "machine   others", "RssAnon MiB")
	fmt.Fprintf(w, "%-48s %8s %8s %8s %8s %6s %7s %7s %6s %6s %8s %8s %6s %7s %6s %7s %10s %7s %6s\n", "medians of the rounds", "201", "request", "arrival", "loop",
		"ratio", "goal", "ratio*", "ours", "bare", "p50", "p99", "again", "missing", "stray", "busy", "ours/bare", "above", "peak")
	for _, r := range rows {
		if len(r.ours) > 0 {
			r.print(w)
		}
	}
	fmt.Fprint(w, notes)
}

const notes = `
Of Plenum and the bare loop in turns, each time a new process; Plenum's with a fresh copy of its data. 1,000 followers
came by signed Follows, 50,000 were put into the database. Rates end with the last arrival and begin as the column says;
goals are for those from the first 201, beside a loop that is counted from its first signature. The fourth figure has
the loop of the second, whose servers take no time. ratio*: each rate divided by the share of the machine that others left.
`

func (r row) print(w io.Writer) {
	ours := func(f func(outcome) float64) float64 { return median(each(r.ours, f)) }
	bare := func(f func(outcome) float64) float64 { return median(each(r.bare, f)) }
	rate := func(o outcome) float64 { return o.fromAnswer }
	cpu := func(o outcome) float64 { return o.cpu }
	others := func(o outcome) float64 { return 100 * o.others }
	var again, missing, stray int
	var above, peak float64
	ratios, left := make([]float64, len(r.ours)), make([]float64, len(r.ours))
	for i, o := range r.ours {
		again, missing, stray = again+o.again, missing+o.missing, stray+o.stray
		above, peak = max(above, o.peak-o.idle), max(peak, o.peak)
		ratios[i] = 100 * o.fromAnswer / r.bare[i].fromAnswer
		left[i] = ratios[i] * (1 - r.bare[i].others) / (1 - o.others)
	}
	fmt.Fprintf(w, "%-48s %8.0f %8.0f %8.0f %8.0f %4.0f %% %7s %5.0f %% %6.2f %6.2f %8.0f %8.0f %6d %7d %6d %5.0f %% %8s %% %7.1f %6.1f\n", r.title,
		ours(rate), ours(func(o outcome) float64 { return o.fromRequest }), ours(func(o outcome) float64 { return o.fromArrival }), bare(rate),
		median(ratios), goal(median(ratios) >= r.goal, fmt.Sprintf(">=%.0f", r.goal)), median(left), ours(cpu), bare(cpu),
		ours(func(o outcome) float64 { return o.p50 }), ours(func(o outcome) float64 { return o.p99 }), again, missing, stray,
		100*ours(func(o outcome) float64 { return o.busy }), fmt.Sprintf("%.0f/%.0f", ours(others), bare(others)), above, peak)
}

// goal is a goal, and a mark where it was missed.
func goal(met bool, what string) string {
	if met {
		return what
	}
	return "!" + what
}
