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

// boxRow is a kind of activity with what came of it, round by round.
type boxRow struct {
	kind
	ours, bare []boxOutcome
}

// printBoxes prints medians, and the median of the rounds' ratios; of memory the
// largest.
func printBoxes(w io.Writer, rows []boxRow, conns int) {
	fmt.Fprintf(w, "\n%-30s %26s %8s %8s %15s %16s %16s %24s %8s %11s\n", "", "requests/s", "", "of both", "CPU-ms/request", "ms, ours", "ms, bare", "bbolt alone", "RssAnon", "others")
	fmt.Fprintf(w, "%-30s %8s %8s %8s %8s %8s %7s %7s %7s %8s %7s %8s %8s %7s %7s %8s %11s\n", "medians of the rounds", "ours", "bare", "ratio", "goal", "in turn",
		"ours", "bare", "p50", "p99", "p50", "p99", "ops/s", "puts", "bytes", "MiB", "ours/bare")
	for _, r := range rows {
		r.print(w)
	}
	fmt.Fprintf(w, boxNotes, conns)
}

const boxNotes = `
The same requests, signed beforehand, over %d connections: to Plenum, with a fresh copy of its data and every key known
but those of unknown actors (and in memory, but for those heard of first since the start), and to a bare Echo handler that verifies them with the same keys, parses them and stores
nothing. Plenum was killed when the last was answered; each that was answered 202 was in the file, and the file sound.
bbolt alone: its own Batch, as many keys and bytes for each operation as the file grew by, from as many goroutines.
Of both in turn: of the rate at which requests were taken by the bare handler and then stored by bbolt alone, one after another.
`

func (r boxRow) print(w io.Writer) {
	ours := func(f func(boxOutcome) float64) float64 { return median(each(r.ours, f)) }
	bare := func(f func(boxOutcome) float64) float64 { return median(each(r.bare, f)) }
	rate := func(o boxOutcome) float64 { return o.rate }
	cpu := func(o boxOutcome) float64 { return o.cpu }
	p50 := func(o boxOutcome) float64 { return o.p50 }
	p99 := func(o boxOutcome) float64 { return o.p99 }
	others := func(o boxOutcome) float64 { return 100 * o.others }
	peak := 0.0
	for _, o := range r.ours {
		peak = max(peak, o.peak)
	}
	if len(r.bare) == 0 {
		fmt.Fprintf(w, "%-30s %8.0f %8s %8s %8s %8s %7.3f %7s %7.1f %8.1f %7s %8s %8s %7s %7s %8.1f %11.0f\n", r.title, ours(rate), "", "",
			goal(ours(rate) >= r.least, fmt.Sprintf(">=%.0f/s", r.least)), "", ours(cpu), "", ours(p50), ours(p99), "", "", "", "", "", peak, ours(others))
		return
	}
	ratios, both := make([]float64, len(r.ours)), make([]float64, len(r.ours))
	for i, o := range r.ours {
		ratios[i] = 100 * o.rate / r.bare[i].rate
		both[i] = 100 * o.rate * (1/r.bare[i].rate + 1/o.batches)
	}
	aim := ""
	if r.goal > 0 {
		aim = goal(median(ratios) >= r.goal, fmt.Sprintf(">=%.0f", r.goal))
	}
	fmt.Fprintf(w, "%-30s %8.0f %8.0f %6.0f %% %8s %6.0f %% %7.3f %7.3f %7.1f %8.1f %7.1f %8.1f %8.0f %7d %7d %8.1f %11s\n", r.title, ours(rate), bare(rate), median(ratios), aim, median(both),
		ours(cpu), bare(cpu), ours(p50), ours(p99), bare(p50), bare(p99), ours(func(o boxOutcome) float64 { return o.batches }),
		r.ours[0].each.keys, r.ours[0].each.bytes, peak, fmt.Sprintf("%.0f/%.0f", ours(others), bare(others)))
}

// printAttack prints each round and the medians.
func printAttack(w io.Writer, rows []attackRow) {
	fmt.Fprintf(w, "\n%-6s %15s %18s %15s %14s %8s %8s %14s %9s %26s %6s\n", "", "ms without", "beside another's", "with the attack", "p99 to that", "bad", "large", "RssAnon MiB", "one core", "fetches", "slow")
	fmt.Fprintf(w, "%-6s %7s %7s %9s %8s %7s %7s %7s %6s %8s %8s %7s %6s %9s %8s %8s %8s %6s %7s\n", "round", "p50", "p99", "p50", "p99", "p50", "p99", "beside", "calm", "answers", "answers",
		"idle", "peak", "%", "all", "an actor", "a host", "held", "others")
	var ratios, calms []float64
	for i, r := range rows {
		ratio, calm := r.busy.quantile(0.99)/r.beside.quantile(0.99), r.busy.quantile(0.99)/r.calm.quantile(0.99)
		ratios, calms = append(ratios, ratio), append(calms, calm)
		all, ofOne, ofHost := fetches(r.asked)
		fmt.Fprintf(w, "%-6d %7.1f %7.1f %9.1f %8.1f %7.1f %7.1f %7.2f %6.2f %8d %8d %7.1f %6.1f %9.0f %8d %8s %8s %6d %5.0f %%\n", i+1, r.calm.quantile(0.5), r.calm.quantile(0.99),
			r.beside.quantile(0.5), r.beside.quantile(0.99), r.busy.quantile(0.5), r.busy.quantile(0.99), ratio, calm, len(r.bad.took), len(r.large.took), r.idle, r.peak, 100*r.cpu,
			all, goal(ofOne <= 2, fmt.Sprint(ofOne)), goal(ofHost <= 2*60, fmt.Sprint(ofHost)), r.slow, 100*r.others)
	}
	fmt.Fprintf(w, "medians: p99 with the attack is %.2f (%s) of that beside the same attack on another, and %.2f (%s) of that without\n",
		median(ratios), goal(median(ratios) <= 2, "<=2"), median(calms), goal(median(calms) <= 2, "<=2"))
	for i, r := range rows {
		fmt.Fprintf(w, "round %d: honest %v, %v and %v, bad %v, large %v; no answer: %d, %d, %d, %d, %d\n", i+1, r.calm.statuses, r.beside.statuses, r.busy.statuses, r.bad.statuses, r.large.statuses,
			r.calm.broken, r.beside.broken, r.busy.broken, r.bad.broken, r.large.broken)
	}
	fmt.Fprintf(w, attackNotes, honestRate, badRate, largeRate, slowConns)
}

const attackNotes = `
Honest: %d Likes a second, signed beforehand, by actors who are known; a request's time begins when it is due. The attack:
%d signatures a second that do not hold, three quarters of them in the name of actors who are known and one quarter of
unknown ones on 200 hosts, %d bodies of 30,000 addressees a second, %d connections that send or read nearly nothing; each
request from another address. The attackers run on the same cores: the second pair is what honest requests take while the
same attack is on a bare inbox of another process, that knows nobody and asks nobody. An actor is fetched when it is first heard of and once in five minutes besides, a host asked for 60 documents a minute
after a first 60.
`
