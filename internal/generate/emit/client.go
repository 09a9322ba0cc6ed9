package emit

import (
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// clients writes the clients of a package with their methods.
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
		w.declareClient(f, c, scopePath)
		for _, name := range c.Methods {
			w.declareMethod(f, p, c, operations[name], methods[name], common)
		}
	}
	return f
}

// permission returns what the operations of a client require, in words.
func permission(c *plan.Client) string {
	with := ""
	if len(c.Keys) > 0 {
		with = " with " + keyList(c.Keys)
	}
	switch {
	case c.Kind == plan.Public && with != "":
		return "what needs " + keyList(c.Keys) + " and no access token"
	case c.Kind == plan.Public:
		return "what needs no access token"
	case c.Kind == plan.TokenOnly:
		return "what any access token permits" + with
	}
	return scopeList(c.Scopes) + with
}

// scopeList returns the names of the scopes, joined by "with".
func scopeList(scopes []plan.ScopeName) string {
	var names []string
	for _, s := range scopes {
		names = append(names, s.Wire)
	}
	return strings.Join(names, " with ")
}

// declareClient writes the type of a client and its constructor.
func (w *Writer) declareClient(f *jen.File, c *plan.Client, scopePath string) {
	note := ""
	if c.Deprecated != "" {
		note = deprecated(c.Deprecated)
	}
	pointer := jen.Op("*").Id(c.Name)
	construct := func(caller *jen.Statement) *jen.Statement {
		return jen.Return(jen.Op("&").Id(c.Name).Values(jen.Dict{jen.Id(c.Field): carrying(caller, c.Keys)}))
	}
	declare := func(about ...string) {
		f.Add(doc(append(about, "It is safe for concurrent use. The zero "+c.Name+" refuses every call.", note)...))
		f.Type().Id(c.Name).Struct(jen.Id(c.Field).Qual(runtimePath, "Caller"))
	}
	parameters := func(first *jen.Statement) *jen.Statement {
		return jen.Params(append([]jen.Code{first}, w.keyParameters(c.Keys)...)...)
	}
	together, beside := "", "" // with the keys
	if len(c.Keys) > 0 {
		together, beside = " together with "+keyList(c.Keys), keyList(c.Keys)+" and "
	}
	set := setName(c.Name)
	token := jen.Id("token").Qual(runtimePath, "Token").Types(jen.Id(set))
	switch c.Kind {
	case plan.Public:
		if len(c.Keys) == 0 {
			declare(c.Name + " calls the operations that need no access token.")
			f.Add(doc("New" + c.Name + " returns a client for the session. Its calls carry no access token."))
		} else {
			declare(c.Name + " calls the operations for which " + keyList(c.Keys) + enough(c.Keys) + ", without an access token.")
			f.Add(doc("New" + c.Name + " returns a client for the session. Its calls carry " + keyList(c.Keys) + " and no access token."))
		}
		f.Func().Id("New" + c.Name).Add(parameters(jen.Id("session").Op("*").Qual(runtimePath, "Session"))).Add(pointer).Block(
			construct(jen.Qual(runtimePath, "NewPublicCaller").Call(jen.Id("session"))))
	case plan.TokenOnly:
		declare(c.Name + " calls the operations that any access token permits" + together + ", whatever its scopes.")
		about := "New" + c.Name + " returns a client whose calls carry " + beside + "an access token for all scopes of " + set + ". Give it a token for few scopes."
		if w.plan.Scopes == nil {
			about = "New" + c.Name + " returns a client whose calls carry " + beside + "an access token. The API has no scopes, so the token is [runtime.Authorize][any](session)."
		}
		f.Add(doc(about, note))
		f.Func().Id("New" + c.Name).Types(jen.Id(set).Any()).Add(parameters(token)).Add(pointer).Block(
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
		declare(c.Name+" calls every operation for which "+enough+together+".", permits)
		f.Add(doc("New"+c.Name+" returns a client. The scope set of token must hold "+scopeList(c.Scopes)+". The calls carry "+beside+"an access token for "+scopeList(c.Scopes)+" alone, even if the set holds more.", note))
		f.Func().Id("New" + c.Name).Types(jen.Id(set).Add(constraint(scopePath, c.Scopes))).Add(parameters(token)).Add(pointer).Block(
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

// declareMethod writes a method of a client, which calls the function of its operation.
func (w *Writer) declareMethod(f *jen.File, p *plan.Package, c *plan.Client, op *plan.Operation, m *plan.Method, common []int) {
	f.Add(doc(w.methodDoc(p, c, op, m, common)...))
	all := append([]jen.Code{jen.Id("ctx").Qual("context", "Context")}, parameters(op, m)...)
	all = append(all, jen.Id("opts").Op("...").Qual(runtimePath, "CallOption"))
	call := append([]jen.Code{jen.Id("ctx"), jen.Id("c").Dot(c.Field)}, arguments(op, m)...)
	if follows(op, m) {
		call = append(call, jen.Nil()) // the first page
	}
	call = append(call, jen.Id("opts"))
	f.Func().Params(jen.Id("c").Op("*").Id(c.Name)).Id(m.Name).Add(parameterList(op, m, len("c *")+len(c.Name)+len(m.Name), all)).Add(results(op, m)).Block(
		jen.Return(jen.Id(m.Func).Call(call...)))
}
