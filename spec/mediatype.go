package spec

import (
	"mime"
	"strings"
)

// IsRange reports whether a media type is a range: image/* or */*. Who sends what is of
// one chooses the media type.
func IsRange(mediaType string) bool {
	essence, _, _ := strings.Cut(mediaType, ";")
	return strings.HasSuffix(strings.TrimSpace(essence), "/*")
}

// HasParts reports whether the members of an object are the parts of a body of a media
// type: those of multipart/form-data by name (RFC 7578), those of multipart/related in
// their order (RFC 2387).
func HasParts(mediaType string) bool {
	return mediaType == "multipart/form-data" || mediaType == "multipart/related"
}

// IsSequence reports whether a media type is a sequence of JSON values that are read
// one by one: server-sent events, lines of JSON, or a JSON text sequence (RFC 7464).
// The schema of such a response is that of one value; if that is a text, clients read
// the response as bytes.
func IsSequence(mediaType string) bool {
	essence, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		return false
	}
	switch essence {
	case "text/event-stream", "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/json-lines", "application/json-seq":
		return true
	}
	return strings.HasSuffix(essence, "+json-seq")
}

// IsJSON reports whether a media type is JSON: application/json, text/json, or
// one with the suffix +json (RFC 6839, section 3.1), in any case and with any
// parameters. A range such as */* is none: what is sent under it may be
// anything.
func IsJSON(mediaType string) bool {
	essence, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		return false
	}
	return essence == "application/json" || essence == "text/json" || strings.HasSuffix(essence, "+json")
}
