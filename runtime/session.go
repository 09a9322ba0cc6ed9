package runtime

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"

	"github.com/scopegen/scopegen/runtime/httpsig"
)

// API is what generated code tells the runtime about one API.
type API struct {
	Name        string            // "upvest"
	Scopes      []Scope           // all of them
	Token       TokenEndpoint     // where tokens come from
	Signing     *httpsig.Profile  // how requests are signed; nil: they are not
	Headers     map[string]string // sent with every request; "{client_id}" is replaced
	RequestID   string            // the answer header that identifies a request; "" for none
	Idempotency string            // the header that carries an idempotency key; "" for none
}

// TokenEndpoint is where an API grants tokens for client credentials (RFC
// 6749, section 4.4).
type TokenEndpoint struct {
	Path     string // on the server, or an absolute URL
	Basic    bool   // credentials in the Authorization header, else in the body (RFC 6749, section 2.3.1)
	MaxScope int    // longest scope parameter in bytes; 0: no limit
	Signed   bool   // the token request is signed too
}

// Server is where an API is served: one that the generated package names, or
// one of your own.
type Server struct {
	Name string
	URL  string // absolute; https, or http on a loopback address
}

// Credentials identify the client to the token endpoint. They print no secret.
type Credentials struct {
	ClientID     string
	ClientSecret Secret // NewSecret(os.Getenv("…"))
}

// Session is an API client's standing with one server: its credentials, its
// signing key, the access tokens it holds. It is made by the Open function of
// a generated package, is safe for concurrent use and needs no closing: it
// keeps no goroutine, and idle connections close by themselves.
type Session struct {
	api      *API
	base     *url.URL
	endpoint *url.URL // of tokens
	// Functions, because what follows fields would find tokens in the buffers
	// of connections.
	send  func(*http.Request) (*http.Response, error)
	share sharing // nil if there is no store

	clock    Clock
	clientID string
	secret   Secret
	key      httpsig.Key
	oneToken bool
	retries  retryBudget
	fields   apiFields

	mu      sync.Mutex
	grants  map[reflect.Type]*grant // by sets
	sources map[string]*source      // by scopes, space-separated
}

// Option changes how a session works.
type Option interface{ apply(*options) }

type options struct {
	keyID     string
	key       crypto.Signer
	transport http.RoundTripper
	clock     Clock
	share     sharing
	oneToken  bool
}

// sharing is request by way of a store. It is a function so that a program
// without a store has none of it in its binary.
type sharing func(ctx context.Context, s *Session, scopes []string, parameter string, unwanted []string) (answer, error)

type option func(*options)

func (o option) apply(to *options) { o(to) }

// WithKey gives the private key that requests are signed with, and the id
// under which the server knows its public key. Any [crypto.Signer] does, also
// one whose key is in an HSM or KMS; package keyfile reads key files.
func WithKey(keyID string, key crypto.Signer) Option {
	return option(func(o *options) { o.keyID, o.key = keyID, key })
}

// WithTransport sends all requests, token requests too, through rt in place of
// one like [http.DefaultTransport] that keeps more idle connections. It sees
// them signed and must not change what is covered. It must not follow
// redirects of its own accord either, nor write headers and bodies down: they
// hold secrets.
func WithTransport(rt http.RoundTripper) Option {
	return option(func(o *options) { o.transport = rt })
}

// WithClock takes the time from c.
func WithClock(c Clock) Option {
	return option(func(o *options) { o.clock = c })
}

// WithOneToken has all clients of a [Token] share one access token with all
// scopes of its set, in place of one access token for each client's own. It is
// for servers that bill or limit tokens: a token that leaks can do more.
func WithOneToken() Option {
	return option(func(o *options) { o.oneToken = true })
}

// WithStore shares access tokens through store, so that a fleet of processes
// fetches each once.
func WithStore(store Store) Option {
	return option(func(o *options) {
		o.share = func(ctx context.Context, s *Session, scopes []string, parameter string, unwanted []string) (answer, error) {
			part := shared{store, s, s.storeKey(parameter)}
			return part.token(ctx, unwanted, func() (answer, error) { return s.request(ctx, scopes, parameter) })
		}
		if store == nil {
			o.share = nil
		}
	})
}

// Open starts a session. Programs call the Open of a generated package, which
// calls this. It needs no network; an error says which argument is wrong.
func Open(api *API, server Server, credentials Credentials, opts ...Option) (*Session, error) {
	o := options{clock: systemClock{}}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("runtime: an option is nil")
		}
		opt.apply(&o)
	}
	if api == nil {
		return nil, errors.New("runtime: no API: call the Open function of a generated package")
	}
	for _, scope := range api.Scopes {
		if scope.Type == nil || scope.Type.Kind() != reflect.Interface {
			return nil, fmt.Errorf("runtime: the scope %q of %s has no interface type: generate its package again", scope.Name, api.Name)
		}
	}
	base, err := parseServer("the server's URL", server.URL)
	if err != nil {
		return nil, err
	}
	var endpoint *url.URL
	if path := api.Token.Path; strings.HasPrefix(path, "/") {
		endpoint, err = url.Parse(strings.TrimSuffix(base.String(), "/") + path)
	} else {
		endpoint, err = parseServer("the URL of the token endpoint of "+api.Name, path)
	}
	if err != nil {
		return nil, err
	}
	transport := o.transport
	if shared, ok := http.DefaultTransport.(*http.Transport); ok && transport == nil {
		// The default keeps two idle connections to a host, so that a third
		// caller at the same time makes a new one for each call.
		own := shared.Clone()
		own.MaxIdleConnsPerHost = own.MaxIdleConns
		transport = own
	}
	s := &Session{
		api: api, base: base, endpoint: endpoint, clock: o.clock, clientID: credentials.ClientID, secret: credentials.ClientSecret,
		share: o.share, oneToken: o.oneToken, grants: map[reflect.Type]*grant{}, sources: map[string]*source{}, fields: newAPIFields(api, credentials.ClientID),
		// A redirect would carry the bearer, the signature or the secret to
		// where they were not meant for, and a signature holds for one target
		// only. A bare RoundTripper hands it on like any other answer.
		send: func(r *http.Request) (*http.Response, error) { return roundTrip(transport, r) },
	}
	switch {
	case o.clock == nil:
		return nil, errors.New("runtime: the clock is nil")
	case credentials.ClientID == "":
		return nil, errors.New("runtime: Credentials.ClientID is empty: set it to the id that the API gave your client")
	case credentials.ClientSecret.Reveal() == "":
		return nil, errors.New("runtime: Credentials.ClientSecret is empty: set it with runtime.NewSecret")
	case strings.ContainsFunc(credentials.ClientID, func(r rune) bool { return r < ' ' || r > '~' }):
		return nil, errors.New("runtime: Credentials.ClientID has characters other than printable ASCII")
	}
	if api.Signing != nil {
		if o.key == nil {
			return nil, fmt.Errorf("runtime: %s wants signed requests: give the key with runtime.WithKey", api.Name)
		}
		if s.key, err = httpsig.NewKey(o.keyID, o.key); err != nil {
			return nil, fmt.Errorf("runtime: the key given to WithKey: %w", err)
		}
		if err := api.Signing.Allows(s.key); err != nil {
			return nil, fmt.Errorf("runtime: the key given to WithKey: %w", err)
		}
	}
	return s, nil
}

// parseServer reads the URL of a server, what names it. Plain http would send
// the secret for everyone to read, so it is for this machine alone.
func parseServer(what, text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		// The parser's error repeats the text, which may hold a password.
		return nil, fmt.Errorf("runtime: %s cannot be parsed: write it as https://host or https://host/path", what)
	case u.User != nil:
		return nil, fmt.Errorf("runtime: %s holds a user name: remove it; credentials have their own argument", what)
	case u.Hostname() == "" || strings.ContainsAny(text, "?#"):
		return nil, fmt.Errorf("runtime: %s %q is not of the form https://host or https://host/path", what, text)
	case u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()):
		return u, nil
	}
	return nil, fmt.Errorf("runtime: %s %q is neither https nor on this machine: use https", what, text)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// authorize returns the right to ask for the scopes of a set.
func (s *Session) authorize(set reflect.Type) *grant {
	if s == nil || s.api == nil {
		return noSession()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.grants[set]
	if g == nil {
		g = &grant{session: s}
		if g.scopes, g.err = s.api.scopesOf(set); g.err == nil {
			g.source = s.sourceFor(g.scopes)
		}
		s.grants[set] = g
	}
	return g
}

// sourceFor returns the one source for scopes: sets of another name or order
// that come to the same share their access token. The caller holds s.mu.
func (s *Session) sourceFor(scopes []string) *source {
	key := strings.Join(scopes, " ")
	if s.sources[key] == nil {
		s.sources[key] = &source{session: s, scopes: scopes, parameter: key}
	}
	return s.sources[key]
}

// sign adds the signature fields to a request of the runtime's own.
func (s *Session) sign(req *http.Request, body []byte) error {
	if s.api.Signing == nil {
		return nil
	}
	fields, err := s.api.Signing.Sign(req, body, s.key, s.clock.Now())
	if err != nil {
		return err
	}
	for name, values := range fields {
		req.Header[name] = values
	}
	return nil
}

// Format prints which server the session is with, and nothing it holds.
func (s *Session) Format(state fmt.State, _ rune) {
	if s == nil || s.base == nil {
		_, _ = fmt.Fprint(state, "Session(none)")
		return
	}
	_, _ = fmt.Fprintf(state, "Session(%s at %s)", s.api.Name, s.base.Host)
}
