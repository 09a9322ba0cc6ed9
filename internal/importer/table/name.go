package table

import (
	"strings"
	"unicode"
)

// valid tells whether s is a scope-token of RFC 6749, section 3.3, with a
// letter or digit in it.
func valid(s string) bool {
	some := false
	for _, r := range s {
		if r <= 0x20 || r == '"' || r == '\\' || r >= 0x7f {
			return false
		}
		some = some || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	return some
}

// evident tells whether s can hardly be anything but a scope: a token with a
// separator inside.
func evident(s string) bool {
	if len(s) < 3 || !valid(s) {
		return false
	}
	return strings.ContainsAny(s[1:len(s)-1], ":._/-") && (isLower(s[0]|0x20) || s[0] == '_')
}

// noScope are the entries by which a table says that no scope is needed.
func noScope(s string) bool {
	switch strings.ToLower(strings.Trim(s, "()<>[]{} ")) {
	case "no scope", "none", "n/a", "-", "–", "—":
		return true
	}
	return false
}

// names returns the scopes that a cell names: usually one. words is what stood
// beside them.
func (c cell) names() (names []string, words string) {
	switch {
	case c.text == "" || noScope(c.text) && !(len(c.codes) == 1 && valid(c.text)):
		return nil, ""
	case len(c.codes) > 0:
		for _, code := range c.codes {
			apart := separate(code)
			if len(apart) == 0 {
				return nil, ""
			}
			names = append(names, apart...)
		}
		if c.around != "" && !strings.HasPrefix(c.text, c.codes[0]) {
			return nil, "" // a sentence that mentions a scope
		}
		return names, c.around
	}
	text := strings.TrimRight(c.text, ",;†‡")
	if valid(text) {
		return []string{text}, ""
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' })
	for _, p := range parts {
		switch {
		case p == "or" || p == "and" || p == "/" || p == "|" || p == "&":
		case evident(p):
			names = append(names, p)
		default:
			// "users:read (beta)": the scope, and a remark in brackets.
			first, rest, _ := strings.Cut(text, " ")
			if rest = strings.TrimSpace(rest); evident(first) && strings.HasPrefix(rest, "(") && strings.HasSuffix(rest, ")") {
				return []string{first}, rest
			}
			return nil, ""
		}
	}
	return names, ""
}

// separate splits what stands in one code mark if it is evidently several scopes.
func separate(code string) []string {
	code = strings.TrimSpace(code)
	fields := strings.FieldsFunc(code, func(r rune) bool { return r == ' ' || r == ',' })
	if len(fields) < 2 {
		fields = []string{code}
	}
	for _, f := range fields {
		if !valid(f) || len(fields) > 1 && !evident(f) {
			return nil
		}
	}
	return fields
}
