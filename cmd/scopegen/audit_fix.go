package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/scopegen/scopegen/internal/plural"
	"github.com/scopegen/scopegen/internal/program/audit"
	"github.com/scopegen/scopegen/internal/program/narrow"
	"github.com/scopegen/scopegen/internal/replace"
)

// fixAudit takes away what programs hold too much of, and says what it did and
// what it left.
func fixAudit(ctx context.Context, w io.Writer, config audit.Config) error {
	result, err := narrow.Rewrite(ctx, config)
	if err == nil {
		err = replace.Files(result.Files)
	}
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return err
		}
		return fmt.Errorf("no file was changed: %w", err)
	}
	for _, name := range result.Names {
		fmt.Fprintf(w, "wrote %s\n", name)
	}
	for _, done := range result.Done {
		fmt.Fprintf(w, "    %s\n", done)
	}
	for _, left := range result.Left {
		fmt.Fprintf(w, "left %s\n", left)
	}
	fmt.Fprintf(w, "%s in %s, %d left\n", plural.Count(len(result.Done), "change"), plural.Count(len(result.Files), "file"), len(result.Left))
	if len(result.Left) > 0 {
		return errFindings
	}
	return nil
}
