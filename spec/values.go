package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
)

func (t *Text) decode(p *piece, n *yaml.Node, name string) {
	t.Pos = p.pos(n)
	t.Value, _ = p.str(n, name)
}

const requirementForms = "public, token, {scope: …}, {any_of: […]}, {all_of: […]}, {any_of_sets: [[…], […]]} or {key: …}"

func (r *Requirement) decode(p *piece, n *yaml.Node, _ string) {
	// A requirement that cannot be read is not reported again as not stated.
	r.Pos, r.Alternatives = p.pos(n), []Alternative{}
	if n.Kind != yaml.SequenceNode {
		r.Alternatives = append(r.Alternatives, p.alternatives(n)...)
		return
	}
	if len(n.Content) == 0 {
		p.report(diag.Diagnostic{Code: "empty-requirement", Pos: r.Pos, Message: "requires is an empty list", Hint: "an operation that needs no token and no key says public"})
		return
	}
	if !slices.ContainsFunc(n.Content, func(item *yaml.Node) bool {
		return item.Kind == yaml.MappingNode || item.Value == "public" || item.Value == "token"
	}) {
		p.report(diag.Diagnostic{Code: "requirement", Pos: r.Pos, Message: "requires cannot be a list of scopes", Hint: "say how the scopes are meant: {any_of: […]} or {all_of: […]}"})
		return
	}
	for _, item := range n.Content {
		r.Alternatives = append(r.Alternatives, p.alternatives(item)...)
	}
	r.warnRepeated(p)
}

// alternatives reads one element of a requirement. It returns nil for one that
// cannot be read.
func (p *piece) alternatives(n *yaml.Node) []Alternative {
	pos := p.pos(n)
	wrong := func(code, message, hint string) []Alternative {
		p.report(diag.Diagnostic{Code: code, Pos: pos, Message: message, Hint: hint})
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		switch {
		case n.Tag == "!!str" && n.Value == "public":
			return []Alternative{{Pos: pos}}
		case n.Tag == "!!str" && n.Value == "token":
			return []Alternative{{Pos: pos, Token: true}}
		case n.Tag == "!!str":
			return wrong("requirement", fmt.Sprintf("%q is not a requirement", n.Value), fmt.Sprintf("for a scope write {scope: %s}; requires is one of %s", n.Value, requirementForms))
		}
		return wrong("requirement", "requires cannot be "+kindOf(n), "it is one of "+requirementForms)
	}
	if n.Kind != yaml.MappingNode {
		return wrong("requirement", "an alternative cannot be a list", "say how the scopes are meant: {any_of: […]} or {all_of: […]}")
	}
	before := p.errors
	var held, keyed string // the key that says which token, and the one that says which keys
	var sets [][]Text
	var keys []Text
	seen := map[string]Position{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !p.key(key) {
			return nil
		}
		if first, again := seen[key.Value]; again {
			p.duplicateKey(p.pos(key), key.Value, first)
			return nil
		}
		seen[key.Value] = p.pos(key)
		other := &held
		if key.Value == "key" || key.Value == "keys" {
			other = &keyed
		}
		if *other != "" {
			return wrong("requirement", fmt.Sprintf("requires has both %s and %s", *other, key.Value), "a combination of scopes is written as any_of_sets, alternatives as a list of requirements, and several keys together as keys: […]")
		}
		*other = key.Value
		switch key.Value {
		case "scope", "key":
			var one Text
			p.decode(value, &one, key.Value)
			if key.Value == "key" {
				keys = []Text{one}
			} else {
				sets = [][]Text{{one}}
			}
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
		case "token":
			if value.Kind != yaml.ScalarNode || value.Tag != "!!bool" || !strings.EqualFold(value.Value, "true") {
				return wrong("requirement", "token is not true", "leave it out, or write token: true")
			}
		case "keys":
			p.decode(value, &keys, key.Value)
			if p.errors == before && len(keys) == 0 {
				return wrong("empty-requirement", "keys is an empty list", "leave it out")
			}
			distinct(p.loader, keys, "key ")
		default:
			known := []string{"scope", "any_of", "all_of", "any_of_sets", "token", "key", "keys"}
			hint := p.didYouMean(key.Value, known)
			if hint == "" {
				hint = "a requirement is one of " + requirementForms
			}
			p.report(diag.Diagnostic{Code: "unknown-key", Pos: p.pos(key), Message: fmt.Sprintf("a requirement has no key %q", key.Value), Hint: hint})
			return nil
		}
		if p.errors > before {
			return nil
		}
		if other == &held && key.Value != "token" && !checkSets(p, key.Value, p.pos(value), sets) {
			return nil
		}
	}
	switch {
	case held == "" && keyed == "":
		return wrong("requirement", "requires is empty", "it is one of "+requirementForms)
	case held == "token" && keyed == "":
		return wrong("requirement", "token stands alone", "write requires: token")
	case held == "" || held == "token":
		return []Alternative{{Pos: pos, Token: held == "token", Keys: keys}}
	}
	all := make([]Alternative, len(sets))
	for i, set := range sets {
		all[i] = Alternative{Pos: pos, Token: true, Scopes: set, Keys: keys}
	}
	return all
}

// warnRepeated reports alternatives of a list that say the same.
func (r *Requirement) warnRepeated(p *piece) {
	first := map[string]Position{}
	for _, a := range r.Alternatives {
		key := fmt.Sprint(a.Token, "\x00", ScopeKey(a.Scopes), "\x00", ScopeKey(a.Keys))
		if earlier, again := first[key]; again {
			p.report(diag.Diagnostic{
				Severity: diag.Warning, Code: "redundant-set", Pos: a.Pos, Message: "this alternative is there before already",
				Related: []diag.Related{{Pos: earlier, Message: "the first is here"}}, Hint: "remove one of them",
			})
			continue
		}
		first[key] = a.Pos
	}
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
