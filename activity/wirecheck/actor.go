// SPDX-License-Identifier: AGPL-3.0-or-later

package wirecheck

import (
	"regexp"
	"slices"
	"strings"
)

var username = regexp.MustCompile(`^[a-z0-9_]{1,30}$`)

func (f *findings) actor(a object) {
	id := text(a, "id")
	f.need(id != "", "id")
	f.need(username.MatchString(text(a, "preferredUsername")), "preferredUsername [a-z0-9_]{1,30}")
	key, ok := a["publicKey"].(object)
	if f.need(ok, "publicKey ONE object (Mobilizon, Gancio, Misskey)") {
		f.need(strings.HasPrefix(text(key, "id"), id+"#"), "key id = actor id + #fragment (Mobilizon)")
		f.need(text(key, "owner") == id, "publicKey.owner = actor id (Mastodon, GoToSocial)")
		f.need(strings.Contains(text(key, "publicKeyPem"), "BEGIN PUBLIC KEY"), "publicKeyPem: SPKI PEM (Lemmy)")
	}
	for _, k := range []string{"inbox", "outbox", "followers", "following", "url"} {
		f.need(isText(a[k]) && host(text(a, k)) == host(id), "%s on the actor's host (Misskey)", k)
	}
	endpoints, _ := a["endpoints"].(object)
	f.need(isText(endpoints["sharedInbox"]) && host(text(endpoints, "sharedInbox")) == host(id), "endpoints.sharedInbox on the actor's host")
	f.need(listOrAbsent(a, "attachment"), "attachment a list (Mastodon)")
}

func (f *findings) activity(a object) {
	f.need(isText(a["type"]), "type one string")
	if !f.need(isText(a["actor"]) && isText(a["id"]), "id and actor must each be ONE string (Gancio, Misskey)") {
		return
	}
	f.need(host(text(a, "id")) == host(text(a, "actor")), "activity id on the actor's host")
	_, ok := a["to"].([]any)
	f.need(ok, "to: a list")
	f.need(!has(a, "bto") && !has(a, "bcc"), "bto and bcc must never leave")
	o, isObject := a["object"].(object)
	switch t := text(a, "type"); {
	case !f.need(a["object"] != nil, "object missing"):
	case t == "Create" || t == "Update":
		f.embedded(a, o)
	case t == "Delete" && a["object"] != a["actor"]:
		f.need(isObject && text(o, "type") == "Tombstone" && text(o, "formerType") != "", "Delete needs a Tombstone with formerType (Gancio)")
	case t == "Add" || t == "Remove":
		f.need(isText(a["object"]) && isText(a["target"]), "%s: object and target are ids (Mastodon)", t)
	case t == "Undo":
		f.need(has(o, "type") && has(o, "actor") && has(o, "object"), "Undo must embed what it takes back (Misskey, Lemmy)")
	case t == "Like" || t == "Announce" || t == "Follow" || t == "Block":
		f.need(isText(a["object"]), "%s: the object is an id (Gancio)", t)
	case t == "Accept" || t == "Reject":
		f.need(has(o, "id") && has(o, "type") && has(o, "actor") && has(o, "object"),
			"%s must embed the Follow or Join with its id (Misskey, Mobilizon)", t)
	}
}

// embedded looks at the object of a Create or an Update.
func (f *findings) embedded(a, o object) {
	switch t := text(o, "type"); {
	case slices.Contains(objectTypes, t):
		f.object(o)
		f.need(o["attributedTo"] == a["actor"], "attributedTo of the object must be the actor")
	case slices.Contains(actorTypes, t):
		f.actor(o)
	default:
		f.need(false, "%s must embed its object", text(a, "type"))
	}
}
