package fix

import (
	"context"
	"go/ast"
	"go/types"
	"maps"
	"slices"

	"github.com/scopegen/scopegen/internal/program"
)

// Change is a change of the scopes that an interface embeds.
type Change struct {
	File         string   // as it is called for people
	Line, Column int      // of an embedded scope
	Name         string   // of the scope
	Add          []string // scopes to embed beside it; without any, it is removed
}

// Rename is a name of a package that gives way to another one.
type Rename struct {
	Path, Name     string // import path, and the name in that package
	ToPath, ToName string
}

// Apply works out how a program looks after changes that are asked for. Nothing
// is written to disk. It returns an error if the program does not compile before,
// or would not afterwards. The command is what a reader is told to run.
func Apply(ctx context.Context, config program.Config, command string, renames []Rename, changes []Change) (*Result, error) {
	loaded, err := compiled(ctx, config)
	if err != nil {
		return nil, err
	}
	f := newFixer(loaded, command, config.Overlay)
	f.renames, f.changes = map[string]target{}, map[string][]Change{}
	for _, r := range renames {
		f.renames[r.Path+"."+r.Name] = target{r.ToPath, r.ToName}
		if f.old[r.Path] == nil {
			f.old[r.Path] = map[string]bool{}
		}
		f.old[r.Path][r.Name] = true
	}
	for _, c := range changes {
		f.changes[c.File] = append(f.changes[c.File], c)
	}
	result, err := f.run(ctx, config)
	if err != nil {
		return nil, err
	}
	for _, file := range result.Files {
		delete(f.changes, file.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(f.changes)) {
		for _, c := range f.changes[name] {
			if !slices.ContainsFunc(result.Left, func(l Left) bool { return l.File == c.File && l.Name == c.Name }) {
				result.Left = append(result.Left, Left{c.File, c.Line, c.Column, c.Name, "the file is in none of the packages that were named, or scopegen generated it"})
			}
		}
	}
	return result, nil
}

// change changes what an interface embeds. It returns why that cannot be done, or
// "".
func (e *editor) change(c Change) string {
	var field *ast.Field
	var list *ast.FieldList
	ast.Inspect(e.File.File, func(n ast.Node) bool {
		if i, ok := n.(*ast.InterfaceType); ok {
			for _, one := range i.Methods.List {
				if pos := e.fset.Position(one.Type.Pos()); len(one.Names) == 0 && pos.Line == c.Line && pos.Column == c.Column {
					field, list = one, i.Methods
				}
			}
		}
		return field == nil
	})
	if field == nil {
		return "there is no embedded scope at this place"
	}
	selector, ok := field.Type.(*ast.SelectorExpr)
	if !ok {
		return "the scope is not embedded by its name in its package"
	}
	if len(c.Add) > 0 {
		var text string
		for _, name := range c.Add {
			text += e.eol() + "\t" + selector.X.(*ast.Ident).Name + "." + name
		}
		if e.fset.Position(list.Opening).Line == e.fset.Position(list.Closing).Line {
			text = ""
			for _, name := range c.Add {
				text += "; " + selector.X.(*ast.Ident).Name + "." + name
			}
		}
		e.replace(field.Type.End(), field.Type.End(), text)
		return ""
	}
	if len(list.List) == 1 {
		return "the set would be empty: remove the token"
	}
	e.removeField(field, list)
	if from, ok := e.Package.TypesInfo.Uses[selector.X.(*ast.Ident)].(*types.PkgName); ok {
		e.selectors[from]--
		if e.selectors[from] == 0 {
			e.removeImport(e.importOf(from))
		}
	}
	return ""
}

// withoutRepeated removes from interfaces what they would embed twice, because scopes
// were merged, and returns the other uses.
func (e *editor) withoutRepeated(uses []use) []use {
	renamed := map[*ast.Ident]target{}
	for _, u := range uses {
		renamed[u.name] = u.to
	}
	removed := map[*ast.Ident]bool{}
	ast.Inspect(e.File.File, func(n ast.Node) bool {
		set, ok := n.(*ast.InterfaceType)
		if !ok {
			return true
		}
		embedded := map[target]bool{}
		for _, field := range set.Methods.List {
			if name := embeddedName(field.Type); name != nil && len(field.Names) == 0 {
				if object := e.Package.TypesInfo.Uses[name]; object != nil && object.Pkg() != nil && renamed[name].name == "" {
					embedded[target{object.Pkg().Path(), object.Name()}] = true
				}
			}
		}
		for _, field := range set.Methods.List {
			name := embeddedName(field.Type)
			to, ok := renamed[name]
			switch {
			case !ok:
			case embedded[to]:
				e.removeField(field, set.Methods)
				removed[name] = true
			default:
				embedded[to] = true
			}
		}
		return true
	})
	return slices.DeleteFunc(slices.Clone(uses), func(u use) bool { return removed[u.name] })
}

// removeField removes an embedded field with its comments, and its line if nothing
// else is on it.
func (e *editor) removeField(field *ast.Field, list *ast.FieldList) {
	start, end := e.offset(field.Pos()), e.offset(field.End())
	if field.Comment != nil {
		end = e.offset(field.Comment.End())
	}
	if field.Doc != nil {
		start = e.offset(field.Doc.Pos())
	}
	before, after := start, end
	for before > 0 && (e.text[before-1] == ' ' || e.text[before-1] == '\t') {
		before--
	}
	for after < len(e.text) && (e.text[after] == ' ' || e.text[after] == '\t' || e.text[after] == '\r') {
		after++
	}
	if (before == 0 || e.text[before-1] == '\n') && after < len(e.text) && e.text[after] == '\n' {
		e.edits = append(e.edits, edit{before, after + 1, ""})
		return
	}
	// Others are on the line: the separator goes too.
	i := slices.Index(list.List, field)
	if i+1 < len(list.List) {
		end = e.offset(list.List[i+1].Pos())
	} else {
		start = e.offset(list.List[i-1].End())
	}
	e.edits = append(e.edits, edit{start, end, ""})
}
