// SPDX-License-Identifier: AGPL-3.0-or-later

// Package content turns what people wrote into what may be shown: Markdown and
// foreign HTML into a small, balanced subset of HTML, HTML into plain text, an
// event into a poster, an uploaded picture into one that carries nothing but
// its pixels.
//
// It is called once, on the way in: what it returns is what is stored, served
// and sent. It does no I/O, keeps no state, and knows nothing of ActivityPub,
// of the store or of HTTP. It alone imports goldmark, bluemonday and x/image.
// The same input gives the same output, byte for byte or pixel for pixel.
package content
