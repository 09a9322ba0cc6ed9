package table

import (
	"bytes"
	"encoding/json"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/spec"
)

// Write prints what Parse returned as the table of a catalogue: api, groups
// and scopes.
func Write(c *spec.Catalogue) []byte {
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

// Scope prints one scope as an item of a sequence that is indented by indent.
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

func field(b *bytes.Buffer, indent, key, value string) {
	b.WriteString(indent + key + ": " + Scalar(value) + "\n")
}

// Scalar writes a string as a YAML scalar of one line, plain where YAML reads
// it back as the same string.
func Scalar(s string) string {
	node := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if strings.ContainsAny(s, "\n\r") {
		node.Style = yaml.DoubleQuotedStyle
	}
	out, err := yaml.Marshal(&node)
	if text := strings.TrimSuffix(string(out), "\n"); err == nil && !strings.Contains(text, "\n") {
		return text
	}
	// The encoder may fold a string over lines. JSON's strings are YAML's too.
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(quoted)
}
