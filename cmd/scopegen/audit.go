package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/program/audit"
	"github.com/scopegen/scopegen/internal/replace"
)

type auditOptions struct {
	audit.Config
	format    string
	failOn    string
	lock      string
	writeLock bool
	granted   string
	observed  string
	since     string
	binary    string
	table     string
	explain   string
	fix       bool
}

var auditFormats = []string{"text", "json", "sarif", "github", "markdown", "html"}

func newAuditCommand() *cobra.Command {
	o := auditOptions{Config: audit.Config{Dir: "."}}
	command := &cobra.Command{
		Use:   "audit [packages]",
		Short: "Tell which scopes a program can reach, and what it holds too much of",
		Long: `Audit reads whole programs and prints, for each, which scopes its sets request,
which are reachable and through what path, and which are unreachable, so that
they are safe to drop. Reachable means that a call is possible, not that it
happens. Without packages it takes ./... .

It sees what is built: GOOS, GOARCH, GOFLAGS and --tags count, and tests with
--test. It does not see other processes, generated code in another language, or
HTTP made by hand: what it does about each stands in
https://github.com/scopegen/scopegen/blob/main/cmd/scopegen/audit.md .

If there is a file scopes.lock, a program that reaches other scopes than the
file accepts is an error. --write-lock writes the file.

A line

	//scopegen:allow SCOPE until=2027-01-31 reason

suppresses warnings about a scope, or of a rule such as SG1006, on its own line
and the next. It is an error once it is unused or its date has passed.

--fix takes away what is too much: scopes that are unreachable leave the sets
that embed them, and a client of which only operations of a narrower one are
used gives way to that one. It writes all files or none, and lists what it
leaves, with the reason.

The exit code is 1 if there are findings at or above --fail-on, and 2 if the
program cannot be loaded completely, whatever else was found.`,
		Example: `  scopegen audit
  scopegen audit --explain users:admin ./cmd/server
  scopegen audit --diff main --fail-on warning
  scopegen audit --write-lock && git diff scopes.lock
  scopegen audit --binary ./server --format json
  scopegen audit --fix && go test ./...
  scopegen audit --format sarif ./... > audit.sarif
  scopegen audit --format html ./... > audit.html`,
		RunE: func(command *cobra.Command, patterns []string) error {
			if err := apart(command.Flags()); err != nil {
				return err
			}
			o.Patterns = patterns
			if len(patterns) == 0 {
				o.Patterns = []string{"./..."}
			}
			return runAudit(command.Context(), command.OutOrStdout(), o)
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.Tags, "tags", "", "build tags, separated by commas")
	flags.BoolVar(&o.Tests, "test", false, "audit tests too: for each package that has some, the program that the go command makes of them")
	flags.BoolVar(&o.Library, "lib", false, "audit the packages that are no programs: everything that they export counts as called")
	flags.StringVar(&o.format, "format", "text", "text, json, sarif, github for annotations of a pull request, markdown for a comment on one, or html for a page with a picture")
	flags.StringVar(&o.failOn, "fail-on", "error", "exit with 1 for findings of this severity or worse: error, warning or note")
	flags.StringVar(&o.lock, "lock", audit.LockName, "file with the accepted scopes")
	flags.BoolVar(&o.writeLock, "write-lock", false, "write the file that --lock names, with the scopes that are reachable now")
	flags.StringVar(&o.granted, "granted", "", "file with the scopes that the API granted, separated by space or line ends")
	flags.StringVar(&o.observed, "observed", "", "log of the calls that the program made, as scopegen sandbox --log writes it: all must be reachable")
	flags.BoolVar(&o.Precise, "precise", false, "link the programs too, and leave out what the linker left out")
	flags.StringVar(&o.binary, "binary", "", "tell which operations this built program holds; the packages are those with the tables of the APIs")
	flags.StringVar(&o.table, "table", "", "with --binary: the file api.json that describes the API, in place of packages")
	flags.StringVar(&o.since, "diff", "", "tell what is newly reachable since this git revision, and who introduced it")
	flags.BoolVar(&o.fix, "fix", false, "take away what the program holds too much of")
	flags.StringVar(&o.explain, "explain", "", "print everything about one scope, operation or function")
	_ = command.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(auditFormats, cobra.ShellCompDirectiveNoFileComp))
	_ = command.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions([]string{"error", "warning", "note"}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

// apart returns an error if a flag is given beside one that has no use for it.
func apart(flags *pflag.FlagSet) error {
	for _, one := range []struct {
		flag, why string
		others    []string
	}{
		{"fix", "it changes the sources, and prints what it did and what it left", []string{"lib", "explain", "format", "fail-on", "lock", "write-lock", "granted", "observed", "binary", "table", "diff"}},
		{"explain", "it prints what is reachable, and judges nothing", []string{"format", "fail-on", "lock", "write-lock", "granted", "observed", "diff"}},
		{"binary", "it looks at a built program, without its sources", []string{"lib", "test", "precise", "write-lock", "observed", "diff"}},
	} {
		for _, other := range one.others {
			if flags.Changed(one.flag) && flags.Changed(other) {
				return fmt.Errorf("--%[1]s takes no --%[2]s: %[3]s", one.flag, other, one.why)
			}
		}
	}
	return nil
}

// result audits sources, or a built program.
func (o auditOptions) result(ctx context.Context) (*audit.Result, error) {
	switch {
	case o.binary == "" && o.table != "":
		return nil, errors.New("--table goes with --binary")
	case o.binary == "":
		return audit.Audit(ctx, o.Config)
	case o.table != "":
		return audit.BuiltWith(o.binary, o.table)
	}
	return audit.Built(ctx, o.Config, o.binary)
}

func runAudit(ctx context.Context, w io.Writer, o auditOptions) error {
	var failOn diag.Severity
	if err := failOn.UnmarshalText([]byte(o.failOn)); err != nil {
		return fmt.Errorf("there is no severity %q: use error, warning or note", o.failOn)
	}
	if !slices.Contains(auditFormats, o.format) {
		return fmt.Errorf("there is no format %q: use text, json, sarif, github, markdown or html", o.format)
	}
	if o.fix {
		return fixAudit(ctx, w, o.Config)
	}
	lock, err := audit.ReadLock(o.lock) // when it is written, too: what it says of other builds stays
	if err != nil {
		return err
	}
	result, err := o.result(ctx)
	if err != nil {
		return err
	}
	if lock != nil && !o.writeLock {
		if err := lock.Check(o.lock, result.Build); err != nil {
			return err
		}
	}
	if o.explain != "" {
		found, err := result.Explain(w, o.explain)
		if err == nil && !found {
			err = fmt.Errorf("nothing reachable is called %s: name a scope as it is sent, an operation, or a function such as users.Reader.ListUsers", o.explain)
		}
		return err
	}
	if o.granted != "" {
		text, err := os.ReadFile(o.granted)
		if err != nil {
			return err
		}
		result.Granted(o.granted, strings.Fields(string(text)))
	}
	if o.since != "" {
		if err := result.Since(ctx, o.Config, o.since); err != nil {
			return err
		}
	}
	if o.observed != "" {
		if err := compareObserved(result, o.observed); err != nil {
			return err
		}
	}
	switch {
	case o.writeLock:
		if err := writeLock(o.lock, result.Lock(lock)); err != nil {
			return err
		}
	case lock != nil:
		result.Compare(o.lock, lock)
	}
	if err := printAudit(w, o.format, result); err != nil {
		return err
	}
	for _, d := range result.Findings {
		if d.Severity <= failOn {
			return errFindings
		}
	}
	return nil
}

// compareObserved holds what was called against what is reachable.
func compareObserved(result *audit.Result, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() // read only: nothing can be lost
	calls, err := audit.ReadCalls(file, name)
	if err != nil {
		return err
	}
	root, err := result.Only()
	if err != nil {
		return fmt.Errorf("the calls in %s are those of one program: %w", name, err)
	}
	result.Observed(root, name, calls)
	return nil
}

func printAudit(w io.Writer, format string, result *audit.Result) error {
	switch format {
	case "json":
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(result)
	case "sarif":
		return result.SARIF(w, belowWorkspace())
	case "github":
		return printGitHub(w, result.Findings)
	case "markdown", "html":
		link, err := auditLinks()
		if err != nil {
			return err
		}
		if format == "html" {
			return result.Page(w, link)
		}
		return result.Markdown(w, link)
	}
	f, ok := w.(*os.File)
	colour := ok && coloured(f)
	if err := result.Text(w, colour); err != nil {
		return err
	}
	if len(result.Findings) > 0 {
		fmt.Fprintln(w)
	}
	findings := slices.Clone(result.Findings)
	for i := range findings {
		findings[i].Message += " (" + findings[i].Code + ")" // what a suppression may name
	}
	return diag.Text(w, findings, colour)
}

// auditLinks returns what links the places of an audit of the working directory.
func auditLinks() (func(diag.Position) string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	return audit.Links(dir, os.Getenv), nil
}

// writeLock writes a lock, unless it says the same already.
func writeLock(name string, lock *audit.Lock) error {
	text, err := lock.Encode()
	if err != nil {
		return err
	}
	old, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return os.WriteFile(name, text, 0o666)
	}
	if err != nil || bytes.Equal(old, text) {
		return err
	}
	return replace.Files([]replace.File{{Path: name, Old: old, New: text}})
}
