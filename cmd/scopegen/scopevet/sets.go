package scopevet

import (
	"go/ast"
	"go/constant"
	"go/types"
	"path"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/scopegen/scopegen/internal/apitable"
	"github.com/scopegen/scopegen/internal/program"
)

// sets reports the scopes that a set of the package embeds and that no client of
// the package is made for. Sets that anything else may use are left to the audit
// of whole programs.
func (c *checker) sets() {
	if slices.ContainsFunc(c.Pkg.Imports(), func(p *types.Package) bool { return p == types.Unsafe }) {
		return // any client can be made of another
	}
	for _, used := range c.TypesInfo.Uses {
		if pathOf(used) == runtimePath && used.Name() == "WithLink" {
			return // a call may lead to an operation of another client, if they share one token
		}
	}
	for _, file := range c.files {
		for _, decl := range file.Decls {
			decl, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range decl.Specs {
				spec, ok := spec.(*ast.TypeSpec)
				if !ok || spec.TypeParams != nil || spec.Assign.IsValid() {
					continue
				}
				declared, ok := spec.Type.(*ast.InterfaceType)
				if name, isType := c.TypesInfo.Defs[spec.Name].(*types.TypeName); ok && isType && (!name.Exported() || c.Pkg.Name() == "main") {
					c.set(name, declared)
				}
			}
		}
	}
}

func (c *checker) set(name *types.TypeName, declared *ast.InterfaceType) {
	embedded := map[types.Object]*ast.Field{}
	for _, field := range declared.Methods.List {
		if len(field.Names) > 0 {
			return
		}
		scope := scopeOf(c.TypesInfo.TypeOf(field.Type))
		if scope == nil {
			return
		}
		embedded[scope] = field
	}
	used, ok := c.clients(name)
	if !ok || len(embedded) == 0 {
		return
	}
	var idle []*ast.Field
	var gone []analysis.TextEdit
	for _, field := range declared.Methods.List {
		if scope := scopeOf(c.TypesInfo.TypeOf(field.Type)); !used[scope] && embedded[scope] == field && !instead(scope, used) {
			idle = append(idle, field)
			gone = append(gone, c.line(field))
		}
	}
	for i, field := range idle {
		fixes := []analysis.SuggestedFix{{Message: "Remove the scope from the set", TextEdits: gone[i : i+1]}}
		if len(used) == 0 || !c.ownLine(field, declared) || !c.stay(gone) {
			fixes = nil
		}
		scope := scopeOf(c.TypesInfo.TypeOf(field.Type))
		c.report(field.Type, fixes, "no client of this package is made for "+scope.Name()+", and nothing else can use the set "+name.Name()+": remove the scope from it", "SG1001", wireName(scope))
	}
}

// scopeOf returns the scope that a type stands for: a type of a generated package
// with a table of the API.
func scopeOf(t types.Type) types.Object {
	if t == nil {
		return nil
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || path.Base(named.Obj().Pkg().Path()) != "scope" {
		return nil
	}
	if _, ok := named.Obj().Pkg().Scope().Lookup(apitable.Constant).(*types.Const); !ok {
		return nil
	}
	return named.Obj()
}

// clients returns the scopes of the clients that the package makes with tokens
// for a set. It returns false if something else may use such a token.
func (c *checker) clients(name *types.TypeName) (map[types.Object]bool, bool) {
	used := map[types.Object]bool{}
	asked := false
	for _, m := range c.mentions[name] {
		// The set is only ever an argument of a type: Token[access], Authorize[access].
		index, ok := m.parent(0).(*ast.IndexExpr)
		if !ok || index.Index != ast.Expr(m.name) {
			return nil, false
		}
	}
	certain := true
	for id, instance := range c.TypesInfo.Instances {
		if !slices.ContainsFunc(slices.Collect(instance.TypeArgs.Types()), func(t types.Type) bool { return mentions(t, name) }) {
			continue
		}
		switch object := c.TypesInfo.Uses[id].(type) {
		case *types.TypeName:
			certain = certain && (object.Pkg() == c.Pkg || pathOf(object) == runtimePath && object.Name() == "Token")
		case *types.Func:
			if pathOf(object) == runtimePath && object.Name() == "Authorize" {
				asked = true
				continue
			}
			scopes := constructor(object)
			certain = certain && len(scopes) > 0 && instance.TypeArgs.Len() == 1
			for _, s := range scopes {
				used[s] = true
			}
		default:
			certain = false
		}
	}
	if !certain || !asked {
		return nil, false
	}
	for _, object := range c.TypesInfo.Uses {
		// A method of the token itself is for its whole set.
		if fn, ok := object.(*types.Func); ok && fn.Name() != "Err" && fn.Signature().Recv() != nil {
			if set := tokenOf(fn.Signature().Recv().Type()); set != nil && mentions(set, name) {
				return nil, false
			}
		}
	}
	c.conversions(func(conversion program.Conversion) {
		if id, ok := conversion.At.(*ast.Ident); ok {
			if _, ok := c.TypesInfo.Instances[id]; ok {
				return // seen above
			}
		}
		if c.holds(conversion.From, name, map[types.Type]bool{}) {
			certain = false
		}
	})
	return used, certain && (c.Pkg.Name() == "main" || !c.exports(name))
}

// constructor returns the scopes that a generated constructor wants of a set, or
// nil if the function is none.
func constructor(fn *types.Func) []types.Object {
	signature := fn.Origin().Signature()
	if fn.Pkg() == nil || signature.Recv() != nil || signature.TypeParams().Len() != 1 || !strings.HasPrefix(fn.Name(), "New") {
		return nil
	}
	constraint := signature.TypeParams().At(0).Constraint()
	embedded := []types.Type{constraint}
	if i, ok := constraint.Underlying().(*types.Interface); ok && scopeOf(constraint) == nil {
		if i.NumExplicitMethods() > 0 {
			return nil
		}
		embedded = slices.Collect(i.EmbeddedTypes())
	}
	var scopes []types.Object
	for _, e := range embedded {
		scope := scopeOf(e)
		if scope == nil || path.Dir(scope.Pkg().Path()) != path.Dir(fn.Pkg().Path()) {
			return nil
		}
		scopes = append(scopes, scope)
	}
	return scopes
}

// tableOf returns the table of the API that a scope belongs to, or nil.
func tableOf(scope types.Object) *apitable.Table {
	value := scope.Pkg().Scope().Lookup(apitable.Constant).(*types.Const).Val()
	if value.Kind() != constant.String {
		return nil
	}
	table, err := apitable.Parse([]byte(constant.StringVal(value)))
	if err != nil {
		return nil
	}
	return table
}

// wireName returns a scope as it is sent, or "".
func wireName(scope types.Object) string {
	if table := tableOf(scope); table != nil {
		for _, s := range table.Scopes {
			if s.Go == scope.Name() || slices.Contains(s.Former, scope.Name()) {
				return s.Scope
			}
		}
	}
	return ""
}

// instead reports whether a narrower client, for a scope that no client is made
// for, has an operation of a client that is made: the program should perhaps use
// it instead, which only the audit of the whole program can tell.
func instead(scope types.Object, used map[types.Object]bool) bool {
	table := tableOf(scope)
	if table == nil {
		return true
	}
	wire := map[string]bool{}
	var own string
	for _, s := range table.Scopes {
		for _, name := range append([]string{s.Go}, s.Former...) {
			wire[s.Scope] = wire[s.Scope] || used[scope.Pkg().Scope().Lookup(name)]
			if name == scope.Name() {
				own = s.Scope
			}
		}
	}
	var narrower, made []apitable.Client
	for _, client := range table.Clients {
		if slices.Contains(client.Scopes, own) {
			narrower = append(narrower, client)
		}
		if len(client.Scopes) > 0 && !slices.ContainsFunc(client.Scopes, func(s string) bool { return !wire[s] }) {
			made = append(made, client)
		}
	}
	for _, op := range table.Operations {
		has := func(client apitable.Client) bool {
			return client.Package == op.Package && slices.ContainsFunc(op.Calls, func(call apitable.Call) bool { return call.Client == client.Type })
		}
		for _, is := range made {
			if has(is) && slices.ContainsFunc(narrower, func(c apitable.Client) bool {
				return has(c) && table.Permitted(c.Scopes) < table.Permitted(is.Scopes)
			}) {
				return true
			}
		}
	}
	return false
}

func mentions(t types.Type, name *types.TypeName) bool {
	found := false
	program.EachNamed(t, func(o *types.TypeName) { found = found || o == name })
	return found
}

// holds reports whether code that gets a value of a type by an interface may get
// at a token for a set.
func (c *checker) holds(t types.Type, name *types.TypeName, seen map[types.Type]bool) bool {
	found := mentions(t, name)
	program.EachNamed(t, func(o *types.TypeName) {
		if found || o.Pkg() != c.Pkg || seen[o.Type()] {
			return
		}
		seen[o.Type()] = true
		if s, ok := o.Type().Underlying().(*types.Struct); ok {
			for field := range s.Fields() {
				if field.Exported() || field.Embedded() {
					found = found || c.holds(field.Type(), name, seen)
				}
			}
		} else if !types.IsInterface(o.Type()) {
			found = found || c.holds(o.Type().Underlying(), name, seen)
		}
	})
	return found
}

// exports reports whether a token for a set can leave the package by something
// that is exported.
func (c *checker) exports(name *types.TypeName) bool {
	for _, object := range c.TypesInfo.Defs {
		if object != nil && object.Exported() && object.Pkg() == c.Pkg && mentions(object.Type(), name) {
			return true
		}
	}
	return false
}

func (c *checker) ownLine(field *ast.Field, declared *ast.InterfaceType) bool {
	line := c.Fset.Position(field.Pos()).Line
	for _, other := range declared.Methods.List {
		if other != field && c.Fset.Position(other.Pos()).Line == line {
			return false
		}
	}
	return line != c.Fset.Position(declared.Methods.Opening).Line && line != c.Fset.Position(declared.Methods.Closing).Line
}

func pathOf(o types.Object) string {
	if o.Pkg() == nil {
		return ""
	}
	return o.Pkg().Path()
}
