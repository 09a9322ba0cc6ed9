package plan

import (
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// KeyPackage is the name of the package of the types of keys. There is none for an API
// without keys.
const KeyPackage = "key"

// planKeys plans the types of the keys.
func (b *builder) planKeys() {
	seen := map[string]spec.Position{}
	for _, entry := range b.catalogue.Keys {
		key := entry.Value
		name := key.GoName
		if name == "" {
			name = b.names.exported(entry.Key)
		}
		if name == "" {
			b.errorf("no-go-name", entry.Pos, "no Go name can be made from the key %q: it holds neither letter nor digit", entry.Key).hint("name it with go_name")
			name = "X"
		}
		for _, taken := range []string{name, "New" + name} {
			if first, again := seen[taken]; again {
				b.errorf("go-name-clash", entry.Pos, "a second key becomes the Go name %s", taken).related(first, "the other one").hint("give one of them a go_name")
			}
			seen[taken] = entry.Pos
		}
		argument := unexported(name, "Key")
		switch argument {
		case "session", "token", "runtime", "scope": // these have a meaning in a constructor
			argument += "Key"
		}
		b.plan.Keys = append(b.plan.Keys, Key{Name: entry.Key, GoName: name, Argument: argument, In: key.In, Field: key.Name, Description: key.Description})
	}
}

// keysOf returns the keys that are called so, in the order of the table.
func (b *builder) keysOf(names []spec.Text) []Key {
	var keys []Key
	for _, key := range b.plan.Keys {
		if slices.ContainsFunc(names, func(name spec.Text) bool { return name.Value == key.Name }) {
			keys = append(keys, key)
		}
	}
	return keys
}

// keyClient returns the name of the client for operations that need these keys and
// no access token.
func (b *builder) keyClient(keys []Key) string {
	if len(keys) == 1 {
		if key, _ := b.catalogue.Keys.Get(keys[0].Name); key.Client != "" {
			return key.Client
		}
	}
	return strings.TrimPrefix(WithKeys(keys), "With") + "Client"
}

// WithKeys returns the end of the name of a client whose calls carry keys, too.
func WithKeys(keys []Key) string {
	var b strings.Builder
	for _, key := range keys {
		b.WriteString("With" + key.GoName)
	}
	return b.String()
}

// group is the alternatives of a requirement that want the same keys.
type group struct {
	keys     []Key
	without  bool // no access token is needed
	anyToken bool // any access token will do
	sets     [][]spec.Text
}

// groups returns the alternatives of a requirement by the keys that they want.
func (b *builder) groups(r spec.Requirement) []*group {
	var all []*group
	byKeys := map[string]*group{}
	for _, a := range r.Alternatives {
		keys := b.keysOf(a.Keys)
		name := WithKeys(keys)
		g := byKeys[name]
		if g == nil {
			g = &group{keys: keys}
			byKeys[name] = g
			all = append(all, g)
		}
		switch {
		case len(a.Scopes) > 0:
			g.sets = append(g.sets, a.Scopes)
		case a.Token:
			g.anyToken = true
		default:
			g.without = true
		}
	}
	return all
}
