// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/coop"
	"plenum/handlers"
)

func TestControlManagesCoops(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	var all []handlers.CoopInfo
	p.ctl(http.MethodGet, "/control/coops", "", http.StatusOK, &all)
	if len(all) != 2 || all[0].Name != "alpha" || all[1].Name != "beta" {
		t.Errorf("got %+v", all)
	}
	var c handlers.CoopInfo
	p.ctl(http.MethodPost, "/control/coops", `{"name":"gamma","title":"Gamma","summary":"We *build*.","language":"de","approve":true}`, http.StatusOK, &c)
	if c.ID != "https://events.example/ap/coops/gamma" || c.Handle != "gamma@events.example" || c.Page != "https://events.example/@gamma" ||
		c.Outbox != "https://events.example/ap/coops/gamma/outbox" || c.Summary != "<p>We <em>build</em>.</p>" || !c.Approve || c.Type != coop.Group || c.Followers != 0 {
		t.Errorf("got %+v", c)
	}
	p.get("/ap/coops/gamma").want(http.StatusOK).checked()
	p.ctl(http.MethodPost, "/control/coops", `{"name":"gamma"}`, http.StatusConflict, nil)
	for _, bad := range []string{`{"name":"relay"}`, `{"name":""}`, `{"name":"Gamma"}`, `{"name":"a/b"}`, `{"name":"delta","type":"Person"}`, `{"name":"delta","zone":"Mars/Base"}`} {
		p.ctl(http.MethodPost, "/control/coops", bad, http.StatusBadRequest, nil)
	}
	p.ctl(http.MethodPatch, "/control/coops/gamma", `{"title":"Gamma eG","approve":false,"type":"Organization"}`, http.StatusOK, &c)
	if c.Title != "Gamma eG" || c.Approve || c.Language != "de" || c.Summary != "<p>We <em>build</em>.</p>" {
		t.Errorf("got %+v", c)
	}
	key := p.get("/ap/coops/gamma").object()["publicKey"].(map[string]any)
	p.ctl(http.MethodPost, "/control/coops/gamma/rotate-key", "", http.StatusOK, &c)
	rotated := p.get("/ap/coops/gamma").checked().object()["publicKey"].(map[string]any)
	if rotated["id"] != key["id"] || rotated["publicKeyPem"] == key["publicKeyPem"] {
		t.Errorf("got key %v after %v", rotated, key)
	}
	p.ctl(http.MethodGet, "/control/coops/gamma", "", http.StatusOK, &c)
	p.ctl(http.MethodDelete, "/control/coops/gamma", "", http.StatusNoContent, nil)
	p.ctl(http.MethodDelete, "/control/coops/gamma", "", http.StatusGone, nil)
	p.ctl(http.MethodGet, "/control/coops/gamma", "", http.StatusGone, nil)
	p.ctl(http.MethodPost, "/control/coops", `{"name":"gamma"}`, http.StatusConflict, nil) // a name is never given again
	p.ctl(http.MethodDelete, "/control/coops/relay", "", http.StatusForbidden, nil)
	for _, unknown := range []string{"nobody", "a%00b", "a%2Fb", strings.Repeat("x", 5000)} {
		p.ctl(http.MethodGet, "/control/coops/"+unknown, "", http.StatusNotFound, nil)
		p.ctl(http.MethodPatch, "/control/coops/"+unknown, "{}", http.StatusNotFound, nil)
		p.ctl(http.MethodDelete, "/control/coops/"+unknown, "", http.StatusNotFound, nil)
		p.ctl(http.MethodPost, "/control/coops/"+unknown+"/rotate-key", "", http.StatusNotFound, nil)
		p.ctl(http.MethodPost, "/control/coops/"+unknown+"/outbox", note, http.StatusNotFound, nil)
		p.ctl(http.MethodPost, "/control/coops/"+unknown+"/drafts", note, http.StatusNotFound, nil)
		p.ctl(http.MethodGet, "/control/coops/"+unknown+"/followers", "", http.StatusNotFound, nil)
		p.ctl(http.MethodGet, "/control/coops/"+unknown+"/following", "", http.StatusNotFound, nil)
	}
}

func TestControlPublishesWithoutAToken(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	a := p.ctl(http.MethodPost, "/control/coops/alpha/outbox", report, http.StatusCreated, nil).checked()
	p.get(strings.TrimPrefix(a.Header().Get("Location"), site.Base())).want(http.StatusOK)
	p.pass(time.Second) // ids of one moment have no order
	var draft, shown handlers.PostInfo
	p.ctl(http.MethodPost, "/control/coops/alpha/drafts", meetup, http.StatusOK, &draft)
	if draft.State != coop.Draft || draft.Page != "https://events.example/@alpha/a-meetup" || draft.Activity == "" {
		t.Errorf("got %+v", draft)
	}
	var posts []handlers.PostInfo
	p.ctl(http.MethodGet, "/control/posts?coop=alpha&state=draft", "", http.StatusOK, &posts)
	if len(posts) != 1 || posts[0].ID != draft.ID {
		t.Errorf("got %+v", posts)
	}
	p.ctl(http.MethodPost, "/control/coops/alpha/outbox", meetup, http.StatusCreated, nil) // what was a draft
	p.ctl(http.MethodGet, "/control/coops/alpha/posts/a-meetup", "", http.StatusOK, &shown)
	if shown.ID != draft.ID || shown.State != coop.Published || shown.IRI != site.Object(coop.Meetup, draft.ID) || shown.Activity == "" {
		t.Errorf("got %+v", shown)
	}
	p.ctl(http.MethodGet, "/control/posts?limit=1", "", http.StatusOK, &posts)
	if len(posts) != 1 || posts[0].ID != draft.ID {
		t.Errorf("got %+v", posts)
	}
	p.ctl(http.MethodGet, "/control/posts?before="+string(draft.ID), "", http.StatusOK, &posts)
	if len(posts) != 1 || posts[0].Slug != "a-report" {
		t.Errorf("got %+v", posts)
	}
	p.ctl(http.MethodGet, "/control/posts?coop=beta", "", http.StatusOK, &posts)
	if posts == nil || len(posts) > 0 {
		t.Errorf("got %+v, want an empty list", posts)
	}
	p.ctl(http.MethodGet, "/control/coops/alpha/posts/nothing", "", http.StatusNotFound, nil)
	p.ctl(http.MethodPost, "/control/coops/alpha/drafts", `{"type":"Follow","object":"https://x.example/"}`, http.StatusBadRequest, nil)
	p.ctl(http.MethodPost, "/control/coops/alpha/outbox", `{"type":"Note","content":""}`, http.StatusBadRequest, nil)
}

// M01, M03.
func TestControlTakesPicturesOnly(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	var m handlers.PictureInfo
	p.ctl(http.MethodPost, "/control/media", b.String(), http.StatusOK, &m)
	if m.MediaType != "image/png" || m.Width != 40 || m.Height != 30 {
		t.Errorf("got %+v", m)
	}
	p.get(strings.TrimPrefix(string(m.URL), site.Base())).want(http.StatusOK).header("Content-Type", "image/png")
	for bad, status := range map[string]int{"": 415, "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>": 415, "<html>": 415, "GIF89a=1;alert(1)": 413, "%PDF-1.7": 415, b.String()[:60]: 400} {
		p.ctl(http.MethodPost, "/control/media", bad, status, nil).problem(status, "image")
	}
	p.ctl(http.MethodPost, "/control/media", strings.Repeat("x", 8<<20+1), http.StatusRequestEntityTooLarge, nil)
}

func TestControlShowsFollowersAndFollows(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x, y := p.newPeer("social.example", "anna"), p.newPeer("other.example", "otto")
	for _, peer := range []peer{x, y} {
		p.deliver("/ap/inbox", peer, peer.activity("1", "Follow", site.Actor("beta"))).want(http.StatusAccepted)
	}
	var rows []handlers.ActorInfo
	p.ctl(http.MethodGet, "/control/coops/beta/followers", "", http.StatusOK, &rows)
	if len(rows) != 2 || rows[1].Handle != "anna@social.example" || rows[1].State != coop.FollowAsked || rows[1].Actor != x.id {
		t.Errorf("got %+v", rows)
	}
	p.ctl(http.MethodPost, "/control/coops/beta/moderation/follows", `{"decision":"approve","actor":"anna@social.example"}`, http.StatusOK, nil)
	p.ctl(http.MethodPost, "/control/coops/beta/moderation/follows", `{"decision":"reject","actor":"`+string(y.id)+`"}`, http.StatusOK, nil)
	p.ctl(http.MethodGet, "/control/coops/beta/followers?state=accepted", "", http.StatusOK, &rows)
	if len(rows) != 1 || rows[0].Actor != x.id {
		t.Errorf("got %+v", rows)
	}
	p.ctl(http.MethodPost, "/control/coops/beta/moderation/follows", `{"decision":"remove","actor":"@anna@social.example"}`, http.StatusOK, nil)
	p.ctl(http.MethodGet, "/control/coops/beta/followers", "", http.StatusOK, &rows)
	if rows == nil || len(rows) > 0 {
		t.Errorf("got %+v, want an empty list", rows)
	}
	p.ctl(http.MethodPost, "/control/coops/beta/moderation/follows", `{"decision":"approve","actor":"@anna@social.example"}`, http.StatusNotFound, nil)
	p.ctl(http.MethodPost, "/control/coops/beta/moderation/follows", `{"decision":"praise","actor":"@anna@social.example"}`, http.StatusBadRequest, nil)

	var f handlers.ActorInfo
	p.ctl(http.MethodPost, "/control/coops/alpha/following", `{"target":"@otto@other.example"}`, http.StatusOK, &f)
	if f.Actor != y.id || f.State != coop.FollowAsked || f.Handle != "otto@other.example" {
		t.Errorf("got %+v", f)
	}
	p.ctl(http.MethodGet, "/control/coops/alpha/following", "", http.StatusOK, &rows)
	if len(rows) != 1 || rows[0].Actor != y.id {
		t.Errorf("got %+v", rows)
	}
	p.ctl(http.MethodDelete, "/control/coops/alpha/following", `{"target":"otto@other.example"}`, http.StatusNoContent, nil)
	p.ctl(http.MethodDelete, "/control/coops/alpha/following", `{"target":"otto@other.example"}`, http.StatusNotFound, nil)
	p.ctl(http.MethodPost, "/control/coops/alpha/following", `{"target":"@nobody@other.example"}`, http.StatusNotFound, nil)
	p.ctl(http.MethodPost, "/control/coops/alpha/following", `{"target":"nonsense"}`, http.StatusBadRequest, nil)
	p.ctl(http.MethodPost, "/control/coops/alpha/following", `{"target":"@x@down.example"}`, http.StatusServiceUnavailable, nil)

	p.ctl(http.MethodPost, "/control/coops/alpha/following", `{"target":"@beta@events.example"}`, http.StatusOK, &f) // on this instance
	p.ctl(http.MethodPost, "/control/coops/beta/moderation/follows", `{"decision":"approve","actor":"alpha@events.example"}`, http.StatusOK, nil)
	p.ctl(http.MethodGet, "/control/coops/alpha/following", "", http.StatusOK, &rows)
	if len(rows) != 1 || rows[0].State != coop.FollowAccepted || rows[0].Handle != "beta@events.example" {
		t.Errorf("got %+v", rows)
	}
}

func TestControlMakesTokensAndShowsTheirSecretOnce(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	var made handlers.TokenInfo
	p.ctl(http.MethodPost, "/control/tokens", `{"coop":"alpha","label":"web\u202e site","scope":"write"}`, http.StatusOK, &made)
	if len(made.Secret) < 50 || !strings.HasPrefix(made.Secret, "plenum_") || made.Label != "web site" || !slices.Equal(made.Scopes, []coop.Scope{coop.Write}) {
		t.Errorf("got %+v", made)
	}
	var all []handlers.TokenInfo
	a := p.ctl(http.MethodGet, "/control/tokens?coop=alpha", "", http.StatusOK, &all)
	if len(all) != 4 || strings.Contains(a.Body.String(), "secret") || strings.Contains(a.Body.String(), "hash") {
		t.Errorf("got %s", a.Body)
	}
	p.ctl(http.MethodGet, "/control/tokens?coop=nobody", "", http.StatusOK, &all)
	if all == nil || len(all) > 0 {
		t.Errorf("got %+v, want an empty list", all)
	}
	for range 2 {
		p.ctl(http.MethodDelete, "/control/tokens/"+string(made.ID), "", http.StatusNoContent, nil)
	}
	p.ctl(http.MethodDelete, "/control/tokens/nothing", "", http.StatusNotFound, nil)
	p.ctl(http.MethodPost, "/control/tokens", `{"coop":"nobody","label":"x","scope":"write"}`, http.StatusNotFound, nil)
	p.ctl(http.MethodPost, "/control/tokens", `{"coop":"alpha","label":"x","scope":"admin"}`, http.StatusBadRequest, nil).problem(http.StatusBadRequest, "scope")
	p.ctl(http.MethodPost, "/control/tokens", `{"coop":"alpha","label":"x"}`, http.StatusBadRequest, nil).problem(http.StatusBadRequest, "scope")
}

func TestControlShowsAndRetriesDeliveries(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	p.deliver("/ap/inbox", x, x.activity("1", "Follow", alpha)).want(http.StatusAccepted)
	post := p.publish(note)
	var rows []coop.Delivery
	for query, want := range map[string]int{"": 2, "?host=social.example": 2, "?host=other.example": 0, "?coop=alpha": 2, "?coop=beta": 0,
		"?post=" + string(post.ID): 1, "?state=waiting": 2, "?state=dead": 0, "?limit=1": 1, "?limit=x": 2, "?limit=-1": 2} {
		p.ctl(http.MethodGet, "/control/deliveries"+query, "", http.StatusOK, &rows)
		if rows == nil || len(rows) != want {
			t.Errorf("%s: got %d want %d", query, len(rows), want)
		}
	}
	p.ctl(http.MethodGet, "/control/deliveries", "", http.StatusOK, &rows)
	var one coop.Delivery
	p.ctl(http.MethodGet, "/control/deliveries/"+string(rows[0].ID), "", http.StatusOK, &one)
	if one.ID != rows[0].ID || one.Host != "social.example" {
		t.Errorf("got %+v", one)
	}
	p.ctl(http.MethodGet, "/control/deliveries/nothing", "", http.StatusNotFound, nil)
	p.ctl(http.MethodGet, "/control/deliveries?after="+string(rows[0].ID), "", http.StatusOK, &rows)
	if len(rows) != 1 {
		t.Errorf("got %d behind the first", len(rows))
	}
	var retried handlers.Retried
	p.ctl(http.MethodPost, "/control/deliveries/retry?host=social.example", "", http.StatusOK, &retried)
	if retried.Retried != 2 {
		t.Errorf("got %+v", retried)
	}
}

func TestControlBacksUpAndVerifies(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	p.publish(meetup)
	var found handlers.Verified
	p.ctl(http.MethodGet, "/control/verify", "", http.StatusOK, &found)
	if found.Findings == nil || len(found.Findings) > 0 {
		t.Errorf("got %+v", found)
	}
	dest := filepath.Join(t.TempDir(), "copy")
	p.ctl(http.MethodPost, "/control/backup", `{"dest":"`+dest+`"}`, http.StatusNoContent, nil)
	if _, err := os.Stat(filepath.Join(dest, "data", "plenum.db")); err != nil {
		t.Error(err)
	}
	p.ctl(http.MethodPost, "/control/backup", `{"dest":"copy"}`, http.StatusBadRequest, nil).problem(http.StatusBadRequest, "dest")
	if a := p.ctl(http.MethodPost, "/control/backup", `{"dest":"`+dest+`"}`, http.StatusConflict, nil); !strings.Contains(a.Body.String(), dest) {
		t.Errorf("the operator is not told which folder: %s", a.Body)
	}
}

func TestControlReadsJSONStrictly(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	routes := map[string][2]string{
		"/control/coops": {http.MethodPost, `{"name":"gamma"}`}, "/control/coops/alpha": {http.MethodPatch, `{"title":"Gamma"}`}, "/control/tokens": {http.MethodPost, `{"coop":"alpha","scope":"read"}`},
		"/control/coops/alpha/moderation/follows": {http.MethodPost, `{"actor":"x","decision":"approve"}`}, "/control/coops/alpha/following": {http.MethodPost, `{"target":"x"}`}, "/control/backup": {http.MethodPost, `{"dest":"/x"}`},
	}
	for at, c := range routes {
		for _, bad := range []string{"", "null x", "[]", `"x"`, "{", c[1] + c[1], c[1] + "x", strings.Replace(c[1], "{", `{"unknown":1,`, 1), strings.Replace(c[1], ":", ":[", 1), "{\"title\":\"\xff"} {
			p.ctl(c[0], at, bad, http.StatusBadRequest, nil).problem(http.StatusBadRequest, "")
		}
		p.ctl(c[0], at, `{"x":"`+strings.Repeat("x", 1<<20)+`"}`, http.StatusRequestEntityTooLarge, nil)
	}
	p.ctl(http.MethodGet, "/control/nothing", "", http.StatusNotFound, nil)
	p.ctl(http.MethodPut, "/control/coops", "{}", http.StatusMethodNotAllowed, nil)
	p.ctl(http.MethodGet, "/ap/actor", "", http.StatusNotFound, nil) // the two faces have nothing in common
}

// Who made and ended a token, changed a key or removed a co-op stands in the log, in the
// transaction of what they did. A31.
func TestWhatIsDoneAtTheMachineIsLogged(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	var made handlers.TokenInfo
	p.ctl(http.MethodPost, "/control/tokens", `{"coop":"beta","label":"x","scope":"read"}`, http.StatusOK, &made)
	p.ctl(http.MethodDelete, "/control/tokens/"+string(made.ID), "", http.StatusNoContent, nil)
	p.ctl(http.MethodPost, "/control/coops/beta/rotate-key", "", http.StatusOK, nil)
	p.ctl(http.MethodDelete, "/control/coops/beta", "", http.StatusNoContent, nil)
	log, err := p.db.Decisions(t.Context(), coop.DecisionQuery{Coop: "beta"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range log {
		if d.By == "" {
			t.Errorf("nobody did %q", d.What)
		}
		got = append(got, d.What)
	}
	slices.Sort(got)
	got = slices.Compact(got) // the co-op has another token
	if want := []string{"coop remove", "key rotate", "token create", "token revoke"}; !slices.Equal(got, want) {
		t.Errorf("got %q want %q", got, want)
	}
}
