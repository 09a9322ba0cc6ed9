// Package replace puts new content in the place of files, in all of them or in
// none. The runtime uses it too, so it imports the standard library alone.
package replace

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// File is a file to replace.
type File struct {
	Path string // of a file that exists; a link is followed
	Old  []byte // what the file held when it was read
	New  []byte
}

// rename is [os.Rename], except in tests of a disk that fails on the way.
var rename = os.Rename

// Files replaces the files, in the order of the list. Permissions stay. If one
// of them cannot be replaced, or no longer holds what was read, all are left or
// put back as they were.
//
// Each file is replaced in one step, so a process that is killed on the way
// leaves some files old and some new, and none half written.
func Files(files []File) error {
	var staged []stagedFile
	defer func() {
		for _, s := range staged {
			_ = os.Remove(s.new) // not there if all went well
			_ = os.Remove(s.old)
		}
	}()
	for _, f := range files {
		s, err := stage(f)
		if err != nil {
			return fmt.Errorf("%w; no file was changed", err)
		}
		staged = append(staged, s)
	}
	for i, s := range staged {
		err := unchanged(s.path, files[i].Old)
		if err == nil {
			err = rename(s.new, s.path)
		}
		if err != nil {
			return putBack(staged, i, err)
		}
	}
	return nil
}

// putBack restores the first n files.
func putBack(staged []stagedFile, n int, cause error) error {
	var failed error
	for i := range n {
		if err := os.Rename(staged[i].old, staged[i].path); err != nil {
			failed = errors.Join(failed, err)
			staged[i].old = "" // keep it: it is the only copy
		}
	}
	if failed != nil {
		return fmt.Errorf("%w; some files could not be put back: %w", cause, failed)
	}
	return fmt.Errorf("%w; no file was changed", cause)
}

// stagedFile is a file with its old and its new content beside it.
type stagedFile struct{ path, old, new string }

func stage(f File) (s stagedFile, err error) {
	if s.path, err = filepath.EvalSymlinks(f.Path); err != nil {
		return s, err
	}
	if err := unchanged(s.path, f.Old); err != nil {
		return s, err
	}
	// The folder alone decides whether a file can be replaced. Somebody who made
	// the file read-only does not want it changed.
	writable, err := os.OpenFile(s.path, os.O_WRONLY, 0)
	if err != nil {
		return s, err
	}
	info, err := writable.Stat()
	if err = errors.Join(err, writable.Close()); err != nil {
		return s, err
	}
	if s.old, err = write(s.path, f.Old, info.Mode().Perm()); err != nil {
		return s, err
	}
	if s.new, err = write(s.path, f.New, info.Mode().Perm()); err != nil {
		_ = os.Remove(s.old) // the first error counts
	}
	return s, err
}

// unchanged returns an error if a file does not hold what it held.
func unchanged(path string, old []byte) error {
	now, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, old) {
		return fmt.Errorf("%s was changed while this run was under way: run it again", path)
	}
	return nil
}

// write writes a temporary file beside another and returns its name.
func write(beside string, content []byte, mode os.FileMode) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(beside), "."+filepath.Base(beside)+".*.tmp")
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(f.Name()) // the first error counts
		return "", err
	}
	return f.Name(), nil
}

// One puts content in the place of the file at path, or writes a new file, in one step.
// The file has these permissions then, and is on disk when One returns. A link is
// replaced.
func One(path string, content []byte, mode os.FileMode) error {
	temporary, err := write(path, content, mode)
	if err != nil {
		return err
	}
	if err := rename(temporary, path); err != nil {
		_ = os.Remove(temporary) // the first error counts
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// Create writes new files, in the order of the list, all or none of them. A file
// that is there already is an error. Each file appears in one step, whole.
func Create(files []File) (err error) {
	var created []string
	defer func() {
		if err == nil {
			return
		}
		for _, path := range created {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	for _, f := range files {
		temporary, err := write(f.Path, f.New, 0o644)
		if err != nil {
			return err
		}
		err = os.Link(temporary, f.Path)
		if err = errors.Join(err, os.Remove(temporary)); err != nil {
			return err
		}
		created = append(created, f.Path)
	}
	return nil
}
