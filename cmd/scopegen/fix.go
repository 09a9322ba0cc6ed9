package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen/internal/plural"
	"github.com/scopegen/scopegen/internal/program"
	"github.com/scopegen/scopegen/internal/program/fix"
	"github.com/scopegen/scopegen/internal/replace"
)

func newFixCommand() *cobra.Command {
	config := program.Config{Dir: "."}
	command := &cobra.Command{
		Use:   "fix [packages]",
		Short: "Migrate a program after scopes were renamed or merged",
		Long: `Fix rewrites the uses of deprecated names that renamed or merged scopes left
behind in the generated packages: of scopes, clients, constructors, types and
constants. It changes nothing else, and keeps the formatting and line endings.

It writes all files or none. The program has to compile before, and fix makes
sure that it compiles afterwards. Without packages it rewrites ./... .

It lists what it cannot rewrite, with the reason: names from a dot import, files
that another tool generated, files for other build tags or another system. The
exit code is 1 if there is such a place, 2 if no file could be changed.`,
		Example: `  scopegen generate && scopegen fix ./...
  scopegen fix --tags integration ./...`,
		RunE: func(command *cobra.Command, patterns []string) error {
			config.Patterns = patterns
			if len(patterns) == 0 {
				config.Patterns = []string{"./..."}
			}
			return runFix(command.Context(), command.OutOrStdout(), config)
		},
	}
	command.Flags().StringVar(&config.Tags, "tags", "", "build tags, separated by commas")
	return command
}

// runFix rewrites the program, and says what it wrote and what it left.
func runFix(ctx context.Context, w io.Writer, config program.Config) error {
	result, err := fix.Rewrite(ctx, config)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return err
		}
		return fmt.Errorf("no file was changed: %w", err)
	}
	files := make([]replace.File, len(result.Files))
	for i, file := range result.Files {
		files[i] = replace.File{Path: file.Path, Old: file.Old, New: file.New}
	}
	if err := replace.Files(files); err != nil {
		return err
	}
	names := 0
	for _, file := range result.Files {
		names += file.Names
		fmt.Fprintf(w, "wrote %s: %s\n", file.Name, plural.Count(file.Names, "name"))
		for _, field := range file.Fields {
			fmt.Fprintf(w, "    %s\n", field)
		}
	}
	for _, left := range result.Left {
		fmt.Fprintf(w, "left %s:%d:%d: %s: %s\n", left.File, left.Line, left.Column, left.Name, left.Why)
	}
	fmt.Fprintf(w, "%s rewritten in %s, %d left\n", plural.Count(names, "name"), plural.Count(len(result.Files), "file"), len(result.Left))
	if len(result.Left) > 0 {
		return errFindings
	}
	return nil
}
