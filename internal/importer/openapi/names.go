package openapi

import (
	"fmt"
	"go/token"
	"strings"
	"unicode"
)

// packageName makes the name of a Go package of a text: its letters and digits,
// at most 30 of them. Without a letter it is the other.
func packageName(text, other string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' && b.Len() > 0 {
			b.WriteRune(r)
		}
		if b.Len() == 30 {
			break
		}
	}
	name := b.String()
	if name == "" {
		return other
	}
	switch name {
	case "init", "main", "internal", "vendor", "testdata", "scope", "model", "key", "documentation", "con", "aux", "nul", "prn":
		return name + "s"
	}
	if token.IsKeyword(name) || strings.HasSuffix(name, "_test") {
		return name + "s"
	}
	return name
}

// likeGo spells a name as two that become one in Go are spelt alike.
func likeGo(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// unique returns name, or name with a number behind it if another has its
// spelling in Go, and takes it.
func unique(taken map[string]bool, name string) string {
	for n := 1; ; n++ {
		candidate := name
		if n > 1 {
			candidate = fmt.Sprintf("%s_%d", name, n)
		}
		if key := likeGo(candidate); !taken[key] {
			taken[key] = true
			return candidate
		}
	}
}

// typeName returns a name that a type of the catalogue may have.
func typeName(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '_', r == '-', r == '.':
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	name := strings.Trim(b.String(), "_-.")
	if likeGo(name) == "" {
		return "Type"
	}
	return name
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
