package runtime

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Request is one call of an operation being put together. Generated code does
// so; mistakes are kept and returned by [Do], all of them at once and before
// anything is sent. A Request is for one goroutine and may be sent again.
type Request struct {
	operation *Operation
	unlisted  bool
	path      []pathValue
	query     []byte
	header    http.Header
	accept    string
	body      *body
	errs      []error
}

// answerMode is what is done with the body of a successful answer.
type answerMode int

const (
	buffered  answerMode = iota // read into memory, within the attempt
	discarded                   // drained
	streaming                   // left to the caller
)

type pathValue struct{ name, text string }

// NewRequest begins a call of op. It is meant for generated code, whose
// operations are in the catalogue; see [UnlistedCall] for others.
func NewRequest(op *Operation) *Request {
	return &Request{operation: op, accept: defaultAccept}
}

// UnlistedCall begins a call that no catalogue describes, for the day when the
// API has an operation that the generated code has not. Nothing checks that a
// scope permits it but the API itself. The name is the marker by which an audit
// finds such calls.
//
// It stays within the bounds of the Caller that it is sent with: the server of
// its session, its scopes, its signature. The path begins with a slash and is
// below the server's URL; {name} in it is filled in with [Request.Path]. An
// idempotency key is sent, and the call repeated under it, where
// [WithIdempotencyKey] gives one.
//
//	request := runtime.UnlistedCall(http.MethodGet, "/users/{user_id}/badges")
//	request.Path("user_id", id)
//	badges, err := runtime.DoJSON[Badges](ctx, runtime.NewCaller[scope.UsersRead](token), request)
func UnlistedCall(method, path string) *Request {
	return &Request{
		operation: &Operation{ID: method + " " + path, Method: method, Path: path},
		unlisted:  true,
		accept:    defaultAccept,
	}
}

// Path fills in {name}. The value is a text, a number, a bool, a time.Time, a
// [Date], an encoding.TextMarshaler or a json.Marshaler that writes one of these;
// bytes are base64; the elements of another slice are joined by commas. Everything but unreserved characters is percent-encoded. An empty
// value and one that holds a dot segment ("." or "..") are errors: they would
// make it another path.
func (r *Request) Path(name string, v any) {
	texts, err := paramTexts(v)
	if err != nil {
		r.fail("path parameter", name, err)
		return
	}
	r.path = append(r.path, pathValue{name, strings.Join(texts, ",")})
}

// Query adds a query parameter. The value is as for [Request.Path]; one that is
// absent (an [Optional] without a value, a nil pointer) adds nothing, a slice
// repeats the name for each element, times are RFC 3339 in UTC.
func (r *Request) Query(name string, v any) {
	texts, err := paramTexts(v)
	if err != nil {
		r.fail("query parameter", name, err)
		return
	}
	for _, text := range texts {
		if len(r.query) > 0 {
			r.query = append(r.query, '&')
		}
		r.query = appendEscaped(r.query, name, "")
		r.query = append(r.query, '=')
		r.query = appendEscaped(r.query, text, "")
	}
}

// Header adds a header field. The value is as for [Request.Query]. Fields that
// the runtime sets itself (authorization, content-type, signatures, the API's
// constant ones) and values with control characters are errors.
func (r *Request) Header(name string, v any) {
	texts, err := paramTexts(v)
	if err != nil {
		r.fail("header", name, err)
		return
	}
	for _, text := range texts {
		if r.header == nil {
			r.header = make(http.Header)
		}
		if err := addHeader(r.header, name, text); err != nil {
			r.fail("header", name, err)
		}
	}
}

// defaultAccept is the form in which errors are understood. An operation whose
// success has no body has errors too, and some APIs refuse a request whose
// signature does not cover an Accept field.
const defaultAccept = "application/json"

// Accept sets the one media type that is asked for. Without it, that is
// application/json.
func (r *Request) Accept(mediaType string) { r.accept = mediaType }

// JSON makes v the body, as application/json.
func (r *Request) JSON(v any) { r.JSONAs("application/json", v) }

// JSONAs makes v the body, as JSON of another media type, such as
// application/merge-patch+json.
func (r *Request) JSONAs(contentType string, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		r.fail("body", contentType, err)
		return
	}
	r.body = &body{contentType: contentType, content: text}
}

// Form makes v the body, as application/x-www-form-urlencoded: a struct with
// json tags, whose arrays repeat their name. Members that are absent or null
// are left out; an object inside the object is an error.
func (r *Request) Form(v any) {
	const contentType = "application/x-www-form-urlencoded"
	text, err := encodeForm(v)
	if err != nil {
		r.fail("body", contentType, err)
		return
	}
	r.body = &body{contentType: contentType, content: text}
}

// Body makes what is read from content the body. It is read into memory,
// because signatures cover it and retries send it again; an io.Seeker is read
// from its place as it is sent, unless the API signs requests. It is not closed.
func (r *Request) Body(contentType string, content io.Reader) {
	r.body = &body{contentType: contentType, reader: content}
}

func (r *Request) fail(what, name string, err error) {
	r.errs = append(r.errs, fmt.Errorf("%s %q: %w", what, name, err))
}

// url puts the operation's path, filled in, and the query below base.
func (r *Request) url(base *url.URL) (*url.URL, error) {
	raw, err := fillPath(r.operation.Path, r.path)
	if err != nil {
		return nil, err
	}
	raw = strings.TrimSuffix(base.EscapedPath(), "/") + raw
	path, err := url.PathUnescape(raw)
	if err != nil {
		return nil, fmt.Errorf("path %q: %w", raw, err)
	}
	u := *base
	// RawPath keeps what was escaped as it is: EscapedPath is what is sent and what is signed.
	u.Path, u.RawPath = path, raw
	u.RawQuery, u.ForceQuery, u.Fragment = string(r.query), false, ""
	return &u, nil
}

// fillPath replaces each {name} of template. Every name must have exactly one value.
func fillPath(template string, values []pathValue) (string, error) {
	if !strings.HasPrefix(template, "/") || strings.ContainsAny(template, "?#") {
		return "", fmt.Errorf("path %q: must begin with a slash and hold no query or fragment; add parameters with Query", template)
	}
	var out []byte
	used := 0
	rest := template
	for {
		literal, after, found := strings.Cut(rest, "{")
		out = appendEscaped(out, literal, "%/!$&'()*+,;=:@")
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			return "", fmt.Errorf("path %q: %q is not closed", template, "{"+after)
		}
		i := slices.IndexFunc(values, func(v pathValue) bool { return v.name == name })
		if i < 0 {
			return "", fmt.Errorf("path parameter %q has no value", name)
		}
		text := values[i].text
		if text == "" {
			return "", fmt.Errorf("path parameter %q is empty, which would make it the path of another operation", name)
		}
		// Some servers decode %2F before they route, so a value may not climb even behind an escape.
		if hasDotSegment(text) {
			return "", fmt.Errorf("path parameter %q is %q, which holds the segment \".\" or \"..\" and would make it another path", name, text)
		}
		out = appendEscaped(out, text, "")
		used++
		rest = tail
	}
	if used != len(values) {
		for i, v := range values {
			if !strings.Contains(template, "{"+v.name+"}") {
				return "", fmt.Errorf("path parameter %q is not in the path %q", v.name, template)
			}
			if slices.ContainsFunc(values[:i], func(w pathValue) bool { return w.name == v.name }) {
				return "", fmt.Errorf("path parameter %q was given twice", v.name)
			}
		}
	}
	path := string(out)
	if hasDotSegment(path) {
		return "", fmt.Errorf("path %q holds the segment \".\" or \"..\"", path)
	}
	return path, nil
}

// hasDotSegment tells whether a segment is "." or "..", however slashes are
// written. It splits where a server might.
func hasDotSegment(path string) bool {
	if !strings.Contains(path, ".") {
		return false
	}
	for segment := range strings.FieldsFuncSeq(path, func(c rune) bool { return c == '/' || c == '\\' }) {
		// ";" begins parameters of a segment (RFC 3986, 3.3), which some servers cut off first.
		name, _, _ := strings.Cut(segment, ";")
		if name == "." || name == ".." {
			return true
		}
	}
	return false
}

// addHeader adds a field that a caller chose.
func addHeader(header http.Header, name, value string) error {
	if err := checkHeader(name, value); err != nil {
		return err
	}
	canonical := http.CanonicalHeaderKey(name)
	if ownHeader(canonical) {
		return errors.New("is set by the runtime itself and cannot be given")
	}
	header[canonical] = append(header[canonical], strings.Trim(value, " \t"))
	return nil
}

// checkHeader refuses what RFC 9110, section 5, has no room for: a value with a
// line break would begin another field.
func checkHeader(name, value string) error {
	if name == "" {
		return errors.New("has no name")
	}
	for i := range len(name) {
		if c := name[i]; !isToken(c) {
			return fmt.Errorf("a name cannot hold %s", strconv.QuoteRune(rune(c)))
		}
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Errorf("the value holds the control character %s at byte %d", strconv.QuoteRune(rune(c)), i)
		}
	}
	return nil
}

func isToken(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// ownHeader tells whether the runtime or net/http sets the field. Constant
// headers of the API and its idempotency header are checked where it is known.
func ownHeader(canonical string) bool {
	switch canonical {
	case "Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Digest", "Content-Length",
		"Content-Type", "Digest", "Expect", "Host", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Signature",
		"Signature-Input", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}
