package audit

import (
	"crypto/sha256"
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/apitable"
	"github.com/scopegen/scopegen/internal/generate/output"
	"github.com/scopegen/scopegen/internal/program"
)

// Unit is one package, as a vet tool sees it: the package itself, and the facts
// of those that it imports.
type Unit struct {
	Path       string
	Name       string
	Standard   bool // it belongs to the standard library
	GoFiles    []string
	OtherFiles []string
	Imports    []string // import paths
}

// Summarize adds the summary of a package to the facts of its imports. It calls
// check, which returns the syntax and the types of the package, only for packages
// that can make calls.
func (u Unit) Summarize(facts Facts, check func() (*packages.Package, *token.FileSet, error)) error {
	s := &summary{Path: u.Path, Name: u.Name, Standard: u.Standard}
	if u.Standard {
		if !slices.Contains(callers, u.Path) {
			return nil // nothing of it counts
		}
		return facts.add(s)
	}
	c, _, err := facts.code(func(*summary) (*apitable.Table, error) { return &apitable.Table{}, nil })
	if err != nil {
		return err
	}
	s.Runtime = isRuntime(u.Path)
	for _, imported := range u.Imports {
		s.Affected = s.Affected || !s.Runtime && (imported == runtimePath || imported == implPath || c.affected[imported])
		if c.graph[imported] != nil {
			s.Imports = append(s.Imports, imported)
		}
	}
	slices.Sort(s.Imports)
	p := &packages.Package{ID: u.Path, PkgPath: u.Path, Name: u.Name, GoFiles: u.GoFiles, OtherFiles: u.OtherFiles}
	s.Header = slices.ContainsFunc(u.GoFiles, program.HasHeader)
	if s.Affected && s.Header {
		if err := s.generated(p, slices.Contains(u.Imports, implPath)); err != nil {
			return err
		}
	}
	c.graph[u.Path] = p
	if s.Affected {
		c.affected[u.Path], c.ours[u.Path] = true, true
	}
	c.findPackages(func(p *packages.Package) bool { return p.PkgPath != u.Path || s.Header })
	known := s.Table.File != "" || c.generated(u.Path)
	if slices.Contains(u.Imports, "unsafe") && !known {
		found, err := scan(p)
		if err != nil {
			return err
		}
		for _, l := range found {
			s.Linked = append(s.Linked, wireLinked{l.at.Filename, l.at.Line, l.target})
		}
	}
	switch {
	case s.Runtime || known:
	case s.Affected:
		checked, fset, err := check()
		if err != nil {
			return err
		}
		checked.ID, checked.PkgPath, checked.OtherFiles = u.Path, u.Path, u.OtherFiles
		c.ours[runtimePath] = true
		e := &encoder{summary: s, fset: fset, own: checked.Types, ours: c.ours, detailed: func(o *types.TypeName) bool {
			at := pathOf(o)
			return c.affected[at] && !c.generated(at) || at == runtimePath && o.Name() == "Token" // whose methods give access tokens out
		}, client: func(o *types.TypeName) bool { return c.generated(pathOf(o)) && makesCalls(o) }}
		e.summarize(collect(&program.Program{Fset: fset, Packages: []*packages.Package{checked}}))
	default:
		o := &outside{}
		s.Reflective = o.callsByName(p, slices.Contains(u.Imports, "reflect"))
		s.Interfaces = o.methods(p)
	}
	return facts.add(s)
}

// generated fills in what the files of a generated package tell.
func (s *summary) generated(p *packages.Package, describes bool) error {
	if path.Base(s.Path) == "scope" && describes {
		file, text, err := tableOf(p.GoFiles)
		if err != nil {
			return err
		}
		if file == "" {
			return datedError([]string{s.Path})
		}
		if _, err := parseTable(s.Path, text); err != nil {
			return err
		}
		s.Table = wireTable{file, hashOf(text)}
	}
	own := filepath.Dir(p.GoFiles[0])
	for _, folder := range []string{filepath.Dir(own), own} {
		manifest, err := output.ReadManifest(os.DirFS(folder))
		if err != nil {
			return err
		}
		if manifest == nil || folder == own && s.Table.File != "" {
			continue
		}
		edited, err := edits(folder, manifest, p)
		if err != nil {
			return err
		}
		for _, one := range edited {
			s.Edited = append(s.Edited, wireEdit{one.file, one.why})
		}
		return nil
	}
	s.Unverified = s.Table.File != ""
	return nil
}

// makesCalls reports whether a type of a generated package is a client: it has methods
// that take options of a call.
func makesCalls(o *types.TypeName) bool {
	named, ok := types.Unalias(o.Type()).(*types.Named)
	if !ok {
		return false
	}
	for m := range named.Methods() {
		if makesCall(m) {
			return true
		}
	}
	return false
}

// table returns the table of an API, which the facts about its package scope name. The
// file is where it was when they were made, unless they come from a build with -trimpath
// in another folder: then the go command knows where the package is.
func (s *summary) table() (*apitable.Table, error) {
	name, text, err := tableOf([]string{s.Table.File})
	if err == nil && hashOf(text) == s.Table.Hash {
		return parseTable(s.Path, text)
	}
	folder, err := exec.Command("go", "list", "-find", "-f", "{{.Dir}}", "--", s.Path).Output()
	if err == nil {
		name, text, err = tableOf([]string{filepath.Join(strings.TrimRight(string(folder), "\r\n"), filepath.Base(s.Table.File))})
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("the table of the API in package %s, which was %s, cannot be read: %w: run go clean -cache, and vet again", s.Path, s.Table.File, err)
	case hashOf(text) != s.Table.Hash:
		return nil, fmt.Errorf("%s is not the file that the facts about package %s were made of: run go clean -cache, and vet again", name, s.Path)
	}
	return parseTable(s.Path, text)
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return string(sum[:])
}

// code makes of facts what a load makes of a program. It asks for the tables of the APIs.
func (f Facts) code(tables func(*summary) (*apitable.Table, error)) (*code, []*summary, error) {
	c := &code{
		graph: map[string]*packages.Package{}, affected: map[string]bool{}, ours: map[string]bool{}, generatedBy: map[string]*api{},
		outside: map[string]*outside{}, name: filepath.ToSlash,
	}
	var summaries []*summary
	headers := map[string]bool{}
	edited := map[string][]edit{}
	for _, at := range f.paths() {
		s, err := f.get(at)
		if err != nil {
			return nil, nil, err
		}
		summaries = append(summaries, s)
		p := &packages.Package{ID: at, PkgPath: at, Name: s.Name, Imports: map[string]*packages.Package{}}
		if !s.Standard {
			p.Module = &packages.Module{}
		}
		c.graph[at] = p
		c.affected[at], c.ours[at] = s.Affected, s.Affected || s.Runtime
		headers[at] = s.Header
		c.outside[at] = &outside{reflective: &s.Reflective, interfaces: s.Interfaces, parsed: true}
		for _, l := range s.Linked {
			c.linked = append(c.linked, linked{p, token.Position{Filename: l.File, Line: l.Line, Column: 1}, l.Target})
		}
		for _, one := range s.Edited {
			edited[at] = append(edited[at], edit{one.File, one.Why, at})
		}
		if s.Table.File != "" {
			table, err := tables(s)
			if err != nil {
				return nil, nil, err
			}
			a := newAPI(strings.TrimSuffix(at, "/scope"), table)
			a.unverified = s.Unverified
			c.apis = append(c.apis, a)
		}
	}
	for _, s := range summaries {
		for _, imported := range s.Imports {
			if p := c.graph[imported]; p != nil {
				c.graph[s.Path].Imports[imported] = p
			}
		}
	}
	c.findPackages(func(p *packages.Package) bool { return headers[p.PkgPath] })
	for _, a := range c.apis {
		for _, p := range a.packages {
			if !a.unverified {
				a.edited = append(a.edited, edited[p.PkgPath]...)
			}
		}
	}
	return c, summaries, nil
}

// Audit audits the program whose main package is the unit, with the facts of the
// unit itself among them. Files have absolute names in the findings.
func (u Unit) Audit(all Facts) (*Result, error) {
	c, summaries, err := all.code((*summary).table)
	if err != nil {
		return nil, err
	}
	result := newResult(Build{}, "")
	root := c.graph[u.Path]
	if root == nil || !c.affected[u.Path] {
		return result, nil
	}
	for at, p := range c.graph {
		if p != root {
			root.Imports[at] = p // what the standard library imports has no other way to it
		}
	}
	own := map[string]bool{}
	for _, name := range u.GoFiles {
		own[filepath.ToSlash(name)] = true
	}
	c.judged = func(file string) bool { return own[file] }
	f, err := c.restore(summaries)
	if err != nil {
		return nil, err
	}
	w := &writer{code: c, facts: f, result: result}
	w.root(newReach(c, f, start{root, u.Path, Main}))
	w.suppress()
	w.finish()
	return result, nil
}

// restore returns the facts that summaries hold.
func (c *code) restore(summaries []*summary) (f *facts, err error) {
	defer func() {
		if why := recover(); why != nil {
			err = damaged("the imports", why)
		}
	}()
	u, decoders := newUniverse(summaries, c.clientNamed)
	f = &facts{
		fset: u.fset, nodes: map[*types.Func]*node{}, packages: map[string]*node{}, read: map[string]bool{}, symbols: map[string][]*types.Func{},
		embedded: map[*types.TypeName][]argument{}, hashes: u.hashes,
	}
	for _, d := range decoders {
		if len(d.Nodes) > 0 && !c.generated(d.Path) {
			d.add(f, c.graph[d.Path])
		}
	}
	return f, nil
}

// Clone returns a copy that can be added to.
func (f Facts) Clone() Facts { return maps.Clone(f) }

// Size returns how many bytes the facts of one package take, without those of the
// packages that it imports.
func (f Facts) Size(path string) int { return len(f[path]) }

// Errors returns the findings that a vet tool reports: all but notes.
func (r *Result) Errors() (list diag.List) {
	for _, d := range r.Findings {
		if d.Severity != diag.Note {
			list = append(list, d)
		}
	}
	return list
}
