package runtime

import (
	"fmt"
	"reflect"
	"slices"
)

// Scope ties the string of a scope to its type.
type Scope struct {
	Name string       // as sent (RFC 6749, section 3.3)
	Type reflect.Type // the sealed interface, reflect.TypeFor[scope.UsersRead]()
}

// scopesOf returns the strings of the scopes that the set t names, sorted.
//
// A scope is an interface with one unexported method, so a set that embeds
// only scopes of this API has as many methods as it has scopes of this API;
// one more, and it names something else.
func (a *API) scopesOf(t reflect.Type) ([]string, error) {
	if t.Kind() != reflect.Interface {
		return nil, fmt.Errorf("%s is a %s, and a set of scopes is an interface: declare it as an interface that embeds the scopes", t, t.Kind())
	}
	var names []string
	seen := map[reflect.Type]bool{}
	for _, scope := range a.Scopes {
		if !seen[scope.Type] && t.Implements(scope.Type) {
			seen[scope.Type] = true
			names = append(names, scope.Name)
		}
	}
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("%s names no scope of the API %q: embed what is needed from its package scope", t, a.Name)
	case t.NumMethod() != len(names):
		return nil, fmt.Errorf("%s holds more than scopes of the API %q: a scope of another API belongs to a session with that one", t, a.Name)
	}
	slices.Sort(names)
	return names, nil
}
