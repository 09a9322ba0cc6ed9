package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/internal/change/sync"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/internal/replace"
)

// syncOptions are the flags of sync.
type syncOptions struct {
	into      string
	renames   []string
	dryRun    bool
	keepTexts bool
	table     table.Options
}

func newSyncCommand() *cobra.Command {
	var o syncOptions
	command := &cobra.Command{
		Use:   "sync TABLE|-",
		Short: "Bring a newer table of scopes into the catalogue, in place",
		Long: `Sync reads a published table of scopes, as "scopegen import table" does, and
changes the catalogue so that it says the same. Whatever did not change stays
byte for byte: comments, order, quotes, blank lines. The comments of scopes that
were removed stay too.

A rename is taken only when you say so, with --rename or when asked on a
terminal; it is written into all files of the catalogue, with renamed_from.
Scopes that get one name are merged, and so is a scope that gets the name of
another one: the notes say whose row stays and what it does not take over. A
client of several scopes that gets another name by this is listed under clients,
with its old name as renamed_from, so that the old name lives on as an alias. A
scope that operations still need is never removed. Nothing is written if
anything is in doubt.

With --dry-run it prints the change and writes nothing. The exit code is 1 then
if there is a change.`,
		Example: `  scopegen sync scopes.md --dry-run
  scopegen sync scopes.md --into spec/scopes.yaml
  scopegen sync scopes.md --rename savings_plan:read=savings_plans:read
  scopegen sync scopes.md --rename reports:see=reports:read --rename reports:view=reports:read
  scopegen sync scopes.md --rename reports:old=      it was removed, not renamed`,
		Args: oneTable,
		RunE: func(command *cobra.Command, args []string) error {
			return runSync(command.Context(), command.OutOrStdout(), command.ErrOrStderr(), command.InOrStdin(), args[0], o)
		},
	}
	command.Flags().StringVar(&o.into, "into", "scopes.yaml", "the catalogue's table")
	command.Flags().StringArrayVar(&o.renames, "rename", nil, "confirm a rename: old=new, several times with one new name to merge scopes; old= says that it was removed")
	command.Flags().BoolVarP(&o.dryRun, "dry-run", "n", false, "print the change, write nothing")
	command.Flags().BoolVar(&o.keepTexts, "keep-texts", false, "leave the texts of scopes that are there already")
	tableFlags(command, &o.table)
	_ = command.MarkFlagFilename("into", "yaml", "yml")
	return command
}

// runSync reads the table and the catalogue, and writes what has to change.
func runSync(ctx context.Context, w, stderr io.Writer, stdin io.Reader, name string, o syncOptions) error {
	options := sync.Options{Renames: map[string]string{}, KeepTexts: o.keepTexts}
	for _, r := range o.renames {
		old, new, ok := strings.Cut(r, "=")
		if !ok || old == "" {
			return fmt.Errorf("--rename %s: write it as old=new", r)
		}
		if before, twice := options.Renames[old]; twice && before != new {
			return fmt.Errorf("--rename: %s cannot become both %q and %q", old, before, new)
		}
		options.Renames[old] = new
	}
	debug.SetGCPercent(300) // as in diff
	text, err := readTable(name, stdin)
	if err != nil {
		return err
	}
	published, notes, err := tableOperand(diff.Side{Name: name}, text, o.table)
	if err != nil {
		return err
	}
	if strings.HasPrefix(o.into, "builtin:") {
		return errors.New("the built-in catalogue cannot be changed: name a file with --into")
	}
	if _, err := os.Stat(o.into); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no catalogue %s: name it with --into, or start one with scopegen import table", o.into)
	}
	catalogue, findings, err := source{o.into}.load()
	if err == nil {
		err = findings.Err()
	}
	if err != nil {
		return err
	}
	if notes = withoutGroups(notes); len(notes) > 0 {
		_ = diag.Text(stderr, notes, false) // there is nowhere else to say it
		fmt.Fprintln(stderr)
	}
	if name != "-" {
		confirm(stdin, stderr, sync.Suggest(catalogue, published.Catalogue, options), options.Renames)
	}
	root, err := os.OpenRoot(filepath.Dir(o.into))
	if err != nil {
		return err
	}
	defer root.Close() // read only: nothing can be lost
	result, conflicts := sync.Sync(root.FS(), filepath.Base(o.into), catalogue, published.Catalogue, options)
	if conflicts.Err() != nil {
		conflicts.Sort()
		source{o.into}.fill(conflicts)
		return conflicts
	}
	for _, note := range result.Notes {
		fmt.Fprintf(stderr, "note: %s\n", note)
	}
	if len(result.Files) == 0 {
		fmt.Fprintf(w, "%s already says what %s says\n", o.into, name)
		return nil
	}
	report := diff.Compare(diff.Side{Name: o.into, Catalogue: catalogue}, diff.Side{Name: name, Catalogue: result.Catalogue})
	if err := report.Text(w); err != nil {
		return err
	}
	files := slices.Sorted(maps.Keys(result.Files))
	if o.dryRun {
		fmt.Fprintf(w, "\nnothing was written; without --dry-run these files change: %s\n", strings.Join(files, ", "))
		return errFindings
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := replace.Files(tableLast(filepath.Dir(o.into), result, filepath.Base(o.into))); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nwritten: %s\nnext: scopegen diff --uses ./... lists where your program is affected; then scopegen generate, scopegen fix\n", strings.Join(files, ", "))
	return nil
}

// confirm asks on a terminal about renames that the table may hold. It writes the
// answers into renames; any other input asks nothing.
func confirm(stdin io.Reader, stderr io.Writer, suggestions []diff.Suggestion, renames map[string]string) {
	f, ok := stdin.(*os.File)
	if !ok || !isTerminal(f) || len(suggestions) == 0 {
		return
	}
	answers := bufio.NewReader(stdin)
	for _, s := range suggestions {
		fmt.Fprintf(stderr, "Is %s called %s now? %.0f %%: %s. [y]es, [n]o, it was removed: ", s.From, s.To, s.Confidence*100, s.Reason)
		answer, _ := answers.ReadString('\n')
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "y", "yes":
			renames[s.From] = s.To
		case "n", "no":
			renames[s.From] = ""
		}
	}
}

// tableLast returns the files of a catalogue to replace, its table last: a run
// that is killed between two files then leaves a catalogue that does not load,
// rather than one that says something else.
func tableLast(folder string, result *sync.Result, table string) []replace.File {
	names := slices.Sorted(maps.Keys(result.Files))
	if i := slices.Index(names, table); i >= 0 {
		names = append(slices.Delete(names, i, i+1), table)
	}
	files := make([]replace.File, len(names))
	for i, name := range names {
		files[i] = replace.File{Path: filepath.Join(folder, filepath.FromSlash(name)), Old: result.Before[name], New: result.Files[name]}
	}
	return files
}
