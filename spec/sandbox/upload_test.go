package sandbox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec/sandbox"
)

// uploadShop takes media in the way of Google's APIs: at a path of their own, alone or
// behind the metadata.
const uploadShop = `
api: {name: files, title: Files API, docs: https://files.example/docs}
servers: {test: 'https://files.example'}
token: {path: /token}
groups: [{title: All, scopes: [{scope: all, permits: Everything.}]}]
operations:
  - {id: add, method: POST, path: /files, requires: public, body: {application/json: {$ref: '#/types/File'}}, responses: {200: {application/json: {$ref: '#/types/File'}}}}
  - {id: get, method: GET, path: '/files/{file_id}', requires: public, parameters: [{name: file_id, in: path, schema: {type: string}}], responses: {200: {application/json: {$ref: '#/types/File'}}}}
  - {id: media, method: POST, path: '/upload/v1/files?type=media', requires: public, body: {'*/*': {type: string, format: binary}}, responses: {200: {application/json: {$ref: '#/types/File'}}}}
  - {id: both, method: POST, path: '/upload/v1/files?type=multipart', requires: public, body: {multipart/related: {type: object, required: [metadata, media], properties: {metadata: {$ref: '#/types/File'}, media: {type: string, format: binary}}}}, responses: {200: {application/json: {$ref: '#/types/File'}}}}
  - {id: change, method: PATCH, path: '/upload/v1/files/{file_id}', requires: public, parameters: [{name: file_id, in: path, schema: {type: string}}], body: {multipart/related: {type: object, required: [metadata, media], properties: {metadata: {$ref: '#/types/File'}, media: {type: string, format: binary}}}}, responses: {200: {application/json: {$ref: '#/types/File'}}}}
  - {id: scan, method: POST, path: /scans/files, requires: public, body: {'*/*': {type: string, format: binary}}, responses: {200: {application/json: {$ref: '#/types/Scan'}}}}
types:
  File: {type: object, properties: {id: {type: string}, name: {type: string}}}
  Scan: {type: object, required: [id], properties: {id: {type: string}}}
`

func TestWhatIsUploadedIsThere(t *testing.T) {
	a := serve(t, catalogue(t, uploadShop), sandbox.Config{})
	id := func(reply *reply) string { return reply.at("id").(string) }
	related := func(metadata string) (string, edit) {
		return "--b\r\nContent-Type: application/json\r\n\r\n" + metadata + "\r\n--b\r\nContent-Type: text/plain\r\n\r\nsome text\r\n--b--\r\n",
			header("Content-Type", "multipart/related; boundary=b")
	}
	alone := id(a.must(200, "POST", "/upload/v1/files?type=media", "some text", header("Content-Type", "text/plain")))
	a.must(200, "GET", "/files/"+alone, "")
	body, contentType := related(`{"name": "report"}`)
	both := id(a.must(200, "POST", "/upload/v1/files?type=multipart", body, contentType))
	require.NotEqual(t, alone, both)
	require.Equal(t, "report", a.must(200, "GET", "/files/"+both, "").at("name"))
	body, contentType = related(`{"name": "newer"}`)
	a.must(200, "PATCH", "/upload/v1/files/"+both, body, contentType)
	require.Equal(t, "newer", a.must(200, "GET", "/files/"+both, "").at("name"))
	a.must(404, "PATCH", "/upload/v1/files/nobody", body, contentType)
	scan := id(a.must(200, "POST", "/scans/files", "some text", header("Content-Type", "text/plain")))
	a.must(404, "GET", "/files/"+scan, "")
}
