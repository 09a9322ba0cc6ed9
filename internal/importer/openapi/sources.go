package openapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
)

// Sources are where else than among the security requirements a document, or a file
// beside it, says which scopes an operation requires. They count where a requirement
// names no scopes. The first that says anything holds: the file, the extension, the
// prose.
type Sources struct {
	// Extension is the extension of operations that names scopes: "x-scopes", or
	// "x-auth.scopes" for a member of it, of its elements if it is a list. Its value is
	// a text of scopes, or a list of them, or a list of lists, any one of which is enough.
	Extension string
	// Prose is a pattern for the summary and the description of an operation. Its first
	// group is the scopes, with commas or spaces between them.
	Prose *regexp.Regexp
	// File has the scopes of calls.
	File *CallScopes
}

// CallScopes are lists of scopes by the call that requires them.
type CallScopes struct {
	name  string
	calls map[string]*callScopes
}

type callScopes struct {
	line  int
	lists [][]string // any one of which is enough
	used  bool
}

// ReadCallScopes reads a file of lines "GET /things/{id} things:read things:admin".
// The name of a placeholder does not count. Several lines for one call are
// alternatives. Lines that are empty or begin with # are skipped.
func ReadCallScopes(name string, text []byte) (*CallScopes, error) {
	c := &CallScopes{name: name, calls: map[string]*callScopes{}}
	line := 0
	for content := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		line++
		fields := scopesIn(content)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 3 || !strings.HasPrefix(fields[1], "/") {
			return nil, fmt.Errorf("%s:%d: write a method, a path that begins with a slash, and scopes: GET /things/{id} things:read", name, line)
		}
		key := callKey(fields[0], fields[1])
		if c.calls[key] == nil {
			c.calls[key] = &callScopes{line: line}
		}
		c.calls[key].lists = append(c.calls[key].lists, fields[2:])
	}
	return c, nil
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

func callKey(method, path string) string {
	return strings.ToUpper(method) + " " + placeholder.ReplaceAllString(path, "{}")
}

// scopesIn returns the words of a text.
func scopesIn(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' || r == '\n' })
}

// elsewhereLists returns the lists of scopes that the sources name for an operation,
// any one of which is enough.
func (i *importer) elsewhereLists(op value, id, method, path string) [][]string {
	var lists [][]string
	s := i.options.Sources
	if s.File != nil {
		if call := s.File.calls[callKey(method, path)]; call != nil {
			call.used = true
			lists = call.lists
		}
	}
	if lists == nil && s.Extension != "" {
		lists = i.extensionLists(op, id)
	}
	if lists == nil && s.Prose != nil {
		var all []string
		for _, m := range s.Prose.FindAllStringSubmatch(op.get("summary").text()+"\n"+op.get("description").text(), -1) {
			for _, word := range scopesIn(m[1]) {
				if !slices.Contains(all, word) {
					all = append(all, word)
				}
			}
		}
		if all != nil {
			lists = [][]string{all}
		}
	}
	var kept [][]string
	for _, list := range lists {
		list = slices.DeleteFunc(slices.Clone(list), func(name string) bool { return !i.use(op, name, id) })
		if len(list) > 0 {
			kept = append(kept, list)
		}
	}
	return kept
}

func (i *importer) extensionLists(op value, id string) [][]string {
	name, member, _ := strings.Cut(i.options.Sources.Extension, ".")
	found := op.get(name)
	if found.absent() {
		return nil
	}
	i.extensions[name]-- // it is carried; what nobody reads is counted
	values := []value{found}
	for member != "" {
		var step string
		step, member, _ = strings.Cut(member, ".")
		var next []value
		for _, v := range values {
			if v.isList() {
				for _, item := range v.items() {
					next = append(next, item.get(step))
				}
			} else {
				next = append(next, v.get(step))
			}
		}
		values = next
	}
	var one []string
	var lists [][]string
	var read func(v value, depth int)
	read = func(v value, depth int) {
		switch {
		case v.isText():
			one = append(one, scopesIn(v.text())...)
		case v.isList() && depth == 0 && len(v.items()) > 0 && v.items()[0].isList():
			for _, inner := range v.items() {
				before := one
				one = nil
				read(inner, 1)
				lists, one = append(lists, one), before
			}
		case v.isList():
			for _, item := range v.items() {
				read(item, 1)
			}
		case !v.absent():
			i.leftOut(v, fmt.Sprintf("%s of %s", i.options.Sources.Extension, id), "it is neither a text nor a list")
		}
	}
	for _, v := range values {
		read(v, 0)
	}
	if one != nil {
		lists = append(lists, one)
	}
	return lists
}

// unusedCalls notes the calls of the file that the document does not have.
func (i *importer) unusedCalls() {
	file := i.options.Sources.File
	if file == nil {
		return
	}
	for key, call := range file.calls {
		if !call.used {
			i.notes = append(i.notes, diag.Diagnostic{Severity: diag.Warning, Code: LeftOut, Pos: diag.Position{File: file.name, Line: call.line},
				Message: fmt.Sprintf("the scopes of %s are left out: the document has no such call, or names its scopes itself", key)})
		}
		call.used = false // for the next import with the same options
	}
}
