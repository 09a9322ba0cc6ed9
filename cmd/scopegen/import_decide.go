package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/internal/change/merge"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

// decide gathers what is decided about the document: by the flags and, where they
// say nothing, by the catalogue that is there.
func (o *importOptions) decide() error {
	var rules []openapi.Rule
	for _, given := range o.lists {
		at := strings.LastIndexByte(given, '=')
		lists := openapi.ScopeLists(given[at+1:])
		switch {
		case lists != openapi.All && lists != openapi.Any && lists != openapi.Ladder:
			return fmt.Errorf("--scope-list %s: a list means all, any or ladder", given)
		case at < 0 && o.ScopeLists != "" && o.ScopeLists != lists:
			return fmt.Errorf("--scope-list: a list cannot mean both %s and %s: name the operations of one, as in --scope-list 'orders_*=%s'", o.ScopeLists, lists, lists)
		case at < 0:
			o.ScopeLists = lists
		case at == 0:
			return fmt.Errorf("--scope-list %s: write it as PATTERN=%s", given, lists)
		case slices.ContainsFunc(rules, func(r openapi.Rule) bool { return r.Match == given[:at] }):
			return fmt.Errorf("--scope-list: the operations %s are decided twice", given[:at])
		default:
			rules = append(rules, openapi.Rule{Match: given[:at], Lists: lists, Reason: o.Reason})
		}
	}
	switch {
	case len(o.lists) == 0 && o.Reason != "":
		return errors.New("--reason: say with --scope-list what the lists mean")
	case o.ScopeLists != "" && o.assume:
		return errors.New("--assume leaves nothing for --scope-list to decide: give one of the two")
	case o.Domains != "" && o.Domains != "scopes" && o.Domains != "tags":
		return fmt.Errorf("--domains %s: the packages are those of scopes, or those of tags", o.Domains)
	case o.Unstated != "" && o.Unstated != "public" && o.Unstated != "token":
		return fmt.Errorf("--unstated %s: an operation that does not say what it requires is public, or needs a token", o.Unstated)
	case o.assume:
		o.ScopeLists, o.Reason = openapi.All, "assumed: the text of OpenAPI says so, and nobody has checked it"
	}
	o.Rules = rules
	if err := o.keepDecisions(); err != nil {
		return err
	}
	if err := o.sources.read(&o.Options); err != nil {
		return err
	}
	if o.Name == "" {
		return nil
	}
	if err := usableName(o.Name); err != nil {
		return fmt.Errorf("--name: %w", err)
	}
	return nil
}

// keepDecisions takes over what the catalogue that is there has decided and the
// flags do not.
func (o *importOptions) keepDecisions() error {
	table := filepath.Join(o.into, tableName)
	if _, err := os.Stat(table); err != nil {
		return nil
	}
	c, findings := spec.LoadFile(table)
	if findings.Err() != nil {
		return nil // it is told when the catalogue is needed
	}
	if err := o.sources.keep(c.Import); err != nil {
		return err
	}
	if o.ScopeLists == "" {
		o.ScopeLists, o.Reason = openapi.ScopeLists(c.Import.ScopeLists), c.Import.Reason
	}
	if record, err := o.record(); err == nil {
		o.Methods = merge.MethodNames(record)
	}
	for _, r := range c.Import.Operations {
		if !slices.ContainsFunc(o.Rules, func(given openapi.Rule) bool { return given.Match == r.Match }) {
			o.Rules = append(o.Rules, openapi.Rule{Match: r.Match, Lists: openapi.ScopeLists(r.ScopeLists), Reason: r.Reason})
		}
	}
	for _, name := range c.Import.Paging {
		style, _ := c.Paging.Get(name.Value) // the catalogue was checked
		o.Paging = append(o.Paging, openapi.Paging{Name: name.Value, Style: style})
	}
	if o.Unstated == "" {
		o.Unstated = c.Import.Unstated
	}
	if o.Domains == "" {
		o.Domains = cmp.Or(c.Import.Domains, "scopes")
	}
	if o.Name == "" {
		o.Name = c.API.Name
	}
	return nil
}

// reportDecisions tells what was decided.
func (o *importOptions) reportDecisions(w io.Writer, r *openapi.Result) {
	because := func(reason string) string {
		if reason == "" {
			return ""
		}
		return ": " + reason
	}
	if r.ScopeLists != "" {
		fmt.Fprintf(w, "a list of scopes means %s%s\n", r.ScopeLists, because(r.Reason))
	}
	for _, rule := range o.Rules {
		fmt.Fprintf(w, "a list of scopes means %s for the operations %s%s\n", rule.Lists, rule.Match, because(rule.Reason))
	}
	if r.Domains == "tags" {
		fmt.Fprintln(w, "the operations that need scopes are in packages by their tags; --domains scopes puts them into those of their scopes")
	}
	if o.Unstated != "" {
		fmt.Fprintf(w, "an operation that does not say what it requires: %s\n", map[string]string{"public": "is public", "token": "needs a token"}[o.Unstated])
	}
}
