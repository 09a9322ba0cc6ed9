package diff

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/scopegen/scopegen/spec"
)

// compareOperations records what became of each operation.
func (c *comparison) compareOperations() {
	for _, old := range c.was.Operations {
		now := c.is.operations[old.ID]
		if now == nil {
			c.tellOperationRemoved(old)
			continue
		}
		c.compareRequirement(old, now)
		c.compareCalls(old, now)
		if from, to := fold(old.Deprecated), fold(now.Deprecated); from == "" && to != "" {
			c.add(Change{
				Kind: OperationDeprecated, Subject: now.ID, Semver: Minor, To: to, Pos: now.Pos,
				Message: fmt.Sprintf("operation %q is deprecated: %s", now.ID, to), Action: "plan to do without it; linters point at its uses",
			})
		}
	}
	for _, now := range c.is.Operations {
		if c.was.operations[now.ID] == nil {
			c.tellOperationAdded(now)
		}
	}
}

func (c *comparison) tellOperationRemoved(op *spec.Operation) {
	change := Change{
		Kind: OperationRemoved, Subject: op.ID, Breaking: true, Semver: Major, Pos: op.Pos,
		Message: fmt.Sprintf("operation %q (%s %s) was removed", op.ID, op.Method, op.Path),
		Gone:    c.gone(c.old.methodsFor(op.ID)),
		Action:  "remove its calls",
	}
	if to := c.samePath(op); to != nil {
		change.To = to.ID
		change.Message += fmt.Sprintf("; %s %s is operation %q now", op.Method, op.Path, to.ID)
		change.Action = "call the methods of " + strconv.Quote(to.ID)
	}
	c.add(change)
}

// samePath returns the new operation with the method and path of one that was
// removed, or nil.
func (c *comparison) samePath(op *spec.Operation) *spec.Operation {
	if c.is.paths == nil {
		c.is.paths = make(map[string]*spec.Operation, len(c.is.Operations))
		for _, o := range c.is.Operations {
			c.is.paths[o.Method+" "+spec.PathShape(o.Path)] = o
		}
	}
	to := c.is.paths[op.Method+" "+spec.PathShape(op.Path)]
	if to == nil || c.was.operations[to.ID] != nil {
		return nil
	}
	return to
}

func (c *comparison) tellOperationAdded(op *spec.Operation) {
	c.add(Change{
		Kind: OperationAdded, Subject: op.ID, Semver: Minor, Pos: op.Pos, To: words(op.Requires),
		Message: fmt.Sprintf("operation %q (%s %s) was added; it needs %s", op.ID, op.Method, op.Path, words(op.Requires)),
		Added:   c.fresh(c.new.methodsFor(op.ID)),
	})
}

// compareRequirement records how the requirement of an operation changed.
func (c *comparison) compareRequirement(old, now *spec.Operation) {
	was := old.Requires.Rename(c.to)
	relation := relate(was, now.Requires, c.implied, c.is.implies)
	if relation == same {
		return
	}
	change := Change{Subject: now.ID, From: words(old.Requires), To: words(now.Requires), Pos: now.Pos}
	if now.Requires.Pos.Line > 0 {
		change.Pos = now.Requires.Pos
	}
	change.Gone = c.gone(c.old.methodsFor(now.ID))
	change.Added = c.fresh(c.new.methodsFor(now.ID))
	change.Breaking = len(change.Gone) > 0
	verb := ""
	switch relation {
	case widened:
		change.Kind, verb = RequirementWidened, "needs less than before"
	case narrowed:
		change.Kind, verb = RequirementNarrowed, "needs more than before"
		change.Breaking = true
	case replaced:
		change.Kind, verb = RequirementReplaced, "needs something else than before"
		change.Breaking = true
		c.countMoves(old.Requires, now.Requires)
	case stated:
		change.Kind, verb = RequirementStated, "said nothing about what it needs"
	}
	change.Semver = Minor
	if change.Breaking {
		change.Semver = Major
		change.Action = cmp.Or(c.instead(now.ID), "have granted what it needs: "+words(now.Requires))
	} else if len(change.Added) > 0 {
		change.Action = "nothing; what you hold still does, and narrower may do now"
	}
	change.Message = fmt.Sprintf("operation %q %s: %s, before %s", now.ID, verb, words(now.Requires), words(old.Requires))
	c.add(change)
}

// countMoves counts which scope took the place of which in requirements, as a sign of
// a rename.
func (c *comparison) countMoves(old, now spec.Requirement) {
	before, after := scopesOf(old), scopesOf(now)
	for b := range before {
		if c.is.scopes[b] != nil {
			continue
		}
		for a := range after {
			if c.was.scopes[a] == nil {
				if c.matched[b] == nil {
					c.matched[b] = map[string]int{}
				}
				c.matched[b][a]++
			}
		}
	}
}

func scopesOf(r spec.Requirement) map[string]bool {
	all := map[string]bool{}
	for _, set := range r.Sets() {
		for _, s := range set {
			all[s.Value] = true
		}
	}
	return all
}
