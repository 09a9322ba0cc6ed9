package plan

import (
	"fmt"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/spec"
)

type claim struct {
	pos  spec.Position
	what string
}

// finding is a finding that was reported, to which more can be added.
type finding struct{ d *diag.Diagnostic }

// errorf reports an error.
func (b *builder) errorf(code string, pos spec.Position, format string, args ...any) finding {
	b.diags = append(b.diags, diag.Diagnostic{Severity: diag.Error, Code: code, Pos: pos, Message: fmt.Sprintf(format, args...)})
	return finding{&b.diags[len(b.diags)-1]}
}

// warn reports a warning.
func (b *builder) warn(code string, pos spec.Position, format string, args ...any) finding {
	f := b.errorf(code, pos, format, args...)
	f.d.Severity = diag.Warning
	return f
}

// related adds a second place to a finding.
func (f finding) related(pos spec.Position, message string) finding {
	f.d.Related = append(f.d.Related, diag.Related{Pos: pos, Message: message})
	return f
}

// hint adds advice to a finding.
func (f finding) hint(text string) finding {
	f.d.Hint = text
	return f
}

// claim takes a name in a package; a second taker is an error that names both.
func (b *builder) claim(p *Package, name string, pos spec.Position, what string) {
	if b.claims[p] == nil {
		b.claims[p] = map[string]claim{}
	}
	if first, ok := b.claims[p][name]; ok {
		b.errorf("go-name-clash", pos, "%s becomes the Go name %s in package %s, which %s has already", what, name, p.Name, first.what).
			related(first.pos, first.what).
			hint("give one of them a go_name (a client: client)")
		return
	}
	b.claims[p][name] = claim{pos, what}
}
