package audit

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// summary is what the audit of a program needs to know of one package. It stands
// for the sources when a vet tool sees one package at a time.
type summary struct {
	Path     string   `json:"path"`
	Name     string   `json:"name,omitempty"`
	Imports  []string `json:"imports,omitempty"` // those that have summaries
	Standard bool     `json:"standard,omitempty"`
	Affected bool     `json:"affected,omitempty"` // it imports the runtime, directly or not
	Runtime  bool     `json:"runtime,omitempty"`  // it is the runtime
	Header   bool     `json:"header,omitempty"`   // scopegen wrote a file of it

	// What the text of the package tells.
	Reflective bool         `json:"reflective,omitempty"`
	Interfaces []string     `json:"interfaces,omitempty"`
	Linked     []wireLinked `json:"linked,omitempty"`

	// Generated packages.
	Table      string     `json:"table,omitempty"`
	Edited     []wireEdit `json:"edited,omitempty"`
	Unverified bool       `json:"unverified,omitempty"`

	// Packages that are analysed.
	Files    []string       `json:"files,omitempty"`
	Types    []wireType     `json:"types,omitempty"`
	Params   []wireParam    `json:"params,omitempty"`
	Named    []wireNamed    `json:"named,omitempty"`
	Nodes    []wireNode     `json:"nodes,omitempty"` // the first is the initialisation of the package
	Initial  []wireFunc     `json:"initial,omitempty"`
	Embedded []wireEmbedded `json:"embedded,omitempty"`
	Allows   []wireComment  `json:"allows,omitempty"`
}

// wirePos is a file, a line and a column; nil is no position.
type wirePos []int

type wireLinked struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Target string `json:"target"`
}

type wireEdit struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

type wireComment struct {
	At   wirePos `json:"at"`
	Text string  `json:"text"`
}

// wireType is a type. Types within it are numbers of types.
type wireType struct {
	Kind   string       `json:"k"`
	Name   string       `json:"n,omitempty"` // of a basic type, an alias or a package
	Index  int          `json:"i,omitempty"` // of a named type or a type parameter; length; direction
	Parts  []int        `json:"t,omitempty"`
	Fields []wireField  `json:"f,omitempty"`
	Funcs  []wireMethod `json:"m,omitempty"`
	Flag   bool         `json:"v,omitempty"` // variadic
}

type wireField struct {
	Name     string `json:"n"`
	Type     int    `json:"t"`
	Embedded bool   `json:"e,omitempty"`
	Tilde    bool   `json:"~,omitempty"` // of a term of a union
}

type wireMethod struct {
	Name    string  `json:"n"`
	Pointer bool    `json:"p,omitempty"`
	Params  []int   `json:"r,omitempty"` // type parameters of the receiver
	Type    int     `json:"t"`
	At      wirePos `json:"at,omitempty"`
}

type wireParam struct {
	Name       string `json:"n"`
	Package    string `json:"p,omitempty"`
	Constraint int    `json:"c"`
}

// wireNamed is a declared type. What is outside of the program, and has no part in
// it, is left out.
type wireNamed struct {
	Package     string       `json:"p,omitempty"`
	PackageName string       `json:"pn,omitempty"`
	Name        string       `json:"n"`
	Local       string       `json:"l,omitempty"` // where a type is declared in a function
	Interface   bool         `json:"i,omitempty"`
	Arity       int          `json:"a,omitempty"` // how many type parameters it has
	Detailed    bool         `json:"d,omitempty"` // the following is known
	Params      []int        `json:"t,omitempty"`
	Underlying  int          `json:"u,omitempty"`
	Methods     []wireMethod `json:"m,omitempty"`
}

func (n *wireNamed) key() string { return n.Package + "." + n.Name + n.Local }

// wireFunc is a function of a package, a method of a declared type, or a method
// of an interface.
type wireFunc struct {
	Package string `json:"p,omitempty"`
	Name    string `json:"n"`
	Recv    int    `json:"r,omitempty"` // a type + 1
}

type wireReference struct {
	Func *wireFunc `json:"f,omitempty"`
	Args []int     `json:"t,omitempty"`
	At   wirePos   `json:"at"`
	Name string    `json:"n,omitempty"`
}

type wireHandover struct {
	Type     int     `json:"t"`
	To       int     `json:"o,omitempty"` // the interface: a type + 1
	At       wirePos `json:"at"`
	Empty    bool    `json:"e,omitempty"`
	Argument bool    `json:"i,omitempty"`
}

type wireArgument struct {
	Type    int     `json:"t"`
	At      wirePos `json:"at"`
	Package string  `json:"p,omitempty"`
	Name    string  `json:"n,omitempty"`
}

type wireNode struct {
	Name      string          `json:"n"`
	At        wirePos         `json:"at,omitempty"`
	Func      *wireFunc       `json:"f,omitempty"`
	Symbol    string          `json:"s,omitempty"`
	Refs      []wireReference `json:"r,omitempty"`
	Handovers []wireHandover  `json:"h,omitempty"`
	Arguments []wireArgument  `json:"a,omitempty"`
	ByName    []wireReference `json:"b,omitempty"`
	Reflects  []wirePos       `json:"m,omitempty"`
	Asserted  []int           `json:"i,omitempty"`
	Unsafe    []wireHandover  `json:"u,omitempty"`
	Described []wireReference `json:"d,omitempty"`
}

type wireEmbedded struct {
	Type int            `json:"t"`
	What []wireArgument `json:"w"`
}

// Facts are the summaries of a package and of everything that it imports, by
// import path. Each is compressed.
type Facts map[string][]byte

// factsSchema is the first line of encoded facts.
const factsSchema = "scopegen facts 1\n"

// maxSummary bounds what one summary may hold when it is unpacked.
const maxSummary = 1 << 26

func (f Facts) add(s *summary) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	f[s.Path] = b.Bytes()
	return nil
}

func (f Facts) get(path string) (*summary, error) {
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(f[path])), maxSummary))
	if err != nil {
		return nil, fmt.Errorf("the facts about %s cannot be read: %w", path, err)
	}
	s := &summary{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("the facts about %s cannot be read: %w", path, err)
	}
	return s, nil
}

// paths returns the import paths, sorted.
func (f Facts) paths() []string { return slices.Sorted(keys(f)) }

// Encode writes facts; equal ones have equal texts.
func (f Facts) Encode() ([]byte, error) {
	b := bytes.NewBufferString(factsSchema)
	err := json.NewEncoder(b).Encode(f) // the keys of a map are sorted
	return b.Bytes(), err
}

// Decode adds encoded facts.
func (f Facts) Decode(text []byte) error {
	rest, ok := bytes.CutPrefix(text, []byte(factsSchema))
	if !ok {
		return fmt.Errorf("the facts are of another scopegen: run go clean -cache, and vet again")
	}
	return json.Unmarshal(rest, (*map[string][]byte)(&f))
}
