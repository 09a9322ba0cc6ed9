package spec

import (
	"slices"
	"strings"
)

// Scope returns the scope with this name, or nil.
func (c *Catalogue) Scope(name string) *Scope {
	for i := range c.Groups {
		for _, scope := range c.Groups[i].Scopes {
			if scope.Name == name {
				return scope
			}
		}
	}
	return nil
}

// Scopes returns all scopes in the order of the table.
func (c *Catalogue) Scopes() []*Scope {
	var scopes []*Scope
	for i := range c.Groups {
		scopes = append(scopes, c.Groups[i].Scopes...)
	}
	return scopes
}

// Wire returns the string that is sent for the scope: the given spelling if the
// scope has it, and its name otherwise. [Catalogue.Spelling] is the spelling that
// the API takes.
func (s *Scope) Wire(spelling string) string {
	if other, ok := s.Spellings.Get(spelling); ok {
		return other
	}
	return s.Name
}

// Type returns the type with this name, or nil. It searches the list of types: to
// look up many, make a map of [Catalogue.Types].
func (c *Catalogue) Type(name string) *Schema {
	schema, _ := c.Types.Get(name)
	return schema
}

// RefName returns the name of the type that the schema refers to, or "".
func (s *Schema) RefName() string {
	name, _ := strings.CutPrefix(s.Ref, typesPrefix)
	return name
}

// JSONType returns the name of the schema's type beside null: "string",
// "number", "integer", "boolean", "object" or "array"; "null" when that is all
// it allows, and "" when it does not say.
func (s *Schema) JSONType() string {
	for _, t := range s.Type {
		if t != "null" {
			return t
		}
	}
	if len(s.Type) > 0 {
		return "null"
	}
	return ""
}

// Nullable reports whether the schema's own list of types contains null.
func (s *Schema) Nullable() bool { return slices.Contains(s.Type, "null") }
