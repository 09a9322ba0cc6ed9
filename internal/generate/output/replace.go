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
)

// step is called before each operation that changes the disk. Tests set it to
// end the process there.
var step = func(what string) {}

// Apply makes the change. If it returns an error, or the process is killed on
// the way, the folder keeps its old content; after the exchange it has the new.
// A second run on the same folder waits for the first.
func (c *Change) Apply() error {
	if err := c.Conflict(); err != nil {
		return err
	}
	manifest := c.manifest.encode()
	nothing := c.Nothing() && c.Recorded()
	work := workspaceOf(c.tree.folder)
	if nothing && !work.exists() {
		return nil
	}
	if err := c.protected(); err != nil {
		return err
	}
	parent := filepath.Dir(c.tree.folder)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return err
	}
	unlock, err := lock(parent, false)
	if err != nil {
		return err
	}
	defer unlock()
	if err := recoverSwap(c.tree.folder); err != nil {
		return err
	}
	// Another run may have changed the folder while this one waited or rendered.
	now, err := look(c.tree.folder)
	if err != nil {
		return err
	}
	if !same(now, c.tree) {
		return c.changedMeanwhile()
	}
	if err := work.remove(); err != nil || nothing {
		return err
	}
	if err := work.create(); err != nil {
		return err
	}
	if err := c.stage(work.tree(), manifest); err != nil {
		_ = work.remove() // what is left is removed by the next run
		return err
	}
	return c.swap(work)
}

// protected returns an error if a folder that would change is read-only. The
// exchange itself would not need the right to write in it.
func (c *Change) protected() error {
	folders := map[string]bool{c.tree.folder: true}
	for _, name := range slices.Concat(c.Written, c.Deleted) {
		folders[filepath.Join(c.tree.folder, filepath.FromSlash(path.Dir(name)))] = true
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		if info, err := os.Stat(folder); err == nil && info.Mode().Perm()&0o222 == 0 {
			return fmt.Errorf("%s is read-only: make it writable, or name another output folder", folder)
		}
	}
	return nil
}

func (c *Change) changedMeanwhile() error {
	return fmt.Errorf("%s: changed while this run was under way: run it again", c.tree.folder)
}

func same(a, b *Tree) bool {
	return (a.manifest == nil) == (b.manifest == nil) &&
		(a.manifest == nil || bytes.Equal(a.manifest.encode(), b.manifest.encode())) &&
		slices.Equal(a.Edited(), b.Edited()) && slices.Equal(a.Missing(), b.Missing()) && slices.Equal(a.others, b.others)
}

// stage builds the whole new tree in the workspace.
func (c *Change) stage(staged string, manifest []byte) error {
	if err := os.Mkdir(staged, 0o777); err != nil {
		return err
	}
	copyMode(c.tree.folder, staged) // what is made in it inherits its group
	deleted := map[string]bool{}
	for _, name := range c.Deleted {
		deleted[name] = true
	}
	emptied := map[string]bool{} // folders that hold nothing but deleted files
	for _, name := range c.Deleted {
		emptied[filepath.Dir(filepath.FromSlash(name))] = true
	}
	if c.tree.exists {
		err := filepath.WalkDir(c.tree.folder, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			relative, err := filepath.Rel(c.tree.folder, name)
			if err != nil || relative == "." {
				return err
			}
			slashed := filepath.ToSlash(relative)
			_, written := c.write[slashed]
			if slashed == ManifestName || written || deleted[slashed] {
				return nil
			}
			target := filepath.Join(staged, relative)
			if d.IsDir() {
				if emptied[relative] {
					return nil // made again below if something stays in it
				}
				return os.MkdirAll(target, 0o777)
			}
			return keep(name, target, d)
		})
		if err != nil {
			return err
		}
		defer copyModes(c.tree.folder, staged)
	}
	for _, name := range c.Written {
		if err := create(filepath.Join(staged, filepath.FromSlash(name)), c.write[name]); err != nil {
			return err
		}
	}
	return create(filepath.Join(staged, ManifestName), manifest)
}

// copyModes gives the folders of the new tree the permissions they had in the
// old one. It comes last, since they may forbid writing.
func copyModes(from, to string) {
	_ = filepath.WalkDir(to, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil
		}
		if relative, err := filepath.Rel(to, name); err == nil {
			copyMode(filepath.Join(from, relative), name)
		}
		return nil
	})
}

// copyMode gives a folder the group and permissions of another, if that is
// there. What the system does not allow is left as it is.
func copyMode(from, to string) {
	info, err := os.Stat(from)
	if err != nil || !info.IsDir() {
		return
	}
	copyGroup(info, to)
	_ = os.Chmod(to, info.Mode()&(fs.ModePerm|fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky))
}

// keep links a file into the new tree, or copies it where the file system has no
// hard links.
func keep(from, to string, d fs.DirEntry) error {
	step("keep " + from)
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	if d.Type()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	}
	if !d.Type().IsRegular() {
		return fmt.Errorf("%s is neither a file, a folder nor a link: move it out of the output folder", from)
	}
	if os.Link(from, to) == nil {
		return nil
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	info, err := d.Info()
	if err != nil {
		return err
	}
	if err := create(to, content); err != nil {
		return err
	}
	return errors.Join(os.Chmod(to, info.Mode().Perm()), os.Chtimes(to, info.ModTime(), info.ModTime()))
}

// create writes a new file and flushes it to disk.
func create(name string, content []byte) error {
	step("create " + name)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// swap puts the new tree in the folder's place and removes the old one.
func (c *Change) swap(work workspace) error {
	folder := c.tree.folder
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		step("put the new tree in place")
		return errors.Join(os.Rename(work.tree(), folder), work.remove())
	}
	step("exchange the trees")
	if err := swapTrees(work, folder); err != nil {
		return errors.Join(err, work.remove())
	}
	// The old tree is in the workspace now. Somebody may have worked on it while
	// the new one was built. If a generated file was edited, everything is put
	// back, so that the edit is not lost; other new files are moved over.
	if c.editedIn(work.tree()) {
		if err := swapTrees(work, folder); err != nil {
			return fmt.Errorf("%w; the files as they were are in %s", err, work.tree())
		}
		return errors.Join(c.changedMeanwhile(), work.remove())
	}
	if err := c.rescue(work.tree(), folder); err != nil {
		return fmt.Errorf("%w; the files as they were are in %s", err, work.tree())
	}
	step("remove the old tree")
	return work.remove()
}

// editedIn reports whether a generated file of the old tree has changed since the
// tree was read.
func (c *Change) editedIn(old string) bool {
	for name, hash := range c.tree.hashes {
		content, err := os.ReadFile(filepath.Join(old, filepath.FromSlash(name)))
		if err == nil && Hash(content) != hash {
			return true
		}
	}
	return false
}

// rescue moves files that were added to the old tree since it was read.
func (c *Change) rescue(old, folder string) error {
	return filepath.WalkDir(old, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		relative, err := filepath.Rel(old, name)
		if err != nil {
			return err
		}
		slashed := filepath.ToSlash(relative)
		if slashed == ManifestName || c.tree.hashes[slashed] != "" {
			return nil
		}
		here, err := os.Lstat(name)
		if err != nil {
			return err
		}
		target := filepath.Join(folder, relative)
		there, err := os.Lstat(target)
		if err == nil && (os.SameFile(here, there) || !here.ModTime().After(there.ModTime())) {
			return nil
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
			return err
		}
		return os.Rename(name, target)
	})
}
