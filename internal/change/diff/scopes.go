package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// findRenames finds the renames that the new catalogue confirms with renamed_from.
// Several scopes may have become one.
func (c *comparison) findRenames() {
	c.to, c.from = map[string]string{}, map[string][]string{}
	for _, name := range c.is.names {
		for _, old := range c.is.scopes[name].RenamedFrom {
			if c.was.scopes[old.Value] != nil && c.is.scopes[old.Value] == nil && c.to[old.Value] == "" {
				c.to[old.Value] = name
				c.from[name] = append(c.from[name], old.Value)
			}
		}
	}
	c.implied = c.was.implies.Rename(c.to)
}

// isMerged reports whether further scopes have become what an old scope became, or
// that was there before.
func (c *comparison) isMerged(old string) bool {
	to := c.to[old]
	return len(c.from[to]) > 1 || c.was.scopes[to] != nil
}

// formerly returns the old scopes that became a scope of the new catalogue.
func (c *comparison) formerly(name string) (olds []*row) {
	if old := c.was.scopes[name]; old != nil {
		olds = append(olds, old)
	}
	for _, old := range c.from[name] {
		olds = append(olds, c.was.scopes[old])
	}
	return olds
}

// compareScopes records what became of each scope.
func (c *comparison) compareScopes() {
	for _, name := range c.was.names {
		old := c.was.scopes[name]
		switch {
		case c.to[name] != "" && c.isMerged(name):
			c.tellMerged(old, c.is.scopes[c.to[name]])
		case c.to[name] != "":
			c.tellRenamed(old, c.is.scopes[c.to[name]])
			c.compareScope(old, c.is.scopes[c.to[name]])
		case c.is.scopes[name] == nil:
			c.removed = append(c.removed, old)
			c.tellRemoved(old)
		default:
			c.compareScope(old, c.is.scopes[name])
		}
	}
	for _, name := range c.is.names {
		now, olds := c.is.scopes[name], c.formerly(name)
		if len(olds) == 0 {
			c.added = append(c.added, now)
			c.tellAdded(now)
		} else if c.whole {
			c.compareImplications(olds, now)
		}
	}
}

// tellMerged tells that a scope became part of another. Their Go types are one type
// too, so a program that tells them apart does not compile.
func (c *comparison) tellMerged(old, new *row) {
	var others []string
	for _, name := range c.from[new.Name] {
		if name != old.Name {
			others = append(others, strconv.Quote(name))
		}
	}
	together := ""
	if len(others) > 0 {
		together = ", together with " + strings.Join(others, ", ")
	}
	if c.was.scopes[new.Name] != nil {
		together += ", which was there before"
	}
	permits := ""
	if fold(old.Permits) != fold(new.Permits) && c.was.scopes[new.Name] == nil {
		permits = textOf(new.Permits)
	}
	names := append(c.old.ofScope(old.Name), c.old.clientsWith(old.Name)...)
	change := Change{
		Kind: ScopeMerged, Subject: new.Name, From: old.Name, To: new.Name, Breaking: true, Semver: Major, Pos: new.Pos,
		Message: fmt.Sprintf("scope %q is part of %q now%s%s", old.Name, new.Name, together, permits),
		Action:  "have the new name granted to your client; what tells these scopes or their clients apart does not compile any more (a type switch, a union of types in a constraint, a struct that embeds several clients): scopegen diff --uses ./... lists the places, change them before you generate",
		Gone:    c.gone(names),
	}
	if c.new.moved(names) {
		change.Action += "; every other use of the old types of scopes, clients and constructors compiles, deprecated: scopegen fix ./... rewrites your program"
	}
	if len(change.Gone) > 0 {
		change.Action += "; what is gone has no alias: name the clients among it under renamed_from in the list clients of the catalogue, or write the new names"
	}
	c.fresh(c.new.ofScope(new.Name))
	c.add(change)
}

func (c *comparison) tellRemoved(s *row) {
	change := Change{
		Kind: ScopeRemoved, Subject: s.Name, Breaking: true, Semver: Major, Pos: s.Pos,
		Message: fmt.Sprintf("scope %q was removed%s", s.Name, c.inGroup(" from ", s.group)),
		Action:  "take it out of your sets of scopes and out of what the authorization server is asked for",
	}
	if gone := c.gone(c.old.ofScope(s.Name)); len(gone) > 0 {
		change.Gone = gone
		change.Action = "remove the uses of these names; scopegen diff --uses ./... lists them"
	}
	c.add(change)
}

func (c *comparison) tellAdded(s *row) {
	change := Change{
		Kind: ScopeAdded, Subject: s.Name, Semver: Minor, Pos: s.Pos,
		Message: fmt.Sprintf("scope %q was added%s%s", s.Name, c.inGroup(" to ", s.group), textOf(s.Permits)),
		Action:  "nothing, unless you need it: then have it granted to your client",
	}
	if added := c.fresh(c.new.ofScope(s.Name)); len(added) > 0 {
		change.Added = added
		change.Action = fmt.Sprintf("nothing, unless you need it: then have it granted to your client and add %s to your set", added[0])
	}
	c.add(change)
}

// inGroup returns the name of a group behind a word, if groups are compared.
func (c *comparison) inGroup(word, group string) string {
	if !c.groups {
		return ""
	}
	return fmt.Sprintf("%s%q", word, group)
}

// textOf returns what a scope permits, to stand behind a sentence.
func textOf(permits string) string {
	if permits = strings.TrimSpace(permits); permits == "" {
		return ""
	}
	return ": " + permits
}

func (c *comparison) tellRenamed(old, new *row) {
	change := Change{
		Kind: ScopeRenamed, Subject: new.Name, From: old.Name, To: new.Name, Semver: Minor, Pos: new.Pos,
		Message: fmt.Sprintf("scope %q is called %q now", old.Name, new.Name),
		Action:  "have the new name granted to your client",
	}
	names := c.old.ofScope(old.Name)
	change.Gone = c.gone(names)
	if c.new.moved(names) {
		change.Action += "; the old Go names compile, deprecated: scopegen fix ./... rewrites your program"
	}
	if len(change.Gone) > 0 {
		change.Breaking, change.Semver = true, Major
		change.Action += "; what is gone has no alias: write the new names"
	}
	c.fresh(c.new.ofScope(new.Name))
	c.add(change)
}

// compareScope records what changed about a scope that both catalogues have.
func (c *comparison) compareScope(old, new *row) {
	say := func(kind Kind, semver Semver, from, to, message, action string) {
		c.add(Change{Kind: kind, Subject: new.Name, Semver: semver, From: from, To: to, Pos: new.Pos, Message: message, Action: action})
	}
	if c.groups && old.group != new.group {
		say(ScopeMoved, Patch, old.group, new.group, fmt.Sprintf("scope %q moved from %q to %q", new.Name, old.group, new.group), "")
	}
	if from, to := fold(old.Permits), fold(new.Permits); from != to && (c.whole || to != "") {
		if from == "" {
			say(ScopeText, Patch, from, to, fmt.Sprintf("scope %q has a text now: %s", new.Name, to), "")
		} else {
			say(ScopeText, Patch, from, to, fmt.Sprintf("the text of scope %q changed from %q to %q", new.Name, from, to), "read whether it still permits what you use it for")
		}
	}
	if !c.whole {
		return
	}
	if from, to := fold(old.Deprecated), fold(new.Deprecated); from != to {
		switch {
		case to == "":
			say(ScopeDeprecated, Patch, from, to, fmt.Sprintf("scope %q is no longer deprecated", new.Name), "")
		case from == "":
			say(ScopeDeprecated, Minor, from, to, fmt.Sprintf("scope %q is deprecated: %s", new.Name, to), "plan to do without it; linters point at its uses")
		default:
			say(ScopeDeprecated, Patch, from, to, fmt.Sprintf("the deprecation of scope %q says now: %s", new.Name, to), "")
		}
	}
	if from, to := c.old.wire(old.Name), c.new.wire(new.Name); from != to && c.to[old.Name] == "" && c.old != nil && c.new != nil {
		say(ScopeWire, Patch, from, to, fmt.Sprintf("scope %q is sent as %q now, not as %q", new.Name, to, from), "have the new spelling granted to your client")
	}
}

// compareImplications records whether a scope includes other scopes than the old ones
// did that became it.
func (c *comparison) compareImplications(olds []*row, new *row) {
	var implied []spec.Text
	for _, old := range olds {
		implied = append(implied, old.Implies...)
	}
	from, to := renameAll(implied, c.to), renameAll(new.Implies, nil)
	from = slices.DeleteFunc(from, func(s string) bool { return s == new.Name }) // a scope that was merged into one that implied it
	lost := slices.DeleteFunc(slices.Clone(from), func(s string) bool { return slices.Contains(to, s) })
	won := slices.DeleteFunc(slices.Clone(to), func(s string) bool { return slices.Contains(from, s) })
	if len(lost)+len(won) == 0 {
		return
	}
	change := Change{Kind: ScopeImplies, Subject: new.Name, From: strings.Join(from, ", "), To: strings.Join(to, ", "), Semver: Minor, Pos: new.Pos}
	var said []string
	if len(lost) > 0 {
		change.Breaking, change.Semver = true, Major
		said = append(said, "no longer includes "+strings.Join(lost, ", "))
		change.Action = "add the scope that is no longer included to your set where its operations are called"
	}
	if len(won) > 0 {
		said = append(said, "includes "+strings.Join(won, ", ")+" now")
	}
	change.Message = fmt.Sprintf("scope %q %s", new.Name, strings.Join(said, " and "))
	for _, old := range olds {
		change.Gone = append(change.Gone, c.gone(c.old.methodsOf(c.old.clients(old.Name)...))...)
	}
	change.Added = c.fresh(c.new.methodsOf(c.new.clients(new.Name)...))
	c.add(change)
}

// renameAll returns scopes in their new names, each once, in alphabetical order.
func renameAll(list []spec.Text, rename map[string]string) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = cmp.Or(rename[t.Value], t.Value)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
