package program

import (
	"go/ast"
	"go/parser"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Unbuilt returns the Go files in the folders of the patterns that were not
// loaded and import one of the packages: files for another system or other build
// tags, which this run of the compiler does not see. Folders that the go
// command never looks into are left out, and so are files that do not parse.
func (p *Program) Unbuilt(imported func(path string) bool) []File {
	loaded := map[string]bool{}
	folders := map[string]bool{} // folder → the folders below it are meant too
	for _, file := range p.Files() {
		loaded[file.Path] = true
		if file.Package.Module != nil && file.Package.Module.Main {
			folders[filepath.Dir(file.Path)] = false
		}
	}
	for _, pkg := range p.Packages {
		for _, name := range slices.Concat(pkg.GoFiles, pkg.CompiledGoFiles) {
			loaded[name] = true
		}
	}
	for _, pattern := range p.config.Patterns {
		if root, recursive, ok := p.root(pattern); ok && recursive {
			folders[root] = true
		}
	}
	found := map[string]File{}
	for folder, recursive := range folders {
		eachSource(folder, recursive, func(name string) {
			if !loaded[name] {
				if file := p.parse(name, imported); file != nil {
					found[name] = File{File: file, Path: name}
				}
			}
		})
	}
	files := make([]File, 0, len(found))
	for _, file := range found {
		files = append(files, file)
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files
}

// Sources returns the Go files in the folders of patterns that end with "/...", whether
// they are built or not. Folders that the go command never looks into are left out.
func Sources(dir string, patterns []string) (names []string) {
	for _, pattern := range patterns {
		if root, recursive, ok := rootOf(dir, pattern); ok && recursive && strings.HasSuffix(pattern, "/...") {
			eachSource(root, true, func(name string) { names = append(names, name) })
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// eachSource calls found for each Go file of a folder, or of those below it too.
func eachSource(folder string, recursive bool, found func(name string)) {
	_ = filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil: // what cannot be read cannot be compiled either
		case d.IsDir():
			if name != folder && (!recursive || skipped(name)) {
				return filepath.SkipDir
			}
		case filepath.Ext(name) == ".go" && !strings.HasPrefix(d.Name(), "_") && !strings.HasPrefix(d.Name(), "."):
			found(name)
		}
		return nil
	})
}

// skipped reports whether the go command passes over a folder when it expands
// "...": a module of its own, for example.
func skipped(folder string) bool {
	name := filepath.Base(folder)
	if strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") || name == "testdata" || name == "vendor" {
		return true
	}
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// parse returns a file if it imports one of the packages, and nil otherwise.
func (p *Program) parse(name string, imported func(path string) bool) *ast.File {
	head, err := parser.ParseFile(p.Fset, name, nil, parser.ImportsOnly)
	if err != nil || !slices.ContainsFunc(head.Imports, func(spec *ast.ImportSpec) bool {
		path, err := strconv.Unquote(spec.Path.Value)
		return err == nil && imported(path)
	}) {
		return nil
	}
	file, err := parser.ParseFile(p.Fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	return file
}
