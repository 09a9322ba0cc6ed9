// Command bench prints what generating and auditing cost, and what generated code costs
// those who build it, each figure beside its aim.
//
// Everything is measured on the scopegen command and on programs as a user has
// them, each in a process of its own: CPU time is user and system time of the
// process and its children, memory is the largest resident set. It is run from
// the root of the repository, by "make bench". Arguments select parts: generate,
// nothing, import, build, audit, compare, large. Other arguments are OpenAPI documents
// that import measures.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "scopegen-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) // it is temporary; what stays is the system's to clear
	b := &bench{ctx: ctx, root: root, folder: folder, scopegen: filepath.Join(folder, "scopegen")}
	if _, err := b.run(root, "go", "build", "-o", b.scopegen, "./cmd/scopegen"); err != nil {
		return err
	}
	parts := []part{
		{"generate", b.generating}, {"nothing", b.nothingToDo}, {"import", b.importing}, {"build", b.building}, {"audit", b.auditing}, {"compare", b.comparing}, {"large", b.auditingLarge},
	}
	var selected []string
	for _, argument := range os.Args[1:] {
		if filepath.Ext(argument) == "" {
			selected = append(selected, argument)
			continue
		}
		document, err := filepath.Abs(argument)
		if err != nil {
			return err
		}
		b.documents = append(b.documents, document)
	}
	for _, name := range selected {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			return fmt.Errorf("there is no part %q, and an OpenAPI document ends in .json or .yaml: the parts are generate, nothing, import, build, audit, compare and large", name)
		}
	}
	for _, part := range parts {
		if len(selected) > 0 && !slices.Contains(selected, part.name) {
			continue
		}
		if err := part.measure(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// part is a part of the benchmark.
type part struct {
	name    string
	measure func() error
}

// bench holds what the measurements share.
type bench struct {
	ctx                    context.Context
	root, folder, scopegen string
	documents              []string // to import; absolute paths
}

const (
	rowFormat    = "%-62s %14s   %s\n"
	millisecond  = 0.001
	megabyte     = 1 << 20
	noAim        = -1
	headline     = "figure"
	headlineGot  = "measured"
	headlineGoal = "aim"
)

func heading(title string) {
	fmt.Printf("\n%s\n", title)
	fmt.Printf(rowFormat, headline, headlineGot, headlineGoal)
}

// row prints one figure; what is above its aim is marked.
func row(what, unit string, got, aim float64) {
	goal := ""
	if aim != noAim {
		goal = "≤ " + number(aim) + " " + unit
		if got > aim {
			goal += "   ABOVE"
		}
	}
	fmt.Printf(rowFormat, what, number(got)+" "+unit, goal)
}

func number(v float64) string {
	switch {
	case v >= 100 || v == float64(int64(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
