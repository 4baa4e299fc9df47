// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import "context"

// Flush calls then when all that waited for KeepMail until now has been done.
func (s *Service) Flush(then func()) {
	s.later(func(context.Context) error {
		then()
		return nil
	})
}

// Gate is what lets in a few at a time who have a password compared.
func Gate() func(context.Context) (leave func(), err error) { return new(gate).enter }

// What tests look at from within.
var (
	Redirectable = redirectable
	Line         = line
	Fits         = fits
)
