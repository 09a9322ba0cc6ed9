package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/spf13/cobra"
	"golang.org/x/tools/txtar"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/templates"
)

func newInitCommand() *cobra.Command {
	var name string
	command := &cobra.Command{
		Use:   "init [folder]",
		Short: "Start a catalogue",
		Long: `Init writes a small catalogue to begin with, its JSON Schema for editors, and
the Go file whose go:generate line makes its clients. It never replaces a file
that is there.

In a folder that has the API's name the clients are generated beside the
catalogue, so that the folder is the package to open sessions with; elsewhere
they get a folder below it.

It prints the lines for CI that fail if the clients are not up to date, and if
a program holds more scopes than it uses.`,
		Example: `  scopegen init internal/billing
  scopegen init api --name billing`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			folder := "."
			if len(args) > 0 {
				folder = args[0]
			}
			return initialise(command.OutOrStdout(), folder, name)
		},
	}
	command.Flags().StringVar(&name, "name", "", "name of the API, and so of the package to open sessions with (default: as the folder, or example)")
	return command
}

// initialise writes the scaffold into a folder. An empty name is taken from the
// folder.
func initialise(w io.Writer, folder, name string) error {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	pkg := packageName(filepath.Base(absolute))
	if err := packageFolder(absolute); err != nil {
		return err
	}
	_, err = os.Stat(filepath.Join(absolute, "go.mod"))
	moduleRoot := err == nil
	if name == "" {
		name = pkg
		if moduleRoot {
			name = "example"
		}
	}
	output := name
	if name == pkg && !moduleRoot {
		output = "."
	}
	files, err := scaffold(name, output, pkg)
	if err != nil {
		return err
	}
	for _, file := range files {
		if _, err := os.Lstat(filepath.Join(folder, file.name)); err == nil {
			return fmt.Errorf("%s is there already: init never replaces a file; choose another folder", filepath.Join(folder, file.name))
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := writeScaffold(folder, files); err != nil {
		return err
	}
	for _, file := range files {
		fmt.Fprintf(w, "wrote %s\n", filepath.Join(folder, file.name))
	}
	catalogue := ""
	if table := filepath.Join(folder, "scopes.yaml"); table != "scopes.yaml" {
		catalogue = " --catalogue " + table
	}
	generate := invocation() + " generate" + catalogue
	fmt.Fprintf(w, "next: describe your API in %s and %s, then run \"%s\"\n", filepath.Join(folder, "scopes.yaml"), filepath.Join(folder, "operations.yaml"), generate)
	fmt.Fprintf(w, "for CI, once a program uses the clients:\n  %s check%s\n  %s audit --fail-on warning\n", invocation(), catalogue, invocation())
	return nil
}

// packageFolder returns an error if no Go package can be in a folder, which may not
// be there yet. Folders above the module's may have any name, and so may all where
// there is no module yet, but for the folder itself.
func packageFolder(folder string) error {
	root, _, err := moduleOf(folder)
	if err != nil {
		return err
	}
	if root == "" {
		root = filepath.Dir(folder)
	}
	below, err := filepath.Rel(root, folder)
	if err != nil || below == "." {
		return err
	}
	if err := canHoldPackages(filepath.ToSlash(below)); err != nil {
		return fmt.Errorf("%s cannot be the folder of a Go package: %w: choose another folder", folder, err)
	}
	return nil
}

// writeScaffold writes all files or none.
func writeScaffold(folder string, files []scaffoldFile) (err error) {
	_, missing := os.Stat(folder)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	var written []string
	defer func() {
		if err == nil {
			return
		}
		for _, name := range written {
			_ = os.Remove(name) // the first error counts
		}
		if errors.Is(missing, fs.ErrNotExist) {
			_ = os.Remove(folder) // only if it is empty
		}
	}()
	for _, file := range files {
		name := filepath.Join(folder, file.name)
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		written = append(written, name)
		_, err = f.Write(file.text)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// packageName returns the Go package name that a folder suggests.
func packageName(folder string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(folder))
	if name == "" || name[0] <= '9' || token.IsKeyword(name) {
		return "client"
	}
	return name
}

type scaffoldFile struct {
	name string
	text []byte
}

// scaffold returns the files that init writes. A name that the generator would
// refuse is an error.
func scaffold(name, output, pkg string) ([]scaffoldFile, error) {
	if !token.IsIdentifier(name) || strings.ToLower(name) != name || strings.Contains(name, "_") {
		return nil, fmt.Errorf("%q cannot be the name of a Go package: use lower-case letters and digits", name)
	}
	data := struct{ Name, Title, Output, Package, Command string }{name, strings.ToUpper(name[:1]) + name[1:], output, pkg, invocation()}
	var files []scaffoldFile
	var catalogue txtar.Archive
	for _, file := range []string{"scopes.yaml", "operations.yaml", "scopegen.go"} {
		t, err := template.ParseFS(templates.Init, "init/"+file+".tmpl")
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, data); err != nil {
			return nil, err
		}
		files = append(files, scaffoldFile{file, b.Bytes()})
		catalogue.Files = append(catalogue.Files, txtar.File{Name: file, Data: b.Bytes()})
	}
	fsys, err := txtar.FS(&catalogue)
	if err != nil {
		return nil, err
	}
	c, findings := spec.Load(fsys, "scopes.yaml")
	if c != nil {
		_, found := scopegen.Generate(c, scopegen.Options{ImportPath: name, Unchanged: func(string, string) bool { return true }})
		findings = append(findings, found...)
	}
	for _, finding := range findings {
		return nil, fmt.Errorf("%q cannot be the name of an API: %s", name, finding.Message)
	}
	return append(files, scaffoldFile{"scopes.schema.json", spec.JSONSchema()}), nil
}
