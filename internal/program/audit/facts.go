package audit

import (
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen/internal/program"
	"github.com/scopegen/scopegen/internal/program/suppression"
)

// node is a function, or everything that a package does before main: the values
// of its variables and its init functions.
type node struct {
	name      string
	pkg       *packages.Package
	at        token.Pos
	refs      []reference
	handovers []handover
	arguments []argument
	asserted  []types.Type // interface types of type assertions
	byName    []reference  // constant names given to reflect's MethodByName; fn is nil
	reflects  []token.Pos  // where methods are called by reflection, with names that are not constant
	unsafe    []handover   // conversions of unsafe pointers
	described []reference  // uses of types with which generated code describes an API; fn is nil
}

// reference is one use of a function or method, called or not.
type reference struct {
	fn   *types.Func // origin
	args []types.Type
	at   token.Pos
	name string
}

// handover is a value of typ that becomes a value of an interface.
type handover struct {
	typ   types.Type
	to    types.Type // the interface type
	at    token.Pos
	empty bool // the interface has no methods
	inst  bool // typ is a type argument
}

// argument is a type argument.
type argument struct {
	typ types.Type
	at  token.Pos
	to  types.Object // the generic function or type
}

// facts are what the sources of the analysed packages say, before it is known
// what is reachable.
type facts struct {
	fset     *token.FileSet
	nodes    map[*types.Func]*node
	packages map[string]*node               // by package ID
	read     map[string]bool                // import paths of the analysed packages
	symbols  map[string][]*types.Func       // as the linker names them; more than one if a package was compiled anew for tests
	embedded map[*types.TypeName][]argument // what the interface types of declarations embed
	allows   []comment                      // suppressions
	hashes   map[*types.Func]*uint32        // of the signatures of methods of which no more is known; nil for any
}

// comment is a comment of a program that is meant for the audit.
type comment struct {
	at   token.Pos
	text string
}

func collect(p *program.Program) *facts {
	f := &facts{
		fset: p.Fset, nodes: map[*types.Func]*node{}, packages: map[string]*node{}, read: map[string]bool{}, symbols: map[string][]*types.Func{},
		embedded: map[*types.TypeName][]argument{},
	}
	for _, pkg := range p.Packages {
		f.read[pkg.PkgPath] = true
		name := initialName(pkg)
		if strings.HasSuffix(pkg.ID, ".test") {
			name = "go test"
		}
		f.packages[pkg.ID] = &node{name: name, pkg: pkg}
		named := callable(pkg)
		for _, file := range pkg.Syntax {
			f.file(program.File{File: file, Package: pkg}, named)
			f.comments(file)
		}
	}
	return f
}

func (f *facts) comments(file *ast.File) {
	for _, group := range file.Comments {
		for _, one := range group.List {
			if strings.HasPrefix(one.Text, suppression.Directive) {
				f.allows = append(f.allows, comment{one.Pos(), one.Text})
			}
		}
	}
}

// part is the range of a declaration, and the node that it belongs to.
type part struct {
	from, to token.Pos
	node     *node
}

// file reads a file. Named are functions of its package that are called without a
// reference.
func (f *facts) file(file program.File, named map[string]bool) {
	info := file.Package.TypesInfo
	initial := f.packages[file.Package.ID]
	var parts []part
	var dead, discarded []part
	for _, decl := range file.Decls {
		n := initial
		if decl, ok := decl.(*ast.FuncDecl); ok {
			fn, _ := info.Defs[decl.Name].(*types.Func)
			switch {
			case fn == nil || decl.Name.Name == "_":
				dead = append(dead, part{decl.Pos(), decl.End(), nil})
				continue
			case decl.Recv == nil && decl.Name.Name == "init", exported(decl), decl.Recv == nil && decl.Body != nil && named[decl.Name.Name]:
			default:
				n = &node{name: funcName(fn), pkg: file.Package, at: decl.Name.Pos()}
				f.nodes[fn] = n
				f.symbols[symbol(fn)] = append(f.symbols[symbol(fn)], fn)
			}
			if n == initial && decl.Name.Name != "init" {
				f.nodes[fn] = n
			}
		}
		parts = append(parts, part{decl.Pos(), decl.End(), n})
		w := walker{info: info, node: n, dead: &dead, discarded: &discarded, facts: f}
		w.walk(decl)
	}
	for conversion := range file.Conversions() {
		at := conversion.At.Pos()
		if within(dead, at) || within(discarded, at) {
			continue
		}
		_, inst := conversion.At.(*ast.Ident)
		if inst {
			_, inst = info.Instances[conversion.At.(*ast.Ident)]
		}
		if !inst && info.Types[conversion.At].IsType() {
			continue // a type assertion: the value is in an interface already
		}
		if n := nodeAt(parts, at); n != nil {
			n.handover(conversion.From, conversion.To, at, inst)
		}
	}
}

func (n *node) handover(from, to types.Type, at token.Pos, inst bool) {
	i, _ := to.Underlying().(*types.Interface)
	n.handovers = append(n.handovers, handover{from, to, at, i == nil || i.NumMethods() == 0, inst})
}

func within(parts []part, at token.Pos) bool {
	return slices.ContainsFunc(parts, func(p part) bool { return p.from <= at && at < p.to })
}

func nodeAt(parts []part, at token.Pos) *node {
	i := sort.Search(len(parts), func(i int) bool { return parts[i].to > at })
	if i < len(parts) && parts[i].from <= at {
		return parts[i].node
	}
	return nil
}

// inAssembly matches what assembly names of its own package.
var inAssembly = regexp.MustCompile(`·[\pL\pN_]+`)

// callable returns the functions of a package that may be called without a reference:
// those to which a directive gives a name of another package, and those that assembly
// names.
func callable(pkg *packages.Package) map[string]bool {
	named := map[string]bool{}
	for _, file := range pkg.Syntax {
		for _, group := range file.Comments {
			for _, one := range group.List {
				if fields := strings.Fields(one.Text); len(fields) == 3 && fields[0] == "//go:linkname" {
					named[fields[1]] = true
				}
			}
		}
	}
	for _, name := range pkg.OtherFiles {
		if filepath.Ext(name) != ".s" {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the go command has listed it, so the program does not compile without it
		}
		for _, one := range inAssembly.FindAllString(string(text), -1) {
			named[strings.TrimPrefix(one, "·")] = true
		}
	}
	return named
}

// exported reports whether C code calls a function.
func exported(decl *ast.FuncDecl) bool {
	return decl.Doc != nil && slices.ContainsFunc(decl.Doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//export ") || strings.HasPrefix(c.Text, "//go:wasmexport ")
	})
}

// initialName returns the name for people of what a package does before main.
func initialName(pkg *packages.Package) string { return pkg.Name + " (package initialisation)" }

// funcName returns the name of a function for people: orders.Admin.PlaceOrder.
func funcName(fn *types.Func) string {
	name := fn.Name()
	if recv := fn.Signature().Recv(); recv != nil {
		if named := namedOf(recv.Type()); named != nil {
			name = named.Obj().Name() + "." + name
		}
	}
	if fn.Pkg() != nil {
		name = fn.Pkg().Name() + "." + name
	}
	return name
}

// symbol returns the name of a function for the linker.
func symbol(fn *types.Func) string {
	name := fn.Name()
	if recv := fn.Signature().Recv(); recv != nil {
		named := namedOf(recv.Type())
		if named == nil {
			return ""
		}
		if _, ok := recv.Type().(*types.Pointer); ok {
			name = "(*" + named.Obj().Name() + ")." + name
		} else {
			name = named.Obj().Name() + "." + name
		}
	}
	return fn.Pkg().Path() + "." + name
}

// namedOf returns the named type that t is, or points to.
func namedOf(t types.Type) *types.Named {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	named, _ := t.(*types.Named)
	return named
}
