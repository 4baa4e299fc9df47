// SPDX-License-Identifier: AGPL-3.0-or-later

package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	File string // the path as it was given; empty where no file was read
	Line int    // from 1; 0 where the problem has no line, as for a key that is missing
	Key  string // "site.domain"; empty where the file is no TOML
	Msg  string // what is wrong
	Hint string // what to do; may be empty
}

// Error is the problem on one line, without the hint.
func (p Problem) Error() string {
	var s string
	switch {
	case p.File != "" && p.Line > 0:
		s = fmt.Sprintf("%s:%d: ", p.File, p.Line)
	case p.File != "":
		s = p.File + ": "
	case p.Line > 0:
		s = fmt.Sprintf("line %d: ", p.Line)
	}
	if p.Key != "" {
		s += p.Key + ": "
	}
	return s + p.Msg
}

// Problems returns every Problem in err's tree, in the order in which they were
// found: what a command prints, each with its hint.
func Problems(err error) []Problem {
	switch e := err.(type) {
	case nil:
		return nil
	case Problem:
		return []Problem{e}
	case interface{ Unwrap() []error }:
		var all []Problem
		for _, e := range e.Unwrap() {
			all = append(all, Problems(e)...)
		}
		return all
	}
	return Problems(errors.Unwrap(err))
}

// report gathers problems; nil is a report of none.
type report struct {
	list  []Problem
	fatal bool // what was read says nothing: there is no use in looking further
}

func fatal(p Problem) *report { return &report{list: []Problem{p}, fatal: true} }

func (r *report) and(more ...Problem) *report {
	if len(more) == 0 {
		return r
	}
	if r == nil {
		r = &report{}
	}
	r.list = append(r.list, more...)
	return r
}

// in returns the report as an error about a file.
func (r *report) in(file string) error {
	errs := make([]error, len(r.list))
	for i, p := range r.list {
		p.File = file
		errs[i] = p
	}
	return errors.Join(errs...)
}

func syntaxProblem(err error) Problem {
	p := Problem{Msg: "this is no TOML: " + strings.TrimPrefix(err.Error(), "toml: ")}
	if d, ok := errors.AsType[*toml.DecodeError](err); ok {
		p.Line, _ = d.Position()
		p.Key = strings.Join(d.Key(), ".")
	}
	return p
}

// typeProblem says which type a key wants, in the words of config.example.toml.
func typeProblem(err error) Problem {
	p := Problem{Msg: strings.TrimPrefix(err.Error(), "toml: ")}
	d, ok := errors.AsType[*toml.DecodeError](err)
	if !ok {
		return p
	}
	p.Line, _ = d.Position()
	p.Key = strings.Join(d.Key(), ".")
	switch kinds()[p.Key] {
	case reflect.String:
		p.Msg = `the value is not text between quotes, like "text"`
	case reflect.Bool:
		p.Msg = "the value is not true or false, without quotes"
	case reflect.Int:
		p.Msg = "the value is not a whole number, without quotes"
	case reflect.Slice:
		p.Msg = `the value is not a list of texts, like ["127.0.0.0/8"]`
	case reflect.Struct:
		p.Msg = fmt.Sprintf("this is a section: write [%s] on a line of its own", p.Key)
	}
	return p
}

func unknownProblem(d *toml.DecodeError) Problem {
	key := d.Key()
	line, _ := d.Position()
	p := Problem{Line: line, Key: strings.Join(key, "."), Msg: "there is no such key"}
	known := kinds()
	if near := nearest(key, known); near != "" {
		p.Hint = "did you mean " + near + "?"
		return p
	}
	if len(key) > 1 && known[key[0]] == reflect.Struct {
		p.Hint = fmt.Sprintf("the keys of [%s] are %s", key[0], strings.Join(keysOf(key[0]), ", "))
		return p
	}
	p.Hint = "the sections are " + strings.Join(keysOf(""), ", ")
	return p
}

// nearest returns the known key that somebody who wrote key may have meant, also
// where it is right but stands in the wrong section; empty where none is near.
func nearest(key []string, known map[string]reflect.Kind) string {
	full, last := strings.Join(key, "."), key[len(key)-1]
	best, at := "", max(2, len(last)/3)+1
	for _, section := range keysOf("") {
		candidates := []string{section}
		for _, k := range keysOf(section) {
			candidates = append(candidates, section+"."+k)
		}
		for _, k := range candidates {
			isKey := known[k] != reflect.Struct
			d := distance(full, k)
			if isKey {
				d = min(d, distance(last, k[len(section)+1:])+1) // another section costs one
			}
			if d < at {
				best, at = k, d
			}
		}
	}
	return best
}

// kinds are the sections and keys, from the tags of Config, with their types.
func kinds() map[string]reflect.Kind {
	all := map[string]reflect.Kind{}
	for section := range reflect.TypeFor[Config]().Fields() {
		name := section.Tag.Get("toml")
		all[name] = reflect.Struct
		for key := range section.Type.Fields() {
			all[name+"."+key.Tag.Get("toml")] = key.Type.Kind()
		}
	}
	return all
}

// keysOf are the keys of a section in the order of the file; of "" the sections.
func keysOf(section string) []string {
	var names []string
	for s := range reflect.TypeFor[Config]().Fields() {
		name := s.Tag.Get("toml")
		if section == "" {
			names = append(names, name)
		}
		if section != name {
			continue
		}
		for key := range s.Type.Fields() {
			names = append(names, key.Tag.Get("toml"))
		}
	}
	return names
}

// distance is how many characters must be added, dropped, replaced or swapped
// with their neighbour to make b of a.
func distance(a, b string) int {
	before, last, this := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		this[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			this[j] = min(last[j]+1, this[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				this[j] = min(this[j], before[j-2]+1)
			}
		}
		before, last, this = last, this, before
	}
	return last[len(b)]
}
