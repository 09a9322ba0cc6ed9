// Package fix migrates a program to the names that renamed scopes have now.
//
// It rewrites the deprecated names of generated packages and nothing else. It
// does not run "go fix -inline" for that, which would inline the functions that
// the program itself marks with //go:fix too, rename embedded fields without
// their uses, and leave constructors alone: their type argument is inferred,
// and such calls are not inlined (Go 1.26).
package fix

import (
	"cmp"
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"

	"github.com/scopegen/scopegen/internal/program"
)

// Result is what a fix would write, and what it would not.
type Result struct {
	Files []File
	Left  []Left
}

// File is a file that changes.
type File struct {
	Path     string // absolute
	Name     string // for people
	Old, New []byte
	Names    int      // how many places were rewritten
	Fields   []string // which embedded fields have another name now
}

// Left is a place that has to be changed by hand.
type Left struct {
	File         string // for people
	Line, Column int
	Name         string // the deprecated name, as it is written there
	Why          string // and what to do
}

// Rewrite works out how the program has to change. Nothing is written to disk.
// It returns an error if the program does not compile, or would not compile
// afterwards.
func Rewrite(ctx context.Context, config program.Config) (*Result, error) {
	loaded, err := compiled(ctx, config)
	if err != nil {
		return nil, err
	}
	return newFixer(loaded, "scopegen fix", config.Overlay).run(ctx, config)
}

// compiled loads a program. It returns an error if the program does not compile.
func compiled(ctx context.Context, config program.Config) (*program.Program, error) {
	loaded, err := program.Load(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := loaded.CompileError(); err != nil {
		return nil, fmt.Errorf("the program has to compile first: %w", err)
	}
	return loaded, nil
}

func newFixer(loaded *program.Program, command string, overlay map[string][]byte) *fixer {
	return &fixer{
		Program: loaded, command: command, overlay: overlay, moved: map[string]map[string]target{}, old: map[string]map[string]bool{}, fields: map[string]*field{}, result: &Result{},
	}
}

func (f *fixer) run(ctx context.Context, config program.Config) (*Result, error) {
	files := f.findUses()
	f.findFields(files)
	for _, file := range files {
		if err := f.rewrite(file); err != nil {
			return nil, err
		}
	}
	f.unbuilt()
	slices.SortStableFunc(f.result.Left, func(a, b Left) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return f.result, f.verify(ctx, config)
}

// verify checks the types of the program as it will be.
func (f *fixer) verify(ctx context.Context, config program.Config) error {
	if len(f.result.Files) == 0 {
		return nil
	}
	config.Overlay = maps.Clone(config.Overlay)
	if config.Overlay == nil {
		config.Overlay = map[string][]byte{}
	}
	for _, file := range f.result.Files {
		config.Overlay[file.Path] = file.New
	}
	after, err := program.Load(ctx, config)
	if err != nil {
		return err
	}
	if err := after.CompileError(); err != nil {
		return fmt.Errorf("the rewritten program would not compile: %w", err)
	}
	return nil
}

type fixer struct {
	*program.Program
	command string // that runs it, for people
	overlay map[string][]byte
	renames map[string]target            // "path.Name" → the name to use; nil: what generated files say
	changes map[string][]Change          // by file, as it is called for people
	moved   map[string]map[string]target // generated file → deprecated name → the one to use
	old     map[string]map[string]bool   // import path → its deprecated names
	fields  map[string]*field            // by the position of the declaration
	result  *Result
}

// use is a deprecated name in a program.
type use struct {
	name     *ast.Ident
	selector *ast.SelectorExpr // that the name is in; nil behind a dot import
	from     *types.PkgName    // the package that the selector names
	to       target
}

// source is a file with its deprecated names.
type source struct {
	program.File
	uses      []use
	selectors map[*types.PkgName]int // how often the file names each package
	skip      string                 // why the file is not rewritten
}

// findUses finds the deprecated names in all files of the program that scopegen
// did not write.
func (f *fixer) findUses() []*source {
	var out []*source
	for _, file := range f.Files() {
		if _, ours := f.Generated(file.Path); ours || file.Package.Module == nil || !file.Package.Module.Main {
			continue
		}
		s := &source{File: file, selectors: map[*types.PkgName]int{}}
		switch {
		case file.Derived:
			s.skip = "the file uses cgo: write %s"
		case ast.IsGenerated(file.File):
			s.skip = "another tool generated this file: run that tool again, for %s"
		}
		info := file.Package.TypesInfo
		ast.Inspect(file.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok {
					if from, ok := info.Uses[x].(*types.PkgName); ok {
						s.selectors[from]++
						if to, ok := f.target(info.Uses[n.Sel]); ok {
							s.uses = append(s.uses, use{n.Sel, n, from, to})
						}
						return false
					}
				}
			case *ast.Ident:
				if to, ok := f.target(info.Uses[n]); ok {
					s.uses = append(s.uses, use{name: n, to: to})
				}
			}
			return true
		})
		out = append(out, s)
	}
	return out
}

// target returns the name to use instead of an object, if that is a deprecated
// name of a generated package.
func (f *fixer) target(object types.Object) (target, bool) {
	if object == nil || object.Pkg() == nil || object.Parent() != object.Pkg().Scope() {
		return target{}, false
	}
	if fn, ok := object.(*types.Func); ok {
		object = fn.Origin()
	}
	if f.renames != nil {
		to, ok := f.renames[object.Pkg().Path()+"."+object.Name()]
		return to, ok
	}
	file := f.Fset.PositionFor(object.Pos(), false).Filename
	moved, known := f.moved[file]
	if !known {
		if _, ours := f.Generated(file); ours {
			moved = readMoved(file)
		}
		f.moved[file] = moved
		for name := range moved {
			at := object.Pkg().Path()
			if f.old[at] == nil {
				f.old[at] = map[string]bool{}
			}
			f.old[at][name] = true
		}
	}
	to, ok := moved[object.Name()]
	to.path = cmp.Or(to.path, object.Pkg().Path())
	return to, ok
}

// rewrite adds a file to the result if it has to change.
func (f *fixer) rewrite(s *source) error {
	var kept []use
	for _, u := range s.uses {
		written := path.Base(u.to.path) + "." + u.to.name
		switch reason := f.fieldReason(s, u.name); {
		case s.skip != "":
			f.leave(u.name.Pos(), u.name.Name, fmt.Sprintf(s.skip, written))
		case u.selector == nil && s.Package.TypesInfo.Uses[u.name].Pkg().Path() == s.Package.PkgPath:
			f.leave(u.name.Pos(), u.name.Name, "the file is in a generated package: write "+written)
		case u.selector == nil:
			f.leave(u.name.Pos(), u.name.Name, "it comes from a dot import: write "+written)
		case reason != "":
			f.leave(u.name.Pos(), u.name.Name, reason)
		default:
			kept = append(kept, u)
		}
	}
	fields := f.fieldUses(s)
	changes := f.changes[f.Name(s.Path)]
	if s.skip != "" {
		for _, c := range changes {
			f.leave(s.Name.Pos(), c.Name, "scopegen does not change this file: write it by hand")
		}
		return nil
	}
	if len(kept)+len(fields)+len(changes) == 0 {
		return nil
	}
	if f.renames != nil && s.Package.Name != "main" && !f.CoversModule(s.Package) {
		f.leave(s.Name.Pos(), s.Package.Name, "programs that were not named may use this package: run "+f.command+" ./... in the root of the module")
		return nil
	}
	text, ok := f.overlay[s.Path]
	if !ok {
		var err error
		if text, err = os.ReadFile(s.Path); err != nil {
			return err
		}
	}
	e := &editor{fset: f.Fset, source: s, text: text}
	e.names(e.withoutRepeated(kept))
	for _, c := range changes {
		if why := e.change(c); why != "" {
			f.result.Left = append(f.result.Left, Left{f.Name(s.Path), c.Line, c.Column, c.Name, why})
		}
	}
	file := File{Path: s.Path, Name: f.Name(s.Path), Old: text, Names: len(kept) + len(fields)}
	for _, u := range fields {
		e.replace(u.name.Pos(), u.name.End(), u.field.to)
	}
	for _, u := range kept {
		if fd := f.declares(s, u.name); fd != nil {
			file.Fields = append(file.Fields, fmt.Sprintf("the embedded field %s is called %s now", fd.from, fd.to))
		}
	}
	file.New = e.apply()
	f.result.Files = append(f.result.Files, file)
	return nil
}

func (f *fixer) leave(at token.Pos, name, why string) {
	pos := f.Fset.Position(at)
	f.result.Left = append(f.result.Left, Left{f.Name(pos.Filename), pos.Line, pos.Column, name, why})
}

// unbuilt lists deprecated names in files that were not compiled. Their types
// are unknown, so only names behind an import of the package are found.
func (f *fixer) unbuilt() {
	for _, file := range f.Unbuilt(func(path string) bool { return f.deprecated(path) != nil }) {
		if _, ours := f.Generated(file.Path); ours {
			continue
		}
		locals := map[string]map[string]bool{}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			names := f.deprecated(imported)
			if err != nil || names == nil {
				continue
			}
			local := path.Base(imported)
			if spec.Name != nil {
				local = spec.Name.Name
			}
			locals[local] = names
			if local == "." {
				f.leave(spec.Pos(), imported, "the file is not part of this build, and has a dot import of a package with deprecated names")
			}
		}
		ast.Inspect(file.File, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := selector.X.(*ast.Ident); ok && locals[x.Name][selector.Sel.Name] {
					f.leave(selector.Sel.Pos(), selector.Sel.Name, "the file is not part of this build: run "+f.command+" again with its build tags (--tags), or its GOOS and GOARCH")
				}
			}
			return true
		})
	}
}

// deprecated returns the deprecated names of a package, also of one that no
// compiled file uses.
func (f *fixer) deprecated(at string) map[string]bool {
	if known, ok := f.old[at]; ok {
		return known
	}
	var names map[string]bool
	for _, p := range f.Packages {
		if p.PkgPath != at {
			continue
		}
		for _, file := range p.GoFiles {
			if _, ours := f.Generated(file); !ours {
				continue
			}
			for name := range readMoved(file) {
				if names == nil {
					names = map[string]bool{}
				}
				names[name] = true
			}
		}
	}
	f.old[at] = names
	return names
}
