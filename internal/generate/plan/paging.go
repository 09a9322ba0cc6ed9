package plan

import (
	"cmp"
	"fmt"
	"slices"
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
	p := &Paging{Kind: style.Kind, Pages: style.Pages != ""}
	if style.Kind == "page" || style.Kind == "offset" {
		p.First = style.Start()
	}
	if position := style.Parameter(); position != "" {
		i := slices.IndexFunc(o.ParamsFields, func(f Param) bool { return f.Wire == position && f.In == "query" })
		if i < 0 {
			b.errorf("paging-without-parameter", op.Paging.Pos, "the operation %q is paged by the query parameter %q, which it does not have", op.ID, position).hint("add the parameter, or name another paging style")
			return
		}
		p.Position = o.ParamsFields[i]
	}
	if problem := b.planPage(p, &style, first.Result.Type); problem != "" {
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

// planPage plans how the items of a page of type page are found, and the next page. It
// returns why they cannot be, or "".
func (b *builder) planPage(p *Paging, style *spec.PagingStyle, page Ref) (problem string) {
	if b.withoutAliases(page).is(Nullable) {
		return "the response itself may be null"
	}
	path := style.Items
	if path == "" && !isItems(b.resolveList(page)) {
		if path, problem = b.onlyList(page); problem != "" {
			return problem
		}
	}
	if p.Items, p.Item, problem = b.walk(path, page); problem != "" {
		return problem
	}
	if !isItems(p.Item) {
		if path == "" {
			return "the response itself is not a list"
		}
		return fmt.Sprintf("%q is not a list", path)
	}
	if next := cmp.Or(style.Total, style.Pages, style.Next); next != "" {
		if p.Next, p.NextType, problem = b.walk(next, page); problem != "" {
			return problem
		}
	}
	if style.Last != "" {
		if p.Last, p.LastType, problem = b.walk(style.Last, *p.Item.Elem); problem != "" {
			return problem
		}
	}
	if style.More != "" {
		var more Ref
		if p.More, more, problem = b.walk(style.More, page); problem != "" {
			return problem
		}
		if value, _ := b.resolve(more); !value.is(Builtin) || value.Name != "bool" {
			return fmt.Sprintf("%q says whether there are further items, but is neither true nor false", style.More)
		}
	}
	return b.positionProblem(p, style)
}

// isItems reports whether r is a list and no bytes.
func isItems(r Ref) bool { return r.is(Slice) && !r.equal(bytesRef) }

// onlyList returns the name of the only member of a response that is a list, or else why
// there is none.
func (b *builder) onlyList(page Ref) (path, problem string) {
	object := b.structOf(page)
	if object == nil {
		return "", "the response itself is not a list"
	}
	for _, f := range object.Fields {
		at := f.Type
		for at.is(Optional) || at.is(Nullable) {
			at = *at.Elem
		}
		switch {
		case !isItems(b.resolveList(at)):
		case path != "":
			return "", fmt.Sprintf("both %q and %q are lists, and the style does not say with items which one has them", path, f.Wire)
		default:
			path = f.Wire
		}
	}
	if path == "" {
		return "", "the response is no list and has no member that is one"
	}
	return path, ""
}

// positionProblem returns why the parameter and the member that say where a page begins
// cannot be used, or "" if they can.
func (b *builder) positionProblem(p *Paging, style *spec.PagingStyle) string {
	counts := style.Kind == "offset" || style.Kind == "page"
	parameter := ""
	if style.Parameter() != "" {
		if parameter = b.scalarOf(p.Position.Type); parameter == "" {
			return fmt.Sprintf("the query parameter %q is neither text nor a number nor a date", p.Position.Wire)
		}
	}
	p.Zero = parameter
	if counts && !isNumber(parameter) {
		return fmt.Sprintf("the query parameter %q counts, but is neither an integer nor a plain number", p.Position.Wire)
	}
	if p.Last != nil && b.scalarOf(p.LastType) != parameter {
		return fmt.Sprintf("%q of the last item is the next value of the query parameter %q, and has another type", style.Last, p.Position.Wire)
	}
	if p.Next == nil {
		return ""
	}
	member, next := cmp.Or(style.Total, style.Pages, style.Next), b.scalarOf(p.NextType)
	p.Unsigned = strings.HasPrefix(next, "uint")
	switch {
	case counts && !isNumber(next):
		return fmt.Sprintf("%q counts, but is neither an integer nor a plain number; leave it out of the style if the API has it in no other form", member)
	case style.Kind == "cursor" && next != parameter:
		return fmt.Sprintf("%q is the next value of the query parameter %q, and has another type", member, p.Position.Wire)
	case style.Kind == "link" && next != "string":
		return fmt.Sprintf("%q is the URL of the next page, but is no text", member)
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
	for path != "" {
		object := b.structOf(at)
		if object == nil {
			return nil, Ref{}, fmt.Sprintf("there is no object to look for %q in", path)
		}
		field := func(name string) int {
			return slices.IndexFunc(object.Fields, func(f Field) bool { return f.Wire == name })
		}
		var member string
		member, path = spec.CutMember(path, func(name string) bool { return field(name) >= 0 })
		i := field(member)
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
				renew(op.Paging.More, op.Methods[0].Result.Type)
				renew(op.Paging.Last, op.Paging.Item)
			}
		}
	}
}
