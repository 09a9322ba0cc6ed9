// Package narrow takes from programs what an audit says they hold too much of:
// scopes that are unreachable leave the sets that embed them, and clients give way
// to narrower ones.
package narrow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/internal/program"
	"github.com/scopegen/scopegen/internal/program/audit"
	"github.com/scopegen/scopegen/internal/program/fix"
	"github.com/scopegen/scopegen/internal/replace"
)

const command = "scopegen audit --fix"

// Result is what would be written, and what would not.
type Result struct {
	Files []replace.File
	Names []string // of the files, for people
	Done  []string // what is changed, in words
	Left  []string // what is not, with the reason
}

// step is one change that is made as a whole or not at all.
type step struct {
	what    string // what it did, in words
	at      string // for people
	subject string
	renames []fix.Rename
	changes []fix.Change
}

// Rewrite works out how programs have to change. Nothing is written to disk. It
// returns an error if they cannot be audited. Each change is tried, and left out
// if the programs, tests included, would not compile with it.
func Rewrite(ctx context.Context, config audit.Config) (*Result, error) {
	n := &narrower{config: config, overlay: map[string][]byte{}, refused: map[string]bool{}, result: &Result{}}
	for {
		config.Overlay = n.overlay
		found, err := audit.Audit(ctx, config)
		if err != nil {
			return nil, err
		}
		changed, err := n.round(ctx, found)
		if err != nil {
			return nil, err
		}
		if !changed {
			return n.result, n.finish()
		}
	}
}

type narrower struct {
	config  audit.Config
	overlay map[string][]byte
	refused map[string]bool // what was left already
	result  *Result
}

// round makes the changes that one audit advises. What a narrower client makes
// unreachable is found by the next one.
func (n *narrower) round(ctx context.Context, found *audit.Result) (bool, error) {
	steps := n.steps(found)
	if len(steps) == 0 {
		return false, nil
	}
	if n.try(ctx, steps) == nil {
		return true, nil
	}
	changed := false
	for _, s := range steps {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err := n.try(ctx, []step{s}); err != nil {
			n.leave(s.at, s.subject, err.Error())
			continue
		}
		changed = true
	}
	return changed, nil
}

// try makes changes if the programs compile with them.
func (n *narrower) try(ctx context.Context, steps []step) error {
	var renames []fix.Rename
	var changes []fix.Change
	for _, s := range steps {
		renames = append(renames, s.renames...)
		changes = append(changes, s.changes...)
	}
	config := program.Config{Dir: n.config.Dir, Patterns: n.config.Patterns, Tags: n.config.Tags, Overlay: n.overlay}
	result, err := fix.Apply(ctx, config, command, renames, changes)
	if err != nil {
		return err
	}
	if len(result.Left) > 0 {
		l := result.Left[0]
		if at := fmt.Sprintf("%s:%d:%d", l.File, l.Line, l.Column); at != steps[0].at {
			return fmt.Errorf("%s: %s: %s", at, l.Name, l.Why)
		}
		return errors.New(l.Why)
	}
	if len(result.Files) == 0 {
		return fmt.Errorf("nothing of it is in the packages that were named")
	}
	overlay := maps.Clone(n.overlay)
	for _, file := range result.Files {
		overlay[file.Path] = file.New
	}
	n.overlay = overlay
	for _, s := range steps {
		n.result.Done = append(n.result.Done, s.what)
	}
	return nil
}

func (n *narrower) leave(at, subject, why string) {
	text := at + ": " + subject + ": " + strings.ReplaceAll(why, "\n", "\n    ")
	if at == "" {
		text = strings.TrimPrefix(text, ": ")
	}
	if !n.refused[subject] {
		n.result.Left = append(n.result.Left, text)
	}
	n.refused[subject] = true
}

// steps returns the changes that an audit advises.
func (n *narrower) steps(found *audit.Result) []step {
	drops, narrowings := found.Advice()
	var steps []step
	add := func(s step, why string) {
		switch {
		case n.refused[s.subject]:
		case why != "":
			n.leave(s.at, s.subject, why)
		default:
			steps = append(steps, s)
		}
	}
	for _, d := range drops {
		s := step{at: d.Pos.String(), subject: "scope." + d.Go + " in the set " + d.Set}
		s.what = fmt.Sprintf("%s: scope.%s left the set %s", d.Pos.File, d.Go, d.Set)
		s.changes = []fix.Change{{File: d.Pos.File, Line: d.Pos.Line, Column: d.Pos.Column, Name: "scope." + d.Go}}
		why := ""
		if !d.Named {
			why = "the set is not a declared interface that embeds the scope"
		}
		add(s, why)
	}
	for _, one := range narrowings {
		from, to := one.From, one.To
		s := step{at: one.Pos.String(), subject: from.Package + "." + from.Type}
		s.what = fmt.Sprintf("%s.%s gave way to %s.%s", from.Package, from.Type, to.Package, to.Type)
		s.renames = []fix.Rename{{Path: from.Path, Name: from.Type, ToPath: to.Path, ToName: to.Type}}
		for _, constructor := range from.Constructors {
			s.renames = append(s.renames, fix.Rename{Path: from.Path, Name: constructor, ToPath: to.Path, ToName: to.Constructors[0]})
		}
		why := ""
		for _, l := range one.Lacking {
			if l.Pos.File == "" {
				why = "the set " + l.Set + " lacks scope." + strings.Join(l.Go, ", scope.") + ", and is not a declared interface"
			}
			s.changes = append(s.changes, fix.Change{File: l.Pos.File, Line: l.Pos.Line, Column: l.Pos.Column, Name: l.Set, Add: l.Go})
			s.what += fmt.Sprintf("; the set %s got scope.%s, which has to be granted", l.Set, strings.Join(l.Go, ", scope."))
		}
		add(s, why)
	}
	return steps
}

// finish compares what came of the files with what is on disk.
func (n *narrower) finish() error {
	dir, err := filepath.Abs(n.config.Dir)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(n.overlay)) {
		old, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if bytes.Equal(old, n.overlay[name]) {
			continue
		}
		n.result.Files = append(n.result.Files, replace.File{Path: name, Old: old, New: n.overlay[name]})
		if relative, err := filepath.Rel(dir, name); err == nil && filepath.IsLocal(relative) {
			name = relative
		}
		n.result.Names = append(n.result.Names, filepath.ToSlash(name))
	}
	return nil
}
