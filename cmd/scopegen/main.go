// Command scopegen turns a catalogue of OAuth scopes and operations into Go
// clients in which the scope is part of the type.
//
// What a command is asked for goes to standard output: the files it wrote, the
// findings of lint, the differences of diff. Everything else, progress and
// errors among it, goes to standard error.
//
// The exit code is 0 if all is well or the same, 1 for findings or
// differences, 2 if the command could not do its work.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/program/vettool"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // the second signal ends the process at once
		// A command that waits for a pipe does not notice the first signal. Ending
		// it is safe: no command leaves anything half written.
		time.Sleep(patience)
		fmt.Fprintln(os.Stderr, "scopegen: interrupted")
		os.Exit(2)
	})
	if vettool.Handles(os.Args[1:]) {
		os.Exit(vettool.Run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(run(ctx, os.Args[1:]))
}

// patience is how long a command may take to end by itself after a signal.
const patience = 2 * time.Second

func run(ctx context.Context, args []string) int {
	root := newRootCommand()
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	return report(command, err)
}

// errFindings is returned by commands that have printed what they found.
var errFindings = errors.New("findings")

// report prints an error, if it is not on the screen already, and returns the
// exit code.
func report(command *cobra.Command, err error) int {
	var findings diag.List
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFindings):
		return 1
	case errors.As(err, &findings):
		_ = diag.Text(os.Stderr, findings, coloured(os.Stderr)) // there is nowhere else to say it
		return 2
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "scopegen: interrupted; nothing was changed")
		return 2
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", command.CommandPath(), err)
	return 2
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "scopegen",
		Short: "Go clients in which the OAuth scope is part of the type",
		Long: `scopegen turns a catalogue of OAuth scopes and operations into Go clients in
which the scope is part of the type: a client for users:read has no method that
needs more, and it cannot be built without a token that holds that scope.`,
		Example: `  scopegen init                                      start a catalogue
  scopegen lint                                      check it
  scopegen generate                                  make the clients
  scopegen check                                     tell whether they are up to date
  scopegen sandbox --catalogue builtin:upvest        serve an API to try them on`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE:          func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	root.SetOut(os.Stdout)
	root.SetErr(os.Stderr)
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newInitCommand(), newGenerateCommand(), newCheckCommand(), newLintCommand(), newImportCommand(), newExportCommand(), newDiffCommand(), newSyncCommand(), newFixCommand(), newAuditCommand(), newSandboxCommand())
	return root
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}

// isTerminal reports whether a person reads f.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull) // is a character device too
	return err != nil || !os.SameFile(info, null)
}

// takesEscapes reports whether f is a terminal that understands escape sequences.
func takesEscapes(f *os.File) bool { return isTerminal(f) && os.Getenv("TERM") != "dumb" }

// coloured reports whether to print to f in colours: on a terminal, unless the
// user wants none (https://no-color.org).
func coloured(f *os.File) bool { return takesEscapes(f) && os.Getenv("NO_COLOR") == "" }
