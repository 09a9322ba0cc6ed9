// Package outline finds the declarations of Go source files without what is in the bodies
// of functions, which is most of a file, in a fraction of the time that package go/parser
// takes for all of it.
package outline

import (
	"errors"
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
	l := lexer{text: file}
	var declared []*Declaration
	before := element{kind: semicolon}
	for depth := 0; ; {
		e := l.next()
		keyword := token.ILLEGAL
		switch {
		case e.kind == end:
			return declared, nil
		case e.kind == word && depth == 0 && before.kind == semicolon:
			keyword = token.Lookup(string(e.text))
		}
		switch keyword {
		case token.FUNC, token.TYPE, token.CONST, token.VAR:
			d := &Declaration{Keyword: keyword}
			d.read(&l, l.at-len(e.text))
			if len(d.Names) == 0 {
				return nil, errors.New("a declaration has no name")
			}
			declared = append(declared, d)
			e = l.last
		}
		depth += e.nesting()
		before = e
	}
}

// nesting is what an element adds to the number of brackets around what follows.
func (e element) nesting() int {
	switch e.kind {
	case open:
		return 1
	case closing:
		return -1
	default:
		return 0
	}
}

// read reads a declaration that begins with a keyword, which was read already. Of a
// function that has a body, the last element that it reads begins that.
func (d *Declaration) read(l *lexer, begin int) {
	e := l.next()
	if d.Keyword != token.FUNC {
		d.specs(l, e)
		d.text = l.text[begin:l.stop]
		return
	}
	if e.is("(") {
		for parens, brackets := 1, 0; parens > 0 && e.kind != end; {
			e = l.next()
			switch string(e.text) {
			case "(":
				parens++
			case ")":
				parens--
			case "[":
				brackets++
			case "]":
				brackets--
			default:
				if name, ok := e.name(); ok && brackets == 0 {
					d.Recv = name
				}
			}
		}
		e = l.next()
	}
	if name, ok := e.name(); ok {
		d.Names = []string{name}
	}
	stop := l.stop
	for depth := 0; e.kind != end && (depth > 0 || e.kind != semicolon); {
		depth += e.nesting()
		typed := e.is("struct") || e.is("interface")
		stop = l.stop
		if e = l.next(); e.is("{") && depth == 0 && !typed {
			break
		}
	}
	d.text = l.text[begin:stop]
}

// specs reads what the keyword declares, from its first element on to the semicolon that
// ends the declaration.
func (d *Declaration) specs(l *lexer, e element) {
	grouped := e.is("(")
	if grouped {
		e = l.next()
	}
	for e.kind != end {
		name, ok := e.name()
		if !ok {
			break
		}
		d.Names = append(d.Names, name)
		e = l.next()
		if e.is(",") && d.Keyword != token.TYPE {
			e = l.next()
			continue
		}
		if d.Keyword == token.TYPE {
			d.Plain = !grouped && e.kind == word
			if e.is("=") {
				d.Aliases = append(d.Aliases, name)
			}
		}
		for depth := 0; e.kind != end && depth >= 0 && (e.kind != semicolon || depth > 0); {
			if depth += e.nesting(); depth >= 0 {
				e = l.next()
			}
		}
		if !grouped {
			return
		}
		if e.kind == semicolon {
			e = l.next()
		}
	}
	for e.kind != end && e.kind != semicolon {
		e = l.next()
	}
}

// Text returns the text of a declaration, without the body of a function.
func (d *Declaration) Text() []byte { return d.text }

// Mention is an identifier in the text of a declaration that is not a member of another.
type Mention struct {
	Name   []byte // a keyword too
	Member []byte // the member of it that is named, or nil
	Idle   bool   // it stands in a field of a struct or a method of an interface which nobody names
}

// Mentions returns the mentions in the text of a declaration. Named has the names that
// count for fields and methods.
func (d *Declaration) Mentions(named map[string]bool) iter.Seq[Mention] {
	return func(yield func(Mention) bool) {
		l := lexer{text: d.text}
		depth, members, idle := 0, false, false // members: what stands in one pair of brackets are the members of the type
		before, e := element{}, l.next()
		for e.kind != end {
			if members && depth == 1 && (before.kind == open || before.kind == semicolon) {
				idle = d.idle(l, e, named)
			}
			if depth == 0 && e.is("{") && d.Keyword == token.TYPE {
				members = before.is("struct") || before.is("interface")
			}
			depth += e.nesting()
			if e.kind != word {
				dot := e.is(".")
				before, e = e, l.next()
				if dot && e.kind == word {
					before, e = e, l.next()
				}
				continue
			}
			m := Mention{Name: e.text, Idle: idle && depth > 0}
			before, e = e, l.next()
			if e.is(".") {
				if before, e = e, l.next(); e.kind == word {
					m.Member = e.text
					before, e = e, l.next()
				}
			}
			if !yield(m) {
				return
			}
		}
	}
}

// idle reports whether nobody names the fields or the method that begin with an element.
// What may be embedded counts, because its members are members here.
func (d *Declaration) idle(l lexer, e element, named map[string]bool) bool {
	for e.kind == word {
		if named[string(e.text)] {
			return false
		}
		if e = l.next(); !e.is(",") {
			return e.kind == word || e.is("(") || e.is("*") || e.is("<")
		}
		e = l.next()
	}
	return false
}
