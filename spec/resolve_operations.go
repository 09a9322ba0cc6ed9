package spec

import (
	"fmt"

	"github.com/scopegen/scopegen/diag"
)

func (r *resolver) checkOperations() {
	ids := make(map[string]Position, len(r.c.Operations))
	routes := make(map[string]*Operation, len(r.c.Operations))
	served := make(map[string]*Operation, len(r.c.Operations)) // the same, whatever the server
	styles := make([]string, 0, len(r.c.Paging))
	for i, style := range r.c.Paging {
		styles = append(styles, style.Key)
		r.paging[style.Key] = &r.c.Paging[i].Value
	}
	for _, name := range r.c.Import.Paging {
		r.checkStyle(name, styles)
	}
	others := make([]string, 0, len(r.c.OtherServers))
	for _, server := range r.c.OtherServers {
		others = append(others, server.Key)
	}
	var withoutHeader []*Operation
	needsToken := false
	for _, o := range r.c.Operations {
		if o == nil {
			continue
		}
		if earlier, again := ids[o.ID]; again && o.ID != "" {
			r.again("duplicate-operation", o.Pos, fmt.Sprintf("operation %q is declared twice", o.ID), earlier)
		} else {
			ids[o.ID] = o.Pos
		}
		if o.Method != "" && o.Path != "" {
			route := o.Method + " " + PathShape(o.Path)
			if earlier := served[route]; earlier != nil && earlier.Server.Value != o.Server.Value {
				r.report(diag.Diagnostic{
					Severity: diag.Warning, Code: "twin-route", Pos: o.Pos,
					Message: fmt.Sprintf("two servers have %s %s", o.Method, o.Path),
					Related: []diag.Related{{Pos: earlier.Pos, Message: "the first is here; the sandbox, which has one address, serves it alone"}},
				})
			} else {
				served[route] = o
			}
			route = o.Server.Value + " " + route
			earlier, again := routes[route]
			switch {
			case !again:
				routes[route] = o
			case samePath(earlier.Path, o.Path):
				path, _ := CutFragment(o.Path)
				r.report(diag.Diagnostic{
					Code: "duplicate-route", Pos: o.Pos, Message: fmt.Sprintf("a second operation for %s %s", o.Method, o.Path),
					Related: []diag.Related{{Pos: earlier.Pos, Message: "the first is here"}},
					Hint:    fmt.Sprintf("remove one of them; if a server knows by what they send which is meant, name one in its path: %s#%s", path, o.ID),
				})
			default:
				r.report(diag.Diagnostic{
					Severity: diag.Warning, Code: "twin-route", Pos: o.Pos,
					Message: fmt.Sprintf("%s %s and %s differ only in the name of a placeholder: a server sees what the placeholder holds, not its name", o.Method, earlier.Path, o.Path),
					Related: []diag.Related{{Pos: earlier.Pos, Message: "the first is here; the sandbox serves it alone"}},
					Hint:    "if the API treats both as one operation, remove one of them",
				})
			}
		}
		if o.Requires.Alternatives == nil {
			r.report(diag.Diagnostic{
				Severity: diag.Warning, Code: "requirement-not-stated", Pos: o.Pos,
				Message: fmt.Sprintf("operation %q does not say what it requires", o.ID),
				Hint:    "add requires: {scope: …}, {any_of: […]}, {all_of: […]}, {key: …}, token (no scope) or public (no token)",
			})
		}
		for _, a := range o.Requires.Alternatives {
			needsToken = needsToken || a.Token
			for _, scope := range a.Scopes {
				r.scope(scope)
			}
			r.checkKeys(o, a)
		}
		if o.Paging.Pos.Line > 0 {
			r.checkStyle(o.Paging, styles)
		}
		if name := o.Server.Value; o.Server.Pos.Line > 0 && !r.malformed[o.Server.Pos] {
			if _, ok := r.c.OtherServers.Get(name); !ok {
				hint := r.didYouMean(name, others)
				if hint == "" {
					hint = "declare it in the table under other_servers; an operation that all servers serve has no key \"server\""
				}
				r.report(diag.Diagnostic{Code: "unknown-server", Pos: o.Server.Pos, Message: fmt.Sprintf("there is no server %q among other_servers", name), Hint: hint})
			}
		}
		if o.IdempotencyKey != "" && r.c.Idempotency == "" {
			withoutHeader = append(withoutHeader, o)
		}
		for _, p := range o.Parameters {
			r.walk(p.Schema)
		}
		for _, body := range o.Body {
			r.walk(body.Value)
		}
		for _, response := range o.Responses {
			for _, content := range response.Value {
				r.walk(content.Value)
			}
		}
		for _, failure := range o.Errors {
			r.walk(failure.Value)
		}
		for _, header := range o.ResponseHeaders {
			r.walk(header.Value)
		}
	}
	if len(withoutHeader) > 0 && !r.incomplete {
		message := fmt.Sprintf("operation %q needs an idempotency key, and the table names no header for it", withoutHeader[0].ID)
		if more := len(withoutHeader) - 1; more > 0 {
			message = fmt.Sprintf("operation %q and %d more need an idempotency key, and the table names no header for it", withoutHeader[0].ID, more)
		}
		r.report(diag.Diagnostic{Code: "idempotency", Pos: withoutHeader[0].Pos, Message: message, Hint: "add to the table: idempotency: idempotency-key"})
	}
	if r.incomplete || len(r.c.Operations) == 0 {
		return
	}
	r.checkUnusedKeys()
	table := Position{File: r.folder + r.c.Files[0]}
	if len(r.c.Servers) == 0 {
		r.report(diag.Diagnostic{Severity: diag.Warning, Code: "no-servers", Pos: table, Message: "the table names no server", Hint: "add servers: {production: https://…}"})
	}
	if needsToken && r.c.Token.Path == "" && r.c.Token.Issuer == "" {
		pos := table
		if at, ok := r.table["token"]; ok {
			pos = at
		}
		r.report(diag.Diagnostic{Severity: diag.Warning, Code: "no-token-endpoint", Pos: pos, Message: "operations need a token, and the table does not say where it is fetched", Hint: "add token: {path: /oauth/token}, or token: {issuer: https://…} if its metadata names the endpoints"})
	}
}

// samePath reports whether two paths of one shape are written alike, whatever the order
// in their queries.
func samePath(a, b string) bool {
	a, _ = CutQuery(a)
	b, _ = CutQuery(b)
	return a == b
}

// checkStyle checks that there is a paging style of a name.
func (r *resolver) checkStyle(name Text, styles []string) {
	if r.paging[name.Value] != nil || r.malformed[name.Pos] {
		return
	}
	hint := r.didYouMean(name.Value, styles)
	if hint == "" {
		hint = "declare it in the table under paging"
	}
	r.report(diag.Diagnostic{Code: "unknown-paging", Pos: name.Pos, Message: fmt.Sprintf("there is no paging style %q", name.Value), Hint: hint})
}
