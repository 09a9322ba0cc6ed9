package vettool_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"

	"github.com/scopegen/scopegen/internal/program/audit"
	"github.com/scopegen/scopegen/internal/program/vettool"
)

// journal names the file in which this program notes the packages that it was
// called for as a vet tool.
const journal = "SCOPEGEN_TEST_JOURNAL"

// salt keeps the results of one run of these tests from another.
const salt = "SCOPEGEN_TEST_SALT"

// here names the runs of this process: what one test has found of the standard library
// serves the others.
var here = fmt.Sprint(os.Getpid(), " ", time.Now().UnixNano())

// TestMain lets the go command call this program as a vet tool.
func TestMain(m *testing.M) {
	if !vettool.Handles(os.Args[1:]) {
		os.Exit(m.Run())
	}
	if run := os.Getenv(salt); os.Args[1] == "-V=full" && run != "" {
		// The go command takes it for another tool, of which it knows no results.
		fmt.Printf("vettool.test version devel buildID=%x\n", sha256.Sum256([]byte(run)))
		os.Exit(0)
	}
	code := vettool.Run(os.Args[1:], os.Stdout, os.Stderr)
	if err := note(os.Args[len(os.Args)-1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 2
	}
	os.Exit(code)
}

// entry is one line of the journal.
type entry struct {
	Package string
	Size    int    // of its own facts
	Hash    string // of all facts
	Roots   []audit.Root
}

func note(config string) error {
	name := os.Getenv(journal)
	if name == "" || !strings.HasSuffix(config, ".cfg") {
		return nil
	}
	text, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	var c struct{ ImportPath, VetxOutput string }
	if err := json.Unmarshal(text, &c); err != nil {
		return err
	}
	encoded, err := os.ReadFile(c.VetxOutput)
	if err != nil {
		return err
	}
	facts := audit.Facts{}
	if err := facts.Decode(encoded); err != nil {
		return err
	}
	result, err := audit.Unit{Path: c.ImportPath}.Audit(facts)
	if err != nil {
		return err
	}
	line, err := json.Marshal(entry{c.ImportPath, facts.Size(c.ImportPath), fmt.Sprintf("%x", sha256.Sum256(encoded)), result.Roots})
	if err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n')) // one write, so that lines stay whole
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

// vet runs "go vet" with this program as the tool. It returns the findings, as
// "file:line:column: message", sorted, and the packages that the tool was called
// for. The go command keeps the results of runs with one name.
func vet(t *testing.T, dir, run string, args ...string) (findings []string, called map[string]entry) {
	t.Helper()
	tool, err := os.Executable()
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "journal")
	command := exec.CommandContext(t.Context(), "go", append([]string{"vet", "-vettool=" + tool, "-json"}, args...)...)
	command.Dir = dir
	command.Env = append(os.Environ(), journal+"="+name, salt+"="+run)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	require.NoError(t, command.Run(), "%s", stderr.String())
	decoder := json.NewDecoder(&stdout)
	for decoder.More() {
		var tree map[string]map[string][]struct{ Posn, Message string }
		require.NoError(t, decoder.Decode(&tree))
		for _, analyzers := range tree {
			for _, list := range analyzers {
				for _, f := range list {
					findings = append(findings, f.Posn+": "+f.Message)
				}
			}
		}
	}
	slices.Sort(findings)
	called = map[string]entry{}
	lines, err := os.ReadFile(name)
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	for line := range bytes.Lines(lines) {
		var e entry
		require.NoError(t, json.Unmarshal(line, &e))
		called[e.Package] = e
	}
	return findings, called
}

// The two see the same programs by different ways: the one reads their sources,
// the other the facts of their packages.
func TestVetAnswersWhatTheAuditAnswers(t *testing.T) {
	dir, err := filepath.Abs("../audit")
	require.NoError(t, err)
	const patterns = "./testdata/cases/..."
	result, err := audit.Audit(t.Context(), audit.Config{Dir: dir, Patterns: []string{patterns}})
	require.NoError(t, err)
	var want []string
	for _, d := range result.Errors() {
		name := d.Pos.File
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		want = append(want, fmt.Sprintf("%s:%d:%d: %s (%s)", name, max(d.Pos.Line, 1), max(d.Pos.Column, 1), d.Message, d.Code))
	}
	slices.Sort(want)
	require.Greater(t, len(want), len(result.Roots))
	got, called := vet(t, dir, here, patterns)
	var local []string
	got = slices.DeleteFunc(got, func(f string) bool {
		if strings.HasSuffix(f, "(SG2001)") {
			local = append(local, f)
			return true
		}
		return false
	})
	require.Equal(t, want, got)
	require.Empty(t, local, "what the package alone tells of a set, the audit of the whole program tells too")

	reached := 0
	largest := entry{}
	for _, root := range result.Roots {
		e := called[root.Package]
		require.Equal(t, []audit.Root{root}, relative(t, dir, e.Roots), "%s", root.Package)
		for _, a := range root.APIs {
			reached += len(a.Reachable)
		}
		if e.Size > largest.Size {
			largest = e
		}
	}
	require.Greater(t, reached, len(result.Roots)/2)
	t.Logf("%d programs, %d findings; the largest facts, of %s, take %d bytes", len(result.Roots), len(want), largest.Package, largest.Size)
	for _, e := range called {
		require.LessOrEqual(t, e.Size, 50_000, e.Package)
	}
}

// relative returns roots with the names of files as an audit in a folder has them.
func relative(t *testing.T, dir string, roots []audit.Root) (out []audit.Root) {
	text, err := json.Marshal(roots)
	require.NoError(t, err)
	prefix, err := json.Marshal(filepath.ToSlash(dir) + "/")
	require.NoError(t, err)
	text = bytes.ReplaceAll(text, prefix[1:len(prefix)-1], nil)
	require.NoError(t, json.Unmarshal(text, &out))
	return out
}

// What did not change is not looked at again.
func TestASecondRunLooksAtWhatChanged(t *testing.T) {
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o777))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o666))
	}
	write("go.mod", "module example.com/"+filepath.Base(dir)+"\n\ngo 1.26.0\n\nrequire github.com/scopegen/scopegen v0.0.0\n\nreplace github.com/scopegen/scopegen => "+modfile.AutoQuote(root)+"\n")
	module := "example.com/" + filepath.Base(dir)
	library := func(body string) string {
		return `package library

import (
	"context"

	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
)

type access interface {
	scope.UsersRead
	scope.UsersAdmin
}

func Look(session *runtime.Session) {
	token := runtime.Authorize[access](session)
	_ = users.NewAdmin(token)
	` + body + `
}

var _ = context.Background
`
	}
	const narrow = "_, _ = users.NewReader(token).RetrieveUser(context.Background(), \"1\")"
	write("library/library.go", library(narrow))
	write("between/between.go", "package between\n\nimport \""+module+"/library\"\n\nfunc Look() { library.Look(nil) }\n")
	write("one/main.go", "package main\n\nimport \""+module+"/between\"\n\nfunc main() { between.Look() }\n")
	write("two/main.go", "package main\n\nfunc main() {}\n")
	t.Setenv("GOFLAGS", "-mod=mod")
	t.Setenv("GOWORK", "off")
	findings, called := vet(t, dir, here, "./...")
	require.Len(t, findings, 1)
	require.Contains(t, findings[0], "library.go:13:2: users:admin is in the set library.access, and unreachable in "+module+"/one")
	require.Contains(t, called, module+"/library")
	require.Contains(t, called, module+"/two")
	before := called

	findings, called = vet(t, dir, here, "./...")
	require.Len(t, findings, 1, "the go command keeps what was found")
	require.Empty(t, called)

	write("library/library.go", library(narrow+"\n\t_ = users.NewAdmin(token).OffboardUser"))
	findings, called = vet(t, dir, here, "./...")
	require.Empty(t, findings)
	require.Equal(t, []string{module + "/between", module + "/library", module + "/one"}, slices.Sorted(maps.Keys(called)))

	write("library/library.go", library(narrow))
	findings, again := vet(t, dir, here+" again", "./...")
	require.Len(t, findings, 1)
	for path, e := range before {
		if strings.HasPrefix(path, module) {
			require.Equal(t, e.Hash, again[path].Hash, "equal packages have equal facts")
		}
	}
}
