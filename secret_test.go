package scopegen_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen"
)

const vault = `
api: {name: vault, title: Vault}
servers: {main: https://vault.example}
token: {path: /token}
groups:
  - title: Keys
    scopes:
      - {scope: "keys:read", permits: Read keys.}
operations:
  - id: get_key
    method: GET
    path: /keys
    requires: {scope: "keys:read"}
    parameters: [PARAMETERS]
    responses: {200: {application/json: {$ref: '#/types/Key'}}}
types:
  Password: {type: string, format: password}
  Word: {type: string}
  Key: SCHEMA
`

func vaultWith(parameters, schema string) string {
	return strings.NewReplacer("PARAMETERS", parameters, "SCHEMA", schema).Replace(vault)
}

func TestAMemberIsASecretHoweverTheCatalogueWritesIt(t *testing.T) {
	for name, member := range map[string]string{
		"Plain":              `{type: string, format: password}`,
		"Nullable":           `{type: [string, 'null'], format: password}`,
		"NullBesideIt":       `{format: password, oneOf: [{type: string}, {type: 'null'}]}`,
		"ByName":             `{$ref: '#/types/Password'}`,
		"ByNameOrNull":       `{anyOf: [{$ref: '#/types/Password'}, {type: 'null'}]}`,
		"ListByName":         `{type: array, items: {$ref: '#/types/Password'}}`,
		"List":               `{type: array, items: {type: string, format: password}}`,
		"MapOfLists":         `{type: object, additionalProperties: {type: array, items: {type: string, format: password}}}`,
		"PartOfAnAllOf":      `{allOf: [{type: string, format: password}, {maxLength: 9}]}`,
		"BesideAnAllOf":      `{format: password, allOf: [{$ref: '#/types/Word'}]}`,
		"OneOfSeveral":       `{oneOf: [{type: string, format: password}, {type: string, maxLength: 9}]}`,
		"OneOfSeveralByName": `{anyOf: [{$ref: '#/types/Word'}, {$ref: '#/types/Password'}]}`,
		"WithoutType":        `{format: password}`,
		"Enum":               `{type: string, enum: [a, b], format: password}`,
		"GoType":             `{type: string, format: password, go_type: encoding/json.Number}`,
	} {
		t.Run(name, func(t *testing.T) {
			files := generate(t, load(t, vaultWith("", `{type: object, properties: {secret: `+member+`}}`)), "example.com/vault")
			require.Contains(t, files["keys/types.go"], "Key) Format(state fmt.State, _ rune) {")
			require.Contains(t, files["keys/types.go"], "Key) LogValue() slog.Value {")
		})
	}
	files := generate(t, load(t, vaultWith("", `{type: object, properties: {word: {$ref: '#/types/Word'}}}`)), "example.com/vault")
	require.NotContains(t, files["keys/types.go"], "Key) Format(")
}

func TestAParameterMakesWayForTheMethodsThatHideASecret(t *testing.T) {
	const pin, format = `{name: pin, in: query, schema: {type: string, format: password}}`, `{name: format, in: query, schema: {type: string}}`
	files := generate(t, load(t, vaultWith(format, `{type: string}`)), "example.com/vault")
	require.Regexp(t, `\tFormat +runtime.Optional`, files["keys/types.go"])
	files = generate(t, load(t, vaultWith(pin+", "+format, `{type: string}`)), "example.com/vault")
	require.Regexp(t, `\tFormatParam +runtime.Optional`, files["keys/types.go"])
	require.Contains(t, files["keys/operations.go"], `request.Query("format", params.FormatParam)`)

	_, findings := scopegen.Generate(load(t, vaultWith(pin+", "+format+`, {name: format_param, in: query, schema: {type: string}}`, `{type: string}`)), scopegen.Options{ImportPath: "example.com/vault"})
	require.ErrorContains(t, findings.Err(), "both become the Go field FormatParam")
}
