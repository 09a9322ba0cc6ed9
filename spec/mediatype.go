package spec

import (
	"mime"
	"strings"
)

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
