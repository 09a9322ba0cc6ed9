package openapi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

// A type that others inherit, told apart by a discriminator, is a base and a union.
func TestATypeThatOthersInherit(t *testing.T) {
	const heirs = `"Cat": {"allOf": [{"$ref": "#/D/Pet"}, {"type": "object", "properties": {"lives": {"type": "integer"}}}]},
		"Dog": {"allOf": [{"$ref": "#/D/Pet"}], "properties": {"tricks": {"type": "array", "items": {"type": "string"}}}},
		"Puppy": {"allOf": [{"$ref": "#/D/Dog"}, {"type": "object", "properties": {"weeks": {"type": "integer"}}}]}`
	in := func(where, text string) string { return strings.ReplaceAll(text, "#/D/", where) }
	for name, text := range map[string]string{
		"3.0": in("#/components/schemas/", document(`"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/D/Pet"}}}}}`,
			`"Pet": {"type": "object", "required": ["kind"], "discriminator": {"propertyName": "kind", "mapping": {"tom": "#/D/Cat"}}, "properties": {"kind": {"type": "string"}, "name": {"type": "string"}}}, `+heirs)),
		"2.0": in("#/definitions/", `{"swagger": "2.0", "info": {"title": "Shop", "version": "1"}, "host": "api.example.com", "paths": {"/things": {"get": {"operationId": "things", "security": [], "responses": {"200": {"description": "", "schema": {"$ref": "#/D/Pet"}}}}}},
			"definitions": {"Pet": {"type": "object", "required": ["kind"], "discriminator": "kind", "properties": {"kind": {"type": "string"}, "name": {"type": "string"}}}, `+
			strings.Replace(heirs, `"Cat": {`, `"Cat": {"x-ms-discriminator-value": "tom", `, 1)+`}}`),
	} {
		t.Run(name, func(t *testing.T) {
			c, result := catalogue(t, text)
			pet, _ := c.Types.Get("Pet")
			var variants []string
			for _, v := range pet.AnyOf {
				variants = append(variants, v.RefName())
			}
			require.Equal(t, []string{"Cat", "Dog", "Puppy", "Pet_base"}, variants)
			values := map[string]string{}
			for _, m := range pet.Discriminator.Mapping {
				values[m.Key] = m.Value
			}
			require.Equal(t, map[string]string{"tom": "#/types/Cat", "Dog": "#/types/Dog", "Puppy": "#/types/Puppy", "Pet": "#/types/Pet_base"}, values)
			require.Equal(t, "#/types/Pet_base", pet.Discriminator.Default)
			cat, _ := c.Types.Get("Cat")
			require.Equal(t, "Pet_base", cat.AllOf[0].RefName())
			base, _ := c.Types.Get("Pet_base")
			require.Equal(t, []string{"kind", "name"}, keys(base.Properties))
			require.Empty(t, said(result.Notes, openapi.Bent))
		})
	}
	// One of the heirs is such a type too: its union stands for all of its own.
	c, _ := catalogue(t, in("#/components/schemas/", document(`"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {"pet": {"$ref": "#/D/Pet"}, "dog": {"$ref": "#/D/Dog"}}}}}}}`,
		`"Pet": {"type": "object", "discriminator": {"propertyName": "kind"}, "properties": {"kind": {"type": "string"}}},
		 "Dog": {"allOf": [{"$ref": "#/D/Pet"}], "discriminator": {"propertyName": "kind"}},
		 "Puppy": {"allOf": [{"$ref": "#/D/Dog"}, {"type": "object", "properties": {"weeks": {"type": "integer"}}}]}`)))
	pet, _ := c.Types.Get("Pet")
	require.Len(t, pet.AnyOf, 2)
	require.Equal(t, spec.Map[string]{}, without(pet.Discriminator.Mapping, map[string]string{"Dog": "#/types/Dog", "Puppy": "#/types/Dog", "Pet": "#/types/Pet_base"}))
	// A base to which nothing refers stays one type.
	c, result := catalogue(t, in("#/components/schemas/", document(`"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/D/Cat"}}}}}`,
		`"Pet": {"type": "object", "discriminator": {"propertyName": "kind"}, "properties": {"kind": {"type": "string"}}}, `+heirs)))
	require.Equal(t, []string{"Cat", "Dog", "Pet", "Puppy"}, keys(c.Types))
	require.NotEmpty(t, result.Dropped)
}

func keys[V any](m spec.Map[V]) (out []string) {
	for _, e := range m {
		out = append(out, e.Key)
	}
	return out
}

// without returns the entries that are not among those that are wanted.
func without(m spec.Map[string], wanted map[string]string) spec.Map[string] {
	rest := spec.Map[string]{}
	for _, e := range m {
		if wanted[e.Key] != e.Value {
			rest = append(rest, e)
		}
	}
	return rest
}
