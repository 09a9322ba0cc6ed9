package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/internal/generate/plan"
	"github.com/scopegen/scopegen/spec"
)

// operations records what became of each operation.
func (c *comparison) operations() {
	for _, old := range c.was.Operations {
		now := c.is.operations[old.ID]
		if now == nil {
			c.operationRemoved(old)
			continue
		}
		c.requirement(old, now)
		c.signature(old, now)
		if from, to := fold(old.Deprecated), fold(now.Deprecated); from == "" && to != "" {
			c.add(Change{
				Kind: OperationDeprecated, Subject: now.ID, Semver: Minor, To: to, Pos: now.Pos,
				Message: fmt.Sprintf("operation %q is deprecated: %s", now.ID, to), Action: "plan to do without it; linters point at its uses",
			})
		}
	}
	for _, now := range c.is.Operations {
		if c.was.operations[now.ID] == nil {
			c.operationAdded(now)
		}
	}
}

func (c *comparison) operationRemoved(op *spec.Operation) {
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

// samePath finds the new operation with the method and path of one that is gone.
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

func (c *comparison) operationAdded(op *spec.Operation) {
	c.add(Change{
		Kind: OperationAdded, Subject: op.ID, Semver: Minor, Pos: op.Pos, To: words(op.Requires),
		Message: fmt.Sprintf("operation %q (%s %s) was added; it needs %s", op.ID, op.Method, op.Path, words(op.Requires)),
		Added:   c.fresh(c.new.methodsFor(op.ID)),
	})
}

// requirement records how the requirement of an operation changed.
func (c *comparison) requirement(old, now *spec.Operation) {
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

// countMoves remembers which scope took the place of which, as a sign of a rename.
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
	for _, set := range r.Sets {
		for _, s := range set {
			all[s.Value] = true
		}
	}
	return all
}

// signature records whether the Go methods of an operation changed.
func (c *comparison) signature(old, now *spec.Operation) {
	var said []string
	breaking := false
	say := func(breaks bool, format string, args ...any) {
		said = append(said, fmt.Sprintf(format, args...))
		breaking = breaking || breaks
	}
	if old.Method != now.Method || spec.PathShape(old.Path) != spec.PathShape(now.Path) {
		say(false, "it is called as %s %s now, before %s %s", now.Method, now.Path, old.Method, old.Path)
	}
	if old.IdempotencyKey != now.IdempotencyKey {
		say(false, "it %s an idempotency key now, which calls get by themselves", map[bool]string{true: "needs", false: "no longer takes"}[now.IdempotencyKey != ""])
	}
	if c.old != nil && c.new != nil {
		a, b := c.old.ops[old.ID], c.new.ops[now.ID]
		if a != nil && b != nil {
			was, is := signatureOf(a, c.resolve), signatureOf(b, nil)
			for _, part := range []struct {
				what     string
				old, new string
				breaks   bool
			}{
				{"its path parameters", was.path, is.path, true},
				{"its query and header parameters", was.params, is.params, true},
				{"its query and header parameters", was.fields, is.fields, false},
				{"its body", was.body, is.body, true},
				{"its methods or what they return", was.results, is.results, true},
			} {
				if part.old == part.new {
					continue
				}
				if text := part.what + " changed"; !slices.Contains(said, text) {
					say(part.breaks, "%s", text)
				}
			}
		}
	}
	if len(said) == 0 {
		return
	}
	change := Change{
		Kind: OperationChanged, Subject: now.ID, Semver: Patch, Pos: now.Pos, Breaking: breaking,
		Message: fmt.Sprintf("operation %q changed: %s", now.ID, strings.Join(said, "; ")),
	}
	if breaking {
		change.Semver, change.Action = Major, "compile, and read what the compiler says about its calls"
	}
	c.add(change)
}

// signature is what a program can tell about an operation, written down so
// that equal texts mean that the same calls compile.
type signature struct{ path, params, fields, body, results string }

func signatureOf(op *plan.Operation, resolve func(string) string) (s signature) {
	s.path = paramList(op.PathParams, resolve)
	if op.Params != nil {
		s.params = refText(*op.Params, resolve)
		s.fields = paramList(op.ParamsFields, resolve)
	}
	if b := op.Body; b != nil {
		s.body = fmt.Sprint(b.Kind, b.MediaType, refText(b.Type, resolve), b.Optional)
	}
	var methods []string
	for _, m := range op.Methods {
		text := fmt.Sprint(m.Name, m.Page, m.Result.Kind, refText(m.Result.Type, resolve))
		for _, one := range m.Result.Cases {
			text += fmt.Sprint(one.Status, one.Field, refText(one.Type, resolve))
		}
		methods = append(methods, text)
	}
	slices.Sort(methods)
	s.results = strings.Join(methods, "\n")
	return s
}

func paramList(list []plan.Param, resolve func(string) string) string {
	var b strings.Builder
	for _, p := range list {
		fmt.Fprintln(&b, p.Wire, p.GoName, p.In, refText(p.Type, resolve), p.Required)
	}
	return b.String()
}
