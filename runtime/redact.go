package runtime

import (
	"bytes"
	"errors"
	"sort"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// A server that echoes a secret may cut it short. A beginning of this length
	// is taken for the secret wherever it stands.
	telling = 16
	// Where the text itself was cut, its last characters may be the beginning of
	// a secret. Fewer than this many give nothing away.
	tellingAtEnd = 4
	// An echo may be escaped several times: JSON within JSON within HTML.
	escapeDepth = 3
	// The longest escape sequence is that of two halves, \ud83d\ude00.
	longestEscape = 12
)

// redact returns text with every occurrence of the secrets replaced, also where
// the text spells them in another case, with JSON, URL or HTML escapes, or cuts
// them short. Pass cut if the end of text is missing.
//
// The result is valid JSON if text is and replacement needs no escapes: an
// escape sequence is replaced whole or not at all.
func redact(text []byte, replacement string, cut bool, secrets ...string) []byte {
	var found []span
	reading := readingOf(text)
	for depth := 0; ; depth++ {
		for _, secret := range secrets {
			found = append(found, reading.find(secret, cut)...)
		}
		next, changed := reading.unescape()
		if !changed || depth == escapeDepth {
			break
		}
		reading = next
	}
	if found == nil {
		return text
	}
	sort.Slice(found, func(i, j int) bool { return found[i].start < found[j].start })
	var out []byte
	end := 0 // of what is written or replaced
	for _, s := range found {
		if s.start >= end {
			out = append(append(out, text[end:s.start]...), replacement...)
		}
		end = max(end, s.end)
	}
	return append(out, text[end:]...)
}

// redactString is redact for a text that is whole.
func redactString(text, replacement string, secrets ...string) string {
	return string(redact([]byte(text), replacement, false, secrets...))
}

// redactError returns err, or, if its text holds one of the secrets, an error
// with the text redacted that errors.Is and errors.As see through.
func redactError(err error, replacement string, secrets ...string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if redacted := redactString(text, replacement, secrets...); redacted != text {
		return &redactedError{redacted, func(target error) bool { return errors.Is(err, target) }, func(target any) bool { return errors.As(err, target) }}
	}
	return err
}

// redactedError holds functions rather than the error itself, because printers
// that follow fields and Unwrap would find its text.
type redactedError struct {
	text string
	is   func(error) bool
	as   func(any) bool
}

func (e *redactedError) Error() string { return e.text }

func (e *redactedError) Is(target error) bool { return e.is(target) }

func (e *redactedError) As(target any) bool { return e.as(target) }

// span is a part of a text, from start up to end.
type span struct{ start, end int }

// reading is a text after some of its escapes were resolved. Each of its bytes
// knows which part of the original it stands for.
type reading struct {
	bytes []byte // ASCII letters in lower case
	from  []span
}

func readingOf(text []byte) *reading {
	r := &reading{bytes: make([]byte, len(text)), from: make([]span, len(text))}
	for i, c := range text {
		r.bytes[i], r.from[i] = lower(c), span{i, i + 1}
	}
	return r
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// find returns the parts of the original that spell secret.
func (r *reading) find(secret string, cut bool) []span {
	if len(secret) < tellingAtEnd {
		return nil // redacting so little would garble the text and point at the secret
	}
	want := []byte(secret)
	for i, c := range want {
		want[i] = lower(c)
	}
	beginning := want[:min(len(want), telling)]
	var found []span
	for at := 0; ; {
		i := bytes.Index(r.bytes[at:], beginning)
		if i < 0 {
			break
		}
		at += i
		n := len(beginning)
		for n < len(want) && at+n < len(r.bytes) && r.bytes[at+n] == want[n] {
			n++
		}
		found = append(found, span{r.from[at].start, r.from[at+n-1].end})
		at += n
	}
	if !cut {
		return found
	}
	for _, end := range r.ends() {
		for n := min(len(beginning), end); n >= tellingAtEnd; n-- {
			if at := end - n; bytes.Equal(r.bytes[at:end], beginning[:n]) {
				return append(found, span{r.from[at].start, r.from[len(r.from)-1].end})
			}
		}
	}
	return found
}

// ends returns where a text that was cut may end: at its last byte, and before an escape
// sequence of which a part is missing.
func (r *reading) ends() []int {
	ends := []int{len(r.bytes)}
	tail := max(0, len(r.bytes)-longestEscape)
	if i := bytes.LastIndexAny(r.bytes[tail:], `\%&`); i >= 0 {
		ends = append(ends, tail+i)
	}
	return ends
}

// unescape resolves one layer of escapes, and reports whether there were any.
func (r *reading) unescape() (*reading, bool) {
	if !bytes.ContainsAny(r.bytes, `\%&`) {
		return r, false
	}
	out := &reading{make([]byte, 0, len(r.bytes)), make([]span, 0, len(r.bytes))}
	changed := false
	for i := 0; i < len(r.bytes); {
		char, n := unescapeOne(r.bytes[i:])
		if n == 0 {
			out.bytes, out.from = append(out.bytes, r.bytes[i]), append(out.from, r.from[i])
			i++
			continue
		}
		changed = true
		whole := span{r.from[i].start, r.from[i+n-1].end}
		for _, c := range char {
			out.bytes, out.from = append(out.bytes, lower(c)), append(out.from, whole)
		}
		i += n
	}
	return out, changed
}

// unescapeOne returns what the escape sequence at the beginning of text stands
// for, and its length: 0 if there is none. Text is in lower case.
func unescapeOne(text []byte) ([]byte, int) {
	switch text[0] {
	case '%':
		if c, ok := hexadecimal(text, 1, 2); ok {
			return []byte{byte(c)}, 3
		}
	case '&':
		end := bytes.IndexByte(text[:min(len(text), 10)], ';')
		if end < 0 {
			return nil, 0
		}
		name := string(text[1:end])
		switch name {
		case "amp":
			return []byte("&"), end + 1
		case "lt":
			return []byte("<"), end + 1
		case "gt":
			return []byte(">"), end + 1
		case "quot":
			return []byte(`"`), end + 1
		case "apos":
			return []byte("'"), end + 1
		}
		if len(name) < 2 || name[0] != '#' {
			return nil, 0
		}
		digits, base := name[1:], 10
		if digits[0] == 'x' {
			digits, base = digits[1:], 16
		}
		if c, err := strconv.ParseUint(digits, base, 21); err == nil {
			return utf8.AppendRune(nil, rune(c)), end + 1
		}
	case '\\':
		return unescapeBackslash(text)
	}
	return nil, 0
}

// unescapeBackslash reads the escapes of JSON, and \xHH of other languages.
func unescapeBackslash(text []byte) ([]byte, int) {
	if len(text) < 2 {
		return nil, 0
	}
	switch text[1] {
	case '"', '\\', '/', '\'':
		return text[1:2], 2
	case 'n':
		return []byte("\n"), 2
	case 'r':
		return []byte("\r"), 2
	case 't':
		return []byte("\t"), 2
	case 'x':
		if c, ok := hexadecimal(text, 2, 2); ok {
			return []byte{byte(c)}, 4
		}
	case 'u':
		c, ok := hexadecimal(text, 2, 4)
		if !ok {
			return nil, 0
		}
		if utf16.IsSurrogate(c) && len(text) >= 12 && text[6] == '\\' && text[7] == 'u' {
			if second, ok := hexadecimal(text, 8, 4); ok {
				return utf8.AppendRune(nil, utf16.DecodeRune(c, second)), 12
			}
		}
		return utf8.AppendRune(nil, c), 6
	}
	return nil, 0
}

// hexadecimal reads n digits of text from at on.
func hexadecimal(text []byte, at, n int) (rune, bool) {
	if len(text) < at+n {
		return 0, false
	}
	var value rune
	for _, c := range text[at : at+n] {
		switch {
		case '0' <= c && c <= '9':
			value = value<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			value = value<<4 | rune(c-'a'+10)
		default:
			return 0, false
		}
	}
	return value, true
}
