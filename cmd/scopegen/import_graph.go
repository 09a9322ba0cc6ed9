package main

import (
	"errors"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen/internal/importer/graph"
	"github.com/scopegen/scopegen/internal/importer/openapi"
)

func newImportGraphCommand() *cobra.Command {
	var o importOptions
	var permissions, flow string
	command := &cobra.Command{
		Use:   "graph FILE|-",
		Short: "Make a catalogue from Microsoft Graph's document and its permissions",
		Long: `Graph reads the OpenAPI document of Microsoft Graph, which says nothing about
permissions, beside the file in which Microsoft publishes them, and writes a
catalogue as "scopegen import openapi" does. --flow says whose permissions are
meant: those of an application, or those that a user delegates.

Any permission of a call is enough; the one of least privilege stands first, and
the operation's description names it. Where the file says AlsoRequires, one of the
named permissions is needed too. A call that the file does not know needs a token
without a scope, unless --unstated says public. The token endpoint depends on your
tenant: add it to the table, or give the clients access tokens that you have.`,
		Example: `  scopegen import graph openapi.yaml --permissions permissions.json --flow application --into msgraph`,
		Args:    oneDocument,
		RunE: func(command *cobra.Command, args []string) error {
			if permissions == "" {
				return errors.New("name the permissions file of Microsoft Graph with --permissions")
			}
			if graph.Flows[flow] == "" {
				return errors.New("say whose permissions are meant: --flow application, delegated-work or delegated-personal")
			}
			text, err := readFile(permissions, openapi.MostBytes+1)
			if err != nil {
				return err
			}
			o.read = func(fsys fs.FS, name string, options openapi.Options) (*openapi.Result, error) {
				p, err := graph.Read(permissions, text, graph.Flows[flow])
				if err != nil {
					return nil, err
				}
				if options.Unstated == "" {
					options.Unstated = "token"
				}
				options.Scopes, options.Required = p.Scopes, p.Requirement
				result, err := openapi.Import(fsys, name, options)
				if err != nil {
					return nil, err
				}
				result.Notes = append(result.Notes, p.Notes...)
				if n := p.Unasked(); n > 0 {
					result.Dropped["a call of the permissions file that the document does not have"] = n
				}
				return result, nil
			}
			return importOpenAPI(command.Context(), command.OutOrStdout(), command.ErrOrStderr(), command.InOrStdin(), args[0], o)
		},
	}
	o.flags(command)
	command.Flags().StringVar(&permissions, "permissions", "", "the file of permissions that Microsoft publishes")
	command.Flags().StringVar(&flow, "flow", "", "whose permissions: application, delegated-work or delegated-personal")
	_ = command.MarkFlagFilename("permissions", "json")
	_ = command.RegisterFlagCompletionFunc("flow", cobra.FixedCompletions([]string{"application", "delegated-work", "delegated-personal"}, cobra.ShellCompDirectiveNoFileComp))
	return command
}
