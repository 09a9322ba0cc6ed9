package audit

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// noValue matches what follows a selected Method or Methods that is no function: a field
// of a request, for instance.
var noValue = regexp.MustCompile(`^s?[ \t]*(==|!=|=[^=]|\.|\[|\{)|^(s\w|[^s\W])`)

// mayTakeMethod reports whether a source file may use one of the methods of package
// reflect that get methods, as a value too: f := t.Method. The parser tells more of those
// that may.
func mayTakeMethod(text []byte) bool {
	for {
		before, after, found := bytes.Cut(text, []byte("Method"))
		if !found {
			return false
		}
		if bytes.HasSuffix(bytes.TrimRight(before, " \t\r\n"), []byte(".")) && (bytes.HasPrefix(after, []byte("ByName")) || !noValue.Match(after[:min(len(after), 100)])) {
			return true
		}
		text = after
	}
}

// takesMethod reports whether a package uses such a method, called or as a value. Its
// types are not known, so the names that expressions and declarations are written with
// have to tell.
func takesMethod(texts [][]byte) bool {
	v := &reflected{fields: map[string]bool{}, declared: map[string][]ast.Expr{}}
	var files []*ast.File
	for _, text := range texts {
		// It was compiled, so it parses. Its objects are wanted.
		if file, err := parser.ParseFile(token.NewFileSet(), "", text, 0); err == nil {
			files = append(files, file)
			v.declarations(file)
		}
	}
	return slices.ContainsFunc(files, v.taken)
}

// reflected tells which expressions of a package may be values of package reflect.
type reflected struct {
	fields   map[string]bool         // names of fields, and of variables of the package, with such a type
	declared map[string][]ast.Expr   // what functions return, what types are, by name
	imports  map[string]string       // of the file
	cases    map[ast.Stmt][]ast.Expr // the types of switches that begin with a statement
}

func (v *reflected) declarations(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StructType:
			for _, field := range n.Fields.List {
				for _, name := range field.Names {
					v.fields[name.Name] = v.fields[name.Name] || namesReflect(field.Type)
				}
			}
		case *ast.TypeSpec:
			v.declared[n.Name.Name] = append(v.declared[n.Name.Name], n.Type)
		case *ast.FuncDecl:
			if n.Type.Results != nil {
				for _, result := range n.Type.Results.List {
					v.declared[n.Name.Name] = append(v.declared[n.Name.Name], result.Type)
				}
			}
		}
		return true
	})
	for _, decl := range file.Decls {
		if variables, ok := decl.(*ast.GenDecl); ok && variables.Tok == token.VAR {
			for _, spec := range variables.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					v.fields[name.Name] = v.fields[name.Name] || namesReflect(spec)
				}
			}
		}
	}
}

// namesReflect reports whether an expression is written with a name of package reflect.
func namesReflect(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if ok {
			id, ok := selector.X.(*ast.Ident)
			found = found || ok && id.Name == "reflect"
		}
		return !found
	})
	return found
}

// taken reports whether a file takes a method.
func (v *reflected) taken(file *ast.File) bool {
	v.imports, v.cases = map[string]string{}, map[ast.Stmt][]ast.Expr{}
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value) // it parses
		name := path[strings.LastIndexByte(path, '/')+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		v.imports[name] = path
	}
	found := false
	ast.PreorderStack(file, nil, func(n ast.Node, stack []ast.Node) bool {
		if choice, ok := n.(*ast.TypeSwitchStmt); ok {
			for _, clause := range choice.Body.List {
				v.cases[choice.Assign] = append(v.cases[choice.Assign], clause.(*ast.CaseClause).List...)
			}
		}
		selector, ok := n.(*ast.SelectorExpr)
		switch {
		case !ok || found:
		case selector.Sel.Name == "MethodByName":
			found = true // nothing else has one
		case selector.Sel.Name == "Method" || selector.Sel.Name == "Methods":
			found = v.function(selector, stack) && v.value(selector.X, 0)
		}
		return !found
	})
	return found
}

// texts are packages whose functions take texts, and call nothing that they are given.
var texts = []string{"errors", "fmt", "log", "log/slog", "net/http", "net/url", "strconv", "strings", "unicode/utf8"}

// function reports whether an expression may be a function, by what is around it.
func (v *reflected) function(e ast.Expr, stack []ast.Node) bool {
	for i := len(stack) - 1; i >= 0; i-- {
		switch around := stack[i].(type) {
		case *ast.ParenExpr:
			e = around
			continue
		case *ast.CallExpr:
			if around.Fun == e {
				return true
			}
			switch fun := around.Fun.(type) {
			case *ast.Ident:
				return !slices.Contains([]string{"string", "len", "cap"}, fun.Name)
			case *ast.SelectorExpr:
				id, ok := fun.X.(*ast.Ident)
				return !ok || !slices.Contains(texts, v.imports[id.Name])
			}
			return true
		case *ast.BinaryExpr, *ast.SelectorExpr, *ast.IndexExpr, *ast.SliceExpr, *ast.RangeStmt, *ast.SwitchStmt, *ast.CaseClause, *ast.Field, *ast.StarExpr, *ast.UnaryExpr, *ast.IncDecStmt:
			return false
		case *ast.CompositeLit:
			return around.Type != e
		case *ast.AssignStmt:
			return !slices.Contains(around.Lhs, e)
		case *ast.ValueSpec:
			return around.Type != e
		}
		return true
	}
	return true
}

// getters are the methods and functions of package reflect that return types or values.
var getters = []string{
	"Addr", "Convert", "Elem", "Field", "FieldByIndex", "FieldByName", "FieldByNameFunc", "In", "Index", "Indirect", "Key", "MapIndex", "New", "Out", "Type", "TypeFor", "TypeOf", "Value", "ValueOf", "Zero",
}

// value reports whether an expression may be a value of package reflect.
func (v *reflected) value(e ast.Expr, depth int) bool {
	if depth > 10 {
		return true
	}
	again := func(e ast.Expr) bool { return v.value(e, depth+1) }
	switch e := e.(type) {
	case *ast.Ident:
		if e.Obj == nil {
			return v.fields[e.Name] // another file declares it
		}
		switch decl := e.Obj.Decl.(type) {
		case *ast.Field:
			return v.typ(decl.Type, depth+1)
		case *ast.ValueSpec:
			if decl.Type != nil {
				return v.typ(decl.Type, depth+1)
			}
			return slices.ContainsFunc(decl.Values, again)
		case *ast.AssignStmt:
			if types, ok := v.cases[decl]; ok {
				return slices.ContainsFunc(types, func(t ast.Expr) bool { return v.typ(t, depth+1) })
			}
			if len(decl.Lhs) == len(decl.Rhs) {
				for i, left := range decl.Lhs {
					if id, ok := left.(*ast.Ident); ok && id.Name == e.Name {
						return again(decl.Rhs[i])
					}
				}
			}
			return slices.ContainsFunc(decl.Rhs, again)
		}
		return false
	case *ast.SelectorExpr:
		if id, ok := e.X.(*ast.Ident); ok && v.imports[id.Name] == "reflect" {
			return true
		}
		return v.fields[e.Sel.Name] || e.Sel.Name == "Type" || e.Sel.Name == "Func"
	case *ast.CallExpr:
		if namesReflect(e.Fun) {
			return true
		}
		called := ast.Unparen(e.Fun)
		switch generic := called.(type) {
		case *ast.IndexExpr:
			called = generic.X
		case *ast.IndexListExpr:
			called = generic.X
		}
		switch fun := called.(type) {
		case *ast.Ident:
			return slices.ContainsFunc(v.declared[fun.Name], func(t ast.Expr) bool { return v.typ(t, depth+1) })
		case *ast.SelectorExpr:
			return slices.Contains(getters, fun.Sel.Name) || slices.ContainsFunc(v.declared[fun.Sel.Name], func(t ast.Expr) bool { return v.typ(t, depth+1) }) || v.foreign(fun)
		}
		return true
	case *ast.ParenExpr:
		return again(e.X)
	case *ast.StarExpr:
		return again(e.X)
	case *ast.UnaryExpr:
		return again(e.X)
	case *ast.IndexExpr:
		return again(e.X)
	case *ast.TypeAssertExpr:
		return e.Type == nil || v.typ(e.Type, depth+1)
	case *ast.CompositeLit:
		return e.Type != nil && v.typ(e.Type, depth+1)
	}
	return namesReflect(e)
}

// typ reports whether a type may have methods of package reflect.
func (v *reflected) typ(t ast.Expr, depth int) bool {
	if depth > 10 {
		return true
	}
	again := func(t ast.Expr) bool { return v.typ(t, depth+1) }
	switch t := t.(type) {
	case *ast.Ident:
		if t.Obj != nil {
			if parameter, ok := t.Obj.Decl.(*ast.Field); ok {
				return again(parameter.Type)
			}
		}
		return slices.ContainsFunc(v.declared[t.Name], again)
	case *ast.SelectorExpr:
		return namesReflect(t) || v.foreign(t)
	case *ast.StructType:
		return slices.ContainsFunc(t.Fields.List, func(f *ast.Field) bool { return len(f.Names) == 0 && again(f.Type) })
	case *ast.InterfaceType:
		return slices.ContainsFunc(t.Methods.List, func(f *ast.Field) bool { return namesReflect(f.Type) || len(f.Names) == 0 && again(f.Type) })
	case *ast.StarExpr:
		return again(t.X)
	case *ast.ArrayType:
		return again(t.Elt)
	case *ast.MapType:
		return again(t.Value)
	case *ast.Ellipsis:
		return again(t.Elt)
	}
	return namesReflect(t)
}

// reflectName matches the names of types like those of package reflect, and of functions
// that return their values.
var reflectName = regexp.MustCompile(`(Type|Value)(Of|For)?$`)

// foreign reports whether a selector names what may be a type or a value of package
// reflect in a package outside of the standard library. Its name has to tell.
func (v *reflected) foreign(e *ast.SelectorExpr) bool {
	id, ok := e.X.(*ast.Ident)
	return ok && reflectName.MatchString(e.Sel.Name) && id.Obj == nil && strings.Contains(firstElement(v.imports[id.Name]), ".")
}
