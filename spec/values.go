package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
)

// notRead is the kind of a requirement that is stated and could not be read. It
// keeps the requirement from being reported again as not stated.
const notRead RequirementKind = -1

func (t *Text) decode(p *piece, n *yaml.Node, name string) {
	t.Pos = p.pos(n)
	t.Value, _ = p.str(n, name)
}

func (r *Requirement) decode(p *piece, n *yaml.Node, name string) {
	r.Pos, r.Kind = p.pos(n), notRead
	const forms = "public, token, {scope: …}, {any_of: […]}, {all_of: […]} or {any_of_sets: [[…], […]]}"
	if n.Kind == yaml.ScalarNode {
		switch {
		case n.Tag == "!!str" && n.Value == "public":
			r.Kind = Public
		case n.Tag == "!!str" && n.Value == "token":
			r.Kind = TokenOnly
		case n.Tag == "!!str":
			p.report(diag.Diagnostic{Code: "requirement", Pos: r.Pos, Message: fmt.Sprintf("%q is not a requirement", n.Value), Hint: fmt.Sprintf("for a scope write {scope: %s}; requires is one of %s", n.Value, forms)})
		default:
			p.report(diag.Diagnostic{Code: "requirement", Pos: r.Pos, Message: "requires cannot be " + kindOf(n), Hint: "it is one of " + forms})
		}
		return
	}
	if n.Kind != yaml.MappingNode {
		p.report(diag.Diagnostic{Code: "requirement", Pos: r.Pos, Message: "requires cannot be a list", Hint: "say how the scopes are meant: {any_of: […]} or {all_of: […]}"})
		return
	}
	if len(n.Content) != 2 {
		p.report(diag.Diagnostic{Code: "requirement", Pos: r.Pos, Message: fmt.Sprintf("requires has %d keys", len(n.Content)/2), Hint: "it has exactly one: scope, any_of, all_of or any_of_sets; a combination is written as any_of_sets"})
		return
	}
	key, value := n.Content[0], n.Content[1]
	if !p.key(key) {
		return
	}
	before := p.errors
	var sets [][]Text
	switch key.Value {
	case "scope":
		var one Text
		p.decode(value, &one, key.Value)
		sets = [][]Text{{one}}
	case "any_of":
		var scopes []Text
		p.decode(value, &scopes, key.Value)
		for _, scope := range scopes {
			sets = append(sets, []Text{scope})
		}
	case "all_of":
		var scopes []Text
		p.decode(value, &scopes, key.Value)
		if len(scopes) > 0 {
			sets = [][]Text{scopes}
		}
	case "any_of_sets":
		p.decode(value, &sets, key.Value)
	default:
		known := []string{"scope", "any_of", "all_of", "any_of_sets"}
		hint := p.didYouMean(key.Value, known)
		if hint == "" {
			hint = "a requirement is one of " + forms
		}
		p.report(diag.Diagnostic{Code: "unknown-key", Pos: p.pos(key), Message: fmt.Sprintf("a requirement has no key %q", key.Value), Hint: hint})
		return
	}
	if p.errors > before || !r.checkSets(p, key.Value, p.pos(value), sets) {
		return
	}
	r.Kind, r.Sets = Scoped, sets
}

func (a *Additional) decode(p *piece, n *yaml.Node, name string) {
	a.Pos = p.pos(n)
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!bool":
		a.Allowed = strings.EqualFold(n.Value, "true")
	case n.Kind == yaml.MappingNode:
		a.Allowed = true
		p.decode(n, &a.Schema, name)
	default:
		p.wrongKind(n, name, "true, false or a type")
	}
}

func (l *Literal) decode(p *piece, n *yaml.Node, name string) {
	l.Pos = p.pos(n)
	var b strings.Builder
	if p.literal(&b, n, name) {
		l.JSON = p.intern(b.String())
	}
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// literal writes a node to b as JSON. Numbers keep their digits.
func (p *piece) literal(b *strings.Builder, n *yaml.Node, name string) bool {
	if !p.plain(n, name) {
		return false
	}
	switch n.Kind {
	case yaml.SequenceNode:
		if !p.deeper(n) {
			return false
		}
		defer func() { p.depth-- }()
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if !p.literal(b, item, name) {
				return false
			}
		}
		b.WriteByte(']')
		return true
	case yaml.MappingNode:
		if !p.deeper(n) {
			return false
		}
		defer func() { p.depth-- }()
		seen := make(map[string]*yaml.Node, len(n.Content)/2)
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if !p.key(key) {
				return false
			}
			if first := seen[key.Value]; first != nil {
				p.duplicateKey(p.pos(key), key.Value, p.pos(first))
				return false
			}
			seen[key.Value] = key
			if i > 0 {
				b.WriteByte(',')
			}
			writeString(b, key.Value)
			b.WriteByte(':')
			if !p.literal(b, n.Content[i+1], name) {
				return false
			}
		}
		b.WriteByte('}')
		return true
	}
	switch n.Tag {
	case "!!null":
		b.WriteString("null")
	case "!!bool":
		b.WriteString(strings.ToLower(n.Value))
	case "!!int", "!!float":
		if !jsonNumber.MatchString(n.Value) {
			p.unreadable(diag.Diagnostic{Code: "number", Pos: p.pos(n), Message: fmt.Sprintf("%s is not a number that JSON can write", n.Value), Hint: fmt.Sprintf("write it in decimal digits, or in quotes if it is text: '%s'", n.Value)})
			return false
		}
		b.WriteString(n.Value)
	default:
		writeString(b, n.Value)
	}
	return true
}

func writeString(b *strings.Builder, s string) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string cannot fail
	b.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
}
