// Package output writes generated files to disk without risk to other files.
//
// A manifest in the output folder lists every file that scopegen wrote, with its
// hash. Only these files are ever replaced or deleted, and only while their
// content is as recorded. If somebody has edited one, or has written another file
// in the place of a generated one, the run stops before it changes anything.
//
// A run builds the whole new tree beside the folder and then exchanges the two in
// one step, so that a process killed at any moment leaves the old tree or the new
// one. The user's own files are hard-linked into the new tree: they are the same
// files before and after.
package output

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// ManifestName is the manifest's name in the output folder.
const ManifestName = "scopegen.json"

// Manifest records what scopegen wrote and from what. It is the same on every
// machine.
type Manifest struct {
	Format     int               `json:"scopegen"`  // of the manifest
	Generator  string            `json:"generator"` // the form of the generated code: scopegen.Generator
	API        string            `json:"api"`       // its name
	ImportPath string            `json:"import_path"`
	Catalogue  map[string]string `json:"catalogue"` // input file → SHA-256; relative to the table's folder
	Packages   map[string]string `json:"packages"`  // folder → digest of what its files are made of
	Files      map[string]string `json:"files"`     // path → SHA-256
}

const format = 1

// Hash is the hash of a file as a manifest writes it.
func Hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// ReadManifest reads the manifest in folder. It returns nil without an error
// if there is none.
func ReadManifest(folder fs.FS) (*Manifest, error) {
	text, err := fs.ReadFile(folder, ManifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return ParseManifest(text)
}

// ParseManifest reads a manifest. Every path in the result is inside the output
// folder.
func ParseManifest(text []byte) (*Manifest, error) {
	fail := func(why string) (*Manifest, error) {
		return nil, fmt.Errorf("%s: %s: restore it from version control, or delete it together with the files that scopegen wrote and generate again", ManifestName, why)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var m Manifest
	if err := decoder.Decode(&m); err != nil {
		return fail("not a manifest: " + err.Error())
	}
	if decoder.More() {
		return fail("there is something behind the manifest")
	}
	if m.Format != format {
		return fail(fmt.Sprintf("the manifest has format %d, and this scopegen knows %d", m.Format, format))
	}
	for _, names := range []map[string]string{m.Files, m.Packages} {
		for name := range names {
			if !fs.ValidPath(name) || strings.ContainsAny(name, "\\:\x00") {
				return fail(fmt.Sprintf("%q is not a path inside the folder", name))
			}
		}
	}
	for name, hash := range m.Files {
		if raw, err := hex.DecodeString(hash); err != nil || len(raw) != sha256.Size {
			return fail(fmt.Sprintf("the hash of %q is not one", name))
		}
		if name == "." || name == ManifestName {
			return fail(fmt.Sprintf("%q cannot be a generated file", name))
		}
	}
	return &m, nil
}

// encode writes a manifest; equal ones have equal bytes.
func (m *Manifest) encode() []byte {
	m.Format = format
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "\t")
	if err := encoder.Encode(m); err != nil {
		panic(err) // strings always encode
	}
	return b.Bytes()
}

// filesOf returns the recorded files of a package, sorted.
func (m *Manifest) filesOf(folder string) []string {
	var names []string
	for name := range m.Files {
		if path.Dir(name) == folder {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
