package openapi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/internal/generate/plan"
	"github.com/scopegen/scopegen/internal/yamlmap"
	"gopkg.in/yaml.v3"
)

// shorten gives a Go name to each operation whose id begins with the name of its
// package, as ids made of tags do: "repos/get" is called repos.Reader.Get and not
// repos.Reader.ReposGet. An operation keeps its long name if another one of a
// package has the short one.
func (i *importer) shorten() {
	m := methods{taken: map[string]map[string]bool{}}
	var fresh []*yaml.Node
	for _, domain := range i.order {
		for _, op := range i.files[domain].operations {
			id, _ := member1(op, "id")
			name, known := i.options.Methods[id]
			if !known {
				fresh = append(fresh, op)
				continue
			}
			if name != "" {
				setMethod(op, name)
			}
			m.take(packagesOf(op), cmp.Or(name, plan.ExportedName(id)))
		}
	}
	var long []*yaml.Node // those that may have a shorter name
	for _, op := range fresh {
		id, _ := member1(op, "id")
		packages, name := packagesOf(op), plan.ExportedName(id)
		if m.has(packages, name) {
			name = m.free(packages, name)
			setMethod(op, name)
		} else {
			long = append(long, op)
		}
		m.take(packages, name)
	}
	for _, op := range long {
		id, _ := member1(op, "id")
		packages := packagesOf(op)
		if short := withoutPackages(id, packages); short != "" && !m.has(packages, short) {
			setMethod(op, short)
			m.take(packages, short)
		}
	}
}

func setMethod(op *yaml.Node, name string) {
	op.Content = slices.Insert(op.Content, 2, scalar("go_name"), scalar(name)) // behind the id
}

// methods are the names of methods that are taken, in lower case, by package.
type methods struct{ taken map[string]map[string]bool }

func (m methods) take(packages []string, name string) {
	for _, pkg := range packages {
		if m.taken[pkg] == nil {
			m.taken[pkg] = map[string]bool{}
		}
		m.taken[pkg][strings.ToLower(name)] = true
	}
}

func (m methods) has(packages []string, name string) bool {
	return slices.ContainsFunc(packages, func(pkg string) bool { return m.taken[pkg][strings.ToLower(name)] })
}

// free returns the name with the first number behind it that is not taken.
func (m methods) free(packages []string, name string) string {
	for n := 2; ; n++ {
		if numbered := fmt.Sprint(name, n); !m.has(packages, numbered) {
			return numbered
		}
	}
}

// packagesOf returns the packages whose clients have the operation.
func packagesOf(op *yaml.Node) []string {
	if domain, ok := member1(op, "domain"); ok {
		return []string{domain}
	}
	var packages []string
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		switch n.Kind {
		case yaml.ScalarNode:
			if pkg := plan.ScopePackage(n.Value); !slices.Contains(packages, pkg) {
				packages = append(packages, pkg)
			}
		case yaml.SequenceNode:
			for _, item := range n.Content {
				walk(item)
			}
		case yaml.MappingNode:
			for k := 1; k < len(n.Content); k += 2 {
				walk(n.Content[k])
			}
		}
	}
	if requires := yamlmap.Value(op, "requires"); requires != nil {
		walk(requires)
	}
	return packages
}

// withoutPackages returns the Go name of an id without the words that are the name of
// each of the packages, "" if there is none for all.
func withoutPackages(id string, packages []string) string {
	name := ""
	for n, pkg := range packages {
		short := withoutPackage(id, pkg)
		if n > 0 && short != name {
			return ""
		}
		name = short
	}
	return name
}

// withoutPackage returns the Go name of an id without the words at its beginning that
// are the package's name, in the singular or plural, and "" if there are none or
// nothing is left.
func withoutPackage(id, pkg string) string {
	words := plan.Words(id)
	first := ""
	for n := range len(words) - 1 {
		first += strings.ToLower(words[n])
		if first == pkg || first+"s" == pkg || first == pkg+"s" {
			rest := strings.Join(words[n+1:], "_")
			if strings.IndexByte("0123456789", rest[0]) >= 0 {
				return ""
			}
			return plan.ExportedName(rest)
		}
	}
	return ""
}

// apiName makes the name of an API's package of its title, without the words that say
// only that it is an API: "Spotify Web API" is spotify, "GitHub v3 REST API" github.
func apiName(title string) string {
	words := plan.Words(title)
	for len(words) > 1 {
		last := strings.ToLower(words[len(words)-1])
		if !version(last) && !slices.Contains([]string{"api", "apis", "http", "rest", "web"}, last) {
			break
		}
		words = words[:len(words)-1]
	}
	return packageName(strings.Join(words, ""), "api")
}
