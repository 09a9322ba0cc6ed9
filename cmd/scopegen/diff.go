package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/internal/importer/table"
)

// diffOptions are the flags of diff.
type diffOptions struct {
	source   source
	format   string
	breaking bool
	uses     []string
	tags     string
	table    table.Options
}

func newDiffCommand() *cobra.Command {
	var o diffOptions
	command := &cobra.Command{
		Use:   "diff [OLD [NEW]]",
		Short: "Tell what changed between two catalogues, and which programs it breaks",
		Long: `Diff tells in words how two catalogues differ: which scopes and operations were
added, removed, renamed, merged or moved, and which operations need more, less
or something else than before. For each change it says whether it breaks
programs, which Go names are gone or new, and what to do. The order in which
things are written never counts.

OLD and NEW are catalogues or published tables, and REV:path is either of them
at a git revision; "-" is a table on standard input. An OpenAPI document is read
as a table of the scopes that it declares. The flags --table, --column and
--skip-row say how tables are read, as for scopegen import table. Without NEW it
is the catalogue, without OLD too the catalogue as it is in HEAD.

With --uses it lists where a program uses what will be gone, changed or
deprecated: names, methods with other parameters or results, methods that an
interface needs, cases of a type switch that become one, literals that do not name
the fields of a struct that has others now. Run it before you generate again, while
the program still compiles.

The exit code is 0 if there is no difference, or no such use; 1 if there is one;
2 if the command could not do its work, or a package does not compile. With
--breaking, only a difference or use that breaks a program counts.`,
		Example: `  scopegen diff                                        what is not committed yet
  scopegen diff v1.4.0:spec/scopes.yaml spec/scopes.yaml
  scopegen diff spec/scopes.yaml new-table.md
  scopegen diff --uses ./...                           where it affects my program
  scopegen diff scopes.yaml new-table.md --uses ./...  where that table would
  scopegen diff main:spec/scopes.yaml --format markdown --breaking`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(command *cobra.Command, args []string) error {
			return runDiff(command.Context(), command.OutOrStdout(), command.ErrOrStderr(), command.InOrStdin(), args, o)
		},
	}
	catalogueFlag(command, &o.source)
	command.Flags().StringVar(&o.format, "format", "text", "text, json, markdown for a pull request, or github for annotations of one")
	command.Flags().BoolVar(&o.breaking, "breaking", false, "exit with 1 only if something breaks")
	command.Flags().StringArrayVar(&o.uses, "uses", nil, "list the uses in these packages of what is gone, changed or deprecated")
	command.Flags().StringVar(&o.tags, "tags", "", "build tags for --uses, separated by commas")
	tableFlags(command, &o.table)
	_ = command.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json", "markdown", "github"}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

// runDiff reads both sides and prints how they differ, or which uses that affects.
func runDiff(ctx context.Context, w, stderr io.Writer, stdin io.Reader, args []string, o diffOptions) error {
	names := []string{"", o.source.name}
	copy(names, args)
	if len(args) == 0 {
		old, err := inHead(o.source.name)
		if err != nil {
			return err
		}
		names[0] = old
	}
	switch o.format {
	case "text", "json", "markdown", "github":
	default:
		return fmt.Errorf("there is no format %q: use text, json, markdown or github", o.format)
	}
	if names[0] == "-" && names[1] == "-" {
		return errors.New("only one of the two can be standard input")
	}
	// The run is short and keeps what it reads: collecting garbage less often saves a
	// fifth of its time.
	debug.SetGCPercent(300)
	var sides [2]diff.Side
	var notes [2]diag.List
	var errs [2]error
	// Large catalogues take seconds to load, so both are loaded at once.
	done := make(chan struct{})
	go func() {
		defer close(done)
		sides[0], notes[0], errs[0] = operand(names[0], stdin, o.table)
	}()
	sides[1], notes[1], errs[1] = operand(names[1], stdin, o.table)
	<-done
	for i := range sides {
		if err := errs[i]; err != nil {
			var findings diag.List
			if i == 0 && len(args) == 0 && !errors.As(err, &findings) {
				return fmt.Errorf("%w; or name what to compare: scopegen diff OLD NEW", err)
			}
			return err
		}
		_ = diag.Text(stderr, withoutGroups(notes[i]), false) // there is nowhere else to say it
	}
	if !sides[0].Table && !sides[1].Table && (o.table.Table != 0 || o.table.Column != "" || len(o.table.SkipRows) > 0) {
		return errors.New("--table, --column and --skip-row say how a published table is read, and neither side is one")
	}
	report := diff.Compare(sides[0], sides[1])
	if len(o.uses) > 0 {
		return reportUses(ctx, w, stderr, report, o)
	}
	github := func(w io.Writer) error { return printGitHub(w, report.Findings()) }
	print := map[string]func(io.Writer) error{"text": report.Text, "json": report.JSON, "markdown": report.Markdown, "github": github}[o.format]
	if err := print(w); err != nil {
		return err
	}
	if report.Same() || o.breaking && !report.Breaking {
		return nil
	}
	return errFindings
}

// inHead returns the name for a catalogue as it is in HEAD.
func inHead(name string) (string, error) {
	if strings.HasPrefix(name, "builtin:") {
		return "", errors.New("name the catalogues to compare: the built-in one has no history")
	}
	if filepath.IsAbs(name) {
		here, err := os.Getwd()
		if err != nil {
			return "", err
		}
		if name, err = filepath.Rel(here, name); err != nil {
			return "", err
		}
	}
	return "HEAD:./" + filepath.ToSlash(filepath.Clean(name)), nil
}
