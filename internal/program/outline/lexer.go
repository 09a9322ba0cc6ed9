package outline

import (
	"bytes"
	"go/token"
	"unicode/utf8"
)

// lexer splits the text of a source file into lexical elements, as far as declarations
// need it: an operator of several characters is several, but for "...", and so is a number
// with a sign in it.
// It ends statements by the rules of the Go specification, section Semicolons, but for
// those after ++ and --, which stand in bodies of functions alone.
//
// The scanner of package go/scanner takes five times as long.
type lexer struct {
	text []byte
	at   int
	last element
	stop int // where the last element ends that is no semicolon
}

// element is a lexical element. Its text refers to that of the file.
type element struct {
	kind kind
	text []byte
}

type kind byte

const (
	other kind = iota // an operator or punctuation, or a byte of one
	word              // a name, a keyword or a number
	open              // a bracket
	closing
	text // a string or a character
	semicolon
	end // of the file

	space
	newline
	slash
	rawQuote
)

// next returns the next element.
func (l *lexer) next() element {
	for l.at < len(l.text) {
		begin, c := l.at, l.text[l.at]
		kind := kinds[c]
		switch kind {
		case space:
			l.at++
			continue
		case newline:
			if l.ends() {
				return l.element(semicolon, begin)
			}
			l.at++
			continue
		case slash:
			switch after := l.text[begin+1:]; {
			case bytes.HasPrefix(after, []byte("/")):
				l.at += index(l.text[begin:], "\n")
				continue
			case bytes.HasPrefix(after, []byte("*")):
				length := min(2+index(l.text[begin+2:], "*/")+2, len(l.text)-begin)
				if bytes.IndexByte(l.text[begin:begin+length], '\n') >= 0 && l.ends() {
					return l.element(semicolon, begin)
				}
				l.at += length
				continue
			}
			kind = other
			l.at++
		case word:
			number := '0' <= c && c <= '9'
			for l.at++; l.at < len(l.text) && (kinds[l.text[l.at]] == word || number && l.text[l.at] == '.'); l.at++ {
			}
		case text:
			for l.at++; l.at < len(l.text) && l.text[l.at] != c && l.text[l.at] != '\n'; l.at++ {
				if l.text[l.at] == '\\' {
					l.at++
				}
			}
			l.at = min(l.at+1, len(l.text))
		case rawQuote:
			kind = text
			l.at = min(begin+1+index(l.text[begin+1:], "`")+1, len(l.text))
		default:
			if l.at++; bytes.HasPrefix(l.text[begin:], []byte("...")) {
				l.at = begin + 3
			}
		}
		return l.element(kind, begin)
	}
	if l.ends() {
		return l.element(semicolon, l.at)
	}
	return l.element(end, l.at)
}

func (l *lexer) element(kind kind, begin int) element {
	l.last = element{kind, l.text[begin:l.at]}
	if kind != semicolon && kind != end {
		l.stop = l.at
	}
	return l.last
}

// ends reports whether a line that ends here ends a statement.
func (l *lexer) ends() bool {
	switch l.last.kind {
	case word:
		switch token.Lookup(string(l.last.text)) {
		case token.IDENT, token.BREAK, token.CONTINUE, token.FALLTHROUGH, token.RETURN:
			return true
		}
		return false
	case text, closing:
		return true
	default:
		return false
	}
}

// is reports whether an element has a text.
func (e element) is(text string) bool { return string(e.text) == text }

// name returns the identifier that an element is, if it is one.
func (e element) name() (string, bool) {
	if e.kind != word || '0' <= e.text[0] && e.text[0] <= '9' {
		return "", false
	}
	name := string(e.text)
	return name, !token.IsKeyword(name)
}

// index returns where a text begins in another, or where that ends.
func index(text []byte, what string) int {
	if i := bytes.Index(text, []byte(what)); i >= 0 {
		return i
	}
	return len(text)
}

// kinds has the kind of element that a byte begins.
var kinds = func() (k [256]kind) {
	for c := range k {
		if c >= utf8.RuneSelf || c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' {
			k[c] = word
		}
	}
	for kind, bytes := range map[kind]string{space: " \t\r", newline: "\n", open: "([{", closing: ")]}", text: `"'`, rawQuote: "`", slash: "/", semicolon: ";"} {
		for i := range len(bytes) {
			k[bytes[i]] = kind
		}
	}
	return k
}()
