// SPDX-License-Identifier: AGPL-3.0-or-later

package activity_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plenum/activity"
	"plenum/coop"
)

const samplePEM = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwNBtplYprUVLVgLzDbnE\n-----END PUBLIC KEY-----\n"

func TestTheActorsOfKnownServers(t *testing.T) {
	t.Parallel()
	key := func(id coop.IRI) []coop.Key { return []coop.Key{{ID: id, PEM: samplePEM}} }
	want := map[string]coop.Actor{
		"fedify/actor.json": {ID: "https://fedify.example/users/peer", Type: "Person", Inbox: "https://fedify.example/users/peer/inbox",
			SharedInbox: "https://fedify.example/inbox", Username: "peer", Name: "Peer", URL: "https://fedify.example/", Outbox: "https://fedify.example/users/peer/outbox",
			Keys: []coop.Key{{ID: "https://fedify.example/users/peer#main-key", PEM: samplePEM}, {ID: "https://fedify.example/users/peer#second-key", PEM: samplePEM}}},
		"gancio/actor.json": {ID: "https://gancio.example/federation/u/events", Type: "Application", Inbox: "https://gancio.example/federation/u/events/inbox",
			SharedInbox: "https://gancio.example/federation/u/events/inbox", Username: "events", Name: "Gancio", URL: "https://gancio.example",
			Outbox: "https://gancio.example/federation/u/events/outbox", Keys: key("https://gancio.example/federation/u/events#main-key")},
		"gotosocial/actor.json": {ID: "https://gts.example/users/dora", Type: "Person", Inbox: "https://gts.example/users/dora/inbox", SharedInbox: "https://gts.example/shared-inbox",
			Username: "dora", Name: "dora :sloth:", URL: "https://gts.example/@dora", Outbox: "https://gts.example/users/dora/outbox",
			Followers: "https://gts.example/users/dora/followers", Keys: key("https://gts.example/users/dora/main-key")},
		"lemmy/actor_community.json": {ID: "https://lemmy.example/c/coops", Type: "Group", Inbox: "https://lemmy.example/c/coops/inbox", SharedInbox: "https://lemmy.example/inbox",
			Username: "coops", Name: "Co-operatives", Outbox: "https://lemmy.example/c/coops/outbox", Followers: "https://lemmy.example/c/coops/followers",
			Keys: key("https://lemmy.example/c/coops#main-key")},
		"mastodon/actor_instance.json": {ID: "https://social.example/actor", Type: "Application", Inbox: "https://social.example/actor/inbox", SharedInbox: "https://social.example/inbox",
			Username: "social.example", URL: "https://social.example/about/more?instance_actor=true", Outbox: "https://social.example/actor/outbox",
			Keys: key("https://social.example/actor#main-key")},
		"mastodon/actor_person.json": {ID: "https://social.example/users/alice", Type: "Person", Inbox: "https://social.example/users/alice/inbox", SharedInbox: "https://social.example/inbox",
			Username: "alice", Name: "Alice 🌻 Doe", URL: "https://social.example/@alice", Outbox: "https://social.example/users/alice/outbox",
			Followers: "https://social.example/users/alice/followers", Keys: key("https://social.example/users/alice#main-key")},
		"mobilizon/actor_group.json": {ID: "https://mobilizon.example/@makers", Type: "Group", Inbox: "https://mobilizon.example/@makers/inbox", SharedInbox: "https://mobilizon.example/inbox",
			Username: "makers", Name: "Makers of Berlin", URL: "https://mobilizon.example/@makers", Outbox: "https://mobilizon.example/@makers/outbox",
			Followers: "https://mobilizon.example/@makers/followers", Keys: key("https://mobilizon.example/@makers#main-key")},
		"pleroma/actor.json": {ID: "https://pleroma.example/users/erin", Type: "Person", Inbox: "https://pleroma.example/users/erin/inbox", SharedInbox: "https://pleroma.example/inbox",
			Username: "erin", Name: "Erin", URL: "https://pleroma.example/users/erin", Outbox: "https://pleroma.example/users/erin/outbox",
			Followers: "https://pleroma.example/users/erin/followers", Keys: []coop.Key{{ID: "https://pleroma.example/users/erin#main-key", PEM: samplePEM + "\n"}}},
		"wordpress/actor_blog.json": {ID: "https://blog.example/?author=0", Type: "Group", Inbox: "https://blog.example/wp-json/activitypub/1.0/actors/0/inbox",
			SharedInbox: "https://blog.example/wp-json/activitypub/1.0/inbox", Username: "blog.example", Name: "The Co-op & Friends", URL: "https://blog.example/",
			Outbox: "https://blog.example/wp-json/activitypub/1.0/actors/0/outbox", Followers: "https://blog.example/wp-json/activitypub/1.0/actors/0/followers",
			Keys: key("https://blog.example/?author=0#main-key")},
	}
	maps.Copy(want, heardActors)
	files := samples(t, "testdata/inbound/*/actor*.json")
	if len(files) != len(want) {
		t.Errorf("there are %d documents and %d answers", len(files), len(want))
	}
	for _, file := range files {
		name, _ := filepath.Rel("testdata/inbound", file)
		got, err := activity.DecodeActor(contents(t, file), false)
		if diff := cmp.Diff(want[name], got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// actorWith is a good actor with some members changed; nil takes one away.
func actorWith(t *testing.T, changes map[string]any) []byte {
	t.Helper()
	doc := map[string]any{
		"id": "https://a.example/u", "type": "Person", "inbox": "https://a.example/u/inbox", "preferredUsername": "u",
		"endpoints": map[string]any{"sharedInbox": "https://a.example/inbox"},
		"publicKey": map[string]any{"id": "https://a.example/u#k", "owner": "https://a.example/u", "publicKeyPem": samplePEM},
	}
	maps.Copy(doc, changes)
	maps.DeleteFunc(doc, func(_ string, v any) bool { return v == nil })
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestActorsThatAreRefused(t *testing.T) { // docs/security.md B.2: O08, O14
	t.Parallel()
	for what, tc := range map[string]struct {
		changes map[string]any
		member  string
	}{
		"no id":                    {map[string]any{"id": nil}, "id"},
		"an id that is no URL":     {map[string]any{"id": "acct:u@a.example"}, "id"},
		"no type":                  {map[string]any{"type": nil}, "type"},
		"a note":                   {map[string]any{"type": "Note"}, "type"},
		"no inbox":                 {map[string]any{"inbox": nil}, "inbox"},
		"a list of inboxes":        {map[string]any{"inbox": []string{"https://a.example/1"}}, "inbox"},
		"an inbox on a third host": {map[string]any{"inbox": "https://victim.example/inbox"}, "inbox"},
		"an inbox on a subdomain":  {map[string]any{"inbox": "https://x.a.example/inbox"}, "inbox"},
		"an inbox on a port":       {map[string]any{"inbox": "https://a.example:8443/inbox"}, "inbox"},
		"a private address":        {map[string]any{"inbox": "https://127.0.0.1/inbox"}, "inbox"},
		"a script for an inbox":    {map[string]any{"inbox": "javascript:alert(1)"}, "inbox"},
		"a path for an inbox":      {map[string]any{"inbox": "/inbox"}, "inbox"},
		"an inbox over http":       {map[string]any{"inbox": "http://a.example/u/inbox"}, "inbox"},
	} {
		a, err := activity.DecodeActor(actorWith(t, tc.changes), false)
		e, ok := err.(*coop.Error)
		if !ok || e.Code != coop.Invalid || e.Member != tc.member || a.ID != "" {
			t.Errorf("%s: got %+v, %v", what, a, err)
		}
	}
}

func TestWhatAnActorCannotSayOfOthers(t *testing.T) { // O12, O13, O15
	t.Parallel()
	long := strings.Repeat("ä", 300)
	for what, tc := range map[string]struct {
		changes map[string]any
		want    func(coop.Actor) bool
	}{
		"shared inbox elsewhere":  {map[string]any{"endpoints": map[string]any{"sharedInbox": "https://victim.example/inbox"}}, func(a coop.Actor) bool { return a.SharedInbox == "" && a.Box() == "https://a.example/u/inbox" }},
		"endpoints are a string":  {map[string]any{"endpoints": "https://a.example/endpoints"}, func(a coop.Actor) bool { return a.SharedInbox == "" }},
		"followers are everybody": {map[string]any{"followers": coop.Public}, func(a coop.Actor) bool { return a.Followers == "" }},
		"outbox elsewhere":        {map[string]any{"outbox": "https://victim.example/outbox"}, func(a coop.Actor) bool { return a.Outbox == "" }},
		"page elsewhere":          {map[string]any{"url": "https://victim.example/"}, func(a coop.Actor) bool { return a.URL == "" }},
		"handle with a host":      {map[string]any{"preferredUsername": "u@victim.example"}, func(a coop.Actor) bool { return a.Username == "" && a.Handle() == "https://a.example/u" }},
		"handle with a slash":     {map[string]any{"preferredUsername": "u/../admin"}, func(a coop.Actor) bool { return a.Username == "" }},
		"handle in Cyrillic":      {map[string]any{"preferredUsername": "аlice"}, func(a coop.Actor) bool { return a.Username == "" }},
		"handle ends in a dot":    {map[string]any{"preferredUsername": "alice."}, func(a coop.Actor) bool { return a.Username == "" }},
		"handle is a number":      {map[string]any{"preferredUsername": 7}, func(a coop.Actor) bool { return a.Username == "" }},
		"handle with dots":        {map[string]any{"preferredUsername": "a.b-c_D1"}, func(a coop.Actor) bool { return a.Username == "a.b-c_D1" }},
		"name with tags":          {map[string]any{"name": "<b>Ann</b><script>x</script>\u202e\nBob"}, func(a coop.Actor) bool { return a.Name == "Ann Bob" }},
		"long name":               {map[string]any{"name": long}, func(a coop.Actor) bool { return a.Name == long[:400]+"…" }},
		"key of somebody else":    {map[string]any{"publicKey": map[string]any{"id": "https://a.example/u#k", "owner": "https://victim.example/u", "publicKeyPem": samplePEM}}, func(a coop.Actor) bool { return a.Keys == nil }},
		"key without owner":       {map[string]any{"publicKey": map[string]any{"id": "https://a.example/u#k", "publicKeyPem": samplePEM}}, func(a coop.Actor) bool { return a.Keys == nil }},
		"key on another host":     {map[string]any{"publicKey": map[string]any{"id": "https://victim.example/u#k", "owner": "https://a.example/u", "publicKeyPem": samplePEM}}, func(a coop.Actor) bool { return a.Keys == nil }},
		"key by its id only":      {map[string]any{"publicKey": "https://a.example/u#k"}, func(a coop.Actor) bool { return a.Keys == nil }},
		"no key":                  {map[string]any{"publicKey": nil}, func(a coop.Actor) bool { return a.Keys == nil && a.Inbox != "" }},
		"key with a huge PEM":     {map[string]any{"publicKey": map[string]any{"id": "https://a.example/u#k", "owner": "https://a.example/u", "publicKeyPem": strings.Repeat("A", 17<<10)}}, func(a coop.Actor) bool { return a.Keys == nil }},
		"a key twice": {map[string]any{"publicKey": []any{
			map[string]any{"id": "https://a.example/u#k", "owner": "https://a.example/u", "publicKeyPem": "first"},
			map[string]any{"id": "https://a.example/u#k", "owner": "https://a.example/u", "publicKeyPem": "second"}}},
			func(a coop.Actor) bool { return len(a.Keys) == 1 && a.Keys[0].PEM == "first" }},
		"forty keys":    {map[string]any{"publicKey": manyKeys(40)}, func(a coop.Actor) bool { return len(a.Keys) == 10 }},
		"several types": {map[string]any{"type": []string{"ex:Bot", "Service"}}, func(a coop.Actor) bool { return a.Type == "Service" }},
	} {
		a, err := activity.DecodeActor(actorWith(t, tc.changes), false)
		if err != nil || !tc.want(a) {
			t.Errorf("%s: got %+v, %v", what, a, err)
		}
	}
}

func manyKeys(n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = map[string]any{"id": "https://a.example/u#" + strings.Repeat("k", i+1), "owner": "https://a.example/u", "publicKeyPem": samplePEM}
	}
	return out
}
