package sandbox

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// url.ParseQuery bounds how many names there are.
const (
	maxReads  = 200_000 // of a field as a schema: variants inside variants multiply
	maxUnions = 8       // variants of variants, without a member or an element between them
)

// field is what a form says under one name: texts, or fields inside it. Not both.
type field struct {
	texts  []string
	inside map[string]*field
}

// fieldsOf returns the fields of a form. If it is deep, a name such as list[0][member]
// is that of a field inside others; a name with other brackets is that of a member.
func fieldsOf(form url.Values, deep bool) (*field, error) {
	root := &field{inside: map[string]*field{}}
	for name, texts := range form {
		path := []string{name}
		if deep {
			path = splitName(name)
		}
		if len(path) > maxJSONDepth {
			return nil, fmt.Errorf("%q is nested deeper than %d", clip(name, maxDetail), maxJSONDepth)
		}
		at := root
		for _, key := range path {
			if at.inside == nil {
				at.inside = map[string]*field{}
			}
			next := at.inside[key]
			if next == nil {
				next = &field{}
				at.inside[key] = next
			}
			at = next
		}
		at.texts = texts
	}
	if name := root.ambiguous(); name != nil {
		return nil, fmt.Errorf("%q has both a value and members", clip(strings.Join(name, "/"), maxDetail))
	}
	return root, nil
}

// ambiguous returns the parts of the name of a field inside that has both texts and
// fields, if there is one.
func (f *field) ambiguous() []string {
	for _, key := range slices.Sorted(maps.Keys(f.inside)) {
		inner := f.inside[key]
		if inner.texts != nil && inner.inside != nil {
			return []string{key}
		}
		if name := inner.ambiguous(); name != nil {
			return append([]string{key}, name...)
		}
	}
	return nil
}

// splitName returns the parts of a name such as list[0][member], and any other name
// as its one part.
func splitName(name string) []string {
	first, rest, found := strings.Cut(name, "[")
	if !found || first == "" || !strings.HasSuffix(rest, "]") {
		return []string{name}
	}
	inner := strings.Split(strings.TrimSuffix(rest, "]"), "][")
	if slices.ContainsFunc(inner, func(part string) bool { return strings.ContainsAny(part, "[]") }) {
		return []string{name}
	}
	return append([]string{first}, inner...)
}

// formReader reads fields as values. It reads each as each schema once.
type formReader struct {
	server *Server
	deep   bool // lists are name[0]=text, and not name=text for each element
	values map[fieldAs]any
	reads  int
}

type fieldAs struct {
	field  *field
	schema *spec.Schema
}

func (s *Server) formReader(deep bool) *formReader {
	return &formReader{server: s, deep: deep, values: map[fieldAs]any{}}
}

// value returns what a field says, in the form that the schema takes: of its variants
// the first that takes all of it. What none takes is read as the first; the caller's
// check says what is wrong.
func (r *formReader) value(schema *spec.Schema, f *field, unions int) any {
	if schema == nil {
		schema = &anything
	}
	key := fieldAs{f, schema}
	if value, ok := r.values[key]; ok {
		return value
	}
	r.reads++
	value := r.read(schema, f, unions)
	r.values[key] = value
	return value
}

func (r *formReader) read(schema *spec.Schema, f *field, unions int) any {
	if len(f.texts) == 1 {
		if value, err := r.server.readText(schema, f.texts[0]); err == nil {
			return value
		}
	}
	flat := r.server.schemas.flatten(schema)
	var first any
	for i, variant := range r.server.schemas.alternatives(flat) {
		if unions == maxUnions || r.reads > maxReads {
			break
		}
		value := r.value(variant, f, unions+1)
		if r.server.schemas.check(schema, inRequest, value) == nil {
			return value
		}
		if i == 0 {
			first = value
		}
	}
	if first != nil {
		return first
	}
	switch isList := flat.JSONType() == "array" || flat.Items != nil; {
	case f.texts != nil && isList && !r.deep:
		return r.server.listOf(flat, f.texts)
	case len(f.texts) == 1:
		return f.texts[0]
	case f.texts != nil:
		return anySlice(f.texts)
	case isList || impliedType(flat) != "object" && flat.JSONType() == "":
		if list, ok := r.list(flat, f); ok {
			return list
		}
	}
	return r.object(flat, f)
}

// list returns the elements of a list, if the names of the fields inside are the
// indexes from 0 without a gap.
func (r *formReader) list(flat *spec.Schema, f *field) ([]any, bool) {
	list := make([]any, len(f.inside))
	for i := range list {
		element := f.inside[strconv.Itoa(i)]
		if element == nil {
			return nil, false
		}
		list[i] = r.value(flat.Items, element, 0)
	}
	return list, true
}

func (r *formReader) object(flat *spec.Schema, f *field) any {
	object := make(map[string]any, len(f.inside))
	for name, inner := range f.inside {
		member := r.server.schemas.member(flat, name)
		if more := flat.AdditionalProperties; member == nil && more != nil {
			member = more.Schema
		}
		object[name] = r.value(member, inner, 0)
	}
	return object
}

// readForm returns the value of a body in the form of HTML forms, which is an object.
func (s *Server) readForm(schema *spec.Schema, body []byte, deep bool) (any, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	fields, err := fieldsOf(form, deep)
	if err != nil {
		return nil, err
	}
	return s.formReader(deep).value(schema, fields, 0), nil
}

// readMembers returns the value of a query parameter in the style form, which is made of
// what stands in the query and has no other meaning, and the names of that: none if it is
// not there.
func (s *Server) readMembers(p *spec.Parameter, query url.Values, taken func(name string) bool) (value any, names []string, err error) {
	own := url.Values{}
	for name, texts := range query {
		if !taken(name) {
			own[name] = texts
			names = append(names, name)
		}
	}
	if len(own) == 0 {
		return nil, nil, nil
	}
	fields, err := fieldsOf(own, false)
	if err != nil {
		return nil, names, err
	}
	value = s.formReader(false).value(p.Schema, fields, 0)
	return value, names, describe(s.schemas.check(p.Schema, inRequest, value))
}

// readDeep returns the value of a query parameter in the style deepObject, and the
// names that it is made of: none if it is not there.
func (s *Server) readDeep(p *spec.Parameter, query url.Values) (value any, names []string, err error) {
	own := url.Values{}
	for name, texts := range query {
		if splitName(name)[0] == p.Name {
			own[name] = texts
			names = append(names, name)
		}
	}
	if len(own) == 0 {
		return nil, nil, nil
	}
	fields, err := fieldsOf(own, true)
	if err != nil {
		return nil, names, err
	}
	return s.formReader(true).value(p.Schema, fields.inside[p.Name], 0), names, nil
}
