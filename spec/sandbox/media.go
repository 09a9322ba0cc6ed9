package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// content is the form of a response: the first success status for which the catalogue
// states a media type that was asked for, and that media type.
type content struct {
	status    int
	mediaType string // "" for no body
	schema    *spec.Schema
}

// negotiate returns the form of the response by the request's Accept header (RFC
// 9110, section 12.5.1).
func negotiate(op *spec.Operation, accept []string) (content, *problem) {
	if len(op.Responses) == 0 {
		return content{status: http.StatusNoContent}, nil
	}
	var offered []string
	for i, response := range op.Responses {
		c := content{status: http.StatusOK}
		if status, err := strconv.Atoi(response.Key); err == nil && status >= 200 && status <= 399 {
			c.status = status
		}
		if i == 0 && len(response.Value) == 0 {
			return c, nil
		}
		best := -1.0
		for _, entry := range response.Value {
			if q := quality(strings.Join(accept, ","), entry.Key); q > 0 && q > best {
				best, c.mediaType, c.schema = q, entry.Key, entry.Value
			}
			if !slices.Contains(offered, entry.Key) {
				offered = append(offered, entry.Key)
			}
		}
		if best >= 0 {
			return c, nil
		}
	}
	return content{}, refuse(http.StatusNotAcceptable, fmt.Sprintf("accept is %q; %s answers with %s", strings.Join(accept, ", "), op.ID, strings.Join(offered, ", ")))
}

// quality returns how much a media type is wanted, from 0 for not at all to 1. The
// most specific range that matches decides.
func quality(accept, mediaType string) float64 {
	if strings.TrimSpace(accept) == "" {
		return 1
	}
	essence, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		essence = strings.ToLower(mediaType)
	}
	found, rank := 0.0, -1
	for part := range strings.SplitSeq(accept, ",") {
		wanted, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		r := 2
		switch {
		case wanted == "*/*" || essence == "*/*":
			r = 0
		case strings.HasSuffix(wanted, "/*") && strings.HasPrefix(essence, strings.TrimSuffix(wanted, "*")):
			r = 1
		case wanted != essence && !matches(essence, wanted):
			continue
		}
		q := 1.0
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil || q < 0 || q > 1 {
				q = 1
			}
		}
		if r > rank {
			found, rank = q, r
		}
	}
	return found
}

// servedAsJSON reports whether a response that the catalogue describes by this media
// type or range and schema is made as JSON. For */* the server may choose a type, and
// the sandbox chooses JSON unless the schema is that of bytes.
func servedAsJSON(mediaRange string, schema *spec.Schema) bool {
	return spec.IsJSON(mediaRange) || mediaRange == "*/*" && (schema == nil || schema.Format != "binary")
}

// show returns a response that shows an object in the operation's type.
func (s *Server) show(rt *route, o *object, c content) (*response, *problem) {
	return s.showAs(rt, o, c, &maker{schemas: s.schemas, seed: o.seed(), now: o.made, related: s.relatedID})
}

func (s *Server) showAs(_ *route, o *object, c content, m *maker) (*response, *problem) {
	if c.mediaType == "" {
		header := http.Header{}
		if c.status >= 300 && c.status <= 399 {
			header.Set("Location", "/"+uuidOf(m.seed))
		}
		return &response{status: c.status, header: header}, nil
	}
	if !servedAsJSON(c.mediaType, c.schema) {
		return sample(c, m), nil
	}
	return jsonResponseOf(c, m.object(c.schema, o.members))
}

func jsonResponseOf(c content, value any) (*response, *problem) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, refuse(http.StatusInternalServerError, err.Error())
	}
	mediaType := c.mediaType
	if mediaType == "*/*" {
		mediaType = "application/json"
	}
	return &response{status: c.status, header: http.Header{"Content-Type": {mediaType}}, body: body}, nil
}

// sample returns a response whose body is of a media type that is not JSON.
func sample(c content, m *maker) *response {
	essence, _, err := mime.ParseMediaType(c.mediaType)
	if err != nil {
		essence = c.mediaType
	}
	mediaType := c.mediaType
	var body []byte
	switch {
	case essence == "application/pdf":
		body = samplePDF()
	case essence == "image/png":
		body = samplePNG
	case essence == "image/gif", essence == "image/*":
		mediaType = strings.Replace(mediaType, "*", "gif", 1)
		body = sampleGIF
	case essence == "text/csv":
		body = []byte("id,name\r\n1,example\r\n")
	case spec.IsSequence(essence):
		before, after := "", "\n"
		switch {
		case essence == "text/event-stream":
			before, after = "data: ", "\n\n"
		case strings.HasSuffix(essence, "json-seq"):
			before = "\x1e"
		}
		seed := m.seed
		for n := range 3 {
			m.seed = seed + "/" + strconv.Itoa(n)
			if text, err := json.Marshal(m.object(c.schema, nil)); err == nil {
				if essence == "text/event-stream" {
					body = fmt.Appendf(body, "id: %d\n", n+1)
				}
				body = append(body, before+string(text)+after...)
			}
		}
	case essence == formType:
		form := url.Values{}
		if members, ok := m.object(c.schema, nil).(map[string]any); ok {
			for name, value := range members {
				form.Set(name, scalarText(value))
			}
		}
		body = []byte(form.Encode())
	case strings.HasSuffix(essence, "xml"):
		body = []byte("<?xml version=\"1.0\"?>\n<example/>\n")
	case strings.HasPrefix(essence, "text/"):
		mediaType = strings.Replace(mediaType, "*", "plain", 1)
		text, _ := m.object(c.schema, nil).(string)
		body = []byte(cmp.Or(text, "example"))
	default:
		mediaType = strings.NewReplacer("*/*", "application/octet-stream", "*", "octet-stream").Replace(mediaType)
		body = []byte("example")
	}
	return &response{status: c.status, header: http.Header{"Content-Type": {mediaType}}, body: body}
}

// samplePDF is a document of one empty page (ISO 32000-1, 7.5).
func samplePDF() []byte {
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>",
	}
	var out strings.Builder
	out.WriteString("%PDF-1.4\n")
	var table strings.Builder
	for i, text := range objects {
		fmt.Fprintf(&table, "%010d 00000 n \n", out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, text)
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n%s", len(objects)+1, table.String())
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return []byte(out.String())
}

// Pictures of one pixel.
var (
	sampleGIF = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")
	samplePNG = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU\x00\x00\x00\nIDATx\x9cc`\x00\x00\x00\x02\x00\x01H\xaf\xa4q\x00\x00\x00\x00IEND\xaeB`\x82")
)

func fillSegment(s segment, values map[string]string) string {
	var out strings.Builder
	for i, literal := range s.Literals {
		out.WriteString(escapeSegment(literal))
		if i < len(s.Names) {
			escape := escapeSegment
			if s.Many {
				escape = escapeSegments
			}
			out.WriteString(escape(values[s.Names[i]]))
		}
	}
	return out.String()
}

func escapeSegment(text string) string { return url.PathEscape(text) }

func escapeSegments(text string) string {
	return strings.ReplaceAll(url.PathEscape(text), "%2F", "/")
}
