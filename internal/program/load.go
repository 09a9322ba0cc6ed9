// Package program loads the Go programs of users, for the commands that search
// or rewrite them. It reports what cannot be loaded instead of leaving it out,
// and tells which files scopegen generated.
package program

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Config says what to load. The environment (GOOS, GOARCH, GOFLAGS, GOWORK)
// counts as it does for the go command.
type Config struct {
	Dir      string            // folder in which the patterns are meant
	Patterns []string          // as the go command takes them
	Tags     string            // build tags, separated by commas
	Overlay  map[string][]byte // absolute path → content that counts instead of the one on disk

	WithoutTests bool // leave out the tests of the packages
}

// Program is a set of packages that were loaded together, tests included. A
// package that has tests is in it more than once; see [Program.Files].
type Program struct {
	Fset     *token.FileSet
	Packages []*packages.Package
	Broken   []Broken // packages that do not compile, in alphabetical order

	// What the program was loaded for, as the go command resolved it.
	GOOS, GOARCH string
	Tags         string // separated by commas

	config    Config
	dir       string                 // absolute
	generated map[string]*generation // file → who wrote it
	outputs   map[string]*Output     // folder → the manifest in it
}

// Broken is a package that does not compile.
type Broken struct {
	Package string   `json:"package"`
	Errors  []string `json:"errors"` // each with its position
}

// Load loads the packages that match the patterns. Packages that do not
// compile are no error: they are listed in Broken. A pattern that matches
// nothing is an error, and so is a package that has no files to read.
func Load(ctx context.Context, config Config) (*Program, error) {
	graph, err := LoadGraph(ctx, config)
	if err != nil {
		return nil, err
	}
	matched, read := map[string]bool{}, map[string]bool{} // by package ID
	for _, p := range graph.Packages {
		matched[p.ID] = true
	}
	for p := range packages.Postorder(graph.Packages) {
		read[p.ID] = matched[p.ID]
		for _, imported := range p.Imports {
			read[p.ID] = read[p.ID] || read[imported.ID]
		}
	}
	p, err := graph.LoadSources(ctx, func(p *packages.Package) bool { return read[p.ID] }, func(*packages.Package) bool { return false })
	if err != nil {
		return nil, err
	}
	p.Packages = slices.DeleteFunc(p.Packages, func(p *packages.Package) bool { return !matched[p.ID] })
	return p, nil
}

// Graph is packages with all that they import, as the go command lists them: without
// sources and types. What is wrong with a package is in its Errors.
type Graph struct {
	Packages []*packages.Package // those that the patterns match

	// What they are listed for, as the go command resolved it.
	GOOS, GOARCH string
	Tags         string // separated by commas

	config Config
	dir    string // absolute
}

// LoadGraph returns the packages that match the patterns, with all that they import.
func LoadGraph(ctx context.Context, config Config) (*Graph, error) {
	dir, err := filepath.Abs(config.Dir)
	if err != nil {
		return nil, err
	}
	g := &Graph{config: config, dir: dir}
	if err := g.target(ctx); err != nil {
		return nil, err
	}
	g.Packages, err = g.list(ctx, config, packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedModule | packages.NeedForTest,
	})
	return g, err
}

// target finds what the packages are listed for. If the go command fails, it will again
// when packages are asked for, and that is reported.
func (g *Graph) target(ctx context.Context) error {
	command := exec.CommandContext(ctx, "go", "env", "GOOS", "GOARCH", "GOFLAGS")
	command.Dir = g.dir
	output, _ := command.Output()
	lines := append(strings.Split(string(output), "\n"), "", "", "")
	flags := lines[2]
	if strings.Contains(flags, "-overlay") {
		return errors.New("GOFLAGS has -overlay, which puts files in place of the sources that are read here: take it out (go env GOFLAGS shows it)")
	}
	g.GOOS, g.GOARCH, g.Tags = lines[0], lines[1], g.config.Tags
	if g.Tags != "" || !strings.Contains(flags, "-tags") {
		return nil
	}
	command = exec.CommandContext(ctx, "go", "list", "-e", "-f", `{{join context.BuildTags ","}}`, "unsafe")
	command.Dir = g.dir
	output, _ = command.Output()
	g.Tags = strings.TrimSpace(string(output))
	return nil
}

// list asks the go command for the packages that match the patterns of a configuration.
// Of how, only what is about their sources counts.
func (g *Graph) list(ctx context.Context, config Config, how packages.Config) ([]*packages.Package, error) {
	for _, pattern := range config.Patterns {
		if strings.HasPrefix(pattern, "-") {
			return nil, fmt.Errorf("%q is not a package", pattern)
		}
	}
	how.Context, how.Dir, how.Tests = ctx, g.dir, !config.WithoutTests
	flags, remove, err := config.flags()
	if err != nil {
		return nil, err
	}
	defer remove()
	how.BuildFlags = append(how.BuildFlags, flags...)
	list, err := packages.Load(&how, config.Patterns...)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("cannot load packages: there is no go command in PATH")
	case err != nil:
		return nil, fmt.Errorf("cannot load packages: %w", err)
	case len(list) == 0:
		return nil, nothingMatches(ctx, g.dir, how.BuildFlags, config.Patterns...)
	}
	return list, Matched(g.dir, config.Patterns, list)
}

// program returns a program of which nothing is loaded yet.
func (g *Graph) program() *Program {
	return &Program{
		Fset: token.NewFileSet(), GOOS: g.GOOS, GOARCH: g.GOARCH, Tags: g.Tags, config: g.config, dir: g.dir,
		generated: map[string]*generation{}, outputs: map[string]*Output{},
	}
}

// flags returns what the go command has to be told of the sources. Remove removes the
// files that they name.
func (c Config) flags() (flags []string, remove func(), err error) {
	if c.Tags != "" {
		flags = append(flags, "-tags="+c.Tags)
	}
	if len(c.Overlay) == 0 {
		return flags, func() {}, nil
	}
	overlay, remove, err := OverlayFlag(c.Overlay)
	return append(flags, overlay), remove, err
}

// nothingMatches returns the error for patterns of which no packages came. Where
// types are wanted, package packages passes over that the go command failed, for
// instance because go.mod must be tidied first; where names alone are, it does not.
func nothingMatches(ctx context.Context, dir string, flags []string, patterns ...string) error {
	_, err := packages.Load(&packages.Config{Context: ctx, Dir: dir, BuildFlags: flags, Mode: packages.NeedName}, patterns...)
	if err != nil {
		return fmt.Errorf("cannot load packages: %w", err)
	}
	return fmt.Errorf("no packages match %s", strings.Join(patterns, " "))
}

// collectErrors fills Broken. It returns an error for a package of which
// nothing could be read.
func (p *Program) collectErrors(read []*packages.Package) error {
	broken := map[string]*Broken{}
	for _, pkg := range read {
		for _, e := range pkg.Errors {
			text := p.relative(e)
			if e.Kind == packages.ListError && len(pkg.Syntax) == 0 {
				return fmt.Errorf("cannot load package %s: %s", pkg.PkgPath, text)
			}
			if len(pkg.Errors) > 1 && e.Kind == packages.ListError && strings.HasPrefix(e.Msg, "# ") {
				continue // what the go command shows of its compiler, which says the same as the other errors
			}
			b := broken[pkg.PkgPath]
			if b == nil {
				b = &Broken{Package: pkg.PkgPath}
				broken[pkg.PkgPath] = b
			}
			if !slices.Contains(b.Errors, text) {
				b.Errors = append(b.Errors, text)
			}
		}
	}
	for _, b := range broken {
		p.Broken = append(p.Broken, *b)
	}
	slices.SortFunc(p.Broken, func(a, b Broken) int { return strings.Compare(a.Package, b.Package) })
	return nil
}

// CompileError returns an error that names each broken package and its first
// errors, or nil if all packages compile.
func (p *Program) CompileError() error {
	if len(p.Broken) == 0 {
		return nil
	}
	const most = 10
	var b strings.Builder
	b.WriteString("these packages do not compile:")
	for _, broken := range p.Broken {
		b.WriteString("\n  " + broken.Package)
		for i, e := range broken.Errors {
			if i == most {
				fmt.Fprintf(&b, "\n    and %d errors more", len(broken.Errors)-most)
				break
			}
			b.WriteString("\n    " + strings.ReplaceAll(e, "\n", "\n    "))
		}
	}
	return errors.New(b.String())
}

// relative returns the text of an error with the path of its file relative to
// the folder of the program.
func (p *Program) relative(e packages.Error) string {
	file, rest, ok := strings.Cut(e.Pos, ":")
	if !ok || !filepath.IsAbs(file) {
		if e.Pos == "" || e.Pos == "-" {
			return e.Msg
		}
		return e.Pos + ": " + e.Msg
	}
	return p.Name(file) + ":" + rest + ": " + e.Msg
}

// Name returns the path of a file for people: relative to the folder of the
// program if it is below that, with slashes.
func (p *Program) Name(file string) string {
	if relative, err := filepath.Rel(p.dir, file); err == nil && filepath.IsLocal(relative) {
		file = relative
	}
	return filepath.ToSlash(file)
}

// Matched returns an error for the first pattern that matches none of the packages
// that were loaded; paths are meant in dir. The go command reports a pattern
// without "..." that matches nothing itself.
func Matched(dir string, patterns []string, loaded []*packages.Package) error {
	for _, pattern := range patterns {
		if !matches(dir, pattern, loaded) {
			return fmt.Errorf("no packages match %s", pattern)
		}
	}
	return nil
}

func matches(dir, pattern string, loaded []*packages.Package) bool {
	root, recursive, ok := rootOf(dir, pattern)
	if !ok || !recursive {
		prefix, _, wild := strings.Cut(pattern, "...")
		return !wild || slices.ContainsFunc(loaded, func(pkg *packages.Package) bool {
			return strings.HasPrefix(pkg.PkgPath+"/", prefix)
		})
	}
	return slices.ContainsFunc(loaded, func(pkg *packages.Package) bool {
		return slices.ContainsFunc(pkg.GoFiles, func(file string) bool { return below(root, file) })
	})
}

// root returns the folder of a pattern that is a path, and whether the folders
// below it are meant too.
func (p *Program) root(pattern string) (folder string, recursive, ok bool) {
	return rootOf(p.dir, pattern)
}

func rootOf(dir, pattern string) (folder string, recursive, ok bool) {
	path := filepath.FromSlash(pattern)
	if !filepath.IsAbs(path) && pattern != "." && pattern != ".." && !strings.HasPrefix(pattern, "./") && !strings.HasPrefix(pattern, "../") {
		return "", false, false
	}
	before, _, recursive := strings.Cut(path, "...")
	if recursive {
		before = before[:strings.LastIndexByte(before, filepath.Separator)+1]
	}
	if !filepath.IsAbs(before) {
		before = filepath.Join(dir, before)
	}
	return filepath.Clean(before), recursive, true
}

// below reports whether a file is in a folder or below it.
func below(folder, file string) bool {
	relative, err := filepath.Rel(folder, file)
	return err == nil && filepath.IsLocal(relative)
}

// File is a source file as it was loaded.
type File struct {
	*ast.File
	Path    string            // absolute
	Package *packages.Package // one of those that the file was loaded for
	Derived bool              // the go command made it of a file of the user, as it does with cgo
}

// Files returns each source file of the packages once, and none of those that
// the go command makes up for tests.
func (p *Program) Files() []File {
	var files []File
	seen := map[string]bool{}
	for _, pkg := range p.Packages {
		if strings.HasSuffix(pkg.ID, ".test") {
			continue
		}
		for _, file := range pkg.Syntax {
			path := p.Fset.PositionFor(file.Package, false).Filename
			if seen[path] {
				continue
			}
			seen[path] = true
			files = append(files, File{file, path, pkg, !slices.Contains(pkg.GoFiles, path)})
		}
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files
}

// CoversModule reports whether the patterns match every package of the module
// that a package belongs to.
func (p *Program) CoversModule(pkg *packages.Package) bool {
	if pkg.Module == nil {
		return false
	}
	return slices.ContainsFunc(p.config.Patterns, func(pattern string) bool {
		root, recursive, ok := p.root(pattern)
		return ok && recursive && below(root, pkg.Module.Dir) || pattern == "all" || pattern == pkg.Module.Path+"/..."
	})
}
