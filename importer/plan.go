// SPDX-License-Identifier: AGPL-3.0-or-later

package importer

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"

	"plenum/coop"
)

// maxRule is how long a rule may be; real ones have a tenth of it.
const maxRule = 300

// maxOwners is how many co-ops a file can name.
const maxOwners = 20

// plan checks who may read a post, when it is published and who else it belongs to.
func (p *parser) plan(out *File, f front) {
	out.Visibility = f.Visibility
	if !slices.Contains([]string{"", Public, Unlisted, Followers}, f.Visibility) {
		p.wrong("visibility", "%.40q is none: there are public, unlisted (who has its address reads it) and followers", f.Visibility)
	}
	out.PublishAt = p.moment("publish_at", f.PublishAt, f.Timezone)
	for _, o := range f.Owners {
		if o == "" || !oneLine(o) || strings.Contains(o, " ") || len(o) > 2048 {
			p.wrong("owners", "%.80q is no name of a co-op, write %s", o, examples["owners"])
		}
	}
	if len(f.Owners) > maxOwners {
		p.wrong("owners", "there are %d, and %d are possible", len(f.Owners), maxOwners)
	}
	out.Owners = f.Owners
}

// moment reads a moment: with an offset, or as the clocks say in the zone. The zero
// time is none.
func (p *parser) moment(key string, v any, zone string) time.Time {
	switch v := v.(type) {
	case nil:
		return time.Time{}
	case time.Time:
		return p.known(key, v)
	case toml.LocalDateTime:
		if zone == "" {
			p.wrong(key, "it says neither its offset nor, with timezone, where clocks show that, write %s", examples[key])
			return time.Time{}
		}
		w, ok := p.wall(key, v)
		loc, err := time.LoadLocation(zone)
		if !ok || err != nil { // the zone is told of elsewhere, but in reports
			if ok {
				p.wrong("timezone", "%.60q is no IANA time zone, write %s", zone, examples["timezone"])
			}
			return time.Time{}
		}
		at, err := w.In(loc)
		if err != nil {
			p.wrong(key, "%s", err)
			return time.Time{}
		}
		return p.known(key, at)
	}
	p.wrong(key, "it is a date and a time, write %s", examples[key])
	return time.Time{}
}

// known refuses moments that no clock of ours shows.
func (p *parser) known(key string, t time.Time) time.Time {
	t = t.UTC()
	if t.Year() < 1970 || t.Year() > 9999 || t.Nanosecond() != 0 {
		p.wrong(key, "it is a moment from 1970 on, in whole seconds, write %s", examples[key])
		return time.Time{}
	}
	return t
}

// again checks what is said of an event that is held again and again, and of how
// many came. Whether a rule makes sense, the server says.
func (p *parser) again(out *File, f front) {
	out.Repeat = strings.TrimPrefix(f.Repeat, "RRULE:")
	if !oneLine(out.Repeat) || utf8.RuneCountInString(out.Repeat) > maxRule || out.Repeat != "" && !strings.Contains(out.Repeat, "FREQ=") {
		p.wrong("repeat", "%.80q is no rule of RFC 5545, write %s", f.Repeat, examples["repeat"])
	}
	if f.Ahead != nil {
		out.Ahead = *f.Ahead
		switch {
		case f.Repeat == "":
			p.wrong("ahead", "only what is held again and again is published some days ahead, write %s", examples["repeat"])
		case out.Ahead < 1 || out.Ahead > coop.MaxAhead:
			p.wrong("ahead", "it is a number of days, 1 to %d", coop.MaxAhead)
		}
	}
	if f.Attendance != nil {
		out.Attendance = *f.Attendance
		if out.Attendance < 1 || out.Attendance > maxCapacity {
			p.wrong("attendance", "it is how many came, 1 to %d; leave it out where nobody counted", maxCapacity)
		}
	}
}

// slugs checks a list of posts.
func (p *parser) slugs(key string, list []string) []string {
	for _, s := range list {
		if _, ok := coop.ParseSlug(s); !ok {
			p.wrong(key, "%.80q is no slug of a post%s", s, hint(key))
		}
	}
	if len(list) > coop.MaxLinks {
		p.wrong(key, "there are %d, and %d are possible", len(list), coop.MaxLinks)
	}
	return list
}
