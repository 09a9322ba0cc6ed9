// Package sfv parses and writes structured field values (RFC 9651) as far as message
// signatures need them. It is strict, keeps the text as received, and builds no tree.
//
// [Dictionary], [List], [Items] and [Parameters] walk over the members of a field.
// They return parts of the text, so that parsing a signature allocates nothing.
// [FormatDictionary], [FormatList] and [FormatItem] return a field in the canonical
// form of RFC 9651, section 4.1.
package sfv

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Kind is the type of a value (RFC 9651, section 3.3).
type Kind uint8

// The kinds of values.
const (
	Integer Kind = iota + 1
	Decimal
	String
	Token
	Bytes
	Boolean
	Date
	DisplayString
	InnerList
)

// ErrSyntax is wrapped by every error of this package.
var ErrSyntax = errors.New("not a structured field")

// Member is a member of a dictionary, a list or an inner list, or a parameter.
type Member struct {
	Key   string // of a dictionary member or a parameter
	Kind  Kind
	Text  string // the value and its parameters, as received
	value int    // the length of the value
}

// Value returns the value as received, without parameters. It is empty for a key
// without a value, which means true.
func (m Member) Value() string { return m.Text[:m.value] }

// Params returns the parameters as received, from the first ";".
func (m Member) Params() string { return m.Text[m.value:] }

// Int returns the value of an [Integer] or a [Date].
func (m Member) Int() (int64, bool) {
	if m.Kind != Integer && m.Kind != Date {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(m.Value(), "@"), 10, 64)
	return n, err == nil
}

// Str returns the value of a [String].
func (m Member) Str() (string, bool) {
	if m.Kind != String {
		return "", false
	}
	text := m.Text[1 : m.value-1]
	if strings.IndexByte(text, '\\') < 0 {
		return text, true
	}
	plain := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' {
			i++
		}
		plain = append(plain, text[i])
	}
	return string(plain), true
}

// AppendBytes appends the value of a [Bytes]. It refuses base64 without padding or with
// bits left over, which RFC 9651 lets parsers accept, so that a signature can be
// written in one way only.
func (m Member) AppendBytes(dst []byte) ([]byte, bool) {
	if m.Kind != Bytes {
		return dst, false
	}
	dst, err := strictBase64.AppendDecode(dst, []byte(m.Text[1:m.value-1]))
	return dst, err == nil
}

var strictBase64 = base64.StdEncoding.Strict()

// scanner parses the text of a field from the position at. Its methods move at behind
// what they parse.
type scanner struct {
	text string
	at   int
}

func (s *scanner) fail(what string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrSyntax, what, s.at)
}

func (s *scanner) done() bool { return s.at >= len(s.text) }

// peek returns the next byte, or 0 at the end: no structured field contains a NUL.
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) spaces() {
	for s.peek() == ' ' {
		s.at++
	}
}

// comma parses what stands between two members of a list or a dictionary. It returns
// whether another member follows.
func (s *scanner) comma() (more bool, err error) {
	s.optionalWhitespace()
	if s.done() {
		return false, nil
	}
	if s.peek() != ',' {
		return false, s.fail("a comma is missing")
	}
	s.at++
	s.optionalWhitespace()
	if s.done() {
		return false, s.fail("nothing follows the last comma")
	}
	return true, nil
}

func (s *scanner) optionalWhitespace() {
	for s.peek() == ' ' || s.peek() == '\t' {
		s.at++
	}
}

func (s *scanner) key() (string, error) {
	start := s.at
	if c := s.peek(); c != '*' && !isLower(c) {
		return "", s.fail("a key must begin with a lower-case letter or *")
	}
	at := start + 1
	for at < len(s.text) && isKey(s.text[at]) {
		at++
	}
	s.at = at
	return s.text[start:at], nil
}

// item parses a bare item, or an inner list if inner is true, and its parameters.
func (s *scanner) item(m *Member, inner bool) error {
	start := s.at
	var err error
	if inner && s.peek() == '(' {
		m.Kind, err = InnerList, s.innerList()
	} else {
		m.Kind, err = s.bareItem()
	}
	if err != nil {
		return err
	}
	return s.params(m, start)
}

func (s *scanner) innerList() error {
	s.at++
	for {
		s.spaces()
		if s.peek() == ')' {
			s.at++
			return nil
		}
		var m Member
		if err := s.item(&m, false); err != nil {
			return err
		}
		if c := s.peek(); c != ' ' && c != ')' {
			return s.fail("a space or ) is missing in a list")
		}
	}
}

// params parses the parameters of a value that begins at start.
func (s *scanner) params(m *Member, start int) error {
	m.value = s.at - start
	for s.peek() == ';' {
		var param Member
		if err := s.param(&param); err != nil {
			return err
		}
	}
	m.Text = s.text[start:s.at]
	return nil
}

func (s *scanner) param(m *Member) (err error) {
	s.at++
	s.spaces()
	m.Kind = Boolean
	if m.Key, err = s.key(); err != nil || s.peek() != '=' {
		return err
	}
	s.at++
	start := s.at
	m.Kind, err = s.bareItem()
	m.Text = s.text[start:s.at]
	m.value = len(m.Text)
	return err
}

func (s *scanner) bareItem() (Kind, error) {
	switch c := s.peek(); {
	case c == '"':
		return String, s.str()
	case c == '-' || isDigit(c):
		return s.number()
	case c == ':':
		return Bytes, s.bytes()
	case c == '*' || isLower(c) || isUpper(c):
		for !s.done() && isTokenChar(s.text[s.at]) {
			s.at++
		}
		return Token, nil
	case c == '?':
		s.at++
		if c := s.peek(); c != '0' && c != '1' {
			return 0, s.fail("a boolean is ?0 or ?1")
		}
		s.at++
		return Boolean, nil
	case c == '@':
		s.at++
		kind, err := s.number()
		if err == nil && kind != Integer {
			err = s.fail("a date is a whole number")
		}
		return Date, err
	case c == '%':
		return DisplayString, s.displayString()
	}
	return 0, s.fail("a value is missing")
}

func (s *scanner) number() (Kind, error) {
	if s.peek() == '-' {
		s.at++
	}
	whole := s.digits()
	if whole == 0 {
		return 0, s.fail("a digit is missing")
	}
	if s.peek() != '.' {
		if whole > 15 {
			return 0, s.fail("an integer has more than 15 digits")
		}
		return Integer, nil
	}
	s.at++
	fraction := s.digits()
	if whole > 12 || fraction < 1 || fraction > 3 {
		return 0, s.fail("a decimal has more than 12 digits before the point, or not 1 to 3 digits after it")
	}
	return Decimal, nil
}

func (s *scanner) digits() int {
	at := s.at
	for at < len(s.text) && isDigit(s.text[at]) {
		at++
	}
	n := at - s.at
	s.at = at
	return n
}

func (s *scanner) str() error {
	for i := s.at + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case isLower(c): // most characters
		case c == '"':
			s.at = i + 1
			return nil
		case c == '\\':
			i++
			if i == len(s.text) || s.text[i] != '"' && s.text[i] != '\\' {
				s.at = i
				return s.fail("only \" and \\ may follow a backslash")
			}
		case c < ' ' || c > '~':
			s.at = i
			return s.fail("a string holds a character that is not printable ASCII")
		}
	}
	return s.fail("a string does not end")
}

func (s *scanner) bytes() error {
	for i := s.at + 1; i < len(s.text); i++ {
		c := s.text[i]
		if c == ':' {
			s.at = i + 1
			return nil
		}
		if !isLower(c) && !isUpper(c) && !isDigit(c) && c != '+' && c != '/' && c != '=' {
			s.at = i
			return s.fail("a byte sequence holds a character that is not base64")
		}
	}
	return s.fail("a byte sequence does not end")
}

// displayString checks the syntax alone: nothing here needs the decoded text, which may
// be invalid UTF-8.
func (s *scanner) displayString() error {
	s.at++
	if s.peek() != '"' {
		return s.fail("a quote is missing")
	}
	s.at++
	for ; !s.done(); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return nil
		case c == '%':
			if s.at+2 >= len(s.text) || !isLowerHex(s.text[s.at+1]) || !isLowerHex(s.text[s.at+2]) {
				return s.fail("two lower-case hexadecimal digits must follow a percent sign")
			}
			s.at += 2
		case c < ' ' || c > '~':
			return s.fail("a display string holds a character that is not printable ASCII")
		}
	}
	return s.fail("a display string does not end")
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLowerHex(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f'
}

func isKey(c byte) bool {
	return isLower(c) || isDigit(c) || c == '_' || c == '-' || c == '.' || c == '*'
}

func isTokenChar(c byte) bool {
	return isLower(c) || isUpper(c) || isDigit(c) || strings.IndexByte("!#$%&'*+-.^_`|~:/", c) >= 0
}
