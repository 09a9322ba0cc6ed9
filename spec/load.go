package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/plainyaml"
)

// Load reads and validates the catalogue whose table is the file name in fsys.
//
// The list holds every finding of the run, in source order, with source lines;
// it may hold warnings only. When it holds an error ([diag.List.Err] is not
// nil) the catalogue is refused and nil.
//
// An include is relative to the file that states it and cannot leave the
// folder of the table. With [os.DirFS] it still can through a symbolic link;
// [LoadFile] closes that too.
//
// A catalogue is not trusted: its size, its depth and the number of its files
// are bounded, and what exceeds a bound is refused before it costs memory.
func Load(fsys fs.FS, name string) (*Catalogue, diag.List) {
	if !fs.ValidPath(name) {
		return nil, diag.List{{
			Code:    "file",
			Pos:     Position{File: name},
			Message: fmt.Sprintf("%q is not a valid path", name),
			Hint:    "name the table by a path with slashes, without a leading slash and without \"..\"",
		}}
	}
	folder, base := path.Split(name)
	if folder != "" {
		sub, err := fs.Sub(fsys, strings.TrimSuffix(folder, "/"))
		if err != nil {
			return nil, diag.List{{Code: "file", Pos: Position{File: name}, Message: "the table cannot be read: " + reason(err)}}
		}
		fsys = sub
	}
	return load(fsys, folder, base, defaultBounds)
}

// LoadFile is [Load] for a table on disk. Nothing outside the folder of the
// table is read, whatever its includes and symbolic links say. Positions carry
// the path as given; [Catalogue.Files] is relative to the folder.
func LoadFile(name string) (*Catalogue, diag.List) {
	folder, base := filepath.Split(name)
	open := folder
	if open == "" {
		open = "."
	}
	root, err := os.OpenRoot(open)
	if err != nil {
		return nil, diag.List{{Code: "file", Pos: Position{File: name}, Message: "the table cannot be read: " + reason(err)}}
	}
	defer root.Close() // read only: nothing can be lost
	return load(root.FS(), filepath.ToSlash(folder), base, defaultBounds)
}

// LoadTrees is [Load] for files that a program has built and not yet written:
// trees holds the top-level mapping of each by its name. Positions are those that
// the nodes state, and findings come without source lines.
func LoadTrees(trees map[string]*yaml.Node, name string) (*Catalogue, diag.List) {
	l := newLoader(defaultBounds)
	l.trees = trees
	return l.load(name)
}

func load(fsys fs.FS, folder, base string, b bounds) (*Catalogue, diag.List) {
	l := newLoader(b)
	l.fsys, l.folder = fsys, folder
	return l.load(base)
}

func newLoader(b bounds) *loader {
	return &loader{
		bounds:    b,
		places:    map[string]Position{},
		words:     map[string]string{},
		patterns:  map[string]bool{},
		malformed: map[Position]bool{},
		declared:  map[string]Position{},
		decoders:  newDecoders(),
		result:    &Catalogue{},
	}
}

// load reads the catalogue whose table is the file base.
func (l *loader) load(base string) (*Catalogue, diag.List) {
	l.file(base, Position{}, nil)
	if !l.full() {
		l.resolve()
	}
	l.findings.Sort()
	if l.trees == nil {
		l.findings.Fill(func(file string) ([]byte, error) {
			return l.read(strings.TrimPrefix(file, l.folder))
		})
	}
	if l.findings.Err() != nil {
		return nil, l.findings
	}
	return l.result, l.findings
}

// bounds limit what reading one catalogue may cost. They are far above what real
// catalogues need: the largest known API document has 15,000 operations.
type bounds struct {
	files    int // number of files
	file     int // bytes of one file
	total    int // bytes of all files
	piece    int // bytes that are parsed at once
	whole    int // files up to this size are parsed in one piece
	scalar   int // bytes of one value
	depth    int // nesting of values
	schemas  int // types, and the properties and items in them
	findings int // after so many errors the run stops
	warnings int // of which more are not kept
}

var defaultBounds = bounds{
	files:    4096,
	file:     96 << 20,
	total:    256 << 20,
	piece:    1 << 20,
	whole:    128 << 10,
	scalar:   64 << 10,
	depth:    100,
	schemas:  2_000_000,
	findings: 100,
	warnings: 50_000,
}

// loader holds the state of loading one catalogue.
type loader struct {
	fsys   fs.FS
	trees  map[string]*yaml.Node // the files, if they are not in fsys
	folder string                // printed before the names of files
	bounds bounds

	places    map[string]Position // file → the include that named it
	keys      map[string]Position // the top-level keys of the file being read
	table     map[string]Position // the same of the table
	total     int                 // bytes read
	words     map[string]string   // short strings that recur, kept once
	plainYAML plainyaml.Parser    // of the pieces, one after the other
	patterns  map[string]bool     // pattern → Go can check it
	decoders  *decoders
	result    *Catalogue

	declared  map[string]Position // the types so far
	malformed map[Position]bool   // values that could not be read
	progress
}

// progress is what loading has found and spent so far. A copy of it serves to go
// back to an earlier state.
type progress struct {
	findings   diag.List
	errors     int
	warnings   int
	schemas    int
	compared   int  // names compared for "did you mean"
	incomplete bool // something could not be read: what it declares is not known
}

func (l *loader) report(d diag.Diagnostic) {
	switch {
	case l.full():
		return
	case d.Severity == diag.Error:
		l.errors++
	default:
		l.warnings++
	}
	if l.warnings <= l.bounds.warnings || d.Severity == diag.Error {
		l.findings = append(l.findings, d)
	}
	file := Position{File: d.Pos.File}
	if l.full() {
		l.findings = append(l.findings, diag.Diagnostic{
			Code: "too-many-errors", Pos: file,
			Message: fmt.Sprintf("stopped after %d errors", l.errors),
			Hint:    "correct these first; the rest of the catalogue was not looked at",
		})
	}
	if l.warnings == l.bounds.warnings+1 && d.Severity == diag.Warning {
		l.findings = append(l.findings, diag.Diagnostic{
			Severity: diag.Warning, Code: "too-many-warnings", Pos: file,
			Message: fmt.Sprintf("more than %d warnings; the others are not shown", l.bounds.warnings),
		})
	}
}

// full reports whether so many errors were found that loading stops. Otherwise
// reporting the errors of a hostile file could cost more than reading it.
func (l *loader) full() bool { return l.errors >= l.bounds.findings }

func (l *loader) errorf(code string, pos Position, format string, args ...any) {
	l.report(diag.Diagnostic{Code: code, Pos: pos, Message: fmt.Sprintf(format, args...)})
}

// file reads one file and all that it includes. stack lists the files that
// include each other down to this one.
func (l *loader) file(name string, included Position, stack []string) {
	printed := l.folder + name
	if len(l.places) >= l.bounds.files {
		l.incomplete = true
		l.errorf("too-many-files", included, "more than %d files", l.bounds.files)
		return
	}
	l.places[name] = included
	at := included
	if at.File == "" {
		at = Position{File: printed}
	}
	part, ok := l.content(name, at, len(stack) == 0)
	if !ok {
		l.incomplete = true
		return
	}
	if len(stack) == 0 {
		files := l.result.Files
		*l.result = *part
		l.result.Files = files
		l.table = l.keys
	} else {
		l.result.Operations = append(l.result.Operations, part.Operations...)
		l.result.Types = append(l.result.Types, part.Types...)
	}
	stack = append(stack[:len(stack):len(stack)], name)
	for _, include := range part.Include {
		if l.full() {
			return
		}
		if target, ok := l.include(name, include, stack); ok {
			l.file(target, include.Pos, stack)
		}
	}
}

// content decodes one file. at is the place that names it; ok is false if it
// cannot be read, which is reported.
func (l *loader) content(name string, at Position, table bool) (part *Catalogue, ok bool) {
	printed := l.folder + name
	tree := l.trees[name]
	var text []byte
	var err error
	switch {
	case tree != nil:
	case l.trees != nil:
		err = fs.ErrNotExist
	default:
		text, err = l.read(name)
	}
	if err != nil {
		l.report(diag.Diagnostic{Code: "file", Pos: at, Message: fmt.Sprintf("%q cannot be read: %s", printed, reason(err))})
		return nil, false
	}
	if l.total += len(text); l.total > l.bounds.total {
		l.errorf("too-large", at, "the files are larger than %d MiB together", l.bounds.total>>20)
		return nil, false
	}
	l.result.Files = append(l.result.Files, name)
	l.keys = map[string]Position{}
	if tree == nil {
		return l.parse(printed, text, table), true
	}
	part = &Catalogue{}
	(&piece{loader: l, file: printed, shared: true}).top(tree, table, part)
	return part, true
}

// include resolves the name of a file that another one includes, and reports
// whether the file is to be read.
func (l *loader) include(from string, include Text, stack []string) (string, bool) {
	refuse := func(message, hint string, related ...diag.Related) (string, bool) {
		l.incomplete = true
		l.report(diag.Diagnostic{Code: "include", Pos: include.Pos, Message: message, Hint: hint, Related: related})
		return "", false
	}
	name := include.Value
	switch {
	case name == "":
		return refuse("an include names no file", "")
	case strings.ContainsAny(name, "\\\x00"):
		return refuse(fmt.Sprintf("%q is not a path: it holds a backslash or a NUL byte", name), "separate folders with \"/\"")
	case path.IsAbs(name) || filepath.IsAbs(name) || filepath.VolumeName(name) != "":
		return refuse(fmt.Sprintf("%q is an absolute path", name), "name the file relative to this one")
	}
	target := path.Join(path.Dir(from), name)
	switch {
	case target == "." || !fs.ValidPath(target):
		return refuse(fmt.Sprintf("%q is outside the catalogue's folder", name), "move the file below the folder of the table; nothing else is read")
	}
	earlier, seen := l.places[target]
	if !seen {
		return target, true
	}
	for i, open := range stack {
		if open == target {
			chain := strings.Join(append(stack[i:len(stack):len(stack)], target), " → ")
			return refuse(fmt.Sprintf("%q includes itself: %s", target, chain), "remove one of these includes")
		}
	}
	return refuse(fmt.Sprintf("%q is included twice", target), "include it once; every type in it is known everywhere",
		diag.Related{Pos: earlier, Message: "included here first"})
}

// read returns the content of one file, unless it exceeds the bounds.
func (l *loader) read(name string) ([]byte, error) {
	// A named pipe or a device would block or never end: look before opening.
	info, err := fs.Stat(l.fsys, name)
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		return nil, errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > int64(l.bounds.file):
		return nil, fmt.Errorf("it is larger than %d MiB", l.bounds.file>>20)
	}
	return fs.ReadFile(l.fsys, name)
}

// reason returns what went wrong with a file, without the file's name, which the
// message around it gives already.
func reason(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "there is no such file"
	}
	return err.Error()
}
