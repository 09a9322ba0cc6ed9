package audit

import (
	"bytes"
	"fmt"
	"go/token"
	"os"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// linked is a go:linkname directive that names something of another package.
type linked struct {
	pkg    *packages.Package // in the graph: that of the directive
	at     token.Position
	target string
}

// scanOutside reads what types do not tell of packages that are not analysed:
// what they link to by name.
func (c *code) scanOutside() error {
	for _, p := range c.graph {
		if p.Imports["unsafe"] == nil || standard(p) || c.generated(p.PkgPath) {
			continue
		}
		found, err := scan(p)
		if err != nil {
			return err
		}
		c.linked = append(c.linked, found...)
	}
	slices.SortFunc(c.linked, func(a, b linked) int {
		if a.at.Filename != b.at.Filename {
			return strings.Compare(a.at.Filename, b.at.Filename)
		}
		return a.at.Line - b.at.Line
	})
	return nil
}

// scan returns the directives in a package.
func scan(p *packages.Package) (found []linked, err error) {
	for _, name := range p.GoFiles {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("the program cannot be loaded completely: %w", err)
		}
		for number, rest := 1, text; len(rest) > 0; number++ {
			var line []byte
			line, rest, _ = bytes.Cut(rest, []byte("\n"))
			if fields := strings.Fields(string(line)); len(fields) == 3 && fields[0] == "//go:linkname" {
				found = append(found, linked{p, token.Position{Filename: name, Line: number, Column: 1}, fields[2]})
			}
		}
	}
	return found, nil
}

// links reaches what directives link to.
func (r *reach) links() {
	for _, l := range r.code.linked {
		if r.contained[l.pkg.PkgPath] == nil {
			continue
		}
		via := step{why: "linkname at " + r.code.name(l.at.Filename)}
		from := r.facts.packages[r.contained[l.pkg.PkgPath].ID]
		if from == nil {
			from = &node{name: l.pkg.Name, pkg: l.pkg}
		}
		via.from = from
		hit := false
		for _, a := range r.code.apis {
			for name, c := range a.clients {
				rest, ok := strings.CutPrefix(l.target, "("+"*"+name+").")
				if !ok {
					rest, ok = strings.CutPrefix(l.target, c.path+".(*"+c.Type+").")
				}
				if ok && c.operations[rest] != nil {
					r.sites = append(r.sites, site{via, c, rest, true})
					hit = true
				}
			}
			for _, c := range a.functions[l.target] {
				r.sites = append(r.sites, site{via, c, c.functions[l.target[len(c.path)+1:]], true})
				hit = true
			}
			if c := a.constructors[l.target]; c != nil {
				r.constructed[c] = append(r.constructed[c], via)
				hit = true
			}
		}
		for _, fn := range r.facts.symbols[l.target] {
			r.enqueue(r.facts.nodes[fn], via)
		}
		if hit || strings.HasPrefix(l.target, runtimePath) {
			r.marks = append(r.marks, mark{step: step{from, token.NoPos, ""}, what: "go:linkname to " + l.target, place: l.at})
		}
	}
}
