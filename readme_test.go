package scopegen_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
	"golang.org/x/tools/txtar"
)

// What the README prints from nothing to a response is typed here as it stands
// there. Of the commands that fetch scopegen, the outcome is written instead: the
// module uses this working tree.
func TestTheREADMEGetsFromNothingToAResponse(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(readme), "\n## From nothing to a response\n")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n## ")
	program := regexp.MustCompile("(?s)```go\n(.*?)```").FindStringSubmatch(section)
	require.NotNil(t, program)
	module, env, run := readmeModule(t)
	fetch := map[string]func(){
		"mkdir shop": func() {}, "cd shop": func() {}, "go mod init example.com/shop": func() {},
		"go get -tool github.com/scopegen/scopegen/cmd/scopegen": func() {},
	}
	ran := 0
	lines := strings.Split(section, "\n")
	for i, line := range lines {
		command, is := strings.CutPrefix(line, "$ ")
		if !is {
			continue
		}
		ran++
		if do := fetch[command]; do != nil {
			do()
			continue
		}
		words := strings.Fields(command)
		switch {
		case strings.Contains(command, " sandbox "):
			write(t, filepath.Join(module, "main.go"), program[1])
			words = append([]string{strings.TrimSpace(run("go", "tool", "-n", "scopegen"))}, words[3:]...)
			*env = append(*env, startSandbox(t, module, *env, words)...)
		case command == "go run .":
			require.Equal(t, lines[i+1]+"\n", run(words...))
		default:
			run(words...)
		}
	}
	require.Equal(t, 8, ran)
}

// The README's document has the shape of the one that is tried here; where the real one
// is at hand, it is tried instead.
func TestTheREADMEGetsFromADocumentToACall(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(readme), "\n## From an OpenAPI document to a call\n")
	require.True(t, ok)
	parts := regexp.MustCompile("(?s)```console\n\\$ curl [^\n]*/(\\S+)\n\\$ (.*?)\n\\$ (.*?)\n```.*?```go\n(.*?)```").FindStringSubmatch(section)
	require.NotNil(t, parts)
	document, err := os.ReadFile("../shared/corpus/autodesk/webhooks.yaml")
	if err != nil {
		document, err = os.ReadFile("examples/webhooks/openapi.yaml")
	}
	require.NoError(t, err)
	module, _, run := readmeModule(t)
	write(t, filepath.Join(module, parts[1]), string(document))
	for _, line := range parts[2:4] {
		words := regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1)
		for i := range words {
			words[i] = strings.Trim(words[i], `"`)
		}
		run(words...)
	}
	write(t, filepath.Join(module, "main.go"), parts[4])
	run("go", "vet", ".")
}

// readmeModule makes the module example.com/shop, which has scopegen as a tool. It returns
// its folder, its environment, and a function that runs a command in it.
func readmeModule(t *testing.T) (module string, env *[]string, run func(words ...string) string) {
	t.Helper()
	module = t.TempDir()
	set := append(os.Environ(), "GOPROXY=off", "GOFLAGS="+os.Getenv("GOFLAGS")+" -mod=mod", "GOWORK=off")
	root, err := filepath.Abs(".")
	require.NoError(t, err)
	mod, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	sum, err := os.ReadFile("go.sum")
	require.NoError(t, err)
	write(t, filepath.Join(module, "go.mod"), strings.Replace(string(mod), "module github.com/scopegen/scopegen\n", "module example.com/shop\n", 1)+
		"\nrequire github.com/scopegen/scopegen v0.0.0\nreplace github.com/scopegen/scopegen => "+modfile.AutoQuote(root)+
		"\ntool github.com/scopegen/scopegen/cmd/scopegen\n")
	write(t, filepath.Join(module, "go.sum"), string(sum))
	return module, &set, func(words ...string) string {
		command := exec.CommandContext(t.Context(), words[0], words[1:]...)
		command.Dir, command.Env = module, set
		var failed strings.Builder
		command.Stderr = &failed
		output, err := command.Output()
		require.NoError(t, err, "%v: %s", words, &failed)
		return string(output)
	}
}

// What the README shows of an audit is what a script compares an audit with.
func TestTheREADMEShowsWhatAnAuditPrints(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	script, err := txtar.ParseFile("cmd/scopegen/testdata/audit.txtar")
	require.NoError(t, err)
	require.Contains(t, string(script.Comment), "exec scopegen audit\ncmp stdout ../report.txt\n")
	i := slices.IndexFunc(script.Files, func(file txtar.File) bool { return file.Name == "report.txt" })
	require.NotEqual(t, -1, i)
	require.Contains(t, string(readme), "```console\n$ scopegen audit ./...\n"+string(script.Files[i].Data)+"```\n")
}

// startSandbox starts a sandbox until the end of the test, and returns the
// variables that it prints.
func startSandbox(t *testing.T, folder string, env, words []string) (exported []string) {
	t.Helper()
	server := exec.CommandContext(t.Context(), words[0], words[1:]...)
	server.Dir, server.Env = folder, env
	output, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_, _ = io.Copy(io.Discard, output)
		_ = server.Wait()
	})
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if variable, ok := strings.CutPrefix(lines.Text(), "export "); ok {
			exported = append(exported, variable)
			if len(exported) == 3 {
				break
			}
		}
	}
	require.Len(t, exported, 3)
	return exported
}
