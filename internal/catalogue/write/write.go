// Package write writes a catalogue, or a part of one, as YAML.
//
// "scopegen import" writes a whole table with it, and "scopegen sync" writes the
// scopes, lists and values that it puts into a file that is there already.
package write

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/spec"
)

// Table returns the table of a catalogue: its api, groups and scopes.
func Table(c *spec.Catalogue) []byte {
	var b bytes.Buffer
	b.WriteString("api:\n")
	field(&b, "  ", "name", c.API.Name)
	field(&b, "  ", "title", c.API.Title)
	b.WriteString("\ngroups:\n")
	for i, g := range c.Groups {
		if i > 0 {
			b.WriteByte('\n')
		}
		field(&b, "  - ", "title", g.Title)
		b.WriteString("    scopes:\n")
		for _, s := range g.Scopes {
			b.WriteString(Scope(s, "      "))
		}
	}
	return b.Bytes()
}

// Scope returns one scope as an item of a block sequence. Each of its lines
// starts with indent and ends with a line feed.
func Scope(s *spec.Scope, indent string) string {
	var b bytes.Buffer
	field(&b, indent+"- ", "scope", s.Name)
	if s.Permits != "" {
		field(&b, indent+"  ", "permits", s.Permits)
	}
	if len(s.Implies) > 0 {
		b.WriteString(indent + "  implies:\n")
		for _, i := range s.Implies {
			b.WriteString(indent + "    - " + Scalar(i.Value) + "\n")
		}
	}
	return b.String()
}

// FlowScope returns one scope between braces, on one line.
func FlowScope(s *spec.Scope) string {
	fields := []string{"scope: " + FlowScalar(s.Name)}
	if s.Permits != "" {
		fields = append(fields, "permits: "+FlowScalar(s.Permits))
	}
	if len(s.Implies) > 0 {
		names := make([]string, len(s.Implies))
		for i, t := range s.Implies {
			names[i] = t.Value
		}
		fields = append(fields, "implies: "+FlowList(names))
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func field(b *bytes.Buffer, indent, key, value string) {
	b.WriteString(indent + key + ": " + Scalar(value) + "\n")
}

// Scalar returns a string as a YAML scalar on one line. It is quoted only where
// YAML would not read the plain text back as the same string.
func Scalar(s string) string {
	node := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if strings.ContainsAny(s, "\n\r") {
		node.Style = yaml.DoubleQuotedStyle
	}
	out, err := yaml.Marshal(&node)
	if text := strings.TrimSuffix(string(out), "\n"); err == nil && !strings.Contains(text, "\n") {
		return text
	}
	// The encoder may fold a string over several lines. A JSON string is a YAML
	// scalar too, and always on one line.
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(quoted)
}

// FlowScalar returns a string as a YAML scalar that may stand between brackets
// or braces.
func FlowScalar(s string) string {
	written := Scalar(s)
	if written != s {
		return written // quoted already
	}
	// Some plain scalars stand only outside of brackets: "a, b", ":0".
	var read []string
	if err := yaml.Unmarshal([]byte("["+written+", "+written+"]"), &read); err == nil && slices.Equal(read, []string{s, s}) {
		return written
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// FlowList returns strings as a YAML sequence between brackets.
func FlowList(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = FlowScalar(s)
	}
	return "[" + strings.Join(out, ", ") + "]"
}
