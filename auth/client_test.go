// SPDX-License-Identifier: AGPL-3.0-or-later

package auth_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"plenum/auth"
	"plenum/coop"
)

// A13: what codes may be sent to at all.
func TestRedirectsThatLeadElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		callback, "https://app.example/", "https://app.example", "https://app.example:8443/cb?x=1", "http://127.0.0.1/cb", "http://127.0.0.1:4711/cb", "http://[::1]:4711/cb",
		"http://localhost:63546/callback", "org.example.app:/callback", "org.example.app://callback/x", "https://xn--bcher-kva.example/cb",
	} {
		if !auth.Redirectable(good) {
			t.Errorf("%s is refused", good)
		}
	}
	for _, bad := range []string{
		"", "callback", "/callback", "//app.example/cb", "http://app.example/cb", "http://oauth-redirect.andstatus.org", "http://127.0.0.1.evil.example/cb", "http://127.1/cb", "http://127.0.0.2/cb", "http://0.0.0.0/cb",
		"http://2130706433/cb", "http://[::ffff:127.0.0.1]/cb", "http://localhost.evil.example/cb", "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://app.example/x",
		"myapp:/callback", "about:blank", "urn:ietf:wg:oauth:2.0:oob", "https://app.example/cb#x", "https://app.example/cb#", "https://user@app.example/cb", "https://app.example\\@evil.example/cb", "https://app.example\\cb",
		" https://app.example/cb", "https://app.example/cb ", "https://app.example/\ncb", "https://app.example/\tcb", "https://äpp.example/cb", "https:///cb", "https:cb", "https://app.example:/cb", "https://app.example/cb\"", "https://app.example/<x>",
		"HTTPS://app.example/cb", "https://app.example/%zz", "https://app.example/" + strings.Repeat("x", 2000),
	} {
		if auth.Redirectable(bad) {
			t.Errorf("%s is taken", bad)
		}
	}
}

// A13: codes go where the client said, letter by letter; on the member's own machine
// the port is free. RFC 8252 §7.3
func TestRedirectIsTheOneThatWasRegistered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.serve(document, "application/json", `{"client_id":"`+document+`","redirect_uris":["`+callback+`","http://127.0.0.1/cb?a=b","http://[::1]:1/cb","http://localhost:7/cb","org.example.app:/cb"]}`)
	const object = "https://app.example/client.jsonld"
	h.serve(object, "application/ld+json", `{"id":"`+object+`","type":"Application","name":"The App","redirectURI":"http://localhost:63546/callback"}`)
	for _, c := range []struct {
		client, redirect string
		ok               bool
	}{
		{document, callback, true}, {document, callback + "/", false}, {document, callback + "x", false}, {document, callback + "?x=y", false}, {document, callback[:len(callback)-1], false},
		{document, "https://app.example/Callback", false}, {document, "https://APP.example/callback", false}, {document, "https://app.example:443/callback", false}, {document, "http://app.example/callback", false},
		{document, "https://sub.app.example/callback", false}, {document, "https://app.example.evil.example/callback", false}, {document, "https://app.example@evil.example/callback", false}, {document, callback + "/../x", false}, {document, callback + "#x", false},
		{document, "http://127.0.0.1/cb?a=b", true}, {document, "http://127.0.0.1:51004/cb?a=b", true}, {document, "http://127.0.0.1:51004/cb", false}, {document, "http://127.0.0.1:51004/other?a=b", false}, {document, "http://127.0.0.1:51004/cb?a=b&c=d", false}, {document, "https://127.0.0.1:51004/cb?a=b", false},
		{document, "http://[::1]:51004/cb", true}, {document, "http://127.0.0.1:51004@evil.example/cb?a=b", false}, {document, "http://127.0.0.1.:51004/cb?a=b", false},
		{document, "http://localhost:7/cb", true}, {document, "http://localhost:8/cb", false}, {document, "org.example.app:/cb", true}, {document, "org.example.app:/cb/x", false},
		{object, "http://localhost:63546/callback", true}, {object, "http://localhost:9/callback", true}, {object, "http://localhost:9/other", false}, {object, "http://127.0.0.1:63546/callback", false},
	} {
		_, err := h.Authorization(t.Context(), asks("client_id", c.client, "redirect_uri", c.redirect))
		if (err == nil) != c.ok {
			t.Errorf("%s: got %v", c.redirect, err)
		}
		if _, redirects := errors.AsType[*auth.RedirectError](err); redirects {
			t.Errorf("%s: somebody is sent there", c.redirect)
		}
	}
}

// F14: ids that are fetched from nowhere.
func TestClientIDsThatNameNoDocumentAreRefusedUnread(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, id := range []string{
		"http://app.example/client.json", "https://app.example", "https://app.example/", "https://app.example/client.json#x", "https://user:x@app.example/client.json", "https://app.example/a/../client.json", "https://app.example/./client.json",
		"https://app.example/..", "https://app.example/%2e%2e/client.json", "https://app.example/a%2fb", "https://app.example//client.json", "https://APP.example/client.json", "https://app.example:/client.json", "https://app.example\\client.json",
		"https://events.example/client.json", "file:///etc/passwd", "data:application/json,{}", "javascript:alert(1)", "https:client.json", "https://app.example/cl ient.json", "https://app.example/" + strings.Repeat("x", 3000), "https://äpp.example/client.json", "://", ":",
	} {
		_, err := h.Authorization(t.Context(), asks("client_id", id))
		h.refused(err, "invalid_client")
	}
	if len(h.fetched) > 0 {
		t.Errorf("fetched %q", h.fetched)
	}
}

// A18, F14, C01: documents that are not what they have to be.
func TestDocumentsThatAreWrongAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	good := `"client_id":"%s","redirect_uris":["` + callback + `"]`
	const object = `{"id":"%s","type":"Application","redirectURI":"` + callback + `"`
	for i, c := range []struct {
		name, contentType, body string
		ok                      bool
	}{
		{"good", "application/json", "{" + good + "}", true},
		{"good, with parameters", "application/json; charset=utf-8", `{"token_endpoint_auth_method":"none","grant_types":["authorization_code"],` + good + "}", true},
		{"good, of a type of its own", "application/client-metadata+json", "{" + good + "}", true},
		{"an object", "application/activity+json", object + "}", true},
		{"an object of a static server", "application/ld+json", object + "}", true},
		{"an object with a list", "application/activity+json", `{"id":"%s","redirectURI":["` + callback + `"]}`, true},
		{"another id", "application/json", `{"client_id":"https://evil.example/c","redirect_uris":["` + callback + `"]}`, false},
		{"no id", "application/json", `{"redirect_uris":["` + callback + `"]}`, false},
		{"an id twice", "application/json", `{"client_id":"https://evil.example/c",` + good + "}", false},
		{"another spelling", "application/json", `{"CLIENT_ID":"%s","redirect_uris":["` + callback + `"]}`, false},
		{"a secret", "application/json", `{"client_secret":"x",` + good + "}", false},
		{"a secret for later", "application/json", `{"client_secret_expires_at":0,` + good + "}", false},
		{"proof by secret", "application/json", `{"token_endpoint_auth_method":"client_secret_basic",` + good + "}", false},
		{"proof by key", "application/json", `{"token_endpoint_auth_method":"private_key_jwt",` + good + "}", false},
		{"proof by a list", "application/json", `{"token_endpoint_auth_method":["none"],` + good + "}", false},
		{"no redirects", "application/json", `{"client_id":"%s"}`, false},
		{"redirects of another kind", "application/json", `{"client_id":"%s","redirect_uris":{"a":1}}`, false},
		{"a redirect that runs", "application/json", `{"client_id":"%s","redirect_uris":["` + callback + `","javascript:alert(1)"]}`, false},
		{"21 redirects", "application/json", `{"client_id":"%s","redirect_uris":["` + strings.Repeat(callback+`","`, 20) + callback + `"]}`, false},
		{"5 KiB and more", "application/json", `{"x":"` + strings.Repeat("x", 5<<10) + `",` + good + "}", false},
		{"a page", "text/html", "{" + good + "}", false},
		{"no type", "", "{" + good + "}", false},
		{"a list", "application/json", "[{" + good + "}]", false},
		{"half of one", "application/json", "{" + good, false},
		{"two", "application/json", "{" + good + "}{}", false},
		{"nothing", "application/json", "", false},
		{"another object", "application/activity+json", `{"id":"https://evil.example/c","redirectURI":"` + callback + `"}`, false},
		{"an object as JSON", "application/json", object + "}", false},
		{"an object twice", "application/activity+json", object + `,"redirectURI":"https://evil.example/"}`, false},
		{"an object without", "application/activity+json", `{"id":"%s","type":"Person"}`, false},
	} {
		id := fmt.Sprintf("https://app.example/%d", i)
		h.serve(id, c.contentType, strings.ReplaceAll(c.body, "%s", id))
		_, err := h.Authorization(t.Context(), asks("client_id", id))
		if (err == nil) != c.ok {
			t.Errorf("%s: got %v", c.name, err)
		}
		if e, ok := errors.AsType[*auth.OAuthError](err); err != nil && (!ok || strings.Contains(e.Description, "evil")) { // F13
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	h.web["https://app.example/gone"] = auth.Fetched{Status: http.StatusGone, ContentType: "application/json", Body: []byte("{" + strings.ReplaceAll(good, "%s", "https://app.example/gone") + "}")}
	_, err := h.Authorization(t.Context(), asks("client_id", "https://app.example/gone"))
	h.refused(err, "invalid_client")
}

func TestDocumentIsReadOnceAnHour(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ask := func() error {
		_, err := h.Authorization(t.Context(), asks())
		return err
	}
	for range 3 {
		h.refused(ask(), "invalid_client") // the host is down
	}
	if len(h.fetched) != 1 {
		t.Errorf("fetched %d times within a minute", len(h.fetched))
	}
	h.app()
	h.pass(time.Minute)
	for range 3 {
		h.ok(ask())
	}
	h.pass(59 * time.Minute)
	h.ok(ask())
	if len(h.fetched) != 2 {
		t.Errorf("fetched %d times", len(h.fetched))
	}
	if _, err := h.db.Client(t.Context(), document); coop.CodeOf(err) != coop.NotFound {
		t.Errorf("got %v; want that nothing is stored before somebody consents", err)
	}
	h.pass(time.Minute)
	h.ok(ask())
	if len(h.fetched) != 3 {
		t.Errorf("fetched %d times after an hour", len(h.fetched))
	}
}

// A18: an app that says something else of itself has to ask again.
func TestAppThatChangedHasToAskAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one := h.tokens()
	r, err := h.Authorization(t.Context(), asks())
	h.ok(err)
	h.pass(25 * time.Hour)
	delete(h.web, document) // a host that is down changes nothing
	two, err := h.Token(t.Context(), renews(one.Refresh), auth.ClientAuth{})
	h.ok(err)
	h.pass(25 * time.Hour)
	h.serve(document, "application/json", `{"client_id":"`+document+`","client_name":"The App","redirect_uris":["`+callback+`","http://127.0.0.1/cb"],"logo_uri":"https://app.example/new.png"}`)
	three, err := h.Token(t.Context(), renews(two.Refresh), auth.ClientAuth{}) // what nobody consented to may change
	h.ok(err)
	h.pass(25 * time.Hour)
	h.serve(document, "application/json", `{"client_id":"`+document+`","client_name":"The App","redirect_uris":["`+callback+`","https://evil.example/"]}`)
	_, err = h.Token(t.Context(), renews(three.Refresh), auth.ClientAuth{})
	h.refused(err, "invalid_grant")
	if h.opens(three.Access) {
		t.Error("what was granted before is good still")
	}
	_, err = h.Consent(t.Context(), r, h.member("ada"), "alpha") // which she was shown before it changed
	h.fails(err, coop.Conflict)
	got, err := h.Token(t.Context(), exchanges(h.code(asks())), auth.ClientAuth{})
	h.ok(err)
	if _, err = h.Token(t.Context(), renews(got.Refresh), auth.ClientAuth{}); err != nil {
		t.Errorf("after another consent: %v", err)
	}
	h.pass(25 * time.Hour)
	h.serve(document, "application/activity+json", `{"id":"`+document+`","redirectURI":"`+callback+`"}`)
	if r, err = h.Authorization(t.Context(), asks()); err != nil || r.Client.Kind != coop.ClientObject {
		t.Errorf("got %+v, %v of a document that became an object", r.Client, err)
	}
}

// A16: what an app calls itself turns no page around.
func TestNamesOfAppsArePlain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"The App": "The App", "  two\n\tlines ": "two lines", "\u202Eppa": "ppa", "a\u200Bb\uFEFFc": "abc", "\x00\x1b[31mred": "[31mred", "<b>bold</b>": "<b>bold</b>",
		"e\u0301\u0301\u0301\u0301\u0301\u0301x": "e\u0301\u0301\u0301\u0301x", "\u3164\u115F": "", "\xff": "\uFFFD", strings.Repeat("x", 100): strings.Repeat("x", 60),
	} {
		if got := auth.Line(in, 60); got != want {
			t.Errorf("%q: got %q want %q", in, got, want)
		}
	}
}

func TestProgramRegisters(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	type answer struct {
		ID      string `json:"client_id"`
		Issued  int64  `json:"client_id_issued_at"`
		Secret  string `json:"client_secret"`
		Expires *int64 `json:"client_secret_expires_at"`
		Name    string `json:"client_name"`
		Method  string `json:"token_endpoint_auth_method"`
		Scope   string
		URIs    []string `json:"redirect_uris"`
	}
	register := func(body string) (a answer) {
		b, err := h.Register(t.Context(), []byte(body), "192.0.2.1")
		h.ok(err)
		h.ok(json.Unmarshal(b, &a))
		return a
	}
	public := register(`{"client_name":"The \u202eApp","redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"none","scope":"read write follow","software_id":"x","client_uri":"https://trusted.example/"}`)
	if public.Secret != "" || public.Expires != nil || public.Issued != start.Unix() || public.Name != "The App" || public.Scope != "read write" || len(public.URIs) != 1 {
		t.Errorf("got %+v", public)
	}
	r, err := h.Authorization(t.Context(), asks("client_id", public.ID))
	h.ok(err)
	if r.Client.Host != "app.example" || r.Client.URL != "" {
		t.Errorf("got %+v; want the host that codes go to and nothing that it says", r.Client)
	}
	_, err = h.Token(t.Context(), exchanges(h.code(asks("client_id", public.ID)), "client_id", public.ID), auth.ClientAuth{})
	h.ok(err)

	private := register(`{"redirect_uris":["` + callback + `"]}`)
	if private.Secret == "" || private.Expires == nil || *private.Expires != 0 || private.Method != "client_secret_basic" {
		t.Errorf("got %+v", private)
	}
	code := h.code(asks("client_id", private.ID))
	for name, c := range map[string]struct {
		form url.Values
		auth auth.ClientAuth
		code string
	}{
		"no secret":            {exchanges(code, "client_id", private.ID), auth.ClientAuth{}, "invalid_client"},
		"another secret":       {exchanges(code, "client_id", ""), auth.ClientAuth{ID: private.ID, Secret: private.Secret + "x", Given: true}, "invalid_client"},
		"in both ways":         {exchanges(code, "client_id", private.ID, "client_secret", private.Secret), auth.ClientAuth{ID: private.ID, Secret: private.Secret, Given: true}, "invalid_request"},
		"of two clients":       {exchanges(code, "client_id", public.ID), auth.ClientAuth{ID: private.ID, Secret: private.Secret, Given: true}, "invalid_request"},
		"the header of nobody": {exchanges(code, "client_id", ""), auth.ClientAuth{Given: true}, "invalid_client"},
	} {
		_, err := h.Token(t.Context(), c.form, c.auth)
		if h.refused(err, c.code); t.Failed() {
			t.Fatal("it was ", name)
		}
		if e, _ := errors.AsType[*auth.OAuthError](err); e != nil && e.Code == "invalid_client" && e.Status != http.StatusUnauthorized {
			t.Errorf("%s: got %d", name, e.Status)
		}
	}
	if _, err := h.Token(t.Context(), exchanges(code, "client_id", ""), auth.ClientAuth{ID: private.ID, Secret: private.Secret, Given: true}); err != nil {
		t.Error(err)
	}
	if _, err := h.Token(t.Context(), exchanges(h.code(asks("client_id", private.ID)), "client_id", private.ID, "client_secret", private.Secret), auth.ClientAuth{}); err != nil {
		t.Error(err)
	}
}

func TestRegistrationThatIsWrongIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, c := range [][2]string{
		{``, "invalid_client_metadata"}, {`[]`, "invalid_client_metadata"}, {`{"redirect_uris":"https://app.example/"}`, "invalid_client_metadata"}, {`{}`, "invalid_redirect_uri"}, {`{"redirect_uris":[]}`, "invalid_redirect_uri"},
		{`{"redirect_uris":["javascript:alert(1)"]}`, "invalid_redirect_uri"}, {`{"redirect_uris":["http://app.example/"]}`, "invalid_redirect_uri"}, {`{"REDIRECT_URIS":["` + callback + `"]}`, "invalid_redirect_uri"},
		{`{"redirect_uris":["` + callback + `"],"redirect_uris":["` + callback + `"]}`, "invalid_client_metadata"},
		{`{"redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"private_key_jwt"}`, "invalid_client_metadata"},
		{`{"redirect_uris":["` + callback + `"],"grant_types":["implicit"]}`, "invalid_client_metadata"}, {`{"redirect_uris":["` + callback + `"],"response_types":["token"]}`, "invalid_client_metadata"},
		{`{"redirect_uris":["` + callback + `"],"x":"` + strings.Repeat("x", 16<<10) + `"}`, "invalid_client_metadata"},
	} {
		_, err := h.Register(t.Context(), []byte(c[0]), fmt.Sprint("192.0.2.", i))
		h.refused(err, c[1])
	}
}

// A17.
func TestRegistrationsAreCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	body := []byte(`{"redirect_uris":["` + callback + `"]}`)
	for range 5 {
		_, err := h.Register(t.Context(), body, "192.0.2.1")
		h.ok(err)
	}
	_, err := h.Register(t.Context(), body, "192.0.2.1")
	h.fails(err, coop.RateLimited)
	_, err = h.Register(t.Context(), body, "192.0.2.2")
	h.ok(err)
	h.pass(10 * time.Minute)
	_, err = h.Register(t.Context(), body, "192.0.2.1")
	h.ok(err)
}

// RFC 6749 §2.3.1.
func TestClientProvesItselfInTheHeader(t *testing.T) {
	t.Parallel()
	a, err := auth.BasicAuth("https%3A%2F%2Fapp.example%2Fc", "a%2Bb+c", true)
	if err != nil || a != (auth.ClientAuth{ID: "https://app.example/c", Secret: "a+b c", Given: true}) {
		t.Errorf("got %+v, %v", a, err)
	}
	if a, err := auth.BasicAuth("x", "y", false); err != nil || a != (auth.ClientAuth{}) {
		t.Errorf("got %+v, %v", a, err)
	}
	if _, err := auth.BasicAuth("%zz", "", true); err == nil {
		t.Error("%zz was taken")
	}
}
