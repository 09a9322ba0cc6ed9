package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/scopegen/scopegen/internal/dev/synthetic"
)

// auditing measures the audit of a program that imports all of an API with 5,000
// operations, and of one whose operations have no bodies, with what the linker says beside
// it: the types of the first cost the compiler minutes, and the audit needs none of that.
func (b *bench) auditing() error {
	const operations, perDomain = 5000, 40
	module, restore, err := b.consumer("audited", "", importer(operations/perDomain))
	if err != nil {
		return err
	}
	defer restore()
	heading(fmt.Sprintf("scopegen audit of a program that imports an API of %d operations with three types each", operations))
	if err := synthetic.Write(module, operations); err != nil {
		return err
	}
	if _, err := b.audit(module); err != nil {
		return err
	}
	heading(fmt.Sprintf("scopegen audit of a program that imports an API of %d operations without bodies", operations))
	if err := synthetic.WriteBare(module, operations); err != nil {
		return err
	}
	plain, err := b.audit(module)
	if err != nil {
		return err
	}
	if _, err := b.run(module, "go", "build", "-ldflags=-s -w", "-buildvcs=false", "-o", filepath.Join(b.folder, "linked"), "."); err != nil {
		return err
	}
	// The go command links nothing anew that is there.
	if err := os.Remove(filepath.Join(b.folder, "linked")); err != nil {
		return err
	}
	link, err := b.run(module, "go", "build", "-ldflags=-s -w", "-buildvcs=false", "-o", filepath.Join(b.folder, "linked"), ".")
	if err != nil {
		return err
	}
	precise, err := b.run(module, b.scopegen, "audit", "--precise")
	if err != nil {
		return err
	}
	row("the build of it that --precise makes: CPU time", "s", link.cpu.Seconds(), noAim)
	row("--precise without that build, compared with plain", "times", (precise.cpu-link.cpu).Seconds()/plain.cpu.Seconds(), 3)
	built, err := b.run(module, b.scopegen, "audit", "--binary", filepath.Join(b.folder, "linked"))
	if err != nil {
		return err
	}
	row("--binary: CPU time", "s", built.cpu.Seconds(), noAim)
	return os.RemoveAll(module)
}

// audit measures the audit of a program that imports an API, and prints it. The build
// cache holds what both import of others, as it does where programs are built.
func (b *bench) audit(module string) (cost, error) {
	if _, err := b.run(module, b.scopegen, "generate"); err != nil {
		return cost{}, err
	}
	if _, err := b.run(module, b.scopegen, "audit"); err != nil {
		return cost{}, err
	}
	c, err := b.run(module, b.scopegen, "audit")
	if err != nil {
		return cost{}, err
	}
	row("CPU time, that of the go command included", "s", c.cpu.Seconds(), 2)
	row("wall time", "s", c.wall.Seconds(), noAim)
	row("peak memory", "MB", float64(c.peak)/megabyte, 150)
	return c, nil
}

// importer is a program that calls an operation of each domain of a synthetic API.
func importer(domains int) string {
	var imports, calls, set strings.Builder
	for d := 1; d <= domains; d++ {
		fmt.Fprintf(&imports, "\t\"example.com/consumer/api/domain%d\"\n", d)
		fmt.Fprintf(&set, "\tscope.Domain%dRead\n", d)
		fmt.Fprintf(&calls, "\tdomain%[1]d.NewReader(token).RetrieveD%[1]dThing1(ctx, \"1\")\n", d)
	}
	return "package main\n\nimport (\n\t\"context\"\n\n\tsynthetic \"example.com/consumer/api\"\n" + imports.String() +
		"\t\"example.com/consumer/api/scope\"\n\t\"github.com/scopegen/scopegen/runtime\"\n)\n\ntype access interface {\n" + set.String() +
		"}\n\nfunc main() {\n\tctx := context.Background()\n\tsession, err := synthetic.Open(synthetic.Live, runtime.Credentials{})\n\tif err != nil {\n\t\tpanic(err)\n\t}\n" +
		"\ttoken := runtime.Authorize[access](session)\n" + calls.String() + "}\n"
}

// comparing measures the audit of the example beside general call graphs of it,
// which would find the same calls, and do not know what needs which scope.
func (b *bench) comparing() error {
	return b.compare("scopegen audit of examples/invest", filepath.Join(b.root, "examples"), "./invest", 5)
}

// compare measures an audit beside call graphs of the same program: of each the least of
// several runs, because what else the machine does only adds to the time.
func (b *bench) compare(title, folder, program string, runs int) error {
	heading(title + ", compared with call graphs of it")
	callgraph := filepath.Join(b.folder, "callgraph")
	if _, err := b.run(b.root, "go", "build", "-o", callgraph, "./internal/dev/bench/callgraph"); err != nil {
		return err
	}
	costs := map[string]cost{}
	for _, one := range []struct {
		name string
		args []string
	}{
		{"audit", []string{b.scopegen, "audit", "--lock", filepath.Join(b.folder, "none.lock"), program}},
		{"rta", []string{callgraph, "rta", program}},
		{"vta", []string{callgraph, "vta", program}},
	} {
		for i := range 1 + runs { // once so that the machine has read the files
			c, err := b.run(folder, one.args[0], one.args[1:]...)
			if err != nil {
				return err
			}
			if i < 2 || c.cpu < costs[one.name].cpu {
				costs[one.name] = c
			}
		}
		row(one.name+": CPU time", "s", costs[one.name].cpu.Seconds(), noAim)
		row(one.name+": peak memory", "MB", float64(costs[one.name].peak)/megabyte, noAim)
	}
	cold, err := b.cold(folder, []string{b.scopegen, "audit", "--lock", filepath.Join(b.folder, "none.lock"), program})
	if err != nil {
		return err
	}
	row("audit with an empty build cache: CPU time", "s", cold.cpu.Seconds(), noAim)
	percent := func(part, whole float64) float64 { return 100 * part / whole }
	audit := costs["audit"]
	row("audit's CPU time in that of rta", "%", percent(audit.cpu.Seconds(), costs["rta"].cpu.Seconds()), 100.0/15)
	row("audit's CPU time in that of vta", "%", percent(audit.cpu.Seconds(), costs["vta"].cpu.Seconds()), 100.0/20)
	row("audit's memory in that of rta", "%", percent(float64(audit.peak), float64(costs["rta"].peak)), 100.0/20)
	row("audit's memory in that of vta", "%", percent(float64(audit.peak), float64(costs["vta"].peak)), 100.0/20)
	return nil
}

// cold runs a command with an empty build cache.
func (b *bench) cold(folder string, command []string) (cost, error) {
	old, set := os.LookupEnv("GOCACHE")
	if err := os.Setenv("GOCACHE", filepath.Join(b.folder, "cold")); err != nil {
		return cost{}, err
	}
	c, err := b.run(folder, command[0], command[1:]...)
	if restore := os.Unsetenv("GOCACHE"); restore != nil {
		return cost{}, restore
	}
	if set {
		err = errors.Join(err, os.Setenv("GOCACHE", old))
	}
	return c, errors.Join(err, os.RemoveAll(filepath.Join(b.folder, "cold")))
}
