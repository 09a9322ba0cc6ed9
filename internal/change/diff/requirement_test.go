package diff_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/spec"
)

// admits tells by the definition whether a token with some scopes satisfies a
// requirement; held is nil for no token at all.
func admits(r spec.Requirement, held map[string]bool) bool {
	for _, a := range r.Alternatives {
		all := held != nil || !a.Token
		for _, s := range append(a.Scopes, a.Keys...) {
			all = all && held[s.Value]
		}
		if all {
			return true
		}
	}
	return false
}

// judged says how a requirement changed by trying every token there can be.
func judged(old, now spec.Requirement, implies map[string][]string) diff.Kind {
	names := map[string]bool{}
	for _, r := range []spec.Requirement{old, now} {
		for _, a := range r.Alternatives {
			for _, s := range append(a.Scopes, a.Keys...) {
				names[s.Value] = true
			}
		}
	}
	universe := []string{}
	for n := range names {
		universe = append(universe, n)
	}
	slices.Sort(universe)
	wider, narrower := false, false
	try := func(held map[string]bool) {
		a, b := admits(old, held), admits(now, held)
		wider, narrower = wider || b && !a, narrower || a && !b
	}
	try(nil)
	for bits := range 1 << len(universe) {
		held := map[string]bool{}
		for i, n := range universe {
			if bits>>i&1 == 1 {
				held[n] = true
				for _, more := range implies[n] {
					held[more] = true
				}
			}
		}
		try(held)
	}
	switch {
	case wider && narrower:
		return diff.RequirementReplaced
	case wider:
		return diff.RequirementWidened
	case narrower:
		return diff.RequirementNarrowed
	}
	return ""
}

func catalogueOf(operations []*spec.Operation, implies map[string][]string) *spec.Catalogue {
	c := &spec.Catalogue{Operations: operations, Groups: []spec.Group{{Title: "Scopes"}}}
	seen := map[string]bool{}
	declare := func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		s := &spec.Scope{Name: name}
		for _, i := range implies[name] {
			s.Implies = append(s.Implies, spec.Text{Value: i})
		}
		c.Groups[0].Scopes = append(c.Groups[0].Scopes, s)
	}
	for _, op := range operations {
		for _, set := range op.Requires.Sets() {
			for _, s := range set {
				declare(s.Value)
			}
		}
	}
	for name, list := range implies {
		declare(name)
		for _, i := range list {
			declare(i)
		}
	}
	return c
}

// requirementChanges is what a comparison says about each operation.
func requirementChanges(r *diff.Report) map[string]diff.Kind {
	out := map[string]diff.Kind{}
	for _, c := range r.Changes {
		switch c.Kind {
		case diff.RequirementNarrowed, diff.RequirementWidened, diff.RequirementReplaced:
			out[c.Subject] = c.Kind
		}
	}
	return out
}

func TestARequirementIsJudgedByTheTokensThatSatisfyIt(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	scopes := []string{"a", "b", "c", "d"}
	requirement := func() spec.Requirement {
		switch random.IntN(8) {
		case 0:
			return spec.Requirement{Alternatives: []spec.Alternative{{}}}
		case 1:
			return spec.Requirement{Alternatives: []spec.Alternative{{Token: true}}}
		}
		var r spec.Requirement
		for range 1 + random.IntN(3) {
			var set []spec.Text
			for range 1 + random.IntN(3) {
				set = append(set, spec.Text{Value: scopes[random.IntN(len(scopes))]})
			}
			r.Alternatives = append(r.Alternatives, spec.Alternative{Token: true, Scopes: set})
		}
		return r
	}
	for range 3000 {
		implies := map[string][]string{}
		if random.IntN(2) == 0 {
			implies["a"] = []string{"b"}
		}
		old := &spec.Operation{ID: "op", Method: "GET", Path: "/", Requires: requirement()}
		now := &spec.Operation{ID: "op", Method: "GET", Path: "/", Requires: requirement()}
		report := diff.Compare(
			diff.Side{Name: "old", Catalogue: catalogueOf([]*spec.Operation{old}, implies)},
			diff.Side{Name: "new", Catalogue: catalogueOf([]*spec.Operation{now}, implies)})
		require.Equal(t, judged(old.Requires, now.Requires, implies), requirementChanges(report)["op"], fmt.Sprint(old.Requires, " → ", now.Requires, implies))
	}
}
