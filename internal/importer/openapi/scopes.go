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

// scope is a scope as the security schemes declare it.
type scope struct {
	name, permits string
	group         string // its heading in the table; "" to find one
	used          bool
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

// scopesIn returns the scopes in a text that should name one. Some documents write several
// there as a request for a token does.
func (i *importer) scopesIn(v value, text string) []string {
	words := strings.Fields(text)
	if len(words) < 2 {
		return []string{text}
	}
	i.bent(v, fmt.Sprintf("the scope %q is %d scopes with spaces between them (RFC 6749, section 3.3)", text, len(words)))
	return words
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

func one(key string, v *yaml.Node) *yaml.Node {
	o := newObject()
	o.set(key, v)
	return flow(o.Node)
}

// use reports whether v names a scope that a catalogue can have. One that no scheme
// declares is declared here.
func (i *importer) use(v value, name, id string) bool {
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
		if why == "" {
			i.otherLists = true
		} else {
			// Several schemes of one operation often list the same scopes.
			if same := func(l ScopeList) bool { return l.Operation == id && slices.Equal(l.Scopes, words) }; !slices.ContainsFunc(i.ladders, same) {
				i.ladders = append(i.ladders, ScopeList{id, words, why})
			}
		}
	}
	return [][]string{words}
}

// likeLadder returns why a list of scopes looks like alternatives, or "". It names the
// first two that do.
func (i *importer) likeLadder(words []string) string {
	at, lengths := map[string]int{}, map[int]bool{}
	for n, word := range words {
		at[word], lengths[len(word)] = n, true
	}
	why, first, second := "", len(words), len(words)
	found := func(a, b int, text string) {
		if a, b = min(a, b), max(a, b); a < first || a == first && b < second {
			why, first, second = fmt.Sprintf(text, words[a], words[b]), a, b
		}
	}
	bySubject := map[string]int{}
	for n, word := range words {
		if subject, kind := access(word); kind != "" {
			if other, again := bySubject[subject]; again {
				found(other, n, "%s and %s are two kinds of access to one thing")
			} else {
				bySubject[subject] = n
			}
		}
	}
	for n, word := range words {
		for end := range word {
			if lengths[end] && strings.IndexByte(":./-_", word[end]) >= 0 {
				if whole, ok := at[word[:end]]; ok {
					found(whole, n, "%s and %s are a whole and its part")
				}
			}
		}
	}
	if why != "" {
		return why
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
