package output

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Tree is an output folder as it is on disk.
type Tree struct {
	folder   string // absolute, without symbolic links
	exists   bool
	manifest *Manifest
	hashes   map[string]string // generated files that are there → hash of what they hold
	others   []string          // files that are not scopegen's
}

// Open reads the output folder, which need not exist. It changes nothing, except
// that it puts back a tree that a killed run has moved away.
func Open(folder string) (*Tree, error) {
	absolute, err := Resolve(folder)
	if err != nil {
		return nil, err
	}
	if err := recoverIfNeeded(absolute); err != nil {
		return nil, err
	}
	// No other run may exchange the tree while it is read.
	unlock, err := lock(filepath.Dir(absolute), true)
	if errors.Is(err, fs.ErrNotExist) {
		return look(absolute)
	}
	if err != nil {
		return nil, err
	}
	defer unlock()
	return look(absolute)
}

// Resolve returns the absolute name of an output folder, which need not exist,
// without symbolic links. A folder behind a link is replaced where it is, and
// the link stays; a link that leads nowhere is an error.
func Resolve(folder string) (string, error) {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	below := ""
	for at := absolute; ; at = filepath.Dir(at) {
		resolved, err := filepath.EvalSymlinks(at)
		if err == nil {
			return filepath.Join(resolved, below), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if _, err := os.Lstat(at); err == nil {
			return "", fmt.Errorf("%s is a link to a folder that does not exist: make that folder, or name another output folder", at)
		}
		if at == filepath.Dir(at) {
			return absolute, nil
		}
		below = filepath.Join(filepath.Base(at), below)
	}
}

// look reads the tree in a folder, given by its absolute name.
func look(folder string) (*Tree, error) {
	t := &Tree{folder: folder, hashes: map[string]string{}}
	info, err := os.Stat(t.folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t, nil
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s is not a folder: name another output folder", folder)
	}
	t.exists = true
	root := os.DirFS(t.folder)
	if t.manifest, err = ReadManifest(root); err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	return t, fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() || name == ManifestName {
			return nil
		}
		if t.manifest == nil || t.manifest.Files[name] == "" || !d.Type().IsRegular() {
			t.others = append(t.others, name)
			return nil
		}
		content, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		t.hashes[name] = Hash(content)
		return nil
	})
}

// Manifest returns what scopegen recorded in the folder, nil for nothing.
func (t *Tree) Manifest() *Manifest { return t.manifest }

// Intact reports whether every recorded file is there and unchanged.
func (t *Tree) Intact() bool {
	return t.manifest != nil && maps.Equal(t.hashes, t.manifest.Files)
}

// Unchanged reports whether the files of a package are there, unchanged, as this
// generator wrote them for this digest.
func (t *Tree) Unchanged(generator, folder, digest string) bool {
	if t.manifest == nil || t.manifest.Generator != generator || t.manifest.Packages[folder] != digest {
		return false
	}
	for _, name := range t.manifest.filesOf(folder) {
		if t.hashes[name] != t.manifest.Files[name] {
			return false
		}
	}
	return true
}

// Edited returns the generated files that somebody has changed since.
func (t *Tree) Edited() []string {
	return t.recorded(func(now, then string) bool { return now != "" && now != then })
}

// Missing returns the generated files that are gone.
func (t *Tree) Missing() []string { return t.recorded(func(now, _ string) bool { return now == "" }) }

func (t *Tree) recorded(match func(now, then string) bool) []string {
	var names []string
	if t.manifest != nil {
		for name, then := range t.manifest.Files {
			if match(t.hashes[name], then) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// Package is a generated package. Files is nil if those on disk stay.
type Package struct {
	Folder string
	Digest string
	Files  map[string][]byte // path below the output folder → content
}

// Change is the difference between a tree and the packages that it should hold.
type Change struct {
	tree     *Tree
	manifest *Manifest
	write    map[string][]byte

	Written   []string // new, or with other content
	Deleted   []string
	Stranded  []string // files of others in a folder that scopegen leaves
	Unchanged int
}

// Compare returns the change after which the tree holds exactly these packages.
// meta gives the manifest's generator, API, import path and catalogue.
func (t *Tree) Compare(packages []Package, meta Manifest) *Change {
	c := &Change{tree: t, write: map[string][]byte{}, manifest: &meta}
	meta.Packages, meta.Files = map[string]string{}, map[string]string{}
	for _, p := range packages {
		meta.Packages[p.Folder] = p.Digest
		if p.Files == nil {
			for _, name := range t.manifest.filesOf(p.Folder) {
				meta.Files[name] = t.manifest.Files[name]
				c.Unchanged++
			}
			continue
		}
		for name, content := range p.Files {
			hash := Hash(content)
			meta.Files[name] = hash
			if t.hashes[name] == hash {
				c.Unchanged++
				continue
			}
			c.write[name] = content
		}
	}
	c.Written = slices.Sorted(maps.Keys(c.write))
	for name := range t.hashes {
		if meta.Files[name] == "" {
			c.Deleted = append(c.Deleted, name)
		}
	}
	slices.Sort(c.Deleted)
	left := map[string]bool{}
	for _, name := range c.Deleted {
		left[path.Dir(name)] = true
	}
	for name := range meta.Files {
		delete(left, path.Dir(name))
	}
	for _, name := range t.others {
		if left[path.Dir(name)] {
			c.Stranded = append(c.Stranded, name)
		}
	}
	return c
}

// Nothing reports whether no generated file has to change. The manifest may
// still have to.
func (c *Change) Nothing() bool { return len(c.Written)+len(c.Deleted) == 0 }

// Recorded reports whether the manifest needs no change.
func (c *Change) Recorded() bool {
	return c.tree.manifest != nil && bytes.Equal(c.manifest.encode(), c.tree.manifest.encode())
}

// Mixes returns an error if the folder holds the clients of another API.
func (c *Change) Mixes() error {
	if m := c.tree.manifest; m != nil && m.API != c.manifest.API {
		return fmt.Errorf("%s holds the clients of the API %q: name another folder for those of %q, or delete that one if the API was renamed", c.tree.folder, m.API, c.manifest.API)
	}
	return nil
}

// Conflict returns an error if the change would lose a file of the user's, an
// edit, or the clients of another API.
func (c *Change) Conflict() error {
	if err := c.Mixes(); err != nil {
		return err
	}
	var edited []string
	for _, name := range c.tree.Edited() {
		// A file that the change does not touch keeps its edit.
		if _, written := c.write[name]; written || slices.Contains(c.Deleted, name) {
			edited = append(edited, name)
		}
	}
	if len(edited) > 0 {
		return fmt.Errorf("%s: changed by hand since it was generated: move the change into a file of its own and delete this one, or restore it", strings.Join(edited, ", "))
	}
	var foreign []string
	for _, name := range c.tree.others {
		for wanted := range c.write {
			if wanted == name || strings.HasPrefix(wanted, name+"/") {
				content, err := os.ReadFile(filepath.Join(c.tree.folder, filepath.FromSlash(name)))
				if wanted != name || err != nil || Hash(content) != Hash(c.write[wanted]) {
					foreign = append(foreign, name)
				}
				break
			}
		}
	}
	for wanted := range c.write {
		if info, err := os.Lstat(filepath.Join(c.tree.folder, filepath.FromSlash(wanted))); err == nil && info.IsDir() {
			foreign = append(foreign, wanted)
		}
	}
	if len(foreign) > 0 {
		slices.Sort(foreign)
		return fmt.Errorf("%s: not written by scopegen, and a generated file is to go there: move or rename it", strings.Join(foreign, ", "))
	}
	return nil
}
