// SPDX-License-Identifier: AGPL-3.0-or-later

// Package web makes the HTML pages of an instance.
//
// It owns the templates, the style sheet and every word of the interface, in
// English and German. A handler fills a view (views.go) with nouns and the page's
// method writes it. The package knows nothing of requests, of the store or of
// ActivityPub: it is given what to show and does no I/O but the writing.
//
// The pages need no JavaScript and have no style or script inside, so that they
// work under a policy of default-src 'none'. The one script there is, for passkeys,
// is a file of its own that two pages name; what it alone can do is hidden without it. Text is escaped by html/template;
// only what package content has sanitised on the way in (the body of a post, the
// summary of a co-op, an operator's own texts) is shown as HTML. The interface is
// in the visitor's language, what people wrote in theirs, which lang says.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"path"
	"strings"
)

//go:embed templates assets
var files embed.FS

// StaticPath is where the assets are served, each under a name that changes when
// the asset does: an answer may be cached for ever.
const StaticPath = "/static/"

// Pages are the pages of an instance and the assets that they need. Its methods
// may be called at the same time.
type Pages struct {
	pages  map[string]*template.Template
	assets map[string]asset
	names  map[string]string // "plenum.css" to the name with its digest
}

type asset struct {
	data        []byte
	contentType string
}

var assetTypes = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// New reads the templates and assets that are in the program. It fails only when
// one of them is broken.
func New() (*Pages, error) {
	p := &Pages{pages: map[string]*template.Template{}, assets: map[string]asset{}, names: map[string]string{}}
	if err := p.readAssets(); err != nil {
		return nil, err
	}
	shared, err := template.New("").Funcs(template.FuncMap{"rows": rows}).ParseFS(files, "templates/layout.html", "templates/parts.html", "templates/forms.html")
	if err != nil {
		return nil, fmt.Errorf("web: read the templates: %w", err)
	}
	for _, name := range []string{
		"home", "coop", "post", "tag", "about", "network", "follow", "problem",
		"login", "invite", "reset", "account", "members", "consent", "refused", "desk", "compose", "delete", "proposal",
	} {
		page, err := shared.Clone()
		if err != nil {
			return nil, fmt.Errorf("web: copy the templates: %w", err)
		}
		if p.pages[name], err = page.ParseFS(files, "templates/"+name+".html"); err != nil {
			return nil, fmt.Errorf("web: read the template of the page %s: %w", name, err)
		}
	}
	return p, nil
}

func (p *Pages) readAssets() error {
	entries, err := files.ReadDir("assets")
	if err != nil {
		return fmt.Errorf("web: read the assets: %w", err)
	}
	for _, e := range entries {
		data, err := files.ReadFile("assets/" + e.Name())
		if err != nil {
			return fmt.Errorf("web: read the asset %s: %w", e.Name(), err)
		}
		ext := path.Ext(e.Name())
		sum := sha256.Sum256(data)
		name := strings.TrimSuffix(e.Name(), ext) + "-" + hex.EncodeToString(sum[:6]) + ext
		p.names[e.Name()] = name
		p.assets[name] = asset{data: data, contentType: assetTypes[ext]}
	}
	return nil
}

// Asset returns what is served under StaticPath + name. ok is false for a name
// that no page of this program mentions.
func (p *Pages) Asset(name string) (data []byte, contentType string, ok bool) {
	a, ok := p.assets[name]
	return a.data, a.contentType, ok
}

// render writes a whole page or nothing: a template that fails half-way leaves
// no half page.
func (p *Pages) render(w io.Writer, name string, data any) error {
	var b bytes.Buffer
	if err := p.pages[name].ExecuteTemplate(&b, "layout", data); err != nil {
		return fmt.Errorf("web: make the page %s: %w", name, err)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("web: write the page %s: %w", name, err)
	}
	return nil
}
