package plan

import (
	"fmt"

	"github.com/scopegen/scopegen/spec"
)

var fileRef = named(runtimePath, "File")

// formSchema follows references to the schema of a body, and returns it with the parts
// of its allOf as one.
func (b *builder) formSchema(s *spec.Schema) *spec.Schema {
	s = b.flattener.Flatten(s)
	for range 50 { // a cycle is the loader's to report
		t := b.types[refKey(s.Ref)]
		if s.Ref == "" || t == nil {
			break
		}
		s = b.flattener.Flatten(t.schema)
	}
	return s
}

// isForm reports whether the members of a schema can be the parts of a form.
func (b *builder) isForm(s *spec.Schema) bool {
	s = b.formSchema(s)
	return baseType(s) == "object" && len(s.Properties) > 0 && len(variantsOf(s)) == 0
}

// findForms finds the types that nothing but multipart bodies refer to.
// Their files are readers, which JSON does not have.
func (b *builder) findForms() {
	var forms, others []*spec.Schema
	for _, op := range b.catalogue.Operations {
		others = append(others, operationSchemas(op)...)
		for _, e := range op.Body {
			if spec.HasParts(e.Key) && e.Value.Ref != "" && b.isForm(e.Value) {
				forms = append(forms, e.Value)
			}
		}
	}
	b.formsAlone, b.forms = map[string]bool{}, map[string]*Body{}
	if len(forms) == 0 {
		return
	}
	for _, s := range forms {
		b.formsAlone[refKey(s.Ref)] = true
	}
	isForm := map[*spec.Schema]bool{}
	for _, s := range forms {
		isForm[s] = true
	}
	var visit func(*spec.Schema)
	visit = func(s *spec.Schema) {
		if s == nil || isForm[s] {
			return
		}
		delete(b.formsAlone, refKey(s.Ref))
		eachPart(s, visit)
	}
	for _, s := range others {
		visit(s)
	}
	for _, e := range b.catalogue.Errors {
		visit(e.Value)
	}
	for _, e := range b.catalogue.Types {
		visit(e.Value)
	}
}

// planForm plans the parts of a multipart body, and declares a struct of
// them.
func (b *builder) planForm(op *spec.Operation, e spec.Entry[*spec.Schema], home *Package, name string) *Body {
	s, key, pos := b.formSchema(e.Value), "", e.Pos
	t := &Type{Name: name, Kind: Struct, Doc: "holds the parts of the body of the operation " + op.ID + "."}
	what := fmt.Sprintf("the form of the operation %q", op.ID)
	if k := refKey(e.Value.Ref); b.formsAlone[k] {
		if form := b.forms[k]; form != nil {
			return form
		}
		key, pos, home, name = k, b.types[k].pos, b.types[k].home, b.types[k].name
		t, what = &Type{Name: name, Key: key, Kind: Struct, Doc: s.Description, Deprecated: s.Deprecated}, "the type "+key
	}
	b.claim(home, name, pos, what)
	b.addType(home, t)
	form := &Body{Type: named(home.ImportPath, name)}
	if key != "" {
		b.forms[key] = form
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Allowed {
		b.warn("form", s.AdditionalProperties.Pos, "the form of the operation %q may have further parts, for which there are no fields", op.ID).
			hint("remove additionalProperties, or write {type: string, format: binary} for a form that the caller writes")
	}
	required := map[string]bool{}
	for _, r := range s.Required {
		required[r.Value] = true
	}
	fields := map[string]spec.Entry[*spec.Schema]{}
	for _, p := range s.Properties {
		goName := p.Value.GoName
		if exported := b.names.exported(p.Key); exported != "" && (goName == "" || p.Value.Ref == "" && b.isDeclared(p.Value)) {
			goName = exported
		}
		if goName == "" {
			b.errorf("no-go-name", p.Pos, "no Go name can be made from the member %q: it holds neither letter nor digit", p.Key).hint("name it with go_name")
			continue
		}
		if reservedFields[goName] {
			goName += "Member"
		}
		if _, ok := fields[goName]; ok && p.Value.GoName != "" {
			goName = p.Value.GoName // as in a struct
		}
		if first, ok := fields[goName]; ok {
			b.errorf("go-name-clash", p.Pos, "the members %q and %q of %s both become the Go field %s", first.Key, p.Key, name, goName).
				related(first.Pos, "the other one").hint("give one of them a go_name")
			continue
		}
		fields[goName] = p
		part := Param{Wire: p.Key, GoName: goName, In: "part", Required: required[p.Key], Doc: b.memberDoc(p.Value), Limits: b.limits(p.Value)}
		part.Type, part.Style = b.partType(p.Value, home, name+goName)
		part.Listed = part.Required && b.isList(part.Type)
		part.Chosen = part.Required && part.Type.is(Named) && b.withoutZero(part.Type)
		if !part.Required {
			part.Type = wrap(Optional, part.Type)
		}
		form.Parts = append(form.Parts, part)
		t.Fields = append(t.Fields, Field{Name: goName, Type: part.Type, Doc: part.Doc, Limits: part.Limits, Required: part.Required, Deprecated: p.Value.Deprecated})
	}
	return form
}

// partType returns the Go type of a part, and how it is written: as a file, as json,
// or as a text, which is "".
func (b *builder) partType(s *spec.Schema, home *Package, name string) (r Ref, style string) {
	inner, _ := b.withoutNull(b.formSchema(s))
	if inner.GoType == "" && inner.Format == "binary" && baseType(inner) == "string" {
		return fileRef, "file"
	}
	if baseType(inner) == "array" && inner.Items != nil {
		if items := b.formSchema(inner.Items); items.Format == "binary" && baseType(items) == "string" && items.GoType == "" {
			return wrap(Slice, fileRef), "file"
		}
	}
	r = b.typeOf(s, home, name)
	if !b.isText(r) {
		return r, "json"
	}
	return r, ""
}
