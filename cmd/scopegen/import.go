package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/catalogue/write"
	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/spec"
)

func newImportCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "import",
		Short: "Make a catalogue from what an API publishes",
		Args:  knownCommand,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(newImportOpenAPICommand(), newImportDiscoveryCommand(), newImportGraphCommand(), newImportTableCommand())
	return command
}

func newImportTableCommand() *cobra.Command {
	var api spec.API
	var options table.Options
	command := &cobra.Command{
		Use:   "table FILE|-",
		Short: "Make a catalogue from a published table of scopes",
		Long: `Table reads the scopes that an API publishes, and prints a catalogue of its
groups, scopes and texts. It reads tables in Markdown and MDX (with or without
leading pipes), HTML, AsciiDoc and reStructuredText, lists in Markdown and HTML,
pages with a heading for each scope, and lines with tabs, as a browser pastes
them; the text around a table may stay. It also reads CSV, the member
scopes_supported of an authorization server's metadata (RFC 8414), and the
scopes that an OpenAPI document in JSON or YAML declares.

What is not understood, or can be read in more than one way, is refused with its
place: choose with --table and --column, and leave out a row with --skip-row. A scope "implies"
others only where the table shows parents. Standard error lists what was
assumed; read it. To bring a newer table into a catalogue that you have
already, use scopegen sync.`,
		Example: `  scopegen import table scopes.md > scopes.yaml
  scopegen import table --name upvest --title "Upvest Investment API" page.html
  scopegen import table --table 2 --column "Required scope" page.md
  scopegen import table openapi.yaml
  pbpaste | scopegen import table -`,
		Args: oneTable,
		RunE: func(command *cobra.Command, args []string) error {
			return importTable(command.OutOrStdout(), command.ErrOrStderr(), command.InOrStdin(), args[0], api, options)
		},
	}
	command.Flags().StringVar(&api.Name, "name", "", "api.name of the catalogue: a Go package name (default: api)")
	command.Flags().StringVar(&api.Title, "title", "", "api.title of the catalogue (default: API)")
	tableFlags(command, &options)
	return command
}

func importTable(w, stderr io.Writer, stdin io.Reader, name string, api spec.API, options table.Options) error {
	if api.Name != "" {
		if err := usableName(api.Name); err != nil {
			return fmt.Errorf("--name: %w", err)
		}
	}
	if options.Table < 0 {
		return fmt.Errorf("--table %d: tables are counted from 1", options.Table)
	}
	text, err := readTable(name, stdin)
	if err != nil {
		return err
	}
	side, notes, err := tableOperand(diff.Side{Name: name}, text, options)
	if err != nil {
		return err
	}
	if api.Name == "" || api.Title == "" {
		notes = append(notes, diag.Diagnostic{
			Severity: diag.Warning, Code: table.Assumed, Pos: diag.Position{File: name},
			Message: "a table does not tell what its API is called: api.name and api.title are placeholders", Hint: "give --name and --title, or write them into the catalogue",
		})
	}
	if api.Name == "" {
		api.Name = "api"
	}
	if api.Title == "" {
		api.Title = "API"
	}
	side.Catalogue.API = api
	if _, err := w.Write(write.Table(side.Catalogue)); err != nil {
		return err
	}
	if len(notes) > 0 {
		if err := diag.Text(stderr, notes, false); err != nil {
			return err
		}
	}
	fmt.Fprintf(stderr, "%s: scopes: %d, groups: %d, assumptions: %d\n", name, len(side.Catalogue.Scopes()), len(side.Catalogue.Groups), len(notes))
	return nil
}

// usableName returns an error if an API cannot have this name, because no
// package can be generated for it.
func usableName(name string) error {
	if _, err := scaffold(name, name, name); err != nil {
		return err
	}
	return nil
}
