// Package templates holds the text/template sources of everything that
// scopegen writes and that is not generated Go.
package templates

import "embed"

// Init is the scaffold that "scopegen init" writes: one template for each
// file, called as the file with .tmpl behind. They get a value with the
// fields Name and Title (of the API), Output (the folder of the clients),
// Package (of the catalogue's folder) and Command (how scopegen is called).
//
//go:embed init
var Init embed.FS

// Sandbox holds the pages that the sandbox shows to persons: the templates ask, code
// and done, for package html/template.
//
//go:embed sandbox
var Sandbox embed.FS

// Audit holds the page that "scopegen audit --format html" writes, for package
// html/template.
//
//go:embed audit
var Audit embed.FS
