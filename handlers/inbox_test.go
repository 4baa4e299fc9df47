// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/activity"
	"plenum/coop"
	"plenum/handlers"
	"plenum/instance"
	"plenum/keys"
)

var alpha = site.Actor("alpha")

func TestSignedFollowIsAcceptedInEveryInbox(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for i, inbox := range []string{"/ap/inbox", "/ap/coops/alpha/inbox", "/ap/actor/inbox", "/ap/coops/beta/inbox"} {
		x := p.newPeer(fmt.Sprintf("peer%d.example", i), "anna")
		a := p.deliver(inbox, x, x.activity("1", "Follow", alpha)).want(http.StatusAccepted)
		if a.Body.Len() > 0 {
			t.Errorf("%s: answered %s", inbox, a.Body)
		}
		if !p.followed("alpha", x.id) {
			t.Errorf("%s: no follower", inbox)
		}
	}
	var rows []coop.Delivery
	p.ctl(http.MethodGet, "/control/deliveries", "", http.StatusOK, &rows)
	if len(rows) != 4 || rows[0].Type != "Accept" {
		t.Errorf("got %d deliveries %+v", len(rows), rows)
	}
	for _, d := range rows {
		p.get(path(site.Activity(d.Document))).want(http.StatusOK).checked()
	}
	if got := p.get("/ap/inbox").want(http.StatusOK).object(); got["totalItems"] != 0.0 { // L08
		t.Errorf("the inbox shows %v", got)
	}
}

func TestFollowWaitsForApprovalWhereTheCoopWantsIt(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	p.deliver("/ap/inbox", x, x.activity("1", "Follow", site.Actor("beta"))).want(http.StatusAccepted)
	if p.followed("beta", x.id) {
		t.Error("accepted without being asked")
	}
	p.ctl(http.MethodPost, "/control/coops/beta/moderation/follows", `{"actor":"@anna@social.example","decision":"approve"}`, http.StatusOK, nil)
	if !p.followed("beta", x.id) {
		t.Error("not accepted")
	}
	p.deliver("/ap/inbox", x, x.activity("2", "Undo", map[string]any{"type": "Follow", "actor": x.id, "object": site.Actor("beta")})).want(http.StatusAccepted)
	if p.followed("beta", x.id) {
		t.Error("still follows")
	}
}

func TestInboxOfNobodyIsNotFound(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	body := x.activity("1", "Follow", alpha)
	for _, inbox := range []string{"/ap/coops/nobody/inbox", "/ap/coops/relay/inbox", "/ap/coops/ALPHA/inbox", "/ap/coops/alpha%00/inbox", "/ap/coops/a%2Fb/inbox"} {
		p.deliver(inbox, x, body).problem(http.StatusNotFound, "")
	}
	p.deliver("/ap/inbox", x, x.activity("2", "Follow", "https://events.example/ap/coops/nobody")).problem(http.StatusNotFound, "") // T12
	p.ctl(http.MethodDelete, "/control/coops/alpha", "", http.StatusNoContent, nil)
	p.deliver("/ap/coops/alpha/inbox", x, body).problem(http.StatusGone, "")
	p.deliver("/ap/inbox", x, body).problem(http.StatusGone, "")
}

// resigned signs with a key that nobody has, in the name of another.
func (p *plenum) resigned(body []byte, key coop.IRI) change {
	return func(r *http.Request) {
		out, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, site.Base()+r.RequestURI, bytes.NewReader(body))
		if err == nil {
			err = keys.Sign(out, body, key, first.other, p.clock())
		}
		if err != nil {
			p.t.Fatal(err)
		}
		out.Header.Set("Content-Type", as2Profile)
		r.Header = out.Header
	}
}

// signed signs as if it had been done some time ago.
func (p *plenum) signed(x peer, body []byte, ago time.Duration) change {
	return func(r *http.Request) {
		p.pass(-ago)
		r.Header = p.delivery("/ap/inbox", x, body).Header
		p.pass(ago)
	}
}

// The S cases that need a whole instance; those of the signature alone are tests
// of package keys.
func TestUnprovenRequestIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	evil := p.newPeer("evil.example", "eve")
	body := x.activity("1", "Follow", alpha)
	swap := func(old, with string) change { // S01
		return func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(strings.Replace(string(body), old, with, 1)))
		}
	}
	for name, c := range map[string]struct {
		change change
		status int
	}{
		"S01 body swapped":        {swap("coops/alpha", "coops/relay"), 401},
		"S02 no Digest":           {func(r *http.Request) { r.Header.Del("Digest") }, 401},
		"S03 Digest of MD5":       {func(r *http.Request) { r.Header.Set("Digest", "MD5=xxxx") }, 401},
		"S04 two Digests":         {with("Digest", "SHA-256=AAAA"), 400},
		"S09 other inbox":         {func(r *http.Request) { r.RequestURI, r.URL.Path = "/ap/coops/alpha/inbox", "/ap/coops/alpha/inbox" }, 401},
		"S10 other host":          {func(r *http.Request) { r.Host = "other.example" }, 401},
		"S10 X-Forwarded-Host":    {func(r *http.Request) { r.Host = "other.example"; r.Header.Set("X-Forwarded-Host", site.Domain) }, 401},
		"S11 two hours old":       {p.signed(x, body, 2*time.Hour), 401},
		"S11 two hours ahead":     {p.signed(x, body, -2*time.Hour), 401},
		"S12 no Date":             {func(r *http.Request) { r.Header.Set("Date", "yesterday") }, 401},
		"S15 two Signatures":      {with("Signature", `keyId="x"`), 400},
		"no Signature":            {func(r *http.Request) { r.Header.Del("Signature") }, 401},
		"another key":             {p.resigned(body, x.key), 401},
		"key that is not listed":  {p.resigned(body, x.id+"#other-key"), 401},
		"S20 key of another host": {p.resigned(body, evil.key), 401},
		"S23 key of a user": {func(r *http.Request) {
			p.resigned(body, "https://nowhere.example/u#main-key")(r)
			r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), "nowhere", "eve@nowhere", 1))
		}, 401},
		"S25 both forms": {with("Signature-Input", `sig1=("@method");created=1`), 400},
	} {
		a := p.deliver("/ap/inbox", x, body, c.change)
		if a.Code != c.status {
			t.Errorf("%s: got %d want %d: %s", name, a.Code, c.status, a.Body)
			continue
		}
		a.problem(a.Code, "")
		if got := a.Header().Get("WWW-Authenticate"); strings.HasPrefix(got, `Signature realm="plenum",headers="(request-target) host date digest"`) != (c.status == 401) {
			t.Errorf("%s: got WWW-Authenticate %q", name, got)
		}
		if p.followed("alpha", x.id) {
			t.Fatalf("%s: believed", name)
		}
	}
	for _, asked := range p.net.requests() {
		if strings.Contains(asked, "nowhere") {
			t.Errorf("S23: asked %s", asked)
		}
	}
	p.deliver("/ap/inbox", x, body, p.signed(x, body, 50*time.Minute)).want(http.StatusAccepted) // S11
}

func TestActivityBelongsToWhoSigns(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x, victim := p.newPeer("social.example", "anna"), p.newPeer("victim.example", "vera")
	p.deliver("/ap/inbox", victim, victim.activity("1", "Follow", alpha)).want(http.StatusAccepted)
	for name, body := range map[string]string{
		"S20 actor of another host":    `{"id":"https://social.example/1","type":"Follow","actor":"` + string(victim.id) + `","object":"` + string(alpha) + `"}`,
		"O01 id of a third host":       `{"id":"https://third.example/1","type":"Follow","actor":"` + string(x.id) + `","object":"` + string(alpha) + `"}`,
		"another actor of its host":    `{"id":"https://social.example/1","type":"Follow","actor":"https://social.example/users/bert","object":"` + string(alpha) + `"}`,
		"one of our actors":            `{"id":"https://events.example/ap/activities/1","type":"Follow","actor":"https://events.example/ap/coops/beta","object":"` + string(alpha) + `"}`,
		"T01 Delete of another's self": `{"id":"https://social.example/2","type":"Delete","actor":"` + string(victim.id) + `","object":"` + string(victim.id) + `"}`,
	} {
		p.deliver("/ap/inbox", x, []byte(body)).want(http.StatusUnauthorized)
		if !p.followed("alpha", victim.id) || p.followed("alpha", x.id) {
			t.Fatalf("%s: believed", name)
		}
	}
	for name, body := range map[string][]byte{
		"T01 Delete of what is not its own":      x.activity("3", "Delete", victim.id),
		"T04 Undo of another's Follow":           x.activity("4", "Undo", map[string]any{"id": string(victim.id) + "/activities/1", "type": "Follow", "actor": victim.id, "object": alpha}),
		"T04 Undo of another's Follow by id":     x.activity("5", "Undo", string(victim.id)+"/activities/1"),
		"T05 Undo of nothing":                    x.activity("6", "Undo", "https://social.example/nothing"),
		"T10 Accept of what nobody asked":        x.activity("7", "Accept", "https://events.example/ap/activities/01J0000000000000000000000Z"),
		"T17 Add to a collection of ours":        x.activity("8", "Add", string(x.id), "target", "https://events.example/ap/coops/alpha/followers"),
		"T15 Like of nothing":                    x.activity("9", "Like", "https://events.example/ap/notes/01J0000000000000000000000Z"),
		"a type that there is not":               x.activity("10", "Nonsense", "https://social.example/x"),
		"O02 Create of another's object":         x.activity("11", "Create", map[string]any{"id": "https://victim.example/1", "type": "Note", "attributedTo": victim.id, "content": "x", "to": []string{"as:Public"}}),
		"O05 Create of an object of ours":        x.activity("12", "Create", map[string]any{"id": "https://events.example/ap/notes/1", "type": "Note", "attributedTo": x.id, "content": "x"}),
		"T16 Block":                              x.activity("13", "Block", alpha),
		"Create of somebody whom nobody follows": x.activity("14", "Create", map[string]any{"id": "https://social.example/n", "type": "Note", "attributedTo": x.id, "content": "x", "to": []string{"as:Public"}}),
	} {
		p.deliver("/ap/inbox", x, body).want(http.StatusAccepted)
		if !p.followed("alpha", victim.id) {
			t.Fatalf("%s: believed", name)
		}
	}
	if rows, err := p.db.ReceivedList(t.Context(), time.Time{}, 10); err != nil || len(rows) > 0 {
		t.Errorf("kept %+v, %v", rows, err)
	}
}

// C05.
func TestInboxTakesTwoMediaTypesOnly(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	body := x.activity("1", "Follow", alpha)
	for _, refused := range []string{"", "text/plain", "application/json", "application/ld+json", "application/x-www-form-urlencoded", "text/html"} {
		p.deliver("/ap/inbox", x, body, func(r *http.Request) { r.Header.Set("Content-Type", refused) }).problem(http.StatusUnsupportedMediaType, "")
	}
	for _, coding := range []string{"gzip", "br", "deflate", "gzip, gzip"} { // D04
		p.deliver("/ap/inbox", x, body, with("Content-Encoding", coding)).problem(http.StatusUnsupportedMediaType, "")
	}
	if len(p.net.requests()) > 0 {
		t.Errorf("asked %v", p.net.requests())
	}
	for _, taken := range []string{as2Short, `application/ld+json;charset=UTF-8; profile="https://www.w3.org/ns/activitystreams"`} {
		p.deliver("/ap/inbox", x, body, func(r *http.Request) { r.Header.Set("Content-Type", taken) }).want(http.StatusAccepted)
	}
}

// D01, D02, D03, O08, O09, D19: what is too much or ambiguous is refused before
// anybody is asked for a key.
func TestMalformedActivityIsRefusedBeforeItsKeyIsFetched(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	follow := string(x.activity("1", "Follow", alpha))
	replace := func(old, with string) string { return strings.Replace(follow, old, with, 1) }
	iris := `"https://x.example/` + strings.Repeat(`1","https://x.example/`, 9000) + `"`
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"D01 30 000 addressees":  {replace("{", `{"to":[`+iris+`],`), 413},
		"D02 nested lists":       {replace("{", `{"x":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+`,`), 413},
		"D02 nested objects":     {replace("{", `{"x":`+strings.Repeat(`{"object":`, 100)+"1"+strings.Repeat("}", 100)+`,`), 413},
		"D02 never closed":       {strings.Repeat("[", 1e5), 400},
		"D03 too large":          {replace("{", `{"x":"`+strings.Repeat("x", activity.MaxBody)+`",`), 413},
		"O08 no actor":           {replace(`"actor"`, `"by"`), 400},
		"O08 list of actors":     {replace(`"actor":"`+string(x.id)+`"`, `"actor":["`+string(x.id)+`","https://v.example/u"]`), 400},
		"O08 actor null":         {replace(`"actor":"`+string(x.id)+`"`, `"actor":null`), 400},
		"O09 actor twice":        {replace("{", `{"actor":"https://v.example/u",`), 400},
		"O09 ACTOR":              {replace("{", `{"ACTOR":"https://v.example/u",`), 400},
		"O09 escaped actor":      {replace("{", `{"\u0061ctor":"https://v.example/u",`), 400},
		"D19 type null":          {replace(`"Follow"`, `null`), 400},
		"D19 list of types":      {replace(`"Follow"`, `["Follow"]`), 400},
		"D19 type a number":      {replace(`"Follow"`, `7`), 400},
		"no id":                  {replace(`"id"`, `"di"`), 400},
		"object null":            {replace(`"object":"`+string(alpha)+`"`, `"object":null`), 400},
		"two documents":          {follow + follow, 400},
		"a list":                 {"[" + follow + "]", 400},
		"nothing":                {"", 400},
		"no JSON":                {"<Follow/>", 400},
		"not UTF-8":              {replace("Follow", "Fol\xfflow"), 400},
		"quote in an id":         {replace(`activities/1"`, `activities/1\""`), 400},
		"scheme that is no http": {replace(`"https://social.example/users/anna/activities/1"`, `"javascript:alert(1)"`), 400},
	} {
		began := time.Now()
		a := p.deliver("/ap/inbox", x, []byte(c.body))
		if a.Code != c.status {
			t.Errorf("%s: got %d want %d: %.300s", name, a.Code, c.status, a.Body)
		}
		if a.Body.Len() > 1000 { // D18
			t.Errorf("%s: answered %d bytes", name, a.Body.Len())
		}
		if took := time.Since(began); took > 2*time.Second { // PoC: minutes
			t.Errorf("%s: took %v", name, took)
		}
	}
	chunked := func(r *http.Request) { r.ContentLength = -1 }
	p.deliver("/ap/inbox", x, bytes.Repeat([]byte("x"), activity.MaxBody+1), chunked).problem(http.StatusRequestEntityTooLarge, "")
	if len(p.net.requests()) > 0 {
		t.Errorf("asked %v", p.net.requests())
	}
}

// D03: a body without end ends the connection.
func TestConnectionOfATooLargeBodyIsClosed(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	client := serve(t, p)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+site.Domain+"/ap/inbox", struct{ io.Reader }{&endless{}})
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", as2Short)
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge || !res.Close {
		t.Errorf("got %d, closed %t", res.StatusCode, res.Close)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

// R01, R02.
func TestRepeatedActivityHasNoSecondEffect(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	again := func() { p.deliver("/ap/inbox", x, x.activity("1", "Follow", alpha)).want(http.StatusAccepted) }
	again()
	p.deliver("/ap/inbox", x, x.activity("2", "Undo", x.activity1())).want(http.StatusAccepted)
	if p.followed("alpha", x.id) {
		t.Fatal("still follows")
	}
	again() // replayed within the window of its signature
	if p.followed("alpha", x.id) {
		t.Error("a replayed Follow has effect")
	}
	p.deliver("/ap/inbox", x, x.activity("1", "Follow", site.Actor(coop.Relay))).want(http.StatusAccepted)
	if p.followed(coop.Relay, x.id) {
		t.Error("another activity under the same id has effect")
	}
	var rows []coop.Delivery
	if p.ctl(http.MethodGet, "/control/deliveries", "", http.StatusOK, &rows); len(rows) != 1 {
		t.Errorf("got %d deliveries, want the one Accept", len(rows))
	}
}

// activity1 is the id of the activity "1".
func (x peer) activity1() string { return string(x.id) + "/activities/1" }

// K03: a key that cannot be had now is no proof, and the peer is told to try again.
func TestUnreachableKeyHostMeansTryAgain(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := peer{id: "https://down.example/users/anna", key: "https://down.example/users/anna#main-key"}
	a := p.deliver("/ap/inbox", x, x.activity("1", "Follow", alpha))
	a.problem(http.StatusServiceUnavailable, "")
	if a.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if p.followed("alpha", x.id) {
		t.Error("believed without a key")
	}
}

// T02: the commonest request of all costs nothing.
func TestDeleteOfUnknownActorAsksNobody(t *testing.T) {
	t.Parallel()
	p := newPlenum(t, func(o *instance.Options) { o.Limits = handlers.Limits{UnverifiedPerMinute: 5} })
	for i := range 50 {
		x := peer{id: coop.IRI(fmt.Sprintf("https://social.example/users/u%d", i))}
		x.key = x.id + "#main-key"
		p.deliver("/ap/inbox", x, x.activity("1", "Delete", x.id)).want(http.StatusAccepted)
	}
	if len(p.net.requests()) > 0 {
		t.Errorf("asked %v", p.net.requests())
	}
}

// K08: many deliveries of one actor at once ask for its key once.
func TestKeyIsFetchedOnceForDeliveriesAtTheSameTime(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	var wait sync.WaitGroup
	for i := range 10 {
		r := p.delivery("/ap/inbox", x, x.activity(fmt.Sprint(i), "Follow", alpha))
		wait.Go(func() { p.do(r).want(http.StatusAccepted) })
	}
	wait.Wait()
	if n := len(p.net.requests()); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// What a co-op follows stands on the page of the network; L12 for the rest.
func TestWhatIsReceivedIsShownToPeople(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	x := p.newPeer("social.example", "anna")
	a := p.post("alpha", "alpha", `{"type":"Follow","object":"`+string(x.id)+`"}`).want(http.StatusCreated)
	p.deliver("/ap/inbox", x, x.activity("1", "Accept", a.Header().Get("Location"))).want(http.StatusAccepted)
	object := func(id, to, name string) map[string]any {
		return map[string]any{"id": "https://social.example/" + id, "type": "Article", "attributedTo": x.id, "name": name, "url": "https://social.example/@anna/" + id,
			"content": "<p>Text.</p><script>alert(1)</script>", "to": []string{to}, "published": "2026-12-01T11:00:00Z"}
	}
	p.deliver("/ap/inbox", x, x.activity("2", "Create", object("1", string(coop.Public), "Seen <b>&</b> kept"))).want(http.StatusAccepted)
	p.deliver("/ap/inbox", x, x.activity("3", "Create", object("2", "https://social.example/users/anna/followers", "For few"))).want(http.StatusAccepted)
	page := p.get("/network", accept(browser)).want(http.StatusOK).Body.String()
	if !strings.Contains(page, "https://social.example/@anna/1") || !strings.Contains(page, "Seen") || strings.Contains(page, "For few") {
		t.Errorf("got %s", page)
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "<b>") {
		t.Error("markup of others stands on the page")
	}
	p.deliver("/ap/inbox", x, x.activity("4", "Delete", "https://social.example/1")).want(http.StatusAccepted)
	if page := p.get("/network").Body.String(); strings.Contains(page, "Seen") {
		t.Error("what was deleted is still shown")
	}
}
