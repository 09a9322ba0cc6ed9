package scopevet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
)

// tokens reports the tokens of a file that nothing reads.
func (c *checker) tokens(file *ast.File) {
	for _, decl := range file.Decls {
		if decl, ok := decl.(*ast.GenDecl); ok && decl.Tok == token.VAR {
			for _, spec := range decl.Specs {
				c.variables(spec.(*ast.ValueSpec))
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Body != nil {
				c.parameters(n.Type, n)
			}
		case *ast.FuncLit:
			c.parameters(n.Type, nil)
		case *ast.StructType:
			c.fields(n)
		}
		return true
	})
}

// variables reports the variables of a package. Others may read one that is
// exported, unless the package is a program.
func (c *checker) variables(spec *ast.ValueSpec) {
	for _, name := range spec.Names {
		object := c.TypesInfo.Defs[name]
		if c.idle(object) && (!object.Exported() || c.Pkg.Name() == "main") {
			c.report(name, nil, "nothing uses the token "+name.Name+": remove it")
		}
	}
}

// idle reports whether an object is a token that nothing reads.
func (c *checker) idle(object types.Object) bool {
	return object != nil && object.Name() != "_" && tokenOf(object.Type()) != nil && c.reads[object] == 0
}

func (c *checker) parameters(signature *ast.FuncType, decl *ast.FuncDecl) {
	index := 0
	for _, field := range signature.Params.List {
		for _, name := range field.Names {
			if c.idle(c.TypesInfo.Defs[name]) {
				c.report(name, c.dropParameter(decl, field, index), "nothing uses the token "+name.Name+": remove the parameter, or call it _ if the function needs this signature")
			}
			index++
		}
		if len(field.Names) == 0 {
			index++
		}
	}
}

// dropParameter returns the fix that removes a parameter and its arguments, if
// each use of the function is a call whose argument does nothing.
func (c *checker) dropParameter(decl *ast.FuncDecl, field *ast.Field, index int) []analysis.SuggestedFix {
	if decl == nil || decl.Recv != nil || decl.Type.TypeParams != nil || decl.Name.IsExported() && c.Pkg.Name() != "main" || len(field.Names) != 1 || decl.Name.Name == "main" {
		return nil
	}
	if slices.ContainsFunc(decl.Body.List, func(s ast.Stmt) bool { return c.names(s, c.TypesInfo.Defs[field.Names[0]]) }) {
		return nil // it is assigned to
	}
	edits := []analysis.TextEdit{without(nodes(decl.Type.Params.List), slices.Index(decl.Type.Params.List, field))}
	for _, m := range c.mentions[c.TypesInfo.Defs[decl.Name]] {
		call, ok := m.parent(0).(*ast.CallExpr)
		if !ok || call.Fun != ast.Expr(m.name) || index >= len(call.Args) || len(call.Args) != decl.Type.Params.NumFields() || !c.droppable(call.Args[index]) {
			return nil
		}
		edits = append(edits, without(nodes(call.Args), index))
	}
	return c.fix("Remove the parameter", edits)
}

func (c *checker) names(n ast.Node, object types.Object) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok && c.TypesInfo.Uses[name] == object {
			found = true
		}
		return !found
	})
	return found
}

// droppable reports whether an expression does nothing, so that it can go.
func (c *checker) droppable(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			_, imported := c.TypesInfo.Uses[x].(*types.PkgName)
			return !imported && c.droppable(x)
		}
	case *ast.Ident:
		_, ok := c.TypesInfo.Uses[e].(*types.Var)
		return ok
	}
	return false
}

// fields reports the unexported fields of a struct. Embedded ones give the struct
// methods, so somebody may use them.
func (c *checker) fields(n *ast.StructType) {
	for i, field := range n.Fields.List {
		for _, name := range field.Names {
			object := c.TypesInfo.Defs[name]
			if !c.idle(object) || object.Exported() {
				continue
			}
			c.report(name, c.dropField(n, i, object), "nothing uses the token "+name.Name+": remove the field")
		}
	}
}

// dropField returns the fix that removes a field and the values that composite
// literals give it.
func (c *checker) dropField(n *ast.StructType, i int, object types.Object) []analysis.SuggestedFix {
	field := n.Fields.List[i]
	if len(field.Names) != 1 || c.positional(n) {
		return nil
	}
	edits := []analysis.TextEdit{c.line(field)}
	for _, m := range c.mentions[object] {
		pair, ok := m.parent(0).(*ast.KeyValueExpr)
		if !ok || !c.droppable(pair.Value) {
			return nil
		}
		literal := m.parent(1).(*ast.CompositeLit)
		at := slices.Index(literal.Elts, ast.Expr(pair))
		edit := without(nodes(literal.Elts), at)
		if c.Fset.Position(pair.Pos()).Line != c.Fset.Position(pair.End()).Line {
			return nil
		}
		if c.alone(pair, literal, at) {
			edit = c.line(pair)
		}
		edits = append(edits, edit)
	}
	return c.fix("Remove the field", edits)
}

// alone reports whether an element of a literal has a line of its own.
func (c *checker) alone(pair ast.Node, literal *ast.CompositeLit, at int) bool {
	line := func(p token.Pos) int { return c.Fset.Position(p).Line }
	before, after := literal.Lbrace, literal.Rbrace
	if at > 0 {
		before = literal.Elts[at-1].End()
	}
	if at+1 < len(literal.Elts) {
		after = literal.Elts[at+1].Pos()
	}
	return line(before) != line(pair.Pos()) && line(after) != line(pair.End())
}

// positional reports whether a literal of the package gives a struct its values
// without names.
func (c *checker) positional(n *ast.StructType) bool {
	want := c.TypesInfo.TypeOf(n)
	found := false
	for _, file := range c.Files {
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.CompositeLit); ok && len(literal.Elts) > 0 {
				if t := c.TypesInfo.TypeOf(literal); t != nil {
					if p, ok := t.Underlying().(*types.Pointer); ok {
						t = p.Elem()
					}
					_, pair := literal.Elts[0].(*ast.KeyValueExpr)
					found = found || !pair && types.Identical(t.Underlying(), want)
				}
			}
			return !found
		})
	}
	return found
}

// fix returns a fix, unless it would leave an import or a variable that nothing
// needs.
func (c *checker) fix(message string, edits []analysis.TextEdit) []analysis.SuggestedFix {
	if !c.stay(edits) {
		return nil
	}
	return []analysis.SuggestedFix{{Message: message, TextEdits: edits}}
}

// stay reports whether the imports and local variables that edited places use
// are used by other places too.
func (c *checker) stay(edits []analysis.TextEdit) bool {
	inside, outside := map[types.Object]bool{}, map[types.Object]bool{}
	for id, object := range c.TypesInfo.Uses {
		_, imported := object.(*types.PkgName)
		if v, ok := object.(*types.Var); !imported && (!ok || v.Kind() != types.LocalVar) {
			continue
		}
		if slices.ContainsFunc(edits, func(e analysis.TextEdit) bool { return e.Pos <= id.Pos() && id.Pos() < e.End }) {
			inside[object] = true
		} else {
			outside[object] = true
		}
	}
	for object := range inside {
		if !outside[object] {
			return false
		}
	}
	return true
}

func nodes[N ast.Node](list []N) (out []ast.Node) {
	for _, n := range list {
		out = append(out, n)
	}
	return out
}

// without returns the edit that removes one of several things with commas between
// them.
func without(list []ast.Node, i int) analysis.TextEdit {
	switch {
	case i+1 < len(list):
		return analysis.TextEdit{Pos: list[i].Pos(), End: list[i+1].Pos()}
	case i > 0:
		return analysis.TextEdit{Pos: list[i-1].End(), End: list[i].End()}
	}
	return analysis.TextEdit{Pos: list[i].Pos(), End: list[i].End()}
}

// line returns the edit that removes the lines of a node, with the comments that
// belong to it. Nothing else may be on them.
func (c *checker) line(n ast.Node) analysis.TextEdit {
	from, to := n.Pos(), n.End()
	if field, ok := n.(*ast.Field); ok && field.Doc != nil {
		from = field.Doc.Pos()
	}
	file := c.Fset.File(from)
	start := file.LineStart(file.Line(from))
	end := token.Pos(file.Base() + file.Size())
	if last := file.Line(to); last < file.LineCount() {
		end = file.LineStart(last + 1)
	}
	return analysis.TextEdit{Pos: start, End: end}
}
