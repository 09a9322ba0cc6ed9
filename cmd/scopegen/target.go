package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/mod/modfile"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen/spec"
)

// target is where the packages go.
type target struct {
	out string // folder, "" for what the catalogue says
}

func targetFlag(command *cobra.Command, t *target) {
	command.Flags().StringVarP(&t.out, "out", "o", "", "folder for the packages (default: go.output of the catalogue)")
	_ = command.MarkFlagDirname("out")
}

// folder returns the output folder: from the flag, or as the catalogue says
// relative to its own place.
func (t target) folder(s source, c *spec.Catalogue) string {
	switch {
	case t.out != "":
		return filepath.Clean(t.out)
	case s.name == builtin:
		return c.API.Name // the one in the box has no place of its own
	}
	out := c.Go.Output
	if out == "" {
		out = c.API.Name
	}
	return filepath.Join(filepath.Dir(s.name), filepath.FromSlash(out))
}

// importPath returns the import path of a folder, from the go.mod above it.
func importPath(folder string) (string, error) {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	for at, below := absolute, ""; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil {
			module := modfile.ModulePath(text)
			if module == "" {
				return "", fmt.Errorf("%s has no module line: run \"go mod init\" there", filepath.Join(at, "go.mod"))
			}
			if below == "" {
				return "", fmt.Errorf("%s is the root of a module: name a folder below it with --out or go.output", folder)
			}
			return path.Join(module, below), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is in no Go module: run \"go mod init\" first", folder)
		}
		below = path.Join(filepath.Base(at), below)
	}
}
