package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/internal/dev/wire/driver"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

// row is what became of the operations of a document on a server.
type row struct {
	document    string
	operations  int // of the document
	called      int // operations, with each of their bodies, responses and credentials
	calls       int
	failed      int      // calls, those included whose request the server found fault with
	independent bool     // the server is not ours
	reasons     []string // why operations were not called, and calls failed
}

// head returns the first lines of the table of a server.
func head(server string) string {
	return "# what generated clients make of the collected documents on " + server + ": written by go run ./internal/dev/wire -table\n" +
		"document\toperations\tcalled\tcalls\tfailed\twhy not, and why\n"
}

// name returns a document's name in the table: its folder and file.
func name(document string) string {
	absolute, err := filepath.Abs(document)
	if err != nil {
		absolute = document
	}
	return filepath.Base(filepath.Dir(absolute)) + "/" + filepath.Base(absolute)
}

// notTried returns the row of a document of which no call could be made. Behind its first
// line an error may hold what another program printed, with times and paths in it.
func notTried(document string, err error) row {
	why, _, _ := strings.Cut(err.Error(), "\n")
	return row{document: name(document), reasons: []string{"not tried: " + short(why)}}
}

// left counts the operations of a document, those included that its import left out,
// and says why it left out the first.
func (r *row) left(result *openapi.Result) {
	r.operations = result.Counts.Operations
	first := ""
	for _, note := range result.Notes {
		if _, why, ok := strings.Cut(note.Message, "an operation is left out: "); ok && note.Code == openapi.LeftOut && first == "" {
			first = short(why)
		}
	}
	if n := result.Counts.Operations - result.Counts.Imported; n > 0 {
		r.reasons = append(r.reasons, fmt.Sprintf("%d not imported, the first because %s", n, first))
	}
}

// add counts calls. The operations in wrong are those of which no request is what the
// document says.
func (r *row) add(c *spec.Catalogue, outcomes []driver.Outcome, wrong map[string]string) {
	called, mocked := map[string]bool{}, false
	for _, o := range outcomes {
		called[o.Operation] = true
		r.calls++
		request, response := violations(o.Violations)
		if request == "" && o.Error == "" {
			continue
		}
		if request == "" && r.independent && (response || mockFailed(o)) {
			mocked = true
			continue
		}
		r.failed++
		why := short(cmp.Or(request, o.Error))
		if wrong[o.Operation] != "" {
			why = "no value is what the document asks: " + why
		}
		r.reasons = append(r.reasons, o.Operation+": "+why)
	}
	if mocked {
		// How many differs between runs: such a server chooses its answers at random.
		r.reasons = append(r.reasons, "the server answered some calls with what the document does not say")
	}
	r.called = len(called)
	for _, op := range c.Operations {
		if !called[op.ID] {
			r.reasons = append(r.reasons, op.ID+": no client has it")
		}
	}
}

// short returns the beginning of a text as one line without what differs between runs.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if before, _, found := strings.Cut(text, "; request id "); found {
		text = before
	}
	if runes := []rune(text); len(runes) > 160 {
		text = string(runes[:160]) + "…"
	}
	return text
}

// maxReasons bounds the reasons in a row.
const maxReasons = 30

func (r *row) String() string {
	reasons := slices.Compact(slices.Sorted(slices.Values(r.reasons)))
	if n := len(reasons); n > maxReasons {
		reasons = append(reasons[:maxReasons:maxReasons], fmt.Sprintf("and %d more", n-maxReasons))
	}
	return fmt.Sprintf("%s\t%d\t%d\t%d\t%d\t%s\n", r.document, r.operations, r.called, r.calls, r.failed, strings.Join(reasons, "; "))
}

// keep writes a row into the table of a server in a file, in place of the one of the same
// document. Other rows stay.
func keep(file, server string, r row) error {
	head := head(server)
	rows := map[string]string{r.document: r.String()}
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for i, line := range slices.Collect(strings.Lines(string(text))) {
		document, _, _ := strings.Cut(line, "\t")
		if i >= strings.Count(head, "\n") && document != r.document {
			rows[document] = line
		}
	}
	var out strings.Builder
	out.WriteString(head)
	names := make([]string, 0, len(rows))
	for document := range rows {
		names = append(names, document)
	}
	slices.Sort(names)
	for _, document := range names {
		out.WriteString(rows[document])
	}
	return os.WriteFile(file, []byte(out.String()), 0o666)
}
