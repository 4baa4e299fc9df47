// SPDX-License-Identifier: AGPL-3.0-or-later

package federation_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

// parsed is a source file.
func parsed(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Whatever can be read from an inbox has a rule of its own, and no rule is for
// something that cannot be read: the compiler holds neither.
func TestEverythingThatCanBeHeardHasARule(t *testing.T) {
	t.Parallel()
	var heard, ruled []string
	ast.Inspect(parsed(t, "../activity/inbound.go"), func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncDecl); ok && f.Name.Name == "inbound" && f.Recv != nil {
			heard = append(heard, f.Recv.List[0].Type.(*ast.Ident).Name)
		}
		return true
	})
	ast.Inspect(parsed(t, "receive.go"), func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncDecl); ok {
			return f.Name.Name == "dispatch"
		}
		if c, ok := n.(*ast.CaseClause); ok {
			for _, e := range c.List {
				if s, ok := e.(*ast.SelectorExpr); ok {
					ruled = append(ruled, s.Sel.Name)
				}
			}
		}
		return true
	})
	slices.Sort(heard)
	slices.Sort(ruled)
	if len(heard) < 17 || !slices.Equal(heard, ruled) {
		t.Errorf("these can be heard:\n%v\nand these have a rule:\n%v", heard, ruled)
	}
}
