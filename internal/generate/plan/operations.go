package plan

import (
	"fmt"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// takenArguments are names that generated functions use for themselves.
var takenArguments = map[string]bool{
	"c": true, "ctx": true, "opts": true, "params": true, "body": true, "request": true, "response": true, "result": true, "page": true,
	"offset": true, "cursor": true, "err": true, "contentType": true,
}

// takenByPages reports whether the iterator over an operation's pages uses a name, beside
// those of takenArguments.
func (b *builder) takenByPages(op *spec.Operation, name string) bool {
	style, _ := b.catalogue.Paging.Get(op.Paging.Value)
	switch {
	case style.Kind == "page":
		return name == "number"
	case style.Kind == "link":
		return name == "link" || name == "next"
	}
	return style.Last != "" && name == "item"
}

// isTaken reports whether a function or argument called name would hide something
// that generated code uses.
func (b *builder) isTaken(name string) bool {
	// If two imported packages have one name, a number is added to that of the second.
	return takenArguments[name] || b.imported[name] || b.imported[strings.TrimRight(name, "0123456789")]
}

// functionName returns the name of the unexported function that a method calls. All
// clients of a package share it.
func (b *builder) functionName(method string) string {
	name := unexported(method, "Call")
	if b.isTaken(name) {
		name += "Call"
	}
	return name
}

// vetted holds the method names for which "go vet" requires the signature of Go's
// library. A method of a client has another signature, so it needs another name.
var vetted = map[string]bool{
	"GobDecode": true, "GobEncode": true, "MarshalJSON": true, "ReadByte": true, "ReadRune": true,
	"UnmarshalJSON": true, "UnreadByte": true, "UnreadRune": true, "WriteByte": true,
}

// methodName returns the Go name of an operation.
func (b *builder) methodName(op *spec.Operation) string {
	if op.GoName != "" {
		if vetted[op.GoName] {
			b.errorf("go-name", op.Pos, "the operation %q cannot have the Go name %s: \"go vet\" refuses methods that are called so and declared otherwise than in Go's library", op.ID, op.GoName).
				hint("choose another go_name")
		}
		return op.GoName
	}
	name := b.names.exported(op.ID)
	switch {
	case name == "":
		b.errorf("no-go-name", op.Pos, "no Go name can be made from the operation %q: it holds neither letter nor digit", op.ID).hint("name it with go_name")
		return "X"
	case vetted[name]:
		return name + "Call"
	}
	return name
}

// planOperations plans every operation in each package whose clients hold it, and
// turns the clients' operation ids into method names.
func (b *builder) planOperations() {
	byID := map[*Package]map[string]*Operation{}
	for _, op := range b.catalogue.Operations {
		users := b.used[op]
		if len(users) == 0 {
			continue
		}
		planned := b.planOperation(op)
		for p := range users {
			if byID[p] == nil {
				byID[p] = map[string]*Operation{}
			}
			if first := byID[p][op.ID]; first != nil {
				continue // the loader has reported the duplicate
			}
			byID[p][op.ID] = planned
			p.Operations = append(p.Operations, planned)
			b.claim(p, planned.Variable, op.Pos, fmt.Sprintf("the operation %q", op.ID))
			for _, m := range planned.Methods {
				b.claim(p, m.Func, op.Pos, fmt.Sprintf("the operation %q", op.ID))
			}
		}
	}
	for _, p := range b.packages {
		for _, c := range p.Clients {
			var methods []string
			seen := map[string]string{}
			for _, id := range c.Methods {
				op := byID[p][id]
				if op == nil {
					continue
				}
				for _, m := range op.Methods {
					if first, ok := seen[m.Name]; ok {
						b.errorf("go-name-clash", b.position(id), "the operations %q and %q both become the Go method %s of %s.%s", first, id, m.Name, p.Name, c.Name).
							related(b.position(first), "the other one").hint("give one of them a go_name")
						continue
					}
					seen[m.Name] = id
					methods = append(methods, m.Name)
				}
			}
			c.Methods = methods
		}
	}
}

// position returns the place of the operation called id.
func (b *builder) position(id string) spec.Position {
	for _, op := range b.catalogue.Operations {
		if op.ID == id {
			return op.Pos
		}
	}
	return spec.Position{}
}

// planOperation plans one operation.
func (b *builder) planOperation(op *spec.Operation) *Operation {
	home := b.homeOf(op)
	name := b.methodName(op)
	o := &Operation{
		ID: op.ID, HTTPMethod: op.Method, Path: op.Path, Server: op.Server.Value, Summary: op.Summary, Description: op.Description, Source: op.Source,
		Deprecated: op.Deprecated, IdempotencyKey: op.IdempotencyKey == "required", Errors: op.Errors.Statuses(),
		Variable: unexported(name, "") + "Operation",
	}
	for _, a := range op.Requires.Alternatives {
		way := Way{Token: a.Token}
		for _, s := range a.Scopes {
			if info := b.scopes[s.Value]; info != nil {
				way.Scopes = append(way.Scopes, info.scope.Wire)
			}
		}
		for _, key := range a.Keys {
			way.Keys = append(way.Keys, key.Value)
		}
		o.Ways = append(o.Ways, way)
		if len(a.Scopes) > 0 {
			o.Requires = append(o.Requires, way.Scopes)
		}
	}
	b.planParameters(o, op, home, name)
	b.planResults(o, op, home, name)
	b.planBodies(o, op, home, name)
	if op.Paging.Value != "" {
		b.planPaging(o, op, name)
	}
	o.ErrorTypes = b.errorTypes(op.Errors, home, name)
	return o
}
