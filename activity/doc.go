// SPDX-License-Identifier: AGPL-3.0-or-later

// Package activity is the ActivityStreams edge of Plenum: it turns the nouns of
// package coop into the JSON that other servers take, and the JSON that they
// send into values of its own. It does no I/O and keeps no state.
//
// It alone knows JSON-LD contexts, the shapes that the servers of the fediverse
// insist on, and github.com/go-ap/activitypub. That library is the vocabulary in
// memory; its codecs never touch bytes that came over the network or go out to
// it, because they can be made to hang, they do not escape IRIs and they lose
// members. No type of it is in an exported signature.
//
// What is sent:
//
//   - The Encode functions and Collection.JSON make whole documents with an
//     @context: an actor, the object of a post, an activity, a collection. They
//     are structs of ours written by encoding/json, so a text cannot become a
//     member. Embed takes the @context away again where a document stands inside
//     another one.
//   - Every document passes CheckOutput before it is returned: one object, no
//     member twice, nothing null, neither bto nor bcc.
//   - What an author wrote as plain text is escaped where it becomes HTML, and
//     loses its angle brackets where peers disagree whether it is HTML. Bodies
//     are sanitised HTML before they come here.
//
// What is received is checked as bytes first, then decoded into a closed set of
// types; each IRI in it was let in by ParseIRI.
//
// The package must not know of HTTP, of signatures, of the store or of who
// follows whom.
package activity
