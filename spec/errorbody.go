package spec

import (
	"fmt"
	"reflect"
	"strconv"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
)

// Errors are documented errors: statuses ("404"), classes of statuses ("4XX"), and
// "default" for all, each with the type of the error's body, in JSON; nil where that
// is not stated. In YAML it is one of
//
//	errors: [400, 404]
//	errors: {400: {}, 404: {$ref: '#/types/NotFound'}, default: {$ref: '#/types/Failure'}}
type Errors []Entry[*Schema]

// Statuses returns the statuses that are listed by themselves.
func (e Errors) Statuses() []int {
	var statuses []int
	for _, entry := range e {
		if status, err := strconv.Atoi(entry.Key); err == nil {
			statuses = append(statuses, status)
		}
	}
	return statuses
}

// Body returns the type of the body of an error: the one stated for the status, else
// for its class, else for all, or nil.
func (e Errors) Body(status int) *Schema {
	for _, key := range []string{strconv.Itoa(status), strconv.Itoa(status/100) + "XX", "default"} {
		if schema, _ := Map[*Schema](e).Get(key); schema != nil {
			return schema
		}
	}
	return nil
}

// ErrorBody returns the type of the body of an operation's error: the operation's
// own, else the API's, or nil. The operation may be nil, for a response to a request
// that is none of the API's.
func (c *Catalogue) ErrorBody(op *Operation, status int) *Schema {
	if op != nil {
		if schema := op.Errors.Body(status); schema != nil {
			return schema
		}
	}
	return c.Errors.Body(status)
}

func (e *Errors) decode(p *piece, n *yaml.Node, name string) {
	switch n.Kind {
	case yaml.SequenceNode:
		var statuses []int
		p.decode(n, &statuses, name)
		for i, status := range statuses {
			if at := p.pos(n.Content[i]); !p.malformed[at] {
				*e = append(*e, Entry[*Schema]{Pos: at, Key: strconv.Itoa(status)})
			}
		}
	case yaml.MappingNode:
		var types Map[*Schema]
		p.decode(n, &types, name)
		for _, entry := range types {
			if s := entry.Value; s != nil && reflect.DeepEqual(*s, Schema{Pos: s.Pos}) {
				entry.Value = nil
			}
			*e = append(*e, entry)
		}
	default:
		p.wrongKind(n, name, "a list of statuses, or a type for each")
	}
}

func (*Errors) schema() object {
	return object{{"anyOf", []any{
		object{{"description", "documented error statuses"}, {"type", "array"}, {"items", object{{"type", "integer"}, {"minimum", 0}, {"maximum", largest}}}},
		object{
			{"description", "the type of an error's body by status (404), by class (4XX), or for all (default); {} where it is not stated"},
			{"type", "object"},
			{"propertyNames", object{{"minLength", 1}}},
			{"additionalProperties", reference("Schema")},
		},
	}}}
}

// findings returns what is wrong with the errors, by themselves. typed says that each
// has to have a type.
func (e Errors) findings(typed bool) []diag.Diagnostic {
	var found []diag.Diagnostic
	seen := map[string]bool{}
	for _, entry := range e {
		status, err := strconv.Atoi(entry.Key)
		switch {
		case err == nil && (status < 300 || status > 599):
			found = append(found, diag.Diagnostic{Code: "status", Pos: entry.Pos, Message: fmt.Sprintf("%d is neither the status of an error, 400 to 599, nor of a redirect, 300 to 399", status)})
		case seen[entry.Key]:
			found = append(found, diag.Diagnostic{Code: "duplicate-value", Pos: entry.Pos, Message: fmt.Sprintf("status %s is listed twice", entry.Key)})
		case (err != nil || strconv.Itoa(status) != entry.Key) && entry.Key != "3XX" && entry.Key != "4XX" && entry.Key != "5XX" && entry.Key != "default":
			found = append(found, diag.Diagnostic{
				Code: "status", Pos: entry.Pos, Message: fmt.Sprintf("%q is not a status of errors", entry.Key),
				Hint: "write a status with three digits, a class as 4XX, or default for all that have no type of their own",
			})
		case entry.Value == nil && (typed || err != nil):
			found = append(found, diag.Diagnostic{
				Code: "errors", Pos: entry.Pos, Message: fmt.Sprintf("%s has no type", entry.Key),
				Hint: "name the type of the error's body, as in default: {$ref: '#/types/Failure'}, or remove the entry",
			})
		}
		seen[entry.Key] = true
	}
	return found
}
