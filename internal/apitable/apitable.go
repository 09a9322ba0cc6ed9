// Package apitable defines the table of a generated API: its scopes, clients and
// operations, and which Go names stand for them. The generator writes the table
// into the generated package scope, as the constant Table and as the file
// api.json beside it; the audit reads it.
package apitable

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Schema is the number of the form that this package writes and reads.
const Schema = 1

// Constant is the name of the Go constant that holds the table.
const Constant = "Table"

// FileName is the name of the file that holds the table.
const FileName = "api.json"

// Table describes one API. Packages in it are folders beside package scope.
type Table struct {
	Schema     int         `json:"schema"`
	API        string      `json:"api"`
	Title      string      `json:"title"`
	Scopes     []Scope     `json:"scopes"` // in the order of the catalogue
	Clients    []Client    `json:"clients"`
	Operations []Operation `json:"operations"`
}

// Scope is one scope of the API.
type Scope struct {
	Scope      string   `json:"scope"`            // as sent
	Go         string   `json:"go"`               // the type in package scope
	Former     []string `json:"former,omitempty"` // the aliases that renames left behind
	Group      string   `json:"group"`
	Implies    []string `json:"implies,omitempty"` // scopes that this one includes, itself or through others
	Deprecated string   `json:"deprecated,omitempty"`
}

// What the calls of a client carry.
const (
	CarriesScopes = "scopes" // an access token for the scopes of the client
	CarriesToken  = "token"  // an access token for the whole set of the Token that the client was made with
	CarriesKeys   = "keys"   // keys of the API, and no access token
	CarriesNone   = "public" // no credential
)

// Client is one client type.
type Client struct {
	Package      string   `json:"package"`
	Type         string   `json:"type"`
	Constructors []string `json:"constructors"` // "users.NewReader"; those that renames left behind follow
	Carries      string   `json:"carries"`      // one of the Carries constants
	Scopes       []string `json:"scopes,omitempty"`
	Keys         []string `json:"keys,omitempty"` // that its calls carry, too
}

// Operation is one operation of the API.
type Operation struct {
	ID       string     `json:"id"`
	Method   string     `json:"method"`
	Path     string     `json:"path"`
	Package  string     `json:"package"`
	Requires [][]string `json:"requires,omitempty"` // sets of scopes, any one of which permits the operation
	Without  string     `json:"without,omitempty"`  // if there is a way without a scope: "token" if any token will do, "key" if the right key will, "public" if nothing is needed
	Calls    []Call     `json:"calls"`
}

// Call is one Go method that makes an operation.
type Call struct {
	Client   string `json:"client"`   // the type
	Method   string `json:"method"`   // its method
	Function string `json:"function"` // the function of the package that the method calls
}

// Encode writes a table as ASCII text without backquotes. Each entry begins a line, and
// goes on in the next ones if it is long. Equal tables have equal texts.
func (t *Table) Encode() []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	line("{\n\t\"schema\": %d,\n\t\"api\": %s,\n\t\"title\": %s", t.Schema, ascii(t.API), ascii(t.Title))
	section(&b, "scopes", t.Scopes)
	section(&b, "clients", t.Clients)
	section(&b, "operations", t.Operations)
	line("\n}\n")
	return b.Bytes()
}

func section[T any](b *bytes.Buffer, name string, entries []T) {
	fmt.Fprintf(b, ",\n\t%q: [", name)
	for i, entry := range entries {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n\t\t" + fold(ascii(entry)))
	}
	if len(entries) > 0 {
		b.WriteString("\n\t")
	}
	b.WriteByte(']')
}

// fold breaks a line of JSON behind commas, so that its lines have at most 100 columns
// where no text in it is longer.
func fold(text string) string {
	const width = 100
	var b strings.Builder
	column, begin := 0, 0
	quoted := false
	part := func(end int) {
		if column > 0 && column+end-begin > width {
			b.WriteString("\n\t\t\t")
			column = 0
		}
		b.WriteString(text[begin:end])
		column += end - begin
		begin = end
	}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++ // only texts hold one, before what it escapes
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ',' && !quoted:
			part(i + 1)
		}
	}
	part(len(text))
	return b.String()
}

// ascii returns a value as JSON in which every character outside ASCII, the
// backquote and DEL are escaped, so that the text can stand in a raw string of
// Go and looks like what it is.
func ascii(v any) string {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // plain data always encodes
	}
	var b strings.Builder
	for _, r := range strings.TrimSuffix(encoded.String(), "\n") {
		switch {
		case r < utf8.RuneSelf && r != '`' && r != 0x7f:
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, "\\u%04x\\u%04x", high, low)
		default:
			fmt.Fprintf(&b, "\\u%04x", r)
		}
	}
	return b.String()
}

// Parse reads a table. It refuses one of another schema.
func Parse(text []byte) (*Table, error) {
	var head struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("the table of the API cannot be read: %w", err)
	}
	if head.Schema != Schema {
		return nil, fmt.Errorf("the table of the API has schema %d, and this scopegen reads %d: generate the packages again with the scopegen that you audit with", head.Schema, Schema)
	}
	var t Table
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&t); err != nil {
		return nil, fmt.Errorf("the table of the API cannot be read: %w", err)
	}
	return &t, nil
}
