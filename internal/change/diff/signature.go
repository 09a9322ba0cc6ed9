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

// compareCalls records whether an operation is called in another way, over HTTP or in
// Go. It remembers what changed about each method that keeps its name.
func (c *comparison) compareCalls(old, now *spec.Operation) {
	var said []string
	say := func(text string) {
		if !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	before, _ := spec.CutFragment(old.Path)
	path, _ := spec.CutFragment(now.Path)
	if old.Method != now.Method || spec.PathShape(before) != spec.PathShape(path) {
		say(fmt.Sprintf("it is called as %s %s now, before %s %s", now.Method, path, old.Method, before))
	}
	if from, to := old.Server.Value, now.Server.Value; from != to {
		say(fmt.Sprintf("it is called on %s now, before on %s", serverText(to), serverText(from)))
	}
	if old.IdempotencyKey != now.IdempotencyKey {
		say(fmt.Sprintf("it %s an idempotency key now, which calls get by themselves", map[bool]string{true: "needs", false: "no longer takes"}[now.IdempotencyKey != ""]))
	}
	if from, to := statuses(old.Errors.Statuses()), statuses(now.Errors.Statuses()); from != to {
		say(fmt.Sprintf("its documented errors are %s now, before %s", to, from))
	}
	change := Change{Kind: OperationChanged, Subject: now.ID, Semver: Patch, Pos: now.Pos}
	if c.old != nil && c.new != nil && c.old.ops[old.ID] != nil && c.new.ops[now.ID] != nil {
		c.compareMethods(&change, c.old.ops[old.ID], c.new.ops[now.ID], say)
	}
	if len(said) == 0 {
		return
	}
	change.Gone = slices.DeleteFunc(c.gone(c.old.methodsFor(old.ID)), func(name string) bool { return c.toldGone[name] })
	change.Added = c.fresh(c.new.methodsFor(now.ID))
	change.Message = fmt.Sprintf("operation %q changed: %s", now.ID, strings.Join(said, "; "))
	if change.Breaking {
		change.Semver, change.Action = Major, "change its calls; scopegen diff --uses ./... lists them"
	}
	c.add(change)
}

func serverText(name string) string {
	if name == "" {
		return "the session's server"
	}
	return fmt.Sprintf("the server %q", name)
}

// compareMethods compares the Go methods of an operation.
func (c *comparison) compareMethods(change *Change, old, now *plan.Operation, say func(string)) {
	was, is := old.Methods[0].Body, now.Methods[0].Body
	before, after := parametersOf(old, was, c.resolve), parametersOf(now, is, nil)
	parameters := ""
	switch {
	case !before.same(after):
		parameters = fmt.Sprintf("it takes %s now, before %s", after, before)
		say(parameters)
		change.Breaking = true
	case before.String() != after.String():
		say(fmt.Sprintf("parameters have other names: %s now, before %s", after, before))
	case optionsText(old, c.resolve) != optionsText(now, nil):
		say("its query and header parameters changed")
	}
	compareStyles(old, now, say)
	if was != nil && is != nil && before.same(after) {
		if was.MediaType != is.MediaType {
			say(fmt.Sprintf("its body is %s now, before %s", is.MediaType, was.MediaType))
		}
		if was.Optional != is.Optional {
			say(map[bool]string{true: "its body may be left out now", false: "its body is required now"}[is.Optional])
		}
	}
	if from, to := errorTypesText(old.ErrorTypes, c.resolve), errorTypesText(now.ErrorTypes, nil); from != to {
		say(fmt.Sprintf("the bodies of its errors are %s now, before %s", shorten(to), shorten(from)))
		change.Breaking = change.Breaking || len(old.ErrorTypes) > 0
		change.Semver = Minor
	}
	if from, to := c.headersText(c.old, old), c.headersText(c.new, now); !slices.Equal(from, to) {
		say(fmt.Sprintf("its response headers are %s now, before %s", cmp.Or(strings.Join(to, ", "), "none"), cmp.Or(strings.Join(from, ", "), "none")))
		change.Semver = max(change.Semver, Minor)
		change.Breaking = change.Breaking || slices.ContainsFunc(from, func(h string) bool { return !slices.Contains(to, h) })
	}
	for i, m := range old.Methods {
		j := slices.IndexFunc(now.Methods, func(n *plan.Method) bool { return n.Name == m.Name })
		if j < 0 {
			say(fmt.Sprintf("there is no method %s any more", m.Name))
			change.Breaking = true
			continue
		}
		what := parameters
		if m.Body != old.Methods[0].Body { // the methods of another media type
			what = ""
			if before, after := parametersOf(old, m.Body, c.resolve), parametersOf(now, now.Methods[j].Body, nil); !before.same(after) {
				takes := fmt.Sprintf("takes %s now, before %s", after, before)
				say(m.Name + " " + takes)
				change.Breaking = true
				what = "it " + takes
			}
		}
		if was, is := resultOf(old, i, c.resolve), resultOf(now, j, nil); was != is {
			result := fmt.Sprintf("returns %s now, before %s", shorten(is), shorten(was))
			say(m.Name + " " + result)
			change.Breaking = true
			what = strings.TrimPrefix(what+"; it "+result, "; ")
		}
		if what != "" {
			for _, name := range c.old.methods[old.ID] {
				if strings.HasSuffix(name, "."+m.Name) {
					c.changed[name] = Affected{Changed: true, Message: what, Action: "change the call"}
				}
			}
		}
	}
	for _, m := range now.Methods {
		if !slices.ContainsFunc(old.Methods, func(o *plan.Method) bool { return o.Name == m.Name }) {
			say(fmt.Sprintf("there is a method %s now", m.Name))
			change.Semver = Minor
		}
	}
}

// errorTypesText writes the types of the bodies of errors.
func errorTypesText(types []plan.ErrorType, resolve func(string) string) string {
	if len(types) == 0 {
		return "of no type"
	}
	var out []string
	for _, t := range types {
		text := refText(t.Type, resolve)
		if t.Status != "default" {
			text += " for " + t.Status
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// headersText writes the header fields of an operation's responses.
func (c *comparison) headersText(side *surface, op *plan.Operation) (out []string) {
	for _, r := range op.ResponseHeaders {
		h := side.headers[refText(r, nil)]
		resolve := c.resolve
		if side == c.new {
			resolve = nil
		}
		out = append(out, h.Wire+" "+shorten(refText(h.Type, resolve)))
	}
	slices.Sort(out)
	return out
}

// statuses writes documented statuses, in order.
func statuses(list []int) string {
	if len(list) == 0 {
		return "none"
	}
	out := make([]string, len(list))
	for i, status := range slices.Sorted(slices.Values(list)) {
		out[i] = strconv.Itoa(status)
	}
	return strings.Join(out, ", ")
}

// compareStyles tells what is sent otherwise than before though calls look the same.
func compareStyles(old, now *plan.Operation, say func(string)) {
	how := map[string]string{
		"": "with its name once for each item", "comma": "with commas between the items", "space": "with spaces between the items",
		"pipe": "with pipes between the items", "deepObject": "as name[member]=value", "form": "as member=value",
	}
	was := map[string]string{}
	for _, p := range old.ParamsFields {
		was[p.In+" "+p.Wire] = p.Style
	}
	for _, p := range now.ParamsFields {
		if style, known := was[p.In+" "+p.Wire]; known && style != p.Style {
			say(fmt.Sprintf("its parameter %q is written %s now, before %s", p.Wire, how[p.Style], how[style]))
		}
	}
	if was, is := old.Methods[0].Body, now.Methods[0].Body; was != nil && is != nil && was.Deep != is.Deep {
		say(map[bool]string{true: "its form writes objects and lists inside it as a[b]=c now", false: "its form no longer writes objects inside it"}[is.Deep])
	}
}

// parameters are those of a Go method, beside the context and the options of the call.
type parameters []parameter

type parameter struct{ name, text string }

func parametersOf(op *plan.Operation, b *plan.Body, resolve func(string) string) (out parameters) {
	for _, p := range op.PathParams {
		out = append(out, parameter{p.GoName, refText(p.Type, resolve)})
	}
	if op.Params != nil {
		out = append(out, parameter{"params", refText(*op.Params, resolve)})
	}
	if b != nil {
		switch {
		case b.Kind != plan.BodyStream:
			out = append(out, parameter{"body", refText(b.Type, resolve)})
		case b.CallerTyped():
			out = append(out, parameter{"contentType", "string"}, parameter{"body", "io.Reader"})
		default:
			out = append(out, parameter{"body", "io.Reader"})
		}
	}
	return out
}

// same reports whether the same calls compile and mean the same: the types are equal,
// and no name has gone to another place.
func (p parameters) same(other parameters) bool {
	if len(p) != len(other) {
		return false
	}
	for i := range p {
		elsewhere := slices.IndexFunc(other, func(o parameter) bool { return o.name == p[i].name })
		if p[i].text != other[i].text || elsewhere >= 0 && elsewhere != i {
			return false
		}
	}
	return true
}

func (p parameters) String() string {
	if len(p) == 0 {
		return "nothing"
	}
	texts := make([]string, len(p))
	for i, one := range p {
		texts[i] = one.name + " " + shorten(one.text)
	}
	return "(" + strings.Join(texts, ", ") + ")"
}

// optionsText writes down the query and header parameters of an operation. A change
// of their struct that breaks a program is one of a type.
func optionsText(op *plan.Operation, resolve func(string) string) string {
	var b strings.Builder
	for _, p := range op.ParamsFields {
		fmt.Fprintln(&b, p.Wire, p.GoName, p.In, refText(p.Type, resolve), p.Required)
	}
	return b.String()
}

// resultOf writes down what a method returns.
func resultOf(op *plan.Operation, method int, resolve func(string) string) string {
	m := op.Methods[method]
	if op.Paging != nil && method == 0 {
		return "iter.Seq2[" + refText(op.Paging.Item, resolve) + ", error]"
	}
	switch m.Result.Kind {
	case plan.ResultEmpty:
		return "error"
	case plan.ResultValues:
		return "iter.Seq2[" + refText(m.Result.Type, resolve) + ", error]"
	case plan.ResultRedirect:
		return "(*runtime.Redirect, error)"
	case plan.ResultStream:
		return "(*runtime.Stream, error)"
	}
	return "(*" + refText(m.Result.Type, resolve) + ", error)"
}
