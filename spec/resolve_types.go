package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
)

func (r *resolver) declareTypes() {
	for _, entry := range r.c.Types {
		if strings.ContainsAny(entry.Key, "/~#") {
			r.report(diag.Diagnostic{Code: "type-name", Pos: entry.Pos, Message: fmt.Sprintf("type name %q holds a \"/\", \"~\" or \"#\"", entry.Key), Hint: "choose another name: these have a meaning in a reference"})
		}
		if r.types[entry.Key] == nil {
			r.types[entry.Key] = entry.Value
		}
	}
}

func (r *resolver) checkTypes() {
	for _, entry := range r.c.Types {
		r.walk(entry.Value)
	}
}

// walk checks a schema and all schemas inside it.
func (r *resolver) walk(s *Schema) {
	if s == nil || r.full() {
		return
	}
	if s.Ref != "" {
		r.reference(s.Pos, s.RefName())
	}
	r.checkRequired(s)
	r.checkAllOf(s)
	r.checkDiscriminator(s)
	s.children(r.walk)
}

// children calls f with each schema directly inside s.
func (s *Schema) children(f func(*Schema)) {
	if s.Items != nil {
		f(s.Items)
	}
	for i := range s.Properties {
		f(s.Properties[i].Value)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		f(s.AdditionalProperties.Schema)
	}
	for _, list := range [][]*Schema{s.OneOf, s.AnyOf, s.AllOf} {
		for _, member := range list {
			f(member)
		}
	}
}

// reference reports whether a type is declared, and adds a finding if it is not.
func (r *resolver) reference(pos Position, name string) bool {
	if _, ok := r.types[name]; ok || r.incomplete {
		return ok
	}
	known := make([]string, 0, len(r.c.Types))
	if r.compared < mostCompared {
		for i := range r.c.Types {
			known = append(known, r.c.Types[i].Key)
		}
	}
	hint := r.didYouMean(name, known)
	if hint == "" {
		hint = "declare it under types, or include the file that does"
	}
	r.report(diag.Diagnostic{Code: "dangling-reference", Pos: pos, Message: fmt.Sprintf("there is no type %q", name), Hint: hint})
	return false
}

// checkRequired reports required members that are not among the properties.
func (r *resolver) checkRequired(s *Schema) {
	// A part of an allOf may require what another part declares. That is checked
	// at the schema that has the allOf.
	if len(s.Required) == 0 || len(s.Properties) == 0 && len(s.AllOf) == 0 {
		return
	}
	var known []string
	complete := r.properties(s, &known, map[*Schema]bool{})
	if !complete {
		return
	}
	var set map[string]bool // for what is too long to search
	if len(known) > 50 {
		set = make(map[string]bool, len(known))
		for _, name := range known {
			set[name] = true
		}
	}
	for _, name := range s.Required {
		if !r.malformed[name.Pos] && !set[name.Value] && (set != nil || !slices.Contains(known, name.Value)) {
			r.report(diag.Diagnostic{Code: "required", Pos: name.Pos, Message: fmt.Sprintf("%q is required and not among the properties", name.Value), Hint: r.didYouMean(name.Value, known)})
		}
	}
}

// properties appends the names of a schema's properties to names, including those
// that come from allOf and references. It returns false if not all can be known.
func (r *resolver) properties(s *Schema, names *[]string, seen map[*Schema]bool) bool {
	// The parts of allOf can contain each other many times over.
	const most = 2_000_000 // names, over the whole run
	if s == nil || seen[s] || r.collected > most {
		return false
	}
	seen[s] = true
	r.collected += 1 + len(s.Properties)
	if s.Ref != "" {
		return r.properties(r.types[s.RefName()], names, seen)
	}
	for i := range s.Properties {
		*names = append(*names, s.Properties[i].Key)
	}
	complete := len(s.OneOf) == 0 && len(s.AnyOf) == 0
	for _, part := range s.AllOf {
		complete = r.properties(part, names, seen) && complete
	}
	return complete
}

// mostMembers bounds the members that all allOf of a catalogue have together after
// their parts were merged.
const mostMembers = 2_000_000

// checkAllOf refuses a catalogue of which merging the parts of allOf would take too
// much memory: types can contain each other so that their members add up to far
// more than the text of the catalogue.
func (r *resolver) checkAllOf(s *Schema) {
	if len(s.AllOf) == 0 || r.members > mostMembers {
		return
	}
	r.members += r.countMembers(s)
	if r.members > mostMembers {
		r.report(diag.Diagnostic{Code: "too-large", Pos: s.Pos, Message: fmt.Sprintf("the members of all allOf together are more than %d", mostMembers), Hint: "write the members into fewer types, or give a type a member of another type instead of an allOf with it"})
	}
}

// countMembers returns the number of members of a schema and of the parts of its
// allOf, or something above mostMembers if there are more.
func (r *resolver) countMembers(s *Schema) int {
	if s == nil {
		return 0
	}
	if s.Ref == "" && len(s.AllOf) == 0 {
		return len(s.Properties)
	}
	if known, ok := r.parts[s]; ok {
		return known
	}
	r.parts[s] = 0 // for a type that consists of itself, which is reported elsewhere
	n := len(s.Properties)
	if s.Ref != "" {
		n += r.countMembers(r.types[s.RefName()])
	}
	for _, part := range s.AllOf {
		n = min(n+r.countMembers(part), mostMembers+1)
	}
	r.parts[s] = n
	return n
}

func (r *resolver) checkDiscriminator(s *Schema) {
	if s.Discriminator == nil {
		return
	}
	variants := map[string]bool{}
	for _, list := range [][]*Schema{s.OneOf, s.AnyOf} {
		for _, member := range list {
			variants[member.RefName()] = true
		}
	}
	mapping := s.Discriminator.Mapping
	if s.Discriminator.Default != "" {
		mapping = append(slices.Clone(mapping), Entry[string]{Pos: s.Discriminator.Pos, Key: "defaultMapping", Value: s.Discriminator.Default})
	}
	for _, entry := range mapping {
		name, ok := strings.CutPrefix(entry.Value, typesPrefix)
		if !ok {
			r.report(diag.Diagnostic{Code: "reference", Pos: entry.Pos, Message: fmt.Sprintf("%q is not a reference to a type", entry.Value), Hint: "write \"" + typesPrefix + "\" and the type's name"})
			continue
		}
		if r.reference(entry.Pos, name) && len(variants) > 0 && !variants[name] {
			r.errorf("discriminator", entry.Pos, "type %q is not one of the variants", name)
		}
	}
}

// checkCycles refuses types that consist of themselves, without an object or a
// list in between.
func (r *resolver) checkCycles() {
	const open, done = 1, 2
	state := make(map[string]int, len(r.types))
	type step struct {
		name string
		pos  Position
	}
	var path []step
	var visitType func(name string, from Position)
	var visit func(s *Schema)
	visit = func(s *Schema) {
		if s == nil {
			return
		}
		if s.Ref != "" {
			visitType(s.RefName(), s.Pos)
		}
		for _, list := range [][]*Schema{s.OneOf, s.AnyOf, s.AllOf} {
			for _, member := range list {
				visit(member)
			}
		}
	}
	visitType = func(name string, from Position) {
		s := r.types[name]
		if s == nil || state[name] == done || r.full() {
			return
		}
		if state[name] == open {
			at := slices.IndexFunc(path, func(s step) bool { return s.name == name })
			d := diag.Diagnostic{Code: "type-cycle", Pos: from, Message: fmt.Sprintf("type %q consists of itself", name), Hint: "a type can contain itself only as a property or an item"}
			for _, through := range path[at+1 : min(len(path), at+1+mostRelated)] {
				d.Related = append(d.Related, diag.Related{Pos: through.pos, Message: fmt.Sprintf("through %q", through.name)})
			}
			r.report(d)
			return
		}
		state[name] = open
		path = append(path, step{name, from})
		visit(s)
		path = path[:len(path)-1]
		state[name] = done
	}
	for _, entry := range r.c.Types {
		visitType(entry.Key, entry.Pos)
	}
}
