package openapi

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// ScopeLists is what a list of scopes in one security requirement means.
type ScopeLists string

// The meanings of a list. OpenAPI says All; two documents in three mean Any.
const (
	All    ScopeLists = "all"    // a caller needs every scope of the list
	Any    ScopeLists = "any"    // one of them is enough
	Ladder ScopeLists = "ladder" // Any for a list whose scopes are steps of one ladder, All for others
)

// ScopeList is an operation whose list of scopes somebody has to decide on.
type ScopeList struct {
	Operation string
	Scopes    []string
	Why       string // it looks like a list of alternatives
}

// scheme is a security scheme.
type scheme struct {
	kind string // oauth2, openIdConnect, http, apiKey, mutualTLS
	what string // for people
}

// scope is a scope as the security schemes declare it.
type scope struct {
	name, permits string
	group         string // its heading in the table; "" to find one
	used          bool
}

func (i *importer) readSchemes() {
	schemes := i.root.get("components").get("securitySchemes")
	if i.swagger {
		schemes = i.root.get("securityDefinitions")
	}
	for _, m := range schemes.members() {
		v, ok := i.follow(m.value)
		if !ok {
			continue
		}
		kind := v.get("type").text()
		s := scheme{kind: kind, what: kind}
		switch kind {
		case "oauth2":
			i.oauth2(v)
		case "openIdConnect":
			s.what = "OpenID Connect"
		case "http", "basic":
			s.what = "HTTP " + v.get("scheme").text()
			if kind == "basic" {
				s.what = "HTTP basic"
			}
		case "apiKey":
			s.what = fmt.Sprintf("a key in %s %q", v.get("in").text(), v.get("name").text())
		case "mutualTLS":
			s.what = "a client certificate"
		default:
			i.leftOut(m.value, fmt.Sprintf("the security scheme %q", m.key), "its type is not one of OpenAPI")
			continue
		}
		i.schemes[m.key] = s
	}
}

// oauth2 reads the flows of a scheme: the scopes, and where tokens come from.
// Client credentials win over other grants, since that is what a session does.
func (i *importer) oauth2(v value) {
	declared := func(scopes value) {
		for _, s := range scopes.members() {
			i.declare(s.value, s.key, s.text())
		}
	}
	endpoint := func(grant, address string) {
		if address == "" || i.grant == "client credentials" || i.tokenURL != "" && grant != "client credentials" {
			return
		}
		if !absolute(address) && !strings.HasPrefix(address, "/") {
			return
		}
		i.tokenURL, i.grant = address, grant
	}
	if i.swagger {
		declared(v.get("scopes"))
		grant := v.get("flow").text()
		if grant == "application" {
			grant = "client credentials"
		}
		endpoint(grant, v.get("tokenUrl").text())
		return
	}
	for _, f := range v.get("flows").members() {
		if !f.isMap() {
			continue
		}
		declared(f.get("scopes"))
		grant := map[string]string{"clientCredentials": "client credentials", "authorizationCode": "an authorization code", "password": "a password", "implicit": "the implicit grant", "deviceAuthorization": "a device code"}[f.key]
		endpoint(grant, f.get("tokenUrl").text())
	}
}

func (i *importer) declare(v value, name, permits string) *scope {
	if s := i.scopes[name]; s != nil {
		if s.permits == "" {
			s.permits = permits
		}
		return s
	}
	if wrong := wrongScope(name); wrong != "" {
		i.leftOut(v, fmt.Sprintf("the scope %q", name), wrong)
		return nil
	}
	s := &scope{name: name, permits: permits}
	i.scopes[name] = s
	i.inOrder = append(i.inOrder, s)
	return s
}

// wrongScope returns why a name cannot be that of a scope (RFC 6749, section
// 3.3), or "".
func wrongScope(name string) string {
	if name == "" {
		return "it has no name"
	}
	for _, r := range name {
		if r <= 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return fmt.Sprintf("no scope can hold %q (RFC 6749, section 3.3)", r)
		}
	}
	return ""
}

// requirement writes what an operation requires. It returns nil if the
// document does not state it, whether a scope is needed, and the scopes that
// permit the least, where that is known.
func (i *importer) requirement(op value, id, method, path string) (node *yaml.Node, scoped bool, least []string) {
	security := op.get("security")
	if security.Node == nil {
		security = i.root.get("security")
	}
	if security.isList() {
		node, scoped = i.stated(security, id, path)
		return node, scoped, nil
	}
	if r, ok := i.elsewhere(op, method, path); ok {
		node, scoped = i.sets(r.Sets)
		return node, scoped, r.Least
	}
	i.counts.Requirements["not stated"]++
	if i.options.Unstated != "" {
		return scalar(i.options.Unstated), false, nil
	}
	i.note(Assumed, op, fmt.Sprintf("%s does not say what it requires: taken as public", id), "decide with --unstated, or state it with requires, in the catalogue")
	return scalar("public"), false, nil
}

// stated writes the requirement that the document states.
func (i *importer) stated(security value, id, path string) (node *yaml.Node, scoped bool) {
	count := func(kind string) { i.counts.Requirements[kind]++ }
	if len(security.Content) == 0 {
		count("public")
		return scalar("public"), false
	}
	var sets [][]string
	token := false
	for _, alternative := range security.items() {
		if !alternative.isMap() || len(alternative.Content) == 0 {
			count("public")
			if len(security.Content) > 1 {
				i.bent(alternative, fmt.Sprintf("%s can be called without a token and with one: its client sends none", id))
			}
			return scalar("public"), false
		}
		var together [][]string // alternatives that this one stands for
		together = append(together, nil)
		for _, m := range alternative.members() {
			s, known := i.schemes[m.key]
			if !known {
				i.note(Bent, m.value, fmt.Sprintf("%s requires the security scheme %q, which is not declared: taken for a token", id, m.key), "")
			}
			if known && s.kind != "oauth2" && s.kind != "openIdConnect" {
				i.dropped["a requirement of "+s.what+": the call needs it beside or in place of a token"]++
			}
			var words []string
			for _, w := range m.items() {
				if i.declareUsed(w, id) && !slices.Contains(words, w.text()) {
					words = append(words, w.text())
				}
			}
			together = combine(together, i.meaning(id, path, words))
		}
		for _, set := range together {
			if len(set) == 0 {
				token = true
				continue
			}
			slices.Sort(set)
			set = slices.Compact(set)
			if !slices.ContainsFunc(sets, func(s []string) bool { return slices.Equal(s, set) }) {
				sets = append(sets, set)
			}
		}
	}
	if token && len(sets) > 0 {
		i.bent(security, fmt.Sprintf("%s takes scopes or another credential: its clients use the scopes", id))
	}
	return i.sets(sets)
}

// sets writes a requirement of which any set is enough; of none, a token.
func (i *importer) sets(sets [][]string) (node *yaml.Node, scoped bool) {
	count := func(kind string) { i.counts.Requirements[kind]++ }
	sets = withoutSupersets(sets)
	switch {
	case len(sets) == 0:
		count("token")
		return scalar("token"), false
	case len(sets) == 1 && len(sets[0]) == 1:
		count("scope")
		return one("scope", scalar(sets[0][0])), true
	case len(sets) == 1:
		count("all of")
		return one("all_of", texts(sets[0])), true
	case !slices.ContainsFunc(sets, func(s []string) bool { return len(s) > 1 }):
		count("any of")
		words := make([]string, len(sets))
		for n, s := range sets {
			words[n] = s[0]
		}
		return one("any_of", texts(words)), true
	}
	count("any of sets")
	all := list()
	for _, s := range sets {
		all.Content = append(all.Content, texts(s))
	}
	return one("any_of_sets", flow(all)), true
}

func one(key string, v *yaml.Node) *yaml.Node {
	o := newObject()
	o.set(key, v)
	return flow(o.Node)
}

// declareUsed reports whether v names a scope. One that no scheme declares is
// declared here.
func (i *importer) declareUsed(v value, id string) bool {
	name := v.text()
	s := i.scopes[name]
	if s == nil {
		if s = i.declare(v, name, ""); s == nil {
			return false
		}
		i.note(Assumed, v, fmt.Sprintf("%s requires the scope %q, which no security scheme declares: it is in the table without a text", id, name), "")
	}
	s.used = true
	return true
}

// meaning returns the sets that a list of scopes stands for.
func (i *importer) meaning(id, path string, words []string) [][]string {
	if len(words) < 2 {
		return [][]string{words}
	}
	why := i.likeLadder(words)
	each := func() [][]string {
		sets := make([][]string, len(words))
		for n, w := range words {
			sets[n] = []string{w}
		}
		return sets
	}
	switch i.lists(id, path) {
	case Any:
		return each()
	case Ladder:
		if why != "" {
			return each()
		}
	case "":
		if why != "" {
			i.ladders = append(i.ladders, ScopeList{id, words, why})
		}
	}
	return [][]string{words}
}

// likeLadder returns why a list of scopes looks like alternatives, or "".
func (i *importer) likeLadder(words []string) string {
	for a, first := range words {
		for _, second := range words[a+1:] {
			subject1, access1 := access(first)
			subject2, access2 := access(second)
			switch {
			case access1 != "" && access2 != "" && subject1 == subject2:
				return fmt.Sprintf("%s and %s are two kinds of access to one thing", first, second)
			case parent(first, second), parent(second, first):
				return fmt.Sprintf("%s and %s are a whole and its part", first, second)
			}
		}
	}
	if len(words) > 2 && len(words) == len(i.scopes) {
		return "it lists every scope there is"
	}
	return ""
}

// kinds of access, as scopes call them.
var kinds = []string{"readonly", "readwrite", "read", "write", "admin", "manage", "full", "view", "edit", "delete", "create", "update", "all", "modify", "list", "get"}

// access divides a scope into its subject and its kind of access; the kind is
// "" if none is known.
func access(name string) (subject, kind string) {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune(":./-_+", r) })
	for n, w := range words {
		if slices.Contains(kinds, w) {
			return strings.Join(slices.Concat(words[:n], words[n+1:]), " "), w
		}
	}
	return strings.Join(words, " "), ""
}

// parent reports whether the second scope is the first with more behind it.
func parent(first, second string) bool {
	rest, ok := strings.CutPrefix(second, first)
	return ok && rest != "" && strings.ContainsAny(rest[:1], ":./-_")
}

// combine returns every pair of an old set and a new one, joined.
func combine(old, more [][]string) [][]string {
	var out [][]string
	for _, a := range old {
		for _, b := range more {
			out = append(out, slices.Concat(a, b))
		}
	}
	return out
}

// withoutSupersets leaves out sets that hold all of another.
func withoutSupersets(sets [][]string) [][]string {
	return slices.DeleteFunc(slices.Clone(sets), func(s []string) bool {
		return slices.ContainsFunc(sets, func(other []string) bool {
			if len(other) >= len(s) {
				return false
			}
			for _, w := range other {
				if !slices.Contains(s, w) {
					return false
				}
			}
			return true
		})
	})
}

// groups writes the table of scopes. Scopes of one subject stand together.
func (i *importer) groups() *yaml.Node {
	out := list()
	byTitle := map[string]*yaml.Node{}
	for _, s := range i.inOrder {
		title := "Scopes"
		if subject, kind := access(s.name); kind != "" && subject != "" && !strings.Contains(s.name, "//") {
			title = strings.ToUpper(subject[:1]) + subject[1:]
		}
		if s.group != "" {
			title = s.group
		}
		scopes := byTitle[title]
		if scopes == nil {
			scopes = list()
			byTitle[title] = scopes
			group := newObject()
			group.setText("title", title)
			group.set("scopes", scopes)
			out.Content = append(out.Content, group.Node)
		}
		row := newObject()
		row.setText("scope", s.name)
		row.setText("permits", oneLine(s.permits))
		scopes.Content = append(scopes.Content, compact(row.Node))
		if !s.used {
			i.dropped["a declared scope that no operation requires (it is in the table)"]++
		}
	}
	if len(out.Content) == 0 {
		return nil
	}
	return out
}
