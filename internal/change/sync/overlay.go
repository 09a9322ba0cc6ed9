package sync

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"time"
)

// overlay is a file system in which some files have another content.
type overlay struct {
	fs.FS
	files map[string][]byte
}

func (o overlay) Open(name string) (fs.File, error) {
	content, ok := o.files[name]
	if !ok {
		return o.FS.Open(name)
	}
	return &memory{path.Base(name), int64(len(content)), bytes.NewReader(content)}, nil
}

type memory struct {
	name string
	size int64
	io.Reader
}

func (m *memory) Stat() (fs.FileInfo, error) { return m, nil }
func (m *memory) Close() error               { return nil }
func (m *memory) Name() string               { return m.name }
func (m *memory) Size() int64                { return m.size }
func (m *memory) Mode() fs.FileMode          { return 0o444 }
func (m *memory) ModTime() time.Time         { return time.Time{} }
func (m *memory) IsDir() bool                { return false }
func (m *memory) Sys() any                   { return nil }
