// Package plan decides what a catalogue becomes in Go: which packages, which
// clients with which operations, which types in which package, and the name
// of each. It reports every clash of names, so package emit can write down a plan
// as it is.
//
// A plan is plain data: equal packages give equal files, and have an equal
// [Package.Digest].
package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Plan is everything that is generated for one catalogue.
type Plan struct {
	Entry    Entry
	Scopes   []Scope    // in the order of the table
	Keys     []Key      // in the order of the table
	Packages []*Package // the domains and the shared package, by name
	// Imports holds the packages that the catalogue's Go types are from, other than
	// the standard library's: import path → the name to import it under.
	Imports map[string]string
}

// Entry is the package in which a program opens a session.
type Entry struct {
	Name         string // package name: upvest
	ImportPath   string
	Title        string
	Version      string
	Docs         string
	Servers      []Server
	Others       []Server `json:",omitempty"` // that serve some operations alone
	Token        TokenEndpoint
	WithoutToken bool `json:",omitempty"` // the API has no access tokens
	Signing      string
	Headers      []Header
	RequestID    string
	Idempotency  string
	ErrorTypes   []ErrorType `json:",omitempty"`
}

// ErrorType is the type of the body of errors.
type ErrorType struct {
	Status string // "404", "4XX" or "default"
	Type   Ref
}

// Server is one place where the API is served.
type Server struct{ GoName, Name, URL string }

// TokenEndpoint is the catalogue's token endpoint.
type TokenEndpoint struct {
	Path     string
	Basic    bool
	MaxScope int
	Signed   bool

	Grants         []string
	Authentication []string
	Issuer         string
	Authorize      string
	Device         string
	Revoke         string
	Hosts          []string
	DPoP           string
}

// Header is one header that every request carries.
type Header struct{ Name, Value string }

// Scope is one scope of the table.
type Scope struct {
	Name       string // in the catalogue
	Wire       string // as sent
	GoName     string // UsersRead
	Method     string // usersRead, the unexported method that seals the interface
	Permits    string
	Group      string
	Implies    []string // the wire scopes that it includes, itself or through others, sorted
	Deprecated string
	Clients    []string // "users.Reader", sorted; none if no operation needs the scope
	Renamed    []string // Go names the scope had before
}

// Package is a domain, or a package of types alone: of shared types, or of those that
// no operation uses.
type Package struct {
	Name       string
	ImportPath string
	Clients    []*Client
	Operations []*Operation
	Types      []*Type
	Headers    []ResponseHeader `json:",omitempty"`
	Shared     bool
	Payload    bool    `json:",omitempty"` // of the types that no operation uses
	Moved      []Moved // deprecated names of a domain that was renamed
}

// ResponseHeader is a header field of responses, which becomes a constant.
type ResponseHeader struct {
	Name   string // XRateLimitHeader
	Wire   string
	Type   Ref
	Doc    string
	Limits string `json:",omitempty"` // as those of a type
}

// Moved is a deprecated alias: the old name of something that has another name, or
// stands in another package, since a scope was renamed.
type Moved struct {
	Old, New string
	NewPath  string      // import path
	Kind     string      // "client", "type" or "const"
	Scopes   []ScopeName // of a client: what its token must hold
	Keys     []Key       `json:",omitempty"` // of a client: what its calls carry, too
	OldScope string      // of a client: "the scope that was called users:view"; "" if the catalogue gives the old name itself
}

// Key is a key of the API: a credential that calls carry as it is.
type Key struct {
	Name        string // in the catalogue
	GoName      string // of its type
	Argument    string // name of the parameter of constructors
	In          string // header, query or basic
	Field       string // the header field or the query parameter; "" for basic
	Description string
}

// Kind is what a client asks of an access token.
type Kind int

// The kinds of client.
const (
	Scoped Kind = iota
	TokenOnly
	Public
)

// Client is one generated client: it holds the operations that one requirement
// permits.
type Client struct {
	Name    string // Reader
	Field   string // reader, its only field
	Kind    Kind
	Scopes  []ScopeName // what its token must hold: one, or several at once
	Keys    []Key       `json:",omitempty"` // what its calls carry, too
	Methods []string    // Go names of the methods, each an operation's [Method.Name]

	Deprecated string
}

// ScopeName is a scope under its three names.
type ScopeName struct{ Wire, GoName, Permits string }

// Operation is one operation as a package of functions writes it.
type Operation struct {
	ID              string
	HTTPMethod      string
	Path            string
	Server          string `json:",omitempty"` // the one that serves it, if that is not the API's own
	Summary         string
	Description     string
	Source          string
	Deprecated      string
	Requires        [][]string // wire scopes; nil if no scope is required
	Ways            []Way      // each is enough
	IdempotencyKey  bool
	Errors          []int       // statuses
	ErrorTypes      []ErrorType `json:",omitempty"`
	Variable        string      // name of its runtime.Operation: listUsersOperation
	PathParams      []Param
	Params          *Ref // struct of query and header parameters
	ParamsFields    []Param
	Methods         []*Method
	ResponseHeaders []Ref `json:",omitempty"` // the constants of its header fields
	Redirects       []int `json:",omitempty"` // statuses of redirects that are results
	Paging          *Paging
}

// Way is one way to be permitted an operation: all of it together.
type Way struct {
	Token  bool
	Scopes []string `json:",omitempty"` // as sent
	Keys   []string `json:",omitempty"` // their names in the catalogue
}

// Param is one parameter.
type Param struct {
	Wire     string
	GoName   string // argument or field
	In       string
	Type     Ref
	Required bool
	Style    string `json:",omitempty"` // comma, space, pipe, deepObject or form; of a part, json or file; "" for the name once for each element
	Listed   bool   `json:",omitempty"` // a required list: a query or a header cannot say that it is empty
	Chosen   bool   `json:",omitempty"` // a required enum without the zero value: one of the others must be chosen
	IfSet    bool   `json:",omitempty"` // an optional enum, object or map: its zero value is not sent
	Doc      string
	Limits   string `json:",omitempty"` // as those of a type
}

// BodyKind is how a body is written.
type BodyKind int

// The kinds of body.
const (
	BodyJSON BodyKind = iota
	BodyForm
	BodyStream
	BodyMultipart
)

// Body is the body of a request.
type Body struct {
	Kind      BodyKind
	Deep      bool    `json:",omitempty"` // a form with objects inside
	Parts     []Param `json:",omitempty"` // of BodyMultipart, whose Type is a struct of them
	MediaType string
	Type      Ref
	Optional  bool
	Limits    string `json:",omitempty"` // as those of a type, of a body whose type has no declaration to tell them
}

// Method is one Go method of an operation: one for each media type of the body, with
// each media type of the response.
type Method struct {
	Name   string // RetrieveReportPDF
	Func   string // retrieveReportPDF, shared by the clients of the package
	Body   *Body
	Accept string
	Result Result
	Page   bool // the page-wise method beside an iterator
}

// ResultKind is what a method returns beside an error.
type ResultKind int

// The kinds of result.
const (
	ResultEmpty ResultKind = iota
	ResultJSON
	ResultStream
	ResultSeveral
	ResultRedirect
	ResultValues
)

// Result is what a method returns.
type Result struct {
	Kind  ResultKind
	Type  Ref    // ResultJSON: the body; ResultValues: one of the values; ResultSeveral: the result struct
	Empty []int  // ResultJSON: the statuses without a body, of a paged operation; the zero value stands for them
	Cases []Case // ResultSeveral
	// Limits are those of a body whose type has no declaration to tell them. The
	// fields of the result struct have their own.
	Limits string `json:",omitempty"`
}

// Case is one success status of several.
type Case struct {
	Status int
	Field  string // "" for a status without body, "Location" for a redirect
	Type   Ref
	Limits string `json:",omitempty"` // as those of a result
}

// Paging is how an operation's iterator reads its pages.
type Paging struct {
	Kind     string // of the style: "offset", "page", "cursor" or "link"
	Position Param  // the field of the params struct that moves; none for links
	First    int    `json:",omitempty"` // the number of the first page, or of the first item
	Items    []Step // from the page to its items
	Item     Ref
	Next     []Step // to the total, the number of pages, the next cursor or the next link; nil for none
	NextType Ref
	Pages    bool   `json:",omitempty"` // Next leads to the number of pages
	Last     []Step `json:",omitempty"` // from an item to the cursor of what is behind it
	LastType Ref    `json:",omitzero"`
	More     []Step `json:",omitempty"` // to what says whether there are further items
	Unsigned bool   // NextType has no -1
	Zero     string // what Position is made of: a basic type, or a type with its import path
}

// Step is one member on the way into a response.
type Step struct {
	Field string
	Type  Ref // of the field
}

// Digest returns a hash of everything that the package's files are made of: that of the
// package as JSON. Its types are encoded one after the other, because encoding/json holds
// all that it encodes in memory, more than once while that grows.
func (p *Package) Digest() string {
	if len(p.Types) == 0 {
		return digest(p)
	}
	const types = `"Types":`
	rest := *p
	rest.Types = nil
	before, after, _ := bytes.Cut(encoded(rest), []byte(types+"null")) // in a text, a quote is escaped
	h := sha256.New()
	h.Write(before)
	h.Write([]byte(types))
	for n, t := range p.Types {
		h.Write([]byte{"[,"[min(n, 1)]})
		h.Write(encoded(t))
	}
	h.Write([]byte("]"))
	h.Write(append(after, '\n'))
	return hex.EncodeToString(h.Sum(nil))
}

// Digest returns a hash of everything that the entry package's file is made of.
func (e *Entry) Digest(scopes []Scope) string {
	return digest(struct {
		Entry  *Entry
		Scopes []Scope
	}{e, scopes})
}

// ScopesDigest returns a hash of what the scope package's files are made of. table is
// the text of the API's table, which is one of them.
func (p *Plan) ScopesDigest(table []byte) string {
	return digest(struct {
		Path, Title string
		Scopes      []Scope
		Table       []byte
	}{p.Entry.ImportPath, p.Entry.Title, p.Scopes, table})
}

// KeysDigest returns a hash of everything that the key package's file is made of.
func (p *Plan) KeysDigest() string {
	return digest(struct {
		Path, Title string
		Keys        []Key
	}{p.Entry.ImportPath, p.Entry.Title, p.Keys})
}

func digest(v any) string {
	sum := sha256.Sum256(append(encoded(v), '\n'))
	return hex.EncodeToString(sum[:])
}

func encoded(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data always encodes
	}
	return text
}
