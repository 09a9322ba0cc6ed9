package program

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	"github.com/scopegen/scopegen/internal/apitable"
	"github.com/scopegen/scopegen/internal/generate/output"
)

// Output is a folder of packages that scopegen generated.
type Output struct {
	Folder   string // absolute
	Manifest *output.Manifest
}

// generation says who wrote a file.
type generation struct {
	scopegen bool
	output   *Output
}

// Generated reports whether scopegen wrote a file, by its first line or because
// a manifest lists it. It returns the output whose manifest lists the file, or
// nil if there is none.
func (p *Program) Generated(file string) (*Output, bool) {
	known := p.generated[file]
	if known == nil {
		known = &generation{scopegen: HasHeader(file)}
		if known.output = p.outputOf(file); known.output != nil {
			known.scopegen = true
		}
		p.generated[file] = known
	}
	return known.output, known.scopegen
}

// HasHeader reports whether a file starts with the line that scopegen writes
// at the top of every file.
func HasHeader(name string) bool {
	file, err := os.Open(name)
	if err != nil {
		return false
	}
	defer file.Close() // read only: nothing can be lost
	line, _ := bufio.NewReader(file).ReadString('\n')
	return strings.HasPrefix(line, "// "+apitable.GeneratedBy)
}

// outputOf returns the output that a file belongs to. Packages are generated
// into the folder of the manifest and into the folders directly below it.
func (p *Program) outputOf(file string) *Output {
	folder := filepath.Dir(file)
	for range 2 {
		if o := p.outputIn(folder); o != nil {
			if relative, err := filepath.Rel(folder, file); err == nil && o.Manifest.Files[filepath.ToSlash(relative)] != "" {
				return o
			}
		}
		folder = filepath.Dir(folder)
	}
	return nil
}

// outputIn returns the output whose manifest is in a folder, or nil. A manifest
// that cannot be read lists no file.
func (p *Program) outputIn(folder string) *Output {
	known, ok := p.outputs[folder]
	if !ok {
		if text, err := os.ReadFile(filepath.Join(folder, output.ManifestName)); err == nil {
			if manifest, err := output.ParseManifest(text); err == nil {
				known = &Output{folder, manifest}
			}
		}
		p.outputs[folder] = known
	}
	return known
}
