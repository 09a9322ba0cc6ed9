package clientimpl

import (
	"iter"
	"reflect"
	"slices"

	"github.com/scopegen/scopegen/runtime/httpsig"
)

// API describes one API to the runtime. Generated code holds it.
type API struct {
	Name        string            // "upvest"
	Scopes      Scopes            // all of them
	Token       TokenEndpoint     // where access tokens come from
	Signing     *httpsig.Profile  // how requests are signed; nil: they are not
	Headers     map[string]string // sent with every request; "{client_id}" is replaced
	RequestID   string            // the answer header that identifies a request; "" for none
	Idempotency string            // the header that carries an idempotency key; "" for none
}

// TokenEndpoint is where an API grants access tokens for client credentials (RFC
// 6749, section 4.4).
type TokenEndpoint struct {
	Path     string // on the server, or an absolute URL
	Basic    bool   // credentials are sent in the Authorization header, else in the body (RFC 6749, section 2.3.1)
	MaxScope int    // longest scope parameter in bytes; 0: no limit
	Signed   bool   // the token request is signed too
}

// Scope is a scope of an API: its name and its Go type.
type Scope struct {
	Name string       // as sent (RFC 6749, section 3.3)
	Type reflect.Type // the sealed interface, reflect.TypeFor[scope.UsersRead]()
}

// Scopes are the scopes of an API. They cannot be changed, so a program cannot
// give the type of one scope the name of another.
type Scopes struct{ list []Scope }

// NewScopes returns the listed scopes. Generated packages call it.
func NewScopes(list ...Scope) Scopes { return Scopes{slices.Clone(list)} }

// All returns the scopes in their order.
func (s Scopes) All() iter.Seq[Scope] { return slices.Values(s.list) }
