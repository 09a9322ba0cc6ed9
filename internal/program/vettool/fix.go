package vettool

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/format"
	"io"
	"maps"
	"os"
	"slices"
)

// fix makes the changes that the findings suggest, all of a package or none, and
// says what it left.
func (u *unit) fix(findings []finding, stderr io.Writer) error {
	edits := map[string][]jsonEdit{}
	for _, f := range findings {
		if len(f.fixes) == 0 {
			fmt.Fprintf(stderr, "left %s: %s: %s\n", place(f.pos), f.message, cmp.Or(f.why, "there is no change that is certainly safe"))
			continue
		}
		fix := u.jsonFix(f.fixes[0])
		if slices.ContainsFunc(fix.Edits, func(e jsonEdit) bool { return slices.ContainsFunc(edits[e.Filename], e.overlaps) }) {
			fmt.Fprintf(stderr, "left %s: %s: the change touches another one; run this again\n", place(f.pos), f.message)
			continue
		}
		for _, e := range fix.Edits {
			edits[e.Filename] = append(edits[e.Filename], e)
		}
	}
	changed := map[string][]byte{}
	for name, list := range edits {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		changed[name] = apply(text, list)
	}
	if len(changed) == 0 {
		return nil
	}
	if err := u.check(changed); err != nil {
		fmt.Fprintf(stderr, "left all of %s: with the changes it would not compile: %v\n", u.config.ImportPath, err)
		return nil
	}
	names := slices.Sorted(maps.Keys(changed))
	if u.config.FixArchive == "" {
		return errors.New("the go command names no file for the changes: it has to be that of Go 1.26 or later")
	}
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for _, name := range names {
		file, err := w.Create(name)
		if err != nil {
			return err
		}
		if _, err := file.Write(changed[name]); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(u.config.FixArchive, archive.Bytes(), 0o666)
}

func (e jsonEdit) overlaps(other jsonEdit) bool { return e.Start < other.End && other.Start < e.End }

// apply returns a file with the changes. A file that was formatted stays so.
func apply(text []byte, edits []jsonEdit) []byte {
	slices.SortFunc(edits, func(a, b jsonEdit) int { return cmp.Compare(a.Start, b.Start) })
	var b bytes.Buffer
	last := 0
	for _, e := range edits {
		b.Write(text[last:e.Start])
		b.WriteString(e.New)
		last = e.End
	}
	b.Write(text[last:])
	if clean, err := format.Source(text); err != nil || !bytes.Equal(clean, text) {
		return b.Bytes()
	}
	if formatted, err := format.Source(b.Bytes()); err == nil {
		return formatted
	}
	return b.Bytes()
}
