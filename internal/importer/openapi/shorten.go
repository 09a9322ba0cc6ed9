package openapi

import (
	"slices"
	"strings"

	"github.com/scopegen/scopegen/internal/generate/plan"
	"gopkg.in/yaml.v3"
)

// shorten gives a Go name to each operation whose id begins with the name of its
// package, as ids made of tags do: "repos/get" is called repos.Reader.Get and not
// repos.Reader.ReposGet. An operation keeps its long name if another one of a
// package has the short one.
func (i *importer) shorten() {
	taken := map[string]map[string]bool{} // package → methods, in lower case
	take := func(pkg, method string) {
		if taken[pkg] == nil {
			taken[pkg] = map[string]bool{}
		}
		taken[pkg][strings.ToLower(method)] = true
	}
	for _, domain := range i.order {
		for _, op := range i.files[domain].operations {
			id, _ := member1(op, "id")
			for _, pkg := range packagesOf(op) {
				take(pkg, plan.ExportedName(id))
			}
		}
	}
	for _, domain := range i.order {
		for _, op := range i.files[domain].operations {
			id, _ := member1(op, "id")
			packages := packagesOf(op)
			name := ""
			for n, pkg := range packages {
				short := withoutPackage(id, pkg)
				if short == "" || n > 0 && short != name || taken[pkg][strings.ToLower(short)] {
					name = ""
					break
				}
				name = short
			}
			if name == "" {
				continue
			}
			for _, pkg := range packages {
				take(pkg, name)
			}
			op.Content = slices.Insert(op.Content, 2, scalar("go_name"), scalar(name)) // behind the id
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
	if requires := memberNode(op, "requires"); requires != nil {
		walk(requires)
	}
	return packages
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
