package httpsig

import (
	"net/url"
	"strings"

	"github.com/scopegen/scopegen/runtime/httpsig/internal/sfv"
)

// parametrised returns the values of components with parameters, as RFC 9421 defines
// them, for one message.
func parametrised() special { return (&parsed{}).value }

// value returns the value of a component with parameters: of a field as bytes (section
// 2.1.3) or as a structured field (2.1.1, 2.1.2), or of a query parameter (2.2.8).
func (p *parsed) value(c component, values []string, query string) ([]byte, error) {
	switch {
	case c.flags&flagName != 0:
		return p.queryParam(query, c.arg)
	case c.flags&flagBS != 0:
		return byteSequences(values), nil
	case c.flags&flagKey != 0:
		return p.dictionaryMember(c, values)
	}
	value, err := p.structured(c.name, values)
	if err != nil {
		return nil, err
	}
	return structuredField(c.name, value)
}

// maxStructured is the length in bytes of all that is parsed of one message as
// structured fields. As maxMembers, it bounds the work for a message that nobody has
// signed: parsing costs many times what copying does.
const maxStructured = 64 << 10

// structured returns a field as one value that may be parsed as a structured field.
func (p *parsed) structured(name string, values []string) (string, error) {
	value := join(values)
	if p.structuredBytes += len(value); p.structuredBytes > maxStructured {
		return "", refuse(ErrComponent, "with the field %q, more than %d bytes would be parsed as structured fields; cover the whole field, without ;key and ;sf", name, maxStructured)
	}
	return value, nil
}

// byteSequences returns each line of a field as a byte sequence.
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

// parsed holds what was parsed of one message, so that each part is parsed once,
// however many components need it.
type parsed struct {
	query   map[string]queryValue            // by the encoded name
	fields  map[string]map[string]sfv.Member // by field and key; Kind 0 stands for a key that is there twice
	failure error                            // of parsing the query

	structuredBytes int // how many bytes were parsed as structured fields
}

// queryValue is the value of a query parameter.
type queryValue struct {
	raw     string // percent-encoded, as in the query
	several bool   // the parameter is there more than once
}

// maxMembers is how many parameters a query may have if one of them is covered by
// itself, and how many members a dictionary. It bounds the work for a message that
// nobody has signed.
const maxMembers = 1000

// dictionaryMember returns the value of one member of a dictionary.
func (p *parsed) dictionaryMember(c component, values []string) ([]byte, error) {
	members, ok := p.fields[c.name]
	if !ok {
		value, err := p.structured(c.name, values)
		if err != nil {
			return nil, err
		}
		if members, err = parseDictionary(c.name, value); err != nil {
			return nil, err
		}
		if p.fields == nil {
			p.fields = map[string]map[string]sfv.Member{}
		}
		p.fields[c.name] = members
	}
	member, ok := members[c.arg]
	switch {
	case !ok:
		return nil, refuse(ErrComponent, "the field %q has no member %q", c.name, c.arg)
	case member.Kind == 0:
		return nil, refuse(ErrComponent, "the field %q has the member %q twice", c.name, c.arg)
	}
	text, err := sfv.FormatMember(member)
	if err != nil {
		return nil, refuse(ErrComponent, "the field %q: %w", c.name, err)
	}
	return text, nil
}

// parseDictionary returns the members of a dictionary by their keys.
func parseDictionary(name, value string) (map[string]sfv.Member, error) {
	found := map[string]sfv.Member{}
	n := 0
	walk := sfv.Dictionary(value)
	for walk.Next() {
		if n++; n > maxMembers {
			return nil, refuse(ErrComponent, "the field %q has more than %d members; cover the whole field", name, maxMembers)
		}
		if _, twice := found[walk.Key]; twice {
			found[walk.Key] = sfv.Member{}
			continue
		}
		found[walk.Key] = walk.Member
	}
	if err := walk.Err(); err != nil {
		return nil, refuse(ErrComponent, "the field %q: %w", name, err)
	}
	return found, nil
}

// structuredField returns the value of a field in canonical form. The field must be one
// whose type is known.
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
		return nil, refuse(ErrComponent, "the type of the structured field %q is unknown; cover the field without ;sf", name)
	}
	if err != nil {
		return nil, refuse(ErrComponent, "the field %q: %w", name, err)
	}
	return text, nil
}

// queryParam returns the value of a query parameter, decoded and encoded again (RFC
// 9421, section 2.2.8). The name is the encoded one.
func (p *parsed) queryParam(query, name string) ([]byte, error) {
	if p.query == nil && p.failure == nil {
		p.query, p.failure = parseQuery(query)
	}
	if p.failure != nil {
		return nil, p.failure
	}
	value, ok := p.query[name]
	switch {
	case !ok:
		return nil, refuse(ErrComponent, "the query has no parameter %q", name)
	case value.several:
		return nil, refuse(ErrComponent, "the query has the parameter %q several times", name)
	}
	plain, err := url.QueryUnescape(value.raw)
	return appendFormEncoded(nil, plain), err
}

// parseQuery returns the parameters of a query by their encoded names.
func parseQuery(query string) (map[string]queryValue, error) {
	found := map[string]queryValue{}
	n := 0
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		if n++; n > maxMembers {
			return nil, refuse(ErrComponent, "the query has more than %d parameters; cover @query", maxMembers)
		}
		key, value, _ := strings.Cut(pair, "=")
		key, errKey := url.QueryUnescape(key)
		_, errValue := url.QueryUnescape(value)
		if errKey != nil || errValue != nil {
			return nil, refuse(ErrComponent, "the query parameter %.100q is not percent-encoded properly", pair)
		}
		name := string(appendFormEncoded(nil, key))
		_, several := found[name]
		found[name] = queryValue{value, several}
	}
	return found, nil
}

// appendFormEncoded appends text with percent-encoding for everything but letters,
// digits, "*", "-", "." and "_" (RFC 9421, section 2.2.8).
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
