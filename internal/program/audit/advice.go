package audit

import (
	"cmp"
	"slices"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/spec"
)

// Drop is an embedded scope that no audited program needs.
type Drop struct {
	Pos   diag.Position // of what is embedded; of the use of the set if that is no declaration
	Scope string        // as sent
	Go    string        // its type in package scope
	Set   string
	Named bool // whether Pos is in the declaration of an interface
}

// Narrowing is a client in whose place a narrower one would do in every audited
// program that uses it.
type Narrowing struct {
	Pos      diag.Position // where the client is made
	From, To ClientName
	Lacking  []Lacking // sets that do not hold what the narrower client needs
}

// ClientName is a client in Go.
type ClientName struct {
	Path         string // import path of its package
	Package      string
	Type         string
	Constructors []string // names in the package, the current one first
}

// Lacking is a set without scopes that a client needs.
type Lacking struct {
	Pos diag.Position // of an embedded scope in the declaration of the set
	Go  []string      // the types in package scope that it lacks
	Set string
}

// advised is what one root needs of a place, or does not need.
type advised struct {
	finding *findingKey // nil: it is needed as it is
	drop    Drop
	narrow  Narrowing
	client  *client
}

func (c *client) goName() ClientName {
	n := ClientName{Path: c.path, Package: c.Package, Type: c.Type}
	for _, constructor := range c.Constructors {
		n.Constructors = append(n.Constructors, constructor[len(c.Package)+1:])
	}
	return n
}

func keyOf(d *diag.Diagnostic) *findingKey { return &findingKey{d.Code, d.Pos, d.Message} }

// Advice returns what can be taken away without any audited program missing it. A
// finding that is suppressed is no advice.
func (r *Result) Advice() (drops []Drop, narrowings []Narrowing) {
	reported := map[findingKey]bool{}
	for _, d := range r.Findings {
		reported[findingKey{d.Code, d.Pos, d.Message}] = true
	}
	needed := map[Drop]bool{}
	wanted := map[string]ClientName{} // client → the narrower one that all want
	kept := map[string]bool{}
	for _, a := range r.advised {
		holds := a.finding != nil && reported[*a.finding]
		if a.client == nil {
			needed[a.drop] = needed[a.drop] || !holds
			continue
		}
		name := a.client.path + "." + a.client.Type
		to := wanted[name]
		if !holds || to.Type != "" && (to.Path != a.narrow.To.Path || to.Type != a.narrow.To.Type) {
			kept[name] = true
		}
		wanted[name] = a.narrow.To
	}
	merged := map[string]int{}
	for _, a := range r.advised {
		switch {
		case a.finding == nil:
		case a.client == nil:
			if !needed[a.drop] && !slices.Contains(drops, a.drop) {
				drops = append(drops, a.drop)
			}
		default:
			name := a.client.path + "." + a.client.Type
			if kept[name] {
				continue
			}
			i, ok := merged[name]
			if !ok {
				i = len(narrowings)
				merged[name] = i
				narrowings = append(narrowings, a.narrow)
				continue
			}
			for _, l := range a.narrow.Lacking {
				if !slices.ContainsFunc(narrowings[i].Lacking, func(known Lacking) bool { return known.Pos == l.Pos }) {
					narrowings[i].Lacking = append(narrowings[i].Lacking, l)
				}
			}
		}
	}
	slices.SortFunc(drops, func(a, b Drop) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column), cmp.Compare(a.Scope, b.Scope))
	})
	slices.SortFunc(narrowings, func(a, b Narrowing) int {
		return cmp.Or(cmp.Compare(a.From.Path, b.From.Path), cmp.Compare(a.From.Type, b.From.Type))
	})
	return drops, narrowings
}

// Narrower returns the client that a finding advises to use instead of another one, if
// it does.
func (r *Result) Narrower(d diag.Diagnostic) (to ClientName, ok bool) {
	for _, a := range r.advised {
		if a.client != nil && a.finding != nil && *a.finding == (findingKey{d.Code, d.Pos, d.Message}) {
			return a.narrow.To, true
		}
	}
	return ClientName{}, false
}

// lacking returns the sets that hold the scopes of one client and not those of
// another.
func (w *writer) lacking(a *api, sets []set, from, to *client) (out []Lacking) {
	for _, s := range sets {
		held := spec.ScopesNamed(s.scopes)
		if !held.CoversNames(from.Scopes) || held.CoversNames(to.Scopes) {
			continue
		}
		l := Lacking{Set: setName(s)}
		if at := w.embedding(a, s.typ, from.Scopes[0]); at.IsValid() {
			l.Pos = w.pos(at)
		}
		for _, scope := range to.Scopes {
			if !held[scope] {
				l.Go = append(l.Go, a.scopes[scope].Go)
			}
		}
		out = append(out, l)
	}
	return out
}
