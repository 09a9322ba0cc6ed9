package httpsig

import (
	"crypto"
	"crypto/ed25519"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig/internal/sfv"
	"github.com/scopegen/scopegen/runtime/internal/ascii"
)

// Sign signs a request that net/http is to send. It returns the header fields that
// must be set on the request, each with all of its values:
//
//	for name, values := range fields {
//		request.Header[name] = values
//	}
//
// The request is not modified. body is the whole body, nil for none. content-length is
// covered if net/http will send it, which r.ContentLength and r.Body determine: it
// sends none for a body of unknown length. Fields that a transport adds or changes
// later must not be covered. A signature that the request has already stays valid;
// the new one needs another label.
//
// Errors wrap [ErrProfile], [ErrKey], [ErrAlgorithm], [ErrComponent] (the request
// lacks a component, or net/http would send it in another form), [ErrBody],
// [ErrLabel], [ErrMalformed] (a signature that the request has), [ErrParameter] (the
// nonce), [ErrEmptyCoverage], or are those of a crypto.Signer.
func (p *Profile) Sign(r *http.Request, body []byte, key Key, now time.Time) (http.Header, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if err := checkSendable(r); err != nil {
		return nil, err
	}
	target := targetOf(r, true)
	m := message{request: r, target: &target, header: r.Header, outgoing: true, special: p.dialect.special}
	var err error
	if m.signed, err = checkNames(r.Header); err != nil {
		return nil, err
	}
	if err := m.setLength(r, body); err != nil {
		return nil, err
	}
	return p.sign(m, body, key, now)
}

// Signer returns [Profile.Sign] for one key: [NewKey] makes it, and the profile must take
// it ([Profile.Allows]).
func (p *Profile) Signer(keyID string, signer crypto.Signer) (func(r *http.Request, body []byte, now time.Time) (http.Header, error), error) {
	key, err := NewKey(keyID, signer)
	if err != nil {
		return nil, err
	}
	if err := p.Allows(key); err != nil {
		return nil, err
	}
	return func(r *http.Request, body []byte, now time.Time) (http.Header, error) {
		return p.Sign(r, body, key, now)
	}, nil
}

// SignResponse signs a response, as [Profile.Sign] signs a request. Components with
// ;req are those of response.Request. Every covered field must be in response.Header, also
// content-length, which net/http's server would otherwise add later.
func (p *Profile) SignResponse(response *http.Response, body []byte, key Key, now time.Time) (http.Header, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if response.StatusCode < 100 {
		return nil, refuse(ErrComponent, "the status code of the response is %d, not 100 or more", response.StatusCode)
	}
	m := message{request: response.Request, header: response.Header, status: response.StatusCode, special: p.dialect.special}
	var err error
	if m.signed, err = checkNames(response.Header); err != nil {
		return nil, err
	}
	return p.sign(m, body, key, now)
}

// setLength sets m.length to the content-length that net/http will send. It refuses a
// body that contradicts the request.
func (m *message) setLength(r *http.Request, body []byte) error {
	m.length = noLength
	n, size := r.ContentLength, len(body)
	hasBody := r.Body != nil && r.Body != http.NoBody
	chunked := n < 0 || n == 0 && hasBody // how net/http sends a body of unknown length
	switch {
	case hasBody && n <= 0 && body == nil:
		return refuse(ErrBody, "the request has a body of unknown length, but Sign was given none; read it first")
	case n > 0 && n != int64(size):
		return refuse(ErrBody, "the ContentLength of the request is %d, but the body has %d bytes", n, size)
	case size > 0 && r.Body == http.NoBody:
		return refuse(ErrBody, "the Body of the request is http.NoBody, but Sign was given %d bytes", size)
	case chunked:
	case size > 0:
		m.length = int64(size)
	case r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch:
		m.length = 0
	}
	return nil
}

// sign builds two buffers side by side: the signature base, and the text of all header
// fields, which becomes one string at the end. Both buffers are usually on the stack.
func (p *Profile) sign(m message, body []byte, key Key, now time.Time) (http.Header, error) {
	if err := p.Allows(key); err != nil {
		return nil, err
	}
	with := key.material()
	if err := p.checkLabel(&m); err != nil {
		return nil, err
	}

	var textRoom [640]byte
	text := textRoom[:0]
	digest := p.settings.Digest
	if digest != NoDigest && len(body) > 0 || p.digestsNoBody {
		text = digest.appendValue(text, body)
		m.digestField, m.digest = digest.field(), text
	}
	digestEnd := len(text)
	text = append(text, p.settings.Label...)
	text = append(text, '=')
	paramsStart := len(text)
	text = append(text, '(')
	var baseRoom [768]byte
	base, text, err := p.appendComponents(baseRoom[:0], text, &m)
	if err != nil {
		return nil, err
	}
	if len(base) == 0 {
		return nil, refuse(ErrEmptyCoverage, "the message has none of the components that the profile lists")
	}
	text = append(text, ')')
	if text, err = p.appendParams(text, with, now); err != nil {
		return nil, err
	}
	inputEnd := len(text)
	base = appendParamsLine(base, p.dialect.bare, text[paramsStart:])

	var signatureRoom [ed25519.SignatureSize]byte
	signature, err := with.appendSignature(signatureRoom[:0], base)
	if err != nil {
		return nil, err
	}
	text = append(text, p.settings.Label...)
	text = append(text, '=')
	text = sfv.AppendBytes(text, signature)

	all := string(text)
	fields := make(http.Header, 4)
	values := make([]string, 4)
	if digestEnd > 0 {
		values[0] = all[:digestEnd]
		fields[digest.header()] = values[0:1:1]
	}
	values[1] = all[digestEnd:inputEnd]
	fields["Signature-Input"] = values[1:2:2]
	values[2] = all[inputEnd:]
	fields["Signature"] = values[2:3:3]
	if p.dialect.upvest && !p.dialect.bare {
		values[3] = p.dialect.version
		fields[versionHeader] = values[3:4:4]
	}
	if m.signed {
		for _, name := range [...]string{"Signature-Input", "Signature"} {
			fields[name] = append(slices.Clone(m.header[name]), fields[name]...)
		}
	}
	return fields, nil
}

// checkLabel refuses a message that has a signature with the profile's label.
func (p *Profile) checkLabel(m *message) error {
	if !m.signed {
		return nil
	}
	for _, name := range [...]string{"Signature-Input", "Signature"} {
		members := sfv.Dictionary(join(m.header[name]))
		for members.Next() {
			if members.Key == p.settings.Label {
				return refuse(ErrLabel, "the message has a signature with the label %q already; use another label", members.Key)
			}
		}
		if err := members.Err(); err != nil {
			return refuse(ErrMalformed, "the field %s that the message has: %w", strings.ToLower(name), err)
		}
	}
	return nil
}

// isLabel reports whether text is a key of a structured field (RFC 9651, section
// 3.1.2) that begins with a letter.
func isLabel(text string) bool {
	for i := range len(text) {
		c := text[i]
		if !(c >= 'a' && c <= 'z' || i > 0 && (c >= '0' && c <= '9' || strings.IndexByte("_-.*", c) >= 0)) {
			return false
		}
	}
	return text != ""
}

// appendComponents appends a line to base, and an identifier to list, for each
// component that the profile covers.
func (p *Profile) appendComponents(base, list []byte, m *message) ([]byte, []byte, error) {
	var err error
	for i := range p.cover {
		if base, list, err = p.appendComponent(base, list, m, &p.cover[i]); err != nil {
			return base, list, err
		}
	}
	for i := range p.present {
		if c := &p.present[i]; m.has(c) {
			if base, list, err = p.appendComponent(base, list, m, c); err != nil {
				return base, list, err
			}
		}
	}
	if !p.dialect.upvest {
		return base, list, nil
	}
	if err := oneMediaType(m); err != nil {
		return base, list, err
	}
	return p.appendOthers(base, list, m)
}

// appendComponent does so for one component.
func (p *Profile) appendComponent(base, list []byte, m *message, c *component) ([]byte, []byte, error) {
	if len(base) > 0 {
		list = append(list, ' ')
	}
	list = append(list, c.identifier...)
	base = appendName(base, p.dialect.bare, c)
	base, err := m.appendValue(base, c)
	return append(base, '\n'), list, err
}

// appendName appends the beginning of the line of a component.
func appendName(base []byte, bare bool, c *component) []byte {
	if bare {
		base = append(base, c.name...)
	} else {
		base = append(base, c.identifier...)
	}
	return append(base, ": "...)
}

// appendParamsLine appends the last line of the base, which has no line feed.
func appendParamsLine[T string | []byte](base []byte, bare bool, params T) []byte {
	if bare {
		base = append(base, "@signature-params: "...)
	} else {
		base = append(base, `"@signature-params": `...)
	}
	return append(base, params...)
}

// appendOthers covers all fields of the header that the profile does not name and that
// passesOver does not leave out.
func (p *Profile) appendOthers(base, list []byte, m *message) ([]byte, []byte, error) {
	var room [16]string
	keys := room[:0]
	for key, values := range m.header {
		if len(values) > 0 && !p.passesOver(key) {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	for _, key := range keys {
		c, err := parseComponent(strings.ToLower(key))
		if err != nil {
			return base, list, err
		}
		if base, list, err = p.appendComponent(base, list, m, &c); err != nil {
			return base, list, err
		}
	}
	return base, list, nil
}

// passesOver reports whether the profile names the field, or the signature leaves it
// out.
func (p *Profile) passesOver(key string) bool {
	for _, list := range [...][]component{p.present, p.cover} {
		for i := range list {
			if list[i].key == key {
				return true
			}
		}
	}
	switch key {
	case "Host", "Content-Length", "Transfer-Encoding", "Trailer": // net/http does not send them as they stand in the header
		return true
	case "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Te", "Upgrade": // for one hop only; HTTP/2 has none of them
		return true
	case "Signature", "Signature-Input", p.settings.Digest.header():
		return true
	}
	// Upvest's own signers leave out names that begin so, because proxies add or
	// change such fields.
	for _, prefix := range [...]string{"Cf-", "Cdn-", "Cookie", "X-", "Priority", "Upvest-Signature", "Sec-",
		"User-Agent", "Accept-Encoding", "Connection"} {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// oneMediaType refuses several media types in Accept, because one of Upvest's own
// signers covers only the first.
func oneMediaType(m *message) error {
	values, err := m.values(&component{name: "accept", key: "Accept"})
	if err != nil {
		return err
	}
	if len(values) > 1 || len(values) == 1 && strings.IndexByte(values[0], ',') >= 0 {
		return refuse(ErrComponent, "the field accept holds several media types; Upvest's signers disagree about more than one")
	}
	return nil
}

// appendParams appends the parameters of the signature (RFC 9421, section 2.3), in the
// order of Upvest's documentation or of the examples in the RFC.
func (p *Profile) appendParams(dst []byte, key *material, now time.Time) ([]byte, error) {
	created := now.Unix()
	if p.dialect.upvest {
		dst = appendStringParam(dst, "keyid", key.id)
	}
	dst = append(dst, ";created="...)
	dst = strconv.AppendInt(dst, created, 10)
	s := &p.settings
	if s.Window != 0 {
		dst = append(dst, ";expires="...)
		dst = strconv.AppendInt(dst, created+int64(s.Window/time.Second), 10)
	}
	if !p.dialect.upvest {
		dst = appendStringParam(dst, "keyid", key.id)
	}
	if s.NameAlgorithm {
		dst = appendStringParam(dst, "alg", string(key.algorithm))
	}
	if s.Nonce != nil {
		nonce := s.Nonce()
		if nonce == "" || !ascii.Printable(nonce) {
			return dst, refuse(ErrParameter, "the function Nonce returned a text that is empty or not printable ASCII")
		}
		dst = appendStringParam(dst, "nonce", nonce)
	}
	if s.Tag != "" {
		dst = appendStringParam(dst, "tag", s.Tag)
	}
	return dst, nil
}

// appendStringParam appends a parameter whose value is printable ASCII. Inlined, its
// four copies would be large.
//
//go:noinline
func appendStringParam(dst []byte, name, value string) []byte {
	dst = append(dst, ';')
	dst = append(dst, name...)
	dst = append(dst, '=')
	dst, _ = sfv.AppendString(dst, value)
	return dst
}
