package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/internal/apitable"
	"github.com/scopegen/scopegen/internal/dev/wire/driver"
	"github.com/scopegen/scopegen/internal/generate/plan"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

// The module's path lies below this repository's so that it may import the driver.
const module = "github.com/scopegen/scopegen/internal/dev/wire/trial"

// build generates the clients of a catalogue with a program that calls them, and
// returns the path of its binary.
func build(ctx context.Context, c *spec.Catalogue, folder, repository string) (string, error) {
	p, findings := plan.Build(c, module+"/api")
	if err := findings.Err(); err != nil {
		return "", err
	}
	packages, findings := scopegen.Generate(c, scopegen.Options{ImportPath: module + "/api"})
	if err := findings.Err(); err != nil {
		return "", err
	}
	var table *apitable.Table
	for _, pkg := range packages {
		for _, f := range pkg.Files {
			if err := write(filepath.Join(folder, "api", filepath.FromSlash(f.Path)), f.Content); err != nil {
				return "", err
			}
			if f.Path == "scope/"+apitable.FileName {
				var err error
				if table, err = apitable.Parse(f.Content); err != nil {
					return "", err
				}
			}
		}
	}
	mod := fmt.Sprintf("module %s\n\ngo 1.26.0\n\nrequire github.com/scopegen/scopegen v0.0.0\n\nreplace github.com/scopegen/scopegen => %q\n", module, repository)
	if err := write(filepath.Join(folder, "go.mod"), []byte(mod)); err != nil {
		return "", err
	}
	if err := write(filepath.Join(folder, "main.go"), program(p, table)); err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "trial")
	command := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", binary, ".")
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%.2000s", err, out)
	}
	return binary, nil
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o666)
}

// program returns the main package: a set of all scopes, and all clients.
func program(p *plan.Plan, table *apitable.Table) []byte {
	var imports, clients, set bytes.Buffer
	keys := keys(p)
	if slices.ContainsFunc(table.Clients, func(c apitable.Client) bool { return len(c.Keys) > 0 }) {
		fmt.Fprintf(&imports, "\t%q\n", module+"/api/"+plan.KeyPackage)
	}
	names := map[string]string{}
	for _, client := range table.Clients {
		constructor := client.Constructors[0]
		_, function, _ := strings.Cut(constructor, ".")
		alias, ok := names[client.Package]
		if !ok {
			alias = fmt.Sprintf("p%d", len(names))
			names[client.Package] = alias
			fmt.Fprintf(&imports, "\t%s %q\n", alias, module+"/api/"+client.Package)
		}
		argument := "token"
		if client.Carries == apitable.CarriesNone || client.Carries == apitable.CarriesKeys {
			argument = "session"
		}
		for _, name := range client.Keys {
			argument += ", " + keys[name]
		}
		fmt.Fprintf(&clients, "\t\t\t%q: %s.%s(%s),\n", client.Package+"."+client.Type, alias, function, argument)
	}
	for _, s := range table.Scopes {
		fmt.Fprintf(&set, "\tscope.%s\n", s.Go)
	}
	if len(table.Scopes) > 0 {
		fmt.Fprintf(&imports, "\t%q\n", module+"/api/scope")
	}
	return fmt.Appendf(nil, `package main

import (
	"github.com/scopegen/scopegen/internal/dev/wire/driver"
	"github.com/scopegen/scopegen/runtime"
	entry %q
%s)

type all interface {
%s}

func main() {
	driver.Main(entry.API(), func(session *runtime.Session) map[string]any {
		token := runtime.Authorize[all](session)
		_ = token
		return map[string]any{
%s		}
	})
}
`, module+"/api", &imports, &set, &clients)
}

// keyValue is the value of a key, of which the mock wants none in particular.
const keyValue = "key"

// keys returns the expression that makes each key, by its name in the catalogue.
func keys(p *plan.Plan) map[string]string {
	made := map[string]string{}
	for _, k := range p.Keys {
		user := ""
		if k.In == "basic" {
			user = strconv.Quote("user") + ", "
		}
		made[k.Name] = fmt.Sprintf("key.New%s(%sruntime.NewSecret(%q))", k.GoName, user, keyValue)
	}
	return made
}

// keyValues returns what the sandbox takes for each key.
func keyValues(c *spec.Catalogue) map[string]string {
	values := map[string]string{}
	for _, k := range c.Keys {
		values[k.Key] = keyValue
		if k.Value.In == "basic" {
			values[k.Key] = "user:" + keyValue
		}
	}
	return values
}

// cases makes the arguments of each method of each operation. For some no value
// can be made that the catalogue admits; the second result says why, by operation.
func cases(c *spec.Catalogue) ([]driver.Case, map[string]string, error) {
	p, findings := plan.Build(c, module+"/api")
	if err := findings.Err(); err != nil {
		return nil, nil, err
	}
	operations := map[string]*spec.Operation{}
	for _, op := range c.Operations {
		operations[op.ID] = op
	}
	m := &maker{examples: sandbox.NewExamples(c), wrong: map[string]string{}}
	var all []driver.Case
	done := map[string]bool{}
	for _, pkg := range p.Packages {
		for _, planned := range pkg.Operations {
			op := operations[planned.ID]
			for _, method := range planned.Methods {
				for _, client := range holders(pkg, method.Name) {
					key := planned.ID + " " + method.Name + credentials(client)
					if done[key] {
						continue
					}
					done[key] = true
					made := m.arguments(op, planned, method.Body)
					made.Operation, made.Client, made.Method = planned.ID, pkg.Name+"."+client.Name, method.Name
					all = append(all, made)
				}
			}
		}
	}
	return all, m.wrong, nil
}

// holders returns the clients that have a method, one for each kind of credentials that
// calls may carry: other scopes make no other request.
func holders(pkg *plan.Package, method string) []*plan.Client {
	var found []*plan.Client
	for _, c := range pkg.Clients {
		if slices.Contains(c.Methods, method) && !slices.ContainsFunc(found, func(other *plan.Client) bool { return credentials(other) == credentials(c) }) {
			found = append(found, c)
		}
	}
	return found
}

// credentials names what the calls of a client carry, whatever the scopes.
func credentials(c *plan.Client) string {
	var b strings.Builder
	if c.Kind != plan.Public {
		b.WriteString(" token")
	}
	for _, key := range c.Keys {
		b.WriteString(" " + key.Name)
	}
	return b.String()
}

type maker struct {
	examples *sandbox.Examples
	wrong    map[string]string // by operation
}

func (m *maker) value(op *spec.Operation, what string, schema *spec.Schema) json.RawMessage {
	value, err := m.examples.Sent(schema, op.ID)
	if err != nil {
		m.wrong[op.ID] = fmt.Sprintf("%s: %v", what, err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		m.wrong[op.ID] = fmt.Sprintf("%s: %v", what, err)
	}
	return text
}

// formValue returns a value that a form can say: it has no way to write a list or an
// object with nothing inside. What must be there stays, and the client refuses it.
func (m *maker) formValue(op *spec.Operation, what string, schema *spec.Schema) json.RawMessage {
	text := m.value(op, what, schema)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return text
	}
	if said, err := json.Marshal(withoutEmpty(value)); err == nil {
		return said
	}
	return text
}

// withoutEmpty returns a value without the members in it that are lists or objects with
// nothing inside, and without such objects in lists.
func withoutEmpty(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			v[name] = withoutEmpty(inner)
			if isEmptyObject(v[name]) || isEmptyList(v[name]) {
				delete(v, name)
			}
		}
	case []any:
		kept := v[:0]
		for _, inner := range v {
			if inner = withoutEmpty(inner); !isEmptyObject(inner) {
				kept = append(kept, inner)
			}
		}
		return kept
	}
	return value
}

func isEmptyObject(value any) bool {
	object, ok := value.(map[string]any)
	return ok && len(object) == 0
}

func isEmptyList(value any) bool {
	list, ok := value.([]any)
	return ok && len(list) == 0
}

// pathValue returns a value of a path parameter, of the form of its pattern.
func (m *maker) pathValue(op *spec.Operation, name string, schema *spec.Schema) json.RawMessage {
	for _, p := range spec.Placeholders(op.Path) {
		if p.Name == name && p.Pattern != "" {
			parts := map[string]string{}
			for i, part := range p.Parts {
				parts[part] = fmt.Sprintf("part%d", i+1)
			}
			text, _ := json.Marshal(p.Value(parts))
			return text
		}
	}
	return m.value(op, name, schema)
}

func (m *maker) arguments(op *spec.Operation, planned *plan.Operation, body *plan.Body) driver.Case {
	c := driver.Case{Params: map[string]json.RawMessage{}, HasParams: planned.Params != nil}
	find := func(p plan.Param) *spec.Parameter {
		for _, q := range op.Parameters {
			if q.Name == p.Wire && q.In == p.In {
				return q
			}
		}
		return nil
	}
	for _, p := range planned.PathParams {
		c.Path = append(c.Path, m.pathValue(op, p.Wire, find(p).Schema))
	}
	for _, p := range planned.ParamsFields {
		if q := find(p); q != nil {
			value := m.value
			if q.Style == "deepObject" {
				value = m.formValue
			}
			c.Params[p.GoName] = value(op, p.Wire, q.Schema)
		}
	}
	if body == nil {
		return c
	}
	schema, _ := op.Body.Get(body.MediaType)
	switch body.Kind {
	case plan.BodyStream:
		c.ContentType, c.Text = body.MediaType, "some text"
		switch {
		case strings.HasPrefix(c.ContentType, "multipart/"):
			c.ContentType, c.Text = c.ContentType+"; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\ntext\r\n--b--\r\n"
		case spec.IsRange(c.ContentType):
			c.ContentType = strings.NewReplacer("*/*", "application/octet-stream", "*", "octet-stream").Replace(c.ContentType)
		}
	case plan.BodyMultipart:
		var members map[string]json.RawMessage
		_ = json.Unmarshal(m.formValue(op, "body", schema), &members)
		c.Parts = map[string]json.RawMessage{}
		for _, p := range body.Parts {
			if value, ok := members[p.Wire]; ok {
				c.Parts[p.GoName] = value
			}
		}
	case plan.BodyForm:
		c.Body = m.formValue(op, "body", schema)
	default:
		c.Body = m.value(op, "body", schema)
	}
	return c
}
