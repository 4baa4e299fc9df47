// SPDX-License-Identifier: AGPL-3.0-or-later

package coop

import (
	"errors"
	"time"
)

// Code says what kind of failure an Error is; handlers turn it into a status.
type Code string

// The codes. What each means to a peer stands in docs/architecture.md.
const (
	Invalid      Code = "invalid"      // the document or argument is wrong; do not retry
	Unauthorized Code = "unauthorized" // signature or token missing or wrong
	Forbidden    Code = "forbidden"    // proven, but not yours to do
	NotFound     Code = "not-found"    // never was
	Gone         Code = "gone"         // was, and has been deleted
	Conflict     Code = "conflict"     // exists already, or changed meanwhile
	TooLarge     Code = "too-large"
	Unsupported  Code = "unsupported" // content type or method that we do not take
	RateLimited  Code = "rate-limited"
	Unavailable  Code = "unavailable" // ours or a peer's, for the moment
	Internal     Code = "internal"    // anything else; no detail leaves the process
)

// Error is what a package of Plenum returns when its caller can act on the
// reason.
type Error struct {
	Code   Code
	Op     string        // the operation, as in "store.Publish"; for the log
	Msg    string        // a sentence for strangers: what happened and what to do
	Member string        // the member of the document or the field that is at fault; empty where none is
	Retry  time.Duration // how long to wait before trying again; 0 where trying again is of no use
	Err    error         // the cause, for the log only
}

// Error gives the operation, the sentence and the cause, for logs.
func (e *Error) Error() string {
	s := e.Msg
	if s == "" {
		s = string(e.Code)
	}
	if e.Op != "" {
		s = e.Op + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the first Error in err's chain, Internal for any
// other error, and the empty code for nil: foreign errors say nothing to strangers.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// Fail makes an Error with a code and a sentence.
func Fail(code Code, op, msg string) *Error { return &Error{Code: code, Op: op, Msg: msg} }

// Wrong makes an Invalid error that names the member at fault.
func Wrong(member, msg string) *Error { return &Error{Code: Invalid, Member: member, Msg: msg} }
