package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/apitable"
	"github.com/scopegen/scopegen/spec"
)

// Call is one call that was made. As a line of a log it is a JSON object:
//
//	{"method":"GET","path":"/users/17","operation":"retrieve_user","scopes":["users:read"]}
//
// Either operation or both method and path must be there. Members that are not
// among these are ignored, so that a log may say more.
type Call struct {
	Method    string   `json:"method"`
	Path      string   `json:"path"`      // as sent; of a query, only what the paths of operations hold counts
	Operation string   `json:"operation"` // its id, "token" for a request for a token
	Scopes    []string `json:"scopes"`    // those of the access token

	line  int
	query string
}

const (
	maxCallLine = 1 << 20 // bytes
	tokenCall   = "token"
)

// ReadCalls reads a log of calls, one JSON object a line; name is the file's. Empty
// lines are skipped. The error names the line.
func ReadCalls(r io.Reader, name string) ([]Call, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxCallLine)
	var calls []Call
	number := 0
	for lines.Scan() {
		number++
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		call := Call{line: number}
		if err := json.Unmarshal(text, &call); err != nil {
			return nil, fmt.Errorf("%s:%d: no call as JSON: %w", name, number, err)
		}
		call.Path, call.query = spec.CutQuery(call.Path)
		if call.Operation == "" && (call.Method == "" || call.Path == "") {
			return nil, fmt.Errorf(`%s:%d: a call needs "operation", or "method" and "path"`, name, number)
		}
		calls = append(calls, call)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s:%d: the line is longer than %d bytes", name, number+1, maxCallLine)
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return calls, nil
}

// Only returns the one root that uses an API. With none or several it returns an
// error, which says what to do.
func (r *Result) Only() (*Root, error) {
	var only *Root
	var names []string
	for i := range r.Roots {
		if len(r.Roots[i].APIs) > 0 {
			only = &r.Roots[i]
			names = append(names, only.Name())
		}
	}
	switch len(names) {
	case 0:
		return nil, errors.New("nothing that was audited uses an API")
	case 1:
		return only, nil
	}
	return nil, fmt.Errorf("name one program: %s were audited", strings.Join(names, ", "))
}

// Observed adds a finding for each kind of call that a root made, as the named log
// says, and that is not among what it can reach.
func (r *Result) Observed(root *Root, name string, calls []Call) {
	o := observer{result: r, root: root, log: name, said: map[string]bool{}}
	for _, call := range calls {
		o.call(call)
	}
	r.sort()
}

// observer compares calls with what one root reaches.
type observer struct {
	result *Result
	root   *Root
	log    string
	said   map[string]bool
}

func (o *observer) find(call Call, rule, hint, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if o.said[message] {
		return
	}
	o.said[message] = true
	o.result.Findings = append(o.result.Findings, diag.Diagnostic{
		Severity: severity(rule), Code: rule, Pos: diag.Position{File: o.log, Line: call.line}, Message: message, Hint: hint,
	})
}

const ourDefect = "unless another program made the call, this is a defect of scopegen: please report it with the code that makes the call"

func (o *observer) call(call Call) {
	if call.Operation == tokenCall {
		return // it holds what was granted, which is for the server to say
	}
	api, op := o.operation(call)
	if op == nil {
		o.find(call, "SG1006", "leave it out of the log if another program made it",
			"no API in %s has an operation for the call %s", o.root.Name(), described(call))
		return
	}
	reached := reaches(api, op.ID)
	switch {
	case !reached && !o.result.raw[o.root.Name()]:
		o.find(call, "SG1010", ourDefect, "%s called %s %s (%s), which was held to be unreachable", o.root.Name(), op.Method, op.Path, op.ID)
	case reached && !o.result.wider[o.root.Name()]:
		for _, s := range call.Scopes {
			if !slices.Contains(api.Carried, s) {
				o.find(call, "SG1010", ourDefect, "a call of %s carried %s, which was held to be carried by none", o.root.Name(), s)
			}
		}
	}
}

func described(c Call) string {
	return strings.TrimSpace(c.Operation + " " + c.Method + " " + c.Path)
}

func reaches(a *API, operation string) bool {
	is := func(u Use) bool { return u.Operation == operation }
	return slices.ContainsFunc(a.Unscoped, is) || slices.ContainsFunc(a.Scopes, func(s Scope) bool { return slices.ContainsFunc(s.Operations, is) })
}

// operation returns the operation that a call is of. Where several paths match, the
// one with most literal segments counts, as for a server; the path may begin with
// that of the server's address. Where a log cannot tell which operation was called, since
// they are of two APIs or only their fragments tell them apart, one that is reached counts.
func (o *observer) operation(call Call) (*API, *apitable.Operation) {
	var api *API
	var found *apitable.Operation
	best := 0
	for i := range o.root.APIs {
		table := o.result.tables[o.root.APIs[i].Package]
		for j := range table.Operations {
			op := &table.Operations[j]
			if call.Operation != "" {
				if op.ID == call.Operation {
					return &o.root.APIs[i], op
				}
				continue
			}
			if op.Method != call.Method {
				continue
			}
			score, here := callScore(op.Path, call), &o.root.APIs[i]
			untold := found != nil && score == best && (api != here || sameRoute(op, found))
			if score > best || untold && !reaches(api, found.ID) && reaches(here, op.ID) {
				api, found, best = here, op, score
			}
		}
	}
	return api, found
}

// sameRoute reports whether only the fragments of their paths tell two operations apart.
func sameRoute(a, b *apitable.Operation) bool {
	pathA, fragmentA := spec.CutFragment(a.Path)
	pathB, fragmentB := spec.CutFragment(b.Path)
	return fragmentA != fragmentB && spec.PathShape(pathA) == spec.PathShape(pathB)
}

// callScore returns how well a call is one of an operation with the path template: 0 if
// it is none. Of paths that match equally, the one counts that has most in its query. A
// log may leave out queries, so that a call without one is of an operation with one in
// its path if there is no better.
func callScore(template string, call Call) int {
	score := 1000 * pathScore(template, call.Path)
	sent, err := url.ParseQuery(call.query)
	if score == 0 || err != nil {
		return score
	}
	for name, values := range spec.Query(template) {
		switch {
		case slices.Contains(sent[name], values[0]):
			score++
		case call.query == "":
			score--
		default:
			return 0
		}
	}
	return score
}

// pathScore returns how well a path is one of a template: 0 if it is none.
func pathScore(template, path string) int {
	segments, err := spec.Segments(template)
	if err != nil {
		return 0
	}
	texts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, text := range texts {
		if texts[i], err = url.PathUnescape(text); err != nil {
			return 0
		}
	}
	// One more segment of a template is a better match than one of the server's path.
	score := 1 + len(segments)*1000
	for _, s := range segments {
		if len(s.Names) == 0 {
			score += 2
		}
	}
	for len(texts) >= len(segments) {
		if fitsAll(segments, texts) {
			return score
		}
		texts = texts[1:]
	}
	return 0
}

// fitsAll reports whether texts are all those of the segments.
func fitsAll(segments []spec.Segment, texts []string) bool {
	for i, s := range segments {
		if len(texts) <= i || !fits(s, texts[i]) {
			return false
		}
		if s.Many && len(texts) > len(segments) && fitsAll(segments[i:], texts[i+1:]) {
			return true
		}
	}
	return len(texts) == len(segments)
}

// fits reports whether a text is one of a segment, each of whose placeholders
// stands for at least one character.
func fits(s spec.Segment, text string) bool {
	text, ok := strings.CutPrefix(text, s.Literals[0])
	if !ok || len(s.Names) == 0 {
		return ok && text == ""
	}
	for _, literal := range s.Literals[1 : len(s.Literals)-1] {
		if text == "" {
			return false
		}
		i := strings.Index(text[1:], literal)
		if i < 0 {
			return false
		}
		text = text[1+i+len(literal):]
	}
	last := s.Literals[len(s.Literals)-1]
	return len(text) > len(last) && strings.HasSuffix(text, last)
}
