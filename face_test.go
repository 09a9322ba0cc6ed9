package scopegen_test

import (
	"go/types"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// A user who receives a value must be able to declare a variable for it, so no
// exported signature, field or variable may name a type of an internal package.
func TestExportedNamesUseNoInternalType(t *testing.T) {
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports}, "./...")
	require.NoError(t, err)
	checked := 0
	for _, p := range loaded {
		require.Empty(t, p.Errors, p.PkgPath)
		if p.Name == "main" || internal(p.PkgPath) {
			continue
		}
		for _, name := range p.Types.Scope().Names() {
			object := p.Types.Scope().Lookup(name)
			if !object.Exported() {
				continue
			}
			checked++
			f := face{t: t, at: p.PkgPath + "." + name}
			f.check(object.Type())
			if named, ok := types.Unalias(object.Type()).(*types.Named); ok && named.Obj() == object {
				f.check(named.Underlying())
				for method := range named.Methods() {
					if method.Exported() {
						f.check(method.Type())
					}
				}
			}
		}
	}
	require.Greater(t, checked, 500)
}

func internal(path string) bool { return strings.Contains("/"+path+"/", "/internal/") }

type face struct {
	t  *testing.T
	at string
}

// check reports the internal types that a type names. It does not look into
// named types, which are checked where they are declared.
func (f face) check(typ types.Type) {
	name := func(o *types.TypeName) {
		if o.Pkg() != nil && (!o.Exported() || internal(o.Pkg().Path())) {
			f.t.Errorf("%s: users cannot name %s.%s", f.at, o.Pkg().Path(), o.Name())
		}
	}
	switch typ := typ.(type) {
	case *types.Alias:
		name(typ.Obj())
	case *types.Named:
		name(typ.Obj())
		for argument := range typ.TypeArgs().Types() {
			f.check(argument)
		}
	case *types.Pointer:
		f.check(typ.Elem())
	case *types.Slice:
		f.check(typ.Elem())
	case *types.Array:
		f.check(typ.Elem())
	case *types.Chan:
		f.check(typ.Elem())
	case *types.Map:
		f.check(typ.Key())
		f.check(typ.Elem())
	case *types.Signature:
		for v := range typ.Params().Variables() {
			f.check(v.Type())
		}
		for v := range typ.Results().Variables() {
			f.check(v.Type())
		}
	case *types.Struct:
		for v := range typ.Fields() {
			if v.Exported() {
				f.check(v.Type())
			}
		}
	case *types.Interface:
		for m := range typ.ExplicitMethods() {
			if m.Exported() {
				f.check(m.Type())
			}
		}
		for e := range typ.EmbeddedTypes() {
			f.check(e)
		}
	}
}

// Generated code uses these names of package runtime, and so do people who write a
// call that the catalogue lacks, a grant or a test. Whatever else it needs stands in
// package clientimpl, so that the manual of package runtime is about what people use.
var forPeopleToo = map[string]string{
	"Session": "what Open returns", "Open": "opens an API that is described by hand", "Server": "names a server", "Grant": "given to Open", "Option": "given to Open",
	"Token": "what Authorize returns", "CallOption": "given to calls",
	"Caller": "makes calls that the catalogue lacks", "NewCaller": "makes one", "NewPublicCaller": "makes one",
	"Request": "such a call", "NewRequest": "such a call with a description", "Do": "makes it", "HeaderField": "reads a header of a response", "ErrorBody": "states the type of its errors", "DoEmpty": "makes it", "DoJSON": "makes it", "DoStream": "makes it", "DoValues": "makes it", "DecodeJSON": "reads the response of Do",
	"Stream": "a response that is read as it arrives", "Optional": "a value", "Some": "a value", "Nullable": "a value", "NonNull": "a value", "Date": "a value", "Decimal": "a value",
	"Secret": "what a key is made of", "Key": "carried by calls that the catalogue lacks", "NewHeaderKey": "makes one", "NewQueryKey": "makes one", "NewBasicKey": "makes one", "NoGrant": "given to Open",
	"File": "a part of a form", "TextPart": "makes one", "JSONPart": "makes one", "FilePart": "makes one",
	"Redirect": "what an operation returns", "DoRedirect": "makes such a call", "Location": "reads the response of Do",
}

func TestGeneratedCodeUsesOfPackageRuntimeWhatPeopleUseToo(t *testing.T) {
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedSyntax | packages.NeedImports},
		"./generated/...", "./internal/dev/golden/shop/...")
	require.NoError(t, err)
	used := map[string]bool{}
	for _, p := range loaded {
		require.Empty(t, p.Errors, p.PkgPath)
		for _, object := range p.TypesInfo.Uses {
			if object.Pkg() == nil || object.Pkg().Path() != "github.com/scopegen/scopegen/runtime" || object.Parent() != object.Pkg().Scope() {
				continue
			}
			used[object.Name()] = true
			require.Contains(t, forPeopleToo, object.Name(), "%s uses runtime.%s: if no person needs it, it belongs in runtime/clientimpl", p.PkgPath, object.Name())
		}
	}
	require.Greater(t, len(used), 15)
}
