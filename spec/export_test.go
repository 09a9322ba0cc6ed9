package spec

import (
	"io/fs"

	"github.com/scopegen/scopegen/diag"
)

// LoadInPieces is Load with files cut into pieces of about size bytes.
func LoadInPieces(fsys fs.FS, name string, size int) (*Catalogue, diag.List) {
	b := defaultBounds
	b.whole = size
	return load(fsys, "", name, b)
}

// LoadBounded is Load with other bounds on the number of types and of warnings.
func LoadBounded(fsys fs.FS, name string, types, warnings int) (*Catalogue, diag.List) {
	b := defaultBounds
	b.schemas, b.warnings = types, warnings
	return load(fsys, "", name, b)
}
