// SPDX-License-Identifier: AGPL-3.0-or-later

package federation

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"plenum/content"
	"plenum/coop"
)

// Bounds of a list that is read.
const (
	maxBlockList = 16 << 20 // bytes
	maxSkipped   = 1_000    // lines that are told of
)

// The columns of Mastodon's lists of blocked domains, which others write as well.
const (
	colDomain   = "domain"
	colSeverity = "severity"
	colComment  = "public_comment"
)

// ImportRules reads a list of blocked domains as Mastodon writes it: suspend means
// RuleRefuse, silence RuleSilence. A domain about which there is a rule keeps it:
// somebody here decided that. Lines that make no rule are reported. Who is refused
// is so at once; what is there of them is removed by and by, by KeepSwept.
func (s *Service) ImportRules(ctx context.Context, list io.Reader, d coop.Decision) (coop.Imported, error) {
	var done coop.Imported
	d, err := s.ruling(d, "rule import", "")
	if err != nil {
		return done, err
	}
	rules, skipped, err := s.readBlockList(list, d)
	done.Skipped = skipped
	if err != nil || len(rules) == 0 {
		return done, err
	}
	done.Added, err = s.Rules.ImportRules(ctx, rules, d)
	if err := errors.Join(err, s.loadRules(ctx)); err != nil { // some may be stored in spite of an error
		return done, err
	}
	done.Known = len(rules) - done.Added
	s.known.clear()
	s.book.wakeSweep()
	return done, nil
}

// readBlockList makes rules of a list.
func (s *Service) readBlockList(list io.Reader, d coop.Decision) (rules []coop.Rule, skipped []coop.Skipped, err error) {
	limited := &io.LimitedReader{R: list, N: maxBlockList + 1}
	r := csv.NewReader(limited)
	r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace, r.ReuseRecord = -1, true, true, true
	columns := map[string]int{colDomain: 0}
	seen := map[string]bool{}
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, skipped, &coop.Error{Code: coop.Invalid, Op: "federation.readBlockList", Member: "csv", Msg: "this is no list in CSV", Err: err}
		}
		if first {
			if c, ok := header(record); ok {
				columns = c
				continue
			}
		}
		line, _ := r.FieldPos(0)
		rule, why := s.readBlock(record, columns)
		if why == "" && seen[rule.Target] {
			why = "it stands there twice"
		}
		if why != "" {
			if len(skipped) < maxSkipped {
				skipped = append(skipped, coop.Skipped{Line: line, Text: content.Line(strings.Join(record, ","), 80), Why: why})
			}
			continue
		}
		seen[rule.Target] = true
		rule.By, rule.At, rule.Why = d.By, d.At, d.Why
		rules = append(rules, rule)
	}
	if limited.N <= 0 {
		return nil, skipped, coop.Fail(coop.TooLarge, "federation.readBlockList", "the list is too large")
	}
	return rules, skipped, nil
}

// header reads the first line as one that names the columns. "#" stands before
// the names in Mastodon's lists, and is missing in those of others.
func header(record []string) (columns map[string]int, ok bool) {
	columns = map[string]int{}
	for i, name := range record {
		name = strings.TrimPrefix(name, "\ufeff") // what some programs put before CSV
		columns[strings.ToLower(strings.TrimPrefix(strings.TrimSpace(name), "#"))] = i
	}
	_, ok = columns[colDomain]
	return columns, ok
}

// readBlock makes a rule of one line, or says why it does not.
func (s *Service) readBlock(record []string, columns map[string]int) (r coop.Rule, why string) {
	cell := func(name string) string {
		if i, ok := columns[name]; ok && i < len(record) {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	domain := strings.TrimPrefix(cell(colDomain), "\ufeff")
	switch severity := strings.ToLower(cell(colSeverity)); severity {
	case "", "suspend": // a list without severities is one of what to refuse, as Mastodon reads it
		r.Level = coop.RuleRefuse
	case "silence":
		r.Level = coop.RuleSilence
	case "noop":
		return r, "noop asks for nothing that is done here"
	default:
		return r, "this severity is not known here"
	}
	if strings.Contains(domain, "*") {
		return r, "the name is hidden in part: whoever publishes the list knows it"
	}
	var err error
	if r.Target, err = s.domainTarget(domain); err != nil {
		if e, ok := errors.AsType[*coop.Error](err); ok {
			return r, e.Msg
		}
		return r, "this is no domain"
	}
	r.Public = content.Line(unquoteFormula(cell(colComment)), coop.MaxMessage)
	return r, ""
}

// ExportRules writes the rules about domains as ImportRules reads them. Lists have
// no place for actors, nor for who is let in.
func (s *Service) ExportRules(ctx context.Context, w io.Writer) error {
	rules, err := s.Rules.Rules(ctx)
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	_ = out.Write([]string{"#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate"}) // its errors are kept for Error
	for _, r := range rules {
		severity, all := "suspend", "true"
		switch {
		case isActor(r.Target) || r.Level == coop.RuleAllow:
			continue
		case r.Level == coop.RuleSilence:
			severity, all = "silence", "false"
		}
		_ = out.Write([]string{r.Target, severity, all, all, quoteFormula(r.Public), "false"})
	}
	out.Flush()
	return out.Error()
}

// quoteFormula keeps a program for tables from computing a text of somebody's: it
// takes one with such a beginning for a formula. docs/security.md X14.
func quoteFormula(s string) string {
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

func unquoteFormula(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && quoteFormula(rest) == s {
		return rest
	}
	return s
}
