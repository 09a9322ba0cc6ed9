package sandbox

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/scopegen/scopegen/internal/closest"
	"github.com/scopegen/scopegen/runtime/httpsig"
)

// Client is an OAuth client that may use the API, as the API's provider sets it up
// for a customer.
type Client struct {
	ID     string
	Secret string
	// Scopes are the scopes that the client may have in its access tokens, by
	// their names in the catalogue or as they are sent. Nil means all scopes.
	Scopes []string
	// Keys are the public keys that its requests are signed with, by key id:
	// ed25519.PublicKey, *ecdsa.PublicKey or *rsa.PublicKey. At least one is
	// needed if the catalogue says that requests are signed. Several clients may
	// have the same key. An id names the same key for all clients.
	Keys map[string]crypto.PublicKey
	// AssertionKeys are the public keys of the client's assertions (RFC 7523), by key
	// id: of private_key_jwt, of the JWT bearer grant, and of tokens that it exchanges.
	AssertionKeys map[string]crypto.PublicKey
	// Certificate is what the client's connections show (RFC 8705, section 2.2), nil
	// for none.
	Certificate *x509.Certificate
	// Public says that the client has no secret, where the catalogue lists the client
	// authentication none.
	Public bool
}

// client is a registered [Client].
type client struct {
	id, secret string
	scopes     []string // as sent
	keys       []string

	assertionKeys map[string]crypto.PublicKey
	certificate   *x509.Certificate
	public        bool
}

// boundTo returns what refresh tokens of the client are bound to, of those that came
// of a proof with the key of a thumbprint: those of public clients are bound to it,
// those of others to the client (RFC 9449, section 5).
func (c *client) boundTo(thumbprint string) string {
	if c.public {
		return thumbprint
	}
	return ""
}

// AddClient registers a client, and replaces a client that has the same id. It
// returns an error if a scope is not in the catalogue, or if a key cannot be used
// with the catalogue's signing dialect.
func (s *Server) AddClient(c Client) error {
	if c.ID == "" || c.Secret == "" && len(c.AssertionKeys) == 0 && c.Certificate == nil && !c.Public {
		return errors.New("sandbox: a client needs an ID and a Secret, or AssertionKeys, a Certificate or Public in place of the Secret")
	}
	added := &client{id: c.ID, secret: c.Secret, assertionKeys: maps.Clone(c.AssertionKeys), certificate: c.Certificate, public: c.Public}
	if c.Scopes == nil {
		for _, scope := range s.catalogue.Scopes() {
			added.scopes = append(added.scopes, scope.Wire(s.catalogue.Spelling))
		}
	}
	for _, name := range c.Scopes {
		wire, ok := s.wire(name)
		if !ok {
			return fmt.Errorf("sandbox: client %q: the API has no scope %q%s", c.ID, name, s.meant(name))
		}
		if !slices.Contains(added.scopes, wire) {
			added.scopes = append(added.scopes, wire)
		}
	}
	keys := map[string]httpsig.Key{}
	for id, public := range c.Keys {
		key, err := httpsig.NewPublicKey(id, public)
		if err != nil {
			return fmt.Errorf("sandbox: client %q: key %q: %w", c.ID, id, err)
		}
		if s.profile != nil {
			if err := s.profile.Allows(key); err != nil {
				return fmt.Errorf("sandbox: client %q: key %q cannot sign requests of this API: %w", c.ID, id, err)
			}
		}
		keys[id] = key
		added.keys = append(added.keys, id)
	}
	if s.verifier != nil && len(keys) == 0 {
		return fmt.Errorf("sandbox: client %q has no key, and the requests of this API are signed", c.ID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.clients {
		for _, id := range other.keys {
			// A signature names the key alone, so one id cannot be of two keys.
			if mine, both := c.Keys[id]; both && other.id != c.ID && !samePublicKey(mine, s.publicKeys[id]) {
				return fmt.Errorf("sandbox: client %q: client %q has another key with the id %q: choose another id", c.ID, other.id, id)
			}
		}
	}
	s.clients[c.ID] = added
	kept := map[string]bool{}
	for _, client := range s.clients {
		for _, id := range client.keys {
			kept[id] = true
		}
	}
	for id, key := range keys {
		s.keys[id], s.publicKeys[id] = key, c.Keys[id]
	}
	maps.DeleteFunc(s.keys, func(id string, _ httpsig.Key) bool { return !kept[id] }) // of the client that was replaced
	return nil
}

func samePublicKey(a, b crypto.PublicKey) bool {
	key, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && key.Equal(b)
}

// wire returns the string that is sent for a scope, which may be given by its name
// in the catalogue or as it is sent, and whether there is such a scope.
func (s *Server) wire(name string) (string, bool) {
	if scope := s.scopes[name]; scope != nil {
		return scope.Wire(s.catalogue.Spelling), true
	}
	_, ok := s.names[name]
	return name, ok
}

// meant returns the end of an error text, which suggests the scope that a name is
// probably a misspelling of, or "".
func (s *Server) meant(name string) string { return meant(name, maps.Keys(s.names)) }

func meant(name string, candidates iter.Seq[string]) string {
	if best := closest.To(name, candidates); best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return ""
}
