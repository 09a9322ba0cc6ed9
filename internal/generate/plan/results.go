package plan

import (
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// planResults plans one method for each media type of the successful responses. If
// these are alike for all statuses, the method returns that type, a stream, or only an
// error. Otherwise it returns a struct with the status and a field for each body.
func (b *builder) planResults(o *Operation, op *spec.Operation, home *Package, name string) {
	for _, r := range op.Responses {
		if status, _ := strconv.Atoi(r.Key); isRedirect(status) {
			o.Redirects = append(o.Redirects, status)
		}
	}
	var media []string
	for _, r := range op.Responses {
		for _, e := range r.Value {
			if !slices.Contains(media, e.Key) {
				media = append(media, e.Key)
			}
		}
	}
	if len(media) == 0 {
		media = []string{""}
	}
	called := map[string]string{}
	for i, accept := range media {
		m := &Method{Name: name, Accept: accept}
		if i > 0 {
			m.Name += b.names.exported(mediaSuffix(accept))
		}
		if called[m.Name] != "" {
			m.Name = name + b.names.exported(accept) // application/turtle beside text/turtle
		}
		if first, again := called[m.Name]; again {
			b.errorf("go-name-clash", op.Pos, "the operation %q answers in %s and in %s, and the method for each would be called %s", op.ID, first, accept, m.Name).
				hint("keep the media type that clients are to ask for")
			continue
		}
		called[m.Name] = accept
		var cases []Case
		streams, empties, redirects := 0, 0, 0
		var item *Ref // of a sequence of values
		for _, r := range op.Responses {
			status, _ := strconv.Atoi(r.Key)
			c := Case{Status: status}
			s, ok := r.Value.Get(accept)
			switch {
			case !ok && len(r.Value) > 0:
				continue // a response with this status has another media type
			case isRedirect(status):
				c.Field, c.Type = locationField, locationRef
				redirects++
			case !ok:
				empties++
			case spec.IsSequence(accept) && !b.isPlain(s):
				one := b.typeOf(s, home, m.Name+"Value")
				if item != nil && !item.equal(one) {
					b.errorf("responses", s.Pos, "the values of %s that the operation %q responds with have another type for another status", accept, op.ID).
						hint("write one type for both, such as an anyOf of them")
				}
				item = &one
			case !spec.IsJSON(accept):
				b.checkStreamed(op, accept, s)
				c.Limits = b.limits(s)
				streams++
			default:
				c.Field = b.statusField(status)
				hint := m.Name + "Response"
				if len(op.Responses) > 1 {
					hint = m.Name + c.Field
				}
				c.Type = b.typeOf(s, home, hint)
				c.Limits = b.undeclared(c.Type, s)
			}
			cases = append(cases, c)
		}
		if item != nil {
			m.Result = Result{Kind: ResultValues, Type: *item}
		} else {
			m.Result = b.planResult(cases, streams, empties, redirects, home, m.Name, op)
		}
		m.Func = b.functionName(m.Name)
		o.Methods = append(o.Methods, m)
	}
}

// locationField is the field for where a redirect leads.
const locationField = "Location"

var locationRef = wrap(Pointer, named("net/url", "URL"))

// isRedirect reports whether the result of a response is where it leads.
func isRedirect(status int) bool { return status >= 300 && status <= 399 }

// statusField returns the name of the field for the body of a response with a status.
func (b *builder) statusField(status int) string {
	switch text := http.StatusText(status); {
	case status == http.StatusOK:
		return "OK"
	case text == "":
		return "Status" + strconv.Itoa(status)
	default:
		return b.names.exported(strings.ToLower(text))
	}
}

// mediaSuffix returns what the name of a method says of its media type.
func mediaSuffix(mediaType string) string {
	t, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		t = mediaType
	}
	kind, sub, _ := strings.Cut(t, "/")
	switch {
	case kind == "*":
		return "any"
	case sub == "*":
		return "any " + kind
	}
	return sub
}

// pageResult returns the result of a paged operation that answers with a list, or without
// a body where the list is empty. It returns false if the cases say more than that.
func pageResult(cases []Case) (Result, bool) {
	page, lists := Result{Kind: ResultJSON}, 0
	for _, c := range cases {
		switch {
		case isRedirect(c.Status), lists > 0 && c.Field != "" && !page.Type.equal(c.Type):
			return Result{}, false
		case c.Field == "":
			page.Empty = append(page.Empty, c.Status)
		default:
			page.Type = c.Type
			lists++
		}
	}
	page.Limits = limitsOfCases(cases)
	return page, lists > 0
}

// planResult plans what a method returns, and declares the struct for several statuses.
func (b *builder) planResult(cases []Case, streams, empties, redirects int, home *Package, name string, op *spec.Operation) Result {
	switch {
	case streams > 0:
		return Result{Kind: ResultStream, Limits: limitsOfCases(cases)}
	case redirects == len(cases):
		return Result{Kind: ResultRedirect}
	case empties == len(cases):
		return Result{Kind: ResultEmpty}
	case empties == 0 && !slices.ContainsFunc(cases, func(c Case) bool { return !c.Type.equal(cases[0].Type) }):
		return Result{Kind: ResultJSON, Type: cases[0].Type, Limits: limitsOfCases(cases)}
	case op.Paging.Value != "":
		if page, ok := pageResult(cases); ok {
			return page
		}
	}
	t := &Type{Name: name + "Result", Kind: Struct, Doc: "holds the response of the operation " + op.ID + ": its status, and its body in the field for that status."}
	t.Fields = append(t.Fields, Field{Name: "Status", Type: builtin("int"), Required: true, Doc: "The HTTP status of the response."})
	located := false
	for _, c := range cases {
		if c.Field == "" {
			continue
		}
		if isRedirect(c.Status) {
			if !located {
				t.Fields = append(t.Fields, Field{Name: locationField, Type: locationRef, Required: true, Doc: "Where a redirect leads, nil for other statuses."})
			}
			located = true
			continue
		}
		t.Fields = append(t.Fields, Field{Name: c.Field, Type: wrap(Pointer, c.Type), Required: true, Limits: c.Limits, Doc: fmt.Sprintf("The body of a response with status %d.", c.Status)})
	}
	b.claim(home, t.Name, op.Pos, fmt.Sprintf("the result of the operation %q", op.ID))
	b.addType(home, t)
	return Result{Kind: ResultSeveral, Type: named(home.ImportPath, t.Name), Cases: cases}
}

// limitsOfCases returns the limits of bodies that are of one Go type, with their
// statuses where they differ.
func limitsOfCases(cases []Case) string {
	first := cases[0].Limits
	if !slices.ContainsFunc(cases, func(c Case) bool { return c.Limits != first }) {
		return first
	}
	var texts []string
	for _, c := range cases {
		if c.Limits != "" {
			texts = append(texts, fmt.Sprintf("With status %d: %s", c.Status, c.Limits))
		}
	}
	return strings.Join(texts, " ")
}
