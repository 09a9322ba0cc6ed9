package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/closest"
)

// wrongKind reports a node that is not of the kind wanted, such as "a list".
func (p *piece) wrongKind(n *yaml.Node, name, want string) {
	d := diag.Diagnostic{Code: "wrong-kind", Pos: p.pos(n), Message: fmt.Sprintf("%s must be %s, not %s", quoteName(name), want, kindOf(n))}
	if n.Kind == yaml.ScalarNode {
		switch {
		case n.Tag == "!!null":
			d.Message = fmt.Sprintf("%s has no value; it must be %s", quoteName(name), want)
			switch {
			case name == "type" && n.Value != "":
				d.Hint = "the type null is written in quotes: 'null'"
			case want == "a mapping":
				d.Hint = "write {} for an empty one, or remove the key"
			case want == "a list":
				d.Hint = "write [] for an empty one, or remove the key"
			default:
				d.Hint = "give it a value, or remove the key"
			}
		case want == "text" && n.Tag == "!!bool" && name == "deprecated":
			d.Hint = "say why, and what to use instead"
		case want == "text":
			d.Hint = fmt.Sprintf("put it in quotes: '%s'", n.Value)
		case n.Tag == "!!str" && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && (want == "true or false" || want == "a number" || strings.HasPrefix(want, "a whole")):
			d.Hint = "remove the quotes"
		}
	}
	p.unreadable(d)
}

// kindOf returns how messages name what a node is.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	value := n.Value
	if len(value) > 40 {
		value = value[:40] + "…"
	}
	switch n.Tag {
	case "!!null":
		return "nothing"
	case "!!bool":
		return value
	case "!!int", "!!float":
		return "the number " + value
	default:
		return fmt.Sprintf("the text %q", value)
	}
}

func quoteName(name string) string {
	if strings.HasPrefix(name, "a ") {
		return name
	}
	return strconv.Quote(name)
}

func (p *piece) notOneOf(n *yaml.Node, name string, allowed []string) {
	d := diag.Diagnostic{Code: "unknown-value", Pos: p.pos(n), Message: fmt.Sprintf("%s cannot be %q; it is one of %s", quoteName(name), n.Value, strings.Join(allowed, ", "))}
	if len(allowed) == 1 {
		d.Message = fmt.Sprintf("%s cannot be %q; it can only be %s", quoteName(name), n.Value, allowed[0])
		d.Hint = "remove the key if that is not meant"
	}
	for _, a := range allowed {
		if strings.EqualFold(a, n.Value) {
			d.Hint = fmt.Sprintf("write %s", a)
		}
	}
	if d.Hint == "" {
		d.Hint = p.didYouMean(n.Value, allowed)
	}
	p.unreadable(d)
}

// foreign gives the hint for keys that users know from OpenAPI and that have
// another form in a catalogue.
var foreign = map[string]string{
	"nullable":    "write type: [string, 'null'], or anyOf the type and {type: 'null'}",
	"example":     "write examples: […]",
	"operationId": "write id",
	"security":    "write requires",
	"scopes":      "write requires: {any_of: […]} or {all_of: […]}",
	"requestBody": "write body: {application/json: …}",
	"content":     "put the media types here themselves",
	"components":  "write types",
	"paths":       "write operations, each with its method and path",
	"schemas":     "write types",
	"x-go-name":   "write go_name",
	"x-go-type":   "write go_type",
}

func (p *piece) unknownKey(n *yaml.Node, rules []rule, what string) {
	known := make([]string, len(rules))
	for i, r := range rules {
		known[i] = r.key
	}
	hint := p.didYouMean(n.Value, known)
	if hint == "" {
		hint = foreign[n.Value]
	}
	if hint == "" {
		hint = what + " can have " + strings.Join(known, ", ")
	}
	p.report(diag.Diagnostic{Code: "unknown-key", Pos: p.pos(n), Message: fmt.Sprintf("%s has no key %q", what, n.Value), Hint: hint})
}

func (p *piece) duplicateKey(pos Position, key string, first Position) {
	p.report(diag.Diagnostic{
		Code: "duplicate-key", Pos: pos, Message: fmt.Sprintf("%q is here a second time", key),
		Related: []diag.Related{{Pos: first, Message: "the first is here"}},
		Hint:    "remove one of the two",
	})
}

// mostCompared bounds how many names are compared while one catalogue is loaded,
// which takes a tenth of a second at most.
const mostCompared = 500_000

// didYouMean returns a hint that suggests the known name which a name is probably
// a misspelling of, or "" if none is close.
func (l *loader) didYouMean(name string, known []string) string {
	if l.compared += len(known); l.compared > mostCompared {
		return ""
	}
	if best := closest.To(name, slices.Values(known)); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return ""
}
