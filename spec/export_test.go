package spec

import (
	"io/fs"

	"github.com/scopegen/scopegen/internal/diag"
)

// LoadInPieces is Load with files cut into pieces of about size bytes.
func LoadInPieces(fsys fs.FS, name string, size int) (*Catalogue, diag.List) {
	b := defaultBounds
	b.whole = size
	return load(fsys, "", name, b)
}
