// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	vocab "github.com/go-ap/activitypub"

	"plenum/coop"
)

// CheckOpen reports whether a document that was read at an id is that id's own, and
// one that anybody may read: an actor or a key, or an object, an activity or a
// collection that is not kept from the public by whom it is addressed to. AP §5.6.
func CheckOpen(raw []byte, id coop.IRI, allowHTTP bool) error {
	d, err := parseRaw(raw)
	if err != nil {
		return err
	}
	own, err := reader{allowHTTP}.ref(rawDoc{"id": d["id"]}, "id")
	if err != nil {
		return err
	}
	if own != id && own.WithoutFragment() != id.WithoutFragment() {
		return coop.Wrong("id", "the document is not that of this id")
	}
	return d.open(true)
}

// open reports whether a document may be handed on; alone: nothing around it says so.
// What a collection holds must be open too.
func (d rawDoc) open(alone bool) error {
	kind := vocab.ActivityVocabularyType(knownType(d.types()))
	switch {
	case vocab.ActorTypes.Contains(kind), kind == vocab.TombstoneType, kind == vocab.PlaceType:
		return nil
	case collections[kind]:
		for _, member := range []string{"items", "orderedItems", "first"} {
			for _, item := range rawList(d[member]) {
				if o, ok := rawObject(item); ok {
					if err := o.open(false); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}
	o, carries := rawObject(d["object"])
	said := d.addressed()
	if !said && carries { // whoever says nothing of whom the activity is for means whom its object is for
		return o.open(alone)
	}
	public, _ := d.public()
	if known := vocab.ObjectTypes.Contains(kind) || isActivity(string(kind)); said && !public || alone && !(known && public) {
		return coop.Fail(coop.Forbidden, "activity.CheckOpen", "the document is not for everybody")
	}
	if carries {
		return o.open(false)
	}
	return nil
}

// collections are the types of collections and their pages.
var collections = map[vocab.ActivityVocabularyType]bool{
	vocab.CollectionType: true, vocab.OrderedCollectionType: true, vocab.CollectionPageType: true, vocab.OrderedCollectionPageType: true,
}
