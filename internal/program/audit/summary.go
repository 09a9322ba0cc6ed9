package audit

// summary is what the audit of a program needs to know of one package. It stands
// for the sources when a vet tool sees one package at a time.
type summary struct {
	Path     string
	Name     string
	Imports  []string // those that have summaries
	Standard bool
	Affected bool // it imports the runtime, directly or not
	Runtime  bool // it is the runtime
	Header   bool // scopegen wrote a file of it

	// What the text of the package tells.
	Reflective bool
	Interfaces []string
	Linked     []wireLinked

	// Generated packages.
	Table      wireTable // of package scope
	Edited     []wireEdit
	Unverified bool

	// Packages that are analysed.
	Files    []string
	Funcs    []wireFunc
	Types    []wireType
	Params   []wireParam
	Named    []wireNamed
	Nodes    []wireNode // the first is the initialisation of the package
	Initial  []int      // functions that are a part of the first node
	Embedded []wireEmbedded
	Allows   []wireComment
}

// wirePos is a file + 1, a line and a column; zero is no position.
type wirePos [3]int

// wireTable says where the table of an API is: it may be larger than all else that
// the facts of a program say.
type wireTable struct {
	File string // that declares it
	Hash string // SHA-256 of its text
}

type wireLinked struct {
	File   string
	Line   int
	Target string
}

type wireEdit struct {
	File string
	Why  string
}

type wireComment struct {
	At   wirePos
	Text string
}

// wireType is a type. Types within it are numbers of types.
type wireType struct {
	Kind   string
	Name   string // of a basic type, an alias or a package
	Index  int    // of a named type or a type parameter; length; direction
	Parts  []int
	Fields []wireField
	Funcs  []wireMethod
	Flag   bool // variadic
}

type wireField struct {
	Name     string
	Type     int
	Embedded bool
	Tilde    bool // of a term of a union
}

type wireMethod struct {
	Name    string
	Pointer bool
	Params  []int // type parameters of the receiver
	Type    int
	At      wirePos
}

type wireParam struct {
	Name       string
	Package    string
	Constraint int
}

// wireNamed is a declared type. What is outside of the program, and has no part in
// it, is left out.
type wireNamed struct {
	Package     string
	PackageName string
	Name        string
	Local       string // where a type is declared in a function
	Interface   bool
	Arity       int  // how many type parameters it has
	Detailed    bool // the following is known
	Params      []int
	Underlying  int
	Methods     []wireMethod
	Hashes      string // of a client; see signature.go
}

func (n *wireNamed) key() string { return n.Package + "." + n.Name + n.Local }

// wireFunc is a function of a package, a method of a declared type, or a method
// of an interface.
type wireFunc struct {
	Package string
	Name    string
	Recv    int // a type + 1
}

type wireReference struct {
	Func int // of those that the package uses
	Args []int
	At   wirePos
}

// wireName is a use of something that has no number.
type wireName struct {
	Name string
	At   wirePos
}

type wireHandover struct {
	Type     int
	To       int // the interface: a type + 1
	At       wirePos
	Empty    bool
	Argument bool
}

type wireArgument struct {
	Type    int
	At      wirePos
	Package string
	Name    string
}

type wireNode struct {
	At        wirePos
	Func      int // except for the first node
	Refs      []wireReference
	Handovers []wireHandover
	Arguments []wireArgument
	ByName    []wireName
	Reflects  []wirePos
	Asserted  []int
	Unsafe    []wireHandover
	Described []wireName
}

type wireEmbedded struct {
	Type int
	What []wireArgument
}
