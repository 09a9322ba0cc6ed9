// Package secretfile reads tokens from files that others replace.
package secretfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/scopegen/scopegen/runtime/internal/ascii"
)

// longest bounds what is read of a file.
const longest = 64 << 10

// Read returns the token that the file holds, without white space around it. It
// follows symbolic links, because platforms replace tokens by moving a link. The
// error holds nothing of the file.
func Read(path string) (string, error) {
	text, err := Bytes(path)
	switch text = bytes.TrimSpace(text); {
	case err != nil:
		return "", err
	case len(text) == 0:
		return "", fmt.Errorf("%s is empty: see whether what writes the token there runs", path)
	case !ascii.Visible(string(text)):
		return "", fmt.Errorf("%s holds more than one token: it has white space, or characters other than ASCII; write nothing but the token there", path)
	}
	return string(text), nil
}

// Bytes returns what the file holds. The error holds nothing of it.
func Bytes(path string) ([]byte, error) {
	file, err := open(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%w: check the path, and whether what writes the file runs", err)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("%w: let the user that the program runs as read it", err)
	case err != nil:
		return nil, fmt.Errorf("%w: check the path", err)
	}
	defer file.Close() // read only: nothing can be lost
	// Of the file that is open, since the path may have become another's meanwhile.
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a file but %s: give the path of a file", path, kind(info.Mode()))
	}
	text, err := io.ReadAll(io.LimitReader(file, longest+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > longest:
		return nil, fmt.Errorf("%s is longer than %d bytes, so it is not the file that is meant: check the path", path, longest)
	}
	return text, nil
}

func kind(mode os.FileMode) string {
	if mode.IsDir() {
		return "a directory"
	}
	return "a device, a pipe or a socket"
}
