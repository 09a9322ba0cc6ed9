package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
)

// LockName is the name of the file with the accepted scopes.
const LockName = "scopes.lock"

const lockHead = `# The scopes that each program may reach, as accepted in a review.
# "scopegen audit" fails if a program reaches more. Write it anew with
# "scopegen audit --write-lock", and review the difference.
`

// Lock is the accepted set of each root, API and build.
type Lock struct {
	Schema  int     `yaml:"schema"`
	Entries []Entry `yaml:"programs"`
}

// Entry is what one program may reach of one API.
type Entry struct {
	Program string   `yaml:"program"`
	Test    bool     `yaml:"test,omitempty"` // whether it is the program of the tests
	API     string   `yaml:"api"`            // import path of its entry package
	Build   Build    `yaml:"build"`
	Scopes  []string `yaml:"scopes"`

	line int
}

// key is the same for entries of one program, API and build.
func (e Entry) key() string { return fmt.Sprint(e.Program, " ", e.Test, " ", e.API, " ", e.Build) }

const lockSchema = 1

// ReadLock reads a lock. Without a file it returns nil and no error.
func ReadLock(name string) (*Lock, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%s"+format+": correct it, or remove it and write it anew with scopegen audit --write-lock", append([]any{name}, args...)...)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var l Lock
	if err := decoder.Decode(&l); err != nil {
		return nil, refuse(": %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if l.Schema != lockSchema {
		return nil, refuse(" has schema %d, and this scopegen reads %d", l.Schema, lockSchema)
	}
	if decoder.Decode(new(yaml.Node)) != io.EOF {
		return nil, refuse(" has more than one document")
	}
	for i, e := range l.Entries {
		l.Entries[i].Build = newBuild(e.Build.GOOS, e.Build.GOARCH, e.Build.Tags)
	}
	var lines struct{ Programs []yaml.Node }
	if err := yaml.Unmarshal(text, &lines); err != nil {
		return nil, refuse(": %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	for i, entry := range lines.Programs {
		if entry.ShortTag() == "!!null" {
			return nil, refuse(":%d: an entry is empty", entry.Line)
		}
		l.Entries[i].line = entry.Line
	}
	first := map[string]int{}
	for _, e := range l.Entries {
		if line, twice := first[e.key()]; twice {
			return nil, refuse(":%d: this entry is for the same program, API and build as the one in line %d", e.line, line)
		}
		first[e.key()] = e.line
	}
	return &l, nil
}

// Lock returns what a lock with this result would say. What old says of other
// builds stays, and of tests if none were audited.
func (r *Result) Lock(old *Lock) *Lock {
	l := &Lock{Schema: lockSchema, Entries: []Entry{}}
	tests := slices.ContainsFunc(r.Roots, func(root Root) bool { return root.Kind == Test })
	if old != nil {
		for _, e := range old.Entries {
			if e.Build != r.Build || e.Test && !tests {
				l.Entries = append(l.Entries, e)
			}
		}
	}
	for _, root := range r.Roots {
		for _, a := range root.APIs {
			l.Entries = append(l.Entries, Entry{Program: root.Package, Test: root.Kind == Test, API: a.Package, Build: r.Build, Scopes: slices.Sorted(slices.Values(a.Reachable))})
		}
	}
	slices.SortFunc(l.Entries, func(a, b Entry) int { return strings.Compare(a.key(), b.key()) })
	return l
}

// Encode writes the lock; equal ones have equal texts.
func (l *Lock) Encode() ([]byte, error) {
	b := bytes.NewBufferString(lockHead)
	encoder := yaml.NewEncoder(b)
	encoder.SetIndent(2)
	if err := encoder.Encode(l); err != nil {
		return nil, err
	}
	return b.Bytes(), encoder.Close()
}

// Check returns an error if the lock, which has the given name, says nothing of
// the build that was audited: then the two cannot be compared.
func (l *Lock) Check(name string, this Build) error {
	var builds []string
	for _, e := range l.Entries {
		if e.Build == this {
			return nil
		}
		if b := e.Build.String(); !slices.Contains(builds, b) {
			builds = append(builds, b)
		}
	}
	if len(builds) == 0 {
		return nil
	}
	slices.Sort(builds)
	return fmt.Errorf("%s is for %s, and this is %s: audit with the same GOOS, GOARCH and --tags, or add this build with --write-lock", name, strings.Join(builds, " and "), this)
}

// Compare adds the findings about a lock, which has the given name.
func (r *Result) Compare(name string, l *Lock) {
	at := func(line int) diag.Position { return diag.Position{File: name, Line: line} }
	add := func(pos diag.Position, severity diag.Severity, hint, format string, args ...any) {
		r.Findings = append(r.Findings, diag.Diagnostic{Severity: severity, Code: "SG1007", Pos: pos, Hint: hint, Message: fmt.Sprintf(format, args...)})
	}
	const accept = "if that is meant, accept it with scopegen audit --write-lock"
	for _, root := range r.Roots {
		for _, a := range root.APIs {
			i := slices.IndexFunc(l.Entries, func(e Entry) bool {
				return e.Program == root.Package && e.Test == (root.Kind == Test) && e.API == a.Package && e.Build == r.Build
			})
			if i < 0 {
				add(at(0), diag.Error, accept, "the lock does not say what %s may reach of the API %s", root.Name(), a.Name)
				continue
			}
			e := l.Entries[i]
			for _, s := range a.Scopes {
				if slices.Contains(e.Scopes, s.Scope) {
					continue
				}
				pos := at(e.line)
				var witness []Step
				if len(s.Operations) > 0 {
					witness = s.Operations[0].Witness
					if p := s.Operations[0].Sites[0].Pos; p.File != "" {
						pos = p
					}
				} else if len(s.Raw) > 0 {
					pos = s.Raw[0].Pos
				}
				add(pos, diag.Error, accept, "%s can reach %s, which %s does not accept", root.Name(), s.Scope, name)
				d := &r.Findings[len(r.Findings)-1]
				d.Related = append(d.Related, diag.Related{Pos: at(e.line), Message: "what is accepted"})
				r.witnesses[findingKey{d.Code, d.Pos, d.Message}] = witness
			}
			for _, s := range e.Scopes {
				// A built program may hold less than its sources reach.
				if root.Kind != Binary && !slices.Contains(a.Reachable, s) {
					add(at(e.line), diag.Error, "scopegen audit --write-lock takes it out", "%s can no longer reach %s, which %s accepts", root.Name(), s, name)
				}
			}
		}
	}
	r.sort()
}

// newBuild returns a build. The order in which tags are given means nothing.
func newBuild(goos, goarch, tags string) Build {
	list := slices.Sorted(strings.FieldsFuncSeq(tags, func(r rune) bool { return r == ',' || r == ' ' })) // the go command takes both
	return Build{goos, goarch, strings.Join(slices.Compact(list), ",")}
}

// String returns the build as linux/amd64, and its tags.
func (b Build) String() string {
	if b.GOOS == "" {
		return "an unknown build" // of a program that does not say
	}
	text := b.GOOS + "/" + b.GOARCH
	if b.Tags != "" {
		text += " with the tags " + b.Tags
	}
	return text
}
