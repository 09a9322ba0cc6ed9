package runtime

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// Key is a credential that the API has given a client for good, and that calls carry
// as it is: an API key, or a user name with a password. Package key of a generated
// API has a type for each of its keys. The zero Key makes a client refuse every call.
//
// A Key cannot be printed, and no error holds it. A call carries it to the server of
// its session alone: redirects are not followed.
type Key struct {
	name   string
	header string // the field that holds it, "" for none
	query  string // the parameter that holds it, "" for none
	err    error  // why calls are refused
	// A function, because a printer that follows fields would find the value.
	reveal func() string
	// What must not stand in errors: the value, and its parts that are secret
	// by themselves.
	hide func() []string
}

// NewHeaderKey returns the key called name, which the header field holds. Generated
// packages call it.
func NewHeaderKey(name, field string, value Secret) Key {
	return newKey(Key{name: name, header: http.CanonicalHeaderKey(field)}, value.Reveal(), func() []string {
		words := strings.Fields(value.Reveal())
		return append(words[max(len(words)-1, 0):], value.Reveal()) // "Token abc": abc alone is secret, too
	})
}

// NewQueryKey returns the key called name, which the query parameter holds. Generated
// packages call it.
func NewQueryKey(name, parameter string, value Secret) Key {
	return newKey(Key{name: name, query: parameter}, value.Reveal(), func() []string {
		return []string{value.Reveal(), url.QueryEscape(value.Reveal())}
	})
}

// NewBasicKey returns the key called name: a user name and a password, as RFC 7617
// has it. Generated packages call it.
func NewBasicKey(name, user string, password Secret) Key {
	k := Key{name: name, header: "Authorization"}
	pair := user + ":" + password.Reveal()
	switch {
	case user == "" && password.Reveal() == "":
		pair = ""
	case strings.Contains(user, ":"):
		k.err = fmt.Errorf("the user name of the key %q holds a colon, which ends a user name (RFC 7617, section 2)", name)
	case hasControl(pair):
		k.err = fmt.Errorf("the key %q holds a control character, such as the line break of a file: remove it", name)
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(pair))
	if pair != "" {
		pair = "Basic " + encoded
	}
	// The user name may be the secret: some APIs take a key in its place.
	return newKey(k, pair, func() []string { return []string{encoded, password.Reveal(), user} })
}

func newKey(k Key, value string, hide func() []string) Key {
	switch {
	case k.err != nil:
	case value == "":
		k.err = fmt.Errorf("the key %q is empty", k.name)
	case hasControl(value):
		k.err = fmt.Errorf("the key %q holds a control character, such as the line break of a file: remove it", k.name)
	}
	k.reveal, k.hide = func() string { return value }, hide
	return k
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// Format writes the name of the key and no value, for every verb.
func (k Key) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, k.String()) // fmt keeps the error, if there is one
}

// String returns the name of the key.
func (k Key) String() string {
	if k.reveal == nil {
		return "Key(none)"
	}
	return "Key(" + k.name + ")"
}

// MarshalText returns the name of the key. Encoders of JSON and log handlers call it.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// WithKeys returns a Caller whose calls carry the keys, too. If one of them cannot be
// sent, every call is refused before anything is sent. Generated constructors call it.
func (c Caller) WithKeys(keys ...Key) Caller {
	if authorizationOf(c).check() != nil {
		return c
	}
	a := *authorizationOf(c)
	a.keys = slices.Concat(a.keys, keys)
	for _, k := range keys {
		switch {
		case k.reveal == nil:
			a.err = errors.New("the key is the zero key: make it with its New function, from package key of the API")
		case k.err != nil:
			a.err = k.err
		}
	}
	return Caller{&a}
}

// keyNames returns the names of the keys that calls carry.
func (a *authorization) keyNames() []string {
	var names []string
	for _, k := range a.keys {
		names = append(names, k.name)
	}
	return names
}

// inHeader reports whether a key of the call is in the header field.
func (a *authorization) inHeader(canonical string) bool {
	return slices.ContainsFunc(a.keys, func(k Key) bool { return k.header == canonical })
}

// addKeys adds the keys that stand in the query to the URL of a call. It returns an
// error if the request has such a parameter already.
func (k *call) addKeys(u *url.URL) error {
	for _, key := range k.authorization.keys {
		if key.query == "" {
			continue
		}
		if present, err := url.ParseQuery(u.RawQuery); err == nil && present.Has(key.query) {
			return fmt.Errorf("query parameter %q is the key %q and cannot be given", key.query, key.name)
		}
		u.RawQuery = string(appendPair([]byte(u.RawQuery), key.query, key.reveal()))
	}
	return nil
}

// NoGrant is the grant of a session that needs no access tokens, because its calls
// carry keys or nothing. A call that needs an access token is refused before anything
// is sent.
type NoGrant struct{}

var errNoGrant = errors.New("the session was opened with NoGrant, so it has no access tokens: give Open a grant")

// Prepare implements [Grant].
func (NoGrant) Prepare(*clientimpl.API, string) (Holder, error) { return Holder{Private: true}, nil }

// AccessToken implements [Grant]. It returns an error.
func (NoGrant) AccessToken(context.Context, *TokenRequest) (AccessToken, error) {
	return AccessToken{}, errNoGrant
}
