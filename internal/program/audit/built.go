package audit

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/apitable"
	"github.com/scopegen/scopegen/internal/program/binary"
)

// keep removes what the linker did not keep of what a root reaches.
func (r *reach) keep(functions map[string]bool) {
	r.sites = slices.DeleteFunc(r.sites, func(s site) bool {
		if functions[binary.Symbol(s.client.path, "(*"+s.client.Type+")."+s.method)] {
			return false
		}
		// A link by name goes to the function behind the method, too.
		return !s.direct || !slices.ContainsFunc(s.client.operations[s.method].Calls, func(call apitable.Call) bool {
			return functions[binary.Symbol(s.client.path, call.Function)]
		})
	})
}

// link builds the programs of all roots that use an API, and returns the functions
// that each of them holds.
func (c *code) link(ctx context.Context, config Config) (map[start]map[string]bool, error) {
	folder := config.linkInto
	if folder == "" {
		var err error
		if folder, err = os.MkdirTemp("", "scopegen-link-"); err != nil {
			return nil, err
		}
		defer os.RemoveAll(folder) // it is temporary; what stays is the system's to clear
	}
	// Programs whose files have different names are linked by one go command.
	var batches []map[string]start
	for _, root := range c.roots {
		if root.kind == Library {
			return nil, errors.New("--precise links programs, and packages for others are none: leave --lib out")
		}
		if !c.affected[root.pkg.ID] {
			continue
		}
		name := fileName(root)
		i := slices.IndexFunc(batches, func(b map[string]start) bool {
			for _, other := range b {
				return other.kind == root.kind && b[name].pkg == nil
			}
			return false
		})
		if i < 0 {
			i = len(batches)
			batches = append(batches, map[string]start{})
		}
		batches[i][name] = root
	}
	kept := map[start]map[string]bool{}
	for i, batch := range batches {
		into := filepath.Join(folder, fmt.Sprint(i))
		if err := os.Mkdir(into, 0o777); err != nil {
			return nil, err
		}
		if err := linkInto(ctx, config, into, batch); err != nil {
			return nil, err
		}
		for name, root := range batch {
			file := filepath.Join(into, name)
			if _, err := os.Stat(file); err != nil {
				file += ".exe"
			}
			p, err := binary.Open(file)
			if err != nil {
				return nil, fmt.Errorf("%s was linked, but cannot be read: %w", root.name(), err)
			}
			kept[root] = p.Functions
		}
	}
	return kept, nil
}

// fileName returns the name that the go command gives to the file of a program: the
// last element of its path that is no version, as a test with an ending.
func fileName(root start) string {
	name := path.Base(root.path)
	if len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" && path.Dir(root.path) != "." {
		name = path.Base(path.Dir(root.path))
	}
	if root.kind == Test {
		name += ".test"
	}
	return name
}

func linkInto(ctx context.Context, config Config, folder string, batch map[string]start) error {
	var args, paths, names []string
	for _, name := range slices.Sorted(maps.Keys(batch)) {
		root := batch[name]
		paths, names = append(paths, root.path), append(names, root.name())
		args = []string{"build"}
		if root.kind == Test {
			args = []string{"test", "-c"}
		}
	}
	args = append(args, "-o", folder+string(filepath.Separator), "-ldflags=-s -w", "-buildvcs=false")
	if config.Tags != "" {
		args = append(args, "-tags="+config.Tags)
	}
	command := exec.CommandContext(ctx, "go", append(args, paths...)...)
	command.Dir = config.Dir
	output, err := command.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s cannot be linked, which --precise needs: %w\n%s", strings.Join(names, ", "), err, bytes.TrimSpace(output))
	}
	return nil
}

// Built tells which operations a built program holds, without its sources. The
// tables of the APIs are those of the packages that config names.
func Built(ctx context.Context, config Config, file string) (*Result, error) {
	p, err := binary.Open(file)
	if err != nil {
		return nil, err
	}
	c, err := loadGraph(ctx, config)
	if err != nil {
		return nil, err
	}
	if len(c.apis) == 0 {
		return nil, fmt.Errorf("%s uses no API that scopegen generated, so there is no table to compare %s with: name the packages of the API, or its api.json with --table", strings.Join(config.Patterns, " "), file)
	}
	return built(p, file, c.apis), nil
}

// BuiltWith does the same with the table of one API, which the generator wrote as
// api.json.
func BuiltWith(file, table string) (*Result, error) {
	p, err := binary.Open(file)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(table)
	if err != nil {
		return nil, err
	}
	parsed, err := apitable.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", table, err)
	}
	var apis []*api
	for _, path := range pathsOf(parsed, p.Functions) {
		apis = append(apis, newAPI(path, parsed))
	}
	return built(p, file, apis), nil
}

// pathsOf returns the import paths of an API in a program, by the names of its
// methods.
func pathsOf(table *apitable.Table, functions map[string]bool) []string {
	ends := map[string]bool{}
	for _, op := range table.Operations {
		for _, call := range op.Calls {
			ends[op.Package+".(*"+call.Client+")."+call.Method] = true
		}
	}
	found := map[string]bool{}
	for name := range functions {
		method := strings.Index(name, ".(*")
		if method < 0 {
			continue
		}
		if slash := strings.LastIndexByte(name[:method], '/'); slash >= 0 && ends[name[slash+1:]] {
			found[name[:slash]] = true
		}
	}
	var paths []string
	for path := range found {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

func built(p *binary.Program, file string, apis []*api) *Result {
	root := Root{Package: cmp.Or(p.Package, filepath.Base(file)), Kind: Binary, APIs: []API{}}
	for _, a := range apis {
		if out := a.held(p.Functions, file); len(out.Scopes)+len(out.Unscoped) > 0 {
			root.APIs = append(root.APIs, out)
		}
	}
	return &Result{
		Schema: Schema, Build: newBuild(p.Settings["GOOS"], p.Settings["GOARCH"], p.Settings["-tags"]), Roots: []Root{root},
		Findings: diag.List{}, witnesses: map[findingKey][]Step{},
	}
}

// held returns what the functions of a program make of an API.
func (a *api) held(functions map[string]bool, file string) API {
	held := map[string]bool{}
	uses := map[string][]Use{}
	out := API{
		Name: a.API, Title: a.Title, Package: a.path, Scopes: []Scope{},
		Requested: []string{}, Unreachable: []string{}, Carried: []string{}, Least: []string{},
	}
	for _, name := range slices.Sorted(keys(a.clients)) {
		c := a.clients[name]
		for _, method := range slices.Sorted(keys(c.operations)) {
			if !functions[binary.Symbol(c.path, "(*"+c.Type+")."+method)] {
				continue
			}
			op, pos := c.operations[method], diag.Position{File: file}
			use := Use{
				Operation: op.ID, Method: op.Method, Path: op.Path, Client: c.name(), Carries: append([]string{}, c.Scopes...),
				Sites: []Site{{Function: c.name() + "." + method, Pos: pos}}, Witness: []Step{{Function: c.name() + "." + method, Pos: pos}},
			}
			if c.Carries != apitable.CarriesScopes {
				out.Unscoped = append(out.Unscoped, use)
			}
			for _, s := range c.Scopes {
				held[s] = true
				uses[s] = append(uses[s], use)
			}
		}
	}
	out.Reachable = a.byPower(held)
	for _, s := range out.Reachable {
		out.Scopes = append(out.Scopes, Scope{Scope: s, Permits: a.permitted([]string{s}), Operations: uses[s]})
	}
	return out
}
