// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/coop"
	"plenum/handlers"
	"plenum/instance"
)

// picture is a PNG that differs by its size.
func picture(t testing.TB, w int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, w, 20))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const pdf = "%PDF-1.7\n1 0 obj <</OpenAction <</S /JavaScript /JS (app.alert(1))>>>>\n%%EOF\n"

// form is the body of an upload and its media type; name is what the client calls the file.
func form(t testing.TB, name string, file []byte, object string) (body []byte, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	h := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename=%q`, name)}, "Content-Type": {"text/html"}}
	part, err := w.CreatePart(h)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(file)
	if object != "" {
		_ = w.WriteField("object", object)
	}
	_ = w.Close()
	return b.Bytes(), w.FormDataContentType()
}

// upload sends a file with one of the tokens.
func (p *plenum) upload(token, name string, file []byte, object string) answer {
	p.t.Helper()
	body, kind := form(p.t, name, file, object)
	return p.do(request(http.MethodPost, "/api/media", body, bearer(token), with("Content-Type", kind)))
}

// uploaded is what the object of a file says.
type uploaded struct {
	ID, Type, AttributedTo, MediaType, URL, Name, Blurhash string
	Width, Height                                          int
	FocalPoint                                             []float64
	AltMissing                                             bool `json:"plenum:altMissing"`
}

func (u uploaded) path() string   { return strings.TrimPrefix(u.URL, site.Base()) }
func (u uploaded) object() string { return strings.TrimPrefix(u.ID, site.Base()) }

func (p *plenum) uploads(token string, file []byte, object string) (u uploaded) {
	p.t.Helper()
	p.upload(token, "x", file, object).want(http.StatusCreated).json(&u)
	return u
}

func TestUploadedPictureIsAnObjectThatAPostCanName(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	a := p.upload("alpha", "IMG_1.png", picture(t, 40), `{"type":"Video","id":"https://evil.example/1","name":"A roof","focalPoint":[0.5,-1],"attributedTo":"https://evil.example/"}`)
	a.want(http.StatusCreated).checked().header("Content-Type", as2Short).header("Cache-Control", "no-store").header("Access-Control-Allow-Origin", "*")
	var u uploaded
	a.json(&u)
	if u.ID != a.Header().Get("Location") || u.Type != "Image" || u.AttributedTo != "https://events.example/ap/coops/alpha" || u.MediaType != "image/png" ||
		u.Name != "A roof" || u.Width != 40 || u.Height != 20 || u.Blurhash == "" || fmt.Sprint(u.FocalPoint) != "[0.5 -1]" || u.AltMissing {
		t.Errorf("got %+v", u)
	}
	if got := p.get(u.object(), bearer("reader")).want(http.StatusOK).checked(); got.Body.String() != a.Body.String() {
		t.Error("the id answers other bytes than the POST did")
	}
	for name, named := range map[string]string{"id": `"` + u.ID + `"`, "url": `"` + u.URL + `"`, "object": a.Body.String(), "object by its id": `{"id":"` + u.ID + `","type":"Image"}`} {
		for _, member := range []string{"image", "attachment"} {
			post := p.publish(`{"type":"Article","name":"A report","content":"<p>x</p>","` + member + `":` + named + `}`)
			i := post.Image
			if i.File != filepath.Base(u.URL) || i.Alt != "A roof" || i.Width != 40 || i.Blurhash != u.Blurhash || i.Focus != [2]float64{0.5, -1} || len(post.Links) > 0 {
				t.Errorf("%s by its %s: got %+v, %v", member, name, i, post.Links)
			}
			o := p.get(strings.TrimPrefix(string(site.Object(post.Kind, post.ID)), site.Base())).want(http.StatusOK).checked().object()
			if im, _ := o["image"].(map[string]any); im["blurhash"] != u.Blurhash || fmt.Sprint(im["focalPoint"]) != "[0.5 -1]" {
				t.Errorf("got %v", im)
			}
		}
	}
	p.get(u.path()).want(http.StatusOK).header("Cache-Control", "public, max-age=31536000, immutable")
	p.get(u.object()).want(http.StatusOK).header("Cache-Control", "no-cache")
	p.get(u.object(), accept(browser)).want(http.StatusSeeOther).header("Location", u.URL)
	own := p.publish(`{"type":"Article","name":"Another","content":"<p>x</p>","image":{"type":"Image","url":"` + u.URL + `","name":"The same roof","focalPoint":[0,0]}}`)
	if own.Image.Alt != "The same roof" || own.Image.Width != 40 {
		t.Errorf("got %+v", own.Image)
	}
}

func TestPictureWithoutWordsIsTakenAndAskedAbout(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	u := p.uploads("alpha", picture(t, 41), "")
	if !u.AltMissing || u.Name != "" {
		t.Errorf("got %+v", u)
	}
	if again := p.uploads("alpha", picture(t, 41), `{"name":"A roof"}`); again.ID != u.ID || again.Name != "A roof" || again.AltMissing {
		t.Errorf("got %+v, want %s with a name", again, u.ID)
	}
	for object, member := range map[string]string{
		`{"name":"` + strings.Repeat("x", 1501) + `"}`: "name", `{"focalPoint":[2,0]}`: "focalPoint", `{"focalPoint":[0]}`: "focalPoint", `{"focalPoint":"middle"}`: "focalPoint",
		`[]`: "", `{"name":"a","name":"b"}`: "name", `{`: "",
	} {
		p.upload("alpha", "x.png", picture(t, 42), object).problem(http.StatusBadRequest, member)
	}
}

// M01, M02, M03: whatever it is called, a file is what it holds; its name is of its
// content, and what could hold a script is saved and never shown.
func TestUploadsAreServedSoThatNothingRuns(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	for _, name := range []string{"../../x.html", "/etc/passwd", `C:\x.exe`, "CON", strings.Repeat("x", 300), ".htaccess", "a\x00b.png", "ä.svg", ""} {
		for kind, c := range map[string]struct {
			file                          []byte
			ext, contentType, disposition string
		}{
			"picture":  {picture(t, 43), ".png", "image/png", ""},
			"PDF":      {[]byte(pdf), ".pdf", "application/pdf", "attachment"},
			"calendar": {[]byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), ".ics", "text/calendar; charset=utf-8", "attachment"},
		} {
			var u uploaded
			p.upload("alpha", name, c.file, "").want(http.StatusCreated).json(&u)
			if file := filepath.Base(u.URL); len(file) != 64+len(c.ext) || filepath.Ext(file) != c.ext || u.Name != "" {
				t.Errorf("%s called %q: got %+v", kind, name, u)
			}
			p.get(u.path(), bearer("alpha")).want(http.StatusOK).header("Content-Type", c.contentType).header("Content-Disposition", c.disposition).
				header("X-Content-Type-Options", "nosniff").header("Content-Security-Policy", "default-src 'none'; sandbox")
		}
	}
	for what, file := range map[string]string{
		"SVG": `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "HTML": "<!doctype html><script>alert(1)</script>", "a program": "MZ\x90", "text": "hello",
	} {
		if got := p.upload("alpha", "x.jpg", []byte(file), "").problem(http.StatusUnsupportedMediaType, "file"); !strings.Contains(got.Detail, "PDF") {
			t.Errorf("%s: got %q", what, got.Detail)
		}
	}
	polyglot := append(picture(t, 44), "<script>alert(1)</script> GPS 52.5N"...)
	u := p.uploads("alpha", polyglot, "")
	if body := p.get(u.path(), bearer("alpha")).want(http.StatusOK).Body.String(); strings.Contains(body, "script") || strings.Contains(body, "GPS") {
		t.Error("something besides the pixels is left")
	}
}

// M05, M08: what is no whole form is refused, and nothing is left of it.
func TestFormsThatAreNoneLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	good, kind := form(t, "x.png", picture(t, 45), `{"name":"x"}`)
	boundary := strings.TrimPrefix(kind, "multipart/form-data; boundary=")
	part := func(headers, body string) string {
		return "--" + boundary + "\r\n" + headers + "\r\n\r\n" + body + "\r\n"
	}
	const file, object = `Content-Disposition: form-data; name="file"; filename="x"`, `Content-Disposition: form-data; name="object"`
	end := "--" + boundary + "--\r\n"
	for name, c := range map[string]struct {
		kind, body string
		want       int
		member     string
	}{
		"no form":            {"image/png", string(good), 415, ""},
		"no media type":      {"", string(good), 415, ""},
		"another form":       {"multipart/mixed; boundary=" + boundary, string(good), 415, ""},
		"no boundary":        {"multipart/form-data", string(good), 400, ""},
		"a long boundary":    {"multipart/form-data; boundary=" + strings.Repeat("x", 71), string(good), 400, ""},
		"another boundary":   {"multipart/form-data; boundary=other", string(good), 400, "file"},
		"nothing":            {kind, "", 400, "file"},
		"no parts":           {kind, end, 400, "file"},
		"no file":            {kind, part(object, "{}") + end, 400, "file"},
		"an empty file":      {kind, part(file, "") + end, 400, "file"},
		"two files":          {kind, part(file, "%PDF-") + part(file, "%PDF-") + end, 400, "file"},
		"cut off":            {kind, string(good[:len(good)/2]), 400, "file"},
		"10 000 parts":       {kind, strings.Repeat(part("", "x"), 10_000) + end, 400, ""},
		"a huge header":      {kind, part("X: "+strings.Repeat("x", 1<<20), "x") + end, 400, "file"},
		"10 000 headers":     {kind, part(strings.Repeat("X: x\r\n", 20_000)+file, pdf) + end, 400, ""},
		"a file of 8 MiB +1": {kind, part(file, "%PDF-"+strings.Repeat("x", coop.MaxFile)) + end, 413, "file"},
		"a body of 9 MiB":    {kind, part(file, "%PDF-"+strings.Repeat("x", 9<<20)) + end, 413, "file"},
		"a large object":     {kind, part(object, `{"name":"`+strings.Repeat("x", 1<<20)+`"}`) + part(file, pdf) + end, 413, "object"},
	} {
		p.pass(time.Minute)
		a := p.do(request(http.MethodPost, "/api/media", []byte(c.body), bearer("alpha"), with("Content-Type", c.kind)))
		if a.Code != c.want {
			t.Errorf("%s: got %d want %d: %s", name, a.Code, c.want, a.Body)
			continue
		}
		a.problem(c.want, c.member)
	}
	r := request(http.MethodPost, "/api/media", good[:60], bearer("alpha"), with("Content-Type", kind))
	r.ContentLength = int64(len(good))
	p.do(r).problem(http.StatusBadRequest, "file")
	p.do(request(http.MethodPost, "/api/media", good, bearer("alpha"), with("Content-Type", kind, "Content-Encoding", "gzip"))).problem(http.StatusUnsupportedMediaType, "")
	if all, err := p.db.MediaOf(t.Context(), "alpha", "", 10); err != nil || len(all) > 0 {
		t.Errorf("got %v, %v", all, err)
	}
	if findings, err := p.db.Verify(t.Context()); err != nil || len(findings) > 0 {
		t.Errorf("got %v, %v", findings, err)
	}
}

// M07: to know the address of a file is not to be allowed to read it. A27: it takes a
// token to upload one.
func TestFilesThatNoOpenPostShowsAreForTheCoop(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	u := p.uploads("alpha", []byte(pdf), `{"name":"Minutes"}`)
	for _, at := range []string{u.path(), u.object()} {
		for name, c := range map[string]struct {
			change
			status int
		}{
			"anybody":               {with(), 404},
			"a browser":             {accept(browser), 404},
			"a wrong token":         {with("Authorization", "Bearer plenum_x"), 404},
			"a token in the query":  {func(r *http.Request) { r.URL.RawQuery = "access_token=" + first.tokens["alpha"] }, 404},
			"another co-op":         {bearer("beta"), 404},
			"one that cannot read":  {bearer("second"), 404},
			"one that can read":     {bearer("reader"), 200},
			"a part, to anybody":    {with("Range", "bytes=0-3"), 404},
			"a signature that lies": {with("Signature", `keyId="https://social.example/users/anna#main-key",signature="AAAA"`), 404},
		} {
			a := p.get(at, c.change)
			if a.Code != c.status {
				t.Errorf("%s, %s: got %d want %d", at, name, a.Code, c.status)
				continue
			}
			if c.status == 200 {
				a.header("Cache-Control", "private, no-store").varies("Authorization").varies("Signature").varies("Cookie").header("ETag", a.Header().Get("ETag"))
			} else if strings.Contains(a.Body.String(), "Minutes") || strings.Contains(a.Body.String(), "%PDF") {
				t.Errorf("%s: the answer tells of the file", name)
			} else {
				a.header("Cache-Control", "no-store")
			}
		}
	}
	for _, at := range []string{u.path(), u.object()} {
		p.signedGet(at, p.newPeer("social.example", "anna"), first.peer).want(http.StatusNotFound)
	}
	p.upload("reader", "x", picture(t, 46), "").problem(http.StatusForbidden, "")
	body, kind := form(t, "x", picture(t, 46), "")
	p.do(request(http.MethodPost, "/api/media", body, with("Content-Type", kind))).problem(http.StatusUnauthorized, "")
}

// M07, L01: what a post for followers shows, followers read, and their servers for them.
func TestFilesOfAPostForFollowersAreForThem(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	anna, eve := p.newPeer("social.example", "anna"), p.newPeer("evil.example", "eve")
	p.deliver("/ap/inbox", anna, anna.activity("1", "Follow", alpha)).want(http.StatusAccepted)
	u, slides, draft := p.uploads("alpha", picture(t, 80), `{"name":"A roof"}`), p.uploads("alpha", []byte(pdf), ""), p.uploads("alpha", picture(t, 81), "")
	followers := `"to":["` + string(site.Of("alpha", "followers")) + `"],`
	post := p.publish(`{"type":"Article",` + followers + `"name":"A report","content":"<p>See <a href=\"` + slides.URL + `\">the slides</a>.</p>","image":"` + u.ID + `"}`)
	p.ctl(http.MethodPost, "/control/coops/alpha/drafts", `{"type":"Article","name":"A draft","content":"<p>x</p>","image":"`+draft.ID+`"}`, http.StatusOK, nil)
	event := p.publish(`{"type":"Event",` + followers + `"name":"A meetup","content":"<p>x</p>","startTime":"2026-12-10T19:00:00","timezone":"Europe/Berlin"}`)
	if post.Visibility != coop.Followers {
		t.Fatalf("got visibility %q", post.Visibility)
	}
	for _, at := range []string{u.path(), u.object(), slides.path(), "/media/" + event.Image.File} {
		p.get(at).problem(http.StatusNotFound, "")
		p.get(at, bearer("beta")).problem(http.StatusNotFound, "")
		p.signedGet(at, eve, first.peer).problem(http.StatusNotFound, "")
		p.signedGet(at, anna, first.other).problem(http.StatusNotFound, "")
		p.get(at, bearer("reader")).want(http.StatusOK).header("Cache-Control", "private, no-store")
		p.signedGet(at, anna, first.peer).want(http.StatusOK).header("Cache-Control", "private, no-store").varies("Signature")
	}
	for _, at := range []string{draft.path(), draft.object()} { // a draft is for no follower
		p.signedGet(at, anna, first.peer).want(http.StatusNotFound)
	}
	if got, _ := p.db.MediaNamed(t.Context(), event.Image.File); len(got) != 1 || got[0].Open {
		t.Errorf("the poster has the rows %+v", got)
	}
	p.publish(`{"type":"Article","to":["` + string(site.Of("alpha", "followers")) + `"],"cc":["` + string(coop.Public) + `"],"name":"Unlisted","content":"<p>See <a href=\"` + slides.URL + `\">the slides</a>.</p>"}`)
	p.get(slides.path()).want(http.StatusOK).header("Content-Disposition", "attachment")
	p.get(u.path()).want(http.StatusNotFound)
}

// M07: nobody shows, or gives away, what another co-op keeps to itself.
func TestPostCannotShowTheFileOfAnotherCoop(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	u := p.uploads("alpha", picture(t, 47), "")
	doc := p.uploads("alpha", []byte(pdf), "")
	for _, c := range []struct{ member, named, want string }{
		{"image", `"` + u.ID + `"`, "image"}, {"image", `"` + u.URL + `"`, "image"}, {"attachment", `["` + doc.ID + `"]`, "attachment.url"},
		{"attachment", `[{"type":"Document","url":"` + doc.URL + `","name":"Minutes"}]`, "attachment.url"},
		{"attachment", `[{"type":"Link","href":"` + doc.URL + `"}]`, "attachment.url"},
		{"image", `"` + site.Base() + `/ap/media/01KB3Y6Q2ZM9T4X7V0R8W5N1EA"`, "image"},
		{"image", `"` + site.Base() + `/media/` + strings.Repeat("0", 64) + `.png"`, "image"},
	} {
		p.post("beta", "beta", `{"type":"Article","name":"A report","content":"<p>x</p>","`+c.member+`":`+c.named+`}`).problem(http.StatusBadRequest, c.want)
	}
	for _, at := range []string{u.path(), u.object(), doc.path()} {
		p.get(at).want(http.StatusNotFound)
	}
	p.ctl(http.MethodPatch, "/control/coops/beta", `{"icon":{"file":"`+filepath.Base(u.URL)+`","media_type":"image/png","alt":""}}`, http.StatusBadRequest, nil)
	p.post("alpha", "alpha", `{"type":"Article","name":"A report","content":"<p>x</p>","image":"`+doc.ID+`"}`).problem(http.StatusBadRequest, "image")
	theirs := p.uploads("beta", picture(t, 47), "") // the same bytes are theirs as well
	p.post("beta", "beta", `{"type":"Article","name":"A report","content":"<p>x</p>","image":"`+theirs.ID+`"}`).want(http.StatusCreated)
	if theirs.URL != u.URL || theirs.ID == u.ID {
		t.Errorf("got %s and %s", theirs.ID, u.ID)
	}
	p.get(u.path()).want(http.StatusOK)
	p.get(u.object()).want(http.StatusNotFound) // what alpha says of it is still its own
}

func TestAttachedFilesAreLinks(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	slides, plain := p.uploads("alpha", []byte(pdf), `{"name":"Slides"}`), p.uploads("alpha", []byte("%PDF-1.4"), "")
	post := p.publish(`{"type":"Article","name":"A report","content":"<p>x</p>","attachment":["` + slides.ID + `",{"type":"Document","id":"` + plain.ID + `"},
		{"type":"Document","url":"` + slides.URL + `","name":"The same slides","mediaType":"text/html"},{"type":"Link","href":"https://x.example/","name":"x"}]}`)
	want := []coop.Link{{Name: "Slides", URL: coop.IRI(slides.URL), MediaType: "application/pdf"}, {Name: "PDF", URL: coop.IRI(plain.URL), MediaType: "application/pdf"},
		{Name: "The same slides", URL: coop.IRI(slides.URL), MediaType: "application/pdf"}, {Name: "x", URL: "https://x.example/", MediaType: "text/html"}}
	if fmt.Sprint(post.Links) != fmt.Sprint(want) {
		t.Errorf("got %v want %v", post.Links, want)
	}
	p.get(slides.path()).want(http.StatusOK).header("Content-Disposition", "attachment")
	p.get(plain.path()).want(http.StatusOK)
	p.get(strings.TrimPrefix(string(site.Object(post.Kind, post.ID)), site.Base())).want(http.StatusOK).checked()
}

func TestMembersListAndRemoveFiles(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	var all []uploaded
	for i := range 3 {
		p.pass(time.Second)
		all = append(all, p.uploads("alpha", picture(t, 50+i), ""))
	}
	p.publish(`{"type":"Article","name":"A report","content":"<p>x</p>","image":"` + all[0].ID + `"}`)
	var got []handlers.MediaInfo
	a := p.get("/api/coops/alpha/media?limit=2", bearer("reader")).want(http.StatusOK).header("Cache-Control", "private, no-store")
	if a.json(&got); len(got) != 2 || string(got[0].Object) != all[2].ID || got[0].Open || got[0].By != "token test" || string(got[0].URL) != all[2].URL {
		t.Errorf("got %+v", got)
	}
	next, _, _ := strings.Cut(strings.TrimPrefix(a.Header().Get("Link"), "<"), ">")
	if p.get(next, bearer("reader")).want(http.StatusOK).json(&got); len(got) != 1 || !got[0].Open {
		t.Errorf("got %+v behind %s", got, next)
	}
	at := "/api/coops/alpha/media/"
	remove := func(token, id string) answer {
		return p.do(request(http.MethodDelete, at+filepath.Base(id), nil, bearer(token)))
	}
	remove("reader", all[1].ID).problem(http.StatusForbidden, "")
	remove("beta", all[1].ID).problem(http.StatusForbidden, "")
	if got := remove("alpha", all[0].ID).problem(http.StatusConflict, ""); !strings.Contains(got.Detail, "a-report") {
		t.Errorf("got %q", got.Detail)
	}
	p.pass(time.Second)
	remove("alpha", all[1].ID).want(http.StatusNoContent)
	remove("alpha", all[1].ID).problem(http.StatusNotFound, "")
	p.get(all[1].path(), bearer("reader")).want(http.StatusNotFound)
	p.get(at+filepath.Base(all[1].ID), bearer("reader")).problem(http.StatusNotFound, "")
	var one handlers.MediaInfo
	p.get(at+filepath.Base(all[2].ID), bearer("reader")).want(http.StatusOK).json(&one)
	var log []coop.Decision
	p.ctl(http.MethodGet, "/control/coops/alpha/moderation/decisions", "", http.StatusOK, &log)
	log = slices.DeleteFunc(log, func(d coop.Decision) bool { return !strings.HasPrefix(d.What, "media ") })
	if len(log) != 4 || log[0].What != "media remove" || log[0].Target != all[1].ID || log[1].What != "media add" || log[0].By != "token test" {
		t.Errorf("got %+v", log)
	}
	body, kind := form(t, "x", picture(t, 60), "")
	r := request(http.MethodPost, "/control/coops/alpha/media", body, with("Content-Type", kind, "Plenum-By", "ada"))
	w := p.controlDo(r).want(http.StatusCreated)
	if w.json(&one); one.By != "ada" || one.Width != 60 {
		t.Errorf("got %+v", one)
	}
}

func (p *plenum) controlDo(r *http.Request) answer {
	w := httptest.NewRecorder()
	p.control.ServeHTTP(w, r.WithContext(p.t.Context()))
	return answer{w, p.t}
}

// D50: what one token asks for is limited, and costs no other.
func TestTokenIsLimited(t *testing.T) {
	t.Parallel()
	p := newPlenum(t, func(o *instance.Options) {
		o.Limits.WritesPerMinute, o.Limits.ReadsPerMinute, o.Limits.UploadsPerMinute = 4, 3, 2
	})
	for range 3 {
		p.get("/api/me", bearer("alpha")).want(http.StatusOK)
	}
	p.get("/api/me", bearer("alpha")).problem(http.StatusTooManyRequests, "")
	p.get("/api/me", bearer("reader")).want(http.StatusOK)
	p.uploads("alpha", picture(t, 70), "")
	p.uploads("alpha", picture(t, 71), "")
	a := p.upload("alpha", "x", picture(t, 72), "")
	a.problem(http.StatusTooManyRequests, "")
	a.header("Retry-After", "60")
	p.post("alpha", "alpha", note).want(http.StatusCreated)
	p.post("alpha", "alpha", note).problem(http.StatusTooManyRequests, "")
	p.post("second", "alpha", note).want(http.StatusCreated)
	p.pass(time.Minute)
	p.post("alpha", "alpha", note).want(http.StatusCreated)
	p.uploads("alpha", picture(t, 72), "")
}

// M06: of a file one part is given at a time, or the whole.
func TestManyRangesAreAnsweredWithTheWhole(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	u := p.uploads("alpha", []byte(pdf), "")
	for _, ranges := range []string{"bytes=0-0,2-2", "bytes=" + strings.Repeat("0-1,", 1000) + "0-1"} {
		if a := p.get(u.path(), bearer("alpha"), with("Range", ranges)).want(http.StatusOK); a.Body.String() != pdf {
			t.Errorf("got %q", a.Body)
		}
	}
	if a := p.get(u.path(), bearer("alpha"), with("Range", "bytes=1-3")).want(http.StatusPartialContent); a.Body.String() != "PDF" {
		t.Errorf("got %q", a.Body)
	}
	for _, at := range []string{"/media/", "/media", "/media/.", "/media/new-1234", "/media/" + strings.Repeat("a", 64), "/media/%2e%2e", "/media/" + filepath.Base(u.URL) + "/"} {
		p.get(at, bearer("alpha")).want(http.StatusNotFound)
	}
}

// M08: who sends many files slowly keeps nobody else from anything but to upload.
func TestUploadsUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	p := newPlenum(t)
	body, kind := form(t, "x", []byte(pdf), "")
	var slow sync.WaitGroup
	var pipes []*io.PipeWriter
	for range 8 {
		r, w := io.Pipe()
		in := request(http.MethodPost, "/api/media", body, bearer("alpha"), with("Content-Type", kind))
		in.Body = r
		pipes = append(pipes, w)
		slow.Go(func() {
			if a := p.do(in); a.Code != http.StatusCreated {
				t.Errorf("got %d: %s", a.Code, a.Body)
			}
		})
		if _, err := w.Write(body[:1]); err != nil { // it is being read
			t.Fatal(err)
		}
	}
	p.upload("beta", "x", []byte(pdf), "").problem(http.StatusServiceUnavailable, "")
	p.get("/").want(http.StatusOK)
	for _, w := range pipes {
		_, err := w.Write(body[1:])
		if err = errors.Join(err, w.Close()); err != nil {
			t.Error(err)
		}
	}
	slow.Wait()
	p.upload("beta", "x", []byte(pdf), "").want(http.StatusCreated)
}
