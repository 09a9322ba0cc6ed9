package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/exporter/openapi"
	"github.com/scopegen/scopegen/internal/replace"
)

func newExportCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "export",
		Short: "Write a catalogue in another language",
		Args:  knownCommand,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(newExportOpenAPICommand())
	return command
}

func newExportOpenAPICommand() *cobra.Command {
	var s source
	var out string
	command := &cobra.Command{
		Use:   "openapi",
		Short: "Write a catalogue as an OpenAPI document",
		Long: `Openapi writes the catalogue as an OpenAPI document in JSON, for documentation,
mocks, contract tests, and clients in other languages. Each way to meet the
requirement of an operation is an alternative of its security: one with a list of
scopes needs all of them. The operations of a file of the catalogue have its name
as their tag.

What OpenAPI has no words for, such as implied scopes, paging and names in Go,
stands in objects x-scopegen, in the words of the catalogue. "scopegen import
openapi" reads them, so that the import of an export is the same catalogue. Of
what is said twice, in words of OpenAPI and in an x-scopegen, the latter counts.
A parameter whose x-scopegen has the member "from" is made of that key of the
catalogue, and import passes over it.

The document is of OpenAPI 3.1; of 3.2 if a response is a sequence of values, such
as events, or a discriminator has a default, which 3.1 cannot say. Standard error
lists what is left out of the document, and what is in it in a way that tools do
not understand (bent). A catalogue with errors is refused, as lint reports them.

A file is replaced as a whole, and only if it is an exported document already.`,
		Example: `  scopegen export openapi > openapi.json
  scopegen export openapi --catalogue spec/scopes.yaml --out openapi.json
  scopegen export openapi --catalogue builtin:upvest --out upvest.json`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return exportOpenAPI(command.OutOrStdout(), command.ErrOrStderr(), s, out)
		},
	}
	catalogueFlag(command, &s)
	command.Flags().StringVarP(&out, "out", "o", "", "the file for the document (default: standard output)")
	_ = command.MarkFlagFilename("out", "json")
	return command
}

func exportOpenAPI(w, stderr io.Writer, s source, out string) error {
	c, findings, err := s.load()
	if err != nil {
		return err
	}
	if findings.Err() != nil {
		return findings
	}
	// Only the plan finds clashes of Go names. It is made, and nothing is rendered.
	_, found := scopegen.Generate(c, scopegen.Options{ImportPath: "export", Unchanged: func(string, string) bool { return true }})
	if found.Err() != nil {
		s.fill(found)
		return found
	}
	document, notes := openapi.Export(c)
	if out == "" {
		_, err = w.Write(document)
	} else {
		err = writeExported(w, out, document)
	}
	if err != nil {
		return err
	}
	for _, kind := range []struct{ code, title string }{
		{openapi.LeftOut, "left out"}, {openapi.Bent, "bent: in the document, but not as tools for OpenAPI read it"},
	} {
		of := slices.DeleteFunc(slices.Clone(notes), func(d diag.Diagnostic) bool { return d.Code != kind.code })
		if len(of) > 0 {
			fmt.Fprintf(stderr, "%s (%d)\n", kind.title, len(of))
		}
		for _, d := range of {
			fmt.Fprintf(stderr, "  %s:%d: %s\n", d.Pos.File, d.Pos.Line, d.Message)
		}
	}
	return nil
}

// writeExported writes a document to a file, unless it holds the same already. A file
// that is there has to be one that was exported: nobody else's is lost.
func writeExported(w io.Writer, name string, document []byte) error {
	old, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = replace.Create([]replace.File{{Path: name, New: document}})
	case err != nil:
	case bytes.Equal(old, document):
		fmt.Fprintf(w, "%s is up to date\n", name)
		return nil
	case !bytes.Contains(old, []byte(`"`+openapi.Extension+`"`)):
		err = fmt.Errorf("%s is there already and was not exported by scopegen: move it away, or name another file with --out", name)
	default:
		err = replace.Files([]replace.File{{Path: name, Old: old, New: document}})
	}
	if err == nil {
		fmt.Fprintf(w, "wrote %s\n", name)
	}
	return err
}
