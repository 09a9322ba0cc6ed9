package spec

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/diag"
)

func (o *Operation) check(f fields) {
	if o.ID == "" && f.has("id") {
		f.errorf("missing-value", f.value("id"), "the operation's id is empty")
	}
	f.goNames(o.GoName, o.Domain)
	if o.Source != "" {
		f.wrong("url", "source", wrongURL(o.Source))
	}
	o.checkParameters(f)
	o.checkBody(f)
	o.checkResponses(f)
	o.checkHeaders(f)
	for _, finding := range o.Errors.findings(false) {
		f.report(finding)
	}
}

func (o *Operation) checkParameters(f fields) {
	var inPath []string
	if f.has("path") {
		before, _ := CutQuery(o.Path)
		var wrong string
		if inPath, wrong = placeholders(before); wrong == "" {
			wrong = cmp.Or(wrongQuery(o.Path), wrongFragment(o.Path))
		}
		if f.wrong("path", "path", wrong) {
			inPath = nil
		}
	}
	type identity struct{ in, name string }
	seen := map[identity]Position{}
	var declared []string
	for _, p := range o.Parameters {
		if p == nil || p.Name == "" {
			continue
		}
		id := identity{p.In, p.Name}
		if p.In == "header" {
			id.name = strings.ToLower(p.Name) // RFC 9110, section 5.1
		}
		if first, again := seen[id]; again {
			f.report(diag.Diagnostic{Code: "duplicate-parameter", Pos: p.Pos, Message: fmt.Sprintf("%s parameter %q is declared twice", p.In, p.Name), Related: []diag.Related{{Pos: first, Message: "the first is here"}}})
			continue
		}
		seen[id] = p.Pos
		if p.In == "query" && Query(o.Path).Has(p.Name) {
			f.report(diag.Diagnostic{
				Code: "duplicate-parameter", Pos: p.Pos, Message: fmt.Sprintf("query parameter %q stands in the path, so that each call has it as it is there", p.Name),
				Related: []diag.Related{{Pos: f.value("path"), Message: "the path is here"}},
				Hint:    "remove it here, or there if a caller chooses its value",
			})
		}
		if p.In != "path" {
			continue
		}
		declared = append(declared, p.Name)
		if !slices.Contains(inPath, p.Name) && o.Path != "" {
			f.report(diag.Diagnostic{
				Code: "path-parameter", Pos: p.Pos, Message: fmt.Sprintf("the path has no placeholder {%s}", p.Name),
				Related: []diag.Related{{Pos: f.value("path"), Message: "the path is here"}},
				Hint:    f.p.didYouMean(p.Name, inPath),
			})
		}
	}
	for _, p := range Placeholders(o.Path) {
		i := slices.IndexFunc(o.Parameters, func(q *Parameter) bool { return q != nil && q.In == "path" && q.Name == p.Name })
		if p.Pattern == "" || i < 0 || o.Parameters[i].Schema == nil {
			continue
		}
		if kind := o.Parameters[i].Schema.JSONType(); kind != "" && kind != "string" {
			f.report(diag.Diagnostic{
				Code: "path-parameter", Pos: o.Parameters[i].Pos, Message: fmt.Sprintf("the path parameter %q has the pattern %s and the type %s: only a text has the form of a pattern", p.Name, p.Pattern, kind),
				Related: []diag.Related{{Pos: f.value("path"), Message: "the pattern is here"}},
			})
		}
	}
	for _, name := range inPath {
		if !slices.Contains(declared, name) {
			hint := f.p.didYouMean(name, declared)
			if hint == "" {
				hint = fmt.Sprintf("add to its parameters: {name: %s, in: path, schema: {type: string}}", name)
			}
			f.report(diag.Diagnostic{Code: "path-parameter", Pos: f.value("path"), Message: fmt.Sprintf("no parameter says what {%s} in the path is", name), Hint: hint})
		}
	}
}

func (o *Operation) checkBody(f fields) {
	if o.BodyOptional && len(o.Body) == 0 {
		f.errorf("body", f.key("body_optional"), "there is no body that could be optional")
	}
	if o.BodyStyle != "" && !slices.ContainsFunc(o.Body, func(e Entry[*Schema]) bool { return e.Key == "application/x-www-form-urlencoded" }) {
		f.errorf("body", f.key("body_style"), "only a body of application/x-www-form-urlencoded has a style")
	}
	if f.has("body") && len(o.Body) == 0 {
		f.report(diag.Diagnostic{Code: "body", Pos: f.value("body"), Message: "the body has no media type", Hint: "name the one that is sent; an operation without a body has no key \"body\""})
	}
	for _, entry := range o.Body {
		if wrong := wrongMediaType(entry.Key, true); wrong != "" {
			f.errorf("media-type", entry.Pos, "%s", wrong)
		}
	}
}

func (o *Operation) checkResponses(f fields) {
	if f.has("responses") && len(o.Responses) == 0 {
		f.report(diag.Diagnostic{Code: "responses", Pos: f.value("responses"), Message: "no success response is stated", Hint: "name each success status; one without a body is written 204: {}"})
	}
	for _, response := range o.Responses {
		status, err := strconv.Atoi(response.Key)
		switch {
		case err != nil || len(response.Key) != 3:
			f.errorf("status", response.Pos, "%q is not a status; write each success status with three digits", response.Key)
		case status >= 400 && status <= 599:
			f.report(diag.Diagnostic{Code: "status", Pos: response.Pos, Message: fmt.Sprintf("%d is the status of an error", status), Hint: "list it under errors; responses are those that mean success"})
		case status == http.StatusNotModified:
			f.report(diag.Diagnostic{Code: "status", Pos: response.Pos, Message: "304 is no result of a call", Hint: "list it under errors; responses are those that mean success"})
		case status >= 300 && status <= 399 && len(response.Value) > 0:
			f.report(diag.Diagnostic{Code: "status", Pos: response.Pos, Message: fmt.Sprintf("the result of a redirect is its Location, not a body; write %d: {}", status)})
		case status >= 300 && status <= 399:
		case status < 200 || status > 599:
			f.errorf("status", response.Pos, "%d is not the status of a success, which is 200 to 299, or of a redirect", status)
		case len(response.Value) > 0 && (status == http.StatusNoContent || status == http.StatusResetContent):
			f.errorf("status", response.Pos, "a response with status %d has no body (RFC 9110, section 15); write %d: {}", status, status)
		}
		for _, content := range response.Value {
			if wrong := wrongMediaType(content.Key, false); wrong != "" {
				f.errorf("media-type", content.Pos, "%s", wrong)
			}
		}
	}
}

// checkHeaders checks the names of the header fields of responses.
func (o *Operation) checkHeaders(f fields) {
	seen := map[string]bool{}
	for _, header := range o.ResponseHeaders {
		lower := strings.ToLower(header.Key) // RFC 9110, section 5.1
		switch {
		case !isToken(header.Key):
			f.errorf("header", header.Pos, "%q is not the name of a header (RFC 9110, section 5.1)", header.Key)
		case seen[lower]:
			f.errorf("duplicate-key", header.Pos, "header %q is there twice; case makes no difference", header.Key)
		}
		seen[lower] = true
	}
}

func (p *Parameter) check(f fields) {
	if p.Name == "" && f.has("name") {
		f.errorf("missing-value", f.value("name"), "the parameter's name is empty")
	}
	f.goNames(p.GoName, "")
	if p.Style != "" && p.In != "query" {
		f.report(diag.Diagnostic{Code: "parameter-style", Pos: f.key("style"), Message: fmt.Sprintf("a parameter in the %s has no style", p.In), Hint: "remove the key: items of a list in a path are joined by commas, those in a header have a field each"})
	}
	switch p.In {
	case "path":
		if f.has("required") && !p.Required {
			f.report(diag.Diagnostic{Code: "path-parameter", Pos: f.value("required"), Message: "a path parameter is always required", Hint: "remove the key"})
		}
		p.Required = true
	case "header":
		if p.Name != "" {
			f.wrong("header", "name", wrongHeader(p.Name))
		}
	}
}

// checkSets checks what can be checked of the sets of a requirement without the
// table, and reports whether they can be used.
func checkSets(p *piece, key string, pos Position, sets [][]Text) bool {
	if len(sets) == 0 {
		p.report(diag.Diagnostic{Code: "empty-requirement", Pos: pos, Message: fmt.Sprintf("%s is an empty list", key), Hint: "an operation that needs a token without scopes says token, one that needs none says public"})
		return false
	}
	ok := true
	for _, set := range sets {
		if len(set) == 0 {
			p.report(diag.Diagnostic{Code: "empty-requirement", Pos: pos, Message: "a set without scopes is met by every token", Hint: "if that is meant, write requires: token"})
			ok = false
		}
		ok = distinct(p.loader, set, "scope ") && ok
	}
	if !ok {
		return false
	}
	first := make(map[string]Position, len(sets))
	for _, set := range sets {
		key := ScopeKey(set)
		if earlier, again := first[key]; again {
			p.report(diag.Diagnostic{Code: "duplicate-value", Pos: set[0].Pos, Message: fmt.Sprintf("%s is listed twice", quoteSet(set)), Related: []diag.Related{{Pos: earlier, Message: "the first is here"}}})
			ok = false
			continue
		}
		first[key] = set[0].Pos
	}
	const most = 200 // sets that are compared with each other; the work grows with the square
	for i := 0; ok && i < len(sets) && len(sets) <= most; i++ {
		if j := subset(sets, i); j >= 0 {
			p.report(diag.Diagnostic{
				Severity: diag.Warning, Code: "redundant-set", Pos: sets[i][0].Pos,
				Message: fmt.Sprintf("%s adds nothing: %s is enough already", quoteSet(sets[i]), quoteSet(sets[j])),
				Related: []diag.Related{{Pos: sets[j][0].Pos, Message: "the smaller set is here"}},
				Hint:    "remove the larger set",
			})
		}
	}
	return ok
}

// subset finds a set all of whose scopes are in set i too, or -1. No set holds
// a scope twice.
func subset(sets [][]Text, i int) int {
	in := ScopesOf(sets[i])
	return slices.IndexFunc(sets, func(other []Text) bool { return len(other) < len(sets[i]) && in.Covers(other) })
}

func quoteSet(set []Text) string {
	words := make([]string, 0, len(set))
	for i, scope := range set {
		if i == 5 {
			words = append(words, fmt.Sprintf("%d more", len(set)-i))
			break
		}
		words = append(words, strconv.Quote(scope.Value))
	}
	return strings.Join(words, " with ")
}
