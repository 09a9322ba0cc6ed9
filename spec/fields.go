package spec

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/yamlmap"
)

// fields gives the places of the keys and values of a struct in its file.
type fields struct {
	p *piece
	n *yaml.Node
}

func (f fields) find(key string) int { return yamlmap.Index(f.n.Content, key) }

// key returns the place of a key, or that of the whole struct if it does not have
// the key.
func (f fields) key(key string) Position {
	if i := f.find(key); i >= 0 {
		return f.p.pos(f.n.Content[i])
	}
	return f.p.pos(f.n)
}

// value returns the place of a key's value, or that of the whole struct if it does
// not have the key.
func (f fields) value(key string) Position {
	if i := f.find(key); i >= 0 {
		return f.p.pos(f.n.Content[i+1])
	}
	return f.p.pos(f.n)
}

func (f fields) has(key string) bool { return f.find(key) >= 0 }

// item returns the place of an item of the list that a key holds.
func (f fields) item(key string, index int) Position {
	if i := f.find(key); i >= 0 && index < len(f.n.Content[i+1].Content) {
		return f.p.pos(f.n.Content[i+1].Content[index])
	}
	return f.value(key)
}

func (f fields) errorf(code string, pos Position, format string, args ...any) {
	f.report(diag.Diagnostic{Code: code, Pos: pos, Message: fmt.Sprintf(format, args...)})
}

// report adds a finding, unless the value at its place could not be read: that has
// been reported.
func (f fields) report(d diag.Diagnostic) {
	if !f.p.malformed[d.Pos] {
		f.p.report(d)
	}
}
