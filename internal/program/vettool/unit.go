package vettool

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen/cmd/scopegen/scopevet"
	"github.com/scopegen/scopegen/internal/program/audit"
)

// config is what the go command says of a package; it says more.
type config struct {
	ID          string // "example.com/app [example.com/app.test]" with tests
	ImportPath  string
	GoVersion   string
	GoFiles     []string // absolute
	NonGoFiles  []string
	ImportMap   map[string]string // import, as it is written → import path
	PackageFile map[string]string // import path → file with the types
	Standard    map[string]bool   // import paths of the standard library
	PackageVetx map[string]string // import path → file with the facts
	VetxOnly    bool              // only the facts are asked for
	VetxOutput  string            // where the facts go
	Stdout      string            // where the findings go
	FixArchive  string            // where changed files go
}

// unit is the package that the tool is called for.
type unit struct {
	config config
	fset   *token.FileSet
	files  []*ast.File
	types  *types.Package
	info   *types.Info
}

// finding is what the tool says about a place.
type finding struct {
	code    string
	pos     token.Position
	message string
	related []related
	fixes   []analysis.SuggestedFix
	why     string // why there is no change, where more is known than that none is safe
}

type related struct {
	pos     token.Position
	message string
}

// vet writes the facts of the package, and returns the findings.
func (u *unit) vet() ([]finding, error) {
	facts := audit.Facts{}
	for _, name := range slices.Sorted(maps.Values(u.config.PackageVetx)) {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if len(text) == 0 {
			continue
		}
		if err := facts.Decode(text); err != nil {
			return nil, err
		}
	}
	self, err := u.describe()
	if err != nil {
		return nil, err
	}
	checked := false
	if err := self.Summarize(facts, func() (*packages.Package, *token.FileSet, error) {
		checked = true
		if err := u.check(nil); err != nil {
			return nil, nil, err
		}
		return &packages.Package{Name: self.Name, Syntax: u.sources(), Types: u.types, TypesInfo: u.info}, u.fset, nil
	}); err != nil {
		return nil, err
	}
	if u.config.VetxOutput != "" {
		if err := os.WriteFile(u.config.VetxOutput, facts.Encode(), 0o666); err != nil {
			return nil, err
		}
	}
	if u.config.VetxOnly || !checked {
		return nil, nil
	}
	var findings []finding
	if self.Name == "main" {
		result, err := self.Audit(facts)
		if err != nil {
			return nil, err
		}
		for _, d := range result.Errors() {
			f := finding{code: d.Code, message: d.Message + " (" + d.Code + ")", pos: token.Position{Filename: d.Pos.File, Line: d.Pos.Line, Column: d.Pos.Column}}
			for _, r := range d.Related {
				f.related = append(f.related, related{token.Position{Filename: r.Pos.File, Line: r.Pos.Line, Column: r.Pos.Column}, r.Message})
			}
			if to, ok := result.Narrower(d); ok {
				f.fixes, f.why = u.narrowed(f.pos, to)
			}
			findings = append(findings, f)
		}
	}
	return u.local(findings)
}

// local adds what the package alone tells. Where the whole program tells the same,
// the two become one.
func (u *unit) local(findings []finding) ([]finding, error) {
	pass := &analysis.Pass{
		Analyzer: scopevet.Analyzer, Fset: u.fset, Files: u.files, Pkg: u.types, TypesInfo: u.info,
		TypesSizes: types.SizesFor("gc", build.Default.GOARCH), ResultOf: map[*analysis.Analyzer]any{}, ReadFile: os.ReadFile,
	}
	pass.Report = func(d analysis.Diagnostic) {
		pos := u.fset.Position(d.Pos)
		for i, f := range findings {
			if f.code == "SG1001" && f.pos.Filename == pos.Filename && f.pos.Line == pos.Line {
				findings[i].fixes = d.SuggestedFixes
				return
			}
		}
		findings = append(findings, finding{code: d.Category, pos: pos, message: d.Message, fixes: d.SuggestedFixes})
	}
	_, err := scopevet.Analyzer.Run(pass)
	return findings, err
}

// describe returns what the audit has to know about the package, without its
// tests.
func (u *unit) describe() (audit.Unit, error) {
	path, _, _ := strings.Cut(u.config.ImportPath, " ")
	self := audit.Unit{Path: path, OtherFiles: u.config.NonGoFiles}
	self.Standard = len(u.config.GoFiles) > 0 && below(build.Default.GOROOT, u.config.GoFiles[0]) || u.config.Standard[path]
	imported := map[string]bool{}
	for _, name := range u.config.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return self, err
		}
		self.Name = file.Name.Name
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		self.GoFiles = append(self.GoFiles, name)
		for _, spec := range file.Imports {
			written, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return self, err
			}
			at := written
			if mapped := u.config.ImportMap[written]; mapped != "" {
				at, _, _ = strings.Cut(mapped, " ")
			}
			imported[at] = true
		}
	}
	self.Imports = slices.Sorted(maps.Keys(imported))
	return self, nil
}

func below(folder, name string) bool {
	return folder != "" && strings.HasPrefix(name, strings.TrimSuffix(folder, string(os.PathSeparator))+string(os.PathSeparator))
}

// sources returns the files of the package that are no tests.
func (u *unit) sources() (files []*ast.File) {
	for _, file := range u.files {
		if !strings.HasSuffix(u.fset.PositionFor(file.Package, false).Filename, "_test.go") {
			files = append(files, file)
		}
	}
	return files
}

// check reads the package. What changed counts instead of the files on disk.
func (u *unit) check(changed map[string][]byte) error {
	u.fset, u.files = token.NewFileSet(), nil
	for _, name := range u.config.GoFiles {
		var text any
		if content, ok := changed[name]; ok {
			text = content
		}
		file, err := parser.ParseFile(u.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		u.files = append(u.files, file)
	}
	compiled := importer.ForCompiler(u.fset, "gc", func(path string) (io.ReadCloser, error) {
		name, ok := u.config.PackageFile[path]
		if !ok {
			return nil, fmt.Errorf("the go command names no export data for %q", path)
		}
		return os.Open(name)
	})
	checker := types.Config{
		Sizes: types.SizesFor("gc", build.Default.GOARCH), GoVersion: u.config.GoVersion,
		Importer: importerFunc(func(path string) (*types.Package, error) {
			at, ok := u.config.ImportMap[path]
			if !ok {
				return nil, fmt.Errorf("the go command does not know the import %q", path)
			}
			return compiled.Import(at)
		}),
	}
	u.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{}, Scopes: map[ast.Node]*types.Scope{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, FileVersions: map[*ast.File]string{},
	}
	path, _, _ := strings.Cut(u.config.ImportPath, " ")
	var err error
	u.types, err = checker.Check(path, u.fset, u.files, u.info)
	var broken types.Error
	if errors.As(err, &broken) {
		return fmt.Errorf("%s: %s", broken.Fset.Position(broken.Pos), broken.Msg)
	}
	return err
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }
