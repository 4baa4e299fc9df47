// SPDX-License-Identifier: AGPL-3.0-or-later

package web_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var dump = flag.String("dump", "", "write every page and asset under this folder, laid out as they are served, to be looked at")

// TestPagesCanBeLookedAt writes all pages for people and checkers of HTML when it
// is asked to. The addresses of styles and media become those of a server that
// serves the folder.
func TestPagesCanBeLookedAt(t *testing.T) {
	t.Parallel()
	if *dump == "" {
		t.Skip("run with -dump FOLDER")
	}
	p := pages(t)
	for _, lang := range []string{"en", "de"} {
		for name, show := range views(p, lang) {
			body := render(t, show)
			for _, m := range regexp.MustCompile(`/static/([a-z0-9.-]+)`).FindAllStringSubmatch(body, -1) {
				data, _, ok := p.Asset(m[1])
				if !ok {
					t.Fatalf("%s names the asset %s, which there is not", name, m[1])
				}
				write(t, filepath.Join(*dump, "static", m[1]), data)
			}
			body = strings.ReplaceAll(body, site.Base()+"/media/", "/media/")
			write(t, filepath.Join(*dump, lang, name+".html"), []byte(body))
		}
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
