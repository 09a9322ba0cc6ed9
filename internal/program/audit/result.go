package audit

import (
	"os"
	"path/filepath"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/apitable"
)

// Schema is the number of the form of a [Result] as JSON.
const Schema = 1

// Result is what an audit found.
type Result struct {
	Schema   int       `json:"schema"`
	Build    Build     `json:"build"`
	Roots    []Root    `json:"roots"`
	Changes  *Since    `json:"since,omitempty"` // what [Result.Since] found
	Findings diag.List `json:"findings"`

	witnesses map[findingKey][]Step      // of findings, for SARIF
	functions map[string][]*node         // those that are reachable, by the name of the root
	tables    map[string]*apitable.Table // by the import path of the API's entry package
	raw       map[string]bool            // names of roots that make calls which no generated client makes
	wider     map[string]bool            // names of roots that take tokens for more than they ask for
	advised   []advised
	dir       string // in which the names of files are meant
}

// Build is what a program was audited for.
type Build struct {
	GOOS   string `json:"goos" yaml:"goos"`
	GOARCH string `json:"goarch" yaml:"goarch"`
	Tags   string `json:"tags,omitempty" yaml:"tags,omitempty"`
}

// Kind says what a root is.
type Kind string

// The kinds of roots.
const (
	Main    Kind = "program"
	Test    Kind = "test"    // the program that the go command makes of a package's tests
	Library Kind = "library" // a package that was audited for those who import it
	Binary  Kind = "binary"  // a built program, of which only the functions are known
)

// Root is one program, or one package that was audited for others.
type Root struct {
	Package string `json:"package"` // of a test, the package that is tested
	Kind    Kind   `json:"kind"`
	APIs    []API  `json:"apis"`
}

// Name returns what the root is called in a sentence.
func (r Root) Name() string {
	if r.Kind == Test {
		return "the tests of " + r.Package
	}
	return r.Package
}

// API is what one root does with one API. Lists of scopes are in the order of
// their power: those that permit most operations come first.
type API struct {
	Name        string   `json:"api"`
	Title       string   `json:"title"`
	Package     string   `json:"package"`
	Requested   []string `json:"requested"`   // what the sets given to Authorize name
	Reachable   []string `json:"reachable"`   // what calls may use
	Unreachable []string `json:"unreachable"` // requested, and safe to drop
	Carried     []string `json:"carried"`     // what the access tokens of calls hold
	Least       []string `json:"least"`       // what would do, with the narrowest clients
	Scopes      []Scope  `json:"scopes"`
	Unscoped    []Use    `json:"unscoped,omitempty"` // operations that need no scope
}

// Scope is a reachable scope with what may use it.
type Scope struct {
	Scope      string `json:"scope"`
	Permits    int    `json:"permits"` // how many operations of the API it permits without another scope
	Operations []Use  `json:"operations"`
	Raw        []Site `json:"raw,omitempty"` // calls with it that no generated client makes
}

// Use is one operation through one client.
type Use struct {
	Operation string   `json:"operation"`
	Method    string   `json:"method"`
	Path      string   `json:"path"`
	Client    string   `json:"client"`
	Carries   []string `json:"carries"`
	Sites     []Site   `json:"sites"`
	Witness   []Step   `json:"witness"` // a shortest path from the start of the root to the first site
}

// Site is a place that introduces a call.
type Site struct {
	Function string        `json:"function"`
	Pos      diag.Position `json:"position"`
	How      string        `json:"how,omitempty"` // if it is no plain reference
}

// Step is one step of a witness: Function, reached at Pos of the step before.
type Step struct {
	Function string        `json:"function"`
	Pos      diag.Position `json:"position"`
	How      string        `json:"how,omitempty"`
}

// sort orders the findings and adds the source lines.
func (r *Result) sort() {
	r.Findings.Sort()
	r.Findings.Fill(func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(r.dir, name)
		}
		return os.ReadFile(name)
	})
}
