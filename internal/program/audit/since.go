package audit

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/change/gitfs"
)

// Since is what changed since a revision.
type Since struct {
	Revision string       `json:"revision"`
	Roots    []RootChange `json:"roots"` // those of which something changed
}

// RootChange is what changed of one root and API.
type RootChange struct {
	Package    string       `json:"package"`
	Kind       Kind         `json:"kind"`
	API        string       `json:"api"` // import path of its entry package
	Introduced []Introduced `json:"introduced"`
	Gone       []string     `json:"gone"` // scopes that are no longer reachable
}

// Introduced is a scope that is newly reachable, or an operation of a scope that was
// reachable before.
type Introduced struct {
	Scope     string        `json:"scope"`
	Operation string        `json:"operation,omitempty"` // "" if the scope is new
	Sites     []Site        `json:"sites"`
	Witness   []Step        `json:"witness,omitempty"`
	Pos       diag.Position `json:"position"`         // the first step of the witness that was changed since
	By        *gitfs.Commit `json:"commit,omitempty"` // who changed it; nil if nothing on the way was changed
}

// Since audits a revision of the repository that holds the program too, and tells
// what the program reaches since then. Each newly reachable scope is a finding, and
// each newly reachable operation of another scope a note.
func (r *Result) Since(ctx context.Context, config Config, rev string) error {
	folder, err := os.MkdirTemp("", "scopegen-revision-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) // it is temporary; what stays is the system's to clear
	old := config
	if old.Dir, err = gitfs.Checkout(config.Dir, rev, folder); err != nil {
		return err
	}
	before, err := Audit(ctx, old)
	if err != nil {
		return fmt.Errorf("revision %s: %w", rev, err)
	}
	since := &Since{Revision: rev, Roots: []RootChange{}}
	now, then := r.byRoot(), before.byRoot()
	for _, key := range sortedUnion(now, then) {
		change := RootChange{Package: key.pkg, Kind: key.kind, API: key.api, Introduced: []Introduced{}, Gone: []string{}}
		was, is := then[key], now[key]
		if is != nil {
			for _, s := range is.Scopes {
				if was == nil || !slices.Contains(was.Reachable, s.Scope) {
					change.Introduced = append(change.Introduced, introduced(config.Dir, rev, s))
					continue
				}
				for _, use := range s.Operations {
					known := slices.ContainsFunc(change.Introduced, func(i Introduced) bool { return i.Scope == s.Scope && i.Operation == use.Operation })
					if !known && !was.uses(s.Scope, use.Operation) {
						i := introduced(config.Dir, rev, Scope{Scope: s.Scope, Operations: []Use{use}})
						i.Operation = use.Operation
						change.Introduced = append(change.Introduced, i)
					}
				}
			}
		}
		if was != nil {
			for _, s := range was.Reachable {
				if is == nil || !slices.Contains(is.Reachable, s) {
					change.Gone = append(change.Gone, s)
				}
			}
		}
		if len(change.Introduced)+len(change.Gone) > 0 {
			since.Roots = append(since.Roots, change)
			r.introduced(change, rev)
		}
	}
	r.Changes = since
	r.sort()
	return nil
}

// uses reports whether an operation was reachable with a scope.
func (a *API) uses(scope, operation string) bool {
	return slices.ContainsFunc(a.Scopes, func(s Scope) bool {
		return s.Scope == scope && slices.ContainsFunc(s.Operations, func(u Use) bool { return u.Operation == operation })
	})
}

// rootKey is one API of one root.
type rootKey struct {
	pkg  string
	kind Kind
	api  string
}

func (r *Result) byRoot() map[rootKey]*API {
	m := map[rootKey]*API{}
	for _, root := range r.Roots {
		for i := range root.APIs {
			m[rootKey{root.Package, root.Kind, root.APIs[i].Package}] = &root.APIs[i]
		}
	}
	return m
}

func sortedUnion(a, b map[rootKey]*API) []rootKey {
	var list []rootKey
	for k := range a {
		list = append(list, k)
	}
	for k := range b {
		if a[k] == nil {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(x, y rootKey) int {
		return strings.Compare(fmt.Sprint(x.pkg, " ", x.kind, " ", x.api), fmt.Sprint(y.pkg, " ", y.kind, " ", y.api))
	})
	return list
}

// introduced finds the step that made a scope reachable.
func introduced(dir, rev string, s Scope) Introduced {
	i := Introduced{Scope: s.Scope, Sites: slices.Clone(s.Raw)}
	var ways [][]Step
	for _, use := range s.Operations {
		for _, site := range use.Sites {
			if !slices.Contains(i.Sites, site) {
				i.Sites = append(i.Sites, site)
			}
		}
		ways = append(ways, use.Witness)
	}
	for _, raw := range s.Raw {
		ways = append(ways, []Step{{Function: raw.Function, Pos: raw.Pos}})
	}
	for _, way := range ways {
		if i.Witness == nil {
			i.Witness, i.Pos = way, way[len(way)-1].Pos
		}
		for _, step := range way {
			if step.Pos.Line == 0 {
				continue
			}
			if commit, ok := gitfs.ChangedSince(dir, rev, step.Pos.File, step.Pos.Line); ok {
				i.Witness, i.Pos, i.By = way, step.Pos, &commit
				return i
			}
		}
	}
	return i
}

func (r *Result) introduced(change RootChange, rev string) {
	name := Root{Package: change.Package, Kind: change.Kind}.Name()
	for _, i := range change.Introduced {
		d := diag.Diagnostic{
			Severity: severity("SG1011"), Code: "SG1011", Pos: i.Pos,
			Message: fmt.Sprintf("%s can reach %s, which it could not at %s", name, i.what(), rev),
		}
		if i.Operation != "" {
			d.Severity = diag.Note // it holds the scope anyway
		}
		for _, s := range i.Sites {
			if s.Pos != i.Pos && s.Pos.File != "" {
				d.Related = append(d.Related, diag.Related{Pos: s.Pos, Message: "the call is here"})
			}
		}
		r.Findings = append(r.Findings, d)
		r.witnesses[findingKey{d.Code, d.Pos, d.Message}] = i.Witness
	}
}

// since prints what changed.
func (p text) since(s *Since) {
	if s == nil {
		return
	}
	p.WriteByte('\n')
	if len(s.Roots) == 0 {
		p.line("nothing is newly reachable since %s, and nothing is no longer", s.Revision)
		return
	}
	p.line("since %s", s.Revision)
	for _, change := range s.Roots {
		p.line("  %s, API %s", Root{Package: change.Package, Kind: change.Kind}.Name(), change.API)
		for _, i := range change.Introduced {
			p.WriteString("    newly reachable      ")
			p.paint(red, i.what())
			p.WriteByte('\n')
			p.line("      %s", Path(i.Witness))
			p.line("      %s", by(i))
		}
		if len(change.Gone) > 0 {
			p.line("    no longer reachable  %s", strings.Join(change.Gone, ", "))
		}
	}
}

// what returns what is newly reachable.
func (i Introduced) what() string {
	if i.Operation != "" {
		return i.Operation + " of " + i.Scope
	}
	return i.Scope
}

func by(i Introduced) string {
	switch {
	case i.By == nil:
		return "no line on this way was changed; something else makes it reachable, such as a new version of a module"
	case i.By.Hash == "":
		return fmt.Sprintf("introduced at %s, not committed yet", i.Pos)
	}
	return fmt.Sprintf("introduced at %s by %s in %.10s, %q", i.Pos, i.By.Author, i.By.Hash, i.By.Summary)
}
