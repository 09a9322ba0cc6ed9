// Package scopevet is an analyzer for what a package holds too much of, as far as
// the package alone tells: tokens that nothing uses, and scopes of a set that no
// client of the package is made for. It is for editors and for linters that run
// analyzers, golangci-lint for example.
//
// Whole programs are judged by "scopegen audit", and by
// "go vet -vettool=$(which scopegen)", which runs this analyzer too.
package scopevet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen/internal/apitable"
	"github.com/scopegen/scopegen/internal/program"
	"github.com/scopegen/scopegen/internal/program/suppression"
)

// Rule is the number of the rule that the analyzer's findings are for.
const Rule = "SG2001"

// Analyzer reports what it can be certain of without looking at other packages:
//
//   - a parameter or an unexported field of type runtime.Token that nothing reads,
//     and such a variable of a package;
//   - an embedded scope of a set that only this package can use, if the package
//     makes no client for that scope.
//
// Its fixes remove what is reported, where that is safe. A comment
//
//	//scopegen:allow SG2001 until=2027-01-31 reason
//
// allows a finding on its own line or the next one; that of a set may also be allowed
// by the name of the scope. The comment is reported (SG1008) once its date has passed
// or there is no such finding.
var Analyzer = &analysis.Analyzer{
	Name: "scopevet",
	Doc:  "report tokens that nothing uses, and scopes of a set that no client is made for (SG2001)",
	URL:  "https://pkg.go.dev/github.com/scopegen/scopegen/cmd/scopegen/scopevet",
	Run:  run,
}

const runtimePath = "github.com/scopegen/scopegen/runtime"

func run(pass *analysis.Pass) (any, error) {
	if !slices.ContainsFunc(pass.Pkg.Imports(), func(p *types.Package) bool { return p.Path() == runtimePath }) || ours(pass.Pkg.Path()) {
		return nil, nil
	}
	c := &checker{Pass: pass, reads: map[types.Object]int{}, mentions: map[types.Object][]mention{}}
	for _, file := range pass.Files {
		if !generated(file) {
			c.files = append(c.files, file)
		}
	}
	if len(c.files) == 0 {
		return nil, nil
	}
	for _, file := range pass.Files {
		c.collect(file)
	}
	for _, file := range c.files {
		c.tokens(file)
	}
	c.sets()
	c.suppress(time.Now())
	return nil, nil
}

// ours reports whether a package is part of the runtime, or one of its tests.
func ours(path string) bool {
	return path == runtimePath || strings.HasPrefix(path, runtimePath+"/") || strings.HasPrefix(path, runtimePath+"_test")
}

// generated reports whether scopegen wrote a file.
func generated(file *ast.File) bool {
	return len(file.Comments) > 0 && file.Comments[0].Pos() < file.Package && strings.HasPrefix(file.Comments[0].List[0].Text, "// "+apitable.GeneratedBy)
}

// checker checks one package.
type checker struct {
	*analysis.Pass
	files    []*ast.File                // that people wrote
	reads    map[types.Object]int       // how often a variable is read
	mentions map[types.Object][]mention // where objects of the package are named
	findings []finding
}

// mention is one place that names an object.
type mention struct {
	name  *ast.Ident
	stack []ast.Node // what the name is in, outermost first
	write bool       // the place gives the variable a value, and does nothing else
}

// parent returns the i-th node around the name.
func (m mention) parent(i int) ast.Node {
	if i >= len(m.stack) {
		return nil
	}
	return m.stack[len(m.stack)-1-i]
}

// collect notes every use of what the package declares.
func (c *checker) collect(file *ast.File) {
	ast.PreorderStack(file, nil, func(n ast.Node, stack []ast.Node) bool {
		name, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		object := c.TypesInfo.Uses[name]
		switch o := object.(type) {
		case *types.Var:
			object = o.Origin()
		case *types.Func:
			object = o.Origin()
		}
		if object == nil || object.Pkg() != c.Pkg {
			return true
		}
		m := mention{name: name, stack: slices.Clone(stack)}
		if v, ok := object.(*types.Var); ok {
			m.write = c.written(m, v)
			if !m.write {
				c.reads[object]++
			}
		}
		c.mentions[object] = append(c.mentions[object], m)
		return true
	})
}

// written reports whether a place only gives a variable a value: as the key of a
// composite literal, or on the left of an assignment.
func (c *checker) written(m mention, v *types.Var) bool {
	target := ast.Node(m.name)
	i := 0
	switch parent := m.parent(0).(type) {
	case *ast.KeyValueExpr:
		_, literal := m.parent(1).(*ast.CompositeLit)
		return v.IsField() && literal && parent.Key == m.name
	case *ast.SelectorExpr:
		target, i = parent, 1
	}
	assign, ok := m.parent(i).(*ast.AssignStmt)
	return ok && assign.Tok == token.ASSIGN && slices.ContainsFunc(assign.Lhs, func(e ast.Expr) bool { return ast.Node(e) == target })
}

// tokenOf returns the set of a type that is a runtime.Token, or nil.
func tokenOf(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Name() != "Token" || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != runtimePath || named.TypeArgs().Len() != 1 {
		return nil
	}
	return named.TypeArgs().At(0)
}

// finding is what would be reported.
type finding struct {
	analysis.Diagnostic
	subjects []string // what a suppression may name
}

// report notes a finding. A suppression of one may name the rule, or one of the
// other subjects.
func (c *checker) report(at ast.Node, fixes []analysis.SuggestedFix, message string, subjects ...string) {
	d := analysis.Diagnostic{Pos: at.Pos(), End: at.End(), Category: Rule, Message: message + " (" + Rule + ")", SuggestedFixes: fixes}
	c.findings = append(c.findings, finding{d, append(subjects, Rule)})
}

// suppress reports the findings that no comment allows, and the comments for the
// rule that are wrong, that have expired, or that allow nothing. Those for scopes and
// for other rules are judged by the audit of the whole program.
func (c *checker) suppress(now time.Time) {
	for _, file := range c.files {
		for _, group := range file.Comments {
			for _, comment := range group.List {
				s, ok := suppression.Parse(comment.Text)
				if !ok {
					continue
				}
				what, todo := s.Problem(now)
				at := c.Fset.Position(comment.Pos())
				found := false
				c.findings = slices.DeleteFunc(c.findings, func(f finding) bool {
					pos := c.Fset.Position(f.Pos)
					covered := pos.Filename == at.Filename && suppression.Covers(at.Line, pos.Line) && slices.Contains(f.subjects, s.Subject)
					found = found || covered
					return covered && what == ""
				})
				if what == "" && !found {
					what, todo = s.Unused()
				}
				if what != "" && s.Subject == Rule {
					c.Report(analysis.Diagnostic{
						Pos: comment.Pos(), End: comment.End(), Category: suppression.Rule,
						Message: "the suppression " + what + ": " + todo + " (" + suppression.Rule + ")",
					})
				}
			}
		}
	}
	for _, f := range c.findings {
		c.Report(f.Diagnostic)
	}
}

// conversions returns the places of the package where a type has to implement an
// interface.
func (c *checker) conversions(found func(program.Conversion)) {
	pkg := &packages.Package{TypesInfo: c.TypesInfo}
	for _, file := range c.Files {
		for conversion := range (program.File{File: file, Package: pkg}).Conversions() {
			found(conversion)
		}
	}
}
