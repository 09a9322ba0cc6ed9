package runtime

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// Request is the request of one call while it is being built, in most cases by
// generated code. Its methods collect mistakes; [Do] returns all of them at once,
// before anything is sent. A Request must not be used by several goroutines at
// the same time. It may be sent more than once.
type Request struct {
	operation *clientimpl.Operation
	unlisted  bool
	path      []pathValue
	query     []byte
	header    http.Header
	accept    string
	body      *body
	link      *clientimpl.Link
	errs      []error
}

// responseMode says what a call does with the body of a successful response.
type responseMode int

const (
	buffered  responseMode = iota // reads it into memory, as part of the attempt
	discarded                     // ignores it
	streaming                     // leaves it to the caller
)

type pathValue struct{ name, text string }

// NewRequest returns a request for op. Generated code calls it with the
// operations of the catalogue; [UnlistedCall] is for other operations.
func NewRequest(op *clientimpl.Operation) *Request {
	return &Request{operation: op, query: []byte(op.Query), accept: defaultAccept}
}

// UnlistedCall returns a request for an operation that the catalogue does not
// list, for example one that the API has gained since. Only the API checks
// whether a scope permits it. An audit finds such calls by this function's name.
//
// The call goes to the server of the [Caller]'s session, carries an access token
// for the Caller's scopes, and is signed like every other. The path must begin
// with a slash and is relative to the server's URL; [Request.Path] fills in each
// {name} in it, and each {name=pattern}. The call carries an idempotency key, and is repeated under it,
// only if [WithIdempotencyKey] gives one.
//
//	request := runtime.UnlistedCall(http.MethodGet, "/users/{user_id}/badges")
//	request.Path("user_id", id)
//	var badges Badges
//	err := runtime.DoJSON(ctx, runtime.NewCaller[scope.UsersRead](token), request, &badges)
func UnlistedCall(method, path string) *Request {
	return &Request{
		operation: &clientimpl.Operation{ID: method + " " + path, Method: method, Path: path},
		unlisted:  true,
		accept:    defaultAccept,
	}
}

// Path sets the value of {name} in the path. v is a string, a number, a bool, a
// time.Time, a [Date], an encoding.TextMarshaler, or a json.Marshaler that writes
// one of these. Bytes are sent as base64; the elements of any other slice are
// joined by commas. All characters but the unreserved ones of RFC 3986, section
// 2.3, are percent-encoded. An empty value, and a value with a segment "." or
// "..", is an error, because the request would have the path of something else.
//
// The path may hold {name=pattern} too, whose value keeps its slashes and has the
// segments of the pattern: "*" stands for any one, "**" for one or more, everything
// else for itself. Any other value, and one with an empty segment, is an error.
func (r *Request) Path(name string, v any) {
	texts, err := paramTexts(v)
	if err != nil {
		r.fail("path parameter", name, err)
		return
	}
	r.path = append(r.path, pathValue{name, strings.Join(texts, ",")})
}

// Query adds a query parameter. v has a type that [Request.Path] allows, or is an
// [Optional], a pointer or a slice of such. An Optional without a value and a nil
// pointer add nothing; a slice adds the parameter once for each element. Times
// are sent in UTC, as RFC 3339.
func (r *Request) Query(name string, v any) {
	texts, err := paramTexts(v)
	if err != nil {
		r.fail("query parameter", name, err)
		return
	}
	for _, text := range texts {
		r.query = appendPair(r.query, name, text)
	}
}

// QueryJoined adds a query parameter once, with separator between the elements of
// v. Commas, spaces and pipes are separators of OpenAPI. v has a type that
// [Request.Query] allows; without an element there is no parameter. A comma is
// sent as it is, so that one inside an element, which is percent-encoded, differs
// from it.
func (r *Request) QueryJoined(name, separator string, v any) {
	texts, err := paramTexts(v)
	if err != nil {
		r.fail("query parameter", name, err)
		return
	}
	for i, text := range texts {
		if i == 0 {
			r.query = appendPair(r.query, name, text)
			continue
		}
		r.query = appendEscaped(r.query, separator, ",")
		r.query = appendEscaped(r.query, text, "")
	}
}

// QueryDeep adds an object as query parameters, one for each value inside it:
// name[member]=value, name[list][0]=value. This is the style deepObject of
// OpenAPI, with the indexes that it leaves open. v marshals to JSON; an
// [Optional] without a value, null, an empty list, and members that are null add
// nothing. A member that is an empty list is an error.
func (r *Request) QueryDeep(name string, v any) {
	v, required := given(v)
	text, err := jsonvalue.Marshal(v)
	before := len(r.query)
	if err == nil && string(text) != "[]" {
		r.query, err = appendDeep(r.query, name, text)
	}
	if err == nil && required && len(r.query) == before {
		err = errEmptyList
	}
	if err != nil {
		r.fail("query parameter", name, err)
	}
}

// QueryMembers adds the members of an object as query parameters by their own names, in
// the order of these. This is the style form of OpenAPI, exploded. v is a map from strings
// to values that [Request.Query] allows, an [Optional] or a [Nullable] of one, or nil; name
// is what the catalogue calls it, and is not sent. A member that is an empty list is an
// error. So is one without a name, or with a name that is in the query already or among
// others, the names of the operation's other parameters.
func (r *Request) QueryMembers(name string, v any, others ...string) {
	v, required := given(v)
	members := reflect.ValueOf(v)
	if v != nil && (members.Kind() != reflect.Map || members.Type().Key().Kind() != reflect.String) {
		r.fail("query parameter", name, fmt.Errorf("a %T has no members: use a map from strings", v))
		return
	}
	if v == nil || members.Len() == 0 {
		if required {
			r.fail("query parameter", name, errEmptyList)
		}
		return
	}
	there, _ := url.ParseQuery(string(r.query))
	keys := members.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		member := key.String()
		value := members.MapIndex(key).Interface()
		texts, err := paramTexts(value)
		switch {
		case member == "":
			err = errors.New("a member has no name: give it one")
		case there.Has(member) || slices.Contains(others, member):
			err = fmt.Errorf("the member %q has the name of another parameter: give that", member)
		case err != nil:
			err = fmt.Errorf("the member %q: %w", member, err)
		case len(texts) == 0 && reflect.ValueOf(value).Kind() == reflect.Slice:
			err = fmt.Errorf("the member %q is a list without an element: give it one, or leave the member out", member)
		}
		if err != nil {
			r.fail("query parameter", name, err)
			return
		}
		for _, text := range texts {
			r.query = appendPair(r.query, member, text)
		}
	}
}

// given returns the object or list that a parameter was given, nil if there is none, and
// whether there must be one.
func given(v any) (held any, required bool) {
	if list, ok := v.(clientimpl.RequiredList); ok {
		v, required = list.List, true
	}
	if held, present, ok := jsonvalue.HeldIn(v); ok {
		if !present {
			return nil, required
		}
		v = held
	}
	return v, required
}

// Header adds a header field. v has a type that [Request.Query] allows. A field
// that this package sets itself (such as Authorization, Content-Type, the API's
// constant fields, and Signature if the API has requests signed) is an error, and
// so is a value with control characters.
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

// Follow sends the call to the page that link leads to, in place of the operation's path
// and query, and has the call fill in what leads to the page behind. Neither nil nor a
// link without a URL changes where the call goes. A link to another server, or to a path
// that is not below the server's, is [ErrFailClosed], because the access token would go
// there. A link over http is followed over https if the server's URL has https, and
// neither has a port.
func (r *Request) Follow(link *clientimpl.Link) { r.link = link }

// defaultAccept is the form in which errors are understood. An operation whose
// success has no body has errors too, and some APIs refuse a request whose
// signature does not cover an Accept field.
const defaultAccept = "application/json"

// Accept sets the one media type that is asked for. Without it, that is
// application/json.
func (r *Request) Accept(mediaType string) { r.accept = mediaType }

// JSON sets the body to v, as application/json. See [Request.JSONAs].
func (r *Request) JSON(v any) { r.JSONAs("application/json", v) }

// JSONAs sets the body to v as JSON, with another media type, such as
// application/merge-patch+json. A slice or a map that is nil is sent as empty, not
// as null.
func (r *Request) JSONAs(contentType string, v any) {
	text, err := jsonvalue.Marshal(v)
	if err != nil {
		r.fail("body", contentType, err)
		return
	}
	r.body = &body{contentType: contentType, content: text}
}

// Form sets the body to v as application/x-www-form-urlencoded. v is a struct
// with json tags. A member that is an array appears once for each element; a
// member that is absent or null does not appear; a member that is an object or an
// empty array is an error.
func (r *Request) Form(v any) {
	const contentType = "application/x-www-form-urlencoded"
	text, err := encodeForm(v)
	if err != nil {
		r.fail("body", contentType, err)
		return
	}
	r.body = &body{contentType: contentType, content: text}
}

// FormDeep sets the body to v as application/x-www-form-urlencoded, with one pair
// for each value inside the members: member=value, member[inner]=value,
// member[0]=value. v is a struct with json tags. What is absent or null does not
// appear; an empty array is an error.
func (r *Request) FormDeep(v any) {
	const contentType = "application/x-www-form-urlencoded"
	text, err := encodeDeepForm(v)
	if err != nil {
		r.fail("body", contentType, err)
		return
	}
	r.body = &body{contentType: contentType, content: text}
}

// Body sets the body to what is read from content. All of it is read into memory,
// because signatures cover it and retries send it again. But if content is an
// io.Seeker and the API does not sign requests, each attempt reads it from its
// current position while sending. Body does not close content.
func (r *Request) Body(contentType string, content io.Reader) {
	r.body = &body{contentType: contentType, reader: content}
}

func (r *Request) fail(what, name string, err error) {
	r.errs = append(r.errs, fmt.Errorf("%s %q: %w", what, name, err))
}

// url returns the URL of the request: base, the operation's path with its
// parameters filled in, and the query.
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
	// With RawPath set, EscapedPath returns exactly this form, and that is what is
	// sent and signed.
	u.Path, u.RawPath = path, raw
	u.RawQuery, u.ForceQuery, u.Fragment = string(r.query), false, ""
	return &u, nil
}

// fillPath returns template with each {name} replaced by its value. Every name
// must have exactly one value.
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
		name, pattern, patterned := strings.Cut(name, "=")
		i := slices.IndexFunc(values, func(v pathValue) bool { return v.name == name })
		if i < 0 {
			return "", fmt.Errorf("path parameter %q has no value", name)
		}
		text := values[i].text
		if text == "" {
			return "", fmt.Errorf("path parameter %q is empty, which would make it the path of another operation", name)
		}
		// Some servers decode %2F before they route, so an escaped slash does not make
		// a dot segment harmless.
		if hasDotSegment(text) {
			return "", fmt.Errorf("path parameter %q is %q, which holds the segment \".\" or \"..\" and would make it another path", name, text)
		}
		if patterned {
			if !matchesPattern(text, pattern) {
				return "", fmt.Errorf("path parameter %q is %q, which is not of the form %s: each * stands for one segment that is not empty, ** for one or more", name, text, pattern)
			}
			out = appendEscaped(out, text, "/")
		} else {
			out = appendEscaped(out, text, "")
		}
		used++
		rest = tail
	}
	if used != len(values) {
		for i, v := range values {
			if !strings.Contains(template, "{"+v.name+"}") && !strings.Contains(template, "{"+v.name+"=") {
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

// matchesPattern reports whether text has the segments of a pattern: literals, "*"
// for a segment that is not empty, "**" for one such segment or more.
func matchesPattern(text, pattern string) bool {
	return matchesSegments(strings.Split(text, "/"), strings.Split(pattern, "/"))
}

func matchesSegments(texts, patterns []string) bool {
	for i, text := range texts {
		if i == len(patterns) || text == "" {
			return false
		}
		switch patterns[i] {
		case "*":
		case "**":
			// There is rarely anything behind it, so most texts are read once.
			return matchesSegments(texts[i+1:], patterns[i+1:]) || len(texts) > i+1 && matchesSegments(texts[i+1:], patterns[i:])
		default:
			if text != patterns[i] {
				return false
			}
		}
	}
	return len(texts) == len(patterns)
}

// hasDotSegment reports whether one of the path's segments is "." or "..". It
// splits at every character that some server takes for a slash.
func hasDotSegment(path string) bool {
	if !strings.Contains(path, ".") {
		return false
	}
	for segment := range strings.FieldsFuncSeq(path, func(c rune) bool { return c == '/' || c == '\\' }) {
		// Some servers first remove a segment's parameters, which begin with ";" (RFC
		// 3986, section 3.3).
		name, _, _ := strings.Cut(segment, ";")
		if name == "." || name == ".." {
			return true
		}
	}
	return false
}

// addHeader adds a field that the user of this package chose.
func addHeader(header http.Header, name, value string) error {
	if err := checkHeader(name, value); err != nil {
		return err
	}
	canonical := http.CanonicalHeaderKey(name)
	if ownHeader(canonical) {
		return errors.New("is set by the runtime and cannot be given")
	}
	header[canonical] = append(header[canonical], strings.Trim(value, " \t"))
	return nil
}

// checkHeader returns an error if name or value is not allowed in a header field
// (RFC 9110, section 5). A value with a line break would begin another field.
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

// ownHeader reports whether this package or net/http sets the field for every
// API. checkHeaders adds the fields that depend on the API.
func ownHeader(canonical string) bool {
	switch canonical {
	case "Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Length", "Content-Type", "Dpop", "Expect", "Host",
		"Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}
