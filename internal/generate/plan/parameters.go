package plan

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// argumentName returns the name of the Go argument for a path parameter.
func (b *builder) argumentName(parameter string) string {
	argument := unexported(parameter, "Param")
	if b.isTaken(argument) {
		argument += "Param"
	}
	return argument
}

// planParameters plans the path parameters as arguments, and the others as the fields
// of a struct.
func (b *builder) planParameters(o *Operation, op *spec.Operation, home *Package, name string) {
	arguments := map[string]string{}
	fields := map[string]spec.Position{}
	params := &Type{Name: name + "Params", Kind: Struct}
	// Path parameters come in the order of the path, whatever the order they are listed in.
	list := slices.Clone(op.Parameters)
	inPath := spec.Placeholders(op.Path)
	place := func(p *spec.Parameter) int {
		return slices.IndexFunc(inPath, func(q spec.Placeholder) bool { return q.Name == p.Name })
	}
	slices.SortStableFunc(list, func(x, y *spec.Parameter) int {
		if x.In != "path" || y.In != "path" {
			return 0
		}
		return place(x) - place(y)
	})
	for _, p := range list {
		if p.In == "header" {
			b.checkHeader(op, p)
		}
		goName := p.GoName
		if goName == "" {
			goName = b.names.exported(p.Name)
		}
		if goName == "" {
			b.errorf("no-go-name", p.Pos, "no Go name can be made from the parameter %q: it holds neither letter nor digit", p.Name).hint("name it with go_name")
			continue
		}
		r := stringRef
		if p.Schema != nil {
			r = b.typeOf(p.Schema, home, name+goName)
			switch members, _ := b.resolve(r); {
			case p.Style == "form" && (!members.is(Map) || !b.isText(*members.Elem)):
				b.errorf("parameter-type", p.Pos, "the parameter %q of the operation %q has the style form, and is no object of texts or lists of texts without known members", p.Name, op.ID).
					hint("make a parameter of each member that is known")
			case p.Style != "deepObject" && p.Style != "form" && !b.isText(r):
				b.errorf("parameter-type", p.Pos, "the parameter %q of the operation %q is more than a text or a list of texts", p.Name, op.ID).
					hint("make a parameter of each of its members, or a text of it")
			}
		}
		doc, limits := p.Description, ""
		if p.Schema != nil {
			limits = b.limits(p.Schema)
			if doc == "" {
				doc = b.memberDoc(p.Schema)
			}
		}
		if p.In == "path" {
			argument := b.argumentName(goName)
			if argument == b.functionName(name) || argument == b.functionName(name+"Page") || argument == o.Variable || b.takenByPages(op, argument) {
				argument += "Param" // the method calls the function by this name
			}
			if first, ok := arguments[argument]; ok {
				b.errorf("go-name-clash", p.Pos, "the path parameters %q and %q of %s both become the Go argument %s", first, p.Name, op.ID, argument).hint("give one of them a go_name")
				continue
			}
			if i := place(p); i >= 0 && inPath[i].Pattern != "" {
				form := fmt.Sprintf("Of the form %q, with a segment for each *.", inPath[i].Pattern)
				if inPath[i].Pattern == "**" {
					form = "One segment or more, with slashes between them."
				}
				limits = strings.TrimSpace(form + " " + limits)
			}
			arguments[argument] = p.Name
			o.PathParams = append(o.PathParams, Param{Wire: p.Name, GoName: argument, In: p.In, Type: r, Required: true, Doc: doc, Limits: limits})
			continue
		}
		if first, ok := fields[goName]; ok {
			b.errorf("go-name-clash", p.Pos, "two parameters of %s both become the Go field %s", op.ID, goName).
				related(first, "the other one").hint("give one of them a go_name")
			continue
		}
		fields[goName] = p.Pos
		chosen := p.Required && r.is(Named) && b.withoutZero(r)
		listed := p.Required && (b.isList(r) || p.Style == "form")
		if !p.Required {
			r = wrap(Optional, r)
		}
		o.ParamsFields = append(o.ParamsFields, Param{Wire: p.Name, GoName: goName, In: p.In, Type: r, Required: p.Required, Style: p.Style, Listed: listed, Chosen: chosen, Doc: doc, Limits: limits})
		params.Fields = append(params.Fields, Field{Name: goName, Type: r, Doc: doc, Limits: limits, Required: p.Required})
	}
	if len(params.Fields) > 0 {
		params.Doc = paramsDoc(op.ID, params.Fields)
		b.claim(home, params.Name, op.Pos, fmt.Sprintf("the parameters of the operation %q", op.ID))
		b.addType(home, params)
		r := named(home.ImportPath, params.Name)
		o.Params = &r
	}
}

// paramsDoc returns the comment of a struct of parameters, behind its name.
func paramsDoc(operation string, fields []Field) string {
	var required []string
	for _, f := range fields {
		if f.Required {
			required = append(required, f.Name)
		}
	}
	text := "holds the parameters of the operation " + operation
	switch len(required) {
	case 0:
		return text + "; the zero value asks for the API's defaults."
	case 1:
		return text + ". " + required[0] + " is required."
	}
	last := len(required) - 1
	return text + ". " + strings.Join(required[:last], ", ") + " and " + required[last] + " are required."
}

// runtimeHeaders are the headers that the runtime or net/http sets, and signatureHeaders
// those that it sets if the API has requests signed. The runtime refuses a call that gives
// one of them.
var (
	runtimeHeaders = map[string]bool{
		"Accept-Encoding": true, "Authorization": true, "Connection": true, "Content-Length": true, "Dpop": true, "Expect": true, "Host": true,
		"Keep-Alive": true, "Proxy-Authorization": true, "Proxy-Connection": true, "Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
	}
	signatureHeaders = map[string]bool{"Content-Digest": true, "Digest": true, "Signature": true, "Signature-Input": true}
)

// checkHeader reports a header parameter that the runtime sets itself, because every
// call with that parameter would fail.
func (b *builder) checkHeader(op *spec.Operation, p *spec.Parameter) {
	who, hint, related := "", "remove the parameter", spec.Position{}
	for _, h := range b.catalogue.Headers {
		if strings.EqualFold(h.Key, p.Name) {
			who, related = "the catalogue's headers set for every call", h.Pos
		}
	}
	switch {
	case strings.EqualFold(p.Name, b.catalogue.Idempotency), strings.EqualFold(p.Name, "Idempotency-Key"):
		who, hint = "carries an idempotency key", "remove the parameter; if the API needs the key, write idempotency_key: required, and name the header in the table with idempotency"
	case strings.EqualFold(p.Name, "Accept"), strings.EqualFold(p.Name, "Content-Type"):
		who = "the media types of the operation set"
	case runtimeHeaders[http.CanonicalHeaderKey(p.Name)], b.catalogue.Signing != "" && signatureHeaders[http.CanonicalHeaderKey(p.Name)]:
		who = "the runtime sets where it is needed"
	}
	if who == "" {
		return
	}
	f := b.errorf("header-taken", p.Pos, "the operation %q has the header parameter %q, which %s", op.ID, p.Name, who)
	if related.Line > 0 {
		f.related(related, "it is set here")
	}
	f.hint(hint)
}
