package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/internal/program"
	"github.com/scopegen/scopegen/internal/program/uses"
	"github.com/scopegen/scopegen/internal/visible"
)

// affectedUse is a use with what becomes of it. The name is deprecated unless it is
// gone or changed.
type affectedUse struct {
	uses.Use
	Gone    bool   `json:"gone"`
	Changed bool   `json:"changed"`
	Why     string `json:"why"`
	Action  string `json:"action"`
}

// breaks reports whether the use may not compile any more.
func (u affectedUse) breaks() bool { return u.Gone || u.Changed }

// message returns what the use is about, without its place.
func (u affectedUse) message() string {
	becomes := "will be gone"
	if u.Changed {
		becomes = "will change"
	}
	switch {
	case u.Kind == uses.Duplicate, u.Kind == uses.Ambiguous:
		return u.Why
	case u.Kind == uses.Interface:
		return fmt.Sprintf("%s %s, and %s needs it here: %s", u.Name, becomes, u.Detail, u.Why)
	case u.breaks():
		return fmt.Sprintf("%s %s: %s", u.Name, becomes, u.Why)
	}
	return u.Name + " " + u.Why
}

// affectedUses joins the uses that were found with what becomes of each name.
func affectedUses(found []uses.Use, affected map[string]diff.Affected) []affectedUse {
	list := make([]affectedUse, len(found))
	for i, u := range found {
		a := affected[u.Name]
		list[i] = affectedUse{u, a.Gone, a.Changed, a.Message, a.Action}
		switch u.Kind {
		case uses.Duplicate:
			list[i] = affectedUse{u, false, true, "this type will be the same as the one in " + u.Detail, "merge the two"}
		case uses.Ambiguous:
			list[i] = affectedUse{u, false, true, "this embedded type will be the same as the one in " + u.Detail + ", so their methods are ambiguous", "embed one of the two"}
		}
	}
	return list
}

// reportUses prints where a program uses what the report says is affected.
func reportUses(ctx context.Context, w, stderr io.Writer, report *diff.Report, o diffOptions) error {
	affected, err := report.Affected()
	if err != nil {
		return err
	}
	names := uses.Names{Output: report.Output(), Affected: map[string]bool{}, Moved: map[string]string{}}
	for name, a := range affected {
		names.Affected[name] = a.Gone || a.Changed
		if a.Use != "" {
			names.Moved[name] = a.Use
		}
	}
	loaded, err := program.Load(ctx, program.Config{Dir: ".", Patterns: o.uses, Tags: o.tags})
	if err != nil {
		return err
	}
	found := uses.Find(loaded, names)
	list := affectedUses(found.Uses, affected)
	breaking := false
	for _, u := range list {
		breaking = breaking || u.breaks()
	}
	for _, note := range report.Notes {
		fmt.Fprintf(stderr, "note: %s\n", note)
	}
	for _, s := range report.Suggestions {
		fmt.Fprintf(stderr, "note: %s may be called %s now (%.0f %%: %s): %s\n", s.From, s.To, s.Confidence*100, s.Reason, s.Action)
	}
	if len(found.Unbuilt) > 0 {
		fmt.Fprintf(stderr, "note: not searched, because they are not part of this build (see --tags): %s\n", strings.Join(found.Unbuilt, ", "))
	}
	if err := printUses(w, list, found, loaded.Broken, o.format); err != nil {
		return err
	}
	if err := loaded.CompileError(); err != nil {
		return fmt.Errorf("uses may be missing: %w", err)
	}
	if breaking || !o.breaking && len(list) > 0 {
		return errFindings
	}
	return nil
}

// printUses prints the uses in a format of diff.
func printUses(w io.Writer, list []affectedUse, found *uses.Result, broken []program.Broken, format string) error {
	switch format {
	case "json":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(struct {
			Uses    []affectedUse    `json:"uses"`
			Broken  []program.Broken `json:"broken,omitempty"`
			Unbuilt []string         `json:"unbuilt,omitempty"`
		}{list, broken, found.Unbuilt})
	case "github":
		findings := make(diag.List, len(list))
		for i, u := range list {
			findings[i] = diag.Diagnostic{
				Severity: diag.Warning, Code: "deprecated-name", Pos: diag.Position{File: u.File, Line: u.Line, Column: u.Column},
				Message: u.message(), Hint: u.Action,
			}
			switch {
			case u.Gone:
				findings[i].Severity, findings[i].Code = diag.Error, "name-gone"
			case u.Changed:
				findings[i].Severity, findings[i].Code = diag.Error, "name-changed"
			}
		}
		return printGitHub(w, findings)
	case "markdown":
		fmt.Fprintf(w, "| Where | Name | Why | What to do |\n|---|---|---|---|\n")
		for _, u := range list {
			fmt.Fprintf(w, "| %s:%d | %s | %s | %s |\n", visible.Markdown(u.File), u.Line, visible.MarkdownCode(u.Name), visible.Markdown(u.message()), visible.Markdown(u.Action))
		}
		return nil
	}
	var gone, changed int
	for _, u := range list {
		switch {
		case u.Gone:
			gone++
		case u.Changed:
			changed++
		}
		fmt.Fprintf(w, "%s:%d:%d: %s\n    do: %s\n", u.File, u.Line, u.Column, u.message(), u.Action)
	}
	_, err := fmt.Fprintf(w, "uses of what will be gone: %d, of what will change: %d, of what is deprecated: %d; packages searched: %d\n", gone, changed, len(list)-gone-changed, found.Packages)
	return err
}
