package audit

import (
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen/internal/generate/output"
)

// verify compares the files of the API's packages with the manifest that
// scopegen wrote beside them.
func (a *api) verify() error {
	for _, p := range a.packages {
		if p.PkgPath != a.path+"/scope" {
			continue
		}
		folder := filepath.Dir(filepath.Dir(p.GoFiles[0]))
		manifest, err := output.ReadManifest(os.DirFS(folder))
		if err != nil {
			return err
		}
		if manifest == nil {
			a.unverified = true
			return nil
		}
		for _, p := range a.packages {
			edited, err := edits(folder, manifest, p)
			if err != nil {
				return err
			}
			a.edited = append(a.edited, edited...)
		}
	}
	return nil
}

// empty reports whether a Go file declares and imports nothing, such as the one
// with the go:generate line that stands beside the clients.
func empty(content []byte) bool {
	file, err := parser.ParseFile(token.NewFileSet(), "", content, parser.SkipObjectResolution)
	return err == nil && len(file.Decls) == 0
}

// edits returns the files of a generated package that are not as the manifest in
// a folder says.
func edits(folder string, manifest *output.Manifest, p *packages.Package) (edited []edit, err error) {
	for _, name := range slices.Concat(p.GoFiles, p.OtherFiles) {
		relative, err := filepath.Rel(folder, name)
		if err != nil {
			return nil, err
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		switch hash := manifest.Files[filepath.ToSlash(relative)]; {
		case hash == "":
			if filepath.Ext(name) != ".json" && !empty(content) {
				edited = append(edited, edit{name, "was not written by scopegen, though it belongs to a generated package", p.PkgPath})
			}
		case hash != output.Hash(content):
			edited = append(edited, edit{name, "was edited after scopegen wrote it", p.PkgPath})
		}
	}
	return edited, nil
}

type edit struct {
	file, why string
	pkg       string // import path
}

// edits counts every operation of edited packages.
func (r *reach) edits() {
	for _, a := range r.code.apis {
		for _, e := range a.edited {
			if r.contained[e.pkg] == nil {
				continue
			}
			for _, c := range a.clients {
				if c.path != e.pkg {
					continue
				}
				for _, method := range slices.Sorted(maps.Keys(c.operations)) {
					r.sites = append(r.sites, site{step{why: "the package was edited: " + r.code.name(e.file)}, c, method, true})
				}
			}
		}
	}
}
