package runtime

import (
	"net/http"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// apiFields are the header fields that an API defines, prepared once for a
// session: their names are canonical and the client id is filled in.
type apiFields struct {
	constant    []field // sent with every request
	signed      bool    // requests carry a signature
	idempotency string  // carries an idempotency key
	requestID   string  // the field of a response that identifies the request; "" for none
}

type field struct{ name, value string }

func newAPIFields(api *clientimpl.API, clientID string) apiFields {
	fields := apiFields{
		signed:      api.Signing != nil,
		idempotency: "Idempotency-Key",
		requestID:   http.CanonicalHeaderKey(api.RequestID),
	}
	if api.Idempotency != "" {
		fields.idempotency = http.CanonicalHeaderKey(api.Idempotency)
	}
	for name, value := range api.Headers {
		fields.constant = append(fields.constant, field{http.CanonicalHeaderKey(name), strings.ReplaceAll(value, "{client_id}", clientID)})
	}
	return fields
}

// has reports whether a constant field has the canonical name, or a field of a signature
// if the API has requests signed. Without that an API may ask for a digest or a signature
// as its own kind of them, which a caller gives.
func (f *apiFields) has(name string) bool {
	switch name {
	case "Content-Digest", "Digest", "Signature", "Signature-Input":
		if f.signed {
			return true
		}
	}
	return slices.ContainsFunc(f.constant, func(c field) bool { return c.name == name })
}

// header returns the constant fields and those fields of more that have a value.
// The map has room for the fields of a signature.
func (f *apiFields) header(more ...field) http.Header {
	header := make(http.Header, 16)
	values := make([]string, 0, len(f.constant)+len(more))
	for i, list := range [...][]field{f.constant, more} {
		for _, one := range list {
			if i == 0 || one.value != "" {
				values = append(values, one.value)
				header[one.name] = values[len(values)-1 : len(values) : len(values)]
			}
		}
	}
	return header
}
