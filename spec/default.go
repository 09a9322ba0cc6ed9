package spec

import (
	"embed"
	"io/fs"

	"github.com/scopegen/scopegen/internal/diag"
)

//go:embed *
var embedded embed.FS

// Embedded holds the catalogue in the box, the Upvest Investment API. Its
// table is scopes.yaml.
func Embedded() fs.FS { return embedded }

// Default loads the catalogue in the box.
func Default() (*Catalogue, diag.List) { return Load(embedded, "scopes.yaml") }
