package main

import (
	"bytes"
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
	"testing/fstest"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/change/merge"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/internal/plural"
	"github.com/scopegen/scopegen/internal/replace"
)

// importOptions are the flags of import openapi.
type importOptions struct {
	openapi.Options
	sources sourceFlags
	lists   []string
	into    string
	assume  bool
	replace bool
	notes   bool
	keep    []string
	take    []string
	dryRun  bool
	read    func(fs.FS, string, openapi.Options) (*openapi.Result, error)
}

func newImportOpenAPICommand() *cobra.Command {
	o := importOptions{read: openapi.Import}
	command := &cobra.Command{
		Use:   "openapi FILE|-",
		Short: "Make a catalogue from an OpenAPI document",
		Long: `Openapi reads an OpenAPI document (3.0, 3.1, 3.2, or Swagger 2.0; JSON or YAML)
and writes a catalogue: a table, scopes.yaml, with a file for each domain and one
for the types. The document is not needed afterwards.

A document does not say what a list of scopes in one requirement means. By the
text of OpenAPI a caller needs all of them; in two documents of three any one is
enough. --scope-list says which: all, any, or ladder (any where the scopes are
steps of one ladder, such as read beside admin, and all elsewhere). With
PATTERN=any it says so for some operations alone: for the ids of a pattern, in
which * stands for any text, or for the paths if it begins with "/". The catalogue
records each decision with its --reason, and the next import keeps it. While lists
that look like alternatives are undecided, the catalogue says what the text of
OpenAPI says, and the exit code is 1; --assume takes that for the decision.
An operation that does not say what it requires is taken as public and listed;
--unstated decides that, too.

Some APIs name scopes elsewhere. Where a requirement names none, --scope-file,
--scope-extension and --scope-prose say where they are, and --scope-table gives the
scopes the headings and texts of the API's published table. What lists found there
mean is for --scope-list to say.

Standard error tells how many operations were read, what a catalogue cannot say
as the document does (bent), what has no place in it (left out), and what the
document does not say (assumed). References lead to files below the document's
folder and never to the network. A file may have 100 MiB, a key, an id or a name in
it 8 KiB, and a description 64 KiB. What a catalogue repeats where a document refers
to it is bounded in all: texts by 256 MiB, the scopes that operations inherit by
1,000,000, parameters that are members of an object by 20,000.

A document does not say how a list is read page by page. With --paging, operations
whose parameters and responses have the names that many APIs use (page, cursor,
starting_after, nextLink, the header field Link) get a paging style, and so an
iterator over all pages. The table has the styles; correct them there, or write your
own and name it in the table under import, paging: the next import gives each
operation the first style that it fits. Without --paging, import tells how many
operations look so. At most 100 styles are recognised, and no response with over 200
members is taken for a page.

A document that "scopegen export openapi" wrote says all of this by itself, and
becomes the catalogue again that it was written of.

Import again when the API has published a newer document. What you edited in the
catalogue stays: names, requirements, comments, order, paging, and what you added
or took out. Operations, types and scopes that are new, gone or changed become as
the document says, and the difference is told in words. What both of you changed
is not guessed: decide with --keep or --take. The file ` + merge.RecordName + `, which import
writes beside the table, tells your edits from the API's changes; commit it. A
catalogue without it is replaced only with --replace: what was edited in it is
lost. With --dry-run nothing is written, and the exit code is 1 if something would
be.`,
		Example: `  scopegen import openapi openapi.yaml --into petstore
  scopegen import openapi openapi.yaml --into petstore --paging
  scopegen import openapi openapi-2.yaml --into petstore     the newer document
  scopegen import openapi openapi-2.yaml --into petstore --keep operations/listPets/requires
  scopegen import openapi openapi.json --scope-list any --reason "docs.example.com/auth: one of the scopes is enough"
  scopegen import openapi openapi.json --scope-list all --scope-list '/orders/*=any' --unstated token
  scopegen import openapi openapi.json --scope-prose 'Required scopes?: ([a-z:, ]+)' --scope-table scopes.md
  curl -s https://api.example.com/openapi.json | scopegen import openapi - --into example`,
		Args: oneDocument,
		RunE: func(command *cobra.Command, args []string) error {
			return importOpenAPI(command.Context(), command.OutOrStdout(), command.ErrOrStderr(), command.InOrStdin(), args[0], o)
		},
	}
	o.flags(command)
	o.sources.flags(command)
	command.Flags().StringArrayVar(&o.lists, "scope-list", nil, "what a list of scopes in one requirement means: all, any or ladder; PATTERN=any for the operations of a pattern")
	command.Flags().StringVar(&o.Reason, "reason", "", "why the lists mean that, recorded in the catalogue")
	command.Flags().BoolVar(&o.assume, "assume", false, "take lists of scopes as the text of OpenAPI says, and record that nobody has checked it")
	_ = command.RegisterFlagCompletionFunc("scope-list", cobra.FixedCompletions([]string{"all", "any", "ladder"}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

func newImportDiscoveryCommand() *cobra.Command {
	o := importOptions{read: openapi.ImportDiscovery}
	command := &cobra.Command{
		Use:   "discovery FILE|-",
		Short: "Make a catalogue from a Google Discovery document",
		Long: `Discovery reads a document of Google's API Discovery Service and writes a
catalogue, as "scopegen import openapi" does. A method can be called with any one
of the scopes that it lists. The token endpoint is not in such a document: add it
to the table, or give the clients access tokens that you have.

A method that downloads or uploads media becomes several operations: files.getMedia
beside files.get answers the media, files.createMedia sends the media alone, and
files.createWithMedia the metadata with the media. Resumable uploads are left out.
A method whose response is JSON takes fields, which says what members that has.`,
		Example: `  scopegen import discovery tasks.json --into tasks
  curl -s 'https://tasks.googleapis.com/$discovery/rest?version=v1' | scopegen import discovery - --into tasks`,
		Args: oneDocument,
		RunE: func(command *cobra.Command, args []string) error {
			return importOpenAPI(command.Context(), command.OutOrStdout(), command.ErrOrStderr(), command.InOrStdin(), args[0], o)
		},
	}
	o.flags(command)
	return command
}

// flags adds the flags that all documents have.
func (o *importOptions) flags(command *cobra.Command) {
	command.Flags().StringVar(&o.into, "into", ".", "the folder of the catalogue")
	command.Flags().StringVar(&o.Unstated, "unstated", "", "what an operation requires that does not say it: public or token")
	_ = command.RegisterFlagCompletionFunc("unstated", cobra.FixedCompletions([]string{"public", "token"}, cobra.ShellCompDirectiveNoFileComp))
	command.Flags().StringVar(&o.Domains, "domains", "", "the packages of operations that need scopes: scopes, or tags (default: tags if a package of scopes would hold over 100 operations)")
	_ = command.RegisterFlagCompletionFunc("domains", cobra.FixedCompletions([]string{"scopes", "tags"}, cobra.ShellCompDirectiveNoFileComp))
	command.Flags().StringVar(&o.Name, "name", "", "api.name of the catalogue: a Go package name (default: from the document)")
	command.Flags().BoolVar(&o.Pages, "paging", false, "make iterators of lists that are read in pages, where parameters and responses show how")
	command.Flags().BoolVar(&o.replace, "replace", false, "write the whole catalogue anew: what was edited in it is lost")
	command.Flags().BoolVarP(&o.dryRun, "dry-run", "n", false, "print what a second import changes, write nothing")
	command.Flags().StringArrayVar(&o.keep, "keep", nil, "leave this value as you edited it, though the document has changed it")
	command.Flags().StringArrayVar(&o.take, "take", nil, "change this value to what the document says, though you edited it")
	command.Flags().BoolVar(&o.notes, "notes", false, "list everything that is bent, left out or assumed, not the first of each kind")
	_ = command.MarkFlagDirname("into")
}

func oneDocument(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return errors.New("name one document, or - for standard input")
	}
	return nil
}

func importOpenAPI(ctx context.Context, w, stderr io.Writer, stdin io.Reader, name string, o importOptions) error {
	if err := o.decide(); err != nil {
		return err
	}
	fsys, file, done, err := openDocument(name, stdin)
	if err != nil {
		return err
	}
	defer done()
	// As in generate: most of what is read lives until the catalogue is checked, and the
	// importer collects garbage itself before it checks.
	debug.SetGCPercent(200)
	progress := newProgress(os.Stderr)
	defer progress.done()
	progress.stage("reading " + name)
	result, err := o.read(fsys, file, o.Options)
	if err != nil {
		return err
	}
	result.Notes = append(result.Notes, o.sources.assumed...)
	var choices []string
	if len(result.Ladders) > 0 {
		progress.stage("comparing what the lists of scopes can mean")
		if choices, err = compareChoices(result, fsys, file, o.Options); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	progress.stage("writing")
	record, err := o.record()
	if err != nil {
		return err
	}
	progress.done()
	if record != nil && result.Remaining.Err() == nil {
		o.report(stderr, name, result)
		fmt.Fprintln(stderr)
		err = o.again(ctx, w, stderr, name, record, result)
	} else {
		err = o.first(w, stderr, name, result)
	}
	if err != nil {
		return err
	}
	if err := result.Remaining.Err(); err != nil {
		fmt.Fprintln(stderr, "this is what import could not settle; correct it in the catalogue:")
		_ = diag.Text(stderr, result.Remaining, false) // there is nowhere else to say it
		return errFindings
	}
	if len(result.Ladders) == 0 {
		return nil
	}
	fmt.Fprintf(stderr, "\n%s whose list of scopes looks like alternatives, though OpenAPI says that all are needed:\n", plural.Count(len(result.Ladders), "operation"))
	for _, l := range result.Ladders {
		fmt.Fprintf(stderr, "  %s [%s]: %s\n", l.Operation, strings.Join(l.Scopes, ", "), l.Why)
	}
	fmt.Fprintln(stderr, "what each decision makes of the document:")
	for _, line := range choices {
		fmt.Fprintln(stderr, "  "+line)
	}
	fmt.Fprintln(stderr, "decide with --scope-list all, any or ladder and a --reason , or take the text of OpenAPI for it with --assume")
	return errFindings
}

// first writes the catalogue as a whole.
func (o *importOptions) first(w, stderr io.Writer, name string, result *openapi.Result) error {
	if o.dryRun || len(o.keep)+len(o.take) > 0 {
		return fmt.Errorf("--dry-run, --keep and --take are for a second import, and %s holds no record of a first (%s)", o.into, merge.RecordName)
	}
	files := maps.Clone(result.Files)
	if result.Remaining.Err() == nil {
		files[merge.RecordName] = merge.Record(tableName, result.Trees)
	}
	written, err := o.write(files)
	if err != nil {
		return err
	}
	for _, path := range written {
		fmt.Fprintf(w, "wrote %s\n", path)
	}
	o.report(stderr, name, result)
	return nil
}

// openDocument returns the folder that references may lead into, and the
// document's name in it.
func openDocument(name string, stdin io.Reader) (fs.FS, string, func(), error) {
	if name == "-" {
		text, err := io.ReadAll(io.LimitReader(stdin, openapi.MostBytes+1))
		return fstest.MapFS{"stdin": &fstest.MapFile{Data: text}}, "stdin", func() {}, err
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", nil, fmt.Errorf("there is no file %s", name)
	case err != nil:
		return nil, "", nil, err
	case info.IsDir():
		return nil, "", nil, fmt.Errorf("%s is a folder: name the document in it", name)
	}
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return nil, "", nil, err
	}
	return root.FS(), filepath.Base(name), func() { _ = root.Close() }, nil // read only
}

// write puts the catalogue on disk, the table last, and returns the paths of the
// files that it wrote.
func (o *importOptions) write(files map[string][]byte) ([]string, error) {
	names := slices.Sorted(maps.Keys(files))
	last := []string{tableName, merge.RecordName}
	names = append(slices.DeleteFunc(names, func(name string) bool { return slices.Contains(last, name) }), last...)
	names = slices.DeleteFunc(names, func(name string) bool { return files[name] == nil })
	var fresh, old []replace.File
	var differ, written []string
	for _, name := range names {
		f := replace.File{Path: filepath.Join(o.into, name), New: files[name]}
		var err error
		f.Old, err = os.ReadFile(f.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			fresh = append(fresh, f)
		case err != nil:
			return nil, err
		case bytes.Equal(f.Old, f.New):
			continue
		default:
			old = append(old, f)
			differ = append(differ, f.Path)
		}
		written = append(written, f.Path)
	}
	if len(differ) > 0 && !o.replace {
		return nil, fmt.Errorf("%s there already and would become another, and no record of the import that wrote them is (%s): choose another folder with --into, or give --replace and lose what was edited", areThere(differ), merge.RecordName)
	}
	if err := os.MkdirAll(o.into, 0o777); err != nil {
		return nil, err
	}
	if err := replace.Create(fresh); err != nil {
		return nil, err
	}
	return written, replace.Files(old)
}

func areThere(files []string) string {
	if len(files) == 1 {
		return files[0] + " is"
	}
	const most = 5
	if len(files) > most {
		return fmt.Sprintf("%s and %d more are", strings.Join(files[:most], ", "), len(files)-most)
	}
	return strings.Join(files, ", ") + " are"
}

// compareChoices tells what each meaning of lists makes of the document.
func compareChoices(result *openapi.Result, fsys fs.FS, file string, o openapi.Options) ([]string, error) {
	choices, err := result.Choices(fsys, file, o)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, choice := range choices {
		methods := 0
		var largest []string
		for n, c := range choice.Clients {
			methods += c.Methods
			if n < 3 {
				largest = append(largest, fmt.Sprintf("%s %d", c.Name, c.Methods))
			}
		}
		lines = append(lines, fmt.Sprintf("%-7s %s, %s; the largest: %s", choice.Lists+":", plural.Count(len(choice.Clients), "client"), plural.Count(methods, "method"), strings.Join(largest, ", ")))
	}
	return lines, nil
}

// report tells what the import made of the document.
func (o *importOptions) report(w io.Writer, name string, r *openapi.Result) {
	c := r.Counts
	fmt.Fprintf(w, "%s: %d of %s, %s\n", name, c.Imported, plural.Count(c.Operations, "operation"), plural.Count(c.Types, "type"))
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(c.Requirements)) {
		kinds = append(kinds, fmt.Sprintf("%s %d", kind, c.Requirements[kind]))
	}
	fmt.Fprintf(w, "requirements: %s\n", strings.Join(kinds, ", "))
	o.reportDecisions(w, r)
	reportPaging(w, r)
	const most = 10
	for _, kind := range []struct{ code, title string }{
		{openapi.LeftOut, "left out"}, {openapi.Bent, "bent: carried, but not as the document says"}, {openapi.Assumed, "assumed: the document does not say it"},
		{openapi.Named, "named: two things had one Go name"},
	} {
		notes := slices.DeleteFunc(slices.Clone(r.Notes), func(d diag.Diagnostic) bool { return d.Code != kind.code })
		if len(notes) == 0 {
			continue
		}
		fmt.Fprintf(w, "%s (%d)\n", kind.title, len(notes))
		for n, d := range notes {
			if n == most && !o.notes && len(notes) > most+1 {
				fmt.Fprintf(w, "  and %d more; --notes lists them\n", len(notes)-n)
				break
			}
			fmt.Fprintf(w, "  %s:%d: %s\n", d.Pos.File, d.Pos.Line, d.Message)
		}
	}
	if len(r.Dropped) > 0 {
		fmt.Fprintln(w, "not carried, and without effect on what is sent:")
		for _, what := range slices.Sorted(maps.Keys(r.Dropped)) {
			fmt.Fprintf(w, "  %s (%d)\n", what, r.Dropped[what])
		}
	}
}

// reportPaging tells how lists are read in pages.
func reportPaging(w io.Writer, r *openapi.Result) {
	for _, s := range r.Paged {
		fmt.Fprintf(w, "read in pages, style %s: %s, by %s\n", s.Name, plural.Count(s.Operations, "operation"), s)
	}
	if r.Unpaged > 0 {
		fmt.Fprintf(w, "%s to be read in pages; --paging makes iterators of them\n", map[bool]string{true: "1 list looks", false: fmt.Sprintf("%d lists look", r.Unpaged)}[r.Unpaged == 1])
	}
}
