package spec

import (
	"fmt"
	"strings"

	"github.com/scopegen/scopegen/diag"
)

// Carries reports whether calls carry the key in the header field or the query
// parameter called name; in is "header" or "query".
func (k Key) Carries(in, name string) bool {
	switch k.In {
	case "basic":
		return in == "header" && strings.EqualFold(name, "Authorization")
	case "header":
		return in == "header" && strings.EqualFold(name, k.Name) // RFC 9110, section 5.1
	}
	return in == k.In && name == k.Name
}

// clashes reports whether one call cannot carry both keys.
func (k Key) clashes(other Key) bool {
	if other.In == "basic" {
		return k.Carries("header", "Authorization")
	}
	return k.Carries(other.In, other.Name)
}

func (k *Key) check(f fields) {
	switch {
	case k.In == "basic" && f.has("name"):
		f.errorf("key", f.key("name"), "a key that is a user name with a password has no name: both stand in the field Authorization")
	case k.In == "basic" || k.In == "":
	case !f.has("name"):
		f.errorf("missing-key", f.p.pos(f.n), "a key needs the key \"name\": that of the header field or of the query parameter")
	case k.In == "query" && k.Name == "":
		f.errorf("missing-value", f.value("name"), "the name of the query parameter is empty")
	case k.In == "header" && !strings.EqualFold(k.Name, "Authorization"):
		f.wrong("header", "name", wrongHeader(k.Name))
	}
	if k.GoName != "" {
		f.wrong("go-name", "go_name", wrongGoName(k.GoName))
	}
	if k.Client != "" {
		f.wrong("go-name", "client", wrongGoName(k.Client))
	}
}

// checkKeys checks the keys of one alternative of an operation's requirement.
func (r *resolver) checkKeys(o *Operation, a Alternative) {
	for i, named := range a.Keys {
		key, ok := r.c.Keys.Get(named.Value)
		if !ok {
			r.unknownKeyName(named)
			continue
		}
		r.usedKeys[named.Value] = true
		if a.Token && key.Carries("header", "Authorization") {
			r.report(diag.Diagnostic{Code: "key", Pos: named.Pos, Message: fmt.Sprintf("a call cannot carry an access token and the key %q: both stand in the field Authorization", named.Value), Hint: "if one of them is enough, write a list of requirements"})
		}
		for _, other := range a.Keys[:i] {
			if first, _ := r.c.Keys.Get(other.Value); first.In != "" && key.clashes(first) {
				r.report(diag.Diagnostic{Code: "key", Pos: named.Pos, Message: fmt.Sprintf("a call cannot carry the keys %q and %q: both stand in one place", other.Value, named.Value), Hint: "if one of them is enough, write a list of requirements"})
			}
		}
		for name := range Query(o.Path) {
			if key.Carries("query", name) {
				r.report(diag.Diagnostic{
					Code: "key", Pos: o.Pos, Message: fmt.Sprintf("the path of operation %q holds the query parameter %q, which is the key %q", o.ID, name, named.Value),
					Related: []diag.Related{{Pos: named.Pos, Message: "it is required here"}}, Hint: "remove it from the path: calls carry the key by themselves",
				})
			}
		}
		for _, p := range o.Parameters {
			if p != nil && key.Carries(p.In, p.Name) {
				r.report(diag.Diagnostic{
					Code: "key", Pos: p.Pos, Message: fmt.Sprintf("the %s parameter %q is the key %q, which calls carry by themselves", p.In, p.Name, named.Value),
					Related: []diag.Related{{Pos: named.Pos, Message: "it is required here"}}, Hint: "remove the parameter",
				})
			}
		}
	}
}

func (r *resolver) unknownKeyName(named Text) {
	known := make([]string, len(r.c.Keys))
	for i, key := range r.c.Keys {
		known[i] = key.Key
	}
	hint := r.didYouMean(named.Value, known)
	if hint == "" {
		hint = "declare it in the table under keys"
	}
	r.report(diag.Diagnostic{Code: "unknown-key-name", Pos: named.Pos, Message: fmt.Sprintf("there is no key %q", named.Value), Hint: hint})
}

func (r *resolver) checkUnusedKeys() {
	for _, key := range r.c.Keys {
		if !r.usedKeys[key.Key] {
			r.report(diag.Diagnostic{Severity: diag.Warning, Code: "unused-key", Pos: key.Pos, Message: fmt.Sprintf("no operation requires the key %q", key.Key), Hint: "remove it, or name it where it is required: requires: {key: …}"})
		}
	}
}
