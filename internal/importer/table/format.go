package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/internal/yamlmap"
)

// machine reads a text that is written for machines: JSON, an OpenAPI document
// in YAML, or CSV. It reports whether the text is one.
func (r *reader) machine(text []byte) bool {
	plain := bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	switch ext := strings.ToLower(path.Ext(r.file)); {
	case len(plain) == 0:
		return false
	case ext == ".json" || plain[0] == '{' && json.Valid(plain) || plain[0] == '[' && json.Valid(plain):
		r.document(text)
	case ext == ".yaml" || ext == ".yml" || bytes.HasPrefix(plain, []byte("openapi:")) || bytes.HasPrefix(plain, []byte("swagger:")):
		r.document(text)
	case ext == ".csv":
		r.csv(text)
	default:
		return false
	}
	return true
}

// document reads OpenAPI's declarations of scopes, the metadata of an
// authorization server (RFC 8414, section 2) or a Google discovery document.
func (r *reader) document(text []byte) {
	top, err := openapi.Parse(r.file, text)
	if err != nil {
		r.refuse("syntax", 0, "the document cannot be read: "+strings.TrimPrefix(err.Error(), r.file+": "), "check its syntax", nil)
		return
	}
	if supported := yamlmap.Value(top, "scopes_supported"); supported != nil {
		r.supported(supported)
		return
	}
	schemes := yamlmap.Value(yamlmap.Value(top, "components"), "securitySchemes")
	if schemes == nil {
		schemes = yamlmap.Value(top, "securityDefinitions")
	}
	if schemes != nil {
		r.schemes(schemes)
		return
	}
	if scopes := yamlmap.Value(yamlmap.Value(yamlmap.Value(top, "auth"), "oauth2"), "scopes"); scopes != nil {
		r.declared(scopes, "OAuth 2.0")
		return
	}
	r.refuse("no-table", top.Line, "this document declares no scopes", "give an OpenAPI document with flows.scopes, metadata with scopes_supported (RFC 8414), or the published table", nil)
}

// supported reads the member scopes_supported of RFC 8414.
func (r *reader) supported(list *yaml.Node) {
	if list.Kind != yaml.SequenceNode {
		r.refuse("syntax", list.Line, "scopes_supported is no array of strings", "RFC 8414, section 2, says what it holds", nil)
		return
	}
	for _, n := range list.Content {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
			r.refuse("syntax", n.Line, "scopes_supported holds something that is no string", "RFC 8414, section 2, says what it holds", nil)
			continue
		}
		r.declare(n, "", r.ungrouped(n.Line))
	}
}

// schemes reads the flows of every OAuth 2.0 scheme of an OpenAPI document.
func (r *reader) schemes(all *yaml.Node) {
	if all.Kind != yaml.MappingNode {
		r.refuse("syntax", all.Line, "the security schemes are no object", "OpenAPI, section 4.8.27, says what they hold", nil)
		return
	}
	for i := 0; i+1 < len(all.Content); i += 2 {
		name, scheme := all.Content[i].Value, all.Content[i+1]
		if ref := yamlmap.Value(scheme, "$ref"); ref != nil {
			r.refuse("not-understood", ref.Line, "this security scheme stands elsewhere: "+clip(ref.Value, 100), "give a document that holds its security schemes itself", nil)
			continue
		}
		if kind := yamlmap.Value(scheme, "type"); kind == nil || kind.Value != "oauth2" {
			continue
		}
		if scopes := yamlmap.Value(scheme, "scopes"); scopes != nil { // Swagger 2.0
			r.declared(scopes, name)
		}
		flows := yamlmap.Value(scheme, "flows")
		if flows == nil || flows.Kind != yaml.MappingNode {
			continue
		}
		for j := 1; j < len(flows.Content); j += 2 {
			if scopes := yamlmap.Value(flows.Content[j], "scopes"); scopes != nil {
				r.declared(scopes, name)
			}
		}
	}
	if len(r.scopes) == 0 && len(r.problems) == 0 {
		r.refuse("no-table", all.Line, "no security scheme of this document declares scopes", "give the published table instead", nil)
	}
}

// declared reads an object of scopes and their texts.
func (r *reader) declared(scopes *yaml.Node, group string) {
	if scopes.Kind != yaml.MappingNode {
		if scopes.Tag != "!!null" {
			r.refuse("syntax", scopes.Line, "scopes is no object of scopes and texts", "write scopes: {name: text}", nil)
		}
		return
	}
	for i := 0; i+1 < len(scopes.Content); i += 2 {
		key, value := scopes.Content[i], scopes.Content[i+1]
		text := value.Value
		if value.Kind == yaml.MappingNode {
			text = ""
			if d := yamlmap.Value(value, "description"); d != nil {
				text = d.Value
			}
		}
		r.declare(key, text, group)
	}
}

// declare keeps a scope that a document names exactly.
func (r *reader) declare(n *yaml.Node, text, group string) {
	name := n.Value
	switch {
	case r.skip(name, n.Line):
	case !valid(name):
		r.refuse("bad-scope", n.Line, fmt.Sprintf("%q is no scope: RFC 6749, section 3.3, allows visible ASCII without spaces, quotes and backslashes", clip(name, 100)), "correct it, or leave it out with --skip-row", nil)
	case r.placeholder(cell{text: name, codes: []string{name}}, []string{name}, n.Line):
	default:
		text := fold(clip(text, maxCell))
		if first := r.byName[name]; first != nil && first.text != "" && text != "" && first.text != text {
			// Flows declare one scope each for itself, and word it as they like.
			r.note(n.Line, "%q stands in line %d already with another text, which was kept", name, first.line)
			text = ""
		}
		r.add(found{name: name, text: text, group: group, line: n.Line})
	}
}

// csv reads comma-separated values (RFC 4180). The first record is the header.
func (r *reader) csv(text []byte) {
	read := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	if first, _, _ := bytes.Cut(text, []byte("\n")); bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		read.Comma = ';'
	}
	g := grid{line: 1}
	for {
		record, err := read.Read()
		if err == io.EOF {
			break
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			r.problems = append(r.problems, diag.Diagnostic{
				Code: "syntax", Pos: diag.Position{File: r.file, Line: syntax.Line, Column: syntax.Column},
				Message: "this is no CSV: " + syntax.Err.Error(), Hint: "give every record as many fields as the first, and quote as RFC 4180 says",
			})
			return
		}
		at, _ := read.FieldPos(0)
		cells := make([]cell, len(record))
		for i, field := range record {
			text := fold(clip(field, maxCell))
			cells[i] = cell{text: text, around: text}
		}
		g.rows = append(g.rows, row{line: at, cells: cells})
	}
	r.grids([]grid{g.promoteHeader()})
}

// OpenAPI reports whether a text in YAML is an OpenAPI document, and no catalogue.
func OpenAPI(text []byte) bool {
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte("openapi:")) || bytes.HasPrefix(line, []byte("swagger:")) {
			return true
		}
	}
	return false
}
