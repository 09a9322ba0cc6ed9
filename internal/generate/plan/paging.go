package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// planPaging makes the operation's first method an iterator, and adds a method that
// returns one page.
func (b *builder) planPaging(o *Operation, op *spec.Operation, name string) {
	style, ok := b.catalogue.Paging.Get(op.Paging.Value)
	if !ok {
		return // the loader has reported it
	}
	first := o.Methods[0]
	if first.Result.Kind != ResultJSON {
		b.errorf("paging-without-list", op.Paging.Pos, "the operation %q is paged, but does not answer with one JSON list", op.ID).hint("remove paging, or give one list as the body of its success responses; one without a body is an empty page")
		return
	}
	position, next := style.Offset, style.Total
	if style.Kind == "cursor" {
		position, next = style.Cursor, style.Next
	}
	p := &Paging{Cursor: style.Kind == "cursor"}
	i := slices.IndexFunc(o.ParamsFields, func(f Param) bool { return f.Wire == position && f.In == "query" })
	if i < 0 {
		b.errorf("paging-without-parameter", op.Paging.Pos, "the operation %q is paged by the query parameter %q, which it does not have", op.ID, position).hint("add the parameter, or name another paging style")
		return
	}
	p.Position = o.ParamsFields[i]
	var problem string
	p.Items, p.Item, problem = b.walk(style.Items, first.Result.Type)
	if problem == "" && !p.Item.is(Slice) {
		problem = "the response itself is not a list"
		if style.Items != "" {
			problem = fmt.Sprintf("%q is not a list", style.Items)
		}
	}
	if problem == "" && next != "" {
		p.Next, p.NextType, problem = b.walk(next, first.Result.Type)
	}
	if problem == "" {
		problem = b.positionProblem(p, next)
	}
	if problem != "" {
		b.errorf("paging-member", op.Paging.Pos, "the operation %q cannot be paged as its style says: %s", op.ID, problem).
			related(style.Pos, "the style is here").
			hint("correct the style's members, or the types of the parameter and of the response; without paging the operation reads one page")
		return
	}
	p.Item = *p.Item.Elem
	o.Paging = p
	page := *first
	page.Page, page.Name = true, name+"Page"
	page.Func = b.functionName(page.Name)
	o.Methods = slices.Insert(o.Methods, 1, &page)
}

// positionProblem returns why the parameter and the member that say where a page begins
// cannot be used, or "" if they can.
func (b *builder) positionProblem(p *Paging, member string) string {
	parameter, what := b.scalarOf(p.Position.Type), strconv.Quote(p.Position.Wire)
	if parameter == "" {
		return fmt.Sprintf("the query parameter %s is neither text nor a number nor a date", what)
	}
	p.Zero = parameter
	if !p.Cursor && !isNumber(parameter) {
		return fmt.Sprintf("the query parameter %s counts items, but is neither an integer nor a plain number", what)
	}
	if member == "" {
		return ""
	}
	next := b.scalarOf(p.NextType)
	p.Unsigned = strings.HasPrefix(next, "uint")
	switch {
	case !p.Cursor && !isNumber(next):
		return fmt.Sprintf("%q counts items, but is neither an integer nor a plain number; leave total out of the style if the API has it in no other form", member)
	case p.Cursor && next != parameter:
		return fmt.Sprintf("%q is the next value of the query parameter %s, and has another type", member, what)
	}
	return ""
}

// scalarOf returns the name of the type under r if its values can say where a page
// begins: a basic type, or a type of dates or numbers with its import path. It returns
// "" for any other type.
func (b *builder) scalarOf(r Ref) string {
	value, t := b.resolve(r)
	if t != nil && t.Kind == Enum {
		value = t.Underlying
	}
	switch {
	case value.is(Builtin) && (value.Name == "string" || isNumber(value.Name)):
		return value.Name
	case value.is(Named) && t == nil && slices.Contains(comparableTypes, value.Package+"."+value.Name):
		return value.Package + "." + value.Name
	}
	return ""
}

// comparableTypes are the types that no catalogue declares, that == compares, and whose
// zero value no API sends.
var comparableTypes = []string{"time.Time", "encoding/json.Number", runtimePath + ".Date", runtimePath + ".Decimal"}

func isNumber(basic string) bool {
	return strings.HasPrefix(basic, "int") || strings.HasPrefix(basic, "uint") || basic == "float64" // as APIs without integers declare it
}

// walk follows a dotted path from a response of type at to a member. It returns the
// fields on the way and the member's type without Optional and Nullable, or else why
// the path leads nowhere.
func (b *builder) walk(path string, at Ref) ([]Step, Ref, string) {
	var steps []Step
	if path == "" {
		return nil, b.resolveList(at), ""
	}
	for member := range strings.SplitSeq(path, ".") {
		object := b.structOf(at)
		if object == nil {
			return nil, Ref{}, fmt.Sprintf("there is no object to look for %q in", member)
		}
		i := slices.IndexFunc(object.Fields, func(f Field) bool { return f.Wire == member })
		if i < 0 {
			return nil, Ref{}, fmt.Sprintf("%s has no member %q", object.Name, member)
		}
		f := object.Fields[i]
		steps = append(steps, Step{Field: f.Name, Type: f.Type})
		at = f.Type
		for at.is(Optional) || at.is(Nullable) { // what is planned of them is settled later
			at = *at.Elem
		}
	}
	return steps, b.resolveList(at), ""
}

// renewSteps updates the types of the steps into responses, because breakCycles makes
// pointers of some fields.
func (b *builder) renewSteps() {
	renew := func(steps []Step, at Ref) {
		for i := range steps {
			object := b.structOf(at)
			f := slices.IndexFunc(object.Fields, func(f Field) bool { return f.Name == steps[i].Field })
			steps[i].Type = object.Fields[f].Type
			at = steps[i].Type
		}
	}
	for _, p := range b.packages {
		for _, op := range p.Operations {
			if op.Paging != nil {
				renew(op.Paging.Items, op.Methods[0].Result.Type)
				renew(op.Paging.Next, op.Methods[0].Result.Type)
			}
		}
	}
}
