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

// takenArguments are names that generated functions use for themselves.
var takenArguments = map[string]bool{
	"c": true, "ctx": true, "opts": true, "params": true, "body": true, "request": true, "response": true, "result": true, "page": true,
	"offset": true, "cursor": true, "err": true, "contentType": true,
}

// taken reports whether a function or argument called name would hide something
// that generated code uses.
func (b *builder) taken(name string) bool {
	// Of two imported packages with one name, the second is imported with a number behind it.
	return takenArguments[name] || b.imported[name] || b.imported[strings.TrimRight(name, "0123456789")]
}

// argument returns the Go name of a path parameter of an operation that is called
// name.
func (b *builder) argument(parameter string) string {
	argument := unexported(parameter, "Param")
	if b.taken(argument) {
		argument += "Param"
	}
	return argument
}

// functionName returns the name of the unexported function that a method calls. All
// clients of a package share it.
func (b *builder) functionName(method string) string {
	name := unexported(method, "Call")
	if b.taken(name) {
		name += "Call"
	}
	return name
}

// vetted are the method names for which "go vet" demands the signature that they
// have in Go's library. A client's method has another, so it needs another name.
var vetted = map[string]bool{
	"GobDecode": true, "GobEncode": true, "MarshalJSON": true, "ReadByte": true, "ReadRune": true,
	"UnmarshalJSON": true, "UnreadByte": true, "UnreadRune": true, "WriteByte": true,
}

// methodName returns the Go name of an operation.
func (b *builder) methodName(op *spec.Operation) string {
	if op.GoName != "" {
		if vetted[op.GoName] {
			b.errorf("go-name", op.Pos, "the operation %q cannot have the Go name %s: \"go vet\" refuses methods that are called so and declared otherwise than in Go's library", op.ID, op.GoName).
				hint("choose another go_name")
		}
		return op.GoName
	}
	name := b.names.exported(op.ID)
	switch {
	case name == "":
		b.errorf("no-go-name", op.Pos, "no Go name can be made from the operation %q: it holds neither letter nor digit", op.ID).hint("name it with go_name")
		return "X"
	case vetted[name]:
		return name + "Call"
	}
	return name
}

// operations plans every operation in each package whose clients hold it, and
// turns the clients' operation ids into method names.
func (b *builder) operations() {
	byID := map[*Package]map[string]*Operation{}
	for _, op := range b.catalogue.Operations {
		users := b.used[op]
		if len(users) == 0 {
			continue
		}
		planned := b.operation(op)
		for p := range users {
			if byID[p] == nil {
				byID[p] = map[string]*Operation{}
			}
			if first := byID[p][op.ID]; first != nil {
				continue // the loader has reported the duplicate
			}
			byID[p][op.ID] = planned
			p.Operations = append(p.Operations, planned)
			b.claim(p, planned.Variable, op.Pos, fmt.Sprintf("the operation %q", op.ID))
			for _, m := range planned.Methods {
				b.claim(p, m.Func, op.Pos, fmt.Sprintf("the operation %q", op.ID))
			}
		}
	}
	for _, p := range b.packages {
		for _, c := range p.Clients {
			var methods []string
			seen := map[string]string{}
			for _, id := range c.Methods {
				op := byID[p][id]
				if op == nil {
					continue
				}
				for _, m := range op.Methods {
					if first, ok := seen[m.Name]; ok {
						b.errorf("go-name-clash", b.position(id), "the operations %q and %q both become the Go method %s of %s.%s", first, id, m.Name, p.Name, c.Name).
							related(b.position(first), "the other one").hint("give one of them a go_name")
						continue
					}
					seen[m.Name] = id
					methods = append(methods, m.Name)
				}
			}
			c.Methods = methods
		}
	}
}

func (b *builder) position(id string) spec.Position {
	for _, op := range b.catalogue.Operations {
		if op.ID == id {
			return op.Pos
		}
	}
	return spec.Position{}
}

func (b *builder) operation(op *spec.Operation) *Operation {
	home := b.home(op)
	name := b.methodName(op)
	o := &Operation{
		ID: op.ID, HTTPMethod: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description, Source: op.Source,
		Deprecated: op.Deprecated, IdempotencyKey: op.IdempotencyKey == "required", Errors: op.Errors,
		Variable: unexported(name, "") + "Operation",
	}
	switch op.Requires.Kind {
	case spec.Public:
		o.Kind = Public
	case spec.TokenOnly:
		o.Kind = TokenOnly
	}
	for _, set := range op.Requires.Sets {
		var wire []string
		for _, s := range set {
			if info := b.scopes[s.Value]; info != nil {
				wire = append(wire, info.scope.Wire)
			}
		}
		o.Requires = append(o.Requires, wire)
	}
	b.parameters(o, op, home, name)
	b.body(o, op, home, name)
	b.results(o, op, home, name)
	return o
}

func (b *builder) parameters(o *Operation, op *spec.Operation, home *Package, name string) {
	arguments := map[string]string{}
	fields := map[string]spec.Position{}
	params := &Type{Name: name + "Params", Kind: Struct}
	// Path parameters come in the order of the path, whatever the order they are listed in.
	list := slices.Clone(op.Parameters)
	slices.SortStableFunc(list, func(x, y *spec.Parameter) int {
		if x.In != "path" || y.In != "path" {
			return 0
		}
		return strings.Index(op.Path, "{"+x.Name+"}") - strings.Index(op.Path, "{"+y.Name+"}")
	})
	for _, p := range list {
		if p.In == "header" {
			b.checkHeader(op, p)
		}
		goName := p.GoName
		if goName == "" {
			goName = b.names.exported(p.Name)
		}
		if goName == "" {
			b.errorf("no-go-name", p.Pos, "no Go name can be made from the parameter %q: it holds neither letter nor digit", p.Name).hint("name it with go_name")
			continue
		}
		r := stringRef
		if p.Schema != nil {
			r = b.typeOf(p.Schema, home, name+goName)
			if p.Style != "deepObject" && !b.isText(r) {
				b.errorf("parameter-type", p.Pos, "the parameter %q of the operation %q is more than a text or a list of texts", p.Name, op.ID).
					hint("make a parameter of each of its members, or a text of it")
			}
		}
		doc := p.Description
		if doc == "" && p.Schema != nil {
			doc = b.memberDoc(p.Schema)
		}
		if p.Schema != nil && p.Schema.Default != nil {
			doc = strings.TrimSpace(doc + " Default: " + p.Schema.Default.JSON + ".")
		}
		if p.In == "path" {
			argument := b.argument(goName)
			if argument == b.functionName(name) || argument == b.functionName(name+"Page") || argument == o.Variable {
				argument += "Param" // the method calls the function by this name
			}
			if first, ok := arguments[argument]; ok {
				b.errorf("go-name-clash", p.Pos, "the path parameters %q and %q of %s both become the Go argument %s", first, p.Name, op.ID, argument).hint("give one of them a go_name")
				continue
			}
			arguments[argument] = p.Name
			o.PathParams = append(o.PathParams, Param{Wire: p.Name, GoName: argument, In: p.In, Type: r, Required: true, Doc: doc})
			continue
		}
		if first, ok := fields[goName]; ok {
			b.errorf("go-name-clash", p.Pos, "two parameters of %s both become the Go field %s", op.ID, goName).
				related(first, "the other one").hint("give one of them a go_name")
			continue
		}
		fields[goName] = p.Pos
		chosen := p.Required && r.is(Named) && b.withoutZero(r)
		if !p.Required {
			r = wrap(Optional, r)
		}
		o.ParamsFields = append(o.ParamsFields, Param{Wire: p.Name, GoName: goName, In: p.In, Type: r, Required: p.Required, Style: p.Style, Chosen: chosen, Doc: doc})
		params.Fields = append(params.Fields, Field{Name: goName, Type: r, Doc: doc, Required: p.Required})
	}
	if len(params.Fields) > 0 {
		params.Doc = paramsDoc(op.ID, params.Fields)
		b.claim(home, params.Name, op.Pos, fmt.Sprintf("the parameters of the operation %q", op.ID))
		b.add(home, params)
		r := named(home.ImportPath, params.Name)
		o.Params = &r
	}
}

// paramsDoc returns the comment of a struct of parameters, behind its name.
func paramsDoc(operation string, fields []Field) string {
	var required []string
	for _, f := range fields {
		if f.Required {
			required = append(required, f.Name)
		}
	}
	text := "holds the parameters of the operation " + operation
	switch len(required) {
	case 0:
		return text + "; the zero value asks for the API's defaults."
	case 1:
		return text + ". " + required[0] + " is required."
	}
	last := len(required) - 1
	return text + ". " + strings.Join(required[:last], ", ") + " and " + required[last] + " are required."
}

// runtimeHeaders are the headers that the runtime or net/http sets. The runtime
// refuses a call that gives one of them.
var runtimeHeaders = map[string]bool{
	"Accept-Encoding": true, "Authorization": true, "Connection": true, "Content-Digest": true, "Content-Length": true, "Digest": true,
	"Expect": true, "Host": true, "Keep-Alive": true, "Proxy-Authorization": true, "Proxy-Connection": true, "Signature": true,
	"Signature-Input": true, "Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// checkHeader refuses a header parameter that the runtime sets itself, because
// every call that gives it would fail.
func (b *builder) checkHeader(op *spec.Operation, p *spec.Parameter) {
	who, hint, related := "", "remove the parameter", spec.Position{}
	for _, h := range b.catalogue.Headers {
		if strings.EqualFold(h.Key, p.Name) {
			who, related = "the catalogue's headers set for every call", h.Pos
		}
	}
	switch {
	case strings.EqualFold(p.Name, b.catalogue.Idempotency), strings.EqualFold(p.Name, "Idempotency-Key"):
		who, hint = "carries an idempotency key", "remove the parameter; if the API needs the key, write idempotency_key: required, and name the header in the table with idempotency"
	case strings.EqualFold(p.Name, "Accept"), strings.EqualFold(p.Name, "Content-Type"):
		who = "the media types of the operation set"
	case runtimeHeaders[http.CanonicalHeaderKey(p.Name)]:
		who = "the runtime sets where it is needed"
	}
	if who == "" {
		return
	}
	f := b.errorf("header-taken", p.Pos, "the operation %q has the header parameter %q, which %s", op.ID, p.Name, who)
	if related.Line > 0 {
		f.related(related, "it is set here")
	}
	f.hint(hint)
}

func (b *builder) body(o *Operation, op *spec.Operation, home *Package, name string) {
	for i, e := range op.Body {
		if i > 0 {
			b.errorf("several-bodies", e.Pos, "the operation %q takes several media types; a client method sends one", op.ID).hint("keep the one that clients are to send")
			return
		}
		kind := BodyStream
		switch {
		case spec.IsJSON(e.Key):
			kind = BodyJSON
		case e.Key == "application/x-www-form-urlencoded" && e.Value.Format != "binary": // bytes: the caller writes the form
			kind = BodyForm
		}
		body := &Body{Kind: kind, MediaType: e.Key, Optional: op.BodyOptional, Deep: op.BodyStyle == "deepObject"}
		if kind == BodyStream {
			b.checkStreamed(op, e.Key, e.Value)
		} else {
			body.Type = b.typeOf(e.Value, home, name+"Body")
			if kind == BodyForm {
				b.checkForm(op, e.Pos, body.Type)
			}
			if body.Optional {
				body.Type = wrap(Optional, body.Type)
			}
		}
		o.Body = body
	}
}

// checkStreamed refuses a schema for a media type that is not JSON, unless it stands
// for plain bytes or text: the content is streamed, and no type is generated for it.
func (b *builder) checkStreamed(op *spec.Operation, mediaType string, s *spec.Schema) {
	s = b.flattener.Flatten(s)
	for range 50 { // a cycle is the loader's to report
		t := b.types[refKey(s.Ref)]
		if s.Ref == "" || t == nil {
			break
		}
		s = b.flattener.Flatten(t.schema)
	}
	kind := baseType(s)
	if (kind == "" || kind == "string") && len(union(s)) == 0 && len(s.Enum) == 0 && s.Const == nil {
		return
	}
	b.errorf("untyped-media-type", s.Pos, "the operation %q has a schema for %s, of which a client reads or writes the bytes alone", op.ID, mediaType).
		hint("write {type: string, format: binary} and describe the content in words; if it is JSON, name a JSON media type, such as application/json")
}

// checkForm refuses a body that a form cannot hold: a form is a list of names with
// texts. What a union or a type of the user's own holds is known only when it is
// sent, so these are accepted.
func (b *builder) checkForm(op *spec.Operation, pos spec.Position, body Ref) {
	body, form := b.behind(body)
	switch {
	case body.is(Slice), body.is(Builtin), form != nil && form.Kind == Enum:
		b.errorf("form", pos, "the form of the operation %q is not an object, whose members would be its fields", op.ID).
			hint("give it a type with properties")
		return
	case form == nil || form.Kind != Struct:
		return
	}
	for _, f := range form.Fields {
		if op.BodyStyle == "" && !b.isText(f.Type) {
			b.errorf("form", pos, "the form of the operation %q cannot hold the member %q of %s, which is more than a text or a list of texts", op.ID, f.Wire, form.Name).
				hint("make the member a text, send the body as application/json, or say body_style: deepObject if the API reads a[b]=c")
		}
	}
}

// isText reports whether the values of a type can be written outside JSON, as a
// text or as a list of texts. It is true where the type leaves that open.
func (b *builder) isText(r Ref) bool {
	text := wrap(Slice, builtin("byte"))
	value, t := b.behind(r)
	if value.is(Slice) && !value.equal(text) {
		value, t = b.behind(*value.Elem) // a list repeats its name, once for each element
	}
	return !(value.is(Slice) && !value.equal(text) || value.is(Map) || t != nil && t.Kind == Struct)
}

// behind follows names of other types, Optional, Nullable and pointers to the type
// that holds the value. It returns the declaration too, or nil if there is none.
func (b *builder) behind(r Ref) (Ref, *Type) {
	t := b.declared(r)
	switch {
	case r.is(Optional), r.is(Nullable), r.is(Pointer):
		return b.behind(*r.Elem)
	case t != nil && (t.Kind == Defined || t.Kind == Alias) && !t.Underlying.equal(r):
		return b.behind(t.Underlying)
	}
	return r, t
}

// withoutZero reports whether r is an enum whose values do not include Go's zero
// value, so that a zero variable holds none of them.
func (b *builder) withoutZero(r Ref) bool {
	_, t := b.behind(r)
	return t != nil && t.Kind == Enum && !slices.ContainsFunc(t.Values, func(v EnumValue) bool { return v.JSON == `""` || v.JSON == "0" })
}

// results plans one method for each media type in which the API can answer. If all
// success statuses answer alike, the method returns that type, a stream, or only
// an error; otherwise it returns a struct with the status and a field for each.
func (b *builder) results(o *Operation, op *spec.Operation, home *Package, name string) {
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
		if first, again := called[m.Name]; again {
			b.errorf("go-name-clash", op.Pos, "the operation %q answers in %s and in %s, and the method for each would be called %s", op.ID, first, accept, m.Name).
				hint("keep the media type that clients are to ask for")
			continue
		}
		called[m.Name] = accept
		var cases []Case
		streams, empties := 0, 0
		for _, r := range op.Responses {
			status, _ := strconv.Atoi(r.Key)
			c := Case{Status: status}
			s, ok := r.Value.Get(accept)
			switch {
			case !ok && len(r.Value) > 0:
				continue // this status answers in other media types
			case !ok:
				empties++
			case !spec.IsJSON(accept):
				b.checkStreamed(op, accept, s)
				streams++
			default:
				c.Field = b.statusField(status)
				hint := m.Name + "Response"
				if len(op.Responses) > 1 {
					hint = m.Name + c.Field
				}
				c.Type = b.typeOf(s, home, hint)
			}
			cases = append(cases, c)
		}
		m.Result = b.result(cases, streams, empties, home, m.Name, op)
		m.Func = b.functionName(m.Name)
		o.Methods = append(o.Methods, m)
	}
	if op.Paging.Value != "" {
		b.paging(o, op, name)
	}
}

// statusField returns the Go name for the body of an answer with a status.
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

func (b *builder) result(cases []Case, streams, empties int, home *Package, name string, op *spec.Operation) Result {
	switch {
	case streams > 0:
		return Result{Kind: ResultStream}
	case empties == len(cases):
		return Result{Kind: ResultEmpty}
	case empties == 0 && !slices.ContainsFunc(cases, func(c Case) bool { return !c.Type.equal(cases[0].Type) }):
		return Result{Kind: ResultJSON, Type: cases[0].Type}
	}
	t := &Type{Name: name + "Result", Kind: Struct, Doc: "holds the response of the operation " + op.ID + ": its status, and its body in the field for that status."}
	t.Fields = append(t.Fields, Field{Name: "Status", Type: builtin("int"), Required: true, Doc: "The HTTP status of the response."})
	for i, c := range cases {
		if c.Field == "" {
			continue
		}
		t.Fields = append(t.Fields, Field{Name: c.Field, Type: wrap(Pointer, c.Type), Required: true, Doc: fmt.Sprintf("The body of a response with status %d.", c.Status)})
		cases[i] = c
	}
	b.claim(home, t.Name, op.Pos, fmt.Sprintf("the result of the operation %q", op.ID))
	b.add(home, t)
	return Result{Kind: ResultSeveral, Type: named(home.ImportPath, t.Name), Cases: cases}
}

// structOf returns the struct behind a reference.
func (b *builder) structOf(r Ref) *Type {
	if _, t := b.behind(r); t != nil && t.Kind == Struct {
		return t
	}
	return nil
}

// underlying sees through names for lists.
func (b *builder) underlying(r Ref) Ref {
	if t := b.declared(r); t != nil && (t.Kind == Alias || t.Kind == Defined) && t.Underlying.is(Slice) {
		return t.Underlying
	}
	return r
}

func (b *builder) declared(r Ref) *Type {
	if !r.is(Named) {
		return nil
	}
	r.Secret = false // the index has the declaration, not this use of it
	return b.index[r]
}
