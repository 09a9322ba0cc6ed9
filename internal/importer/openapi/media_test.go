package openapi_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

// catalogue imports a document, and returns the catalogue, from which clients can be
// generated.
func catalogue(t *testing.T, text string) (*spec.Catalogue, *openapi.Result) {
	t.Helper()
	result := importText(t, text, nil)
	files := fstest.MapFS{}
	for name, text := range result.Files {
		files[name] = &fstest.MapFile{Data: text}
	}
	c, findings := spec.Load(files, "scopes.yaml")
	require.NoError(t, findings.Err())
	_, findings = scopegen.Generate(c, scopegen.Options{ImportPath: "x"})
	require.NoError(t, findings.Err())
	return c, result
}

// A body in several media types has a method for each, but one alone for those that hold
// the same.
func TestABodyOfSeveralMediaTypes(t *testing.T) {
	const bytes, bare = `{"schema": {"type": "string", "format": "binary"}}`, `{}`
	const same, other, form = `{"schema": {"$ref": "#/components/schemas/A"}}`, `{"schema": {"type": "string"}}`, `{"schema": {"$ref": "#/components/schemas/F"}}`
	for name, c := range map[string]struct {
		content string
		want    []string
	}{
		"the same in several forms":   {`"application/xml": ` + same + `, "text/json": ` + same + `, "application/json; charset=utf-8": ` + same, []string{"application/json"}},
		"one that is a range":         {`"*/*": ` + form + `, "multipart/form-data": ` + form, []string{"multipart/form-data"}},
		"a file is no JSON":           {`"application/json": ` + form + `, "multipart/form-data": ` + form, []string{"multipart/form-data"}},
		"different content":           {`"text/plain": ` + other + `, "application/json": ` + same, []string{"text/plain", "application/json"}},
		"two spellings of one form":   {`"application/json": ` + same + `, "application/xml": ` + other + `, "text/xml": ` + `{"schema": {"type": "string", "maxLength": 3}}`, []string{"application/json", "application/xml", "text/xml"}},
		"bytes of two kinds":          {`"image/png": ` + bytes + `, "image/jpeg": ` + bytes, []string{"image/png", "image/jpeg"}},
		"a range with others in it":   {`"image/png": ` + bare + `, "image/*": ` + bare + `, "text/csv": ` + bare, []string{"image/*", "text/csv"}},
		"any bytes":                   {`"application/json": ` + same + `, "*/*": ` + bare + `, "image/png": ` + bare, []string{"application/json", "*/*"}},
		"related parts":               {`"multipart/related": ` + form, []string{"multipart/related"}},
		"changes said in other words": {`"application/json-patch+json": ` + same + `, "application/merge-patch+json": ` + same, []string{"application/json-patch+json", "application/merge-patch+json"}},
	} {
		t.Run(name, func(t *testing.T) {
			c2, result := catalogue(t, document(`"requestBody": {"required": true, "content": {`+c.content+`}}, "responses": {"204": {"description": ""}}`,
				`"A": {"type": "object", "properties": {"name": {"type": "string"}}}, "F": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}`))
			require.Equal(t, c.want, keys(c2.Operations[0].Body))
			require.Empty(t, said(result.Notes, openapi.Bent))
		})
	}
	c, result := catalogue(t, document(`"requestBody": {"required": true, "content": {"*/*": `+same+`}}, "responses": {"200": {"description": "", "content": {"image/*": {}}}}`,
		`"A": {"type": "object", "properties": {"name": {"type": "string"}}}`))
	require.Equal(t, []string{"application/json"}, keys(c.Operations[0].Body))
	require.Contains(t, said(result.Notes, openapi.Bent), "*/* of things is taken for application/json")
	require.Equal(t, []string{"image/*"}, keys(c.Operations[0].Responses[0].Value))
	_, result = catalogue(t, document(`"requestBody": {"content": {"application/json": `+same+`, "application/xml": `+same+`}}, "responses": {"204": {"description": ""}}`,
		`"A": {"type": "object", "properties": {"name": {"type": "string"}}}`))
	require.Equal(t, 1, result.Dropped["application/xml for bodies that can be application/json too"])
}

// A document that calls a body of bytes base 64 mostly means the bytes; import says what
// clients send.
func TestBytesOfWhichADocumentSaysThatTheyAreEncodedAreNamed(t *testing.T) {
	for schema, encoding := range map[string]string{
		`{"type": "string", "format": "byte"}`: "base64", `{"type": "string", "contentEncoding": "base64url"}`: "base64url", `{"type": "string", "format": "binary"}`: "",
	} {
		_, result := catalogue(t, `{"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": {"/a": {"put": {"operationId": "upload",
			"requestBody": {"content": {"image/png": {"schema": `+schema+`}}}, "responses": {"204": {"description": ""}}}}}}`)
		bent := said(result.Notes, openapi.Bent)
		if encoding == "" {
			require.NotContains(t, bent, "encode", schema)
		} else {
			require.Contains(t, bent, "image/png of upload_body is bytes as the caller writes or reads them, which the client does not encode: if the API means that they are in "+encoding+", the caller encodes and decodes them", schema)
		}
	}
}

// By its text a body is optional where OpenAPI does not say that it is required, which most
// documents forget. One whose members are required is taken as required, and told.
func TestABodyWithRequiredMembersIsRequired(t *testing.T) {
	const needy = `{"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}`
	for name, test := range map[string]struct {
		required, schema string
		optional, told   bool
	}{
		"said":                {`"required": true, `, needy, false, false},
		"denied":              {`"required": false, `, needy, true, false},
		"forgotten":           {``, needy, false, true},
		"forgotten in a part": {``, `{"allOf": [{"$ref": "#/components/schemas/A"}, {"type": "object"}]}`, false, true},
		"no required members": {``, `{"type": "object", "properties": {"name": {"type": "string"}}}`, true, false},
		"parts without end":   {``, `{"allOf": [{"$ref": "#/components/schemas/Loop"}]}`, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			result := importText(t, document(`"requestBody": {`+test.required+`"content": {"application/json": {"schema": `+test.schema+`}}}, "responses": {"204": {"description": ""}}`,
				`"A": `+needy+`, "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}, {"$ref": "#/components/schemas/Loop"}]}`), nil)
			optional := false
			for _, file := range result.Files {
				optional = optional || strings.Contains(string(file), "body_optional: true")
			}
			require.Equal(t, test.optional, optional)
			require.Equal(t, test.told, strings.Contains(said(result.Notes, openapi.Assumed), "has required members"))
		})
	}
}

// A redirect is a result, but for one that says beside a result that something has moved.
func TestARedirect(t *testing.T) {
	const found, moved, ok = `"302": {"description": "", "headers": {"Location": {"schema": {"type": "string"}}}}`, `"301": {"description": ""}`, `"200": {"description": "", "content": {"application/json": {"schema": {"type": "string"}}}}`
	for responses, want := range map[string][]string{
		found:             {"302"},
		found + ", " + ok: {"200", "302"},
		moved + ", " + ok: {"200"},
		moved:             {"301"},
		found + `, "default": {"description": "done"}`: {"302"},
	} {
		c, result := catalogue(t, document(`"responses": {`+responses+`}`, ""))
		require.Equal(t, want, keys(c.Operations[0].Responses), responses)
		require.Empty(t, said(result.Notes, openapi.Bent))
	}
}

// The members of a form are its parts, and files are files in the words of each version.
func TestAFormWithFiles(t *testing.T) {
	const parts = `"title": {"type": "string"}, "scans": {"type": "array", "items": `
	for name, text := range map[string]string{
		"3.0": document(`"requestBody": {"content": {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/F"}}}}, "responses": {"204": {"description": ""}}`,
			`"F": {"type": "object", "properties": {`+parts+`{"type": "string", "format": "binary"}}}}`),
		"3.1": document(`"requestBody": {"content": {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/F"}}}}, "responses": {"204": {"description": ""}}`,
			`"F": {"type": "object", "properties": {`+parts+`{"contentMediaType": "application/pdf"}}}}`),
		"2.0": `{"swagger": "2.0", "info": {"title": "Shop", "version": "1"}, "host": "api.example.com", "consumes": ["multipart/form-data"], "paths": {"/things": {"post": {"operationId": "things", "security": [],
			"parameters": [{"name": "title", "in": "formData", "type": "string"}, {"name": "scans", "in": "formData", "type": "file"}], "responses": {"204": {"description": ""}}}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			c, result := catalogue(t, text)
			body := c.Operations[0].Body
			require.Equal(t, []string{"multipart/form-data"}, keys(body))
			form := body[0].Value
			if form.Ref != "" {
				form, _ = c.Types.Get("F")
			}
			scans, _ := form.Properties.Get("scans")
			if scans.Items != nil {
				scans = scans.Items
			}
			require.Equal(t, "binary", scans.Format)
			require.Empty(t, said(result.Notes, openapi.Bent))
		})
	}
}

// The type of a sequence is that of one value, wherever the document states it.
// What clients send otherwise than the document encodes it is named, each part.
func TestPartsThatAreEncodedOtherwiseAreNamed(t *testing.T) {
	form := `{"type": "object", "properties": {
  "cover": {"type": "string", "format": "binary"}, "about": {"type": "object", "properties": {"a": {"type": "string"}}}, "deep": {"type": "object", "properties": {"a": {"type": "string"}}},
  "vendor": {"type": "object", "properties": {"a": {"type": "string"}}}, "tags": {"type": "array", "items": {"type": "string"}}, "many": {"type": "array", "items": {"type": "string"}}, "table": {"type": "string"}, "plain": {"type": "string"}}}`
	encoding := `{"cover": {"contentType": "image/png, image/jpeg", "headers": {"X-A": {"schema": {"type": "string"}}}}, "about": {"contentType": "application/json"}, "deep": {"style": "deepObject"},
  "vendor": {"contentType": "application/xml"}, "tags": {"style": "form", "explode": false}, "many": {"style": "form"}, "table": {"contentType": "text/csv"}, "plain": {"contentType": "text/plain; charset=utf-8"}, "gone": {}}`
	_, result := catalogue(t, document(`"requestBody": {"required": true, "content": {"multipart/form-data": {"schema": `+form+`, "encoding": `+encoding+`}}}, "responses": {"204": {"description": ""}}`, ""))
	parts := regexp.MustCompile(`the (?:encoding of the |header of the )?part .*`).FindAllString(said(result.Notes, openapi.Bent)+said(result.Notes, openapi.LeftOut), -1)
	require.ElementsMatch(t, []string{
		`the part "cover" of things is a file of the media type image/png, image/jpeg: the caller gives it`,
		`the part "deep" of things is sent as JSON, and not as a part for each of its members`,
		`the part "vendor" of things is sent as application/json, and not as application/xml`,
		`the part "tags" of things is sent once for each of its items, and not in one text`,
		`the part "table" of things is sent as a text, and not as text/csv`,
		`the header of the part "cover" of things is left out: of a part, clients send the name and the media type alone`,
		`the encoding of the part "gone" of things is left out: no such part is described`,
	}, parts)
	_, result = catalogue(t, document(`"requestBody": {"required": true, "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"ids": {"type": "array", "items": {"type": "string"}}}},
  "encoding": {"ids": {"style": "pipeDelimited", "explode": false}}}}}, "responses": {"204": {"description": ""}}`, ""))
	require.Contains(t, said(result.Notes, openapi.Bent), `the part "ids" of things is sent once for each of its items, and not in one text`)
}

func TestASequenceOfValuesKeepsTheirType(t *testing.T) {
	const a = `{"$ref": "#/components/schemas/A"}`
	for media, want := range map[string]string{
		`"text/event-stream": {"schema": ` + a + `}`:                                                 "A",
		`"text/event-stream": {"itemSchema": ` + a + `}`:                                             "A",
		`"application/jsonl": {"schema": {"type": "array", "items": ` + a + `}}`:                     "A",
		`"application/jsonl": {"schema": {"type": "string"}}`:                                        "",
		`"application/x-ndjson": {"itemSchema": ` + a + `, "schema": {"type": "array"}}`:             "A",
		`"text/event-stream": {"itemSchema": {"type": "object", "properties": {"data": ` + a + `}}}`: "GetAResponse",
	} {
		c, _ := catalogue(t, `{"openapi": "3.2.0", "info": {"title": "A", "version": "1"}, "components": {"schemas": {"A": {"type": "object"}}},
  "paths": {"/a": {"get": {"operationId": "getA", "responses": {"200": {"description": "", "content": {`+media+`}}}}}}}`)
		schema := c.Operations[0].Responses[0].Value[0].Value
		if want == "GetAResponse" {
			require.Equal(t, "object", schema.JSONType(), media)
			continue
		}
		require.Equal(t, want, schema.RefName(), media)
	}
}
