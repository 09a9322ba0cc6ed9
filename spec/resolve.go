package spec

import (
	"fmt"
	"strings"

	"github.com/scopegen/scopegen/diag"
)

// resolve checks what can be checked only with the whole catalogue: that every
// name refers to something that is declared, and that nothing is declared twice.
func (l *loader) resolve() {
	r := &resolver{loader: l, c: l.result, scopes: map[string]*Scope{}, usedKeys: map[string]bool{}, paging: map[string]*PagingStyle{}, types: make(map[string]*Schema, len(l.result.Types)), parts: map[*Schema]int{}}
	r.declareTypes()
	r.declareScopes()
	r.checkTable()
	r.checkClients()
	r.checkOperations()
	r.checkTypes()
	if !l.incomplete { // else every cycle and member may be cut short
		r.checkCycles()
		r.checkPaging()
	}
}

type resolver struct {
	*loader
	c      *Catalogue
	scopes map[string]*Scope
	types  map[string]*Schema
	paging map[string]*PagingStyle

	usedKeys map[string]bool // by name, that operations require

	collected int             // names of properties gathered for checkRequired
	parts     map[*Schema]int // schema → members of all parts of its allOf
	members   int             // of all allOf together
}

// again adds a finding about a second declaration of the same thing.
func (l *loader) again(code string, pos Position, message string, earlier Position) {
	l.report(diag.Diagnostic{Code: code, Pos: pos, Message: message, Related: []diag.Related{{Pos: earlier, Message: "the first is here"}}, Hint: "remove or rename one of the two"})
}

// checkTable checks the keys of the table that have no struct of their own.
func (r *resolver) checkTable() {
	c := r.c
	if _, ok := r.table["api"]; !ok && !r.incomplete {
		r.report(diag.Diagnostic{Code: "missing-key", Pos: Position{File: r.folder + c.Files[0]}, Message: "the table needs the key \"api\"", Hint: "begin with: api: {name: …, title: …}"})
	}
	for _, server := range c.Servers {
		if wrong := wrongServer(server.Value); wrong != "" {
			r.errorf("url", server.Pos, "%s", wrong)
		}
	}
	for _, server := range c.OtherServers {
		if wrong := wrongServer(server.Value); wrong != "" {
			r.errorf("url", server.Pos, "%s", wrong)
		}
	}
	names := map[string]Position{}
	for _, header := range c.Headers {
		wrong := wrongHeader(header.Key)
		if wrong == "" {
			wrong = wrongHeaderValue(header.Value)
		}
		if rest := strings.ReplaceAll(header.Value, "{client_id}", ""); wrong == "" && strings.ContainsAny(rest, "{}") {
			wrong = fmt.Sprintf("%q holds a placeholder other than {client_id}", header.Value)
		}
		if wrong != "" {
			r.errorf("header", header.Pos, "%s", wrong)
		}
		lower := strings.ToLower(header.Key)
		if earlier, again := names[lower]; again {
			r.again("duplicate-key", header.Pos, fmt.Sprintf("header %q is there twice; case makes no difference", header.Key), earlier)
		}
		names[lower] = header.Pos
	}
	for _, named := range []struct{ key, value string }{{"request_id", c.RequestID}, {"idempotency", c.Idempotency}} {
		if named.value != "" && !isToken(named.value) {
			r.errorf("header", r.table[named.key], "%q is not the name of a header (RFC 9110, section 5.1)", named.value)
		}
	}
	for _, finding := range c.Errors.findings(true) {
		r.report(finding)
	}
	for _, failure := range c.Errors {
		r.walk(failure.Value)
	}
	r.checkSpelling()
}
