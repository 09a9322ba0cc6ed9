package fix

import (
	"bytes"
	"cmp"
	"go/ast"
	"go/format"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strconv"
)

// editor collects the changes of one file.
type editor struct {
	fset *token.FileSet
	*source
	text  []byte
	edits []edit
}

type edit struct {
	start, end int
	text       string
}

// offset returns the offset of a position in the file, whatever a line
// directive says about it.
func (e *editor) offset(pos token.Pos) int { return e.fset.PositionFor(pos, false).Offset }

func (e *editor) replace(start, end token.Pos, text string) {
	e.edits = append(e.edits, edit{e.offset(start), e.offset(end), text})
}

// names writes the new names and the imports that they need.
func (e *editor) names(uses []use) {
	byPath := map[string][]use{}
	var paths []string
	remaining := e.selectors
	for _, u := range uses {
		e.replace(u.name.Pos(), u.name.End(), u.to.name)
		if u.to.path == u.from.Imported().Path() {
			continue
		}
		if byPath[u.to.path] == nil {
			paths = append(paths, u.to.path)
		}
		byPath[u.to.path] = append(byPath[u.to.path], u)
		remaining[u.from]--
	}
	freed := map[*types.PkgName]bool{} // imports that something else has taken the place of
	for _, at := range paths {
		uses := byPath[at]
		local := e.imported(at, uses)
		if local == "" {
			local = e.unused(path.Base(at), uses)
			e.addImport(at, local, uses, remaining, freed)
		}
		for _, u := range uses {
			e.replace(u.selector.X.Pos(), u.selector.X.End(), local)
		}
	}
	for _, u := range uses {
		if remaining[u.from] == 0 && !freed[u.from] && u.to.path != u.from.Imported().Path() {
			freed[u.from] = true
			e.removeImport(e.importOf(u.from))
		}
	}
}

// imported returns the name under which the file imports a package already, if
// it means that package at all of the uses.
func (e *editor) imported(at string, uses []use) string {
	for _, spec := range e.Imports {
		name := e.Package.TypesInfo.PkgNameOf(spec)
		if name == nil || name.Name() == "_" || name.Name() == "." || name.Imported().Path() != at {
			continue
		}
		if !slices.ContainsFunc(uses, func(u use) bool { return e.meaning(name.Name(), u) != name }) {
			return name.Name()
		}
	}
	return ""
}

// unused returns a name for an import, like the one that is wished for, that
// means nothing else in the file.
func (e *editor) unused(wish string, uses []use) string {
	free := func(name string) bool {
		if e.Package.Types.Scope().Lookup(name) != nil {
			return false
		}
		return !slices.ContainsFunc(uses, func(u use) bool {
			object := e.meaning(name, u)
			return object != nil && object != u.from
		})
	}
	name := wish
	for n := 0; !free(name); n++ {
		name = wish + strconv.Itoa(n)
	}
	return name
}

// meaning returns what a name stands for where a use is.
func (e *editor) meaning(name string, u use) types.Object {
	scope := e.Package.TypesInfo.Scopes[e.File.File]
	if inner := scope.Innermost(u.name.Pos()); inner != nil {
		scope = inner
	}
	_, object := scope.LookupParent(name, u.name.Pos())
	return object
}

// addImport imports a package, in the place of one that the file needs no more
// if there is one.
func (e *editor) addImport(at, local string, uses []use, remaining map[*types.PkgName]int, freed map[*types.PkgName]bool) {
	written := strconv.Quote(at)
	if local != path.Base(at) {
		written = local + " " + written
	}
	from := uses[0].from
	for _, u := range uses {
		if remaining[u.from] == 0 && !freed[u.from] {
			freed[u.from] = true
			spec := e.importOf(u.from)
			e.replace(spec.Pos(), spec.End(), written)
			return
		}
	}
	spec := e.importOf(from)
	if e.declaration(spec).Lparen.IsValid() {
		e.replace(spec.End(), spec.End(), e.eol()+"\t"+written)
	} else {
		e.replace(spec.End(), spec.End(), e.eol()+"import "+written)
	}
}

// importOf returns the import that declares a name.
func (e *editor) importOf(name *types.PkgName) *ast.ImportSpec {
	for _, spec := range e.Imports {
		if e.Package.TypesInfo.PkgNameOf(spec) == name {
			return spec
		}
	}
	panic("fix: the name of a package comes from no import")
}

// declaration returns the declaration that an import is part of.
func (e *editor) declaration(spec *ast.ImportSpec) *ast.GenDecl {
	for _, d := range e.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT && slices.Contains(g.Specs, ast.Spec(spec)) {
			return g
		}
	}
	panic("fix: an import is in no declaration")
}

// removeImport removes an import, and its line if nothing else is on it.
func (e *editor) removeImport(spec *ast.ImportSpec) {
	start, end := e.offset(spec.Pos()), e.offset(spec.End())
	if d := e.declaration(spec); !d.Lparen.IsValid() {
		start = e.offset(d.Pos())
	}
	for start > 0 && (e.text[start-1] == ' ' || e.text[start-1] == '\t') {
		start--
	}
	for _, eol := range []string{"\r\n", "\n"} {
		if bytes.HasPrefix(e.text[end:], []byte(eol)) && (start == 0 || e.text[start-1] == '\n') {
			end += len(eol)
			break
		}
	}
	e.edits = append(e.edits, edit{start, end, ""})
}

// eol returns the end of line that the file uses.
func (e *editor) eol() string {
	if bytes.Contains(e.text, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// apply returns the file with all changes. A file that was formatted stays so,
// with the ends of line that it had.
func (e *editor) apply() []byte {
	slices.SortStableFunc(e.edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var b bytes.Buffer
	last := 0
	for _, one := range e.edits {
		b.Write(e.text[last:max(last, one.start)]) // two that remove neighbours share what is between them
		b.WriteString(one.text)
		last = max(last, one.end)
	}
	b.Write(e.text[last:])
	before, after := e.text, b.Bytes()
	windows := bytes.Count(before, []byte("\r\n")) == bytes.Count(before, []byte("\n"))
	if windows {
		before, after = unix(before), unix(after)
	}
	if clean, err := format.Source(before); err != nil || !bytes.Equal(clean, before) {
		return b.Bytes()
	}
	formatted, err := format.Source(after)
	if err != nil {
		return b.Bytes()
	}
	if windows {
		return bytes.ReplaceAll(formatted, []byte("\n"), []byte("\r\n"))
	}
	return formatted
}

func unix(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }
