package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/generate/output"
)

func newGenerateCommand() *cobra.Command {
	var s source
	var t target
	command := &cobra.Command{
		Use:   "generate",
		Short: "Generate the Go packages of a catalogue",
		Long: `Generate writes one package for each domain of the catalogue, one with its
scopes, one for types that several domains share, one for types that no operation
uses (package payload), and one to open a session.

Only what has changed is written, and all of it at once: a run that is killed
leaves the old packages or the new ones. Files that scopegen did not write are
never touched; a generated file that was changed by hand stops the run.`,
		Example: `  scopegen generate
  scopegen generate --catalogue spec/scopes.yaml --out internal/api
  scopegen generate --catalogue builtin:upvest --out upvest

In a Go file, for "go generate":

  //go:generate go tool scopegen generate`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return generate(command.Context(), command.OutOrStdout(), s, t)
		},
	}
	catalogueFlag(command, &s)
	targetFlag(command, &t)
	return command
}

func generate(ctx context.Context, w io.Writer, s source, t target) error {
	p := newProgress(os.Stderr)
	defer p.done()
	// Packages that are up to date are recognised by hashes, without parsing.
	if glance, ok := s.glance(); ok {
		if folder := t.folder(s, glance); upToDate(s, t, folder) {
			fmt.Fprintf(w, "%s is up to date\n", folder)
			return nil
		}
	}
	// The garbage collector runs half as often: most of what is read and planned lives
	// until packages are rendered, and rendering takes more memory anyway.
	debug.SetGCPercent(200)
	p.stage("reading the catalogue")
	c, findings, err := s.load()
	if err != nil {
		return err
	}
	if findings.Err() != nil {
		return findings
	}
	folder, files, api := t.folder(s, c), c.Files, c.API.Name // the catalogue itself is not needed while packages are rendered
	tree, err := output.Open(folder)
	if err != nil {
		return err
	}
	path, err := t.importPath(s, folder)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	p.stage("rendering")
	options := scopegen.Options{ImportPath: path, Unchanged: func(pkg, digest string) bool {
		freeCatalogue()
		p.stage("rendering " + pkg)
		return tree.Unchanged(scopegen.Generator, pkg, digest)
	}}
	packages, found := scopegen.Generate(c, options)
	if found.Err() != nil {
		s.fill(found)
		return found
	}
	findings = append(findings, found...)
	change, err := compare(s, files, api, path, tree, packages)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	findings.Sort()
	s.fill(findings) // now: the current folder may be one of those that are replaced
	inside := within(folder)
	p.stage("writing")
	if err := change.Apply(); err != nil {
		return err
	}
	p.done()
	if len(findings) > 0 {
		_ = diag.Text(os.Stderr, findings, coloured(os.Stderr)) // warnings; the work is done
	}
	summarize(w, folder, change)
	// Under go generate the current folder is not that of a person.
	if inside && os.Getenv("GOFILE") == "" && !(change.Nothing() && change.Recorded()) {
		fmt.Fprintln(os.Stderr, "the folder you are in was replaced as a whole: type  cd \"$PWD\"")
	}
	return nil
}

// within reports whether the current folder is in the output folder.
func within(folder string) bool {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return false
	}
	current, err := os.Getwd()
	if err != nil {
		return false
	}
	below, err := filepath.Rel(absolute, current)
	return err == nil && filepath.IsLocal(below)
}

// freeCatalogue frees the catalogue, which is garbage once packages are rendered.
var freeCatalogue = sync.OnceFunc(runtime.GC)

func compare(s source, files []string, api, importPath string, tree *output.Tree, packages []scopegen.Package) (*output.Change, error) {
	hashes, err := s.hashes(files)
	if err != nil {
		return nil, err
	}
	wanted := make([]output.Package, len(packages))
	for i, p := range packages {
		wanted[i] = output.Package{Folder: p.Path, Digest: p.Digest}
		if p.Files == nil {
			continue
		}
		wanted[i].Files = make(map[string][]byte, len(p.Files))
		for _, f := range p.Files {
			wanted[i].Files[f.Path] = f.Content
		}
	}
	return tree.Compare(wanted, output.Manifest{Generator: scopegen.Generator, API: api, ImportPath: importPath, Catalogue: hashes}), nil
}

func summarize(w io.Writer, folder string, c *output.Change) {
	if c.Nothing() {
		if c.Recorded() {
			fmt.Fprintf(w, "%s is up to date\n", folder)
			return
		}
		fmt.Fprintf(w, "%s is up to date; its %s was renewed\n", folder, output.ManifestName)
		return
	}
	list(w, "wrote  ", folder, c.Written)
	list(w, "deleted", folder, c.Deleted)
	fmt.Fprintf(w, "%s: %d written, %d deleted, %d unchanged\n", folder, len(c.Written), len(c.Deleted), c.Unchanged)
	if len(c.Stranded) > 0 {
		fmt.Fprintf(w, "left in folders that hold no generated code any more: %s; move or delete what you do not need\n", strings.Join(c.Stranded, ", "))
	}
}

// list names files, a screenful at most.
func list(w io.Writer, what, folder string, names []string) {
	const most = 20
	for i, name := range names {
		if i == most && len(names) > most+1 {
			fmt.Fprintf(w, "%s … and %d more\n", what, len(names)-most)
			return
		}
		fmt.Fprintf(w, "%s %s\n", what, filepath.Join(folder, filepath.FromSlash(name)))
	}
}

// upToDate reports whether the folder holds what this generator makes of this
// catalogue. It compares hashes and parses nothing.
func upToDate(s source, t target, folder string) bool {
	tree, err := output.Open(folder)
	if err != nil || !tree.Intact() {
		return false
	}
	path, err := t.importPath(s, folder)
	m := tree.Manifest()
	return err == nil && m.Generator == scopegen.Generator && m.ImportPath == path && s.recorded(m)
}
