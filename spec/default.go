package spec

import (
	"embed"
	"io/fs"
)

//go:embed scopes.yaml upvest/*.yaml
var embedded embed.FS

// Embedded returns the files of the catalogue in the box, that of the Upvest
// Investment API. Its table is scopes.yaml.
func Embedded() fs.FS { return embedded }

// Default loads the catalogue in the box. The error is a [diag.List].
func Default() (*Catalogue, error) {
	catalogue, findings := Load(embedded, "scopes.yaml")
	return catalogue, findings.Err()
}
