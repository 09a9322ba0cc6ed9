package emit

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/visible"
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

// comment returns the comment that doc writes, or "" if the paragraphs say nothing.
func comment(paragraphs ...string) string {
	var out []byte
	previous := false
	for _, p := range paragraphs {
		for part := range strings.SplitSeq(p, "\n\n") {
			heading, isDeprecated := strings.CutPrefix(part, deprecatedMark)
			if isDeprecated {
				part = heading
			}
			indent := len(part) - len(strings.TrimLeft(part, "\t"))
			part = printable(part)
			if part == "" {
				continue
			}
			if rest, says := strings.CutPrefix(part, "Deprecated:"); says && !isDeprecated {
				part = "deprecated:" + rest // a linter would report every use of what the comment is on
			}
			if len(out) > 0 && !(previous && indent > 0) {
				out = append(out, "\n//"...)
			}
			if len(out) > 0 {
				out = append(out, '\n')
			}
			if previous = indent > 0; previous {
				out = append(out, "//"+strings.Repeat("\t", indent)+part...)
			} else {
				out = wrap(out, part)
			}
		}
	}
	return string(out)
}

// deprecatedMark begins a paragraph that deprecates what the comment is about. A
// paragraph "Deprecated:" in a description does not, because a catalogue marks what is
// deprecated with a key of its own.
const deprecatedMark = "\x00"

// deprecated returns the paragraph that says why something is deprecated.
func deprecated(reason string) string {
	return deprecatedMark + "Deprecated: " + end(printable(reason))
}

// printable returns text as [visible.Prose] does, and not as a build constraint of the
// old form, which is read from comments before the package clause.
func printable(text string) string {
	out := visible.Prose(text)
	if strings.HasPrefix(out, "+build") {
		out = "'" + out
	}
	return out
}

// wrap adds text to a comment, in lines of at most width columns.
func wrap(comment []byte, text string) []byte {
	const mark = "// "
	comment = append(comment, mark...)
	line := 0 // its length
	for word := range strings.SplitSeq(text, " ") {
		// godoc takes a line that starts with these for a heading, list or link definition.
		if line == 0 && (word == "#" || strings.HasPrefix(word, "+build")) {
			word = "'" + word
		}
		switch {
		case line == 0:
		case line+1+len(word) > width:
			comment = append(comment, "\n"+mark...)
			line = 0
		default:
			comment = append(comment, ' ')
			line++
		}
		comment = append(comment, word...)
		line += len(word)
	}
	return comment
}

// action makes a summary the rest of a doc comment that starts with name: "Lists
// users" and "List users" → "ListUsers lists users.". Any other summary comes after
// a sentence of its own.
func action(name, id, summary string) string {
	summary = printable(summary)
	calls := name + " calls the operation " + id + "."
	first, rest, _ := strings.Cut(summary, " ")
	lower := strings.ToLower(first)
	switch {
	case first == "":
		return calls
	case first[1:] != lower[1:]: // an initialism, or a name
		return calls + " " + end(summary)
	case strings.HasSuffix(lower, "s") && !strings.HasSuffix(lower, "ss") && rest != "" && !strings.HasPrefix(rest, "of "): // not "Users of a tenant"
		return name + " " + end(lower+" "+rest)
	case strings.HasPrefix(strings.ToLower(name), lower) && rest != "":
		return name + " " + end(thirdPerson(lower)+" "+rest)
	}
	_, size := utf8.DecodeRuneInString(summary)
	return calls + " " + end(strings.ToUpper(summary[:size])+summary[size:])
}

// thirdPerson returns the third person singular of a verb: "list" → "lists".
func thirdPerson(verb string) string {
	for _, sound := range []string{"s", "x", "z", "sh", "ch", "o"} {
		if strings.HasSuffix(verb, sound) {
			return verb + "es"
		}
	}
	if stem, ok := strings.CutSuffix(verb, "y"); ok && !strings.ContainsAny(stem[max(0, len(stem)-1):], "aeiou") {
		return stem + "ies"
	}
	return verb + "s"
}

// thing makes a description the rest of a doc comment that starts with name:
// "A user." → "User is a user.", "What a user declares." → "FATCA is what a user
// declares.", "Whether it is open." → "State says whether it is open.". Any other
// description comes after the sentence otherwise.
func thing(name, description, otherwise string) string {
	description = printable(description)
	first, rest, _ := strings.Cut(description, " ")
	second, _, _ := strings.Cut(rest, " ")
	switch first {
	case "":
		return otherwise
	case "A", "An", "The", "One", "What", "How", "Where", "When", "Who", "Why", "Which":
		if rest != "" {
			return name + " is " + strings.ToLower(first) + " " + end(rest)
		}
	case "Whether", "Whose":
		if rest != "" {
			return name + " says " + strings.ToLower(first) + " " + end(rest)
		}
	case "At", "By", "For", "From", "In", "On", "To", "With":
		if slices.Contains([]string{"how", "what", "where", "which", "whom", "whose"}, second) {
			return name + " says " + strings.ToLower(first) + " " + end(rest)
		}
	case "is", "holds":
		return name + " " + end(description)
	}
	return otherwise + " " + end(description)
}

// sentences joins texts to one paragraph, without those that say nothing.
func sentences(texts ...string) string {
	var out []string
	for _, text := range texts {
		if text = printable(text); text != "" {
			out = append(out, end(text))
		}
	}
	return strings.Join(out, " ")
}

// end returns text with a full stop at its end.
func end(text string) string {
	if last, _ := utf8.DecodeLastRuneInString(text); strings.ContainsRune(".:!?…", last) {
		return text
	}
	return text + "."
}
