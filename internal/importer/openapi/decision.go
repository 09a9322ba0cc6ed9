package openapi

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Rule is what somebody has decided about the lists of scopes of some operations.
type Rule struct {
	Match  string     // ids of operations, or their paths if it begins with "/"; "*" stands for any text
	Lists  ScopeLists // what a list means
	Reason string     // why, for the catalogue
}

// matches reports whether a rule is about an operation.
func (r Rule) matches(id, path string) bool {
	if strings.HasPrefix(r.Match, "/") {
		return matches(r.Match, path)
	}
	return matches(r.Match, id)
}

// matches reports whether a text is the pattern, in which "*" stands for any text.
func matches(pattern, text string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !strings.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	if !star {
		return text == ""
	}
	parts := strings.Split(rest, "*")
	last := len(parts) - 1
	for _, part := range parts[:last] {
		// The first place is as good as any: what follows has the most room.
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return strings.HasSuffix(text, parts[last])
}

// lists returns what has been decided about the lists of an operation: by the first
// rule that is about it, or for the document; "" if nobody has.
func (i *importer) lists(id, path string) ScopeLists {
	for n, r := range i.options.Rules {
		if r.matches(id, path) {
			i.applied[n] = true
			return r.Lists
		}
	}
	return i.options.ScopeLists
}

// decisions writes what has been decided, for the next import.
func (i *importer) decisions() *yaml.Node {
	o := newObject()
	o.setText("scope_lists", string(i.options.ScopeLists))
	if i.options.ScopeLists != "" {
		o.setText("reason", i.options.Reason)
	}
	rules := list()
	for n, r := range i.options.Rules {
		rule := newObject()
		rule.setText("match", r.Match)
		rule.setText("scope_lists", string(r.Lists))
		rule.setText("reason", r.Reason)
		rules.Content = append(rules.Content, compact(rule.Node))
		if !i.applied[n] {
			i.note(Assumed, i.root, fmt.Sprintf("no operation with a list of scopes is %q: the decision about it has no effect", r.Match), "")
		}
	}
	if len(rules.Content) > 0 {
		o.set("operations", rules)
	}
	if s := i.options.Sources; s.Extension != "" || s.Prose != nil || s.File != nil {
		o.setText("scope_extension", s.Extension)
		if s.Prose != nil {
			o.setText("scope_prose", s.Prose.String())
		}
		if s.File != nil {
			o.setText("scope_file", s.File.name)
		}
	}
	o.setText("scope_table", i.options.Table)
	o.setText("unstated", i.options.Unstated)
	if i.options.Domains == "tags" {
		o.setText("domains", i.options.Domains)
	}
	if len(i.paged) > 0 {
		var names []string
		for _, s := range i.paged {
			names = append(names, s.Name)
		}
		o.set("paging", texts(names))
	}
	if o.empty() {
		return nil
	}
	return o.Node
}

// Declared is a scope that another source than the document declares.
type Declared struct{ Name, Permits, Group string }

// Requirement is what another source than the document says that an operation
// requires.
type Requirement struct {
	Sets  [][]string // each of them is enough
	Least []string   // the scopes that permit the least
}

// declareMore declares the scopes of another source.
func (i *importer) declareMore() {
	for _, d := range i.options.Scopes {
		if s := i.declare(i.root, d.Name, d.Permits); s != nil {
			s.group = d.Group
		}
	}
}

// elsewhere returns what another source says that an operation requires, without the
// scopes that it declares nowhere, and reports whether it says anything.
func (i *importer) elsewhere(op value, method, path string) (r Requirement, ok bool) {
	if i.options.Required == nil {
		return r, false
	}
	said, ok := i.options.Required(method, path)
	if !ok {
		return r, false
	}
	r.Least = said.Least
	for _, set := range said.Sets {
		if at := slices.IndexFunc(set, func(name string) bool { return i.scopes[name] == nil }); at >= 0 {
			i.leftOut(op, fmt.Sprintf("the requirement of %s", strings.Join(set, " with ")), fmt.Sprintf("%q is declared nowhere", set[at]))
			continue
		}
		for _, name := range set {
			i.scopes[name].used = true
		}
		set = slices.Compact(slices.Sorted(slices.Values(set)))
		if !slices.ContainsFunc(r.Sets, func(other []string) bool { return slices.Equal(other, set) }) {
			r.Sets = append(r.Sets, set)
		}
	}
	return r, len(r.Sets) > 0
}

// leastText is what the description of an operation says about least privilege.
func leastText(least []string) string {
	if len(least) == 0 {
		return ""
	}
	return "Least privilege: " + strings.Join(least, " or ") + "."
}
