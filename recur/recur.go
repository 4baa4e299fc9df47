// SPDX-License-Identifier: AGPL-3.0-or-later

// Package recur says when something that is held again and again takes place.
//
// It owns the rules of RFC 5545 §3.3.10 and the library that works them out. Rules
// come from strangers to the library, which panics on some and takes seconds over
// others: nothing reaches it that was not checked here. It works on wall times, so
// that 19:00 stays 19:00 whatever the clocks do; it knows no posts.
package recur

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"plenum/coop"
)

// Bounds of a rule.
const (
	maxRule     = 200 // characters
	maxCount    = 1_000
	maxInterval = 366
	horizon     = 20 // years from the first occurrence: what comes later is not looked for
	maxSteps    = 8_000
)

// Rule says how often something is held. The zero Rule holds nothing.
type Rule struct {
	option rrule.ROption
	utc    bool // the end is a moment and no wall time
	text   string
}

// String is the rule as RFC 5545 writes it, without the word RRULE.
func (r Rule) String() string { return r.text }

// frequencies are those in which people meet.
var frequencies = map[string]rrule.Frequency{
	"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY, "YEARLY": rrule.YEARLY,
}

var weekdays = map[string]rrule.Weekday{
	"MO": rrule.MO, "TU": rrule.TU, "WE": rrule.WE, "TH": rrule.TH, "FR": rrule.FR, "SA": rrule.SA, "SU": rrule.SU,
}

// Parse reads a rule. Errors are sentences for whoever wrote it.
func Parse(s string) (Rule, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	s = strings.TrimPrefix(s, "RRULE:")
	if s == "" || len(s) > maxRule {
		return Rule{}, fmt.Errorf("a rule is like FREQ=MONTHLY;BYDAY=2WE, with at most %d characters", maxRule)
	}
	r := Rule{text: s}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(s, ";") {
		name, value, ok := strings.Cut(part, "=")
		if !ok || value == "" || seen[name] {
			return Rule{}, errors.New("a rule is made of parts like FREQ=WEEKLY, each once, with semicolons between them")
		}
		seen[name] = true
		if err := r.part(name, value); err != nil {
			return Rule{}, err
		}
	}
	return r, r.check(seen)
}

// part reads one part of a rule.
func (r *Rule) part(name, value string) (err error) {
	o := &r.option
	switch name {
	case "FREQ":
		freq, ok := frequencies[value]
		if !ok {
			return fmt.Errorf("FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, not %.20q", value)
		}
		o.Freq = freq
	case "INTERVAL":
		o.Interval, err = number(name, value, 1, maxInterval)
	case "COUNT":
		o.Count, err = number(name, value, 1, maxCount)
	case "UNTIL":
		o.Until, err = until(value)
		r.utc = strings.HasSuffix(value, "Z")
	case "WKST":
		day, ok := weekdays[value]
		if !ok {
			return fmt.Errorf("WKST is a day like MO, not %.20q", value)
		}
		o.Wkst = day
	case "BYDAY":
		o.Byweekday, err = days(value)
	case "BYMONTH":
		o.Bymonth, err = numbers(name, value, 1, 12)
	case "BYMONTHDAY":
		o.Bymonthday, err = numbers(name, value, -31, 31)
	case "BYSETPOS":
		o.Bysetpos, err = numbers(name, value, -53, 53)
	default:
		return fmt.Errorf("%.20q is no part of a rule that we know: there are FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTH, BYMONTHDAY, BYSETPOS and WKST", name)
	}
	return err
}

// check finds out what only the whole rule shows. The library panics where a weekday
// has a number that its period does not.
func (r *Rule) check(seen map[string]bool) error {
	o := r.option
	if !seen["FREQ"] {
		return errors.New("a rule says how often: FREQ=WEEKLY, for example")
	}
	if seen["COUNT"] && seen["UNTIL"] {
		return errors.New("a rule ends after COUNT occurrences or at UNTIL, not both")
	}
	for _, d := range o.Byweekday {
		most := map[rrule.Frequency]int{rrule.MONTHLY: 5, rrule.YEARLY: 53}[o.Freq]
		if o.Freq == rrule.YEARLY && len(o.Bymonth) > 0 {
			most = 5
		}
		if n := d.N(); n > most || -n > most {
			return fmt.Errorf("BYDAY counts to %d where FREQ is as here", most)
		}
	}
	if len(o.Bysetpos) > 0 && len(o.Byweekday)+len(o.Bymonth)+len(o.Bymonthday) == 0 {
		return errors.New("BYSETPOS chooses among days that another part names")
	}
	if o.Freq == rrule.WEEKLY && len(o.Bymonthday) > 0 {
		return errors.New("BYMONTHDAY has no meaning where FREQ is WEEKLY")
	}
	return nil
}

func number(name, value string, least, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most || n == 0 {
		return 0, fmt.Errorf("%s is a number from %d to %d, not %.20q", name, least, most, value)
	}
	return n, nil
}

func numbers(name, value string, least, most int) (out []int, err error) {
	for s := range strings.SplitSeq(value, ",") {
		n, err := number(name, s, least, most)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func days(value string) (out []rrule.Weekday, err error) {
	for s := range strings.SplitSeq(value, ",") {
		at := max(len(s)-2, 0)
		day, ok := weekdays[s[at:]]
		if !ok {
			return nil, fmt.Errorf("BYDAY lists days like MO, 2WE or -1FR, not %.20q", s)
		}
		if s[:at] != "" {
			n, err := number("what stands before a day in BYDAY", strings.TrimPrefix(s[:at], "+"), -53, 53)
			if err != nil {
				return nil, err
			}
			day = day.Nth(n)
		}
		out = append(out, day)
	}
	return out, nil
}

// until reads the end of a rule: a date, a wall time where the first occurrence is, or
// a moment in UTC, as calendars write it.
func until(value string) (time.Time, error) {
	for _, layout := range []string{"20060102", "20060102T150405", "20060102T150405Z"} {
		if t, err := time.Parse(layout, value); err == nil {
			if layout == "20060102" {
				t = t.Add(24*time.Hour - time.Second)
			}
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("UNTIL is a day like 20271231, not %.20q", value)
}

// After returns the next occurrences that begin after a wall time, at most n of them;
// the empty wall time stands for before the first. The first occurrence counts as one,
// whether the rule would choose its day or not. Where the clocks of its zone skip an
// occurrence, it is left out.
func (r Rule) After(first coop.When, after coop.Wall, n int) (list []coop.When, err error) {
	defer func() {
		if p := recover(); p != nil { // the library, on a rule that nobody thought of
			list, err = nil, fmt.Errorf("recur: the rule %s cannot be worked out: %v", r.text, p)
		}
	}()
	start, err := first.Start.In(time.UTC)
	if err != nil || r.text == "" {
		return nil, err
	}
	var length time.Duration
	if first.End != "" {
		end, err := first.End.In(time.UTC)
		if err != nil {
			return nil, err
		}
		length = end.Sub(start)
	}
	o := r.option
	o.Dtstart = start
	if r.utc {
		if o.Until, err = coop.WallOf(o.Until.In(first.Location())).In(time.UTC); err != nil {
			return nil, err
		}
	}
	last := start.AddDate(horizon, 0, 0)
	if o.Until.IsZero() || o.Until.After(last) {
		o.Until = last
	}
	rule, err := rrule.NewRRule(o)
	if err != nil {
		return nil, fmt.Errorf("recur: the rule %s: %w", r.text, err)
	}
	add := func(t time.Time) {
		w := at(first, t, length)
		if (after == "" || w.Start > after) && w.Check() == nil && !slices.Contains(list, w) && len(list) < n {
			list = append(list, w)
		}
	}
	next, made := rule.Iterator(), 0
	for range maxSteps {
		t, ok := next()
		if made == 0 && (!ok || !t.Equal(start)) {
			add(start)
			made++
		}
		if !ok || len(list) == n || o.Count > 0 && made >= o.Count {
			return list, nil
		}
		add(t)
		made++
	}
	return list, nil
}

// OnDay is w as it is on the day of another wall time: with the same hours, and as
// long.
func OnDay(w coop.When, day coop.Wall) coop.When {
	start, err := w.Start.In(time.UTC)
	if err != nil {
		return w
	}
	var length time.Duration
	if end, err := w.End.In(time.UTC); err == nil && w.End != "" {
		length = end.Sub(start)
	}
	to, err := coop.Wall(day.Date()).In(time.UTC)
	if err != nil {
		return w
	}
	from, err := coop.Wall(w.Start.Date()).In(time.UTC)
	if err != nil {
		return w
	}
	return at(w, to.Add(start.Sub(from)), length)
}

// at is first as it is when it begins at t.
func at(first coop.When, t time.Time, length time.Duration) coop.When {
	write := coop.WallOf
	if first.AllDay {
		write = func(t time.Time) coop.Wall { return coop.Wall(t.Format(time.DateOnly)) }
	}
	w := first
	w.Start = write(t)
	if first.End != "" {
		w.End = write(t.Add(length))
	}
	return w
}
