// Package outline finds the declarations of Go source files, and what they name, without
// what is in the bodies of functions, which is most of a file. It takes two fifths of the
// time that package go/parser takes for all of it.
package outline

import (
	"bytes"
	"errors"
	"go/scanner"
	"go/token"
	"iter"
)

// Declaration declares a function or a method, or types, constants or variables.
type Declaration struct {
	Keyword token.Token // FUNC, TYPE, CONST or VAR
	Names   []string
	Aliases []string // those of the names that stand for other types
	Recv    string   // the type that a method belongs to, without type parameters
	Plain   bool     // it declares one type, and surely without type parameters

	text []byte // from the keyword on, without the body of a function, and without what follows it
}

// Read returns the declarations of a source file, but for its imports. They refer to its
// text. It is an error if one has no name; else the file need not be correct.
func Read(file []byte) ([]*Declaration, error) {
	r := newReader(file)
	var declared []*Declaration
	before := token.SEMICOLON
	for depth := 0; r.token != token.EOF; r.next() {
		switch r.token {
		case token.FUNC, token.TYPE, token.CONST, token.VAR:
			if depth > 0 || before != token.SEMICOLON {
				break
			}
			d := &Declaration{Keyword: r.token}
			d.read(r)
			if len(d.Names) == 0 {
				return nil, errors.New("a declaration has no name")
			}
			declared = append(declared, d)
		}
		depth += r.nesting()
		before = r.token
	}
	return declared, nil
}

// Text returns the text of a declaration, without the body of a function.
func (d *Declaration) Text() []byte { return d.text }

// read reads a declaration whose keyword was read already, to the semicolon behind it, or
// to the brace that begins the body of a function.
func (d *Declaration) read(r *reader) {
	begin := r.at
	r.next()
	if d.Keyword == token.FUNC {
		d.function(r)
	} else {
		d.specs(r)
	}
	d.text = r.file[begin:r.before]
}

func (d *Declaration) function(r *reader) {
	if r.token == token.LPAREN {
		for parens, brackets := 1, 0; parens > 0 && r.token != token.EOF; {
			switch r.next(); r.token {
			case token.LPAREN:
				parens++
			case token.RPAREN:
				parens--
			case token.LBRACK:
				brackets++
			case token.RBRACK:
				brackets--
			case token.IDENT:
				if brackets == 0 {
					d.Recv = r.text
				}
			}
		}
		r.next()
	}
	if r.token == token.IDENT {
		d.Names = []string{r.text}
	}
	for depth := 0; r.token != token.EOF && (depth > 0 || r.token != token.SEMICOLON); {
		depth += r.nesting()
		typed := r.token == token.STRUCT || r.token == token.INTERFACE
		if r.next(); r.token == token.LBRACE && depth == 0 && !typed {
			return
		}
	}
}

func (d *Declaration) specs(r *reader) {
	grouped := r.token == token.LPAREN
	if grouped {
		r.next()
	}
	for r.token == token.IDENT {
		name := r.text
		d.Names = append(d.Names, name)
		r.next()
		switch {
		case d.Keyword != token.TYPE && r.token == token.COMMA:
			r.next()
			continue
		case d.Keyword == token.TYPE && r.token == token.ASSIGN:
			d.Aliases = append(d.Aliases, name)
		case d.Keyword == token.TYPE:
			d.Plain = !grouped && (r.token == token.IDENT || r.token.IsKeyword())
		}
		for depth := 0; r.token != token.EOF && depth >= 0 && (r.token != token.SEMICOLON || depth > 0); {
			if depth += r.nesting(); depth >= 0 {
				r.next()
			}
		}
		if !grouped {
			return
		}
		if r.token == token.SEMICOLON {
			r.next()
		}
	}
	for r.token != token.EOF && r.token != token.SEMICOLON {
		r.next()
	}
}

// Mention is a name in the text of a declaration that is not a member of another.
type Mention struct {
	Name   string
	Member string // the member of it that is named, or ""
	Idle   bool   // it stands in a field of a struct, or a method of an interface, that nobody names
}

// Mentions returns the mentions in the text of a declaration. Named has the names that
// count for fields and methods.
func (d *Declaration) Mentions(named map[string]bool) iter.Seq[Mention] {
	return func(yield func(Mention) bool) {
		r := newReader(d.text)
		depth, members, idle := 0, false, false // members: what stands in one pair of brackets are the members of the type
		for before := token.ILLEGAL; r.token != token.EOF; {
			if members && depth == 1 && (before == token.LBRACE || before == token.SEMICOLON) {
				idle = isIdle(*r, named)
			}
			if depth == 0 && r.token == token.LBRACE && d.Keyword == token.TYPE {
				members = before == token.STRUCT || before == token.INTERFACE
			}
			depth += r.nesting()
			m := Mention{Name: r.text, Idle: idle && depth > 0}
			counts := r.token == token.IDENT && before != token.PERIOD
			before = r.token
			if r.next(); !counts {
				continue
			}
			if r.token == token.PERIOD {
				before = r.token
				if r.next(); r.token == token.IDENT {
					m.Member = r.text
				}
			}
			if !yield(m) {
				return
			}
		}
	}
}

// isIdle reports whether nobody names the fields or the method that begin where a reader
// is. What may be embedded counts, because its members are members here.
func isIdle(r reader, named map[string]bool) bool {
	for r.token == token.IDENT && !named[r.text] {
		switch r.next(); r.token {
		case token.COMMA:
			r.next()
		case token.IDENT, token.MUL, token.ARROW, token.LPAREN:
			return true
		default:
			return r.token.IsKeyword()
		}
	}
	return false
}

// reader reads the lexical elements of a text one after the other. That of which it tells
// is the first at the beginning.
type reader struct {
	file    []byte
	scanner scanner.Scanner
	token   token.Token
	text    string
	at      int // where the element begins
	before  int // where the one before it ends, of those that are no semicolon
	end     int
}

func newReader(file []byte) *reader {
	r := &reader{file: file}
	r.scanner.Init(token.NewFileSet().AddFile("", -1, len(file)), file, nil, 0) // its positions begin at 1
	r.next()
	return r
}

func (r *reader) next() {
	if r.token != token.SEMICOLON {
		r.before = r.end
	}
	pos, tok, text := r.scanner.Scan()
	r.at, r.token, r.text = int(pos)-1, tok, text
	length := len(text)
	switch {
	case tok.IsOperator():
		length = len(tok.String())
	case tok == token.STRING && text[0] == '`': // without the carriage returns that it has in the file
		length = 2 + bytes.IndexByte(r.file[r.at+1:], '`')
	}
	r.end = min(r.at+length, len(r.file)) // what is wrong may be shorter than its text
}

// nesting is what the element adds to the number of brackets around what follows.
func (r *reader) nesting() int {
	switch r.token {
	case token.LPAREN, token.LBRACK, token.LBRACE:
		return 1
	case token.RPAREN, token.RBRACK, token.RBRACE:
		return -1
	default:
		return 0
	}
}
