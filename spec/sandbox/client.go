package sandbox

import (
	"crypto"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/scopegen/scopegen/internal/diag"
	"github.com/scopegen/scopegen/runtime/httpsig"
)

// Client is someone who may use the API: what an API's provider sets up for a
// customer.
type Client struct {
	ID     string
	Secret string
	// Scopes are the scopes that the client may have in its tokens, by their
	// names in the catalogue or as they are sent. Nil: all.
	Scopes []string
	// Keys are the public keys that its requests are signed with, by key id:
	// ed25519.PublicKey, *ecdsa.PublicKey or *rsa.PublicKey. Needed if the
	// catalogue's requests are signed. Several clients may have one key.
	Keys map[string]crypto.PublicKey
}

// client is a registered [Client].
type client struct {
	id, secret string
	scopes     []string // as sent
	keys       []string
}

// AddClient registers a client; one with the same id is replaced. It is an
// error if a scope is not in the catalogue, or a key cannot sign requests in the
// catalogue's dialect.
func (s *Server) AddClient(c Client) error {
	if c.ID == "" || c.Secret == "" {
		return errors.New("sandbox: a client needs an ID and a Secret")
	}
	added := &client{id: c.ID, secret: c.Secret}
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
	s.clients[c.ID] = added
	for id, key := range keys {
		s.keys[id] = key
	}
	return nil
}

// wire is how a scope is sent, for its name in the catalogue or that itself.
func (s *Server) wire(name string) (string, bool) {
	if scope := s.scopes[name]; scope != nil {
		return scope.Wire(s.catalogue.Spelling), true
	}
	_, ok := s.names[name]
	return name, ok
}

// meant suggests the scope that a name is a misspelling of.
func (s *Server) meant(name string) string { return meant(name, maps.Keys(s.names)) }

func meant(name string, candidates iter.Seq[string]) string {
	if closest := diag.Closest(name, candidates); closest != "" {
		return fmt.Sprintf("; did you mean %q?", closest)
	}
	return ""
}
