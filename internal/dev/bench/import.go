package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/scopegen/scopegen/internal/dev/synthetic"
)

// importing measures what it costs to make packages of an OpenAPI document: of those that
// the command line names, or else of synthetic ones.
func (b *bench) importing() error {
	documents := b.documents
	if len(documents) == 0 {
		for _, operations := range []int{1000, 5000} {
			folder := filepath.Join(b.folder, fmt.Sprintf("synthetic %d", operations))
			if err := synthetic.Write(folder, operations); err != nil {
				return err
			}
			document := folder + ".json"
			if _, err := b.run(folder, b.scopegen, "export", "openapi", "--out", document); err != nil {
				return err
			}
			documents = append(documents, document)
		}
	}
	heading("scopegen import openapi, and generate")
	for i, document := range documents {
		folder := filepath.Join(b.folder, fmt.Sprintf("imported %d", i))
		if err := os.Mkdir(folder, 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "go.mod"), []byte("module example.com/consumer\n\ngo 1.26\n"), 0o666); err != nil {
			return err
		}
		read, err := b.run(folder, b.scopegen, "import", "openapi", document, "--assume")
		if err != nil {
			return err
		}
		written, err := b.run(folder, b.scopegen, "generate", "--out", "api")
		if err != nil {
			return err
		}
		name := filepath.Base(document)
		row(name+", import: CPU time", "s", read.cpu.Seconds(), noAim)
		row(name+", import and generate: CPU time", "s", (read.cpu + written.cpu).Seconds(), noAim)
		row(name+", import and generate: peak memory", "MB", float64(max(read.peak, written.peak))/megabyte, noAim)
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	return nil
}
