package audit

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// standard reports whether a package belongs to the standard library.
func standard(p *packages.Package) bool {
	return p.Module == nil && !strings.Contains(firstElement(p.PkgPath), ".")
}

func firstElement(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// callers are the packages of the standard library that call methods by name.
var callers = []string{"text/template", "html/template", "net/rpc", "plugin"}

// reflective returns why methods may be called by name in the packages that a
// root contains and that are not analysed, or "".
func (c *code) reflective(contained map[string]*packages.Package) string {
	for _, path := range callers {
		if contained[path] != nil {
			return "the program contains " + path
		}
	}
	var paths []string
	for path := range contained {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		p := contained[path]
		if standard(p) || c.ours[path] {
			continue
		}
		if c.outsideOf(p).callsByName(p, p.Imports["reflect"] != nil) {
			return "package " + path + " may call methods by reflection"
		}
	}
	return ""
}

// interfaceMethods returns the names of the methods of all interfaces that a
// package outside, or one that it imports, declares. A generic function out there
// may call them on a value of a type of ours.
func (c *code) interfaceMethods(p *packages.Package) map[string]bool {
	names := map[string]bool{}
	for p := range packages.Postorder([]*packages.Package{p}) {
		if standard(p) || c.ours[p.PkgPath] {
			continue
		}
		for _, name := range c.outsideOf(p).methods(p) {
			names[name] = true
		}
	}
	return names
}

// outside is what the text of a package tells that is not analysed. It is read
// when it is asked for.
type outside struct {
	reflective *bool
	interfaces []string // methods of the interfaces that it declares
	parsed     bool
}

func (c *code) outsideOf(p *packages.Package) *outside {
	o := c.outside[p.PkgPath]
	if o == nil {
		o = &outside{}
		c.outside[p.PkgPath] = o
	}
	return o
}

// afterMethod matches what follows the name of a call with which reflection gets methods.
var afterMethod = regexp.MustCompile(`^(ByName\b|s?\s*\()`)

// getsMethods reports whether a source file may get methods by reflection, by calls or
// method expressions. The call of a chain may stand in the line after its dot.
func getsMethods(text []byte) bool {
	const name = "Method"
	for {
		i := bytes.Index(text, []byte(name))
		if i < 0 {
			return false
		}
		before := bytes.TrimRight(text[:i], " \t\r\n")
		text = text[i+len(name):]
		operand, selected := bytes.CutSuffix(before, []byte("."))
		operand = bytes.TrimRight(operand, ")")
		if selected && (afterMethod.Match(text) || bytes.HasSuffix(operand, []byte("reflect.Type")) || bytes.HasSuffix(operand, []byte("reflect.Value"))) {
			return true
		}
	}
}

// callsByName reports whether a package gets methods by reflection. A package that does
// not import reflect itself has its types and values from others, and more often methods
// of its own with the same names.
func (o *outside) callsByName(p *packages.Package, importsReflect bool) bool {
	if o.reflective == nil {
		may := false
		found := slices.ContainsFunc(p.GoFiles, func(name string) bool {
			text, err := os.ReadFile(name)
			may = may || mayTakeMethod(text)
			return err != nil || importsReflect && getsMethods(text)
		})
		if may && !found {
			var texts [][]byte
			for _, name := range p.GoFiles {
				text, err := os.ReadFile(name)
				found = found || err != nil
				texts = append(texts, text)
			}
			found = found || takesMethod(texts)
		}
		o.reflective = &found
	}
	return *o.reflective
}

// methods returns the names of the methods of all interfaces in a package.
func (o *outside) methods(p *packages.Package) []string {
	if o.parsed {
		return o.interfaces
	}
	o.parsed = true
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if file == nil || err != nil {
			continue // nor does the compiler read it, so there is no such program
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if i, ok := n.(*ast.InterfaceType); ok {
				for _, method := range i.Methods.List {
					for _, name := range method.Names {
						o.interfaces = append(o.interfaces, name.Name)
					}
				}
			}
			return true
		})
	}
	slices.Sort(o.interfaces)
	o.interfaces = slices.Compact(o.interfaces)
	return o.interfaces
}
