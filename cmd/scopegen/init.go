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

	"github.com/scopegen/scopegen/templates"
)

func newInitCommand() *cobra.Command {
	var name string
	command := &cobra.Command{
		Use:   "init [folder]",
		Short: "Start a catalogue",
		Long: `Init writes a small catalogue to begin with, and the Go file whose go:generate
line makes its clients. It never replaces a file that is there.`,
		Example: `  scopegen init
  scopegen init internal/billing --name billing`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			folder := "."
			if len(args) > 0 {
				folder = args[0]
			}
			return initialise(command.OutOrStdout(), folder, name)
		},
	}
	command.Flags().StringVar(&name, "name", "example", "name of the API, and so of the package to open sessions with")
	return command
}

// files of the scaffold, each a template in templates/init.
var scaffold = []string{"scopes.yaml", "operations.yaml", "scopegen.go"}

func initialise(w io.Writer, folder, name string) error {
	if !token.IsIdentifier(name) || strings.ToLower(name) != name || strings.Contains(name, "_") {
		return fmt.Errorf("%q cannot be the name of a Go package: use lower-case letters and digits", name)
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	pkg := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(filepath.Base(absolute)))
	if pkg == "" || pkg[0] <= '9' || token.IsKeyword(pkg) {
		pkg = "client"
	}
	data := struct{ Name, Title, Package string }{name, strings.ToUpper(name[:1]) + name[1:], pkg}
	texts := make([][]byte, len(scaffold))
	for i, file := range scaffold {
		if _, err := os.Lstat(filepath.Join(folder, file)); err == nil {
			return fmt.Errorf("%s is there already: init never replaces a file; choose another folder", filepath.Join(folder, file))
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		t, err := template.ParseFS(templates.Init, "init/"+file+".tmpl")
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, data); err != nil {
			return err
		}
		texts[i] = b.Bytes()
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	for i, file := range scaffold {
		f, err := os.OpenFile(filepath.Join(folder, file), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		_, err = f.Write(texts[i])
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		fmt.Fprintf(w, "wrote %s\n", filepath.Join(folder, file))
	}
	fmt.Fprintln(w, "next: describe your API in scopes.yaml and operations.yaml, then run \"scopegen generate\" beside them")
	return nil
}
