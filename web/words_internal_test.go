// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// phrases are all words of a language by the name of their field.
func phrases(w *words) map[string][]string {
	out := map[string][]string{}
	collect(out, reflect.ValueOf(*w))
	return out
}

func collect(out map[string][]string, v reflect.Value) {
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch f := v.Field(i); f.Kind() {
		case reflect.Struct:
			collect(out, f)
		case reflect.Array:
			for j := range f.Len() {
				out[name] = append(out[name], f.Index(j).String())
			}
		default:
			out[name] = []string{f.String()}
		}
	}
}

func TestEveryLanguageHasEveryWord(t *testing.T) {
	t.Parallel()
	if _, ok := catalogue["en"]; !ok || len(catalogue) < 2 {
		t.Fatalf("got %d languages, want English and another", len(catalogue))
	}
	for lang, w := range catalogue {
		for name, list := range phrases(w) {
			for i, s := range list {
				if strings.TrimSpace(s) == "" {
					t.Errorf("%s: %s[%d] is empty", lang, name, i)
				}
			}
		}
	}
}

func TestEveryLanguageTakesTheSameValues(t *testing.T) {
	t.Parallel()
	verb := regexp.MustCompile(`%[a-z]`)
	want := phrases(catalogue["en"])
	for lang, w := range catalogue {
		for name, list := range phrases(w) {
			for i, s := range list {
				got, want := verb.FindAllString(s, -1), verb.FindAllString(want[name][i], -1)
				if !slices.Equal(got, want) {
					t.Errorf("%s: %s takes %v, in English %v", lang, name, got, want)
				}
			}
		}
	}
}

func TestEveryWordIsUsed(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		ext := filepath.Ext(path)
		if err != nil || d.IsDir() || ext != ".html" && ext != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		all.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range phrases(catalogue["en"]) {
		if !regexp.MustCompile(`(T|w)\.` + name + `\b`).MatchString(all.String()) {
			t.Errorf("nothing uses the word %s", name)
		}
	}
}
