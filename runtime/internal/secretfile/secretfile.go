// Package secretfile reads tokens from files that others replace.
package secretfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// longest bounds what is read of a file.
const longest = 64 << 10

// Read returns the token that the file holds, without white space around it. It
// follows symbolic links, because platforms replace tokens by moving a link. The
// error holds nothing of the file.
func Read(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for whoever writes
		return "", fmt.Errorf("%s is not a file but %s", path, kind(info.Mode()))
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close() // read only: nothing can be lost
	text, err := io.ReadAll(io.LimitReader(file, longest+1))
	switch text = bytes.TrimSpace(text); {
	case err != nil:
		return "", err
	case len(text) > longest:
		return "", fmt.Errorf("%s is longer than %d bytes, so it holds no token", path, longest)
	case len(text) == 0:
		return "", fmt.Errorf("%s is empty", path)
	case strings.ContainsFunc(string(text), func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", errors.New(path + " holds more than one token: it has white space, or characters other than ASCII")
	}
	return string(text), nil
}

func kind(mode os.FileMode) string {
	if mode.IsDir() {
		return "a directory"
	}
	return "a device, a pipe or a socket"
}
