// Package emit writes a plan down as Go source, with jennifer, and as the
// machine-readable table of the API in package scope.
//
// It keeps three rules. Text from the catalogue is always a quoted literal or on a
// line that starts with "// ", so it never becomes code. Every operation goes through
// one function of the runtime. No file names a version or a hash, so a change of the
// catalogue changes only the files that it concerns.
package emit

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/apitable"
	"github.com/scopegen/scopegen/internal/generate/layout"
	"github.com/scopegen/scopegen/internal/generate/plan"
)

const (
	header      = apitable.GeneratedBy + ". DO NOT EDIT."
	runtimePath = "github.com/scopegen/scopegen/runtime"
	implPath    = runtimePath + "/clientimpl"
)

// File is one file to write; Name has no folder.
type File struct {
	Name    string
	Content []byte
}

// goFile starts a Go file of the package that is called name.
func (w *Writer) goFile(importPath, name string) *jen.File {
	f := jen.NewFilePathName(importPath, name)
	f.HeaderComment("// " + header)
	f.ImportNames(w.names)
	for path, alias := range w.plan.Imports {
		f.ImportAlias(path, alias)
	}
	return f
}

// Writer writes the packages of one plan.
type Writer struct {
	plan  *plan.Plan
	names map[string]string // import path → package name
}

// NewWriter returns a writer for p, which must not change afterwards.
func NewWriter(p *plan.Plan) *Writer {
	w := &Writer{p, map[string]string{
		runtimePath:                   "runtime",
		implPath:                      "clientimpl",
		runtimePath + "/httpsig":      "httpsig",
		p.Entry.ImportPath + "/scope": "scope",
	}}
	if len(p.Keys) > 0 {
		w.names[w.keyPath()] = plan.KeyPackage
	}
	for _, domain := range p.Packages {
		w.names[domain.ImportPath] = domain.Name
	}
	return w
}

func (w *Writer) file(p *plan.Package) *jen.File { return w.goFile(p.ImportPath, p.Name) }

func (w *Writer) render(f *jen.File, name string, parts ...[]byte) (File, error) {
	text, err := unformatted(f)
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", name, err)
	}
	source, err := layout.Source(slices.Concat(append([][]byte{text}, parts...)...))
	if err != nil {
		return File{}, fmt.Errorf("scopegen wrote Go that does not parse in %s: %w", name, err)
	}
	return File{name, w.groupImports(source)}, nil
}

// unformatted returns what f holds as jennifer writes it; package layout formats it.
func unformatted(f *jen.File) ([]byte, error) {
	var b bytes.Buffer
	f.NoFormat = true
	err := f.Render(&b)
	return b.Bytes(), err
}

// part returns the declarations that declare adds, as render takes them behind those of
// f, which imports what they use. A large file is rendered in parts because jennifer takes
// ten times the memory of a text until it is rendered.
func part(f *jen.File, declare func(f *jen.File)) ([]byte, error) {
	p := *f // with the imports of f
	p.Group = jen.NewFile("").Group
	declare(&p)
	text, err := unformatted(&p)
	if err != nil {
		return nil, err
	}
	p.Group = jen.NewFile("").Group
	before, err := unformatted(&p)
	return text[len(before):], err
}

// groupImports puts the imports of the standard library first, in a group of
// their own, as Go code has them.
func (w *Writer) groupImports(source []byte) []byte {
	const opening, closing = "\nimport (\n", "\n)\n"
	start := bytes.Index(source, []byte(opening))
	if start < 0 {
		return source
	}
	from := start + len(opening)
	length := bytes.Index(source[from:], []byte(closing))
	if length < 0 {
		return source
	}
	var library, others [][]byte
	for line := range bytes.SplitSeq(source[from:from+length], []byte("\n")) {
		_, path, _ := strings.Cut(string(line), `"`)
		first, _, _ := strings.Cut(strings.TrimSuffix(path, `"`), "/")
		if strings.Contains(first, ".") || strings.HasPrefix(path, w.plan.Entry.ImportPath+"/") {
			others = append(others, line)
		} else {
			library = append(library, line)
		}
	}
	if len(library) == 0 || len(others) == 0 {
		return source
	}
	newline := []byte("\n")
	block := slices.Concat(bytes.Join(library, newline), newline, newline, bytes.Join(others, newline))
	return slices.Replace(source, from, from+length, block...)
}

// typ writes the use of a type.
func typ(r plan.Ref) *jen.Statement {
	switch r.Kind {
	case plan.Named:
		return jen.Qual(r.Package, r.Name)
	case plan.Slice:
		return jen.Index().Add(typ(*r.Elem))
	case plan.Map:
		return jen.Map(jen.String()).Add(typ(*r.Elem))
	case plan.Optional:
		return jen.Qual(runtimePath, "Optional").Types(typ(*r.Elem))
	case plan.Nullable:
		return jen.Qual(runtimePath, "Nullable").Types(typ(*r.Elem))
	case plan.Pointer:
		return jen.Op("*").Add(typ(*r.Elem))
	}
	return jen.Id(r.Name)
}

// constraint writes the scopes a client wants: one, or several at once.
func constraint(scopePath string, scopes []plan.ScopeName) *jen.Statement {
	if len(scopes) == 1 {
		return jen.Qual(scopePath, scopes[0].GoName)
	}
	return jen.InterfaceFunc(func(g *jen.Group) {
		for _, s := range scopes {
			g.Qual(scopePath, s.GoName)
		}
	})
}

// handshake ties a file to the runtimes that it works with.
func handshake(f *jen.File) {
	f.Comment("// If this line does not compile, the runtime is too old or too new for this code:")
	f.Comment("// bring both to one version with \"go get github.com/scopegen/scopegen@latest\" and generate again.")
	f.Const().Id("_").Op("=").Qual(implPath, "Generated2")
}
