package spec_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
)

// randomTable is a table of scopes s0, s1, … which imply each other at random,
// in circles too: a law must hold for whatever can be built.
func randomTable(random *rand.Rand) *spec.Catalogue {
	scopes := make([]*spec.Scope, 1+random.IntN(8))
	for i := range scopes {
		scopes[i] = &spec.Scope{Name: fmt.Sprint("s", i), Implies: randomList(random, random.IntN(3))}
	}
	return &spec.Catalogue{Groups: []spec.Group{{Title: "All", Scopes: scopes}}}
}

// randomList lists scopes of which the table may not declare all.
func randomList(random *rand.Rand, n int) []spec.Text {
	list := make([]spec.Text, n)
	for i := range list {
		list[i].Value = fmt.Sprint("s", random.IntN(9))
	}
	return list
}

func listOf(set spec.ScopeSet) []spec.Text {
	var list []spec.Text
	for name := range set {
		list = append(list, spec.Text{Value: name})
	}
	return list
}

func randomRequirement(random *rand.Rand) spec.Requirement {
	var r spec.Requirement
	for range random.IntN(4) { // with none it is not stated
		a := spec.Alternative{Token: random.IntN(8) > 0}
		if a.Token {
			a.Scopes = randomList(random, random.IntN(4))
		}
		for _, key := range []string{"k1", "k2"} {
			if random.IntN(6) == 0 {
				a.Keys = append(a.Keys, spec.Text{Value: key})
			}
		}
		r.Alternatives = append(r.Alternatives, a)
	}
	return r
}

func TestClosingASetOfScopesIsAClosure(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		implies := randomTable(random).Implications()
		list := randomList(random, random.IntN(4))
		more := append(randomList(random, random.IntN(3)), list...)
		closed := implies.Close(list)
		require.True(t, closed.Covers(list), "extensive")
		require.Equal(t, closed, implies.Close(listOf(closed)), "idempotent")
		require.True(t, implies.Close(more).Covers(listOf(closed)), "monotone")
		union := spec.ScopeSet{}
		for _, scope := range list {
			for name := range implies.Closure(scope.Value) {
				union[name] = true
			}
		}
		require.Equal(t, union, closed, "the closure of a set is made of those of its scopes")
	}
}

func TestCoveringIsAPreorder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		a, b, c := randomList(random, random.IntN(4)), randomList(random, random.IntN(4)), randomList(random, random.IntN(4))
		require.True(t, spec.ScopesOf(a).Covers(a))
		require.True(t, spec.ScopesOf(a).Covers(nil))
		if spec.ScopesOf(a).Covers(b) && spec.ScopesOf(b).Covers(c) {
			require.True(t, spec.ScopesOf(a).Covers(c))
		}
		both := spec.ScopesOf(a).Covers(b) && spec.ScopesOf(b).Covers(a)
		require.Equal(t, both, spec.ScopeKey(a) == spec.ScopeKey(b), "equal keys are equal sets: %v, %v", a, b)
	}
}

func TestSatisfyingIsAPreorderAndMeansThatTheSameTokensDo(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 5000 {
		implies := randomTable(random).Implications()
		a, b, c := randomRequirement(random), randomRequirement(random), randomRequirement(random)
		require.True(t, a.Satisfies(a, implies))
		if a.Satisfies(b, implies) && b.Satisfies(c, implies) {
			require.True(t, a.Satisfies(c, implies))
		}
		held := implies.Close(randomList(random, random.IntN(5)))
		if a.Satisfies(b, implies) && a.MetBy(held) {
			require.True(t, b.MetBy(held), "%v, %v with %v", a, b, held)
		}
	}
}

func TestTheUsedScopesAloneGiveWhatTheHeldOnesGive(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		implies := randomTable(random).Implications()
		var held []string
		list, need := randomList(random, random.IntN(5)), randomList(random, random.IntN(3))
		for _, scope := range list {
			held = append(held, scope.Value)
		}
		used, ok := implies.Uses(held, need)
		require.Equal(t, implies.Close(list).Covers(need), ok)
		require.Subset(t, held, used)
		if ok {
			_, enough := implies.Uses(used, need)
			require.True(t, enough)
		}
	}
}

func TestRenamingScopesChangesNothingButNames(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	to := map[string]string{}
	for i := range 9 {
		to[fmt.Sprint("s", i)] = fmt.Sprint("t", i)
	}
	for range 2000 {
		implies := randomTable(random).Implications()
		a, b := randomRequirement(random), randomRequirement(random)
		require.Equal(t, a.Satisfies(b, implies), a.Rename(to).Satisfies(b.Rename(to), implies.Rename(to)))
	}
}
