// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"io"
)

// outboxRow is a case with what came of it, round by round.
type outboxRow struct {
	outboxCase
	ours, bare []boxOutcome
}

// printOutboxes prints medians, and the median of the rounds' ratios; of memory the
// largest.
func printOutboxes(w io.Writer, rows []outboxRow) {
	fmt.Fprintf(w, "\n%-34s %5s %26s %8s %15s %16s %16s %24s %8s %11s\n", "", "", "posts/s", "of both", "CPU-ms/post", "ms, ours", "ms, bare", "bbolt alone", "RssAnon", "others")
	fmt.Fprintf(w, "%-34s %5s %8s %8s %8s %8s %7s %7s %7s %8s %7s %8s %8s %7s %7s %8s %11s\n", "medians of the rounds", "conns", "ours", "bare", "ratio",
		"in turn", "ours", "bare", "p50", "p99", "p50", "p99", "ops/s", "puts", "bytes", "MiB", "ours/bare")
	for _, r := range rows {
		r.print(w)
	}
	fmt.Fprint(w, outboxNotes)
}

func (r outboxRow) print(w io.Writer) {
	ours := func(f func(boxOutcome) float64) float64 { return median(each(r.ours, f)) }
	bare := func(f func(boxOutcome) float64) float64 { return median(each(r.bare, f)) }
	rate := func(o boxOutcome) float64 { return o.rate }
	cpu := func(o boxOutcome) float64 { return o.cpu }
	p50 := func(o boxOutcome) float64 { return o.p50 }
	p99 := func(o boxOutcome) float64 { return o.p99 }
	others := func(o boxOutcome) float64 { return 100 * o.others }
	peak := 0.0
	ratios, both := make([]float64, len(r.ours)), make([]float64, len(r.ours))
	for i, o := range r.ours {
		peak = max(peak, o.peak)
		ratios[i] = 100 * o.rate / r.bare[i].rate
		both[i] = 100 * o.rate * (1/r.bare[i].rate + 1/o.batches)
	}
	fmt.Fprintf(w, "%-34s %5d %8.0f %8.0f %6.0f %% %6.0f %% %7.3f %7.3f %7.1f %8.1f %7.1f %8.1f %8.0f %7d %7d %8.1f %11s\n", r.title, r.conns, ours(rate), bare(rate), median(ratios), median(both),
		ours(cpu), bare(cpu), ours(p50), ours(p99), bare(p50), bare(p99), ours(func(o boxOutcome) float64 { return o.batches }),
		r.ours[0].each.keys, r.ours[0].each.bytes, peak, fmt.Sprintf("%.0f/%.0f", ours(others), bare(others)))
}

const outboxNotes = `
The same reports to Plenum, with a fresh copy of its data, and to a bare Echo handler that looks up the token, parses the
post, answers with it and stores nothing. Plenum was killed when the last was answered; each that was answered 201 was in
the file, and the file sound. Deliveries go out meanwhile, on the same cores: CPU, puts and bytes hold what was done of
them until then. bbolt alone: its own Batch, as many keys and bytes for each post as the file grew by.
`
