package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/generate/output"
	"github.com/scopegen/scopegen/spec"
)

// builtin names the embedded catalogue on the command line.
const builtin = "builtin:upvest"

// source names a catalogue: a path, or builtin.
type source struct {
	name string // as given: a path, or builtin
}

func catalogueFlag(command *cobra.Command, s *source) {
	command.Flags().StringVarP(&s.name, "catalogue", "c", "scopes.yaml", "the catalogue's table, or "+builtin+" for the one in the box")
	_ = command.RegisterFlagCompletionFunc("catalogue", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{builtin}, cobra.ShellCompDirectiveDefault
	})
}

// load reads the catalogue. The list holds its findings, warnings included.
func (s source) load() (*spec.Catalogue, diag.List, error) {
	if s.name == builtin {
		c, findings := spec.Load(spec.Embedded(), "scopes.yaml")
		return c, findings, nil
	}
	if strings.HasPrefix(s.name, "builtin:") {
		return nil, nil, fmt.Errorf("there is no catalogue %q in the box: use %s, or a path", s.name, builtin)
	}
	if err := s.isFile(); err != nil {
		return nil, nil, err
	}
	c, findings := spec.LoadFile(s.name)
	return c, findings, nil
}

// isFile returns an error unless there is a file to read. A pipe would keep the
// command waiting.
func (s source) isFile() error {
	info, err := os.Stat(s.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no catalogue %s: start one with \"%s init\", or name it with --catalogue", s.name, invocation())
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a folder: name the table in it, as in --catalogue %s", s.name, filepath.Join(s.name, "scopes.yaml"))
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file: name the catalogue's table with --catalogue", s.name)
	}
	f, err := os.Open(s.name) // its permissions may not allow it
	if err != nil {
		return err
	}
	return f.Close()
}

// files opens the folder of the catalogue's table.
func (s source) files() (fs.FS, func(), error) {
	if s.name == builtin {
		return spec.Embedded(), func() {}, nil
	}
	if err := s.isFile(); err != nil {
		return nil, nil, err
	}
	root, err := os.OpenRoot(filepath.Dir(s.name))
	if err != nil {
		return nil, nil, err
	}
	return root.FS(), func() { _ = root.Close() }, nil // read only
}

// table is the table's name in its folder.
func (s source) table() string {
	if s.name == builtin {
		return "scopes.yaml"
	}
	return filepath.Base(s.name)
}

// glance reads only the part of the table that decides where its packages go. A
// run that has nothing to do needs no more. It reports no mistakes; load does.
func (s source) glance() (*spec.Catalogue, bool) {
	fsys, done, err := s.files()
	if err != nil {
		return nil, false
	}
	defer done()
	text, err := fs.ReadFile(fsys, s.table())
	if err != nil {
		return nil, false
	}
	api, output, ok := spec.Glance(text)
	return &spec.Catalogue{API: spec.API{Name: api}, Go: spec.Go{Output: output}}, ok
}

// hashes returns the hashes of the catalogue's files, or an error if one
// cannot be read.
func (s source) hashes(names []string) (map[string]string, error) {
	fsys, done, err := s.files()
	if err != nil {
		return nil, err
	}
	defer done()
	out := make(map[string]string, len(names))
	for _, name := range names {
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		out[name] = output.Hash(content)
	}
	return out, nil
}

// recorded reports whether the manifest was written for this catalogue. It
// compares hashes and parses nothing.
func (s source) recorded(m *output.Manifest) bool {
	if m == nil || m.Catalogue[s.table()] == "" {
		return false
	}
	now, err := s.hashes(slices.Collect(maps.Keys(m.Catalogue)))
	return err == nil && maps.Equal(now, m.Catalogue)
}

// fill adds source lines to findings that the loader did not make.
func (s source) fill(l diag.List) {
	l.Fill(func(name string) ([]byte, error) {
		if s.name == builtin {
			return fs.ReadFile(spec.Embedded(), name)
		}
		return os.ReadFile(name)
	})
}
