package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/diag"
)

func newLintCommand() *cobra.Command {
	var s source
	var style string
	command := &cobra.Command{
		Use:   "lint",
		Short: "Check a catalogue",
		Long: `Lint reads a catalogue and prints everything that is wrong with it, each
finding with its place, the other places involved, and what to do. It writes
nothing. The exit code is 1 if there are findings, warnings included.`,
		Example: `  scopegen lint
  scopegen lint --catalogue spec/scopes.yaml --format github`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return lint(command.OutOrStdout(), s, style)
		},
	}
	catalogueFlag(command, &s)
	command.Flags().StringVar(&style, "format", "text", "text, json, or github for annotations of a pull request")
	_ = command.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json", "github"}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

func lint(w io.Writer, s source, style string) error {
	print, err := printer(w, style)
	if err != nil {
		return err
	}
	c, findings, err := s.load()
	if err != nil {
		return err
	}
	if c != nil {
		// Only the plan finds clashes of Go names. It is made, and nothing is rendered.
		_, found := scopegen.Generate(c, scopegen.Options{ImportPath: "lint", Unchanged: func(string, string) bool { return true }})
		findings = append(findings, found...)
		findings.Sort()
		s.fill(findings)
	}
	if err := print(findings); err != nil {
		return err
	}
	if len(findings) > 0 {
		return errFindings
	}
	if style == "text" {
		fmt.Fprintf(w, "%s: %d scopes, %d operations, %d types, nothing to find fault with\n", s.name, len(c.Scopes()), len(c.Operations), len(c.Types))
	}
	return nil
}

// printer returns a function that prints findings in the given style.
func printer(w io.Writer, style string) (func(diag.List) error, error) {
	switch style {
	case "text":
		f, ok := w.(*os.File)
		return func(l diag.List) error { return diag.Text(w, l, ok && coloured(f)) }, nil
	case "json":
		return func(l diag.List) error { return diag.JSON(w, l) }, nil
	case "github":
		return func(l diag.List) error { return printGitHub(w, l) }, nil
	}
	return nil, fmt.Errorf("there is no format %q: use text, json or github", style)
}
