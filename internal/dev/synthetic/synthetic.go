// Package synthetic makes catalogues of any size, for figures: how long, how
// much memory, how large. They look like the document of a real API in what
// costs time: the five operations that there usually are on one kind of thing,
// three types of twelve fields for every operation, one scope for twenty.
package synthetic

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

const (
	perScope  = 20
	perDomain = 2 * perScope // a domain has a scope to read and one for all
)

// Write puts a catalogue with so many operations into folder, which it makes:
// the table, scopes.yaml, and a file for each domain, domain1.yaml being the
// first. Equal numbers give equal files.
func Write(folder string, operations int) error { return write(folder, operations, false) }

// WriteBare puts the same operations there, without bodies and without types. What is
// generated of them compiles in a fraction of the time.
func WriteBare(folder string, operations int) error { return write(folder, operations, true) }

func write(folder string, operations int, bare bool) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	var table, include bytes.Buffer
	table.WriteString(head)
	for first := 0; first < operations; first += perDomain {
		d := domain{number: first/perDomain + 1, operations: min(perDomain, operations-first), bare: bare}
		fmt.Fprintf(&table, "  - title: Domain %d\n    scopes:\n      - {scope: '%s:read', permits: Read what domain %d holds.}\n", d.number, d.name(), d.number)
		if d.operations > perScope {
			fmt.Fprintf(&table, "      - {scope: '%s:admin', permits: Change what domain %d holds; reading included.}\n", d.name(), d.number)
		}
		fmt.Fprintf(&include, "  - %s.yaml\n", d.name())
		if err := os.WriteFile(filepath.Join(folder, d.name()+".yaml"), d.file(), 0o666); err != nil {
			return err
		}
	}
	fmt.Fprintf(&table, "include:\n%s", include.Bytes())
	return os.WriteFile(filepath.Join(folder, "scopes.yaml"), table.Bytes(), 0o666)
}

const head = `api: {name: synthetic, title: Synthetic API}
servers: {live: 'https://api.example.com'}
token: {path: /oauth/token}
idempotency: idempotency-key
paging:
  offset: {kind: offset, offset: offset, limit: limit, total: meta.total_count, items: data}
go: {output: api}
groups:
`

// domain is a part of the API with scopes, and so a package, of its own.
type domain struct {
	number     int
	operations int
	bare       bool // without bodies
	b          bytes.Buffer
}

func (d *domain) name() string { return fmt.Sprintf("domain%d", d.number) }

func (d *domain) printf(format string, args ...any) { fmt.Fprintf(&d.b, format, args...) }

func (d *domain) file() []byte {
	read := fmt.Sprintf("{scope: '%s:read'}", d.name())
	write := read
	if d.operations > perScope {
		read = fmt.Sprintf("{any_of: ['%[1]s:read', '%[1]s:admin']}", d.name())
		write = fmt.Sprintf("{scope: '%s:admin'}", d.name())
	}
	d.printf("operations:\n")
	for i := range d.operations {
		d.operation(i, read, write)
	}
	if d.bare {
		return d.b.Bytes()
	}
	d.printf("\ntypes:\n")
	for i := range d.operations {
		d.types(i)
	}
	return d.b.Bytes()
}

// operation writes the ith operation: five of them are what can be done with
// one kind of thing.
func (d *domain) operation(i int, read, write string) {
	thing := fmt.Sprintf("d%d_thing%d", d.number, i/5+1)
	all := "/" + d.name() + "/" + thing + "s"
	one := all + "/{" + thing + "_id}"
	own, answer := d.typeName(i, "A"), d.typeName(i-i%5+1, "A")
	switch i % 5 {
	case 0:
		d.head("list_"+thing+"s", "GET", all, "Lists all things.", read)
		if d.bare {
			d.answer(204, "")
			return
		}
		d.printf(list, own)
	case 1:
		d.head("retrieve_"+thing, "GET", one, "Reads a thing.", read)
		d.id(thing)
		d.answer(200, own)
	case 2:
		d.head("create_"+thing, "POST", all, "Creates a thing.", write)
		d.body(own)
		d.answer(201, answer)
		d.printf("    idempotency_key: required\n")
	case 3:
		d.head("update_"+thing, "PATCH", one, "Changes a thing.", write)
		d.id(thing)
		d.body(own)
		d.answer(200, answer)
	case 4:
		d.head("delete_"+thing, "DELETE", one, "Deletes a thing and tells what it was.", write)
		d.id(thing)
		d.answer(200, own)
	}
}

func (d *domain) head(id, method, path, summary, requires string) {
	d.printf("\n  - id: %s\n    method: %s\n    path: %s\n    summary: %s\n    requires: %s\n", id, method, path, summary, requires)
}

func (d *domain) id(thing string) {
	d.printf("    parameters:\n      - {name: %s_id, in: path, required: true, description: The identifier., schema: {type: string, format: uuid}}\n", thing)
}

func (d *domain) body(name string) {
	if d.bare {
		return
	}
	d.printf("    body:\n      application/json: {$ref: '#/types/%s'}\n", name)
}

func (d *domain) answer(status int, name string) {
	if d.bare {
		d.printf("    responses:\n      204: {}\n    errors: [400, 401, 403, 404, 406, 429, 500]\n")
		return
	}
	d.printf("    responses:\n      %d:\n        application/json: {$ref: '#/types/%s'}\n    errors: [400, 401, 403, 404, 406, 429, 500]\n", status, name)
}

const list = `    parameters:
      - {name: order, in: query, description: The order of the list., schema: {type: string, enum: [ASC, DESC], default: ASC}}
      - {name: offset, in: query, schema: {type: integer, format: int32, minimum: 0}}
      - {name: limit, in: query, schema: {type: integer, format: int32, minimum: 1, maximum: 1000, default: 100}}
    responses:
      200:
        application/json:
          type: object
          required: [meta, data]
          properties:
            meta: {type: object, required: [total_count], properties: {total_count: {type: integer}}}
            data: {type: array, items: {$ref: '#/types/%s'}}
    errors: [400, 401, 403, 406, 429, 500]
    paging: offset
`

// typeName is the name of one of the three types of an operation: A is what it
// takes or gives, B and C are what A holds.
func (d *domain) typeName(operation int, letter string) string {
	return fmt.Sprintf("D%dType%d%s", d.number, operation+1, letter)
}

func (d *domain) types(operation int) {
	for _, letter := range []string{"A", "B", "C"} {
		d.printf("  %s:\n    description: What an operation takes or gives.\n    type: object\n    required: [id, name, created_at, kind]\n    properties:\n%s", d.typeName(operation, letter), fields)
		if letter == "A" {
			d.printf("      detail: {$ref: '#/types/%s'}\n      parts: {type: array, maxItems: 100, items: {$ref: '#/types/%s'}}\n", d.typeName(operation, "B"), d.typeName(operation, "C"))
		} else {
			d.printf("      note: {type: string, maxLength: 200, description: A remark.}\n      labels: {type: array, items: {type: string}, description: What it is filed under.}\n")
		}
	}
}

// fields are ten of the twelve fields of every type; the others differ.
const fields = `      id: {type: string, format: uuid, description: The identifier.}
      name: {type: string, minLength: 1, maxLength: 100, description: The name.}
      created_at: {type: string, format: date-time, description: When it was created.}
      kind: {type: string, enum: [PLAIN, FANCY, OTHER], description: What kind it is of.}
      amount: {type: string, format: decimal, description: The amount in units of the currency.}
      currency: {type: string, pattern: '^[A-Z]{3}$', description: 'The currency, as in ISO 4217.'}
      count: {type: integer, format: int64, minimum: 0, description: How many there are.}
      active: {type: boolean, default: true, description: Whether it is in use.}
      valid_on: {type: string, format: date, description: The day on which it is valid.}
      closed_at: {type: [string, 'null'], format: date-time, description: When it was closed.}
`
