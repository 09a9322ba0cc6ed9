package openapi

import (
	"encoding/json"
	"reflect"
	"slices"

	"github.com/scopegen/scopegen/spec"
)

// fields returns the fields of a struct of the catalogue that say something, but for
// some, in the catalogue's words. A field that is added to the model is among them, so
// that nothing is lost because nobody thought of it here.
func (e *exporter) fields(v any, but ...string) object {
	var o object
	s := reflect.ValueOf(v)
	for k := range s.NumField() {
		key := s.Type().Field(k).Tag.Get("yaml")
		if key == "" || key == "-" || slices.Contains(but, key) {
			continue
		}
		// An empty list or mapping that is there says more than none.
		if f := s.Field(k); !f.IsZero() {
			if value := e.value(f); value != "" { // of a Text
				o.set(key, value)
			}
		}
	}
	return o
}

// value returns a value of the model.
func (e *exporter) value(v reflect.Value) any {
	switch v := v.Interface().(type) {
	case spec.Text:
		return v.Value
	case spec.Literal:
		return json.RawMessage(v.JSON)
	case *spec.Schema:
		return e.schema(v)
	case *spec.Additional:
		if v.Schema != nil {
			return e.schema(v.Schema)
		}
		return v.Allowed
	}
	switch v.Kind() {
	case reflect.Pointer:
		return e.value(v.Elem())
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int:
		return int(v.Int())
	case reflect.Struct:
		return e.fields(v.Interface())
	case reflect.Slice:
		if _, ok := v.Type().MethodByName("Get"); ok { // a spec.Map
			o := object{}
			for k := range v.Len() {
				entry := v.Index(k)
				o.set(entry.FieldByName("Key").String(), e.value(entry.FieldByName("Value")))
			}
			return o
		}
		list := make([]any, v.Len())
		for k := range list {
			list[k] = e.value(v.Index(k))
		}
		return list
	}
	panic("openapi: no JSON for " + v.Type().String()) // a field was added to the model of a new kind
}
