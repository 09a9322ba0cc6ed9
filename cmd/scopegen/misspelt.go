package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scopegen/scopegen/internal/closest"
)

// knownCommand refuses a word that is no command, and names the one that was
// probably meant. It is for commands that have others below them.
func knownCommand(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range command.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return fmt.Errorf("unknown command %q%s; see %s --help", args[0], didYouMean("", args[0], names), command.CommandPath())
}

// noArguments refuses arguments of a command that takes none.
func noArguments(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("%q: the command takes no arguments; see %s --help", args[0], command.CommandPath())
}

// flagError adds to the error of a flag which one was probably meant.
func flagError(command *cobra.Command, err error) error {
	hint := ""
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		command.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, f.Name)
			}
		})
		hint = didYouMean("--", unknown.GetSpecifiedName(), names)
	}
	return fmt.Errorf("%w%s; see %s --help", err, hint, command.CommandPath())
}

// didYouMean returns a question that names the closest of names, or "".
func didYouMean(prefix, name string, names []string) string {
	best := closest.To(name, slices.Values(names))
	if best == "" && len(name) > 2 {
		for _, n := range names {
			if strings.HasPrefix(n, name) {
				best = n
			}
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", prefix+best)
}
