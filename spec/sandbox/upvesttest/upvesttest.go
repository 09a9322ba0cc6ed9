// Package upvesttest serves the Upvest Investment API to a test, on loopback,
// with nothing outside the process:
//
//	session := upvesttest.New(t).Open("users:read", "orders:admin")
//	token := runtime.Authorize[access](session)
//
// The scopes are those that the provider would configure for the client: a
// token for another is refused. A test of the program's own way to open a
// session takes the parts:
//
//	srv := upvesttest.New(t)
//	session, err := upvest.Open(srv.Server(), srv.Credentials("users:read"), runtime.WithKey(srv.Key()))
//
// The server checks what the API checks: credentials, signatures, scopes,
// types and idempotency keys. It remembers what the test creates; see package
// sandbox for the rest of what it does. It is closed when the test ends.
package upvesttest

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/scopegen/scopegen/generated/upvest"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

// Server is a sandbox for one test. It has the methods of [sandbox.Server]:
// Calls and Usage tell what was called with which scopes. It is safe for
// concurrent use.
type Server struct {
	*server
	t   testing.TB
	key ed25519.PrivateKey

	mu      sync.Mutex
	clients int
}

type server = sandbox.Server

// KeyID is the id of the key that [Server.Key] returns.
const KeyID = "7c0f3f5e-7e57-4e57-8e57-0000000000ff"

// catalogue is read once for all tests of a program, and not changed.
var catalogue = sync.OnceValues(spec.Default)

// New starts a server that is closed when the test ends. The configuration is
// that of package sandbox; at most one is taken.
func New(t testing.TB, config ...sandbox.Config) *Server {
	t.Helper()
	c, err := catalogue()
	if err != nil {
		t.Fatalf("upvesttest: the catalogue in the box cannot be read: %v", err)
	}
	if len(config) > 1 {
		t.Fatalf("upvesttest: %d configurations; at most one is taken", len(config))
	}
	s, err := sandbox.New(c, append(config, sandbox.Config{})[0])
	if err != nil {
		t.Fatalf("upvesttest: %v", err)
	}
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatalf("upvesttest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("upvesttest: %v", err)
		}
	})
	// The key is of no use but here, and the same each time.
	return &Server{server: s, t: t, key: ed25519.NewKeyFromSeed([]byte("a test key of the sandbox: 32 B."))}
}

// Server is where to open a session.
func (s *Server) Server() runtime.Server {
	return runtime.Server{Name: "sandbox", URL: s.URL()}
}

// Key is the id and the private key that every client of [Server.Credentials]
// signs with: runtime.WithKey(srv.Key()).
func (s *Server) Key() (id string, key crypto.Signer) { return KeyID, s.key }

// Credentials registers another client, which may have the scopes in its
// tokens, or all scopes if none is named. A scope that the API does not have
// fails the test.
func (s *Server) Credentials(scopes ...string) runtime.Credentials {
	s.t.Helper()
	s.mu.Lock()
	s.clients++
	n := s.clients
	s.mu.Unlock()
	client := sandbox.Client{
		ID:     fmt.Sprintf("7c0f3f5e-7e57-4e57-8e57-%012d", n),
		Secret: fmt.Sprintf("secret-%d", n),
		Scopes: scopes,
		Keys:   map[string]crypto.PublicKey{KeyID: s.key.Public()},
	}
	if err := s.AddClient(client); err != nil {
		s.t.Fatalf("upvesttest: %s", strings.TrimPrefix(err.Error(), "sandbox: "))
	}
	return runtime.Credentials{ClientID: client.ID, ClientSecret: runtime.NewSecret(client.Secret)}
}

// Open opens a session of a new client that may have the scopes in its tokens,
// or all scopes if none is named, as [Server.Credentials] does.
func (s *Server) Open(scopes ...string) *runtime.Session {
	s.t.Helper()
	session, err := upvest.Open(s.Server(), s.Credentials(scopes...), runtime.WithKey(s.Key()))
	if err != nil {
		s.t.Fatalf("upvesttest: %v", err)
	}
	return session
}
