package emit

import (
	"strings"
	"unicode"

	"github.com/dave/jennifer/jen"
)

// width is where comment lines break, counted without indentation.
const width = 77

// doc writes paragraphs as a line comment. A paragraph that starts with a tab
// is kept as it is, as godoc's code blocks want it.
//
// The text comes from catalogues and is hostile: it is put on lines that all
// start with "// ", where neither a directive nor code can begin, and
// characters that do not print or change the direction of text are dropped.
func doc(paragraphs ...string) jen.Code {
	if text := comment(paragraphs...); text != "" {
		return jen.Op(text)
	}
	return jen.Null()
}

// comment is doc as text, "" for nothing to say.
func comment(paragraphs ...string) string {
	var lines []string
	previous := false
	for _, p := range paragraphs {
		for part := range strings.SplitSeq(p, "\n\n") {
			indent := len(part) - len(strings.TrimLeft(part, "\t"))
			part = printable(part)
			if part == "" {
				continue
			}
			if len(lines) > 0 && !(previous && indent > 0) {
				lines = append(lines, "//")
			}
			previous = indent > 0
			if indent > 0 {
				lines = append(lines, "//"+strings.Repeat("\t", indent)+part)
				continue
			}
			for _, line := range wrapText(part) {
				lines = append(lines, "// "+line)
			}
		}
	}
	return strings.Join(lines, "\n")
}

// printable folds white space and drops what a reader cannot see.
func printable(text string) string {
	var b strings.Builder
	space := false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			space = b.Len() > 0
		case !unicode.IsPrint(r):
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(r)
		}
	}
	out := b.String()
	// Build constraints of the old form are read from comments before the
	// package clause.
	if strings.HasPrefix(out, "+build") {
		out = "'" + out
	}
	return out
}

func wrapText(text string) []string {
	var lines []string
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		// godoc takes a line that starts with these for a heading, list or link definition.
		if line == "" && (word == "#" || strings.HasPrefix(word, "+build")) {
			word = "'" + word
		}
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

// action makes a summary in the third person the rest of a doc comment that
// starts with name: "Lists users" → "ListUsers lists users.".
func action(name, summary string) string {
	summary = printable(summary)
	if summary == "" {
		return ""
	}
	first, _, _ := strings.Cut(summary, " ")
	if lower := strings.ToLower(first); first[1:] == lower[1:] {
		summary = lower[:1] + summary[1:]
	}
	return name + " " + end(summary)
}

// thing makes a description the rest of a doc comment that starts with name:
// "A user." → "User is a user.".
func thing(name, description string) string {
	description = printable(description)
	first, rest, _ := strings.Cut(description, " ")
	switch first {
	case "":
		return ""
	case "A", "An", "The", "One":
		return name + " is " + strings.ToLower(first) + " " + end(rest)
	case "is", "holds":
		return name + " " + end(description)
	}
	return name + ": " + end(description)
}

func end(text string) string {
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, ":") {
		return text
	}
	return text + "."
}
