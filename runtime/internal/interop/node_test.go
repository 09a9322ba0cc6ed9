package interop_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// lacking says what there must be for a script of the folder node that imports a package,
// "" if it can run.
func lacking(pkg string) string {
	if _, err := exec.LookPath("node"); err != nil {
		return "there is no node in the path"
	}
	if _, err := os.Stat(filepath.Join("node", "node_modules", pkg)); err != nil {
		return pkg + " is not installed: npm ci --prefix node"
	}
	return ""
}

func needNode(t *testing.T, pkg string) {
	t.Helper()
	if why := lacking(pkg); why != "" {
		t.Skip(why)
	}
}

// runScript runs a script of the folder node, which reads and writes JSON.
func runScript(t *testing.T, script string, in, out any) {
	t.Helper()
	text, err := json.Marshal(in)
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), "node", script)
	var failed bytes.Buffer
	command.Dir, command.Stdin, command.Stderr = "node", bytes.NewReader(text), &failed
	text, err = command.Output()
	require.NoError(t, err, "%s", failed.String())
	require.NoError(t, json.Unmarshal(text, out), "%s", text)
}
