package layout

import "unicode/utf8"

// token is a kind of token.
type token uint8

const (
	none token = iota
	ident
	text   // a literal
	lines  // a literal that holds line breaks
	number // a literal
	keyword
	keywordFunc
	keywordStruct
	keywordInterface
	keywordMap
	remark   // a comment
	operator // with spaces around it
	unary
	star
	ellipsis
	period
	comma
	semicolon
	colon
	parenOpen
	bracketOpen
	braceOpen
	parenClose
	bracketClose
	braceClose
	other // what is not known
)

func (t token) opens() bool  { return parenOpen <= t && t <= braceOpen }
func (t token) closes() bool { return parenClose <= t && t <= braceClose }

// operand reports whether an operand can end with the token.
func (t token) operand() bool {
	return t == ident || t == text || t == lines || t == number || t.closes()
}

// scanner reads tokens.
type scanner struct {
	src    []byte
	at     int
	tok    token
	text   []byte
	breaks int // line breaks before the token
}

// scan reads the next token, and reports whether there is one.
func (s *scanner) scan() bool {
	s.breaks = 0
	for s.at < len(s.src) {
		switch s.src[s.at] {
		case '\n':
			s.breaks++
		case ' ', '\t':
		default:
			begin := s.at
			s.tok = s.one()
			s.text = s.src[begin:s.at]
			if s.tok == ident {
				s.tok = word(s.text)
			}
			return true
		}
		s.at++
	}
	return false
}

// next returns the first byte behind the token that is no space.
func (s *scanner) next() byte {
	for _, c := range s.src[s.at:] {
		if c != ' ' && c != '\t' {
			return c
		}
	}
	return 0
}

// one moves behind the token that begins here.
func (s *scanner) one() token {
	c := s.src[s.at]
	s.at++
	switch {
	case letter(c):
		for s.at < len(s.src) && (letter(s.src[s.at]) || digit(s.src[s.at])) {
			s.at++
		}
		return ident
	case digit(c):
		for s.at < len(s.src) && (letter(s.src[s.at]) || digit(s.src[s.at]) || s.src[s.at] == '.') {
			if 'A' <= s.src[s.at] && s.src[s.at] <= 'Z' {
				return other // gofmt writes it in small letters
			}
			s.at++
		}
		return number
	}
	switch c {
	case '"', '`', '\'':
		return s.quoted(c)
	case '/':
		if s.at == len(s.src) || s.src[s.at] != '/' {
			return other
		}
		for s.at < len(s.src) && s.src[s.at] != '\n' {
			s.at++
		}
		return remark
	case '(':
		return parenOpen
	case '[':
		return bracketOpen
	case '{':
		return braceOpen
	case ')':
		return parenClose
	case ']':
		return bracketClose
	case '}':
		return braceClose
	case ',':
		return comma
	case ';':
		return semicolon
	case '.':
		if s.follows("..") {
			return ellipsis
		}
		return period
	case ':':
		if s.follows("=") {
			return operator
		}
		return colon
	case '=':
		s.follows("=")
		return operator
	case '!':
		if s.follows("=") {
			return operator
		}
		return unary
	case '<', '>':
		if s.follows("=") || s.at < len(s.src) && s.src[s.at] == ' ' {
			return operator
		}
		return other
	case '|':
		if s.follows("|") {
			return operator
		}
		return other
	case '&':
		if s.follows("&") {
			return operator
		}
		return unary
	case '-':
		return unary
	case '*':
		return star
	}
	return other
}

// follows reports whether text follows, and moves behind it if so.
func (s *scanner) follows(text string) bool {
	if len(s.src)-s.at < len(text) || string(s.src[s.at:s.at+len(text)]) != text {
		return false
	}
	s.at += len(text)
	return true
}

// quoted moves behind a literal that began with a quote.
func (s *scanner) quoted(quote byte) token {
	kind := text
	for ; s.at < len(s.src); s.at++ {
		switch c := s.src[s.at]; {
		case c == quote:
			s.at++
			return kind
		case c == '\n' && quote == '`':
			kind = lines
		case c == '\n':
			return other
		case c == '\\' && quote != '`':
			s.at++
		}
	}
	return other
}

func letter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// word returns what kind of token an identifier is.
func word(name []byte) token {
	switch string(name) {
	case "func":
		return keywordFunc
	case "struct":
		return keywordStruct
	case "interface":
		return keywordInterface
	case "map":
		return keywordMap
	case "break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough", "for", "go", "goto", "if", "import",
		"package", "range", "return", "select", "switch", "type", "var":
		return keyword
	}
	return ident
}
