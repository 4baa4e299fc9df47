// SPDX-License-Identifier: AGPL-3.0-or-later

package content

import (
	"bytes"
	"fmt"
	"html"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"plenum/coop"
)

// Markdown renders CommonMark, with bare URLs linked and ~~struck~~ text, and
// sanitises what comes out. HTML in it is left out. A picture becomes a link to
// it: showing it would tell its server who reads the post.
func Markdown(src string) (string, error) {
	if len(src) > coop.MaxText { // goldmark is quadratic in places
		return "", &coop.Error{Code: coop.TooLarge, Op: "content.Markdown", Member: "source",
			Msg: fmt.Sprintf("the text has %d bytes; %d are allowed", len(src), coop.MaxText)}
	}
	var b bytes.Buffer
	if err := converter().Convert([]byte(src), &b); err != nil {
		return "", fmt.Errorf("render Markdown: %w", err)
	}
	return Sanitise(b.String()), nil
}

var converter = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.Linkify, extension.Strikethrough),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(linkBudget(2*coop.MaxText), 1000))),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(pictures{}, 100))),
	)
})

// linkBudget is how many bytes the addresses of all links of a text may have
// together. A reference is defined once and used a thousand times: without a
// bound, 48 kB of Markdown are 200 MB of HTML.
type linkBudget int

// Transform takes the address from each link that is beyond the budget, or
// longer than any that Sanitise leaves.
func (max linkBudget) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	left := int(max)
	spend := func(dest []byte) []byte {
		if left -= len(dest); left < 0 || len(dest) > maxURL {
			return nil
		}
		return dest
	}
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function below never fails
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			n.Destination, n.Title = spend(n.Destination), nil
		case *ast.Image:
			n.Destination, n.Title = spend(n.Destination), nil
		}
		return ast.WalkContinue, nil
	})
}

// pictures writes an image as a link with its alternative text.
type pictures struct{}

// RegisterFuncs says that images are rendered here.
func (pictures) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindImage, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			_, err := fmt.Fprintf(w, `<a href="%s">`, html.EscapeString(string(n.(*ast.Image).Destination)))
			return ast.WalkContinue, err
		}
		if !n.HasChildren() { // a link that nobody could see
			_, _ = w.WriteString(html.EscapeString(string(n.(*ast.Image).Destination)))
		}
		_, err := w.WriteString("</a>")
		return ast.WalkContinue, err
	})
}
