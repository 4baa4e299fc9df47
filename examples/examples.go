// SPDX-License-Identifier: AGPL-3.0-or-later

// Package examples holds the posts that the demonstration publishes: the very
// files that `plenum post` takes.
package examples

import "embed"

// Files are the post files, below 35c3/.
//
//go:embed 35c3
var Files embed.FS
