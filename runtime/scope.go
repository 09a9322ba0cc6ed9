package runtime

import (
	"fmt"
	"reflect"
	"sort"

	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// scopesOf returns the names of the scopes that the interface type t embeds,
// sorted.
//
// A scope's type has one unexported method. So if t embeds scopes of this API and
// nothing else, it has as many methods as scopes.
func scopesOf(a *clientimpl.API, t reflect.Type) ([]string, error) {
	if t.Kind() != reflect.Interface {
		return nil, fmt.Errorf("%s is a %s, but a scope set is an interface: declare one that embeds the scopes", t, t.Kind())
	}
	var names []string
	seen := map[reflect.Type]bool{}
	for scope := range a.Scopes.All() {
		if sealed := reflect.TypeOf(scope.Pointer).Elem(); !seen[sealed] && t.Implements(sealed) {
			seen[sealed] = true
			names = append(names, scope.Name)
		}
	}
	switch {
	case len(names) == 0 && t.NumMethod() == 0 && a.Scopes.None():
		return nil, nil // an API without scopes: its access tokens are asked for without any
	case len(names) == 0:
		return nil, fmt.Errorf("%s names no scope of the API %q: embed the scopes that the program needs, from the API's package scope", t, a.Name)
	case t.NumMethod() != len(names):
		return nil, fmt.Errorf("%s holds more than scopes of the API %q: a scope of another API belongs to a session with that one", t, a.Name)
	}
	sort.Strings(names)
	return names, nil
}
