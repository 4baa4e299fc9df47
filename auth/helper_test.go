// SPDX-License-Identifier: AGPL-3.0-or-later

package auth_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"plenum/auth"
	"plenum/coop"
	"plenum/store"
)

const pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"

// password is everybody's.
const password = "four evenings and a roof"

var (
	site    = coop.Site{Domain: "events.example"}
	start   = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	machine = coop.Principal{Role: coop.Admin, By: "root"}
)

// first is a database with two co-ops and their members, made once: passwords are
// meant to take long.
var first struct {
	dir string
	ids map[string]coop.ID
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "plenum-auth-")
	if err == nil {
		defer os.RemoveAll(dir)
		first.dir, first.ids = filepath.Join(dir, "data"), map[string]coop.ID{}
		err = makeFirst()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "no database to test with:", err)
		return 1
	}
	return m.Run()
}

func makeFirst() error {
	ctx := context.Background()
	db, err := store.Open(first.dir, store.Options{Create: true, Domain: site.Domain, Now: func() time.Time { return start }})
	if err != nil {
		return err
	}
	for _, n := range []coop.Name{coop.Relay, "alpha", "beta"} {
		if err := db.AddCoop(ctx, coop.Coop{Name: n, Type: coop.Group, Title: string(n), Language: "en", Created: start, Updated: start}, []byte(pem)); err != nil {
			return err
		}
	}
	s := service(db, func() time.Time { return start })
	for login, c := range map[string]struct {
		roles    map[coop.Name]coop.Role
		operator bool
	}{
		"ada":  {map[coop.Name]coop.Role{"alpha": coop.Admin}, false},
		"ben":  {map[coop.Name]coop.Role{"alpha": coop.Editor, "beta": coop.Admin}, false},
		"cora": {map[coop.Name]coop.Role{"alpha": coop.Publisher}, false},
		"olga": {nil, true},
	} {
		m, err := s.AddMember(ctx, machine, auth.NewMember{Login: login, Name: login + " of the co-op", Email: login + "@mail.example", Password: password}, c.roles, c.operator)
		if err != nil {
			return err
		}
		first.ids[login] = m.ID
	}
	return db.Close()
}

func service(db *store.DB, now func() time.Time) *auth.Service {
	return &auth.Service{Site: site, People: db, Tickets: db, Doors: db, Devices: db, Clients: db, Tokens: db, Now: now, Rand: rand.Reader}
}

// house is an instance's members at a time that the test sets, with a network of
// clients' documents and a letter box.
type house struct {
	*testing.T
	*auth.Service
	db *store.DB

	mu      sync.Mutex
	now     time.Time
	web     map[string]auth.Fetched
	fetched []string
	letters []auth.Letter
}

func newHouse(t *testing.T) *house {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(first.dir)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(dir, 0o700), os.Chmod(filepath.Join(dir, "plenum.db"), 0o600)); err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, now: start, web: map[string]auth.Fetched{}}
	db, err := store.Open(dir, store.Options{Domain: site.Domain, Now: h.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		found, err := db.Verify(context.Background())
		if err != nil || len(found) > 0 {
			t.Errorf("verify: %v %v", found, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	h.db, h.Service = db, service(db, h.clock)
	h.Fetch = h.fetch
	return h
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

var errDown = errors.New("the host does not answer")

func (h *house) fetch(_ context.Context, url, _ string, most int64) (auth.Fetched, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fetched = append(h.fetched, url)
	f, ok := h.web[url]
	if !ok || int64(len(f.Body)) > most {
		return auth.Fetched{}, errDown
	}
	return f, nil
}

// serve puts a document on the web.
func (h *house) serve(url, contentType, body string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.web[url] = auth.Fetched{Status: http.StatusOK, ContentType: contentType, Body: []byte(body)}
}

// mails lets the instance send mail, into the letter box.
func (h *house) mails() {
	h.Mail = func(_ context.Context, l auth.Letter) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.letters = append(h.letters, l)
		return nil
	}
}

// posted is what lay in the letter box once all that was to be sent has been.
func (h *house) posted() []auth.Letter {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), 10*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() { defer close(done); h.KeepMail(ctx) }()
	h.Flush(cancel)
	<-done
	h.mu.Lock()
	defer h.mu.Unlock()
	defer func() { h.letters = nil }()
	return h.letters
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// fails wants an error with a code and with words.
func (h *house) fails(err error, want coop.Code) {
	h.Helper()
	if e, ok := errors.AsType[*coop.Error](err); !ok || e.Code != want || e.Msg == "" {
		h.Errorf("got the error %v; want %s, in words", err, want)
	}
}

// refused wants an OAuth error.
func (h *house) refused(err error, want string) {
	h.Helper()
	if e, ok := errors.AsType[*auth.OAuthError](err); !ok || e.Code != want || e.Description == "" || e.Status < 400 {
		h.Errorf("got the error %v; want %s, in words", err, want)
	}
}

func (h *house) member(login string) coop.Member {
	h.Helper()
	m, err := h.Member(h.Context(), first.ids[login])
	h.ok(err)
	return m
}

// as is what somebody who is signed in may do for a co-op.
func (h *house) as(login string, n coop.Name) coop.Principal {
	h.Helper()
	return h.Principal(h.member(login), n)
}

// seen reports whether a session is one.
func (h *house) seen(secret string) bool {
	h.Helper()
	_, _, err := h.Session(h.Context(), secret)
	if err != nil {
		h.fails(err, coop.Unauthorized)
	}
	return err == nil
}

func (h *house) signIn(login string) string {
	h.Helper()
	secret, _, _, err := h.SignIn(h.Context(), login, password, "192.0.2.1", "Lynx")
	h.ok(err)
	return secret
}

// opens reports whether a token opens something.
func (h *house) opens(token string) bool {
	h.Helper()
	_, _, err := h.Bearer(h.Context(), token)
	if err != nil {
		h.fails(err, coop.Unauthorized)
	}
	return err == nil
}

// verifier is what a client proves by that it asked for a code.
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B

func challenge(v string) string {
	sum := sha256.Sum256([]byte(v))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

const (
	callback = "https://app.example/callback"
	document = "https://app.example/client.json"
)

// app puts a client's document on the web.
func (h *house) app() {
	h.serve(document, "application/json", `{"client_id":"`+document+`","client_name":"The App","redirect_uris":["`+callback+`","http://127.0.0.1/cb"]}`)
}

// asks is what a client asks for.
func asks(change ...string) url.Values {
	q := url.Values{
		"response_type": {"code"}, "client_id": {document}, "redirect_uri": {callback}, "state": {"xyz"}, "scope": {"read write"},
		"code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(change); i += 2 {
		if q.Set(change[i], change[i+1]); change[i+1] == "" {
			q.Del(change[i])
		}
	}
	return q
}

// code lets ada consent to what a client asks for.
func (h *house) code(q url.Values) string {
	h.Helper()
	r, err := h.Authorization(h.Context(), q)
	h.ok(err)
	to, err := h.Consent(h.Context(), r, h.member("ada"), "alpha")
	h.ok(err)
	u, err := url.Parse(to)
	h.ok(err)
	return u.Query().Get("code")
}

func exchanges(code string, change ...string) url.Values {
	f := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "client_id": {document}, "redirect_uri": {callback}, "code_verifier": {verifier}}
	for i := 0; i < len(change); i += 2 {
		if f.Set(change[i], change[i+1]); change[i+1] == "" {
			f.Del(change[i])
		}
	}
	return f
}

func renews(refresh string, change ...string) url.Values {
	f := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {document}}
	for i := 0; i < len(change); i += 2 {
		f.Set(change[i], change[i+1])
	}
	return f
}

// tokens are what the app got with ada's consent.
func (h *house) tokens() auth.TokenResponse {
	h.Helper()
	h.app()
	r, err := h.Token(h.Context(), exchanges(h.code(asks())), auth.ClientAuth{})
	h.ok(err)
	return r
}
