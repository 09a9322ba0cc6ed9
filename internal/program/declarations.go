package program

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen/internal/apitable"
)

// declarations finds what a program can name of packages that scopegen generated, in
// their sources. What the compiler exports of an API with 5,000 operations takes more
// memory than all else, and minutes to compile, and most programs name little of it.
//
// A declaration counts if the program has its name anywhere, whatever it stands for
// there, or if one that counts has it; so do all methods of its type. Of a method that
// takes options of a call, and whose name the program does not have, the types matter as
// names alone, because nothing can ask for what is in them.
//
// The sources must be as scopegen wrote them: each declaration begins at the start of a
// line, and no other line begins with one of its words.
type declarations struct {
	fset  *token.FileSet
	names map[string]bool                       // that the program has
	asked map[*packages.Package]map[string]bool // names of a package → whether they count in full; all of the program's, if the name is ""
	text  bytes.Buffer                          // the sources of a package
}

// declaration is one that stands in a source file.
type declaration struct {
	file   *sourceFile
	word   string // func, type, const or var
	at     int    // where it begins
	tokens []lexeme
	text   []byte // without a body
	chosen bool
}

type sourceFile struct {
	name     string
	imports  map[string]string // name in the file → import path
	declared []*declaration
	used     map[string]bool // names of imports
	bare     []string        // types of which the name alone counts
}

type lexeme struct {
	token token.Token
	text  string
}

// find fills in the syntax of those packages of a graph that are generated, as far as it
// counts for the packages read. It returns what they are, those that import others first.
func (d *declarations) find(read, order []*packages.Package, generated func(*packages.Package) bool) ([]*packages.Package, error) {
	for _, p := range read {
		for _, file := range p.Syntax {
			ast.Inspect(file, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					d.names[id.Name] = true
				}
				return true
			})
		}
		for _, imported := range p.Imports {
			if generated(imported) {
				d.ask(imported, "", true)
			}
		}
	}
	var found []*packages.Package
	for _, p := range slices.Backward(order) {
		asked, ok := d.asked[p]
		if !ok {
			continue
		}
		if err := d.declare(p, asked, generated); err != nil {
			return nil, fmt.Errorf("%s: %w", p.PkgPath, err)
		}
		found = append(found, p)
	}
	return found, nil
}

func (d *declarations) ask(p *packages.Package, name string, full bool) {
	if d.asked[p] == nil {
		d.asked[p] = map[string]bool{}
	}
	d.asked[p][name] = d.asked[p][name] || full
}

// declare sets the syntax of a package to what is asked of it.
func (d *declarations) declare(p *packages.Package, asked map[string]bool, generated func(*packages.Package) bool) error {
	d.text.Reset()
	var files []*sourceFile
	var ends []int
	for _, name := range p.GoFiles {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		_, err = d.text.ReadFrom(file)
		if err = errors.Join(err, file.Close()); err != nil {
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
		if filepath.Base(file.name) == apitable.GoFile {
			continue // one constant, which is the largest of all
		}
		if err := file.split(p, text); err != nil {
			return err
		}
		for _, one := range file.declared {
			names, recv := one.declares()
			for _, name := range names {
				switch {
				case recv != "":
					methods[recv] = append(methods[recv], one)
				case name == "_":
					blank = append(blank, one)
				case named[name] != nil:
					return fmt.Errorf("%s: %s is declared twice", file.name, name)
				default:
					named[name] = one
				}
			}
		}
	}
	c := &choice{declarations: d, of: p, generated: generated, named: named, methods: methods, state: map[string]bool{}}
	for name := range named {
		if full, ok := asked[name]; ok || asked[""] && d.names[name] {
			c.name(name, full || asked[""] && d.names[name])
		}
	}
	for _, one := range blank {
		if one.word == "const" { // that the runtime is of the right version
			c.choose(one)
		}
	}
	c.finish()
	p.Syntax = nil
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

// split finds the declarations of a file.
func (f *sourceFile) split(p *packages.Package, text []byte) error {
	head, err := parser.ParseFile(token.NewFileSet(), f.name, text, parser.ImportsOnly)
	if err != nil {
		return err
	}
	for _, spec := range head.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		imported := p.Imports[path]
		if imported == nil {
			return fmt.Errorf("%s imports %s, which the go command does not list", f.name, path)
		}
		name := imported.Name
		if spec.Name != nil {
			name = spec.Name.Name
		}
		f.imports[name] = path
	}
	for at := 0; at < len(text); {
		end := len(text)
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		for _, word := range []string{"func ", "type ", "const ", "var "} {
			if bytes.HasPrefix(text[at:end], []byte(word)) {
				f.declared = append(f.declared, &declaration{file: f, word: strings.TrimSpace(word), at: at, text: text[at:]})
				break
			}
		}
		at = end
	}
	for _, one := range f.declared {
		one.text = one.text[:extent(one.text)]
	}
	return nil
}

// extent returns where the text of a declaration ends: before the next line that begins
// with a letter or a comment.
func extent(text []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			return len(text)
		}
		at += i + 1
		if at < len(text) && !bytes.ContainsRune([]byte("\t\n})"), rune(text[at])) {
			return at
		}
	}
}

// read returns the lexical elements of a declaration, without those of the body of a
// function, which it takes from the text too.
func (one *declaration) read() []lexeme {
	if one.tokens != nil {
		return one.tokens
	}
	file := token.NewFileSet().AddFile("", -1, len(one.text))
	var s scanner.Scanner
	s.Init(file, one.text, nil, 0)
	depth := 0
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return one.tokens
		}
		switch tok {
		case token.LPAREN, token.LBRACK:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		case token.LBRACE:
			if last := one.tokens[len(one.tokens)-1].token; one.word == "func" && depth == 0 && last != token.STRUCT && last != token.INTERFACE {
				one.text = one.text[:file.Offset(pos)]
				return one.tokens
			}
			depth++
		}
		one.tokens = append(one.tokens, lexeme{tok, text})
	}
}

// declares returns the names that a declaration declares, and for a method the type that
// it belongs to.
func (one *declaration) declares() (names []string, recv string) {
	line, _, _ := bytes.Cut(one.text, []byte("\n"))
	rest := strings.TrimPrefix(string(line), one.word+" ")
	switch {
	case strings.HasPrefix(rest, "(") && one.word == "func":
		inside, after, _ := strings.Cut(rest[1:], ") ")
		if name, of, ok := strings.Cut(inside, " "); ok && word(name) == name {
			inside = of
		}
		return []string{word(after)}, word(strings.TrimPrefix(inside, "*"))
	case strings.HasPrefix(rest, "("):
		for line := range bytes.Lines(one.text) {
			if len(line) > 1 && line[0] == '\t' {
				if name := word(string(line[1:])); name != "" {
					names = append(names, name)
				}
			}
		}
		return names, ""
	}
	return []string{word(rest)}, ""
}

// word returns the identifier that a text begins with.
func word(text string) string {
	if i := strings.IndexFunc(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }); i >= 0 {
		return text[:i]
	}
	return text
}

// assemble returns the source of what was chosen of a file, or nil if nothing was.
func (f *sourceFile) assemble(pkg string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "package %s\n", pkg)
	for _, name := range slices.Sorted(maps.Keys(f.used)) {
		fmt.Fprintf(&b, "import %s %q\n", name, f.imports[name])
	}
	empty := b.Len()
	for _, one := range f.declared {
		if one.chosen {
			b.Write(one.text)
			if one.word == "func" {
				b.WriteString("{}\n")
			}
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
	of        *packages.Package
	generated func(*packages.Package) bool
	named     map[string]*declaration
	methods   map[string][]*declaration
	state     map[string]bool // name → whether it counts in full
	queue     []*declaration
}

// name notes that a name counts.
func (c *choice) name(name string, full bool) {
	one := c.named[name]
	if one == nil {
		return
	}
	full = full || one.word != "type" || !plain(one) || slices.ContainsFunc(c.methods[name], takesOptions)
	if known, ok := c.state[name]; ok && (known || !full) {
		return
	}
	c.state[name] = full
	if full {
		c.choose(one)
	}
}

// plain reports whether a declaration is that of one type with a name that nothing but
// its own declaration stands for, and without type parameters.
func plain(one *declaration) bool {
	tokens := one.read()
	return len(tokens) > 2 && tokens[1].token == token.IDENT && (tokens[2].token == token.STRUCT || tokens[2].token == token.IDENT || tokens[2].token == token.INTERFACE)
}

// takesOptions reports whether a method takes options of a call.
func takesOptions(method *declaration) bool {
	return slices.Contains(method.read(), lexeme{token.IDENT, "CallOption"})
}

func (c *choice) choose(one *declaration) {
	if !one.chosen {
		one.chosen = true
		c.queue = append(c.queue, one)
	}
}

// finish chooses what the chosen ones name.
func (c *choice) finish() {
	for len(c.queue) > 0 {
		one := c.queue[0]
		c.queue = c.queue[1:]
		c.mentions(one, true)
		if one.word != "type" {
			continue
		}
		names, _ := one.declares()
		for _, name := range names {
			for _, method := range c.methods[name] {
				if method.chosen {
					continue
				}
				method.chosen = true
				c.mentions(method, c.names[c.methodName(method)] || !takesOptions(method))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.state)) {
		if one := c.named[name]; !one.chosen {
			one.file.bare = append(one.file.bare, name)
		}
	}
}

func (c *choice) methodName(method *declaration) string {
	names, _ := method.declares()
	return names[0]
}

// mentions notes what a declaration names.
func (c *choice) mentions(one *declaration, full bool) {
	tokens := one.read()
	for i, t := range tokens {
		if t.token != token.IDENT {
			continue
		}
		path, isImport := one.file.imports[t.text]
		switch {
		case isImport && i+2 < len(tokens) && tokens[i+1].token == token.PERIOD:
			one.file.used[t.text] = true
			if imported := c.of.Imports[path]; c.generated(imported) {
				c.ask(imported, tokens[i+2].text, full)
			}
		case i > 0 && tokens[i-1].token == token.PERIOD:
		default:
			c.name(t.text, full)
		}
	}
}
