package sandbox

import (
	"net/http"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// addHeaders adds examples of the header fields that the catalogue states for the
// responses of an operation, apart from those that are there, those that describe
// the body or the connection, which are as they are, and links from the last page.
func (s *Server) addHeaders(header http.Header, op *spec.Operation) {
	style, _ := s.catalogue.Paging.Get(op.Paging.Value)
	for _, e := range op.ResponseHeaders {
		switch lower := strings.ToLower(e.Key); lower {
		case "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "trailer", "upgrade", "date":
			continue
		}
		if header.Get(e.Key) != "" || style.Kind == "link" && strings.EqualFold(e.Key, "Link") {
			continue
		}
		m := &maker{schemas: s.schemas, seed: "header " + strings.ToLower(e.Key)}
		var texts []string
		switch value := m.object(e.Value, nil).(type) {
		case []any:
			for _, item := range value {
				texts = append(texts, scalarText(item))
			}
		default:
			texts = append(texts, scalarText(value))
		}
		text := strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return -1
			}
			return r
		}, strings.Join(texts, ", "))
		header.Set(e.Key, strings.TrimSpace(text))
	}
}
