package clientimpl

import (
	"crypto"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// API describes one API to the runtime. Generated code holds it.
type API struct {
	Name        string            // "upvest"
	Scopes      Scopes            // all of them
	Token       TokenEndpoint     // where access tokens come from
	Signing     Signing           // how requests are signed; nil: they are not
	Headers     map[string]string // sent with every request; "{client_id}" is replaced
	RequestID   string            // the response header that identifies a request; "" for none
	Idempotency string            // the header that carries an idempotency key; "" for none
	Errors      []ErrorType       // of the operations that state none of their own
	Servers     map[string]string // name → URL of those that serve some operations alone
}

// TokenEndpoint is where an API grants access tokens (RFC 6749, section 3.2), and
// how.
type TokenEndpoint struct {
	Path     string // on the server, or an absolute URL; "": as the issuer's metadata says
	Basic    bool   // credentials are sent in the Authorization header, else in the body (RFC 6749, section 2.3.1)
	MaxScope int    // longest scope parameter in bytes; 0: no limit
	Signed   bool   // the token request is signed too

	Grants         []string // by their grant_type; nil: client_credentials alone
	Authentication []string // client authentication methods beside a client secret (RFC 7591, section 2)
	Issuer         string   // identifies the authorization server (RFC 8414); "" if that is not known
	Authorize      string   // authorization endpoint, as Path is given
	Device         string   // device authorization endpoint (RFC 8628), as Path is given
	Revoke         string   // revocation endpoint (RFC 7009), as Path is given
	Hosts          []string // beside the issuer's, on which its metadata may name endpoints
	DPoP           string   // access tokens bound to a key (RFC 9449): "required", "optional", or "" where there are none
}

// Signing makes what signs requests with a key, which has an id: a function that returns
// the header fields to add to a request whose body is given. It is the method Signer of a
// profile of package httpsig, which programs that sign nothing are built without.
type Signing func(keyID string, key crypto.Signer) (Signature, error)

// Signature returns the header fields that sign a request made now.
type Signature = func(r *http.Request, body []byte, now time.Time) (http.Header, error)

// Scope is a scope of an API: its name, its Go type, and what it includes.
type Scope struct {
	Name    string   // as sent (RFC 6749, section 3.3)
	Pointer any      // a nil pointer to the sealed interface, (*scope.UsersRead)(nil)
	Implies []string // names of the scopes that it includes, directly or through others
}

// Scopes are the scopes of an API. They cannot be changed, so a program cannot
// give the type of one scope the name of another.
type Scopes struct{ list []Scope }

// NewScopes returns the listed scopes. Generated packages call it.
func NewScopes(list ...Scope) Scopes {
	own := slices.Clone(list)
	for i := range own {
		own[i].Implies = slices.Clone(own[i].Implies)
	}
	return Scopes{own}
}

// None reports whether the API has no scopes.
func (s Scopes) None() bool { return len(s.list) == 0 }

// Including returns the words of the named scopes and of those that they include.
// A scope whose name holds a space has several words, because the scope parameter
// does not tell it from several scopes (RFC 6749, section 3.3).
func (s Scopes) Including(names []string) map[string]bool {
	named := map[string]bool{}
	addWords(named, names)
	all := maps.Clone(named)
	for _, scope := range s.list {
		if len(scope.Implies) > 0 && !slices.ContainsFunc(strings.Fields(scope.Name), func(word string) bool { return !named[word] }) {
			addWords(all, scope.Implies)
		}
	}
	return all
}

func addWords(to map[string]bool, names []string) {
	for _, name := range names {
		for _, word := range strings.Fields(name) {
			to[word] = true
		}
	}
}

// All returns the scopes in their order.
func (s Scopes) All() iter.Seq[Scope] {
	return func(yield func(Scope) bool) {
		for _, scope := range s.list {
			scope.Implies = slices.Clone(scope.Implies)
			if !yield(scope) {
				return
			}
		}
	}
}
