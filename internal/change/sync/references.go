package sync

import (
	"cmp"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/catalogue/write"
	"github.com/scopegen/scopegen/spec"
)

// references calls f with each place outside of the table where a scope is named.
func (s *syncer) references(f func(t spec.Text, by string)) {
	for _, op := range s.old.Operations {
		for _, set := range op.Requires.Sets() {
			for _, t := range set {
				f(t, fmt.Sprintf("needed by operation %q", op.ID))
			}
		}
	}
	for _, cl := range s.old.Clients {
		for _, t := range cl.AllOf {
			f(t, "named in the list of clients")
		}
	}
}

// renameReferences writes the new name wherever the catalogue names a scope that was
// renamed, in all its files, and takes out what a list says twice then.
func (s *syncer) renameReferences() error {
	if len(s.renames) == 0 {
		return nil
	}
	repeated, err := s.removeRepeated()
	if err != nil {
		return err
	}
	var wrong error
	s.references(func(t spec.Text, by string) {
		to := s.renames[t.Value]
		if to == "" || repeated[t.Pos] || wrong != nil {
			return
		}
		e, err := s.open(s.file(t.Pos))
		if err != nil {
			wrong = err
			return
		}
		at := e.line(t.Pos.Line) + t.Pos.Column - 1
		for _, quote := range []string{"", "'", `"`} {
			if strings.HasPrefix(e.text[min(at, len(e.text)):], quote+t.Value+quote) {
				written := quote + to + quote
				if quote == "" {
					written = write.FlowScalar(to)
				}
				e.replace(at, at+len(quote+t.Value+quote), written)
				return
			}
		}
		wrong = fmt.Errorf("%s: %q, %s, is written in a way that cannot be changed in place", t.Pos, t.Value, by)
	})
	return wrong
}

// file returns the path of a file below the folder of the table. Positions carry the
// path as it was given when the catalogue was loaded.
func (s *syncer) file(pos spec.Position) string {
	return strings.TrimPrefix(pos.File, strings.TrimSuffix(s.old.Groups[0].Pos.File, s.old.Files[0]))
}

// level is how much of a list goes with the name of a scope.
type level int

const (
	name   level = iota // the name alone
	set                 // the set of scopes that it is in
	client              // the client that it is in
)

// removeRepeated takes out what is there twice once scopes are merged: names in one
// set, sets in one requirement, clients of one set, and clients that would need one
// scope alone. It returns the places of all names that went.
func (s *syncer) removeRepeated() (map[spec.Position]bool, error) {
	r := &repetitions{syncer: s, first: map[spec.Position]level{}, gone: map[spec.Position]bool{}}
	for _, op := range s.old.Operations {
		seen := map[string]bool{}
		for _, a := range op.Requires.Alternatives {
			if len(a.Scopes) == 0 {
				continue
			}
			key := fmt.Sprint(a.Pos, r.key(a.Scopes)) // only what stands in one list can be taken out of it
			if seen[key] {
				r.remove(set, a.Scopes)
				continue
			}
			seen[key] = true
			r.removeNames(a.Scopes)
		}
	}
	seen := map[string]string{}
	for _, cl := range s.old.Clients {
		key := r.key(cl.AllOf)
		first, again := seen[key]
		switch {
		case cl.Name == "" && (again || len(cl.AllOf) > 1 && !strings.Contains(key, " ")):
			r.remove(client, cl.AllOf) // what it was called before is added to another entry
		case len(cl.AllOf) > 1 && !strings.Contains(key, " "):
			r.remove(client, cl.AllOf)
			s.note("the client %s of several scopes goes: they are all %q now, and the client of that scope holds its operations", clientName(cl), key)
		case again:
			r.remove(client, cl.AllOf)
			s.note("the client %s goes: it needs the same scopes as the client %s now, which holds its operations", clientName(cl), first)
		default:
			seen[key] = cmp.Or(clientName(cl), "of these scopes")
			r.removeNames(cl.AllOf)
		}
	}
	return r.gone, r.apply()
}

func clientName(cl spec.Client) string {
	return strings.TrimPrefix(cl.Domain+"."+cl.Name, ".")
}

// repetitions are the elements of lists that go because others say the same.
type repetitions struct {
	*syncer
	first map[spec.Position]level // the first name in what goes → how much goes with it
	gone  map[spec.Position]bool  // all names that go
}

// key returns a text that is equal for sets that are one set in the new names.
func (r *repetitions) key(list []spec.Text) string {
	renamed := make([]spec.Text, len(list))
	for i, t := range list {
		renamed[i].Value = cmp.Or(r.renames[t.Value], t.Value)
	}
	return spec.ScopeKey(renamed)
}

func (r *repetitions) remove(l level, list []spec.Text) {
	r.first[list[0].Pos] = l
	for _, t := range list {
		r.gone[t.Pos] = true
	}
}

// removeNames removes the names of a set that are there before already.
func (r *repetitions) removeNames(list []spec.Text) {
	seen := map[string]bool{}
	for i, t := range list {
		if key := r.key(list[i : i+1]); seen[key] {
			r.remove(name, []spec.Text{t})
		} else {
			seen[key] = true
		}
	}
}

// apply takes the elements out of the files.
func (r *repetitions) apply() error {
	files := map[string]bool{}
	for pos := range r.first {
		files[pos.File] = true
	}
	for file := range files {
		e, err := r.open(r.file(spec.Position{File: file}))
		if err != nil {
			return err
		}
		root, err := e.parse()
		if err != nil {
			return err
		}
		if err := r.applyTo(e, file, root, nil); err != nil {
			return err
		}
	}
	return nil
}

// applyTo takes the elements out of the lists in a node. key is the node of its key.
func (r *repetitions) applyTo(e *editor, file string, node, key *yaml.Node) error {
	if node.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(node.Content); i += 2 {
			if err := r.applyTo(e, file, node.Content[i+1], node.Content[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if node.Kind != yaml.SequenceNode {
		return nil
	}
	goes := make([]bool, len(node.Content))
	for i, element := range node.Content {
		if goes[i] = r.goes(e, file, element); goes[i] {
			continue
		}
		if err := r.applyTo(e, file, element, nil); err != nil {
			return err
		}
	}
	return e.removeElements(key, node, goes)
}

// goes reports whether an element of a list goes as a whole.
func (r *repetitions) goes(e *editor, file string, element *yaml.Node) bool {
	found := func(n *yaml.Node) (level, bool) {
		at := e.offset(n)
		l, ok := r.first[spec.Position{File: file, Line: n.Line, Column: at - e.line(n.Line) + 1}]
		return l, ok
	}
	switch element.Kind {
	case yaml.ScalarNode: // a name, or a set that is written as its only name
		_, ok := found(element)
		return ok
	case yaml.SequenceNode:
		if len(element.Content) > 0 {
			l, ok := found(element.Content[0])
			return ok && l == set
		}
	case yaml.MappingNode:
		if _, all := find(element, "all_of"); all != nil && len(all.Content) > 0 {
			l, ok := found(all.Content[0])
			return ok && l == client
		}
	}
	return false
}
