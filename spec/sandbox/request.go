package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/scopegen/scopegen/spec"
)

// given is the content of a request, which has been checked against the types.
type given struct {
	path   map[string]string
	params map[string]any // query and path parameters as JSON values
	query  map[string]any // query parameters alone
	body   any
	url    *url.URL // that was asked for
}

func (s *Server) readCall(x *exchange) (*given, *problem) {
	g := &given{params: map[string]any{}, query: map[string]any{}}
	g.path = x.route.values(x.r.URL.EscapedPath())
	query, err := url.ParseQuery(x.r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the query cannot be read: "+err.Error())
	}
	if g.url, err = url.Parse(s.origin(x.r) + x.r.URL.RequestURI()); err != nil {
		return nil, refuse(http.StatusBadRequest, "the URL cannot be read: "+err.Error())
	}
	op := x.route.op
	known := map[string]bool{}
	if style, ok := s.catalogue.Paging.Get(op.Paging.Value); ok {
		known[style.Parameter()], known[style.Limit], known[linkPosition] = true, true, style.Kind == "link"
	}
	var spread []*spec.Parameter
	for _, p := range op.Parameters {
		var texts []string
		switch p.In {
		case "path":
			texts = []string{g.path[p.Name]}
		case "query":
			if p.Style == "form" {
				spread = append(spread, p)
				continue
			}
			known[p.Name] = true
			texts = query[p.Name]
			if p.Style == "deepObject" {
				deep, names, err := s.readDeep(p, query)
				for _, name := range names {
					known[name] = true
				}
				if err == nil && len(names) > 0 {
					err = describe(s.schemas.check(p.Schema, inRequest, deep))
				}
				if err != nil {
					return nil, refuse(http.StatusBadRequest, fmt.Sprintf("%s parameter %q %s", p.In, p.Name, err)).with("parameter", p.Name)
				}
				if len(names) > 0 {
					g.params[p.Name], g.query[p.Name] = deep, deep
					continue
				}
			}
			if separator := separators[p.Style]; separator != "" && len(texts) == 1 {
				texts = strings.Split(texts[0], separator)
			}
		case "header":
			texts = x.r.Header.Values(p.Name)
		}
		if len(texts) == 0 {
			if p.Required {
				return nil, refuse(http.StatusBadRequest, fmt.Sprintf("%s parameter %q is missing", p.In, p.Name)).with("parameter", p.Name)
			}
			continue
		}
		value, err := s.readParameter(p.Schema, texts)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, fmt.Sprintf("%s parameter %q %s", p.In, p.Name, err)).with("parameter", p.Name)
		}
		if p.In != "header" {
			g.params[p.Name] = value
		}
		if p.In == "query" {
			g.query[p.Name] = value
		}
	}
	for _, p := range spread {
		members, names, err := s.readMembers(p, query, func(name string) bool {
			return known[name] || s.keyParameter(name) || x.route.query.Has(name)
		})
		switch {
		case err != nil:
			return nil, refuse(http.StatusBadRequest, fmt.Sprintf("%s parameter %q %s", p.In, p.Name, err)).with("parameter", p.Name)
		case len(names) > 0:
			g.params[p.Name] = members
		case p.Required:
			return nil, refuse(http.StatusBadRequest, fmt.Sprintf("%s parameter %q is missing", p.In, p.Name)).with("parameter", p.Name)
		}
		for _, name := range names {
			known[name] = true
		}
	}
	for name, texts := range query {
		switch {
		case s.keyParameter(name), x.route.query.Has(name):
		case !known[name]:
			// No catalogue says whether the API refuses it or ignores it.
			x.call.Ignored = append(x.call.Ignored, clip(name, maxDetail))
		case g.query[name] == nil:
			g.query[name] = texts[0] // the paging style names it, or it is a member, and the operation does not declare it
		}
	}
	slices.Sort(x.call.Ignored)
	x.call.Ignored = x.call.Ignored[:min(len(x.call.Ignored), maxFindings)]
	var p *problem
	g.body, p = s.readContent(op, x)
	return g, p
}

// readParameter returns the value of a parameter, read as the schema's type.
func (s *Server) readParameter(schema *spec.Schema, texts []string) (any, error) {
	flat := s.schemas.flatten(schema)
	if flat.JSONType() == "array" || flat.Items != nil {
		list := s.listOf(flat, texts)
		err := s.schemas.check(schema, inRequest, list)
		if err != nil && len(texts) == 1 && strings.Contains(texts[0], ",") {
			// The items may stand in one text, as with "explode: false" in OpenAPI.
			if other := s.listOf(flat, strings.Split(texts[0], ",")); s.schemas.check(schema, inRequest, other) == nil {
				return other, nil
			}
		}
		return list, describe(err)
	}
	if len(texts) > 1 {
		return nil, fmt.Errorf("is there %d times", len(texts))
	}
	value, err := s.readText(schema, texts[0])
	return value, describe(err)
}

func (s *Server) listOf(flat *spec.Schema, texts []string) []any {
	items := flat.Items
	if items == nil {
		items = &anything
	}
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i], _ = s.readText(items, text)
	}
	return list
}

// readText returns a text as a number, boolean or text, whichever the schema takes
// first.
func (s *Server) readText(schema *spec.Schema, text string) (any, error) {
	candidates := []any{text}
	if len(text) < maxNumber && json.Valid([]byte(text)) && safeNumber(text) {
		if n, err := decodeJSON([]byte(text)); err == nil {
			switch n.(type) {
			case json.Number, bool:
				candidates = []any{n, text}
			}
		}
	}
	var first error
	for i := len(candidates) - 1; i >= 0; i-- {
		err := s.schemas.check(schema, inRequest, candidates[i])
		if err == nil {
			return candidates[i], nil
		}
		first = err
	}
	return candidates[0], first
}

// readContent returns the body, read as the operation's media type and checked.
func (s *Server) readContent(op *spec.Operation, x *exchange) (any, *problem) {
	if len(op.Body) == 0 {
		if len(x.body) > 0 {
			return nil, refuse(http.StatusBadRequest, fmt.Sprintf("%s takes no body", op.ID))
		}
		return nil, nil
	}
	if len(x.body) == 0 {
		if op.BodyOptional {
			return nil, nil
		}
		return nil, refuse(http.StatusBadRequest, fmt.Sprintf("%s needs a body of %s", op.ID, bodyTypes(op))).with("pointer", "")
	}
	if coding := x.r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, refuse(http.StatusUnsupportedMediaType, fmt.Sprintf("the body's content coding is %q; it must not be encoded", coding)).field("Accept-Encoding", "identity")
	}
	header := x.r.Header.Get("Content-Type")
	sent, params, err := mime.ParseMediaType(header)
	entry := slices.IndexFunc(op.Body, func(e spec.Entry[*spec.Schema]) bool { return err == nil && matches(e.Key, sent) })
	if entry < 0 {
		return nil, refuse(http.StatusUnsupportedMediaType, fmt.Sprintf("the body's content type is %q; %s takes %s", header, op.ID, bodyTypes(op)))
	}
	schema := op.Body[entry].Value
	var value any
	switch {
	case s.schemas.flatten(schema).Format == "binary" && !spec.IsJSON(op.Body[entry].Key):
		if err := s.checkBytes(schema, x.body); err != nil {
			return nil, refuse(http.StatusBadRequest, "the body "+err.Error()).with("pointer", "")
		}
		return nil, nil // bytes, whatever their media type
	case spec.IsJSON(sent):
		value, err = readJSON(x.body)
	case sent == formType:
		value, err = s.readForm(schema, x.body, op.BodyStyle == "deepObject")
	case sent == "multipart/form-data":
		value, err = s.readMultipart(schema, x.body, params["boundary"])
	case sent == "multipart/related" && len(s.schemas.flatten(schema).Properties) > 0:
		value, err = s.readRelated(schema, x.body, params["boundary"])
	case strings.HasPrefix(sent, "text/"):
		value = string(x.body)
	default:
		return nil, nil // what is in a binary body is not checked
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the body cannot be read: "+err.Error())
	}
	if err := s.schemas.check(schema, inRequest, value); err != nil {
		return nil, invalid(err)
	}
	return value, nil
}

// checkBytes returns an error if there are more or fewer bytes than a schema of bytes
// admits, whose lengths count bytes.
func (s *Server) checkBytes(schema *spec.Schema, content []byte) error {
	flat := s.schemas.flatten(schema)
	switch n := len(content); {
	case flat.Format != "binary":
	case flat.MaxLength != nil && n > *flat.MaxLength:
		return fmt.Errorf("has %d bytes, and %d at most are taken", n, *flat.MaxLength)
	case flat.MinLength != nil && n < *flat.MinLength:
		return fmt.Errorf("has %d bytes, and takes %d at least", n, *flat.MinLength)
	}
	return nil
}

// bodyTypes returns the media types that an operation takes.
func bodyTypes(op *spec.Operation) string {
	types := make([]string, len(op.Body))
	for i, e := range op.Body {
		types[i] = e.Key
	}
	return strings.Join(types, " or ")
}

// matches reports whether a media type is one of a media range such as image/*.
func matches(mediaRange, mediaType string) bool {
	essence, _, err := mime.ParseMediaType(mediaRange)
	if err != nil {
		return false
	}
	return essence == "*/*" || essence == mediaType || strings.HasSuffix(essence, "/*") && strings.HasPrefix(mediaType, strings.TrimSuffix(essence, "*"))
}

// maxNumber bounds the digits and the exponent of a number, because a few bytes can
// name a value with a billion digits.
const maxNumber = 400

func safeNumber(text string) bool {
	if len(text) > maxNumber {
		return false
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(text[i+1:])
		return err != nil || exponent < maxNumber && exponent > -maxNumber
	}
	return true
}

// maxJSONDepth bounds the nesting of a JSON body.
const maxJSONDepth = 64

func readJSON(text []byte) (any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("it is not UTF-8")
	}
	depth := 0
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("it is not JSON: %w", err)
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				if depth++; depth > maxJSONDepth {
					return nil, fmt.Errorf("it is nested deeper than %d", maxJSONDepth)
				}
			} else {
				depth--
			}
		case json.Number:
			if !safeNumber(t.String()) {
				return nil, fmt.Errorf("a number at byte %d is too long or too large", decoder.InputOffset())
			}
		}
	}
	value, err := decodeJSON(text)
	if err != nil {
		return nil, fmt.Errorf("it is not one JSON value: %w", err)
	}
	return value, nil
}

// separators stand between the items of a list in one query parameter, by its style.
var separators = map[string]string{"comma": ",", "space": " ", "pipe": "|"}

// maxParts bounds the number of parts of a multipart body.
const maxParts = 1000

// eachPart calls do with each part of a multipart body.
func eachPart(body []byte, boundary string, do func(part *multipart.Part, content []byte) error) error {
	if boundary == "" {
		return errors.New("its content type names no boundary")
	}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n == maxParts {
			return fmt.Errorf("it has more than %d parts", maxParts)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if err := do(part, content); err != nil {
			return err
		}
	}
}

// partValue returns the value of a part called name, read as the schema's type.
func (s *Server) partValue(schema *spec.Schema, name, contentType string, content []byte) (value any, err error) {
	if s.schemas.flatten(schema).Format == "binary" {
		err = s.checkBytes(schema, content)
		value = string(content)
	} else if spec.IsJSON(contentType) {
		value, err = readJSON(content)
	} else {
		value, _ = s.readText(schema, string(content))
	}
	if err != nil {
		return nil, fmt.Errorf("part %q: %w", name, err)
	}
	return value, nil
}

// elementType returns the schema of one part of a member, and whether the member is a
// list, which is a part for each element.
func (s *Server) elementType(member *spec.Schema) (schema *spec.Schema, list bool) {
	flat := s.schemas.flatten(member)
	list = flat.JSONType() == "array" || flat.Items != nil
	if list && flat.Items != nil {
		return flat.Items, true
	}
	return member, list
}

func (s *Server) readMultipart(schema *spec.Schema, body []byte, boundary string) (any, error) {
	object, values := map[string]any{}, map[string][]any{}
	err := eachPart(body, boundary, func(part *multipart.Part, content []byte) error {
		name := part.FormName()
		member := s.schemas.member(schema, name)
		if member == nil {
			member = &anything
		}
		member, list := s.elementType(member)
		value, err := s.partValue(member, name, part.Header.Get("Content-Type"), content)
		if err != nil {
			return err
		}
		values[name] = append(values[name], value)
		if list || len(values[name]) > 1 {
			object[name] = values[name]
		} else {
			object[name] = value
		}
		return nil
	})
	return object, err
}

// readRelated reads parts without names. They are the members of an object in their
// order; a member that is bytes takes any part, and any other one that is JSON or a text,
// as its type asks.
func (s *Server) readRelated(schema *spec.Schema, body []byte, boundary string) (any, error) {
	object := map[string]any{}
	members := s.schemas.flatten(schema).Properties
	n := 0
	err := eachPart(body, boundary, func(part *multipart.Part, content []byte) error {
		contentType := part.Header.Get("Content-Type")
		n++
		for len(members) > 0 {
			name := members[0].Key
			member, list := s.elementType(members[0].Value)
			value, err := s.partValue(member, name, contentType, content)
			if err == nil && s.schemas.check(member, inRequest, value) == nil || len(members) == 1 {
				if list {
					before, _ := object[name].([]any)
					object[name] = append(before, value)
				} else {
					object[name], members = value, members[1:]
				}
				return err
			}
			if _, some := object[name]; !some && slices.ContainsFunc(s.schemas.flatten(schema).Required, func(r spec.Text) bool { return r.Value == name }) {
				object[name], members = value, members[1:] // the check of the whole tells what is wrong
				return err
			}
			members = members[1:]
		}
		return fmt.Errorf("part %d has no place: %d were expected at most", n, n-1)
	})
	return object, err
}
