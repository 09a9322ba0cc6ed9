package program

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strconv"

	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen/internal/program/outline"
)

// declarations finds what a program can name of the packages that it imports, in their
// sources. So nobody has to compile these: the standard library alone would take a minute,
// an API with 5,000 operations several, and most programs name little of either.
//
// A declaration counts if the program has its name anywhere, whatever it stands for
// there, or if one that counts has it; so do all methods of its type. Of a field or a
// method whose name the program does not have, the types matter as names alone, because
// nothing can ask for what is in them; unless the program counts how large a type is.
type declarations struct {
	fset    *token.FileSet
	overlay map[string][]byte                     // absolute path → content that counts instead of the one on disk
	names   map[string]bool                       // that the program has
	asked   map[*packages.Package]map[string]bool // names of a package → whether they count in full; all of the program's, if the name is ""
	text    bytes.Buffer                          // the sources of a package
	layout  bool                                  // how large a type is counts
}

func declarationsOf(fset *token.FileSet, overlay map[string][]byte) *declarations {
	return &declarations{fset: fset, overlay: overlay, names: map[string]bool{}}
}

// declaration is one that stands in a source file.
type declaration struct {
	*outline.Declaration
	file   *sourceFile
	chosen bool
}

type sourceFile struct {
	name     string
	imports  map[string]string // name in the file → import path
	dots     []string          // import paths of packages whose names the file has as its own
	build    string            // the line that says what the file is built for, and so in which version of Go it is written
	declared []*declaration
	used     map[string]bool // names of imports
	bare     []string        // types of which the name alone counts
}

// find fills in the syntax of those packages of a graph that the parsed ones import, as
// far as it counts for these, and of what they import in turn. It returns what they are,
// those that import others first.
//
// What cannot be told from its sources is left out, and so is all that it imports, because
// the types that the compiler exports of a package refer to those of its imports.
func (d *declarations) find(order []*packages.Package, parsed func(*packages.Package) bool) []*packages.Package {
	for _, p := range order {
		if !parsed(p) {
			continue
		}
		for _, file := range p.Syntax {
			ast.Inspect(file, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					d.names[id.Name] = true
				}
				return true
			})
		}
		d.layout = d.layout || p.Imports["unsafe"] != nil
	}
	known := d.layout
	found := d.search(order, parsed)
	if d.layout != known {
		found = d.search(order, parsed)
	}
	return found
}

func (d *declarations) search(order []*packages.Package, parsed func(*packages.Package) bool) []*packages.Package {
	d.asked = map[*packages.Package]map[string]bool{}
	for _, p := range order {
		if parsed(p) {
			for _, imported := range p.Imports {
				d.ask(imported, "", true)
			}
		}
	}
	var found []*packages.Package
	left := map[*packages.Package]bool{}
	for _, p := range slices.Backward(order) {
		asked, ok := d.asked[p]
		switch {
		case left[p]:
		case !ok || parsed(p) || p.PkgPath == "unsafe":
			continue
		case d.declare(p, asked) == nil:
			found = append(found, p)
			continue
		}
		for _, imported := range p.Imports {
			left[imported] = true
		}
	}
	return found
}

func (d *declarations) ask(p *packages.Package, name string, full bool) {
	if d.asked[p] == nil {
		d.asked[p] = map[string]bool{}
	}
	d.asked[p][name] = d.asked[p][name] || full
}

// declare sets the syntax of a package to what is asked of it.
func (d *declarations) declare(p *packages.Package, asked map[string]bool) error {
	p.Syntax = nil
	d.text.Reset()
	var files []*sourceFile
	var ends []int
	for _, name := range p.GoFiles {
		if err := d.readFile(name); err != nil {
			return err
		}
		files, ends = append(files, &sourceFile{name: name, imports: map[string]string{}, used: map[string]bool{}}), append(ends, d.text.Len())
	}
	named, methods := map[string]*declaration{}, map[string][]*declaration{}
	var blank []*declaration
	begin := 0
	for i, file := range files {
		text := d.text.Bytes()[begin:ends[i]]
		begin = ends[i]
		if err := file.split(p, text); err != nil {
			return err
		}
		for _, one := range file.declared {
			for _, name := range one.Names {
				switch {
				case one.Recv != "":
					methods[one.Recv] = append(methods[one.Recv], one)
				case name == "_":
					blank = append(blank, one)
				case one.Keyword == token.FUNC && name == "init":
				case named[name] != nil:
					return fmt.Errorf("%s: %s is declared twice", file.name, name)
				default:
					named[name] = one
				}
			}
		}
	}
	for recv := range methods {
		if one := named[recv]; one == nil || slices.Contains(one.Aliases, recv) {
			return fmt.Errorf("%s: the methods of %s belong to another type", p.PkgPath, recv)
		}
	}
	c := &choice{declarations: d, of: p, named: named, methods: methods, state: map[string]bool{}}
	for name := range named {
		if full, ok := asked[name]; ok || asked[""] && d.names[name] {
			c.name(name, full || asked[""] && d.names[name])
		}
	}
	for _, one := range blank {
		if one.Keyword == token.CONST && len(one.Names) == 1 { // that the runtime is of the right version
			c.choose(one)
		}
	}
	if err := c.finish(); err != nil {
		return err
	}
	for _, file := range files {
		text := file.assemble(p.Name)
		if text == nil {
			continue
		}
		parsed, err := parser.ParseFile(d.fset, file.name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		p.Syntax = append(p.Syntax, parsed)
	}
	return nil
}

// readFile adds a file to the text.
func (d *declarations) readFile(name string) error {
	if content, ok := d.overlay[name]; ok {
		d.text.Write(content)
		return nil
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	_, err = d.text.ReadFrom(file)
	return errors.Join(err, file.Close())
}

// split finds the declarations of a file.
func (f *sourceFile) split(p *packages.Package, text []byte) error {
	head, err := parser.ParseFile(token.NewFileSet(), f.name, text, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return err
	}
	for _, group := range head.Comments {
		for _, comment := range group.List {
			if comment.Pos() < head.Package && constraint.IsGoBuild(comment.Text) {
				f.build = comment.Text
			}
		}
	}
	for _, spec := range head.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		name := ""
		switch imported := p.Imports[path]; {
		case path == "C":
			name = path
		case imported == nil:
			return fmt.Errorf("%s imports %s, which the go command does not list", f.name, path)
		case spec.Name != nil:
			name = spec.Name.Name
		default:
			name = imported.Name
		}
		if name == "." {
			f.dots = append(f.dots, path)
			continue
		}
		f.imports[name] = path
	}
	declared, err := outline.Read(text)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	for _, one := range declared {
		f.declared = append(f.declared, &declaration{Declaration: one, file: f})
	}
	return nil
}

// assemble returns the source of what was chosen of a file, or nil if nothing was.
func (f *sourceFile) assemble(pkg string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\npackage %s\n", f.build, pkg)
	for _, name := range slices.Sorted(maps.Keys(f.used)) {
		fmt.Fprintf(&b, "import %s %q\n", name, f.imports[name])
	}
	for _, path := range f.dots {
		fmt.Fprintf(&b, "import . %q\n", path)
	}
	empty := b.Len()
	for _, one := range f.declared {
		if one.chosen {
			b.Write(one.Text())
			if one.Keyword == token.FUNC {
				b.WriteString(" {}")
			}
			b.WriteString("\n")
		}
	}
	for _, name := range f.bare {
		fmt.Fprintf(&b, "type %s struct{}\n", name)
	}
	if b.Len() == empty {
		return nil
	}
	return b.Bytes()
}

// choice chooses declarations of one package.
type choice struct {
	*declarations
	of      *packages.Package
	named   map[string]*declaration
	methods map[string][]*declaration
	state   map[string]bool // name → whether it counts in full
	queue   []*declaration
	err     error
}

// name notes that a name counts.
func (c *choice) name(name string, full bool) {
	one := c.named[name]
	full = full || one.Keyword != token.TYPE || !one.Plain
	if known, ok := c.state[name]; ok && (known || !full) {
		return
	}
	c.state[name] = full
	if full {
		c.choose(one)
	}
}

func (c *choice) choose(one *declaration) {
	if !one.chosen {
		one.chosen = true
		c.queue = append(c.queue, one)
	}
}

// finish chooses what the chosen ones name.
func (c *choice) finish() error {
	for len(c.queue) > 0 {
		one := c.queue[0]
		c.queue = c.queue[1:]
		c.mentions(one, true)
		if one.Keyword != token.TYPE {
			continue
		}
		for _, name := range one.Names {
			for _, method := range c.methods[name] {
				if method.chosen {
					continue
				}
				method.chosen = true
				c.mentions(method, c.declarations.names[method.Names[0]])
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.state)) {
		if one := c.named[name]; !one.chosen {
			one.file.bare = append(one.file.bare, name)
		}
	}
	return c.err
}

// mentions notes what a declaration names.
func (c *choice) mentions(one *declaration, full bool) {
	d := c.declarations
	for m := range one.Mentions(d.names) {
		full := full && !m.Idle || d.layout
		path, isImport := one.file.imports[m.Name]
		switch {
		case isImport && m.Member != "":
			one.file.used[m.Name] = true
			imported := c.of.Imports[path]
			if imported == nil {
				c.err = fmt.Errorf("%s names %s.%s, which the go command makes", one.file.name, path, m.Member)
				return
			}
			d.layout = d.layout || path == "unsafe" && slices.Contains([]string{"Sizeof", "Alignof", "Offsetof"}, m.Member)
			c.ask(imported, m.Member, full)
		case c.named[m.Name] != nil:
			c.name(m.Name, full)
		default:
			for _, path := range one.file.dots {
				c.ask(c.of.Imports[path], m.Name, full)
			}
		}
	}
}
