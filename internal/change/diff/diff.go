// Package diff tells in words how two catalogues differ: what changed, whether
// it breaks a program that uses the generated packages, which names of them,
// and what its author does now. The order in which things are written never
// counts.
package diff

import (
	"cmp"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// Semver is the part of a version that a change moves.
type Semver int

// The parts, smallest first.
const (
	None Semver = iota
	Patch
	Minor
	Major
)

func (s Semver) String() string { return [...]string{"none", "patch", "minor", "major"}[s] }

// MarshalText writes the part's name.
func (s Semver) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Kind says what changed.
type Kind string

// The kinds of change, in the order in which they are told.
const (
	ScopeRemoved        Kind = "scope-removed"
	ScopeRenamed        Kind = "scope-renamed"
	ScopeMerged         Kind = "scope-merged"
	ScopeAdded          Kind = "scope-added"
	ScopeDeprecated     Kind = "scope-deprecated"
	ScopeImplies        Kind = "scope-implies"
	ScopeWire           Kind = "scope-sent-as"
	ScopeMoved          Kind = "scope-moved"
	ScopeText           Kind = "scope-text"
	OperationRemoved    Kind = "operation-removed"
	RequirementNarrowed Kind = "requirement-narrowed"
	RequirementReplaced Kind = "requirement-replaced"
	RequirementWidened  Kind = "requirement-widened"
	RequirementStated   Kind = "requirement-stated"
	OperationChanged    Kind = "operation-changed"
	OperationDeprecated Kind = "operation-deprecated"
	OperationAdded      Kind = "operation-added"
	GoNameGone          Kind = "go-name-gone"
	TypeChanged         Kind = "type-changed"
	TypeAdded           Kind = "type-added"
	Settings            Kind = "settings"
	Documentation       Kind = "documentation"
)

var order = []Kind{
	ScopeRemoved, ScopeRenamed, ScopeMerged, ScopeAdded, ScopeDeprecated, ScopeImplies, ScopeWire, ScopeMoved, ScopeText,
	OperationRemoved, RequirementNarrowed, RequirementReplaced, RequirementWidened, RequirementStated, OperationChanged,
	OperationDeprecated, OperationAdded, GoNameGone, TypeChanged, TypeAdded, Settings, Documentation,
}

// Change is one difference.
type Change struct {
	Kind     Kind          `json:"kind"`
	Subject  string        `json:"subject"` // the scope, operation or Go name
	From     string        `json:"from,omitempty"`
	To       string        `json:"to,omitempty"`
	Breaking bool          `json:"breaking"`
	Semver   Semver        `json:"semver"`
	Gone     []string      `json:"gone,omitempty"`    // Go names that a program can no longer use: "users.Reader.ListUsers"
	Added    []string      `json:"added,omitempty"`   // Go names that are new
	Message  string        `json:"message"`           // what changed
	Action   string        `json:"action,omitempty"`  // what the author of a program does
	Pos      spec.Position `json:"position,omitzero"` // in the new catalogue; in the old one for what was removed
}

// Report is how two catalogues differ.
type Report struct {
	Old         string       `json:"old"`
	New         string       `json:"new"`
	Semver      Semver       `json:"semver"` // the part that must move
	Breaking    bool         `json:"breaking"`
	Changes     []Change     `json:"changes"`
	Suggestions []Suggestion `json:"suggestions,omitempty"`
	Notes       []string     `json:"notes,omitempty"` // what could not be compared

	old, new *surface
	output   string
	nameless string // why the Go names of a side are not known
}

// Same reports whether nothing differs.
func (r *Report) Same() bool { return len(r.Changes) == 0 }

// Side is one of the catalogues that are compared.
type Side struct {
	Name      string // as the user called it
	Catalogue *spec.Catalogue
	Table     bool // it holds groups and scopes alone
}

// Compare returns the changes that lead from old to new.
func Compare(old, new Side) *Report {
	switch {
	case new.Table && !old.Table:
		new.Catalogue, _ = InSpellingOf(old.Catalogue, new.Catalogue, nil)
	case old.Table && !new.Table:
		old.Catalogue, _ = InSpellingOf(new.Catalogue, old.Catalogue, nil)
	}
	c := &comparison{
		Report: &Report{Old: old.Name, New: new.Name, Changes: []Change{}},
		was:    index(old.Catalogue), is: index(new.Catalogue),
		toldGone: map[string]bool{}, toldNew: map[string]bool{}, matched: map[string]map[string]int{},
	}
	c.output = old.Catalogue.API.Name
	if out := old.Catalogue.Go.Output; out != "" {
		c.output = path.Base(out)
	}
	c.whole = !old.Table && !new.Table
	if c.whole {
		c.surfaces(old, new)
	} else {
		if new.Table && !old.Table {
			c.surfaces(old, Side{Name: new.Name, Catalogue: withTable(old.Catalogue, new.Catalogue)})
		}
		c.note("a table says nothing about operations, so scopes alone were compared")
	}
	c.groups = c.whole || comparableGroups(old.Catalogue, new.Catalogue)
	if !c.groups {
		c.note("one of the two has no groups, so groups were not compared")
	}
	c.renames()
	c.scopes()
	if c.whole {
		c.operations()
		c.rest()
	}
	c.suggest()
	c.finish()
	return c.Report
}

// comparison is the state while two catalogues are compared.
type comparison struct {
	*Report
	was, is  *indexed
	whole    bool                // operations are compared too
	groups   bool                // groups are compared too
	to       map[string]string   // old scope → new scope, for confirmed renames
	from     map[string][]string // new scope → the old scopes that it was
	implied  *spec.Implications  // what the old catalogue's scopes imply, in the new names
	removed  []*entry
	added    []*entry
	toldGone map[string]bool // Go names that a change has told are gone
	toldNew  map[string]bool
	matched  map[string]map[string]int // operations: removed scope → added scope → how many moved
}

// comparableGroups reports whether two tables both sort their scopes into groups.
func comparableGroups(a, b *spec.Catalogue) bool {
	return len(a.Groups) > 1 && len(b.Groups) > 1 || len(a.Groups) == len(b.Groups) && a.Groups[0].Title == b.Groups[0].Title
}

func (c *comparison) note(format string, args ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
}

// entry is a scope with its group.
type entry struct {
	*spec.Scope
	group string
}

// indexed is a catalogue by name.
type indexed struct {
	*spec.Catalogue
	scopes     map[string]*entry
	names      []string // of the scopes, in the order of the table
	operations map[string]*spec.Operation
	implies    *spec.Implications
	textCount  map[string]int             // made on first use
	paths      map[string]*spec.Operation // by method and shape of the path, made on first use
}

func index(c *spec.Catalogue) *indexed {
	x := &indexed{Catalogue: c, scopes: map[string]*entry{}, operations: make(map[string]*spec.Operation, len(c.Operations)), implies: c.Implications()}
	for _, g := range c.Groups {
		for _, s := range g.Scopes {
			x.scopes[s.Name] = &entry{s, g.Title}
			x.names = append(x.names, s.Name)
		}
	}
	for _, op := range c.Operations {
		x.operations[op.ID] = op
	}
	return x
}

// renames finds the renames that the new catalogue confirms. Several scopes may
// have become one.
func (c *comparison) renames() {
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

// merged reports whether other scopes than this one have become the same one.
func (c *comparison) merged(old string) bool {
	to := c.to[old]
	return len(c.from[to]) > 1 || c.was.scopes[to] != nil
}

// scopes records what became of each scope.
func (c *comparison) scopes() {
	for _, name := range c.was.names {
		old := c.was.scopes[name]
		switch {
		case c.to[name] != "" && c.merged(name):
			c.scopeMerged(old, c.is.scopes[c.to[name]])
			c.implications(old, c.is.scopes[c.to[name]])
		case c.to[name] != "":
			c.renamed(old, c.is.scopes[c.to[name]])
			c.kept(old, c.is.scopes[c.to[name]])
		case c.is.scopes[name] == nil:
			c.removed = append(c.removed, old)
			c.scopeRemoved(old)
		default:
			c.kept(old, c.is.scopes[name])
		}
	}
	for _, name := range c.is.names {
		if c.was.scopes[name] == nil && len(c.from[name]) == 0 {
			added := c.is.scopes[name]
			c.added = append(c.added, added)
			c.scopeAdded(added)
		}
	}
}

// scopeMerged tells that a scope and others are one scope now. Their Go types
// are one type too, so a program that tells them apart does not compile.
func (c *comparison) scopeMerged(old, new *entry) {
	var others []string
	if c.was.scopes[new.Name] != nil {
		others = append(others, new.Name)
	}
	for _, name := range c.from[new.Name] {
		if name != old.Name {
			others = append(others, name)
		}
	}
	names := c.old.ofScope(old.Name)
	change := Change{
		Kind: ScopeMerged, Subject: new.Name, From: old.Name, To: new.Name, Breaking: true, Semver: Major, Pos: new.Pos,
		Message: fmt.Sprintf("scope %q is part of %q now, together with %s", old.Name, new.Name, quoted(others)),
		Action:  "have the new name granted to your client; a type switch that has a case for each of them does not compile any more: merge these cases before you generate",
		Gone:    c.gone(names),
	}
	if c.new.moved(names) {
		change.Action += "; the other uses of the old Go names compile, deprecated: scopegen fix ./... rewrites your program"
	}
	c.fresh(c.new.ofScope(new.Name))
	c.add(change)
}

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = strconv.Quote(name)
	}
	return strings.Join(out, ", ")
}

func (c *comparison) scopeRemoved(s *entry) {
	change := Change{
		Kind: ScopeRemoved, Subject: s.Name, Breaking: true, Semver: Major, Pos: s.Pos,
		Message: fmt.Sprintf("scope %q was removed%s", s.Name, c.in(" from ", s.group)),
		Action:  "take it out of your sets of scopes and out of what the authorization server is asked for",
	}
	if gone := c.gone(c.old.ofScope(s.Name)); len(gone) > 0 {
		change.Gone = gone
		change.Action = "remove the uses of these names; scopegen diff --uses ./... lists them"
	}
	c.add(change)
}

func (c *comparison) scopeAdded(s *entry) {
	change := Change{
		Kind: ScopeAdded, Subject: s.Name, Semver: Minor, Pos: s.Pos,
		Message: fmt.Sprintf("scope %q was added%s%s", s.Name, c.in(" to ", s.group), means(s.Permits)),
		Action:  "nothing, unless you need it: then have it granted to your client",
	}
	if added := c.fresh(c.new.ofScope(s.Name)); len(added) > 0 {
		change.Added = added
		change.Action = fmt.Sprintf("nothing, unless you need it: then have it granted to your client and add %s to your set", added[0])
	}
	c.add(change)
}

func (c *comparison) in(word, group string) string {
	if !c.groups {
		return ""
	}
	return fmt.Sprintf("%s%q", word, group)
}

func means(permits string) string {
	if permits = strings.TrimSpace(permits); permits == "" {
		return ""
	}
	return ": " + permits
}

func (c *comparison) renamed(old, new *entry) {
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

// kept records what changed about a scope that both tables have.
func (c *comparison) kept(old, new *entry) {
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
	c.implications(old, new)
	if from, to := c.old.wire(old.Name), c.new.wire(new.Name); from != to && c.to[old.Name] == "" && c.old != nil && c.new != nil {
		say(ScopeWire, Patch, from, to, fmt.Sprintf("scope %q is sent as %q now, not as %q", new.Name, to, from), "have the new spelling granted to your client")
	}
}

func (c *comparison) implications(old, new *entry) {
	from, to := renamed(old.Implies, c.to), renamed(new.Implies, nil)
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
	client := c.old.client(old.Name)
	change.Gone = c.gone(c.old.methodsOf(client))
	change.Added = c.fresh(c.new.methodsOf(c.new.client(new.Name)))
	c.add(change)
}

func renamed(list []spec.Text, rename map[string]string) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = cmp.Or(rename[t.Value], t.Value)
	}
	slices.Sort(out)
	return out
}

// rest records what no other change has explained: Go names that are gone,
// types that changed, settings, texts.
func (c *comparison) rest() {
	if c.old == nil || c.new == nil {
		return
	}
	c.typesChanged()
	c.otherNames()
	c.typesAdded()
	c.settings()
	if n := c.documentation(); n > 0 {
		c.add(Change{Kind: Documentation, Subject: "documentation", Semver: Patch, Message: "the documentation of " + counted(n, "operation or type") + " changed"})
	}
}

// otherNames returns the Go names that are gone without a change of a scope or an
// operation that took them, grouped by where they are now.
func (c *comparison) otherNames() {
	type way struct {
		from, to string
		clients  bool
		instead  string // clients that hold the operations of one that is gone
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
			change.Message = fmt.Sprintf("%s gone from package %s: %s", counted(len(names), "Go name"), w.from, some(names))
			change.Action = "remove the uses; scopegen diff --uses ./... lists them"
		default:
			change.To = w.to
			change.Message = fmt.Sprintf("%s moved from package %s to package %s: %s", counted(len(names), "Go name"), w.from, w.to, some(names))
			change.Action = fmt.Sprintf("write %s. for %s.", w.to, w.from)
		}
		c.add(change)
	}
}

// settings records what changed about the API as a whole.
func (c *comparison) settings() {
	a, b := c.old.plan.Entry, c.new.plan.Entry
	var said []string
	for _, s := range []struct {
		what     string
		old, new any
	}{
		{"servers", a.Servers, b.Servers}, {"the token endpoint", a.Token, b.Token}, {"signing", a.Signing, b.Signing}, {"headers", a.Headers, b.Headers},
		{"the request id", a.RequestID, b.RequestID}, {"the idempotency header", a.Idempotency, b.Idempotency},
	} {
		if !reflect.DeepEqual(s.old, s.new) {
			said = append(said, s.what)
		}
	}
	if len(said) > 0 {
		c.add(Change{Kind: Settings, Subject: b.Name, Semver: Patch, Message: "how the API is called changed: " + strings.Join(said, ", ")})
	}
}

func (c *comparison) add(change Change) {
	for _, name := range change.Gone {
		c.toldGone[name] = true
	}
	c.Changes = append(c.Changes, change)
}

func (c *comparison) finish() {
	slices.SortStableFunc(c.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), cmp.Compare(a.Subject, b.Subject))
	})
	for _, change := range c.Changes {
		c.Semver = max(c.Semver, change.Semver)
		c.Breaking = c.Breaking || change.Breaking
	}
}

func fold(s string) string { return strings.Join(strings.Fields(s), " ") }
