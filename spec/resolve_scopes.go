package spec

import (
	"fmt"
	"slices"

	"github.com/scopegen/scopegen/diag"
)

func (r *resolver) declareScopes() {
	titles := map[string]Position{}
	for _, group := range r.c.Groups {
		if group.Title != "" {
			if earlier, again := titles[group.Title]; again {
				r.again("duplicate-group", group.Pos, fmt.Sprintf("group %q is there twice", group.Title), earlier)
			} else {
				titles[group.Title] = group.Pos
			}
		}
		for _, scope := range group.Scopes {
			if scope.Name == "" {
				continue
			}
			if earlier := r.scopes[scope.Name]; earlier != nil {
				r.again("duplicate-scope", scope.Pos, fmt.Sprintf("scope %q is declared twice", scope.Name), earlier.Pos)
				continue
			}
			r.scopes[scope.Name] = scope
		}
	}
	former := map[string]Position{}
	for _, scope := range r.c.Scopes() {
		for _, earlier := range scope.RenamedFrom {
			if now := r.scopes[earlier.Value]; now != nil {
				r.report(diag.Diagnostic{
					Code: "renamed-from", Pos: earlier.Pos, Message: fmt.Sprintf("%q is still a scope of its own", earlier.Value),
					Related: []diag.Related{{Pos: now.Pos, Message: "it is declared here"}},
					Hint:    "remove the old scope, or this line if it was not renamed",
				})
			} else if other, again := former[earlier.Value]; again && earlier.Value != "" {
				r.again("renamed-from", earlier.Pos, fmt.Sprintf("two scopes are renamed from %q", earlier.Value), other)
			} else {
				former[earlier.Value] = earlier.Pos
			}
		}
		for _, implied := range scope.Implies {
			r.scope(implied)
		}
	}
	r.checkImplies()
}

// scope checks that the table declares a scope that something refers to.
func (r *resolver) scope(name Text) {
	if r.scopes[name.Value] != nil || r.malformed[name.Pos] {
		return
	}
	if _, stated := r.table["groups"]; stated && len(r.scopes) == 0 && r.errors > 0 {
		return // the groups could not be read, which is reported once
	}
	d := diag.Diagnostic{Code: "undeclared-scope", Pos: name.Pos, Message: fmt.Sprintf("scope %q is not in the table", name.Value)}
	known := make([]string, 0, len(r.scopes))
	for _, scope := range r.c.Scopes() {
		known = append(known, scope.Name)
		for _, earlier := range scope.RenamedFrom {
			if earlier.Value == name.Value {
				d.Hint = fmt.Sprintf("it was renamed to %q", scope.Name)
			}
		}
		for _, spelling := range scope.Spellings {
			if spelling.Value == name.Value {
				d.Hint = fmt.Sprintf("operations name it %q; %q is its spelling %q", scope.Name, name.Value, spelling.Key)
			}
		}
	}
	if d.Hint == "" {
		d.Hint = r.didYouMean(name.Value, known)
	}
	if d.Hint == "" {
		d.Hint = "add it to a group of the table"
	}
	r.report(d)
}

// mostRelated is the largest number of other places that one finding shows.
const mostRelated = 10

// checkImplies refuses scopes that imply each other in a circle.
func (r *resolver) checkImplies() {
	const open, done = 1, 2
	state := map[*Scope]int{}
	var path []Text // the implications that led to the scope being visited
	var visit func(s *Scope)
	visit = func(s *Scope) {
		state[s] = open
		for _, implied := range s.Implies {
			next := r.scopes[implied.Value]
			if next == nil || state[next] == done {
				continue
			}
			path = append(path, implied)
			if state[next] == open {
				d := diag.Diagnostic{Code: "implies-cycle", Pos: implied.Pos, Message: fmt.Sprintf("scope %q implies itself", next.Name), Hint: "of two scopes only the wider implies the other"}
				start := slices.IndexFunc(path[:len(path)-1], func(t Text) bool { return t.Value == next.Name }) + 1
				for _, step := range path[start:min(len(path)-1, start+mostRelated)] {
					d.Related = append(d.Related, diag.Related{Pos: step.Pos, Message: fmt.Sprintf("through %q", step.Value)})
				}
				r.report(d)
			} else {
				visit(next)
			}
			path = path[:len(path)-1]
		}
		state[s] = done
	}
	for _, scope := range r.c.Scopes() {
		if state[scope] == 0 {
			visit(scope)
		}
	}
}

func (r *resolver) checkSpelling() {
	wire := map[string]*Scope{}
	var known []string
	for _, scope := range r.c.Scopes() {
		for _, spelling := range scope.Spellings {
			known = append(known, spelling.Key)
		}
		if scope.Name == "" {
			continue
		}
		sent := scope.Wire(r.c.Spelling)
		if other := wire[sent]; other != nil && other.Name != scope.Name {
			r.again("spelling", scope.Pos, fmt.Sprintf("scopes %q and %q are both sent as %q", other.Name, scope.Name, sent), other.Pos)
		}
		wire[sent] = scope
	}
	if r.c.Spelling != "" && !slices.Contains(known, r.c.Spelling) {
		hint := r.didYouMean(r.c.Spelling, known)
		if hint == "" {
			hint = "add it to the spellings of a scope, or remove the key"
		}
		r.report(diag.Diagnostic{Code: "spelling", Pos: r.table["spelling"], Message: fmt.Sprintf("no scope has a spelling %q", r.c.Spelling), Hint: hint})
	}
}

func (r *resolver) checkClients() {
	seen, former := map[string]Position{}, map[string]Position{}
	used := map[string]bool{}
	for _, o := range r.c.Operations {
		for _, set := range o.Requires.Sets() {
			used[ScopeKey(set)] = true
		}
	}
	for _, client := range r.c.Clients {
		for _, scope := range client.AllOf {
			r.scope(scope)
		}
		if len(client.AllOf) == 0 {
			continue
		}
		key := ScopeKey(client.AllOf)
		if earlier, again := seen[key]; again {
			r.again("duplicate-client", client.Pos, fmt.Sprintf("the client of %s is named twice", quoteSet(client.AllOf)), earlier)
			continue
		}
		seen[key] = client.Pos
		for _, earlier := range client.RenamedFrom {
			if first, again := former[earlier.Value]; again && earlier.Value != "" {
				r.again("renamed-from", earlier.Pos, fmt.Sprintf("two clients are renamed from %q", earlier.Value), first)
			}
			former[earlier.Value] = earlier.Pos
		}
		// Of a client of one scope the plan tells whether it is there: the scope may
		// imply what operations require.
		if len(client.AllOf) > 1 && !used[key] && !r.incomplete {
			r.report(diag.Diagnostic{Severity: diag.Warning, Code: "unused-client", Pos: client.Pos, Message: fmt.Sprintf("no operation requires %s together", quoteSet(client.AllOf)), Hint: "remove the client; one is made for each requirement that operations state"})
		}
	}
}
