package openapi

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/spec"
)

// manyOperations is what a package of scopes may hold before the operations are placed
// by their tags. A program compiles all of a package to call one operation of it.
const manyOperations = 100

// domain returns the domain of an operation: its first tag, or the first fixed
// part of its path.
func (i *importer) domain(op value, path string) string {
	if tags := op.get("tags").items(); len(tags) > 0 {
		if name := packageName(tags[0].text(), ""); name != "" {
			return name
		}
	}
	path, _ = spec.CutQuery(path)
	for part := range strings.SplitSeq(path, "/") {
		if !strings.Contains(part, "{") {
			if name := packageName(part, ""); name != "" && !version(part) {
				return name
			}
		}
	}
	return "api"
}

// placeOperations decides which domains hold the operations that need scopes, if nobody
// has, and names the domain of each if it is that of a tag.
func (i *importer) placeOperations() {
	if i.options.Domains == "" {
		i.options.Domains = "scopes"
		if i.crowded() {
			i.options.Domains = "tags"
		}
	}
	if i.options.Domains != "tags" {
		return
	}
	for _, domain := range i.order {
		for _, op := range i.files[domain].operations {
			if _, named := member1(op, "domain"); !named {
				setDomain(op, domain)
			}
		}
	}
}

// crowded reports whether a package of scopes would hold many operations of several
// domains.
func (i *importer) crowded() bool {
	count, within := map[string]int{}, map[string]map[string]bool{}
	for _, domain := range i.order {
		for _, op := range i.files[domain].operations {
			if _, named := member1(op, "domain"); named {
				continue
			}
			for _, pkg := range packagesOf(op) {
				count[pkg]++
				if within[pkg] == nil {
					within[pkg] = map[string]bool{}
				}
				within[pkg][domain] = true
			}
		}
	}
	for pkg, n := range count {
		if n > manyOperations && len(within[pkg]) > 1 {
			return true
		}
	}
	return false
}

// setDomain names the domain of an operation, where operation writes it too.
func setDomain(op *yaml.Node, domain string) {
	at := len(op.Content)
	for k := 0; k < len(op.Content); k += 2 {
		if op.Content[k].Value == "source" {
			at = k
		}
	}
	op.Content = slices.Insert(op.Content, at, scalar("domain"), scalar(domain))
}
