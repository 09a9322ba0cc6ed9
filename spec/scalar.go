package spec

import (
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/visible"
)

// key checks a key of a mapping, and reports whether it can be used.
func (p *piece) key(n *yaml.Node) bool {
	if n.Tag == "!!merge" {
		p.report(diag.Diagnostic{Code: "alias", Pos: p.pos(n), Message: "merge keys are not used in a catalogue", Hint: "write the keys out; a shared type is declared under types and referred to"})
		return false
	}
	if !p.plain(n, "a key") {
		return false
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
		p.errorf("key", p.pos(n), "a key must be text, not %s", kindOf(n))
		return false
	}
	return true
}

// plain refuses the parts of YAML that catalogues do not use, and text that is too
// long. It reports whether the node can be read.
func (p *piece) plain(n *yaml.Node, name string) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		p.unreadable(diag.Diagnostic{Code: "alias", Pos: p.pos(n), Message: fmt.Sprintf("alias *%s: aliases are not used in a catalogue", n.Value), Hint: "write the value out, or declare a type and refer to it with $ref"})
	case n.Anchor != "":
		p.unreadable(diag.Diagnostic{Code: "alias", Pos: p.pos(n), Message: fmt.Sprintf("anchor &%s: anchors are not used in a catalogue", n.Anchor), Hint: "write the value out, or declare a type and refer to it with $ref"})
	case n.Style&yaml.TaggedStyle != 0:
		p.unreadable(diag.Diagnostic{Code: "tag", Pos: p.pos(n), Message: fmt.Sprintf("tag %s: tags are not used in a catalogue", n.Tag), Hint: "remove the tag; text that looks like a number goes into quotes"})
	case len(n.Value) > p.bounds.scalar:
		p.unreadable(diag.Diagnostic{Code: "too-large", Pos: p.pos(n), Message: fmt.Sprintf("%s is a text of %d KiB; at most %d KiB are read", quoteName(name), len(n.Value)>>10, p.bounds.scalar>>10)})
	default:
		return true
	}
	return false
}

// unreadable adds a finding about a value that could not be read, and remembers
// its place, so that no rule about the value is checked in addition.
func (p *piece) unreadable(d diag.Diagnostic) {
	p.malformed[d.Pos] = true
	p.report(d)
}

func (p *piece) expect(n *yaml.Node, kind yaml.Kind, name string) bool {
	if !p.plain(n, name) {
		return false
	}
	if n.Kind == kind {
		return true
	}
	if kind == yaml.MappingNode {
		p.wrongKind(n, name, "a mapping")
	} else {
		p.wrongKind(n, name, "a list")
	}
	return false
}

func (p *piece) deeper(n *yaml.Node) bool {
	if p.depth >= p.bounds.depth {
		p.errorf("too-deep", p.pos(n), "nested deeper than %d levels", p.bounds.depth)
		return false
	}
	p.depth++
	return true
}

// str returns the text of a node. A number is not accepted as text: the version
// 1.10 would become 1.1.
func (p *piece) str(n *yaml.Node, name string) (string, bool) {
	if !p.plain(n, name) {
		return "", false
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" && n.Tag != "!!timestamp" && n.Tag != "!!merge" {
		p.wrongKind(n, name, "text")
		return "", false
	}
	// The text is written into Go source, where it must not deceive.
	if at := visible.IndexDeceiving(n.Value); at >= 0 {
		r, _ := utf8.DecodeRuneInString(n.Value[at:])
		p.unreadable(diag.Diagnostic{Code: "invisible-character", Pos: p.pos(n), Message: fmt.Sprintf("%s holds the invisible character %U", quoteName(name), r), Hint: "remove it: it would hide what the text says"})
		return "", false
	}
	return p.value(n), true
}

var decimal = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)

// largest is the largest whole number of a catalogue. Not all programs read larger ones
// in JSON as they are (RFC 8259, section 6).
const largest int64 = 1 << 53

func (p *piece) number(n *yaml.Node, name string) (int, bool) {
	if !p.plain(n, name) {
		return 0, false
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || !decimal.MatchString(n.Value) {
		p.wrongKind(n, name, "a whole number, 0 or more")
		return 0, false
	}
	i, err := strconv.ParseInt(n.Value, 10, strconv.IntSize)
	if err != nil || i > largest {
		p.errorf("wrong-kind", p.pos(n), "%s is too large: %s", quoteName(name), n.Value)
		return 0, false
	}
	return int(i), true
}

// value returns the text of a node. It is shared with equal texts, unless it takes no
// memory of its own anyway.
func (p *piece) value(n *yaml.Node) string {
	if p.shared {
		return n.Value
	}
	return p.intern(n.Value)
}

// intern returns s, sharing memory with equal strings that were read before. Long
// strings seldom recur and are not shared.
func (p *piece) intern(s string) string {
	if len(s) > 32 {
		return s
	}
	if known, ok := p.words[s]; ok {
		return known
	}
	if len(p.words) < 1<<14 {
		p.words[s] = s
	}
	return s
}
