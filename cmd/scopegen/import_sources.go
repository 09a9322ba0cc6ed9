package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/spec"
)

// sourceFlags say where else than in its security requirements a document, or a file
// beside it, names scopes.
type sourceFlags struct {
	extension string
	prose     string
	file      string
	table     string

	assumed diag.List // about the table
}

func (s *sourceFlags) flags(command *cobra.Command) {
	f := command.Flags()
	f.StringVar(&s.extension, "scope-extension", "", "the extension of operations that names their scopes, and the members on the way to them: x-scopes, or x-auth.scopes")
	f.StringVar(&s.prose, "scope-prose", "", "a regular expression for the descriptions of operations, whose first group is their scopes")
	f.StringVar(&s.file, "scope-file", "", "a file of lines \"GET /things/{id} things:read\"")
	f.StringVar(&s.table, "scope-table", "", "the published table of scopes, for their headings and what they permit")
	_ = command.MarkFlagFilename("scope-file")
	_ = command.MarkFlagFilename("scope-table")
}

// keep takes over what an earlier import has recorded. The files are not kept, so they
// have to be given each time.
func (s *sourceFlags) keep(recorded spec.Import) error {
	if s.extension == "" {
		s.extension = recorded.Extension
	}
	if s.prose == "" {
		s.prose = recorded.Prose
	}
	for _, one := range []struct{ flag, given, recorded string }{{"scope-file", s.file, recorded.File}, {"scope-table", s.table, recorded.Table}} {
		if one.given == "" && one.recorded != "" {
			return fmt.Errorf("the catalogue was imported with --%s %s: give that file again, or take the key out of the catalogue's import", one.flag, one.recorded)
		}
	}
	return nil
}

// read reads the files into the options.
func (s *sourceFlags) read(o *openapi.Options) error {
	o.Sources.Extension = s.extension
	if s.prose != "" {
		pattern, err := regexp.Compile(s.prose)
		if err != nil {
			return fmt.Errorf("--scope-prose: %w", err)
		}
		if pattern.NumSubexp() == 0 {
			return errors.New("--scope-prose: put parentheses around the part that is the scopes")
		}
		o.Sources.Prose = pattern
	}
	if s.file != "" {
		text, err := os.ReadFile(s.file)
		if err != nil {
			return err
		}
		if o.Sources.File, err = openapi.ReadCallScopes(filepath.Base(s.file), text); err != nil {
			return err
		}
	}
	if s.table == "" {
		return nil
	}
	text, err := readTable(s.table, nil)
	if err != nil {
		return err
	}
	o.Table = filepath.Base(s.table)
	published, findings := table.Parse(o.Table, text)
	if err := findings.Err(); err != nil {
		return err
	}
	s.assumed = findings
	for _, group := range published.Groups {
		for _, scope := range group.Scopes {
			o.Scopes = append(o.Scopes, openapi.Declared{Name: scope.Name, Permits: scope.Permits, Group: group.Title})
		}
	}
	return nil
}
