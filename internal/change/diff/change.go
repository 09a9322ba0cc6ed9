package diff

import "github.com/scopegen/scopegen/spec"

// Semver is the part of a version number that a change raises.
type Semver int

// The parts, from the smallest.
const (
	None Semver = iota
	Patch
	Minor
	Major
)

func (s Semver) String() string { return [...]string{"none", "patch", "minor", "major"}[s] }

// MarshalText returns the name of the part. It never fails.
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
	Subject  string        `json:"subject"`           // the scope, operation or Go name
	From     string        `json:"from,omitempty"`    // what it was before: a name, a text, a requirement
	To       string        `json:"to,omitempty"`      // what it is now
	Breaking bool          `json:"breaking"`          // a program may not compile or work any more
	Semver   Semver        `json:"semver"`            // the part of the version number to raise
	Gone     []string      `json:"gone,omitempty"`    // Go names that a program can no longer use: "users.Reader.ListUsers"
	Added    []string      `json:"added,omitempty"`   // Go names that are new
	Message  string        `json:"message"`           // what changed
	Action   string        `json:"action,omitempty"`  // what the author of a program does
	Pos      spec.Position `json:"position,omitzero"` // in the new catalogue; in the old one for what was removed
}

// Report says how two catalogues differ.
type Report struct {
	Old         string       `json:"old"` // the names of the two sides
	New         string       `json:"new"`
	Semver      Semver       `json:"semver"`   // the part of the version number to raise
	Breaking    bool         `json:"breaking"` // one of the changes is
	Changes     []Change     `json:"changes"`
	Suggestions []Suggestion `json:"suggestions,omitempty"`
	Notes       []string     `json:"notes,omitempty"` // what could not be compared

	old, new *surface
	changed  map[string]Affected // Go names that stay and whose uses may not compile, and fields that go
	output   string              // the last element of the path of the packages that are generated for the old catalogue
	nameless string              // why there are no Go names
}

// Same reports whether nothing differs.
func (r *Report) Same() bool { return len(r.Changes) == 0 }
