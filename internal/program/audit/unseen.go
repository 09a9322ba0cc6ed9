package audit

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/plural"
	"github.com/scopegen/scopegen/internal/program"
)

// unseen adds a note for each file of the patterns' packages that imports what can
// make calls and that this build leaves out, and one for the tests of each package.
func (w *writer) unseen(config Config) {
	seen := map[string]bool{}
	w.unlisted(config)
	for _, p := range w.code.listed.Packages {
		if p.Module != nil && !p.Module.Main || w.code.generated(p.PkgPath) {
			continue
		}
		for _, name := range p.IgnoredFiles {
			if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !seen[name] && w.code.importsOurs(name) {
				seen[name] = true
				w.find("SG1012", w.place(name), nil, "audit again with the GOOS, GOARCH or --tags that it is for",
					"this file is not built for %s, so what it calls was not seen", w.result.Build)
			}
		}
		if config.Tests || p.Dir == "" {
			continue
		}
		tests, _ := filepath.Glob(filepath.Join(escapeGlob(p.Dir), "*_test.go")) // the pattern is well formed
		tests = slices.DeleteFunc(tests, func(name string) bool { return !w.code.importsOurs(name) })
		if len(tests) > 0 {
			w.find("SG1012", w.place(tests[0]), nil, "audit tests too, with --test",
				"not seen: %s of this package, which may make calls", plural.Count(len(tests), "test file"))
		}
	}
}

// unlisted adds a note for each folder of which the go command lists no package,
// because no file of it is built, and which has a file that can make calls.
func (w *writer) unlisted(config Config) {
	listed := map[string]bool{}
	for _, p := range w.code.listed.Packages {
		for _, name := range slices.Concat(p.GoFiles, p.IgnoredFiles) {
			listed[filepath.Dir(name)] = true
		}
	}
	for _, name := range program.Sources(w.code.dir, config.Patterns) {
		folder := filepath.Dir(name)
		if listed[folder] || strings.HasSuffix(name, "_test.go") || !w.code.importsOurs(name) {
			continue
		}
		listed[folder] = true // one note is enough
		w.find("SG1012", w.place(name), nil, "audit again with the GOOS, GOARCH or --tags that it is for",
			"no file of this package is built for %s, so what it calls was not seen", w.result.Build)
	}
}

var globs = strings.NewReplacer("*", "\\*", "?", "\\?", "[", "\\[", "\\", "\\\\")

func escapeGlob(path string) string {
	if filepath.Separator == '\\' {
		return path // where a backslash separates, nothing is escaped
	}
	return globs.Replace(path)
}

func (w *writer) place(name string) diag.Position {
	if relative, err := filepath.Rel(w.code.dir, name); err == nil && filepath.IsLocal(relative) {
		name = relative
	}
	return diag.Position{File: filepath.ToSlash(name)}
}

// importsOurs reports whether a file imports a package that can make calls.
func (c *code) importsOurs(name string) bool {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		return false
	}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err == nil && (c.ours[path] || isRuntime(path)) {
			return true
		}
	}
	return false
}

// versions adds a finding for each API that a root contains several times.
func (w *writer) versions(r *reach) {
	byName := map[string][]string{}
	for _, a := range w.code.apis {
		if r.contained[a.path] != nil || r.contained[a.path+"/scope"] != nil {
			byName[a.API] = append(byName[a.API], a.path)
		}
	}
	for _, name := range slices.Sorted(keys(byName)) {
		if paths := byName[name]; len(paths) > 1 {
			w.find("SG1013", diag.Position{File: r.root.path}, nil, "use one of them; until then read the results of all of them together",
				"%s contains the API %s %d times: %s", r.root.name(), name, len(paths), strings.Join(paths, ", "))
		}
	}
}
