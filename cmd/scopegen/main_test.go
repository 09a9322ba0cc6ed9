package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

func TestAnInterruptedRunChangesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("go.mod", []byte("module example.com/consumer\n"), 0o666))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, 2, run(ctx, []string{"generate", "--catalogue", builtin, "--out", "api"}))
	entries, err := filepath.Glob("*")
	require.NoError(t, err)
	require.Equal(t, []string{"go.mod"}, entries)
	hidden, err := filepath.Glob(".*")
	require.NoError(t, err)
	require.Empty(t, hidden)
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	var visit func(*cobra.Command)
	visit = func(command *cobra.Command) {
		for _, sub := range command.Commands() {
			visit(sub)
		}
		if !command.HasSubCommands() {
			require.NotEmpty(t, command.Short, command.Name())
			require.NotEmpty(t, command.Long, command.Name())
			require.Contains(t, command.Example, command.CommandPath(), command.Name())
		}
	}
	visit(newRootCommand())
}
