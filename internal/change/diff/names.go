package diff

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/internal/plural"
)

// compareRest records what no other change explains: types that changed, Go names
// that are gone, settings, and texts.
func (c *comparison) compareRest() {
	if c.old == nil || c.new == nil {
		return
	}
	c.compareTypes()
	c.tellOtherNames()
	c.tellAddedTypes()
	c.compareSettings()
	if n := c.countDocumentation(); n > 0 {
		c.add(Change{Kind: Documentation, Subject: "documentation", Semver: Patch, Message: fmt.Sprintf("the documentation of %d operations or types changed", n)})
	}
}

// tellOtherNames tells which Go names are gone although no change of a scope, an
// operation or a type says so, sorted by where they are now.
func (c *comparison) tellOtherNames() {
	type way struct {
		from, to string // packages
		clients  bool
		instead  string // what to use, if the names are those of clients
	}
	ways := map[way][]string{}
	for name, s := range c.old.symbols {
		if c.toldGone[name] || s.owner != "" && (c.toldGone[s.owner] || c.new.symbols[s.owner] == nil) {
			continue // what belongs to a name that is gone goes with it
		}
		if now := c.new.symbols[name]; now != nil {
			if now.use != "" {
				c.toldNew[now.use] = true
			}
			continue
		}
		w := way{clients: s.kind == client}
		if w.clients {
			w.instead = c.clientsFor(c.old.operationsOf(name))
		}
		w.from, _, _ = strings.Cut(name, ".")
		if to := c.new.elsewhere(name, s); to != "" {
			c.toldNew[to] = true
			w.to, _, _ = strings.Cut(to, ".")
		}
		ways[w] = append(ways[w], name)
	}
	for w, names := range ways {
		slices.Sort(names)
		change := Change{Kind: GoNameGone, Subject: names[0], Breaking: true, Semver: Major, Gone: names}
		switch {
		case w.instead != "":
			change.Message = "the operations of " + some(names) + " are in other clients now"
			change.Action = w.instead
		case w.clients:
			change.Message = "no operation is left for " + some(names)
			change.Action = "remove its uses; scopegen diff --uses ./... lists them"
		case w.to == "":
			change.Message = fmt.Sprintf("%s left package %s: %s", plural.Count(len(names), "Go name"), w.from, some(names))
			change.Action = "remove the uses; scopegen diff --uses ./... lists them"
		default:
			change.To = w.to
			change.Message = fmt.Sprintf("%s moved from package %s to package %s: %s", plural.Count(len(names), "Go name"), w.from, w.to, some(names))
			change.Action = fmt.Sprintf("write %s. for %s.", w.to, w.from)
		}
		c.add(change)
	}
}

// compareSettings records what changed about how the API as a whole is called.
func (c *comparison) compareSettings() {
	a, b := c.old.plan.Entry, c.new.plan.Entry
	var said []string
	for _, s := range []struct {
		what     string
		old, new any
	}{
		{"servers", a.Servers, b.Servers}, {"the servers of some operations", a.Others, b.Others}, {"the token endpoint", a.Token, b.Token}, {"keys", c.old.plan.Keys, c.new.plan.Keys}, {"signing", a.Signing, b.Signing}, {"headers", a.Headers, b.Headers},
		{"the request id", a.RequestID, b.RequestID}, {"the idempotency header", a.Idempotency, b.Idempotency},
	} {
		if !reflect.DeepEqual(s.old, s.new) {
			said = append(said, s.what)
		}
	}
	if from, to := errorTypesText(a.ErrorTypes, c.resolve), errorTypesText(b.ErrorTypes, nil); from != to {
		change := Change{Kind: Settings, Subject: "errors", Semver: Minor, Message: fmt.Sprintf("the bodies of the API's errors are %s now, before %s", shorten(to), shorten(from))}
		if len(a.ErrorTypes) > 0 {
			change.Breaking, change.Semver, change.Action = true, Major, "change the types of runtime.ErrorWith: errors.As does not find the old ones any more"
		}
		c.add(change)
	}
	if len(said) > 0 {
		c.add(Change{Kind: Settings, Subject: b.Name, Semver: Patch, Message: "how the API is called changed: " + strings.Join(said, ", ")})
	}
}
