// Package spec reads and checks catalogues. A catalogue describes an API: its
// scopes in groups, its operations and its types, as a person writes them in YAML.
// The model keeps the place of each in its file.
//
// A catalogue consists of a table of scopes (scopes.yaml) and of files that the
// table includes, which hold operations and types. [LoadFile] and [Load] read and
// check all of it and return one [Catalogue], which is all that the rest of
// scopegen sees. [Default] returns the catalogue in the box. [JSONSchema] returns
// a schema of the files for editors.
//
// The package also answers what the parts of a catalogue mean: which scopes
// include others ([Implications]), whether scopes meet a requirement
// ([Requirement.MetBy], [Requirement.Satisfies]), which paths a server cannot tell
// apart ([PathShape]), what the parts of an allOf admit together ([Merge],
// [Flattener]), and which media types are JSON ([IsJSON]).
//
// The files are plain YAML: one document in each file, without anchors, aliases,
// merge keys and tags, and with quotes around text that looks like a number (a
// version is '1.10', not 1.10). Unknown keys are errors, and so are names that
// refer to nothing. Everything that is wrong is reported at once.
//
// Nothing changes a catalogue after it has been loaded. It is safe for concurrent
// use as long as its users do not change it either.
package spec

import (
	"cmp"

	"github.com/scopegen/scopegen/diag"
)

// Position is where something stands in a catalogue file.
type Position = diag.Position

// Map is a YAML mapping that keeps the order in which its keys were written.
type Map[V any] []Entry[V]

// Entry is one key of a [Map] with its value; Pos is the key's place.
type Entry[V any] struct {
	Pos   Position
	Key   string
	Value V
}

// Get returns the value for key, and whether there is one.
func (m Map[V]) Get(key string) (V, bool) {
	for i := range m {
		if m[i].Key == key {
			return m[i].Value, true
		}
	}
	var none V
	return none, false
}

// Text is a string with its place in the catalogue.
type Text struct {
	Pos   Position
	Value string
}

// Catalogue is a whole catalogue: the table and everything it includes,
// merged in the order of inclusion.
//
// Keys marked "table" in the comments stand only in the file that is loaded;
// an included file holds include, operations and types.
type Catalogue struct {
	API          API              `yaml:"api" spec:"table,required"`                               // table: what is described
	Servers      Map[string]      `yaml:"servers" spec:"table"`                                    // table: name → base URL
	OtherServers Map[string]      `yaml:"other_servers" spec:"table"`                              // table: name → base URL of those that serve some operations alone, which name them with "server"
	Token        TokenEndpoint    `yaml:"token" spec:"table"`                                      // table: where access tokens are fetched
	Keys         Map[Key]         `yaml:"keys" spec:"table"`                                       // table: credentials that calls carry beside or in place of an access token, by the names that requirements use
	Signing      string           `yaml:"signing" spec:"table,oneof=rfc9421|upvest-v15|upvest-v6"` // table: how requests are signed; not at all without it
	Spelling     string           `yaml:"spelling" spec:"table"`                                   // table: which of the scopes' other spellings is sent; "" for their own
	Headers      Map[string]      `yaml:"headers" spec:"table"`                                    // table: sent with every call; "{client_id}" is replaced
	RequestID    string           `yaml:"request_id" spec:"table"`                                 // table: the response header that identifies a request
	Idempotency  string           `yaml:"idempotency" spec:"table"`                                // table: the header that carries an idempotency key
	Errors       Errors           `yaml:"errors" spec:"table"`                                     // table: the types of the bodies of errors, for all operations that do not state their own
	Paging       Map[PagingStyle] `yaml:"paging" spec:"table"`                                     // table: the styles that operations name
	Import       Import           `yaml:"import" spec:"table"`                                     // table: what a person decided when the catalogue was imported
	Go           Go               `yaml:"go" spec:"table"`                                         // table: how it becomes Go packages
	Groups       []Group          `yaml:"groups" spec:"table"`                                     // table: the scopes, under their headings
	Clients      []Client         `yaml:"clients" spec:"table"`                                    // table: names for clients of several scopes
	Include      []Text           `yaml:"include"`                                                 // files with operations and types, relative to this one and inside the catalogue's folder
	Operations   []*Operation     `yaml:"operations"`                                              // the calls of the API
	Types        Map[*Schema]     `yaml:"types"`                                                   // name → type
	Files        []string         `yaml:"-"`                                                       // every file read, the table first
}

// API names what is described.
type API struct {
	Pos     Position `yaml:"-"`
	Name    string   `yaml:"name" spec:"required"`  // required; a Go identifier in lower case, the entry package's name
	Title   string   `yaml:"title" spec:"required"` // required; "Upvest Investment API"
	Version string   `yaml:"version"`               // as the API's own documents give it
	Docs    string   `yaml:"docs"`                  // URL of the API's documentation
}

// TokenEndpoint is where access tokens are fetched (RFC 6749, section 3.2), and how.
type TokenEndpoint struct {
	Pos         Position `yaml:"-"`
	Path        string   `yaml:"path"`                                // path on the API's server, or an absolute URL; without it, and likewise without authorize, device and revoke, the endpoint is the one that the issuer's metadata names
	Credentials string   `yaml:"credentials" spec:"oneof=body|basic"` // "body" (default) or "basic": RFC 6749, section 2.3.1
	MaxScope    int      `yaml:"max_scope_length"`                    // longest scope parameter in bytes, 0 for no limit
	Signed      bool     `yaml:"signed"`                              // the token request is signed too

	Grants         []string `yaml:"grants" spec:"oneof=client_credentials|refresh_token|authorization_code|urn:ietf:params:oauth:grant-type:jwt-bearer|urn:ietf:params:oauth:grant-type:token-exchange|urn:ietf:params:oauth:grant-type:device_code"` // how access tokens are granted, by grant_type; default client_credentials alone
	Authentication []string `yaml:"client_authentication" spec:"oneof=none|private_key_jwt|tls_client_auth"`                                                                                                                                          // how clients authenticate other than with a client secret (RFC 7591, section 2)
	Issuer         string   `yaml:"issuer"`                                                                                                                                                                                                           // identifies the authorization server (RFC 8414), exactly as its metadata has it; assertions are addressed to it
	Authorize      string   `yaml:"authorize"`                                                                                                                                                                                                        // authorization endpoint: path on the API's server, or an absolute URL
	Device         string   `yaml:"device"`                                                                                                                                                                                                           // device authorization endpoint (RFC 8628): path on the API's server, or an absolute URL
	Revoke         string   `yaml:"revoke"`                                                                                                                                                                                                           // revocation endpoint (RFC 7009): path on the API's server, or an absolute URL
	Hosts          []string `yaml:"endpoint_hosts"`                                                                                                                                                                                                   // hosts, beside the issuer's, on which its metadata may name endpoints
	DPoP           string   `yaml:"dpop" spec:"oneof=required|optional"`                                                                                                                                                                              // whether access tokens are bound to a key of the client (RFC 9449): "required", "optional"; without it they are bearer tokens
}

// Key is a credential that clients get once and calls carry as it is: an API key,
// or a user name with a password.
type Key struct {
	Pos         Position `yaml:"-"`
	In          string   `yaml:"in" spec:"required,oneof=header|query|basic"` // "header" or "query", or "basic" for a user name and a password in the field Authorization (RFC 7617)
	Name        string   `yaml:"name"`                                        // of the header field or the query parameter
	Description string   `yaml:"description"`                                 // where a client gets it, and what form it has
	GoName      string   `yaml:"go_name"`                                     // of the key's type; default from the key's name in the table
	Client      string   `yaml:"client"`                                      // Go name of the client for operations that need this key alone; default from GoName
}

// PagingStyle says how a list is read page by page. Members are named by their
// path in the response, with dots: "meta.total_count".
type PagingStyle struct {
	Pos    Position `yaml:"-"`
	Kind   string   `yaml:"kind" spec:"required,oneof=offset|page|cursor|link"` // what leads to the next page: "offset" (how many items to skip), "page" (its number), "cursor" (a value that the page has) or "link" (its URL)
	Offset string   `yaml:"offset"`                                             // offset: the query parameter that skips items
	Page   string   `yaml:"page"`                                               // page: the query parameter with the number of a page
	First  *int     `yaml:"first"`                                              // offset: the number of the first item, 0 (the default) or 1, as SCIM counts (RFC 7644); page: that of the first page, 0 or 1 (the default)
	Total  string   `yaml:"total"`                                              // offset and page: member with the number of all items; "" where the API has none
	Pages  string   `yaml:"pages"`                                              // page: member with the number of all pages; "" where the API has none
	Cursor string   `yaml:"cursor"`                                             // cursor: the query parameter
	Next   string   `yaml:"next"`                                               // cursor: member with the next cursor; link: member with the URL of the next page, "" for the header field Link (RFC 8288); absent or empty on the last page
	Last   string   `yaml:"last"`                                               // cursor, in place of next: the member of a page's last item that is the next cursor, such as id
	More   string   `yaml:"more"`                                               // cursor with last: member that says whether there are further items; "" where the API has none, and an empty page is the end
	Limit  string   `yaml:"limit"`                                              // the query parameter for the size of a page; "" where there is none
	Items  string   `yaml:"items"`                                              // member with the page's items; "" for the response itself or, if it is no list, for the only list in it
}

// Parameter returns the query parameter that says which page is read, "" for pages that
// are read by their links.
func (s *PagingStyle) Parameter() string { return cmp.Or(s.Offset, s.Page, s.Cursor) }

// Start returns the value of the parameter at the first page, for items and pages that
// are counted.
func (s *PagingStyle) Start() int {
	switch {
	case s.First != nil:
		return *s.First
	case s.Kind == "page":
		return 1
	}
	return 0
}

// Import records decisions about what the imported document does not say. The
// next import keeps them.
type Import struct {
	Pos        Position     `yaml:"-"`
	ScopeLists string       `yaml:"scope_lists" spec:"oneof=all|any|ladder"` // what a list of scopes in one requirement of OpenAPI means: all of them, any of them, or any of them where they are steps of one ladder (read beside admin); "" if nobody has decided
	Reason     string       `yaml:"reason"`                                  // why: who said so, or where it stands
	Operations []ImportRule `yaml:"operations"`                              // what lists mean for some operations; the first that matches holds
	Extension  string       `yaml:"scope_extension"`                         // the extension of operations that names their scopes, with the members on the way to them: "x-auth.scopes"
	Prose      string       `yaml:"scope_prose"`                             // a regular expression for the description of an operation, whose first group is its scopes
	File       string       `yaml:"scope_file"`                              // name of the file with the scopes of calls, without which the next import is refused
	Table      string       `yaml:"scope_table"`                             // name of the published table of scopes, without which the next import is refused
	Unstated   string       `yaml:"unstated" spec:"oneof=public|token"`      // what an operation requires that does not say it: "public", "token", or "" if nobody has decided
	Paging     []Text       `yaml:"paging"`                                  // names of paging styles: an operation that the first one fits gets it, and otherwise the next
	Domains    string       `yaml:"domains" spec:"oneof=scopes|tags"`        // the domain of an operation that needs scopes: "tags" for that of its first tag or of its path; "scopes" (the default) for those of its scopes
}

// ImportRule is a decision about some operations of the imported document.
type ImportRule struct {
	Pos        Position `yaml:"-"`
	Match      string   `yaml:"match" spec:"required"`                            // ids of operations, or their paths if it begins with "/"; "*" stands for any text
	ScopeLists string   `yaml:"scope_lists" spec:"required,oneof=all|any|ladder"` // what a list of scopes means there
	Reason     string   `yaml:"reason"`                                           // why: who said so, or where it stands
}

// Go says how the catalogue becomes Go packages.
type Go struct {
	Pos         Position    `yaml:"-"`
	Output      string      `yaml:"output"`      // folder for the packages, relative to the table's; default: the API's name
	Shared      string      `yaml:"shared"`      // name of the package of types that several domains use; default "model"
	Formats     Map[GoType] `yaml:"formats"`     // format → Go type, for strings
	Initialisms []string    `yaml:"initialisms"` // words written in capitals in Go names, beside Go's usual ones: ISIN
}

// GoType names a Go type: "string", or "import/path.Name".
type GoType string

// Group is a heading of the scope table.
type Group struct {
	Pos    Position `yaml:"-"`
	Title  string   `yaml:"title" spec:"required"`  // the heading
	Scopes []*Scope `yaml:"scopes" spec:"required"` // the scopes under it
}

// Scope is one row of the scope table (RFC 6749, section 3.3).
type Scope struct {
	Pos         Position    `yaml:"-"`
	Name        string      `yaml:"scope" spec:"required"` // the exact string, by which operations refer to it
	Permits     string      `yaml:"permits"`               // what it permits, a sentence
	GoName      string      `yaml:"go_name"`               // of the scope's type; default from Name: "users:read" → UsersRead
	Domain      string      `yaml:"domain"`                // Go package of its client; default from Name: "users:read" → users
	Client      string      `yaml:"client"`                // Go name of its client; default from Name: read → Reader
	Deprecated  string      `yaml:"deprecated"`            // why, and what to use
	RenamedFrom []Text      `yaml:"renamed_from"`          // earlier names, for which aliases are generated
	Implies     []Text      `yaml:"implies"`               // scopes that the API says this one includes
	Spellings   Map[string] `yaml:"spellings"`             // other wire strings for the same scope, by who writes it so
}

// Client names the client of several scopes at once, and says what it was called
// before. An entry of one scope says that alone, of the client of that scope: a client
// of several scopes becomes it when these are merged into one.
type Client struct {
	Pos         Position `yaml:"-"`
	AllOf       []Text   `yaml:"all_of" spec:"required"` // the scopes that the client needs
	Name        string   `yaml:"name"`                   // Go name of the client
	Domain      string   `yaml:"domain"`                 // Go package of the client
	RenamedFrom []Text   `yaml:"renamed_from"`           // earlier Go names with their packages, orders.History, for which aliases are generated; of a client whose calls carry keys, without the ending that names these
}

// Requirement is what an operation requires of a call: any one of its
// alternatives. In YAML it is one of
//
//	requires: public
//	requires: token
//	requires: {scope: users:read}
//	requires: {any_of: [users:read, users:admin]}
//	requires: {all_of: [users:read, orders:read]}
//	requires: {any_of_sets: [[users:admin], [users:read, orders:read]]}
//	requires: {key: api_key}
//	requires: {keys: [app_id, app_key]}
//	requires: {scope: users:read, key: app_key}
//	requires: {token: true, key: app_key}
//
// or a list of these, of which any one is enough. A key beside others is needed
// together with them.
type Requirement struct {
	Pos          Position
	Alternatives []Alternative // nil for an operation without the key requires: what it requires is not known
}

// Alternative is one way to meet a [Requirement]: all that is in it together. An
// alternative with nothing in it is met by every call.
type Alternative struct {
	Pos    Position // of what stands under requires, or of the element of its list
	Token  bool     // an access token
	Scopes []Text   // that the access token holds
	Keys   []Text   // that the call carries, by their names in the table
}

// Operation is one call of the API.
type Operation struct {
	Pos             Position          `yaml:"-"`
	ID              string            `yaml:"id" spec:"required"`                                                        // unique, as the API names it: list_users
	Method          string            `yaml:"method" spec:"required,oneof=GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE"` // upper case
	Path            string            `yaml:"path" spec:"required"`                                                      // "/users/{user_id}"; the value of {name=people/*} keeps its slashes: "*" stands for one segment of it, "**" for one or more; each call has the query of "/files/{id}?alt=media"; the name behind "/files/{id}#share" is not sent, and tells operations of one method and path apart
	Server          Text              `yaml:"server"`                                                                    // name of the one of other_servers that serves it; default: that of the session
	Summary         string            `yaml:"summary"`                                                                   // a sentence
	Description     string            `yaml:"description"`                                                               // further paragraphs
	Requires        Requirement       `yaml:"requires"`                                                                  // what a call needs: scopes of an access token, keys, both or neither
	Parameters      []*Parameter      `yaml:"parameters"`                                                                // in the path, the query and the headers
	Body            Map[*Schema]      `yaml:"body"`                                                                      // media type → type; of several, a client has a method for each. Of a range (image/*), the caller chooses the media type of the bytes that it sends; the members of an object are the parts of multipart/form-data, by name, and of multipart/related, in their order
	BodyStyle       string            `yaml:"body_style" spec:"oneof=deepObject"`                                        // how a form writes members that are objects or lists: "deepObject" for a[b]=c and a[0]=d; "" for lists alone, with the name once for each item
	BodyOptional    bool              `yaml:"body_optional"`                                                             // the body may be left out
	Responses       Map[Map[*Schema]] `yaml:"responses" spec:"required"`                                                 // success status → media type → type; {} for no body, and for a redirect that is a result. Of a sequence of values (text/event-stream, application/jsonl and others), the type is that of one
	Errors          Errors            `yaml:"errors"`                                                                    // documented error statuses, and the types of their bodies where the API's are others
	ResponseHeaders Map[*Schema]      `yaml:"response_headers"`                                                          // header fields of its responses, by name
	Paging          Text              `yaml:"paging"`                                                                    // name of a paging style; a success status without a body is an empty page
	IdempotencyKey  string            `yaml:"idempotency_key" spec:"oneof=required"`                                     // "" (not used) or "required"
	Deprecated      string            `yaml:"deprecated"`                                                                // why, and what to use
	GoName          string            `yaml:"go_name"`                                                                   // of the method; default from ID
	Domain          string            `yaml:"domain"`                                                                    // Go package of the clients that hold it; default: those of its scopes or, if it needs none, from Path
	Source          string            `yaml:"source"`                                                                    // URL of its documentation
}

// Parameter is a path, query or header parameter.
type Parameter struct {
	Pos         Position `yaml:"-"`
	Name        string   `yaml:"name" spec:"required"`                                // as it is sent
	In          string   `yaml:"in" spec:"required,oneof=path|query|header"`          // "path", "query" or "header"
	Required    bool     `yaml:"required"`                                            // a path parameter always is
	Description string   `yaml:"description"`                                         // a sentence or more
	Style       string   `yaml:"style" spec:"oneof=comma|space|pipe|deepObject|form"` // how a query parameter writes a list or an object: a list in one text, with commas, spaces or pipes between the items; "deepObject" for name[member]=value; "form" for an object without known members, which are sent by their own names, member=value; "" for a list with the name once for each item
	Schema      *Schema  `yaml:"schema" spec:"required"`                              // its type
	GoName      string   `yaml:"go_name"`                                             // of the field or argument; default from Name
}

// Schema is a type, in the words of JSON Schema 2020-12 (the subset that
// OpenAPI 3.1 uses). A reference stands alone or beside a description.
type Schema struct {
	Pos                  Position       `yaml:"-"`
	Ref                  string         `yaml:"$ref"` // "#/types/Name"
	Description          string         `yaml:"description"`
	Type                 []string       `yaml:"type" spec:"scalar,oneof=string|number|integer|boolean|object|array|null"` // one name, or a list of two of which one is "null"
	Format               string         `yaml:"format"`                                                                   // date-time, date, decimal, uuid, int64, binary and others
	Enum                 []Literal      `yaml:"enum"`
	EnumNames            Map[string]    `yaml:"enum_names"` // value of enum → the Go name that follows the type's; default from the value
	Const                *Literal       `yaml:"const"`
	Default              *Literal       `yaml:"default"` // what the API takes where the value is left out
	Pattern              string         `yaml:"pattern"` // ECMA-262, unanchored
	MinLength            *int           `yaml:"minLength"`
	MaxLength            *int           `yaml:"maxLength"`
	Minimum              *Literal       `yaml:"minimum" spec:"number"`
	Maximum              *Literal       `yaml:"maximum" spec:"number"`
	ExclusiveMinimum     *Literal       `yaml:"exclusiveMinimum" spec:"number"`
	ExclusiveMaximum     *Literal       `yaml:"exclusiveMaximum" spec:"number"`
	MultipleOf           *Literal       `yaml:"multipleOf" spec:"number"`
	Items                *Schema        `yaml:"items"`
	MinItems             *int           `yaml:"minItems"`
	MaxItems             *int           `yaml:"maxItems"`
	UniqueItems          bool           `yaml:"uniqueItems"`
	Properties           Map[*Schema]   `yaml:"properties"`
	Required             []Text         `yaml:"required"`
	AdditionalProperties *Additional    `yaml:"additionalProperties"`
	OneOf                []*Schema      `yaml:"oneOf"`
	AnyOf                []*Schema      `yaml:"anyOf"`
	AllOf                []*Schema      `yaml:"allOf"`
	Discriminator        *Discriminator `yaml:"discriminator"`
	Deprecated           bool           `yaml:"deprecated"` // not to be used any more
	ReadOnly             bool           `yaml:"readOnly"`   // only in responses
	WriteOnly            bool           `yaml:"writeOnly"`  // only in requests
	Examples             []Literal      `yaml:"examples"`
	GoName               string         `yaml:"go_name"` // of the type, or of the field if there is no type to name or another member takes its name
	GoType               GoType         `yaml:"go_type"` // use this Go type instead
}

// Additional is the value of additionalProperties: a schema, true or false.
type Additional struct {
	Pos     Position
	Allowed bool    // true also when Schema is set
	Schema  *Schema // nil for any value
}

// Discriminator names the member whose value tells which variant a value is, as
// in OpenAPI.
type Discriminator struct {
	Pos      Position    `yaml:"-"`
	Property string      `yaml:"propertyName" spec:"required"` // the member that tells the variant
	Mapping  Map[string] `yaml:"mapping"`                      // value → "#/types/Name"
	Default  string      `yaml:"defaultMapping"`               // "#/types/Name" of the variant for values that are absent or stand for none; it is told by its members
}

// Literal is a JSON value that stands in a catalogue. It is kept as JSON text,
// digit for digit.
type Literal struct {
	Pos  Position
	JSON string // `"EUR"`, `100`, `12.50`, `null`, `{"a":1}`
}
