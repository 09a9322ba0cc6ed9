package emit

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// signing gives each dialect its constructor in the runtime, so that a
// program links only the one it uses.
var signing = map[string]string{"rfc9421": "RFC9421", "upvest-v15": "UpvestV15", "upvest-v6": "UpvestV6"}

// Entry writes the package in which a program opens a session.
func (w *Writer) Entry() ([]File, error) {
	p := w.plan
	e := p.Entry
	f := w.goFile(e.ImportPath, e.Name)
	about := e.Title
	if e.Version != "" {
		about += ", version " + e.Version
	}
	use := []string{
		"[Open] makes a session. [runtime.Authorize] makes a token of a session and a set of scopes, and the package of each domain makes clients of a token:",
		"\tsession, err := " + e.Name + ".Open(server, credentials)",
		"\ttoken := runtime.Authorize[access](session)",
		"A set of scopes is an interface, here access, that embeds types of package scope.",
	}
	if e.WithoutToken {
		use = []string{"[Open] makes a session, and the package of each domain makes clients of it" + keysDoc(p.Keys) + ":", "\tsession, err := " + e.Name + ".Open(server)"}
	}
	f.PackageComment(comment(append(append([]string{"Package " + e.Name + " opens sessions with the " + about + "."}, use...),
		errorTypesDoc(e.ErrorTypes, "The body of an error is", w.qualified),
		docsLine(e.Docs))...,
	))
	handshake(f)
	for _, s := range e.Servers {
		f.Add(doc(s.GoName + " is the server " + strconv.Quote(s.Name) + "."))
		f.Var().Id(s.GoName).Op("=").Qual(runtimePath, "Server").Values(jen.Dict{
			jen.Id("Name"): jen.Lit(s.Name),
			jen.Id("URL"):  jen.Lit(s.URL),
		})
	}
	open := []jen.Code{jen.Id("server").Qual(runtimePath, "Server")}
	grant := jen.Id("grant")
	if e.WithoutToken {
		f.Add(doc("Open starts a session. The API has no access tokens. Open needs no network. The session is safe for concurrent use."))
		grant = jen.Qual(runtimePath, "NoGrant").Values()
	} else {
		without := ""
		if len(p.Keys) > 0 {
			without = " A program whose calls carry keys alone gives [runtime.NoGrant]."
		}
		f.Add(doc("Open starts a session for a client of the API. The grant is how it gets access tokens. " + grantsDoc(e.Token) + without + " Open needs no network: access tokens are fetched when a call is made. The session is safe for concurrent use; a program needs one for each client or person."))
		open = append(open, jen.Id("grant").Qual(runtimePath, "Grant"))
	}
	open = append(open, jen.Id("opts").Op("...").Qual(runtimePath, "Option"))
	f.Func().Id("Open").Params(open...).Params(jen.Op("*").Qual(runtimePath, "Session"), jen.Error()).Block(
		jen.Return(jen.Qual(runtimePath, "Open").Call(jen.Id("API").Call(), jen.Id("server"), grant, jen.Id("opts").Op("..."))),
	)
	f.Add(doc("API describes the " + e.Title + " to the runtime: its scopes, its token endpoint, how requests are signed."))
	f.Func().Id("API").Params().Op("*").Qual(implPath, "API").Block(jen.Return(jen.Op("&").Qual(implPath, "API").ValuesFunc(func(g *jen.Group) {
		field := func(name string, value jen.Code) { g.Line().Id(name).Op(":").Add(value) }
		field("Name", jen.Lit(e.Name))
		field("Scopes", jen.Qual(e.ImportPath+"/scope", "All").Call())
		field("Token", jen.Qual(implPath, "TokenEndpoint").ValuesFunc(func(g *jen.Group) {
			if e.Token.Path != "" {
				g.Id("Path").Op(":").Lit(e.Token.Path)
			}
			if e.Token.Basic {
				g.Id("Basic").Op(":").True()
			}
			if e.Token.MaxScope > 0 {
				g.Id("MaxScope").Op(":").Lit(e.Token.MaxScope)
			}
			if e.Token.Signed {
				g.Id("Signed").Op(":").True()
			}
			list := func(name string, values []string) {
				if values != nil {
					g.Id(name).Op(":").Index().String().ValuesFunc(func(g *jen.Group) {
						for _, value := range values {
							g.Lit(value)
						}
					})
				}
			}
			list("Grants", e.Token.Grants)
			list("Authentication", e.Token.Authentication)
			for _, one := range []struct{ name, value string }{{"Issuer", e.Token.Issuer}, {"Authorize", e.Token.Authorize}, {"Device", e.Token.Device}, {"Revoke", e.Token.Revoke}, {"DPoP", e.Token.DPoP}} {
				if one.value != "" {
					g.Id(one.name).Op(":").Lit(one.value)
				}
			}
			list("Hosts", e.Token.Hosts)
		}))
		if name := signing[e.Signing]; name != "" {
			field("Signing", jen.Qual(runtimePath+"/httpsig", name).Call().Dot("Signer"))
		}
		if len(e.Headers) > 0 {
			field("Headers", jen.Map(jen.String()).String().ValuesFunc(func(g *jen.Group) {
				for _, h := range e.Headers {
					g.Line().Lit(h.Name).Op(":").Lit(h.Value)
				}
				g.Line()
			}))
		}
		if e.RequestID != "" {
			field("RequestID", jen.Lit(e.RequestID))
		}
		if e.Idempotency != "" {
			field("Idempotency", jen.Lit(e.Idempotency))
		}
		if len(e.Others) > 0 {
			field("Servers", jen.Map(jen.String()).String().ValuesFunc(func(g *jen.Group) {
				for _, s := range e.Others {
					g.Line().Lit(s.Name).Op(":").Lit(s.URL)
				}
				g.Line()
			}))
		}
		if len(e.ErrorTypes) > 0 {
			field("Errors", errorTypes(e.ErrorTypes))
		}
		g.Line()
	})))
	out, err := w.render(f, strings.ReplaceAll(e.Name, "_", "")+".go") // shop_linux.go would be for Linux alone
	if err != nil {
		return nil, err
	}
	return []File{out}, nil
}

// grantsDoc says which grants an API has, because the type of the parameter does not:
// a program may have a grant of its own, or choose one when it runs.
func grantsDoc(t plan.TokenEndpoint) string {
	if t.Path == "" && t.Issuer == "" {
		return "The catalogue has no token endpoint, so it is one that needs none, such as grant.Fixed, or there is [runtime.WithIssuer]."
	}
	grants := t.Grants
	if grants == nil {
		grants = []string{"client_credentials"}
	}
	var has []string
	for _, name := range grants {
		has = append(has, map[string]string{
			"client_credentials": "client credentials ([runtime.Credentials])",
			"refresh_token":      "refresh tokens (grant.RefreshToken)",
			"authorization_code": "authorization codes (grant.Browser)",
			"urn:ietf:params:oauth:grant-type:device_code":    "device codes (grant.Device)",
			"urn:ietf:params:oauth:grant-type:jwt-bearer":     "assertions (grant.JWTBearer)",
			"urn:ietf:params:oauth:grant-type:token-exchange": "token exchange (grant.Exchange)",
		}[name])
	}
	text := "The API has: " + strings.Join(has, ", ") + "; Open refuses a grant that it does not have."
	if len(t.Authentication) > 0 {
		text += " Clients authenticate by a client secret or, with package clientauth, by: " + strings.Join(t.Authentication, ", ") + "."
	}
	return text
}

// keysDoc ends a sentence about an API without access tokens.
func keysDoc(keys []plan.Key) string {
	if len(keys) == 0 {
		return ""
	}
	return ", and of the keys that its operations require, which package " + plan.KeyPackage + " makes"
}

func docsLine(url string) string {
	if url == "" {
		return ""
	}
	return "The API's documentation: " + url
}

// Scopes writes the package of the scope types.
func (w *Writer) Scopes() ([]File, error) {
	p := w.plan
	f := w.goFile(p.Entry.ImportPath+"/scope", "scope")
	f.PackageComment(comment(
		"Package scope holds the scopes of the "+p.Entry.Title+" as types.",
		"Each is an interface that no type outside this package implements. Embed several in an interface to make a scope set, as io.ReadWriter embeds io.Reader and io.Writer. The compiler checks that the set of a token holds the scopes that a client wants:",
		"\ttype access interface {",
		"\t\tscope."+example(p.Scopes, 0),
		"\t\tscope."+example(p.Scopes, 1),
		"\t}",
	))
	group := ""
	for _, s := range p.Scopes {
		if s.Group != group {
			group = s.Group
			f.Line()
		}
		use := "No operation of the catalogue needs it."
		switch n := len(s.Clients); {
		case n == 1:
			use = "Its client is " + s.Clients[0] + "."
		case n > 8:
			use = fmt.Sprintf("It has %d clients: %s and others.", n, strings.Join(s.Clients[:4], ", "))
		case n > 1:
			use = "Its clients are " + strings.Join(s.Clients[:n-1], ", ") + " and " + s.Clients[n-1] + "."
		}
		note := ""
		if s.Deprecated != "" {
			note = deprecated(s.Deprecated)
		}
		f.Add(doc(s.GoName+" is the scope "+strconv.Quote(s.Wire)+": "+end(printable(s.Permits)), use, note))
		f.Type().Id(s.GoName).Interface(jen.Id(s.Method).Params())
		for _, old := range s.Renamed {
			f.Add(doc(old+" is the former name of ["+s.GoName+"].", deprecated("use "+s.GoName+"; scopegen fix does it")))
			f.Comment("//go:fix inline")
			f.Type().Id(old).Op("=").Id(s.GoName)
		}
	}
	f.Line()
	f.Add(doc("All returns all scopes of the API in the order of its table. The runtime uses it to find the names of the scopes in a set."))
	f.Func().Id("All").Params().Qual(implPath, "Scopes").Block(jen.Return(jen.Qual(implPath, "NewScopes").CallFunc(func(g *jen.Group) {
		for _, s := range p.Scopes {
			g.Line().Qual(implPath, "Scope").ValuesFunc(func(v *jen.Group) {
				v.Id("Name").Op(":").Lit(s.Wire)
				v.Id("Pointer").Op(":").Parens(jen.Op("*").Id(s.GoName)).Call(jen.Nil())
				if len(s.Implies) > 0 {
					v.Id("Implies").Op(":").Index().String().ValuesFunc(func(implied *jen.Group) {
						for _, name := range s.Implies {
							implied.Lit(name)
						}
					})
				}
			})
		}
		g.Line()
	})))
	out, err := w.render(f, "scope.go")
	if err != nil {
		return nil, err
	}
	table, err := w.apiTable()
	return append([]File{out}, table...), err
}

func example(scopes []plan.Scope, i int) string {
	if i < len(scopes) {
		return scopes[i].GoName
	}
	return "…"
}
