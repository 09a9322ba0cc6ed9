package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/internal/change/gitfs"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/spec"
)

// operand reads what a command compares: a catalogue, a published table ("-" for
// standard input), either of them at a git revision as REV:path, or the built-in
// catalogue. The list holds what was assumed about a table.
func operand(name string, stdin io.Reader, o table.Options) (diff.Side, diag.List, error) {
	side := diff.Side{Name: name}
	fail := func(err error) (diff.Side, diag.List, error) { return diff.Side{}, nil, err }
	if strings.HasPrefix(name, "builtin:") {
		c, findings, err := source{name}.load()
		if err == nil {
			err = findings.Err()
		}
		side.Catalogue = c
		return side, nil, err
	}
	if name != "-" {
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			if rev, file, ok := gitfs.Split(name); ok {
				return atRevision(side, rev, file, o)
			}
			return fail(fmt.Errorf("there is no file %s", name))
		}
		if !table.Looks(name) {
			if text, err := os.ReadFile(name); err == nil && table.OpenAPI(text) {
				return tableOperand(side, text, o)
			}
			c, findings := spec.LoadFile(name)
			if err := findings.Err(); err != nil {
				return fail(err)
			}
			side.Catalogue = c
			return side, nil, nil
		}
	}
	text, err := readTable(name, stdin)
	if err != nil {
		return fail(err)
	}
	return tableOperand(side, text, o)
}

// tableFlags adds the flags that choose what of a document is read as its table.
func tableFlags(command *cobra.Command, o *table.Options) {
	command.Flags().IntVar(&o.Table, "table", 0, "read the table of this number alone, counted from 1")
	command.Flags().StringVar(&o.Column, "column", "", "the column that holds the scopes, by its header or its number")
	command.Flags().StringArrayVar(&o.SkipRows, "skip-row", nil, "leave out the row whose scope reads so, for instance because it has a typing error")
}

// withoutGroups returns the notes about a table without those about missing groups,
// which matter only to a catalogue that is made of the table alone.
func withoutGroups(notes diag.List) diag.List {
	return slices.DeleteFunc(notes, func(d diag.Diagnostic) bool { return d.Code == table.NoGroup })
}

// oneTable checks the arguments of commands that take a published table.
func oneTable(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return errors.New("name one file with a table, or - for standard input")
	}
	return nil
}

// readTable reads a published table from a file or standard input.
func readTable(name string, stdin io.Reader) ([]byte, error) {
	// One byte more than the parser takes, so that it sees what is too large.
	const most = table.MostBytes + 1
	if name == "-" {
		return io.ReadAll(io.LimitReader(stdin, most))
	}
	text, err := readFile(name, most)
	if err == nil && !table.Looks(name) && !table.OpenAPI(text) {
		return nil, fmt.Errorf("%s is a catalogue by its name; a published table is Markdown, HTML, CSV, JSON or text, or an OpenAPI document", name)
	}
	return text, err
}

// readFile returns a file, or its first bytes, most of them at the most.
func readFile(name string, most int64) ([]byte, error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s", name)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close() // read only: nothing can be lost
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder: name a file in it", name)
	}
	return io.ReadAll(io.LimitReader(file, most))
}

// tableOperand reads a published table. The list holds what was assumed about it.
func tableOperand(side diff.Side, text []byte, o table.Options) (diff.Side, diag.List, error) {
	name := side.Name
	if name == "-" {
		name = "standard input"
	}
	c, notes := o.Parse(name, text)
	if err := notes.Err(); err != nil {
		return diff.Side{}, nil, err
	}
	side.Catalogue, side.Table = c, true
	return side, notes, nil
}

// atRevision reads a catalogue or a table at a git revision.
func atRevision(side diff.Side, rev, file string, o table.Options) (diff.Side, diag.List, error) {
	folder := path.Dir(file)
	if strings.HasPrefix(file, "./") || strings.HasPrefix(file, "../") {
		folder = "./" + folder
	}
	files, err := gitfs.New(".", rev, folder)
	if err != nil {
		return diff.Side{}, nil, err
	}
	text, err := fs.ReadFile(files, path.Base(file))
	if table.Looks(file) || err == nil && table.OpenAPI(text) {
		if err != nil {
			return diff.Side{}, nil, fmt.Errorf("there is no file %s in revision %q", file, rev)
		}
		return tableOperand(side, text, o)
	}
	c, findings := spec.Load(files, path.Base(file))
	if err := findings.Err(); err != nil {
		for i := range findings {
			findings[i].Pos.File = rev + ":" + path.Join(folder, findings[i].Pos.File)
		}
		return diff.Side{}, nil, findings
	}
	side.Catalogue = c
	return side, nil, nil
}
