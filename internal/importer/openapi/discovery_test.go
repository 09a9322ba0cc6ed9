package openapi_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

// drive has each way in which a method of Google takes and gives media.
const drive = `{"kind": "discovery#restDescription", "name": "drive", "version": "v3", "title": "Drive", "rootUrl": "https://www.example.com/", "servicePath": "drive/v3/",
"parameters": {"alt": {"type": "string", "location": "query"}, "fields": {"type": "string", "description": "Members of the response.", "location": "query"}, "uploadType": {"type": "string", "location": "query"}},
"auth": {"oauth2": {"scopes": {"https://www.example.com/auth/drive": {"description": "See and change files."}}}},
"schemas": {"File": {"id": "File", "type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}},
"resources": {"files": {"methods": {
  "get": {"id": "drive.files.get", "path": "files/{fileId}", "httpMethod": "GET", "description": "Gets a file.", "parameters": {"fileId": {"type": "string", "location": "path", "required": true}},
    "response": {"$ref": "File"}, "scopes": ["https://www.example.com/auth/drive"], "supportsMediaDownload": true, "useMediaDownloadService": true},
  "export": {"id": "drive.files.export", "path": "files/{fileId}/export", "httpMethod": "GET", "parameters": {"fileId": {"type": "string", "location": "path", "required": true}},
    "scopes": ["https://www.example.com/auth/drive"], "supportsMediaDownload": true},
  "create": {"id": "drive.files.create", "path": "files", "httpMethod": "POST", "request": {"$ref": "File"}, "response": {"$ref": "File"}, "scopes": ["https://www.example.com/auth/drive"],
    "mediaUpload": {"accept": ["text/xml", "*/*"], "maxSize": "5497558138880", "protocols": {
      "simple": {"multipart": true, "path": "/upload/drive/v3/files"}, "resumable": {"multipart": true, "path": "/resumable/upload/drive/v3/files"}}}},
  "touch": {"id": "drive.files.touch", "path": "touch", "httpMethod": "POST", "scopes": ["https://www.example.com/auth/drive"], "mediaUpload": {}},
  "setIcon": {"id": "drive.files.setIcon", "path": "icons", "httpMethod": "PUT", "scopes": ["https://www.example.com/auth/drive"],
    "mediaUpload": {"accept": ["image/png", "image/jpeg"], "protocols": {"simple": {"multipart": true, "path": "/upload/drive/v3/icons"}}}}
}}}}`

func TestMediaOfADiscoveryDocumentIsDownloadedAndUploaded(t *testing.T) {
	result, err := openapi.ImportDiscovery(fstest.MapFS{"drive.json": {Data: []byte(drive)}}, "drive.json", openapi.Options{})
	require.NoError(t, err)
	files := fstest.MapFS{}
	for name, text := range result.Files {
		files[name] = &fstest.MapFile{Data: text}
	}
	c, findings := spec.Load(files, "scopes.yaml")
	require.NoError(t, findings.Err())
	generated, findings := scopegen.Generate(c, scopegen.Options{ImportPath: "x"})
	require.NoError(t, findings.Err())
	require.Equal(t, spec.Map[string]{{Key: "media", Value: "https://www.example.com"}}, withoutPlaces(c.OtherServers))
	var got []string
	for _, o := range c.Operations {
		line := strings.Join([]string{o.ID, o.Method, o.Server.Value + o.Path, strings.Join(keys(o.Body), " ")}, " ")
		for _, p := range o.Parameters {
			if p.In == "query" {
				line += " " + p.Name
			}
		}
		for _, r := range o.Responses {
			line += " " + r.Key + " " + strings.Join(keys(r.Value), " ")
		}
		got = append(got, strings.TrimSpace(line))
	}
	require.ElementsMatch(t, []string{
		"files.get GET /files/{fileId}  fields 200 application/json",
		"files.getMedia GET media/download/drive/v3/files/{fileId}?alt=media  200 */*",
		"files.export GET /files/{fileId}/export?alt=media  200 */*",
		"files.create POST /files application/json fields 200 application/json",
		"files.createWithMedia POST media/upload/drive/v3/files?uploadType=multipart multipart/related fields 200 application/json",
		"files.createMedia POST media/upload/drive/v3/files?uploadType=media */* fields 200 application/json",
		"files.touch POST /touch  204",
		"files.setIcon PUT /icons  204",
		"files.setIconMedia PUT media/upload/drive/v3/icons?uploadType=media image/png image/jpeg 204",
	}, got)
	var code strings.Builder
	for _, p := range generated {
		for _, f := range p.Files {
			code.Write(f.Content)
		}
	}
	text := strings.NewReplacer("( ", "(", ", )", ")").Replace(strings.Join(strings.Fields(code.String()), " "))
	for _, signature := range []string{
		"GetMedia(ctx context.Context, fileID string, opts ...runtime.CallOption) (*runtime.Stream, error)",
		"Export(ctx context.Context, fileID string, opts ...runtime.CallOption) (*runtime.Stream, error)",
		"CreateMedia(ctx context.Context, params FilesCreateMediaParams, contentType string, body io.Reader, opts ...runtime.CallOption) (*File, error)",
		"At most 5497558138880 bytes.",
		"SetIconMediaWithJpeg(ctx context.Context, body io.Reader, opts ...runtime.CallOption) error",
	} {
		require.Contains(t, text, signature)
	}
	left := said(result.Notes, openapi.LeftOut)
	require.Equal(t, 3, strings.Count(left, "\n"), left) // and the parameter alt
	require.Contains(t, left, "the resumable upload of media by files.create is left out: it takes several requests, and a call is one, which sends the whole media")
	require.Contains(t, left, "the upload of media by files.touch is left out: it has no path")
	require.Empty(t, said(result.Notes, openapi.Bent))
}

func withoutPlaces(m spec.Map[string]) spec.Map[string] {
	m = slices.Clone(m)
	for i := range m {
		m[i].Pos = spec.Position{}
	}
	return m
}

func FuzzImportDiscovery(f *testing.F) {
	f.Add(drive)
	f.Fuzz(func(t *testing.T, text string) { loads(t, text, openapi.ImportDiscovery) })
}
