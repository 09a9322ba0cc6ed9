package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scopegen/scopegen/internal/dev/synthetic"
)

// sizes are the catalogues to generate, with the aims in CPU seconds and
// megabytes. Common generators that know no scopes took 2.4 s and 244 MB for
// a document like the one of 1,000, and 12.8 s and 1,165 MB for 5,000.
var sizes = []struct {
	operations int
	cpu, peak  float64
}{
	{100, noAim, noAim},
	{1000, 1.2, 150},
	{5000, 6, 500},
	{30000, 36, noAim}, // linear, from 5,000
}

// generating measures the command on synthetic catalogues.
func (b *bench) generating() error {
	heading("scopegen generate, 3 types of 12 fields for each operation, 1 scope for 20")
	for _, size := range sizes {
		folder := filepath.Join(b.folder, strconv.Itoa(size.operations))
		if err := synthetic.Write(folder, size.operations); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "go.mod"), []byte("module example.com/consumer\n\ngo 1.26\n"), 0o666); err != nil {
			return err
		}
		all, err := b.run(folder, b.scopegen, "generate")
		if err != nil {
			return err
		}
		files, bytes, err := measure(filepath.Join(folder, "api"))
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%d operations, from nothing", size.operations)
		row(name+": CPU time", "s", all.cpu.Seconds(), size.cpu)
		row(name+": wall time", "s", all.wall.Seconds(), noAim)
		row(name+": peak memory", "MB", float64(all.peak)/megabyte, size.peak)
		row(fmt.Sprintf("%s: output, %d files", name, files), "MB", float64(bytes)/megabyte, noAim)
		if err := b.editing(folder, size.operations, files); err != nil {
			return err
		}
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	return nil
}

// editing changes one type of one domain and generates again.
func (b *bench) editing(folder string, operations, files int) error {
	file := filepath.Join(folder, "domain1.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	edited := strings.Replace(string(text), "A remark.", "Another remark.", 1)
	if edited == string(text) {
		return fmt.Errorf("%s has nothing to edit", file)
	}
	if err := os.WriteFile(file, []byte(edited), 0o666); err != nil {
		return err
	}
	one, err := b.run(folder, b.scopegen, "generate")
	if err != nil {
		return err
	}
	written := strings.Count(one.output, "wrote ")
	name := fmt.Sprintf("%d operations, one domain edited", operations)
	row(name+": CPU time", "s", one.cpu.Seconds(), noAim)
	row(fmt.Sprintf("%s: written of %d files", name, files), "files", float64(written), 1)
	same, err := b.run(folder, b.scopegen, "generate")
	if err != nil {
		return err
	}
	row(fmt.Sprintf("%d operations, nothing to do: wall time", operations), "ms", ms(same.wall), noAim)
	return nil
}

// nothingToDo measures a run that finds everything up to date, as most do.
func (b *bench) nothingToDo() error {
	heading("scopegen generate, the Upvest catalogue")
	args := []string{"generate", "--catalogue", "builtin:upvest", "--out", "upvest"}
	folder := filepath.Join(b.folder, "consumer")
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "go.mod"), []byte("module example.com/consumer\n\ngo 1.26\n"), 0o666); err != nil {
		return err
	}
	all, err := b.run(folder, b.scopegen, args...)
	if err != nil {
		return err
	}
	row("from nothing: CPU time", "ms", ms(all.cpu), noAim)
	row("from nothing: wall time", "ms", ms(all.wall), noAim)
	var walls []time.Duration
	for range 21 {
		same, err := b.run(folder, b.scopegen, args...)
		if err != nil {
			return err
		}
		walls = append(walls, same.wall)
	}
	slices.Sort(walls)
	row("nothing to do: wall time, median of 21", "ms", ms(walls[len(walls)/2]), 50)
	row("nothing to do: wall time, worst of 21", "ms", ms(walls[len(walls)-1]), noAim)
	return nil
}

func ms(d time.Duration) float64 { return d.Seconds() / millisecond }

// measure counts the files below a folder, and their bytes.
func measure(folder string) (files int, bytes int64, err error) {
	err = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		files++
		bytes += info.Size()
		return nil
	})
	return files, bytes, err
}
