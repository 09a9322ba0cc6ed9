package sync

import (
	"fmt"
	"maps"
	"path"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/spec"
)

// verify reads the result as a user would, and compares it with what was wanted.
func (s *syncer) verify() diag.List {
	if len(s.result.Files) == 0 {
		s.result.Catalogue = s.old
		return nil
	}
	c, findings := s.load()
	if findings.Err() != nil {
		return findings
	}
	for _, w := range s.order {
		if sc := c.Scope(w.Name); sc == nil || !s.options.KeepTexts && w.Permits != "" && fold(sc.Permits) != fold(w.Permits) {
			return cannotEdit(s.name, fmt.Sprintf("scope %q would not be as the table says", w.Name))
		}
	}
	gone := s.gone()
	for _, sc := range s.old.Scopes() {
		if gone[sc.Name] && c.Scope(sc.Name) != nil {
			return diag.List{{Code: "cannot-edit", Pos: sc.Pos, Message: fmt.Sprintf("scope %q cannot be removed in place", sc.Name), Hint: "nothing was written; remove it by hand"}}
		}
	}
	s.result.Catalogue = c
	return s.keepNames()
}

// load reads the catalogue as it will be.
func (s *syncer) load() (*spec.Catalogue, diag.List) {
	over := overlay{s.fsys, map[string][]byte{}}
	for name, text := range s.result.Files {
		over.files[path.Join(path.Dir(s.name), name)] = text
	}
	if c, findings := s.loadTable(over); c != nil {
		return c, findings
	}
	return spec.Load(over, s.name)
}

// loadTable reads the result if the table's file alone changes and holds no
// operations: these are then as they were, and need not be read again, which
// takes most of the time with a large catalogue. It returns nil otherwise, or
// if anything is wrong.
func (s *syncer) loadTable(over overlay) (*spec.Catalogue, diag.List) {
	files := s.old.Files
	if len(files) < 2 || len(s.result.Files) != 1 || s.result.Files[files[0]] == nil {
		return nil, nil
	}
	printed := s.old.Groups[0].Pos.File
	for _, op := range s.old.Operations {
		if op.Pos.File == printed {
			return nil, nil
		}
	}
	for _, t := range s.old.Types {
		if t.Pos.File == printed {
			return nil, nil
		}
	}
	alone := overlay{over.FS, maps.Clone(over.files)}
	for _, name := range files[1:] {
		alone.files[path.Join(path.Dir(s.name), name)] = []byte("operations: []\n")
	}
	c, findings := spec.Load(alone, s.name)
	if findings.Err() != nil {
		return nil, nil
	}
	c.Operations, c.Types, c.Files = s.old.Operations, s.old.Types, files
	return c, findings
}
