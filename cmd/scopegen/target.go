package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/scopegen/scopegen/internal/generate/output"
	"github.com/scopegen/scopegen/spec"
)

// target names the folder for the packages.
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

// importPath returns the import path of the output folder, as the go.mod above it
// gives it. It refuses a folder that cannot hold a Go package, and, unless the
// user names it with --out, a folder outside the module of the catalogue.
func (t target) importPath(s source, folder string) (string, error) {
	resolved, err := output.Resolve(folder)
	if err != nil {
		return "", err
	}
	root, modulePath, err := moduleOf(resolved)
	if err != nil {
		return "", err
	}
	if root == "" {
		return "", fmt.Errorf("%s is in no Go module: run \"go mod init\" first", folder)
	}
	below, err := filepath.Rel(root, resolved)
	if err != nil {
		return "", err
	}
	if below == "." {
		return "", fmt.Errorf("%s is the root of a module: name a folder below it with --out or go.output", folder)
	}
	if err := canHoldPackages(filepath.ToSlash(below)); err != nil {
		return "", fmt.Errorf("%s cannot be the folder of a Go package: %w: name another with --out, or with go.output in the catalogue", folder, err)
	}
	if t.out == "" && s.name != builtin {
		catalogue, err := output.Resolve(filepath.Dir(s.name))
		if err != nil {
			return "", err
		}
		if own, _, err := moduleOf(catalogue); err == nil && own != "" && own != root {
			return "", fmt.Errorf("%s is in another module than the catalogue: name it with --out if that is meant", folder)
		}
	}
	return path.Join(modulePath, filepath.ToSlash(below)), nil
}

// canHoldPackages returns an error if the go command finds no packages in this
// folder of a module.
func canHoldPackages(below string) error {
	for element := range strings.SplitSeq(below, "/") {
		switch {
		case element == "vendor":
			return errors.New(`"vendor" in it is reserved for copies of other modules`)
		case strings.HasPrefix(element, "_"), strings.HasPrefix(element, "."):
			return fmt.Errorf("the go command ignores %q", element)
		}
	}
	return module.CheckImportPath(below)
}

// moduleOf returns the root and the path of the module that a folder is in; the
// root is "" if there is none.
func moduleOf(folder string) (root, modulePath string, err error) {
	for at := folder; ; at = filepath.Dir(at) {
		file := filepath.Join(at, "go.mod")
		text, err := os.ReadFile(file)
		if err == nil {
			modulePath = modfile.ModulePath(text)
			if modulePath == "" {
				return "", "", fmt.Errorf("%s has no module line: run \"go mod init\" there", file)
			}
			return at, modulePath, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", "", err
		}
		if at == filepath.Dir(at) {
			return "", "", nil
		}
	}
}
