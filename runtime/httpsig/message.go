package httpsig

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// message is a request or a response as it was, or will be, on the wire.
type message struct {
	request *http.Request // if this is a response: the request that it belongs to, or nil
	target  *target       // of a request
	header  http.Header
	status  int // of a response, 0 for a request

	// net/http makes the wire form of an outgoing request: it takes the target from
	// the URL and leaves out some fields of Header. A received request has its target
	// in RequestURI and all its fields in Header.
	outgoing bool
	signed   bool  // it has a signature already
	length   int64 // the content-length of an outgoing request

	// The digest field that signing adds, and its value.
	digestField string
	digest      []byte

	scheme  string // if not "", the scheme of a received request
	special func() special
	bound   special // what special returned at the first use; it keeps what it parses
}

// special returns the value of a component with parameters, which is made of the
// lines of a field or of the query. Each message has one of its own, which keeps what
// it has parsed. Profiles hold a func that makes it, so that programs which only use
// Upvest's dialects do not link its code; it is a closure so that the message can stay
// on the stack.
type special func(c component, values []string, query string) ([]byte, error)

// target is the target of a request, as on the wire.
type target struct {
	path     string // not empty, unless there is an err
	query    string // without its "?"
	hasQuery bool   // true for an empty query too
	err      error
}

// noLength stands for a length that is not known or not sent.
const noLength = -1

// values returns the lines of a field. An error says that an outgoing request cannot
// cover the field.
func (m *message) values(c *component) ([]string, error) {
	if m.outgoing {
		switch c.name {
		case "host", "user-agent", "transfer-encoding", "trailer":
			return nil, refuse(ErrComponent, "net/http decides on the field %q when it sends the request", c.name)
		case "connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "upgrade":
			return nil, refuse(ErrComponent, "the field %q is for the next hop alone, and HTTP/2 does not send it", c.name)
		case "cookie", "expect":
			return nil, refuse(ErrComponent, "HTTP/2 does not deliver the field %q as it was sent", c.name)
		case "accept-encoding":
			// These are the conditions under which net/http's Transport asks for gzip, unless
			// its DisableCompression is set, which is not known here.
			r := m.request
			if r != nil && m.header.Get("Accept-Encoding") == "" && m.header.Get("Range") == "" && r.Method != http.MethodHead {
				return nil, refuse(ErrComponent, "net/http adds accept-encoding: gzip to a request without the field; set it, for example to identity")
			}
		}
	}
	if c.name == m.digestField {
		return []string{string(m.digest)}, nil
	}
	var values []string
	if c.key != "" {
		values = m.header[c.key]
	} else {
		var room [64]byte
		values = m.header[string(appendCanonical(room[:0], c.name))]
	}
	if len(values) == 0 && c.name == "host" && m.status == 0 && strings.HasPrefix(m.request.RequestURI, "/") {
		return []string{m.request.Host}, nil // where net/http's server moves the field
	}
	return values, nil
}

// has reports whether the message has the component.
func (m *message) has(c *component) bool {
	if c.flags&flagReq != 0 {
		return m.status != 0 && m.request != nil
	}
	switch {
	case c.name == "@query":
		return m.status == 0 && m.target.query != ""
	case c.name == "@status":
		return m.status != 0
	case c.derived():
		return m.status == 0
	case m.digestField == c.name:
		return true
	case m.outgoing && c.name == "content-length":
		return m.length > 0
	}
	values, err := m.values(c)
	return err != nil || len(values) > 0
}

// appendValue appends the value of a component (RFC 9421, section 2).
func (m *message) appendValue(dst []byte, c *component) ([]byte, error) {
	if c.flags&flagReq != 0 {
		if m.status == 0 || m.request == nil {
			return dst, refuse(ErrComponent, "%q with ;req: this is not a response whose request is known", c.name)
		}
		var room target
		request := requestMessage(m.request, m.scheme, m.special, &room)
		own := *c
		own.flags &^= flagReq
		return request.appendValue(dst, &own)
	}
	if c.derived() {
		return m.appendDerived(dst, c)
	}
	if m.digestField == c.name && c.flags == 0 {
		return append(dst, m.digest...), nil
	}
	return m.appendField(dst, c)
}

// requestMessage returns the message of a request. On a server the request was
// received; the request of a response that a client received is outgoing. The target
// of the message is stored in room.
func requestMessage(r *http.Request, scheme string, special func() special, room *target) message {
	outgoing := r.RequestURI == ""
	*room = targetOf(r, outgoing)
	m := message{request: r, target: room, header: r.Header, outgoing: outgoing, length: noLength, scheme: scheme, special: special}
	if outgoing && r.ContentLength > 0 {
		m.length = r.ContentLength
	}
	return m
}

// appendDerived appends the value of a derived component (RFC 9421, section 2.2).
func (m *message) appendDerived(dst []byte, c *component) ([]byte, error) {
	if c.name == "@status" {
		if m.status == 0 {
			return dst, refuse(ErrComponent, "a request has no @status")
		}
		return strconv.AppendInt(dst, int64(m.status), 10), nil
	}
	if m.status != 0 {
		return dst, refuse(ErrComponent, "a response has no %s of its own; add ;req for that of its request", c.name)
	}
	switch c.name {
	case "@method":
		return m.appendMethod(dst)
	case "@authority":
		return m.appendAuthority(dst)
	case "@scheme":
		scheme, err := m.requestScheme()
		return append(dst, scheme...), err
	case "@request-target":
		switch {
		case !m.outgoing:
			return appendVisible(dst, c.name, m.request.RequestURI)
		case m.request.Method == http.MethodConnect:
			return dst, refuse(ErrComponent, "net/http decides on @request-target when it sends a CONNECT request")
		case strings.HasPrefix(m.request.URL.Opaque, "//"):
			return dst, refuse(ErrComponent, "@request-target cannot be known if URL.Opaque has a host, because HTTP/2 leaves the host out")
		case m.request.URL.Opaque != "":
			return appendVisible(dst, c.name, m.request.URL.RequestURI())
		}
	}
	target := m.target
	if target.err != nil {
		return dst, refuse(ErrComponent, "%s: %w", c.name, target.err)
	}
	switch c.name {
	case "@path":
		return appendVisible(dst, c.name, target.path)
	case "@query":
		// Without a query the value is the same as with an empty one (RFC 9421, section 2.2.7).
		dst = append(dst, '?')
		return appendVisible(dst, c.name, target.query)
	case "@query-param":
		return m.appendSpecial(dst, *c, nil, target.query)
	case "@target-uri":
		scheme, err := m.requestScheme()
		if err != nil {
			return dst, err
		}
		dst = append(dst, scheme...)
		dst = append(dst, "://"...)
		if dst, err = m.appendAuthority(dst); err != nil {
			return dst, err
		}
	}
	// @target-uri ends with path and query; @request-target consists of them.
	dst, err := appendVisible(dst, c.name, target.path)
	if err != nil || !target.hasQuery {
		return dst, err
	}
	return appendVisible(append(dst, '?'), c.name, target.query)
}

func (m *message) appendMethod(dst []byte) ([]byte, error) {
	method := m.request.Method
	if method == "" {
		method = http.MethodGet
	}
	return appendVisible(dst, "@method", method)
}

// targetOf returns the target of a request.
func targetOf(r *http.Request, outgoing bool) target {
	if !outgoing {
		return splitTarget(r.RequestURI)
	}
	u := r.URL
	if u == nil {
		return target{err: errors.New("the request has no URL")}
	}
	if u.Opaque != "" {
		return splitTarget(u.RequestURI())
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if path[0] != '/' {
		return target{err: fmt.Errorf("the path %q does not begin with a slash", path)}
	}
	// net/http would send it as it is, in a request line that no server can parse.
	if strings.IndexByte(u.RawQuery, ' ') >= 0 || strings.IndexByte(u.RawQuery, '#') >= 0 {
		return target{err: errors.New("the query holds a space or #, which must be percent-encoded")}
	}
	return target{path: path, query: u.RawQuery, hasQuery: u.RawQuery != "" || u.ForceQuery}
}

// splitTarget parses a request target (RFC 9112, section 3.2).
func splitTarget(text string) target {
	if !strings.HasPrefix(text, "/") {
		_, rest, ok := strings.Cut(text, "://")
		if !ok {
			return target{err: fmt.Errorf("the request target %q has no path", text)}
		}
		text = ""
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			text = rest[i:]
		}
	}
	path, query, hasQuery := strings.Cut(text, "?")
	if path == "" {
		path = "/"
	}
	return target{path: path, query: query, hasQuery: hasQuery}
}

// requestScheme returns the scheme of a request, in lower case.
func (m *message) requestScheme() (string, error) {
	switch {
	case m.scheme != "":
		return m.scheme, nil
	case m.outgoing && m.request.URL != nil && m.request.URL.Scheme != "":
		return strings.ToLower(m.request.URL.Scheme), nil
	case m.outgoing:
		return "", refuse(ErrComponent, "the request has no scheme")
	case m.request.TLS != nil:
		return "https", nil
	}
	return "http", nil
}

// appendAuthority appends the host in lower case, without the default port of the
// scheme (RFC 9421, section 2.2.3).
func (m *message) appendAuthority(dst []byte) ([]byte, error) {
	host := m.request.Host
	if host == "" && m.outgoing && m.request.URL != nil {
		host = m.request.URL.Host
	}
	if host == "" {
		return dst, refuse(ErrComponent, "the request has no host")
	}
	if m.outgoing {
		for i := range len(host) {
			if !isHostByte(host[i]) {
				// It writes letters beyond ASCII in Punycode, and drops a zone.
				return dst, refuse(ErrComponent, "net/http would send the host %q in another form because of the character at byte %d", host, i)
			}
		}
	}
	scheme, _ := m.requestScheme()
	switch scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	host = strings.TrimSuffix(host, ":")
	start := len(dst)
	dst, err := appendVisible(dst, "@authority", host)
	for i, c := range dst[start:] {
		if c >= 'A' && c <= 'Z' {
			dst[start+i] = c + 'a' - 'A'
		}
	}
	return dst, err
}

// appendSpecial appends the value of a component with parameters.
func (m *message) appendSpecial(dst []byte, c component, values []string, query string) ([]byte, error) {
	if m.special == nil {
		return dst, refuse(ErrComponent, "%s: the profile has no components with parameters", c.identifier)
	}
	if m.bound == nil {
		m.bound = m.special()
	}
	text, err := m.bound(c, values, query)
	return append(dst, text...), err
}

// appendField appends the value of a field (RFC 9421, section 2.1).
func (m *message) appendField(dst []byte, c *component) ([]byte, error) {
	values, err := m.values(c)
	if err != nil {
		return dst, err
	}
	if m.outgoing && c.name == "content-length" {
		if m.length == noLength {
			return dst, refuse(ErrComponent, "net/http sends the request without content-length")
		}
		return strconv.AppendInt(dst, m.length, 10), nil
	}
	if len(values) == 0 && c.name == "content-length" && m.status == 0 && c.flags == 0 && m.request.ContentLength > 0 {
		// net/http's server leaves the field in the header, but httptest.NewRequest sets none.
		return strconv.AppendInt(dst, m.request.ContentLength, 10), nil
	}
	if len(values) == 0 {
		return dst, refuse(ErrComponent, "the message has no field %q", c.name)
	}
	if c.flags != 0 {
		return m.appendSpecial(dst, *c, values, "")
	}
	return appendValues(dst, c.name, values)
}

// appendValues appends the lines of a field, joined by commas.
func appendValues(dst []byte, name string, values []string) ([]byte, error) {
	var err error
	for i, value := range values {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		if dst, err = appendVisible(dst, name, trim(value)); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// appendVisible appends text to the signature base, which is ASCII and has a line for
// each component. Line breaks and other bytes that would break this are an error.
func appendVisible(dst []byte, name, text string) ([]byte, error) {
	start := len(dst)
	dst = append(dst, text...)
	added := dst[start:]
	// Look at eight bytes at a time; oddBytes has false alarms, so look again at what it finds.
	i := 0
	for ; i+8 <= len(added) && !oddBytes(binary.LittleEndian.Uint64(added[i:])); i += 8 {
	}
	for ; i < len(added); i++ {
		if c := added[i]; c < ' ' && c != '\t' || c > '~' {
			return dst[:start], refuse(ErrComponent, "byte %d of %q is not printable ASCII", i, name)
		}
	}
	return dst, nil
}

// oddBytes reports whether one of eight bytes may be below 0x20 or above 0x7e.
func oddBytes(x uint64) bool {
	const each = 0x0101010101010101
	return (x|(x-0x20*each)|(x+each))&(0x80*each) != 0
}

// join returns the lines of a field as one value.
func join(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return strings.Join(values, ", ")
}

// trim returns value without the spaces and tabs around it.
func trim(value string) string {
	isSpace := func(c byte) bool { return c == ' ' || c == '\t' }
	for value != "" && isSpace(value[0]) {
		value = value[1:]
	}
	for value != "" && isSpace(value[len(value)-1]) {
		value = value[:len(value)-1]
	}
	return value
}

// appendCanonical appends a field name, given in lower case, in the form of
// http.CanonicalHeaderKey.
func appendCanonical(dst []byte, name string) []byte {
	upper := true
	for i := range len(name) {
		c := name[i]
		if upper && c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		dst = append(dst, c)
		upper = c == '-'
	}
	return dst
}

// checkNames refuses names that do not have the canonical form that http.Header.Set
// gives them: net/http would send such a field beside one of the same name that it
// sets itself. It reports whether the message has a signature already.
func checkNames(header http.Header) (signed bool, err error) {
	for key := range header {
		if !isCanonical(key) {
			return false, refuse(ErrComponent, "the name %q in the header must be %q; set fields with Header.Set", key, http.CanonicalHeaderKey(key))
		}
		signed = signed || key == "Signature" || key == "Signature-Input"
	}
	return signed, nil
}

// checkSendable refuses requests that net/http sends in another form than they have,
// whatever is covered.
func checkSendable(r *http.Request) error {
	if len(r.TransferEncoding) > 0 {
		return refuse(ErrBody, "the request sets TransferEncoding, which HTTP/2 ignores; leave it empty, and ContentLength -1 for a body of unknown length")
	}
	u := r.URL
	if u == nil {
		return refuse(ErrComponent, "the request has no URL")
	}
	if u.User != nil && len(r.Header["Authorization"]) == 0 {
		return refuse(ErrComponent, "net/http would add an authorization field from the user in the URL; set the field instead")
	}
	authority, ok := strings.CutPrefix(u.Opaque, "//")
	if !ok {
		return nil
	}
	if i := strings.IndexAny(authority, "/?"); i >= 0 {
		authority = authority[:i]
	}
	host := r.Host
	if host == "" {
		host = u.Host
	}
	if !strings.EqualFold(authority, host) {
		return refuse(ErrComponent, "URL.Opaque names the host %q, but the request is for %q", authority, host)
	}
	return nil
}

// isHostByte reports whether net/http sends the byte unchanged in a Host field: all
// characters of RFC 3986, section 3.2.2, except "%".
func isHostByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!$&'()*+,-.:;=[]_~", c) >= 0
}

// isCanonical reports whether a name has the form of http.CanonicalHeaderKey.
func isCanonical(key string) bool {
	upper := true
	for i := range len(key) {
		c := key[i]
		if upper && c >= 'a' && c <= 'z' || !upper && c >= 'A' && c <= 'Z' {
			return false
		}
		upper = c == '-'
	}
	return true
}
