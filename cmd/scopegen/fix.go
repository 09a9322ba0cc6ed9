package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen/internal/program/fix"
)

func newFixCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "fix [packages]",
		Short: "Migrate a program after scopes were renamed",
		Long: `Fix runs "go fix -inline", which rewrites the types and constants that a renamed
scope has left deprecated, and then rewrites the calls of its constructors:
these have an inferred type argument, which go fix leaves alone.

The program has to compile. Without packages it takes ./... .`,
		Example: `  scopegen generate && scopegen fix ./...`,
		RunE: func(command *cobra.Command, patterns []string) error {
			if len(patterns) == 0 {
				patterns = []string{"./..."}
			}
			return runFix(command.Context(), command.OutOrStdout(), patterns)
		},
	}
}

func runFix(ctx context.Context, w io.Writer, patterns []string) error {
	for _, p := range patterns {
		if strings.HasPrefix(p, "-") {
			return fmt.Errorf("%q is not a package", p)
		}
	}
	goFix := exec.CommandContext(ctx, "go", append([]string{"fix", "-inline"}, patterns...)...)
	if out, err := goFix.CombinedOutput(); err != nil {
		return fmt.Errorf("go fix -inline: %w\n%s", err, strings.TrimSpace(string(out)))
	}
	result, err := fix.Constructors(ctx, ".", patterns)
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(result.Files))
	for _, name := range names {
		if err := replaceFiles(filepath.Dir(name), map[string][]byte{filepath.Base(name): result.Files[name]}, ""); err != nil {
			return err
		}
		if here, err := os.Getwd(); err == nil {
			if relative, err := filepath.Rel(here, name); err == nil && !strings.HasPrefix(relative, "..") {
				name = relative
			}
		}
		fmt.Fprintf(w, "wrote %s\n", filepath.ToSlash(name))
	}
	fmt.Fprintf(w, "constructors rewritten: %d; types and constants: as go fix -inline did\n", result.Calls)
	return nil
}
