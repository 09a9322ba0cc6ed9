package diff

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/internal/generate/plan"
	"github.com/scopegen/scopegen/internal/plural"
)

// compareTypes records how the types of the packages changed. It remembers what changed
// about each type and field, for those who use it.
func (c *comparison) compareTypes() {
	for name, old := range c.old.types {
		now := cmp.Or(c.new.types[name], c.new.types[c.resolve(name)])
		if now == nil || reflect.DeepEqual(old, now) {
			continue
		}
		if old.Kind == now.Kind && !slices.Equal(positions(*old, c.resolve), positions(*now, nil)) {
			c.changed[name+"{}"] = Affected{Changed: true, Message: "its fields are others now, or stand in another order, and the literal does not name them", Action: "name the fields, and check each value"}
		}
		a, b := bareType(*old, c.resolve), bareType(*now, nil)
		if reflect.DeepEqual(a, b) {
			continue
		}
		change := Change{Kind: TypeChanged, Subject: name, Breaking: true, Semver: Major}
		var said []string
		change.Message, change.Action = "type "+name+" changed", "change its uses; scopegen diff --uses ./... lists them"
		if a.Kind == b.Kind && a.Kind == plan.Struct {
			said, change.Breaking = c.compareFields(name, a.Fields, b.Fields)
		} else if a.Kind == b.Kind && a.Kind == plan.Enum && reflect.DeepEqual(a.Underlying, b.Underlying) {
			said, change.Breaking = compareValues(a.Values, b.Values)
			pkg, _, _ := strings.Cut(name, ".")
			change.Gone = c.gone(constants(pkg, a.Values))
			change.Added = c.fresh(constants(pkg, b.Values))
			change.Breaking = change.Breaking || len(change.Gone) > 0
		} else {
			c.changed[name] = Affected{Changed: true, Message: fmt.Sprintf("it is %s now, before %s", kindText(b), kindText(a)), Action: "change the use"}
		}
		if len(said) > 0 {
			change.Message += ": " + strings.Join(said, "; ")
		}
		if !change.Breaking {
			change.Semver, change.Action = Minor, ""
		}
		c.add(change)
	}
}

// constants returns the Go names of an enum's values.
func constants(pkg string, values []plan.EnumValue) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = pkg + "." + v.GoName
	}
	return out
}

// tellAddedTypes tells the types that are new.
func (c *comparison) tellAddedTypes() {
	var added []string
	for name := range c.new.types {
		if c.old.symbols[name] == nil && !c.toldNew[name] {
			added = append(added, name)
		}
	}
	if len(added) > 0 {
		slices.Sort(added)
		c.add(Change{Kind: TypeAdded, Subject: added[0], Semver: Minor, Added: added, Message: plural.Count(len(added), "type") + " added: " + some(added)})
	}
}

// countDocumentation counts the operations and types whose texts changed.
func (c *comparison) countDocumentation() (n int) {
	for id, old := range c.old.ops {
		if now := c.new.ops[id]; now != nil && (old.Summary != now.Summary || old.Description != now.Description || old.Source != now.Source) {
			n++
		}
	}
	for name, old := range c.old.types {
		if now := c.new.types[name]; now != nil && docs(old) != docs(now) {
			n++
		}
	}
	return n
}

// docs returns all texts of a type.
func docs(t *plan.Type) string {
	texts := []string{t.Doc}
	for _, f := range t.Fields {
		texts = append(texts, f.Name+f.Doc)
	}
	slices.Sort(texts)
	return strings.Join(texts, "\n")
}

// bareType returns what matters of a type to a program that uses it: no texts, and
// everything in one order.
func bareType(t plan.Type, resolve func(string) string) plan.Type {
	flat := func(r plan.Ref) plan.Ref { return plan.Ref{Name: refText(r, resolve)} }
	t.Doc, t.Key, t.Deprecated, t.Sent = "", "", false, false
	t.Underlying = flat(t.Underlying)
	t.Fields = slices.Clone(t.Fields)
	for i := range t.Fields {
		t.Fields[i].Doc, t.Fields[i].Deprecated = "", false
		t.Fields[i].Type = flat(t.Fields[i].Type)
	}
	t.Variants = slices.Clone(t.Variants)
	for i := range t.Variants {
		t.Variants[i].Type = flat(t.Variants[i].Type)
	}
	slices.SortFunc(t.Fields, func(a, b plan.Field) int { return cmp.Compare(a.Name, b.Name) })
	t.Values = slices.Clone(t.Values)
	slices.SortFunc(t.Values, func(a, b plan.EnumValue) int { return cmp.Compare(a.GoName, b.GoName) })
	return t
}

// positions returns the fields of a struct in their order, with their types: what a
// literal without field names depends on. It returns nil for a type that is no struct.
func positions(t plan.Type, resolve func(string) string) (out []string) {
	for _, f := range t.Fields {
		out = append(out, f.Name+" "+refText(f.Type, resolve))
	}
	if t.Additional != nil {
		out = append(out, "AdditionalProperties "+refText(*t.Additional, resolve))
	}
	for _, v := range t.Variants {
		out = append(out, v.Name+" "+refText(v.Type, resolve))
	}
	return out
}

// refText writes the use of a type as in Go, with the whole import path of a package
// that is not generated. resolve, if not nil, says where a generated name is now.
func refText(r plan.Ref, resolve func(string) string) string {
	switch r.Kind {
	case plan.Slice:
		return "[]" + refText(*r.Elem, resolve)
	case plan.Map:
		return "map[string]" + refText(*r.Elem, resolve)
	case plan.Optional:
		return "runtime.Optional[" + refText(*r.Elem, resolve) + "]"
	case plan.Nullable:
		return "runtime.Nullable[" + refText(*r.Elem, resolve) + "]"
	case plan.Pointer:
		return "*" + refText(*r.Elem, resolve)
	}
	if at, ok := strings.CutPrefix(r.Package, importPath+"/"); ok {
		name := at + "." + r.Name
		if resolve != nil {
			name = resolve(name)
		}
		return name
	}
	return strings.TrimPrefix(r.Package+"."+r.Name, ".")
}

var folders = regexp.MustCompile(`[\w.~-]+/`)

// shorten returns the text of a type with the names of packages instead of their
// import paths.
func shorten(text string) string { return folders.ReplaceAllString(text, "") }

// resolve returns what a type is called in the new packages.
func (c *comparison) resolve(name string) string {
	if now := c.new.symbols[name]; now != nil {
		return cmp.Or(now.use, name)
	}
	if was := c.old.symbols[name]; was != nil {
		return cmp.Or(c.new.elsewhere(name, was), name)
	}
	return name
}

// kindText says what a type is.
func kindText(t plan.Type) string {
	switch t.Kind {
	case plan.Struct:
		return "a struct"
	case plan.Enum:
		return "an enum of " + shorten(t.Underlying.Name)
	case plan.Union:
		return "a union of other types"
	}
	return shorten(t.Underlying.Name)
}

// compareFields says how the fields of a struct changed, and whether that breaks a
// program.
func (c *comparison) compareFields(owner string, old, new []plan.Field) (said []string, breaking bool) {
	was := map[string]plan.Field{}
	for _, f := range old {
		was[f.Name] = f
	}
	tell := func(f plan.Field, what string) {
		said, breaking = append(said, "field "+f.Name+" "+what), true
		c.changed[owner+"."+f.Name] = Affected{Changed: true, Message: "the field " + what, Action: "change the use"}
	}
	for _, f := range new {
		before, ok := was[f.Name]
		delete(was, f.Name)
		switch {
		case !ok && f.Required:
			said, breaking = append(said, "field "+f.Name+" added, required"), true
		case !ok:
			said = append(said, "field "+f.Name+" added")
		case before.Type.Name != f.Type.Name:
			tell(f, fmt.Sprintf("is %s now, before %s", shorten(f.Type.Name), shorten(before.Type.Name)))
		case before.Wire != f.Wire:
			tell(f, fmt.Sprintf("is sent as %q now, before as %q", f.Wire, before.Wire))
		case before.Required != f.Required:
			tell(f, map[bool]string{true: "is required now", false: "may be left out now"}[f.Required])
		case !reflect.DeepEqual(before, f):
			tell(f, "changed")
		}
	}
	for _, f := range old {
		if _, left := was[f.Name]; left {
			said, breaking = append(said, "field "+f.Name+" removed"), true
			c.changed[owner+"."+f.Name] = Affected{Gone: true, Message: "the field was removed from " + owner, Action: "remove the use"}
		}
	}
	return said, breaking
}

// compareValues says how the values of an enum changed, and whether that breaks a
// program.
func compareValues(old, new []plan.EnumValue) (said []string, breaking bool) {
	was := map[string]string{}
	for _, v := range old {
		was[v.JSON] = v.GoName
	}
	for _, v := range new {
		switch name, known := was[v.JSON]; {
		case !known:
			said = append(said, "value "+v.JSON+" added")
		case name != v.GoName:
			said = append(said, "value "+v.JSON+" is called "+v.GoName+" now")
		}
		delete(was, v.JSON)
	}
	for _, v := range old {
		if _, left := was[v.JSON]; left {
			said, breaking = append(said, "value "+v.JSON+" removed"), true
		}
	}
	return said, breaking
}
