package httpsig

import (
	"net/url"
	"strings"

	"github.com/scopegen/scopegen/runtime/httpsig/internal/sfv"
)

// parametrised returns the special of RFC 9421 for one message.
func parametrised() special { return (&parsed{}).value }

// value returns the value of a component with parameters: fields read as bytes (section
// 2.1.3) or as structured fields (2.1.1, 2.1.2), and query parameters (2.2.8).
func (p *parsed) value(c component, values []string, query string) ([]byte, error) {
	switch {
	case c.flags&flagName != 0:
		return p.queryParam(query, c.arg)
	case c.flags&flagBS != 0:
		return byteSequences(values), nil
	case c.flags&flagKey != 0:
		return p.dictionaryMember(c, values)
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

// parsed is what was parsed of one message, once, however many components ask for
// a part of it.
type parsed struct {
	query   map[string]queryValue
	fields  map[string]map[string]sfv.Member // by field and member; Kind 0: it is there twice
	failure error                            // of parsing the query
}

// queryValue is the value of a query parameter, still as it is in the query.
type queryValue struct {
	raw     string
	several bool
}

// maxMembers bounds how many parameters a query, and members a field, may have of
// which one is covered by itself.
const maxMembers = 1000

func (p *parsed) dictionaryMember(c component, values []string) ([]byte, error) {
	members, ok := p.fields[c.name]
	if !ok {
		var err error
		if members, err = parseDictionary(c.name, join(values)); err != nil {
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
		return nil, refuse(ErrComponent, "field %q: %w", c.name, err)
	}
	return text, nil
}

func parseDictionary(name, value string) (map[string]sfv.Member, error) {
	found := map[string]sfv.Member{}
	n := 0
	walk := sfv.Dictionary(value)
	for walk.Next() {
		if n++; n > maxMembers {
			return nil, refuse(ErrComponent, "the field %q has more than %d members; cover it as a whole", name, maxMembers)
		}
		if _, twice := found[walk.Key]; twice {
			found[walk.Key] = sfv.Member{}
			continue
		}
		found[walk.Key] = walk.Member
	}
	if err := walk.Err(); err != nil {
		return nil, refuse(ErrComponent, "field %q: %w", name, err)
	}
	return found, nil
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

// queryParam returns a query parameter, decoded and encoded again (RFC 9421,
// section 2.2.8). The name is compared in its encoded form.
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
			return nil, refuse(ErrComponent, "the query has more than %d parameters; cover @query as a whole", maxMembers)
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
