package runtime_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
)

// readForm returns the parts of a request as "name|file name|media type|content".
func readForm(t *testing.T, contentType string, body io.Reader) (parts []string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	require.NoError(t, err)
	require.Equal(t, "multipart/form-data", kind)
	reader := multipart.NewReader(body, params["boundary"])
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return parts
		}
		require.NoError(t, err)
		content, err := io.ReadAll(part)
		require.NoError(t, err)
		parts = append(parts, strings.Join([]string{part.FormName(), part.FileName(), part.Header.Get("Content-Type"), string(content)}, "|"))
	}
}

func TestAFormIsSentPartByPartAndAgainWhenACallIsRepeated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, os.WriteFile(path, []byte("skipped, then read"), 0o600))
	for name, content := range map[string]func(*testing.T) io.Reader{
		"a file is read while it is sent": func(t *testing.T) io.Reader {
			f, err := os.Open(path)
			require.NoError(t, err)
			t.Cleanup(func() { _ = f.Close() })
			_, err = f.Seek(int64(len("skipped, ")), io.SeekStart)
			require.NoError(t, err)
			return f
		},
		"what cannot be read again is kept in memory": func(*testing.T) io.Reader { return io.MultiReader(strings.NewReader("then read")) },
	} {
		t.Run(name, func(t *testing.T) {
			var got [][]string
			var lengths []int64
			s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
				got = append(got, readForm(t, r.Header.Get("Content-Type"), r.Body))
				lengths = append(lengths, r.ContentLength)
				if len(got) == 1 {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			})
			request := runtime.UnlistedCall(http.MethodPut, "/things")
			request.Multipart(
				runtime.TextPart("title", `a "b"`),
				runtime.TextPart("tag", []string{"x", "y"}),
				runtime.TextPart("absent", runtime.Optional[string]{}),
				runtime.JSONPart("size", map[string]int{"width": 3}),
				runtime.FilePart("cover", runtime.File{Name: "a\"b\r\n.txt", ContentType: "text/plain", Content: content(t)}),
				runtime.FilePart("pages", runtime.Some([]runtime.File{{Content: bytes.NewReader(nil)}})),
			)
			_, err := runtime.Do(t.Context(), s.admin(), request)
			require.NoError(t, err)
			want := []string{
				`title|||a "b"`, "tag|||x", "tag|||y", `size||application/json|{"width":3}`,
				"cover|a%22b%0D%0A.txt|text/plain|then read", "pages|pages|application/octet-stream|",
			}
			require.Equal(t, [][]string{want, want}, got)
			require.Positive(t, lengths[0])
			require.Equal(t, lengths[0], lengths[1])
		})
	}
}

// The parts of multipart/related have no names, and the body says what its root is. A
// repeated call sends all of it again, whether or not its content can be read twice.
func TestRelatedPartsAreSentInTheirOrderAndAgainWhenACallIsRepeated(t *testing.T) {
	for name, content := range map[string]io.Reader{
		"read while it is sent": strings.NewReader("media"),
		"kept in memory":        io.MultiReader(strings.NewReader("media")),
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
				kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
				require.NoError(t, err)
				parts := kind + " of " + params["type"]
				reader := multipart.NewReader(r.Body, params["boundary"])
				for {
					part, err := reader.NextRawPart()
					if err == io.EOF {
						break
					}
					require.NoError(t, err)
					require.Empty(t, part.Header.Get("Content-Disposition"))
					text, err := io.ReadAll(part)
					require.NoError(t, err)
					parts += "|" + part.Header.Get("Content-Type") + " " + string(text)
				}
				if got = append(got, parts); len(got) == 1 {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			})
			request := runtime.UnlistedCall(http.MethodPut, "/things")
			request.Related(
				runtime.JSONPart("metadata", map[string]int{"width": 3}),
				runtime.FilePart("media", runtime.File{Name: "a.txt", ContentType: "text/plain", Content: content}),
			)
			_, err := runtime.Do(t.Context(), s.admin(), request)
			require.NoError(t, err)
			want := `multipart/related of application/json|application/json {"width":3}|text/plain media`
			require.Equal(t, []string{want, want}, got)
		})
	}
}
