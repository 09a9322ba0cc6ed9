// Package compile holds programs that the compiler must refuse, each with the
// compiler's text beside the line that causes it, and programs that compile
// but must fail before anything is sent.
package compile

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// want is an expectation in a source file: // want "text of the error".
var want = regexp.MustCompile(`// want (".*")$`)

// message is a line of the compiler: file:line:column: text.
var message = regexp.MustCompile(`^(\S+?\.go):(\d+):(\d+): (.*)$`)

func TestTheCompilerRefusesEachProgramWithTheTextBesideTheLine(t *testing.T) {
	folders, err := filepath.Glob("testdata/refused/*")
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	got := build(t, folders)
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join(folder, "main.go"))
			require.NoError(t, err)
			expected := map[int]string{}
			for i, line := range strings.Split(string(source), "\n") {
				if m := want.FindStringSubmatch(line); m != nil {
					text, err := strconv.Unquote(m[1])
					require.NoError(t, err, "line %d", i+1)
					expected[i+1] = text
				}
			}
			require.NotEmpty(t, expected, "a program here must say what the compiler answers")
			require.Equal(t, expected, got[filepath.Join(folder, "main.go")])
		})
	}
}

// build returns what the compiler says of the programs: file → line → text.
func build(t *testing.T, folders []string) map[string]map[int]string {
	t.Helper()
	arguments := []string{"build", "-gcflags=-e", "-ldflags=-s -w", "-o", os.DevNull}
	for _, folder := range folders {
		arguments = append(arguments, "./"+filepath.ToSlash(folder))
	}
	output, err := exec.CommandContext(t.Context(), "go", arguments...).CombinedOutput()
	require.Error(t, err, "all of it compiled")
	got := map[string]map[int]string{}
	for line := range strings.SplitSeq(string(output), "\n") {
		m := message.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		number, err := strconv.Atoi(m[2])
		require.NoError(t, err)
		file := filepath.Clean(m[1])
		if got[file] == nil {
			got[file] = map[int]string{}
		}
		if got[file][number] == "" {
			got[file][number] = m[4]
		}
	}
	require.NotEmpty(t, got, "the compiler said: %s", output)
	return got
}

// TestWhatCompilesButMustFailClosedSendsNothing runs each program of
// testdata/closed, which starts a server of its own, tries to call it, and
// prints the error and how many requests arrived.
func TestWhatCompilesButMustFailClosedSendsNothing(t *testing.T) {
	folders, err := filepath.Glob("testdata/closed/*")
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	bin := t.TempDir()
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			program := filepath.Join(bin, filepath.Base(folder))
			output, err := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", program, "./"+filepath.ToSlash(folder)).CombinedOutput()
			require.NoError(t, err, "%s", output)
			expected, err := os.ReadFile(filepath.Join(folder, "want.txt"))
			require.NoError(t, err)
			var stdout bytes.Buffer
			run := exec.CommandContext(context.WithoutCancel(t.Context()), program)
			run.Stdout = &stdout
			require.NoError(t, run.Run())
			assert.Equal(t, string(expected), stdout.String())
			assert.Contains(t, stdout.String(), "requests: 0\n")
		})
	}
}
