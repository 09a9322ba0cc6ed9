package table

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// valid reports whether s is a scope-token of RFC 6749, section 3.3, with a
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

// evident reports whether s can hardly be anything but a scope: a token with a
// separator inside.
func evident(s string) bool {
	if len(s) < 3 || !valid(s) {
		return false
	}
	return strings.ContainsAny(s[1:len(s)-1], ":._/-") && (isLower(s[0]|0x20) || s[0] == '_')
}

// noScope reports whether an entry of a table says that no scope is needed.
func noScope(s string) bool {
	switch strings.ToLower(strings.Trim(s, "()<>[]{} ")) {
	case "no scope", "no scopes", "none", "n/a", "na", "n.a.", "not applicable", "not required", "none required", "tbd", "-", "–", "—":
		return true
	}
	return false
}

// names returns the scopes that a cell names, usually one, and the words beside
// them. It returns none if it does not understand the whole cell.
func (c cell) names() (names []string, words string) {
	switch {
	case c.text == "" || c.struck || noScope(c.text) && !(len(c.codes) == 1 && c.text == "none"):
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
	text := strings.TrimRight(c.text, ",;†‡"+superscripts)
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

// superscripts are marks of footnotes too.
const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹"

// separate returns the scopes between one pair of code marks, or nil if one of them
// is no scope.
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

// holdsPlaceholder reports whether a name stands for many: "zones.<zone>.admin",
// "{tenant}.read", "repo[.read]", "users:...".
func holdsPlaceholder(name string) bool {
	return strings.ContainsAny(name, "<>{}[]…") || strings.HasSuffix(name, "..")
}

// placeholder refuses a name that stands for many, and reports whether it did.
func (r *reader) placeholder(c cell, names []string, line int) bool {
	if len(names) == 0 && len(c.codes) > 0 && c.around == "" {
		names = c.codes
	}
	if len(names) == 0 && !strings.ContainsAny(c.text, ".,;!?") {
		names = []string{c.text}
	}
	if len(names) == 0 && strings.ContainsAny(c.text, "<{[") && strings.ContainsAny(c.text, ">}]") {
		names = []string{c.text}
	}
	for _, name := range names {
		if holdsPlaceholder(name) && !noScope(name) {
			r.refuse("placeholder", line, fmt.Sprintf("%q holds a placeholder, and a catalogue holds exact names", c.text), "write a row for each scope that you use, or leave this row out with --skip-row "+strconv.Quote(c.text), nil)
			return true
		}
		if len(name) > 2 && name[0] == '+' && name[len(name)-1] == '+' {
			r.refuse("foreign-mark", line, fmt.Sprintf("%q stands between marks of AsciiDoc, which are not read", c.text), "write the name between code marks alone: "+"`"+strings.Trim(name, "+")+"`", nil)
			return true
		}
		if strings.Contains(name, "`") {
			r.refuse("foreign-mark", line, fmt.Sprintf("%q holds a code mark without its other half", c.text), "write the name between code marks; a pipe inside them is written as \\|", nil)
			return true
		}
		if len(name) > 2 && name[0] == '\'' && name[len(name)-1] == '\'' {
			r.refuse("foreign-mark", line, fmt.Sprintf("%q stands between quotes, which are not part of a scope", c.text), "write the name between code marks alone: "+"`"+strings.Trim(name, "'")+"`", nil)
			return true
		}
		if stem, star := strings.CutSuffix(name, "*"); star && len(c.codes) == 0 && !strings.ContainsAny(stem[max(0, len(stem)-1):], ":._/-*") {
			r.refuse("star", line, fmt.Sprintf("the star of %q is part of the scope, or the mark of a footnote", c.text), "write the name between code marks, with the star or without it", nil)
			return true
		}
		if strings.HasSuffix(name, ":") || strings.HasSuffix(name, ".") && len(c.codes) == 0 && evident(strings.TrimSuffix(name, ".")+"x") {
			r.refuse("cut-off", line, fmt.Sprintf("the scope %q ends with a separator: a mark such as * may have been lost", name), "write the name between code marks (`users:*`), or leave this row out with --skip-row "+strconv.Quote(c.text), nil)
			return true
		}
	}
	return false
}

// skip reports whether a person has decided that the row whose scope reads so
// is left out.
func (r *reader) skip(text string, line int) bool {
	if _, ok := r.skipped[text]; !ok {
		return false
	}
	r.skipped[text] = true
	r.note(line, "%q was left out, as you said", text)
	return true
}
