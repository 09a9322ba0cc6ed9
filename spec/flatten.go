package spec

import "sync"

// Flattener resolves the references of schemas and merges their allOf. It is
// safe for concurrent use. The types must not be changed while it is in use.
type Flattener struct {
	types map[string]*Schema

	mu   sync.Mutex
	flat map[*Schema]*Schema
}

// NewFlattener returns a flattener for schemas that refer to these types. Of
// types with one name, the first counts.
func NewFlattener(types Map[*Schema]) *Flattener {
	f := &Flattener{types: make(map[string]*Schema, len(types)), flat: map[*Schema]*Schema{}}
	for _, t := range types {
		if f.types[t.Key] == nil {
			f.types[t.Key] = t.Value
		}
	}
	return f
}

// Flatten returns a schema that admits the same values and is no reference: the
// one that schema refers to, or schema with the parts of its allOf merged into
// it in order, itself last (see [Merge]). What is inside, such as the types of
// members, is left as it is. AllOf of the result holds only what cannot be
// merged, and no reference.
//
// The same schema gives the same pointer each time. nil, a reference to no
// type, and a schema that is made of itself give the schema that admits
// everything.
func (f *Flattener) Flatten(schema *Schema) *Schema {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.flatten(schema)
}

func (f *Flattener) flatten(schema *Schema) *Schema {
	if schema == nil {
		return &Schema{}
	}
	if schema.Ref == "" && len(schema.AllOf) == 0 {
		return schema
	}
	if flat, ok := f.flat[schema]; ok {
		return flat
	}
	// A schema that comes back to itself without a value between says nothing there.
	f.flat[schema] = &Schema{}
	flat := &Schema{}
	if schema.Ref != "" {
		flat = f.flatten(f.types[schema.RefName()])
	} else {
		for _, part := range schema.AllOf {
			flat = Merge(flat, f.flatten(part))
		}
		own := *schema
		own.AllOf = nil
		merged := *Merge(flat, &own)
		// A part's name and text are those of another type.
		merged.Pos, merged.Description, merged.Deprecated = schema.Pos, schema.Description, schema.Deprecated
		merged.GoName, merged.GoType = schema.GoName, schema.GoType
		flat = &merged
	}
	f.flat[schema] = flat
	return flat
}
