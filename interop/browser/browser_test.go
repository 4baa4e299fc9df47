// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build browser

// Package browser_test walks through the pages for members in a real browser: a
// member signs in, adds a passkey of a device that the browser plays, signs in by it,
// lets a program act, and publishes by the form. interop/run.sh browser runs it.
package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

const word = "four words make it"

// world is an instance that runs, and a browser.
type world struct {
	t     *testing.T
	base  string
	link  string // by which anna chooses a password
	ctx   context.Context
	wrong chan string // what the console complained about
}

func build(t *testing.T) *world {
	t.Helper()
	program := os.Getenv("PLENUM")
	if program == "" {
		program = filepath.Join(t.TempDir(), "plenum")
		run(t, "..", "go", "build", "-o", program, "../cmd/plenum")
	}
	dir, port := t.TempDir(), "8092"
	w := &world{t: t, base: "http://localhost:" + port, wrong: make(chan string, 100)}
	run(t, dir, program, "quickstart", "--development", "--domain", "localhost:"+port, "--dir", ".", "--coop", "it_kollektiv")
	run(t, dir, program, "coop", "set", "it_kollektiv", "--title", "IT-Kollektiv", "--timezone", "Europe/Berlin", "--language", "en")
	out := run(t, dir, program, "member", "add", "anna", "--name", "Anna Arbeiterin", "--role", "admin")
	w.link = strings.TrimSpace(out[strings.LastIndex(out, "http"):])
	serve := exec.CommandContext(t.Context(), program, "serve")
	serve.Dir = dir
	serve.Cancel = func() error { return serve.Process.Signal(os.Interrupt) }
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = serve.Wait() })
	for range 100 {
		if r, err := http.Get(w.base + "/healthz"); err == nil {
			r.Body.Close()
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	w.open()
	return w
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// open starts Debian's Chromium; CHROMIUM names another one.
func (w *world) open() {
	path := os.Getenv("CHROMIUM")
	if path == "" {
		path = "/usr/bin/chromium"
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(w.t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en-GB"))
	if os.Getenv("WRITE") != "" {
		fonts, err := filepath.Abs("../fonts.conf")
		if err != nil {
			w.t.Fatal(err)
		}
		opts = append(opts, chromedp.Env("FONTCONFIG_FILE="+fonts))
	}
	ctx, stop := chromedp.NewExecAllocator(w.t.Context(), opts...)
	w.t.Cleanup(stop)
	w.ctx, stop = chromedp.NewContext(ctx)
	w.t.Cleanup(stop)
	if err := chromedp.Do(w.ctx, chromedp.Navigate("about:blank")); err != nil { // the browser lives as long as this context
		w.t.Fatal(err)
	}
	if err := chromedp.Listen(w.ctx, func(e any) {
		if e, ok := e.(*runtime.EventExceptionThrown); ok {
			w.wrong <- e.ExceptionDetails.Text
		}
	}); err != nil {
		w.t.Fatal(err)
	}
}

// command is a command of the browser's protocol.
func command[P, R any](c cdp.Command[P, R], p P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, p)
		return err
	})
}

// do does things in the browser.
func (w *world) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.ctx, 20*time.Second)
	defer stop()
	if err := chromedp.Do(ctx, actions...); err != nil {
		w.t.Fatalf("%s: %v\n%s", what, err, w.page())
	}
}

// page is where the browser is, and what it shows.
func (w *world) page() string {
	text, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
	return text
}

// until waits for something to be true, over the end of a page.
func (w *world) until(what, expression string) {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if ok, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](expression)); err == nil && ok {
			return
		}
	}
	w.t.Fatalf("%s: waited in vain\n%s", what, w.page())
}

// reads waits until the page says something.
func (w *world) reads(words string) {
	w.t.Helper()
	w.until("read "+words, fmt.Sprintf("document.readyState === 'complete' && !!document.querySelector('main')?.innerText.includes(%q)", words))
}

// at waits until the browser is at a path.
func (w *world) at(path string) {
	w.t.Helper()
	w.until("come to "+path, fmt.Sprintf("location.pathname + location.search === %q && document.readyState === 'complete'", path))
}

func (w *world) visit(path string) chromedp.Action[chromedp.Void] {
	return chromedp.Navigate(w.base + path)
}

func fill(field, text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](fmt.Sprintf("document.getElementById(%q).value = %q; true", field, text))(ctx, t)
		return err
	})
}

func press(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(selector))
}

const submit = `main form button[type="submit"]`

// looks are how each page is looked at.
var looks = []struct {
	name   string
	width  int64
	scheme string
}{{"360-light", 360, "light"}, {"360-dark", 360, "dark"}, {"1280-light", 1280, "light"}, {"1280-dark", 1280, "dark"}}

// shownInDocs are the pictures that the documentation has.
var shownInDocs = map[string]bool{"desk": true, "consent": true}

// picture writes a picture of the page for each look, where PICTURES names a folder,
// and holds that nothing sticks out.
func (w *world) picture(name string) {
	w.t.Helper()
	for _, look := range looks {
		w.do("look at "+name,
			command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: look.width, Height: 900, DeviceScaleFactor: 1}),
			command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}}))
		over, err := chromedp.Run(w.ctx, chromedp.Evaluate[int]("document.documentElement.scrollWidth - innerWidth"))
		if err != nil || over > 0 {
			w.t.Errorf("%s, %s: %d pixels stick out, %v", name, look.name, over, err)
		}
		if dir := os.Getenv("PICTURES"); dir != "" && (os.Getenv("WRITE") == "" || shownInDocs[name]) {
			png, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name+"-"+look.name+".png"), png, 0o644)
			}
			if err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.do("look as before", command(emulation.ClearDeviceMetricsOverride, cdp.Empty{}))
}

func TestMemberInABrowser(t *testing.T) {
	w := build(t)
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"a member chooses a password and signs in", w.signIn},
		{"adds a passkey", w.addPasskey},
		{"signs in by the passkey", w.signInByPasskey},
		{"lets an app act", w.consent},
		{"writes and publishes", w.publish},
		{"does the same without scripts", w.signOutWithoutScript},
	} {
		if !t.Run(step.name, func(t *testing.T) { w.t = t; step.do() }) {
			return
		}
	}
	w.t = t
	select {
	case text := <-w.wrong:
		t.Errorf("the console complains: %s", text)
	default:
	}
}

// signIn chooses a password by the link, and signs in with it.
func (w *world) signIn() {
	w.do("choose a password", chromedp.Navigate(w.link), fill("password", word), press(submit))
	w.reads("Your new password is set")
	w.picture("login")
	w.do("sign in", fill("login", "anna"), fill("password", "a wrong password"), press(submit))
	w.reads("do not belong together")
	w.do("sign in", fill("login", "anna"), fill("password", word), press(submit))
	w.at("/desk")
}

// addPasskey adds one of a device that the browser plays. WebAuthn §11.
func (w *world) addPasskey() {
	w.do("have a device", command(webauthn.Enable, webauthn.EnableParams{}),
		command(webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}}))
	w.do("add a passkey", w.visit("/account"), fill("device", "laptop"), press(`[data-passkey="create"] button`))
	w.reads("Your passkey is added")
	w.reads("laptop")
	w.picture("account")
}

func (w *world) signInByPasskey() {
	w.do("sign out", press(".leave button"))
	w.reads("You have signed out")
	w.do("sign in by the passkey", press(`[data-passkey="get"] button`))
	w.at("/desk")
	w.do("look where", w.visit("/account"))
	w.reads("with a passkey")
}

// consent lets a program act that has registered: it gets a token that publishes.
func (w *world) consent() {
	got := make(chan url.Values, 1)
	app := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cb" {
			got <- r.URL.Query()
		}
		fmt.Fprint(rw, "<title>thank you</title><main>thank you</main>")
	}))
	defer app.Close()
	back := app.URL + "/cb"
	var client struct {
		ID string `json:"client_id"`
	}
	w.call("/oauth/register", "application/json", `{"client_name":"Pen & Paper","redirect_uris":["`+back+`"],"token_endpoint_auth_method":"none"}`, &client)
	q := url.Values{
		"response_type": {"code"}, "client_id": {client.ID}, "redirect_uri": {back}, "scope": {"read write"}, "state": {"s"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"}, // RFC 7636, appendix B
	}
	w.do("be asked", w.visit("/oauth/authorize?"+q.Encode()))
	w.reads("Pen & Paper")
	w.picture("consent")
	w.do("allow it", press(`button[value="allow"]`))
	w.reads("thank you")
	answer := <-got
	if answer.Get("state") != "s" || answer.Get("iss") != w.base {
		w.t.Errorf("the program was told %v", answer)
	}
	var tokens struct {
		Access string `json:"access_token"`
		Me     string `json:"me"`
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": answer["code"], "redirect_uri": {back}, "client_id": {client.ID}, "code_verifier": {"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}}
	w.call("/oauth/token", "application/x-www-form-urlencoded", form.Encode(), &tokens)
	if tokens.Access == "" || tokens.Me != w.base+"/ap/coops/it_kollektiv" {
		w.t.Errorf("got %+v", tokens)
	}
	w.do("see it", w.visit("/account"))
	w.reads("Pen & Paper")
}

// call posts to an endpoint for programs.
func (w *world) call(path, contentType, body string, v any) {
	w.t.Helper()
	r, err := http.Post(w.base+path, contentType, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(v); err != nil || r.StatusCode >= 300 {
		w.t.Fatalf("%s: %d %v", path, r.StatusCode, err)
	}
}

// publish writes a meetup by the form: with a mistake, as a draft, and for all.
func (w *world) publish() {
	w.do("write", w.visit("/desk/it_kollektiv/new?kind=meetup"),
		fill("title", "Tech-Coops meetup"), fill("summary", "For everybody who works in a co-op."), fill("text", "How to get a coop *started*."),
		fill("start_date", "2027-05-20"), fill("start_time", "19:00"), fill("end_date", "2027-05-19"), fill("end_time", "21:00"),
		fill("place", "Komona"), fill("address", "Leipzig, Germany"), fill("tags", "tech-coops"))
	w.picture("compose")
	w.do("publish with a mistake", press(`button[value="publish"]`))
	w.reads("It ends before it begins")
	focused, err := chromedp.Run(w.ctx, chromedp.Evaluate[string]("document.activeElement.className"))
	if err != nil || focused != "faults" {
		w.t.Errorf("the focus is at %q, not at what is to be put right: %v", focused, err)
	}
	w.picture("mistakes")
	w.do("put it right", fill("end_date", "2027-05-20"), press(`button[value="save"]`))
	w.reads("Saved. Nobody outside sees it.")
	w.do("publish", press(`button[value="publish"]`))
	w.reads("Published, and on its way")
	w.picture("desk")
	w.do("see it as everybody", w.visit("/@it_kollektiv/tech-coops-meetup"))
	w.reads("How to get a coop started.")
	w.do("look at the members", w.visit("/members/it_kollektiv"), fill("note", "Bert, of the print shop"), press(`section.panel button[type="submit"]`))
	w.reads("This link makes one person a member")
	w.picture("members")
}

// signOutWithoutScript does what everybody can do without JavaScript.
func (w *world) signOutWithoutScript() {
	w.do("turn scripts off", command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}), w.visit("/account"))
	w.reads("this page needs JavaScript")
	w.until("what needs a script is hidden", "document.querySelector('[data-passkey]').getBoundingClientRect().height === 0")
	w.do("sign out", press(".leave button"))
	w.reads("You have signed out")
	w.until("what needs a script is hidden", "document.querySelector('[data-passkey]').getBoundingClientRect().height === 0")
	w.do("sign in", fill("login", "anna"), fill("password", word), press(submit))
	w.at("/desk")
}
