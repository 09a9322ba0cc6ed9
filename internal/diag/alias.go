package diag

import "github.com/scopegen/scopegen/diag"

// These names are of package diag at the root of the module, where users can
// import it.
type (
	Severity   = diag.Severity
	Position   = diag.Position
	Related    = diag.Related
	Diagnostic = diag.Diagnostic
	List       = diag.List
)

// The severities.
const (
	Error   = diag.Error
	Warning = diag.Warning
	Note    = diag.Note
)

// The printers.
var (
	Text   = diag.Text
	JSON   = diag.JSON
	GitHub = diag.GitHub
)
