package outline_test

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/program/outline"
)

// declared is what a declaration says of itself.
type declared struct {
	keyword        token.Token
	names, aliases []string
	recv, text     string
}

func outlined(t *testing.T, text string) (all []declared) {
	t.Helper()
	found, err := outline.Read([]byte(text))
	require.NoError(t, err)
	for _, d := range found {
		all = append(all, declared{d.Keyword, d.Names, d.Aliases, d.Recv, string(d.Text())})
	}
	return all
}

// parsed returns the same of a file, by package go/parser.
func parsed(text string) (all []declared, err error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			one := declared{keyword: token.FUNC, names: []string{d.Name.Name}}
			if d.Recv != nil && len(d.Recv.List) > 0 {
				one.recv = base(d.Recv.List[0].Type)
			}
			one.text = text[fset.Position(d.Pos()).Offset:fset.Position(d.Type.End()).Offset]
			all = append(all, one)
		case *ast.GenDecl:
			if d.Tok == token.IMPORT {
				continue
			}
			one := declared{keyword: d.Tok, text: text[fset.Position(d.Pos()).Offset:fset.Position(d.End()).Offset]}
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					one.names = append(one.names, spec.Name.Name)
					if spec.Assign.IsValid() && spec.TypeParams == nil {
						one.aliases = append(one.aliases, spec.Name.Name)
					}
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						one.names = append(one.names, name.Name)
					}
				}
			}
			all = append(all, one)
		}
	}
	return all, nil
}

// base returns the name of the type of a receiver.
func base(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.Ident:
		return t.Name
	case *ast.StarExpr:
		return base(t.X)
	case *ast.ParenExpr:
		return base(t.X)
	case *ast.IndexExpr:
		return base(t.X)
	case *ast.IndexListExpr:
		return base(t.X)
	}
	return ""
}

func TestTheStandardLibraryIsOutlinedAsItIsParsed(t *testing.T) {
	files := 0
	for _, folder := range []string{"crypto", "encoding", "go", "internal", "net", "os", "reflect", "runtime", "syscall", "text", "time", "unicode"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(build.Default.GOROOT, "src", folder), func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.Name() == "testdata":
				return filepath.SkipDir
			case !strings.HasSuffix(name, ".go"):
				return nil
			}
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			want, err := parsed(string(text))
			require.NoError(t, err)
			require.Equal(t, want, outlined(t, string(text)), name)
			files++
			return nil
		}))
	}
	require.Greater(t, files, 2000)
}

// odd is correct, and not as gofmt writes it.
const odd = "package p; import \"fmt\"; import (. \"os\"; _ \"embed\"); type A struct{}; func (A)M() {}; var x, y = '\"', '\\''\n" + `
func(a*A)/* func B() */N(s string)(r interface{ S() struct{} }){ if s == "}" { return nil }; return nil }
const one = 1.
func f[T interface{ ~int }, U any](t T) struct{ u U } { var v struct{ u U }; return v }
type (
	L[T any] []T; B = A
	C interface {
		func_()
	} // type D int
	_ [len("` + "`" + `")]int
)
/* a comment
*/ type G[T any] = L[T]
func (L[_]) m(); func ((*C)) n()
const (
	c, d = iota, iota + (1)
	e, g
)
var (
	chain = f(1.5e-3).
		m().
		n
	m = 3
)
var (text = ` + "`\nfunc no() {\ntype no int\n`" + ` + "func no() {}"
	_ = func() int { type no int; var no no; return int(no)
}())
type
H int
var h =
func() {}
var i = one +
1; var j int
func init() {}
func last() (
	int,
) { fmt.Print(Args); return 1 }`

func TestWhatGofmtWouldWriteOtherwiseIsOutlinedAsItIsParsed(t *testing.T) {
	for _, text := range []string{odd, strings.ReplaceAll(odd, "\n", "\r\n"), "\ufeff" + odd} {
		want, err := parsed(text)
		require.NoError(t, err)
		require.Len(t, want, 19)
		require.Equal(t, want, outlined(t, text))
	}
}

func TestWhatStandsInAMemberThatNobodyNamesIsIdle(t *testing.T) {
	named := map[string]bool{"Named": true}
	for text, idle := range map[string]string{
		"type T struct { Named A; unnamed B }":                                    "B",
		"type T struct { a, Named A; b, c B; d *p.C; e <-chan D; f func(E) }":     "B p D E",
		"type T struct { A; *B; p.C; D[E]; F `tag` }":                             "", // embedded, or perhaps
		"type T struct { a [2]A }":                                                "", // as D[E]
		"type T interface { Named(A) B; unnamed(C, ...D) (E, error); F; G | ~H }": "C D E error",
		"type T[P any] struct { a P; b B }":                                       "P B",
		"type T func(a A) struct { b B }":                                         "B",
		"type T map[A]struct { b B }":                                             "B",
		"func f(a A) (b B)":                                                       "",
		"var v struct { a A }":                                                    "",
		"type ( T struct { a A } )":                                               "",
	} {
		read, err := outline.Read([]byte("package p\n" + text))
		require.NoError(t, err)
		require.Len(t, read, 1)
		found := []string{}
		for m := range read[0].Mentions(named) {
			if m.Idle && (token.IsExported(m.Name) || m.Member != "" || m.Name == "error") {
				found = append(found, m.Name)
			}
		}
		require.Equal(t, strings.Fields(idle), found, text)
	}
}

func BenchmarkRead(b *testing.B) {
	var texts [][]byte
	size := 0
	names, err := filepath.Glob(filepath.Join(build.Default.GOROOT, "src", "net", "http", "*.go"))
	require.NoError(b, err)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(b, err)
		texts, size = append(texts, text), size+len(text)
	}
	for name, read := range map[string]func(text []byte){
		"outline": func(text []byte) { _, _ = outline.Read(text) },
		"parser":  func(text []byte) { _, _ = parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				for _, text := range texts {
					read(text)
				}
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(odd)
	f.Add("package p\n\nfunc f() { \"")
	f.Add("package p\n\ntype C chan\nfunc() L\n")
	f.Add("package p\n\nfunc f\x9e")
	f.Add("package p\n\nvar c = a.\nf")
	f.Add("package p\n\nconst one =`")
	f.Fuzz(func(t *testing.T, text string) {
		found, err := outline.Read([]byte(text))
		for _, d := range found {
			for range d.Mentions(nil) {
			}
		}
		if want, wrong := parsed(text); wrong == nil {
			require.NoError(t, err)
			require.Equal(t, want, outlined(t, text))
		}
	})
}
