package audit

import (
	"encoding/binary"
	"fmt"
	"go/types"
	"hash"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/internal/program"
)

// A client may have thousands of methods, of which facts hold no more than hashes of
// their signatures, four bytes each: that is enough to tell which interfaces it
// implements. The table of the API has their names.

// namesHash is that of the names of methods.
func namesHash(names []string) uint32 {
	h := fnv.New32a()
	fmt.Fprint(h, strings.Join(names, " "))
	return h.Sum32()
}

// hashes returns those of the methods of a client that make calls, in the order of their
// names, behind that of the names.
func hashes(t *types.Named) string {
	of := map[string]uint32{}
	for m := range t.Methods() {
		if makesCall(m) {
			of[m.Name()] = signatureHash(m.Signature())
		}
	}
	names := slices.Sorted(keys(of))
	text := binary.BigEndian.AppendUint32(nil, namesHash(names))
	for _, name := range names {
		text = binary.BigEndian.AppendUint32(text, of[name])
	}
	return string(text)
}

// whole reports whether the signature of a method must be known as a whole: it names a
// type whose values may lead to further calls.
func (e *encoder) whole(m *types.Func) bool {
	found := false
	program.EachNamed(m.Signature(), func(o *types.TypeName) {
		found = found || e.detailed(o) || types.IsInterface(o.Type()) && strings.HasPrefix(pathOf(o), runtimePath) && o.Name() != "CallOption"
	})
	return found || !makesCall(m)
}

// makesCall reports whether a method of a generated type takes options of a call.
func makesCall(m *types.Func) bool {
	found := false
	program.EachNamed(m.Signature().Params(), func(t *types.TypeName) {
		found = found || t.Name() == "CallOption" && pathOf(t) == runtimePath
	})
	return found
}

// addHashed adds the methods to a client of which facts have hashes alone.
func (d *decoder) addHashed(n *types.Named, w *wireNamed) {
	c := d.client(w.Package + "." + w.Name)
	if w.Hashes == "" || c == nil {
		return
	}
	names := slices.Sorted(keys(c.operations))
	text := []byte(w.Hashes)
	// Of a client that was edited the names may differ. Then any signature may be meant.
	known := len(text) == 4*(1+len(names)) && binary.BigEndian.Uint32(text) == namesHash(names)
	option := types.NewSlice(d.name(&wireNamed{Package: runtimePath, PackageName: "runtime", Name: "CallOption"}))
	for i, name := range names {
		if slices.ContainsFunc(w.Methods, func(m wireMethod) bool { return m.Name == name }) {
			continue // it was needed as a whole
		}
		recv := types.NewParam(0, n.Obj().Pkg(), "", types.NewPointer(n))
		fn := types.NewFunc(0, n.Obj().Pkg(), name, types.NewSignatureType(recv, nil, nil, types.NewTuple(types.NewParam(0, nil, "", option)), nil, true))
		n.AddMethod(fn)
		d.hashes[fn] = nil
		if known {
			h := binary.BigEndian.Uint32(text[4*(1+i):])
			d.hashes[fn] = &h
		}
	}
}

// implements reports whether the methods of a live type include those of an interface.
func (f *facts) implements(l *alive, i *types.Interface) bool {
	hashed := false
	for m := range i.Methods() {
		selection := l.methods.Lookup(m.Pkg(), m.Name())
		if selection == nil {
			return false
		}
		fn, _ := selection.Obj().(*types.Func)
		if h, ok := f.hashes[fn]; ok {
			hashed = true
			if h != nil && *h != signatureHash(m.Signature()) {
				return false
			}
		}
	}
	if !hashed {
		return types.Implements(l.typ, i)
	}
	for m := range i.Methods() {
		selection := l.methods.Lookup(m.Pkg(), m.Name())
		if fn, ok := selection.Obj().(*types.Func); ok {
			if _, ok := f.hashes[fn]; !ok && !types.Identical(selection.Type(), m.Type()) {
				return false
			}
		}
	}
	return true
}

// signatureHash returns the same number for identical signatures, without type
// parameters, however they were loaded.
func signatureHash(s *types.Signature) uint32 {
	h := fnv.New32a()
	writeType(h, s)
	return h.Sum32()
}

func writeType(h hash.Hash32, t types.Type) {
	write := func(format string, args ...any) { fmt.Fprintf(h, format, args...) }
	switch t := t.(type) {
	case *types.Alias:
		writeType(h, types.Unalias(t))
	case *types.Basic:
		write("basic %d;", t.Kind())
	case *types.Named:
		write("named %s.%s[", pathOf(t.Obj()), t.Obj().Name())
		for arg := range t.TypeArgs().Types() {
			writeType(h, arg)
		}
		write("];")
	case *types.Pointer:
		write("*")
		writeType(h, t.Elem())
	case *types.Slice:
		write("[]")
		writeType(h, t.Elem())
	case *types.Array:
		write("[%d]", t.Len())
		writeType(h, t.Elem())
	case *types.Chan:
		write("chan %d ", t.Dir())
		writeType(h, t.Elem())
	case *types.Map:
		write("map ")
		writeType(h, t.Key())
		writeType(h, t.Elem())
	case *types.Tuple:
		write("(")
		for v := range t.Variables() {
			writeType(h, v.Type())
		}
		write(");")
	case *types.Signature:
		write("func %t ", t.Variadic())
		writeType(h, t.Params())
		writeType(h, t.Results())
	case *types.Struct:
		write("struct %d{", t.NumFields())
		for field := range t.Fields() {
			write("%s %t ", field.Name(), field.Embedded())
			writeType(h, field.Type())
		}
		write("};")
	case *types.Interface:
		write("interface %d{", t.NumMethods())
		for m := range t.Methods() {
			write("%s ", m.Name())
			writeType(h, withoutReceiver(m))
		}
		write("};")
	default:
		write("%T;", t)
	}
}
