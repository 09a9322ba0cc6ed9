package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// planHeaders plans a constant for each header field that responses have: in the
// package of the operations that state it, or in the shared package if several do.
func (b *builder) planHeaders() {
	type field struct {
		wire    string
		schemas []spec.Entry[*spec.Schema]
		users   map[*Package]bool
	}
	byName := map[string]*field{}
	var fields []*field
	for _, op := range b.catalogue.Operations {
		for _, e := range op.ResponseHeaders {
			key := strings.ToLower(e.Key)
			f := byName[key]
			if f == nil {
				f = &field{wire: e.Key, users: map[*Package]bool{}}
				byName[key], fields = f, append(fields, f)
			}
			f.schemas = append(f.schemas, e)
			for p := range b.used[op] {
				f.users[p] = true
			}
		}
	}
	for _, f := range fields {
		if len(f.users) == 0 {
			continue
		}
		home := b.sharedPackage()
		if len(f.users) == 1 {
			for home = range f.users {
			}
		}
		name := b.names.exported(f.wire)
		if name == "" {
			name = "X"
		}
		name += "Header"
		if _, taken := b.claims[home][name]; taken {
			name += "Field"
		}
		first := f.schemas[0]
		b.claim(home, name, first.Pos, fmt.Sprintf("the response header %q", f.wire))
		h := ResponseHeader{Name: name, Wire: f.wire, Type: stringRef}
		if !slices.ContainsFunc(f.schemas, func(e spec.Entry[*spec.Schema]) bool { return e.Value.Description != first.Value.Description }) {
			h.Doc = first.Value.Description
		}
		if !slices.ContainsFunc(f.schemas, func(e spec.Entry[*spec.Schema]) bool { return b.limits(e.Value) != b.limits(first.Value) }) {
			h.Limits = b.limits(first.Value)
		}
		if !slices.ContainsFunc(f.schemas, func(e spec.Entry[*spec.Schema]) bool { return headerType(e.Value) != headerType(first.Value) }) {
			h.Type = b.typeOf(first.Value, home, name+"Value")
		}
		if r, t := b.resolve(h.Type); !b.isText(h.Type) || r.equal(rawMessage) || t != nil && t.Kind == Union {
			h.Type = stringRef // what the text holds is for the program to read
		}
		if h.Type.is(Nullable) {
			h.Type = *h.Type.Elem
		}
		home.Headers = append(home.Headers, h)
		b.headers[strings.ToLower(f.wire)] = named(home.ImportPath, name)
	}
	planned := map[*Operation]bool{}
	for _, op := range b.catalogue.Operations {
		for p := range b.used[op] {
			for _, o := range p.Operations {
				if o.ID != op.ID || planned[o] {
					continue
				}
				planned[o] = true
				for _, e := range op.ResponseHeaders {
					o.ResponseHeaders = append(o.ResponseHeaders, b.headers[strings.ToLower(e.Key)])
				}
			}
		}
	}
}

// headerType writes what of a schema decides the type of a header field.
func headerType(s *spec.Schema) string {
	text := fmt.Sprint(s.Ref, " ", s.Type, " ", s.Format, " ", s.GoType)
	for _, e := range s.Enum {
		text += " " + e.JSON
	}
	if s.Items != nil {
		text += " of " + headerType(s.Items)
	}
	return text
}
