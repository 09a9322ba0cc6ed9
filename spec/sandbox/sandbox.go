package sandbox

import (
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/scopegen/scopegen/spec"
)

// Config configures a server. The zero value is ready to use.
type Config struct {
	// Now returns the time, for access tokens, signatures and the times of
	// objects. Nil means time.Now.
	Now func() time.Time
	// TokenLifetime is how long an access token is valid. 0 means an hour.
	TokenLifetime time.Duration
	// GrantAll grants each client all of its scopes, whatever it asks for, as some
	// servers do: see runtime.WithWiderTokens. Responses name the scopes, as ever.
	GrantAll bool
	// KeepRefreshTokens makes refresh tokens good for any number of times. Without it
	// each is replaced when it is used, and a second use revokes all of its login.
	KeepRefreshTokens bool
	// DPoPNonceLife makes DPoP proofs need a nonce (RFC 9449, section 8), and is how
	// long one is the newest. The one before is good too. 0 means that proofs need none.
	DPoPNonceLife time.Duration
	// Approve is the person whom a client asks: it is called with the id of the client
	// and the scopes that it asks for, and returns those that are granted, none to
	// refuse. It must be safe for concurrent use. Nil grants what is asked for.
	Approve func(client string, scopes []string) []string
	// Ask shows the person a page with the scopes that a client asks for, of which
	// they may untick some or all. It counts only without Approve.
	Ask bool
	// Clients are registered from the start, as with [Server.AddClient].
	Clients []Client
	// Keys are the keys that calls may carry, by their names in the catalogue: the
	// whole value of the header field or of the query parameter, and "user:password"
	// for a user name and a password. A key that is not here is refused.
	Keys map[string]string
	// Stateless makes every operation answer with an example, whatever was called
	// before: nothing is remembered, and any id is there.
	Stateless bool
	// Examples is the number of examples in a list to which no operation can add
	// anything. 0 means three, a negative number none.
	Examples int
	// Populate puts as many examples into the lists to which operations can add
	// objects, too. They are empty otherwise.
	Populate bool
	// PageSize is the number of items on a page where the request does not say it
	// and the catalogue has no default. 0 means 100.
	PageSize int
	// MaxBody is the length of the longest request body that is accepted, in
	// bytes. 0 means 1 MiB.
	MaxBody int64
	// MaxObjects is how many objects are remembered. 0 means 10,000. They may take
	// 64 MiB of memory. Beyond either bound the oldest is forgotten.
	MaxObjects int
	// TLS makes [Server.Start] serve https, with the certificate that it has. Clients
	// are asked for theirs (RFC 8705) if its ClientAuth is [tls.RequestClientCert]. Nil
	// means plain http.
	TLS *tls.Config
	// OnCall is called with each call before its response is sent. It must be safe
	// for concurrent use, and delays the response while it runs. It may be nil.
	OnCall func(Call)
}

const (
	defaultLifetime   = time.Hour
	defaultExamples   = 3
	defaultPageSize   = 100
	defaultMaxBody    = 1 << 20
	defaultMaxObjects = 10_000
	maxStoredBytes    = 64 << 20
	maxTokens         = 10_000
	maxNonces         = 200_000
	maxIdempotent     = 10_000
	maxCalls          = 10_000
	keepIdempotent    = 24 * time.Hour
	maxSignatureAge   = 5 * time.Minute
)

// Server serves the API that a catalogue describes. It is an [http.Handler], and
// can listen by itself: see [Server.Start]. It is safe for concurrent use.
type Server struct {
	catalogue *spec.Catalogue
	config    Config
	router    *router
	schemas   *schemas
	scopes    map[string]*spec.Scope // by name
	names     map[string]string      // name of a scope by what is sent for it
	implies   *spec.Implications
	related   map[string]*collection // the collection that a member's name refers to
	at        authorizationPaths
	profile   *httpsig.Profile   // nil: requests are not signed
	verifier  *httpsig.Verifier  // nil: requests are not signed
	nonces    httpsig.NonceStore // nil: the verifier sees to them

	assertionIDs httpsig.NonceStore // claims jti that were used
	proofIDs     httpsig.NonceStore // the same of DPoP proofs

	mu         sync.Mutex
	clients    map[string]*client
	keys       map[string]httpsig.Key
	publicKeys map[string]crypto.PublicKey // the same
	tokens     tokens
	people     authorizations

	proofNonces proofNonces

	store   *store
	repeats repeats
	calls   calls
	served  uint64 // requests so far

	listening *http.Server
	url       string
	done      chan struct{}
}

// New returns a server for the catalogue, which must not be changed afterwards.
// It returns an error if the catalogue cannot be served, because two operations
// have paths that cannot be told apart or the signing dialect is unknown, and if
// [Server.AddClient] refuses a client of the configuration. The types of a
// catalogue are read when they are first needed, and no error here is about them.
func New(c *spec.Catalogue, config Config) (*Server, error) {
	if c == nil {
		return nil, errors.New("sandbox: no catalogue")
	}
	s := &Server{
		catalogue:  c,
		config:     config.withDefaults(),
		router:     newRouter(),
		schemas:    newSchemas(c),
		scopes:     map[string]*spec.Scope{},
		names:      map[string]string{},
		clients:    map[string]*client{},
		keys:       map[string]httpsig.Key{},
		publicKeys: map[string]crypto.PublicKey{},
	}
	s.store = newStore(s.config.MaxObjects, maxStoredBytes)
	for _, scope := range c.Scopes() {
		s.scopes[scope.Name] = scope
		s.names[scope.Wire(c.Spelling)] = scope.Name
	}
	s.implies = c.Implications()
	s.at = s.pathsOf()
	s.assertionIDs, s.proofIDs = httpsig.NewMemoryNonces(maxNonces), httpsig.NewMemoryNonces(maxNonces)
	for name := range s.config.Keys {
		if _, ok := c.Keys.Get(name); !ok {
			return nil, fmt.Errorf("sandbox: the catalogue has no key %q", name)
		}
	}
	if err := s.route(); err != nil {
		return nil, err
	}
	if err := s.verify(); err != nil {
		return nil, err
	}
	for _, client := range s.config.Clients {
		if err := s.AddClient(client); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.TokenLifetime <= 0 {
		c.TokenLifetime = defaultLifetime
	}
	switch {
	case c.Examples == 0:
		c.Examples = defaultExamples
	case c.Examples < 0:
		c.Examples = 0
	}
	if c.PageSize <= 0 {
		c.PageSize = defaultPageSize
	}
	if c.MaxBody <= 0 {
		c.MaxBody = defaultMaxBody
	}
	if c.MaxObjects <= 0 {
		c.MaxObjects = defaultMaxObjects
	}
	return c
}

// pathOf returns the path of a token endpoint, which may be given as an absolute
// URL.
func pathOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || !u.IsAbs() {
		return endpoint
	}
	return u.EscapedPath()
}

func (s *Server) route() error {
	var routes []*route
	for _, op := range s.catalogue.Operations {
		if path, _ := spec.CutFragment(op.Path); path == s.at.token && op.Method == http.MethodPost {
			continue
		}
		rt, err := newRoute(op)
		if err != nil {
			return fmt.Errorf("sandbox: operation %q: %w", op.ID, err)
		}
		if err := s.router.add(rt); err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
		if style, ok := s.catalogue.Paging.Get(op.Paging.Value); ok {
			rt.listPath = s.schemas.pageItems(style, jsonResponse(op))
		}
		if s.config.Stateless {
			rt.relation = &relation{}
		}
		routes = append(routes, rt)
	}
	if s.config.Stateless {
		return nil
	}
	s.related = relatedMembers(relate(routes, s.catalogue, s.schemas))
	return nil
}

// relatedMembers maps the name of a member that holds an id, such as user_id, to
// the collection that the id belongs to: /users, whose items have a path parameter
// of that name. If there are several, it is one whose objects have the id in a
// member of another name, such as "id", and among those the one with the shortest
// path.
func relatedMembers(collections map[string]*collection) map[string]*collection {
	related := map[string]*collection{}
	for _, at := range collections {
		if at.itemParam == "" || at.itemParam == "id" || at.whole != nil || len(at.params) > 0 || at.id == "" {
			continue
		}
		if other := related[at.itemParam]; other == nil || at.before(other) {
			related[at.itemParam] = at
		}
	}
	return related
}

func (c *collection) before(other *collection) bool {
	mine, theirs := c.id == c.itemParam, other.id == other.itemParam
	switch {
	case mine != theirs:
		return !mine
	case len(c.key) != len(other.key):
		return len(c.key) < len(other.key)
	}
	return c.key < other.key
}

func (s *Server) verify() error {
	var profile *httpsig.Profile
	switch s.catalogue.Signing {
	case "":
		return nil
	case "rfc9421":
		profile = httpsig.RFC9421()
	case "upvest-v15":
		profile = httpsig.UpvestV15()
	case "upvest-v6":
		profile = httpsig.UpvestV6()
	default:
		return fmt.Errorf("sandbox: unknown signing dialect %q", s.catalogue.Signing)
	}
	s.profile = profile
	policy := httpsig.Policy{
		Keys: func(_ context.Context, id string) (httpsig.Key, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			key, ok := s.keys[id]
			if !ok {
				return httpsig.Key{}, fmt.Errorf("%w: no client has a key %q", httpsig.ErrUnknownKey, id)
			}
			return key, nil
		},
		Now:     s.config.Now,
		MaxAge:  maxSignatureAge,
		MaxBody: s.config.MaxBody,
	}
	if nonces := httpsig.NewMemoryNonces(maxNonces); profile.Settings().Nonce != nil {
		policy.Nonces = nonces
	} else {
		s.nonces = nonces // the dialect does not require a nonce, and a signature may have one
	}
	var err error
	s.verifier, err = httpsig.NewVerifier(profile, policy)
	return err
}

// Start listens on the address, such as "127.0.0.1:0" for any free port, and serves
// in the background until [Server.Close]. It returns an error if the address is not
// a loopback address of this machine: a sandbox issues access tokens to everyone
// who knows its demonstration secret.
func (s *Server) Start(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("sandbox: address %q: %w; write it as 127.0.0.1:8080", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("sandbox: %q is not a loopback address; the sandbox is for this machine alone: use 127.0.0.1", host)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listening != nil {
		return fmt.Errorf("sandbox: it listens at %s already", s.url)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	scheme, serve := "http://", server.Serve
	if s.config.TLS != nil {
		server.TLSConfig = s.config.TLS.Clone()
		scheme, serve = "https://", func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	done := make(chan struct{})
	s.listening, s.url, s.done = server, scheme+listener.Addr().String(), done
	go func() {
		defer close(done)
		_ = serve(listener) // ends with ErrServerClosed
	}()
	return nil
}

// URL returns where the server listens, such as http://127.0.0.1:40123, or "" if it
// does not listen.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// Close stops listening, and waits at most five seconds for calls that are under
// way. The server keeps what it remembers, and can be started again.
func (s *Server) Close() error {
	s.mu.Lock()
	server, done := s.listening, s.done
	s.listening, s.url = nil, ""
	s.mu.Unlock()
	if server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		// For five seconds, a connection that a client opened and never used counts
		// as busy. Closing it harms nobody.
		err = server.Close()
	}
	<-done
	return err
}
