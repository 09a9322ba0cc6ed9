package httpsig

import (
	"net/url"
	"strings"

	"github.com/scopegen/scopegen/runtime/httpsig/internal/sfv"
)

// parametrised is the special of RFC 9421: fields read as bytes (section
// 2.1.3) or as structured fields (2.1.1, 2.1.2), and query parameters (2.2.8).
func parametrised(c component, values []string, query string) ([]byte, error) {
	switch {
	case c.flags&flagName != 0:
		return queryParam(query, c.arg)
	case c.flags&flagBS != 0:
		return byteSequences(values), nil
	case c.flags&flagKey != 0:
		return dictionaryMember(c, join(values))
	}
	return structuredField(c.name, join(values))
}

func byteSequences(values []string) []byte {
	var text []byte
	for i, value := range values {
		if i > 0 {
			text = append(text, ", "...)
		}
		text = sfv.AppendBytes(text, []byte(trim(value)))
	}
	return text
}

func dictionaryMember(c component, value string) ([]byte, error) {
	var member sfv.Member
	members := sfv.Dictionary(value)
	for members.Next() {
		if members.Key == c.arg {
			if member.Kind != 0 {
				return nil, refuse(ErrComponent, "the field %q has the member %q twice", c.name, c.arg)
			}
			member = members.Member
		}
	}
	if err := members.Err(); err != nil {
		return nil, refuse(ErrComponent, "field %q: %w", c.name, err)
	}
	if member.Kind == 0 {
		return nil, refuse(ErrComponent, "the field %q has no member %q", c.name, c.arg)
	}
	text, err := sfv.FormatMember(member)
	if err != nil {
		return nil, refuse(ErrComponent, "field %q: %w", c.name, err)
	}
	return text, nil
}

// structuredField returns a field in canonical form, whose type must be known.
func structuredField(name, value string) ([]byte, error) {
	var text []byte
	var err error
	switch name {
	case "accept-ch", "cache-status", "client-cert-chain", "proxy-status":
		text, err = sfv.FormatList(value)
	case "accept-signature", "cdn-cache-control", "content-digest", "priority", "repr-digest",
		"signature", "signature-input", "want-content-digest", "want-repr-digest":
		text, err = sfv.FormatDictionary(value)
	case "client-cert", "cross-origin-embedder-policy", "cross-origin-opener-policy", "deprecation",
		"idempotency-key", "origin-agent-cluster":
		text, err = sfv.FormatItem(value)
	default:
		return nil, refuse(ErrComponent, "%q is not known as a structured field; cover it without ;sf", name)
	}
	if err != nil {
		return nil, refuse(ErrComponent, "field %q: %w", name, err)
	}
	return text, nil
}

// queryParam returns a query parameter, decoded and encoded again (RFC
// 9421, section 2.2.8). The name is compared in its encoded form.
func queryParam(query, name string) ([]byte, error) {
	var text []byte
	found := false
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		key, errKey := url.QueryUnescape(key)
		value, errValue := url.QueryUnescape(value)
		if errKey != nil || errValue != nil {
			return nil, refuse(ErrComponent, "the query parameter %q is not percent-encoded properly", pair)
		}
		if pair == "" || string(appendFormEncoded(nil, key)) != name {
			continue
		}
		if found {
			return nil, refuse(ErrComponent, "the query has the parameter %q several times", name)
		}
		found = true
		text = appendFormEncoded(nil, value)
	}
	if !found {
		return nil, refuse(ErrComponent, "the query has no parameter %q", name)
	}
	return text, nil
}

// appendFormEncoded percent-encodes as RFC 9421, section 2.2.8, says: all but
// letters, digits and *-._, a space as %20.
func appendFormEncoded(dst []byte, text string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("*-._", c) >= 0 {
			dst = append(dst, c)
			continue
		}
		dst = append(dst, '%', hex[c>>4], hex[c&15])
	}
	return dst
}
