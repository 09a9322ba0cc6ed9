package diff

import "github.com/scopegen/scopegen/spec"

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
	changed  map[string]Affected // Go names that stay and whose uses may not compile, and fields that go
	output   string
	nameless string // why the Go names of a side are not known
}

// Same reports whether nothing differs.
func (r *Report) Same() bool { return len(r.Changes) == 0 }
