package emit

import (
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// Package writes a domain, or the package of shared types.
func (w *Writer) Package(p *plan.Package) ([]File, error) {
	entry := w.plan.Entry
	var out []File
	add := func(f *jen.File, name string) error {
		rendered, err := w.render(f, name)
		out = append(out, rendered)
		return err
	}
	if len(p.Clients) > 0 {
		if err := add(w.clients(p), "client.go"); err != nil {
			return nil, err
		}
		if err := add(w.operations(p), "operations.go"); err != nil {
			return nil, err
		}
	}
	if len(p.Types) > 0 {
		f := w.types(p)
		if len(p.Clients) == 0 {
			f.PackageComment(comment("Package " + p.Name + " holds the types that several domains of the " + entry.Title + " share."))
		}
		if err := add(f, "types.go"); err != nil {
			return nil, err
		}
	}
	if len(p.Moved) > 0 {
		f := w.moved(p)
		if len(p.Clients)+len(p.Types) == 0 {
			f.PackageComment(comment("Package "+p.Name+" holds deprecated names for what has moved since a scope was renamed.", deprecated("scopegen fix moves a program to the new names.")))
		}
		if err := add(f, "moved.go"); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (w *Writer) clients(p *plan.Package) *jen.File {
	entry := w.plan.Entry
	f := w.file(p)
	scopePath := entry.ImportPath + "/scope"
	var list []string
	for _, c := range p.Clients {
		list = append(list, "["+c.Name+"] for "+permission(c))
	}
	common, errorsLine := commonErrors(p), ""
	if len(common) > 0 {
		errorsLine = "The API documents the error statuses " + statuses(common) + " for every operation, and further ones in the comments of the methods. Each comes as a [*runtime.Error]."
	}
	f.PackageComment(comment(
		"Package "+p.Name+" holds the clients and types of one domain of the "+entry.Title+".",
		"Each client has the operations that its scopes permit: "+strings.Join(list, "; ")+".",
		errorsLine,
	))
	handshake(f)
	operations := map[string]*plan.Operation{}
	methods := map[string]*plan.Method{}
	for _, op := range p.Operations {
		for _, m := range op.Methods {
			operations[m.Name], methods[m.Name] = op, m
		}
	}
	for _, c := range p.Clients {
		w.client(f, c, scopePath)
		for _, name := range c.Methods {
			method(f, c, operations[name], methods[name], common)
		}
	}
	return f
}

func permission(c *plan.Client) string {
	switch c.Kind {
	case plan.Public:
		return "what needs no access token"
	case plan.TokenOnly:
		return "what any access token permits"
	}
	return scopeList(c.Scopes)
}

func scopeList(scopes []plan.ScopeName) string {
	var names []string
	for _, s := range scopes {
		names = append(names, s.Wire)
	}
	return strings.Join(names, " with ")
}

func (w *Writer) client(f *jen.File, c *plan.Client, scopePath string) {
	note := ""
	if c.Deprecated != "" {
		note = deprecated(c.Deprecated)
	}
	pointer := jen.Op("*").Id(c.Name)
	construct := func(caller *jen.Statement) *jen.Statement {
		return jen.Return(jen.Op("&").Id(c.Name).Values(jen.Dict{jen.Id(c.Field): caller}))
	}
	declare := func(about ...string) {
		f.Add(doc(append(about, "It is safe for concurrent use. The zero "+c.Name+" refuses every call.", note)...))
		f.Type().Id(c.Name).Struct(jen.Id(c.Field).Qual(runtimePath, "Caller"))
	}
	switch c.Kind {
	case plan.Public:
		declare(c.Name + " calls the operations that need no access token.")
		f.Add(doc("New" + c.Name + " returns a client for the session. Its calls carry no access token."))
		f.Func().Id("New" + c.Name).Params(jen.Id("session").Op("*").Qual(runtimePath, "Session")).Add(pointer).Block(
			construct(jen.Qual(runtimePath, "NewPublicCaller").Call(jen.Id("session"))))
	case plan.TokenOnly:
		declare(c.Name + " calls the operations that any access token permits, whatever its scopes.")
		about := "New" + c.Name + " returns a client whose calls carry an access token for all scopes of " + setName(c.Name) + ". Give it a token for few scopes."
		if w.plan.Scopes == nil {
			about = "New" + c.Name + " returns a client whose calls carry an access token. The API has no scopes, so the token is [runtime.Authorize][any](session)."
		}
		f.Add(doc(about, note))
		set := setName(c.Name)
		f.Func().Id("New" + c.Name).Types(jen.Id(set).Any()).Params(jen.Id("token").Qual(runtimePath, "Token").Types(jen.Id(set))).Add(pointer).Block(
			construct(jen.Qual(runtimePath, "NewCaller").Types(jen.Id(set)).Call(jen.Id("token"))))
	default:
		permits := ""
		for _, s := range c.Scopes {
			permits += strconv.Quote(s.Wire) + " permits: " + end(printable(s.Permits)) + " "
		}
		enough := "the scope " + scopeList(c.Scopes) + " is enough"
		if len(c.Scopes) > 1 {
			enough = "the scopes " + strings.ReplaceAll(scopeList(c.Scopes), " with ", " and ") + " together are enough"
		}
		declare(c.Name+" calls every operation for which "+enough+".", permits)
		f.Add(doc("New"+c.Name+" returns a client. The scope set of token must hold "+scopeList(c.Scopes)+". The calls carry an access token for "+scopeList(c.Scopes)+" alone, even if the set holds more.", note))
		want := constraint(scopePath, c.Scopes)
		set := setName(c.Name)
		f.Func().Id("New" + c.Name).Types(jen.Id(set).Add(want)).Params(jen.Id("token").Qual(runtimePath, "Token").Types(jen.Id(set))).Add(pointer).Block(
			construct(jen.Qual(runtimePath, "NewCaller").Types(constraint(scopePath, c.Scopes)).Call(jen.Id("token"))))
	}
}

// setName returns the name of the type parameter of a client's constructor, which
// must not hide the client.
func setName(client string) string {
	if client == "S" {
		return "Set"
	}
	return "S"
}

// longest is how many columns a declaration's line should have at most.
const longest = 120

// parameterList writes the parameters of a function: on a line of their own if the
// declaration is too long for one, and on a line each if they are. Other is how
// long its names are beside the operation's parameters.
func parameterList(op *plan.Operation, other int, list []jen.Code) *jen.Statement {
	width := len("ctx context.Context, opts ...runtime.CallOption")
	for _, p := range op.PathParams {
		width += len(p.GoName) + typeWidth(p.Type) + len(" , ")
	}
	if op.Params != nil {
		width += len("params , ") + typeWidth(*op.Params)
	}
	if op.Body != nil {
		width += len("body , ") + typeWidth(op.Body.Type)
	}
	const result = 40 // the usual width of a result
	switch {
	case width+other+result <= longest:
		return jen.Params(list...)
	case width <= longest:
		return jen.Custom(jen.Options{Open: "(\n", Close: ",\n)", Separator: ","}, list...)
	}
	return jen.Custom(jen.Options{Open: "(", Close: ")", Separator: ",", Multi: true}, list...)
}

// typeWidth returns how many columns the use of a type has, about.
func typeWidth(r plan.Ref) int {
	if r.Elem != nil {
		return len("runtime.Optional[]") + typeWidth(*r.Elem)
	}
	return len(path.Base(r.Package)) + len(r.Name)
}

// parameters returns the parameters of a method that follow the context.
func parameters(op *plan.Operation) []jen.Code {
	var out []jen.Code
	for _, p := range op.PathParams {
		out = append(out, jen.Id(p.GoName).Add(typ(p.Type)))
	}
	if op.Params != nil {
		out = append(out, jen.Id("params").Add(typ(*op.Params)))
	}
	if op.Body != nil {
		switch {
		case op.Body.Kind != plan.BodyStream:
			out = append(out, jen.Id("body").Add(typ(op.Body.Type)))
		case strings.HasPrefix(op.Body.MediaType, "multipart/"):
			// Only the maker of the body knows its boundary.
			out = append(out, jen.Id("contentType").String(), jen.Id("body").Qual("io", "Reader"))
		default:
			out = append(out, jen.Id("body").Qual("io", "Reader"))
		}
	}
	return out
}

// arguments returns the names of these parameters, to pass them on.
func arguments(op *plan.Operation) []jen.Code {
	var out []jen.Code
	for _, p := range op.PathParams {
		out = append(out, jen.Id(p.GoName))
	}
	if op.Params != nil {
		out = append(out, jen.Id("params"))
	}
	if op.Body != nil {
		if op.Body.Kind == plan.BodyStream && strings.HasPrefix(op.Body.MediaType, "multipart/") {
			out = append(out, jen.Id("contentType"))
		}
		out = append(out, jen.Id("body"))
	}
	return out
}

// iterates reports whether m is the iterator over an operation's pages.
func iterates(op *plan.Operation, m *plan.Method) bool {
	return op.Paging != nil && m == op.Methods[0]
}

func results(op *plan.Operation, m *plan.Method) *jen.Statement {
	if iterates(op, m) {
		return jen.Qual("iter", "Seq2").Types(typ(op.Paging.Item), jen.Error())
	}
	switch m.Result.Kind {
	case plan.ResultEmpty:
		return jen.Error()
	case plan.ResultStream:
		return jen.Params(jen.Op("*").Qual(runtimePath, "Stream"), jen.Error())
	}
	return jen.Params(jen.Op("*").Add(typ(m.Result.Type)), jen.Error())
}

func method(f *jen.File, c *plan.Client, op *plan.Operation, m *plan.Method, common []int) {
	f.Add(doc(methodDoc(c, op, m, common)...))
	all := append([]jen.Code{jen.Id("ctx").Qual("context", "Context")}, parameters(op)...)
	all = append(all, jen.Id("opts").Op("...").Qual(runtimePath, "CallOption"))
	call := append([]jen.Code{jen.Id("ctx"), jen.Id("c").Dot(c.Field)}, arguments(op)...)
	call = append(call, jen.Id("opts"))
	f.Func().Params(jen.Id("c").Op("*").Id(c.Name)).Id(m.Name).Add(parameterList(op, len("c *")+len(c.Name)+len(m.Name), all)).Add(results(op, m)).Block(
		jen.Return(jen.Id(m.Func).Call(call...)))
}

// commonErrors returns the error statuses that every operation of a package
// documents, if there are several operations.
func commonErrors(p *plan.Package) []int {
	if len(p.Operations) < 2 {
		return nil
	}
	common := slices.Clone(p.Operations[0].Errors)
	for _, op := range p.Operations[1:] {
		common = slices.DeleteFunc(common, func(status int) bool { return !slices.Contains(op.Errors, status) })
	}
	return common
}

func statuses(list []int) string {
	var texts []string
	for _, status := range list {
		texts = append(texts, strconv.Itoa(status))
	}
	return strings.Join(texts, ", ")
}

// methodDoc returns the paragraphs of a method's comment. Common are the error
// statuses that the package's comment names for all its operations.
func methodDoc(c *plan.Client, op *plan.Operation, m *plan.Method, common []int) []string {
	out := []string{action(m.Name, op.ID, op.Summary)}
	switch {
	case iterates(op, m):
		out = append(out, "The iterator begins at the page that params asks for and fetches each page when it is needed. It ends after an error. "+m.Name+"Page returns one page as the API sends it.")
	case m.Page:
		out = append(out, "It returns one page; "+op.Methods[0].Name+" iterates over the items of all pages.")
	}
	out = append(out, op.Description, "\t"+op.HTTPMethod+" "+op.Path)
	for _, p := range op.PathParams {
		if p.Doc != "" {
			out = append(out, p.GoName+": "+end(printable(p.Doc)))
		}
	}
	switch op.Kind {
	case plan.Public:
		out = append(out, "The call carries no access token.")
	case plan.TokenOnly:
		out = append(out, "Any access token permits it, whatever its scopes.")
	default:
		text := "Permitted by " + sets(op.Requires) + "."
		if len(op.Requires) > 1 || len(op.Requires[0]) > 1 {
			text += " The call carries an access token for " + scopeList(c.Scopes) + "."
		}
		out = append(out, text)
	}
	if op.IdempotencyKey {
		out = append(out, "The call carries an idempotency key, so it is safe to repeat. The key is random unless [runtime.WithIdempotencyKey] gives one.")
	}
	switch {
	case m.Result.Kind == plan.ResultStream:
		out = append(out, "The response is "+m.Accept+", read as it arrives. Close it.")
	case op.Body != nil && op.Body.Kind == plan.BodyStream:
		out = append(out, "The body is "+op.Body.MediaType+".")
	}
	own := slices.DeleteFunc(slices.Clone(op.Errors), func(status int) bool { return slices.Contains(common, status) })
	switch {
	case len(own) == 0:
	case len(common) == 0:
		out = append(out, "Documented error statuses, each a [*runtime.Error]: "+statuses(own)+".")
	default:
		out = append(out, "Further error statuses: "+statuses(own)+".")
	}
	if op.Source != "" {
		out = append(out, "Source: "+op.Source)
	}
	if op.Deprecated != "" {
		out = append(out, deprecated(op.Deprecated))
	}
	return out
}

func (w *Writer) operations(p *plan.Package) *jen.File {
	f := w.file(p)
	for _, op := range p.Operations {
		f.Line()
		f.Var().Id(op.Variable).Op("=").Qual(implPath, "Operation").ValuesFunc(func(g *jen.Group) {
			field := func(name string, value jen.Code) { g.Line().Id(name).Op(":").Add(value) }
			field("ID", jen.Lit(op.ID))
			field("Method", jen.Lit(op.HTTPMethod))
			field("Path", jen.Lit(op.Path))
			if len(op.Requires) > 0 {
				field("Requires", jen.Index().Index().String().ValuesFunc(func(g *jen.Group) {
					for _, set := range op.Requires {
						g.ValuesFunc(func(g *jen.Group) {
							for _, s := range set {
								g.Lit(s)
							}
						})
					}
				}))
			}
			if op.IdempotencyKey {
				field("IdempotencyKey", jen.True())
			}
			g.Line()
		})
		for _, m := range op.Methods {
			function(f, op, m)
		}
	}
	return f
}

func function(f *jen.File, op *plan.Operation, m *plan.Method) {
	all := append([]jen.Code{jen.Id("ctx").Qual("context", "Context"), jen.Id("c").Qual(runtimePath, "Caller")}, parameters(op)...)
	all = append(all, jen.Id("opts").Index().Qual(runtimePath, "CallOption"))
	f.Line()
	f.Func().Id(m.Func).Add(parameterList(op, len("c runtime.Caller")+len(m.Func), all)).Add(results(op, m)).BlockFunc(func(g *jen.Group) {
		if iterates(op, m) {
			pages(g, op, m)
			return
		}
		g.Id("request").Op(":=").Qual(runtimePath, "NewRequest").Call(jen.Op("&").Id(op.Variable))
		for _, p := range op.PathParams {
			g.Id("request").Dot("Path").Call(jen.Lit(p.Wire), jen.Id(p.GoName))
		}
		for _, p := range op.ParamsFields {
			set := "Query"
			if p.In == "header" {
				set = "Header"
			}
			value := jen.Id("params").Dot(p.GoName)
			if p.Chosen {
				value = jen.Qual(implPath, "Required").Call(value)
			}
			switch p.Style {
			case "":
				g.Id("request").Dot(set).Call(jen.Lit(p.Wire), value)
			case "deepObject":
				g.Id("request").Dot("QueryDeep").Call(jen.Lit(p.Wire), value)
			default:
				g.Id("request").Dot("QueryJoined").Call(jen.Lit(p.Wire), jen.Lit(separators[p.Style]), value)
			}
		}
		if m.Accept != "" {
			g.Id("request").Dot("Accept").Call(jen.Lit(m.Accept))
		}
		if op.Body != nil {
			requestBody(g, op.Body)
		}
		do := func(name string) *jen.Statement {
			return jen.Qual(runtimePath, name)
		}
		call := []jen.Code{jen.Id("ctx"), jen.Id("c"), jen.Id("request"), jen.Id("opts").Op("...")}
		switch m.Result.Kind {
		case plan.ResultEmpty:
			g.Return(do("DoEmpty").Call(call...))
		case plan.ResultStream:
			g.Return(do("DoStream").Call(call...))
		case plan.ResultJSON:
			g.Return(do("DoJSON").Types(typ(m.Result.Type)).Call(call...))
		case plan.ResultSeveral:
			several(g, m, do("Do").Call(call...))
		}
	})
}

// separators stand between the items of a list in one query parameter.
var separators = map[string]string{"comma": ",", "space": " ", "pipe": "|"}

func requestBody(g *jen.Group, body *plan.Body) {
	send := func(g *jen.Group, value jen.Code) {
		switch {
		case body.Kind == plan.BodyForm && body.Deep:
			g.Id("request").Dot("FormDeep").Call(value)
		case body.Kind == plan.BodyForm:
			g.Id("request").Dot("Form").Call(value)
		case body.Kind == plan.BodyStream && strings.HasPrefix(body.MediaType, "multipart/"):
			g.Id("request").Dot("Body").Call(jen.Id("contentType"), value)
		case body.Kind == plan.BodyStream:
			g.Id("request").Dot("Body").Call(jen.Lit(body.MediaType), value)
		case body.MediaType == "application/json":
			g.Id("request").Dot("JSON").Call(value)
		default:
			g.Id("request").Dot("JSONAs").Call(jen.Lit(body.MediaType), value)
		}
	}
	if body.Optional && body.Kind != plan.BodyStream {
		g.If(jen.List(jen.Id("content"), jen.Id("ok")).Op(":=").Id("body").Dot("Get").Call(), jen.Id("ok")).BlockFunc(func(g *jen.Group) {
			send(g, jen.Id("content"))
		})
		return
	}
	if body.Optional {
		g.If(jen.Id("body").Op("!=").Nil()).BlockFunc(func(g *jen.Group) { send(g, jen.Id("body")) })
		return
	}
	send(g, jen.Id("body"))
}

// several writes the decoding of an answer whose type depends on its status.
func several(g *jen.Group, m *plan.Method, do *jen.Statement) {
	result := m.Result
	g.List(jen.Id("response"), jen.Err()).Op(":=").Add(do)
	g.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err()))
	g.Id("result").Op(":=").Op("&").Add(typ(result.Type)).Values(jen.Dict{jen.Id("Status"): jen.Id("response").Dot("Status")})
	g.Switch(jen.Id("response").Dot("Status")).BlockFunc(func(g *jen.Group) {
		for _, c := range result.Cases {
			if c.Field == "" {
				continue
			}
			g.Case(jen.Lit(c.Status)).Block(
				jen.List(jen.Id("result").Dot(c.Field), jen.Err()).Op("=").Qual(runtimePath, "DecodeJSON").Types(typ(c.Type)).Call(jen.Id("response")))
		}
		g.Default().Block(jen.Err().Op("=").Id("response").Dot("Body").Dot("Close").Call())
	})
	g.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err()))
	g.Return(jen.Id("result"), jen.Nil())
}

// pages writes the iterator over an operation's pages.
func pages(g *jen.Group, op *plan.Operation, m *plan.Method) {
	paging := op.Paging
	position := paging.Position
	inner := withoutAbsence(position.Type)
	// The iterator counts in the parameter's own type, and so notices its end.
	name, helper := "offset", "OffsetPages"
	first, none := jen.Lit(0), jen.Lit(-1)
	next := func(at *jen.Statement) *jen.Statement { return convert(at, paging.NextType, "int64") }
	result := jen.Int64()
	if paging.Cursor {
		name, helper = "cursor", "CursorPages"
		first = zeroCursor(paging.Zero, inner)
		none, result = first, typ(inner)
		next = func(at *jen.Statement) *jen.Statement {
			if reflect.DeepEqual(paging.NextType, inner) {
				return at
			}
			return typ(inner).Call(at)
		}
	}
	start := jen.Id("params").Dot(position.GoName)
	for r := position.Type; r.Kind == plan.Optional || r.Kind == plan.Nullable; {
		r = *r.Elem
		if r.Kind == plan.Optional || r.Kind == plan.Nullable {
			start = start.Dot("Or").Call(typ(r).Values())
		} else {
			start = start.Dot("Or").Call(first.Clone())
		}
	}
	move := jen.Id("params").Dot(position.GoName).Op("=").Add(given(position.Type, jen.Id(name)))
	if position.Type.Kind == plan.Optional || position.Type.Kind == plan.Nullable {
		// The first page is asked for as the caller does: an empty cursor is none.
		isFirst := first.Clone()
		if strings.Contains(paging.Zero, ".") && !strings.HasSuffix(paging.Zero, ".Decimal") && !strings.HasSuffix(paging.Zero, ".Number") {
			isFirst = jen.Parens(isFirst) // a composite literal before a block
		}
		move = jen.If(jen.Id(name).Op("!=").Add(isFirst)).Block(move)
	}
	call := []jen.Code{jen.Id("ctx"), jen.Id("c")}
	call = append(call, arguments(op)...)
	call = append(call, jen.Id("opts"))
	g.Return(jen.Qual(implPath, helper).Call(start, jen.Func().Params(jen.Id(name).Add(typ(inner))).Params(
		jen.Index().Add(typ(paging.Item)), result, jen.Error(),
	).BlockFunc(func(g *jen.Group) {
		g.Id("params").Op(":=").Id("params").Comment("a copy: the iterator may run several times at once")
		g.Add(move)
		g.List(jen.Id("page"), jen.Err()).Op(":=").Id(op.Methods[1].Func).Call(call...)
		g.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), none.Clone(), jen.Err()))
		if paging.Next == nil {
			g.Return(items(paging), none.Clone(), jen.Nil())
			return
		}
		last := len(paging.Next) - 1
		if paging.Unsigned && !paging.Cursor {
			last++ // no value of its type says that there is none
		}
		at := jen.Id("page")
		for i, step := range paging.Next[:last] {
			at = at.Dot(step.Field)
			if step.Type.Kind != plan.Optional && step.Type.Kind != plan.Nullable {
				continue
			}
			// What holds the member is absent: then the member is too.
			inner := "inner" + strings.Repeat("Inner", i)
			g.List(jen.Id(inner), jen.Id("ok")).Op(":=").Add(present(at, step.Type)).Dot("Get").Call()
			g.If(jen.Op("!").Id("ok")).Block(jen.Return(items(paging), none.Clone(), jen.Nil()))
			at = jen.Id(inner)
		}
		absent := none
		if paging.Cursor {
			absent = zeroCursor(paging.Zero, paging.NextType)
		}
		g.Return(items(paging), next(chain(at, paging.Next[last:], absent)), jen.Nil())
	})))
}

// withoutAbsence returns the type inside Optional and Nullable.
func withoutAbsence(r plan.Ref) plan.Ref {
	for r.Kind == plan.Optional || r.Kind == plan.Nullable {
		r = *r.Elem
	}
	return r
}

// given writes a value of the type inside r as a value of r.
func given(r plan.Ref, value *jen.Statement) *jen.Statement {
	switch r.Kind {
	case plan.Optional:
		return jen.Qual(runtimePath, "Some").Call(given(*r.Elem, value))
	case plan.Nullable:
		return jen.Qual(runtimePath, "NonNull").Call(given(*r.Elem, value))
	}
	return value
}

// zeroCursor writes the zero value of a cursor's type r, which is made of basic.
func zeroCursor(basic string, r plan.Ref) *jen.Statement {
	switch {
	case basic == "string" || strings.HasSuffix(basic, ".Decimal") || strings.HasSuffix(basic, ".Number"):
		return jen.Lit("")
	case strings.Contains(basic, "."):
		return typ(r).Values()
	}
	return jen.Lit(0)
}

// present writes the access to a value in several layers of Optional and Nullable,
// except for the innermost layer.
func present(at *jen.Statement, r plan.Ref) *jen.Statement {
	for inner := *r.Elem; inner.Kind == plan.Optional || inner.Kind == plan.Nullable; inner = *inner.Elem {
		at = at.Dot("Or").Call(typ(inner).Values())
	}
	return at
}

func items(paging *plan.Paging) *jen.Statement {
	if len(paging.Items) == 0 {
		return jen.Op("*").Id("page")
	}
	return chain(jen.Id("page"), paging.Items, jen.Nil())
}

// chain writes the access to a member by way of others. Where one of them is absent,
// its zero value stands in; for the last, the given value does.
func chain(at *jen.Statement, steps []plan.Step, last *jen.Statement) *jen.Statement {
	for i, step := range steps {
		at = at.Dot(step.Field)
		for r := step.Type; r.Kind == plan.Optional || r.Kind == plan.Nullable; {
			r = *r.Elem
			absent := zero(r)
			if i == len(steps)-1 && r.Kind != plan.Optional && r.Kind != plan.Nullable {
				absent = last.Clone()
			}
			at = at.Dot("Or").Call(absent)
		}
	}
	return at
}

func convert(value *jen.Statement, from plan.Ref, to string) *jen.Statement {
	if from.Kind == plan.Builtin && from.Name == to {
		return value
	}
	return jen.Id(to).Call(value)
}

func zero(r plan.Ref) *jen.Statement {
	switch {
	case r.Kind == plan.Builtin && r.Name == "string":
		return jen.Lit("")
	case r.Kind == plan.Builtin && r.Name != "bool":
		return jen.Lit(0)
	case r.Kind == plan.Named:
		return jen.Op("*").New(typ(r))
	case r.Kind == plan.Pointer:
		return jen.New(typ(*r.Elem))
	case r.Kind == plan.Optional || r.Kind == plan.Nullable:
		return typ(r).Values()
	}
	return jen.Nil()
}
