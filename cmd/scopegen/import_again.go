package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/internal/change/merge"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/internal/replace"
)

// tableName is the table of a catalogue that import writes.
const tableName = "scopes.yaml"

// record returns what the import before this one wrote, or nil if there is none to
// update.
func (o *importOptions) record() ([]byte, error) {
	if o.replace {
		return nil, nil
	}
	record, err := os.ReadFile(filepath.Join(o.into, merge.RecordName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	_, err = os.Stat(filepath.Join(o.into, tableName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return record, err
}

// again brings a document into the catalogue of an earlier import, in place.
func (o *importOptions) again(ctx context.Context, w, stderr io.Writer, name string, record []byte, imported *openapi.Result) error {
	table := filepath.Join(o.into, tableName)
	c, findings, err := source{table}.load()
	if err == nil {
		err = findings.Err()
	}
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(o.into)
	if err != nil {
		return err
	}
	defer root.Close() // read only: nothing can be lost
	now := merge.Import{Document: name, Files: imported.Files, Places: map[string]diag.Position{}}
	for entry, pos := range imported.Places {
		if pos.File = filepath.Join(filepath.Dir(name), filepath.FromSlash(pos.File)); name == "-" {
			pos.File = name
		}
		now.Places[entry] = pos
	}
	result, problems := merge.Merge(root.FS(), tableName, c, record, now, merge.Options{Keep: o.keep, Take: o.take})
	if problems.Err() != nil {
		for i := range problems {
			p := &problems[i]
			p.Pos.File = filepath.Join(o.into, filepath.FromSlash(p.Pos.File))
			for k := range p.Related {
				if p.Code != merge.Conflict { // a conflict's is in the document
					p.Related[k].Pos.File = filepath.Join(o.into, filepath.FromSlash(p.Related[k].Pos.File))
				}
			}
		}
		source{table}.fill(problems)
		return problems
	}
	for _, note := range result.Notes {
		fmt.Fprintf(stderr, "note: %s\n", note)
	}
	if result.Same(record) {
		fmt.Fprintf(w, "%s says already what %s says\n", table, name)
		return nil
	}
	report := diff.Compare(diff.Side{Name: table, Catalogue: c}, diff.Side{Name: name, Catalogue: result.Catalogue})
	if err := report.Text(w); err != nil {
		return err
	}
	var files []string
	for _, file := range append(slices.Sorted(maps.Keys(result.Files)), merge.RecordName) {
		files = append(files, filepath.Join(o.into, filepath.FromSlash(file)))
	}
	for _, file := range result.Removed {
		files = append(files, filepath.Join(o.into, filepath.FromSlash(file))+" (removed)")
	}
	if o.dryRun {
		fmt.Fprintf(w, "\nnothing was written; without --dry-run these change: %s\n", strings.Join(files, ", "))
		return errFindings
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := o.put(result, record); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nwritten: %s\nnext: scopegen diff --uses ./... lists where your program is affected; then scopegen generate, scopegen fix\n", strings.Join(files, ", "))
	return nil
}

// put writes what a merge has worked out: what is new first, then what changes, the
// table and the record last, so that a run that is killed can be repeated.
func (o *importOptions) put(result *merge.Result, record []byte) (err error) {
	var fresh, old []replace.File
	for _, name := range slices.Sorted(maps.Keys(result.Files)) {
		f := replace.File{Path: filepath.Join(o.into, filepath.FromSlash(name)), Old: result.Before[name], New: result.Files[name]}
		switch {
		case result.Before[name] == nil:
			there, err := os.ReadFile(f.Path)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				fresh = append(fresh, f)
			case err != nil:
				return err
			case !bytes.Equal(there, f.New): // equal if a run before was killed
				return fmt.Errorf("%s is there already and no part of the catalogue: move it away, or include it in %s and import again", f.Path, tableName)
			}
		case name != tableName:
			old = append(old, f)
		}
	}
	if text := result.Files[tableName]; text != nil {
		old = append(old, replace.File{Path: filepath.Join(o.into, tableName), Old: result.Before[tableName], New: text})
	}
	old = append(old, replace.File{Path: filepath.Join(o.into, merge.RecordName), Old: record, New: result.Record})
	if err := replace.Create(fresh); err != nil {
		return err
	}
	if err := replace.Files(old); err != nil {
		for _, f := range fresh {
			err = errors.Join(err, os.Remove(f.Path))
		}
		return err
	}
	for _, name := range result.Removed { // the table no longer knows them
		err = errors.Join(err, os.Remove(filepath.Join(o.into, filepath.FromSlash(name))))
	}
	return err
}
