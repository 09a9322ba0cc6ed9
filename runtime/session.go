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
	"sort"
	"strings"
	"sync"

	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// Server is where an API is served: one that the generated package names, or
// one of your own.
type Server struct {
	Name string // as the catalogue has it; "" for one of your own
	URL  string // absolute, without query; https, or http on a loopback address
}

// Session is a client's relation with one server of an API: the grant by which it
// gets access tokens, its signing key, and the access tokens that it holds. The Open
// function of a generated package makes it.
//
// A Session is safe for concurrent use and needs no closing: it keeps no
// goroutine, and idle connections close by themselves. The zero Session refuses
// every call.
type Session struct {
	api       *clientimpl.API
	base      *url.URL
	others    map[string]*url.URL   // by their names in the catalogue, those that serve some operations alone; nil for one whose URL is not known
	endpoints map[Endpoint]*url.URL // that need no metadata
	issuer    string                // of the authorization server; "" if it is not known
	discovery *discovery            // nil if there is no issuer
	// These are functions, because a printer that follows fields would find
	// access tokens in the buffers of connections.
	send  func(*http.Request) (*http.Response, error)
	share *sharing // nil if there is no store
	// What access tokens are bound to; nil: they are bearer tokens.
	binding *binding

	clock       Clock
	grant       grantFunc
	revoke      revokeFunc // nil if the grant is no Revoker
	holder      Holder
	grantless   bool                 // there are no access tokens
	signature   clientimpl.Signature // nil if the API wants none
	oneToken    bool
	widerTokens bool
	defaults    callOptions // of every call
	retries     retryBudget
	fields      apiFields

	mu             sync.Mutex
	authorizations map[reflect.Type]*authorization // by interface type of the scope set
	sources        map[string]*tokenSource         // by scopes, space-separated
}

// grantFunc is a Grant's method AccessToken. It is a function, because a printer
// that follows fields would find the secrets of a Grant.
type grantFunc func(context.Context, *TokenRequest) (AccessToken, error)

// revokeFunc is a Revoker's method Revoke, for the same reason.
type revokeFunc func(context.Context, *TokenRequest, []Secret) error

// Option changes how a session works. The options are the functions of this
// package that return an Option or a [DefaultOption].
type Option interface{ apply(*options) }

type options struct {
	keyID       string
	key         crypto.Signer
	transport   http.RoundTripper
	clock       Clock
	share       *sharing
	issuer      *string                  // nil: the catalogue's
	servers     []Server                 // given with WithServer
	bind        func() (*binding, error) // nil without DPoP
	oneToken    bool
	widerTokens bool
	defaults    callOptions
}

// sharing is what a session does with a store. These are functions so that the
// linker drops stores from programs that use none.
type sharing struct {
	obtain func(context.Context, *Session, *TokenRequest, wanted) (accessToken, error)
	forget func(ctx context.Context, s *Session, parameter string) (string, error)
}

type option func(*options)

func (o option) apply(to *options) { o(to) }

// WithKey signs requests with key, the private half of the key that the API
// knows as keyID. Any [crypto.Signer] will do, also one whose key stays in an HSM
// or KMS; package keyfile reads key files.
func WithKey(keyID string, key crypto.Signer) Option {
	return option(func(o *options) { o.keyID, o.key = keyID, key })
}

// WithTransport sends all requests through rt, token requests too. The default
// is a copy of [http.DefaultTransport] that keeps more idle connections to one
// host.
//
// rt gets requests signed, so it must not change what the signature covers. It
// must not follow redirects. It must not write down headers or bodies, because
// they hold secrets.
//
// If rt wraps another RoundTripper, it must hand on the context of the request. If
// it does not, net/http may send a request without a body twice with one
// signature when a reused connection breaks before the response: a GET, HEAD or
// OPTIONS, or one with the field Idempotency-Key. The number of attempts in errors
// and in [ResponseInfo] counts the two as one. Requests with a body are not
// affected.
func WithTransport(rt http.RoundTripper) Option {
	return option(func(o *options) { o.transport = rt })
}

// WithClock makes the session take the time from c.
func WithClock(c Clock) Option {
	return option(func(o *options) { o.clock = c })
}

// WithOneToken makes all clients of a [Token] share one access token for all
// scopes of its set, in place of one access token for each client's own scopes.
// It is for servers that bill or limit access tokens. The price is that an access
// token that leaks permits more than the client did from which it leaked.
func WithOneToken() Option {
	return option(func(o *options) { o.oneToken = true })
}

// WithWiderTokens accepts access tokens that hold more scopes than were asked
// for. It is for servers that grant each client all of its scopes, whatever it
// asks for. Without it such an access token is a [*TokenError] that names the
// excess, because a token that leaks could do more than its client. A scope does
// not count as more if one that was asked for implies it by the catalogue. With
// this option, [Error.Granted] tells what the access token of a call that the API
// refused held.
func WithWiderTokens() Option {
	return option(func(o *options) { o.widerTokens = true })
}

// WithServer says where the operations are called that the catalogue gives another
// server than the API's: those whose comments say that the server name serves them.
//
// Without it that is the URL of the catalogue if the session's own server is one
// that the generated package names. If it is on this machine, as a sandbox is, it
// serves these operations too. With any other server, such as a stage of your own,
// they are refused before anything is sent, because their access tokens would go
// to a server that they were not issued for.
func WithServer(name, url string) Option {
	return option(func(o *options) { o.servers = append(o.servers, Server{name, url}) })
}

// WithStore shares access tokens through store, so that a fleet of processes
// fetches each of them once. A nil store shares nothing.
func WithStore(store Store) Option {
	return option(func(o *options) {
		if store == nil {
			o.share = nil
			return
		}
		guarded := &guardedStore{store: store}
		o.share = &sharing{
			obtain: func(ctx context.Context, s *Session, r *TokenRequest, want wanted) (accessToken, error) {
				part := storePart{guarded, s, s.storeKey(want.parameter)}
				return part.token(ctx, want, func() (accessToken, error) { return s.issue(ctx, r, want) })
			},
			forget: func(ctx context.Context, s *Session, parameter string) (string, error) {
				part := storePart{guarded, s, s.storeKey(parameter)}
				return part.forget(ctx)
			},
		}
	})
}

// Open opens a session. Programs call the Open function of a generated package,
// which calls this one. It needs no network. An error says which argument is
// wrong.
//
// grant is how the session gets access tokens: [Credentials], a grant of package
// grant, or one of your own.
func Open(api *clientimpl.API, server Server, grant Grant, opts ...Option) (*Session, error) {
	o := options{clock: systemClock{}, defaults: newCallOptions()}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("runtime: an option is nil")
		}
		opt.apply(&o)
	}
	if api == nil {
		return nil, errors.New("runtime: no API: call the Open function of a generated package")
	}
	for scope := range api.Scopes.All() {
		if t := reflect.TypeOf(scope.Pointer); t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Interface {
			return nil, fmt.Errorf("runtime: the scope %q of %s has no interface type: generate the package again", scope.Name, api.Name)
		}
	}
	base, err := parseServer("the server's URL", server.URL)
	if err != nil {
		return nil, err
	}
	others, err := otherServers(api, server, base, o.servers)
	if err != nil {
		return nil, err
	}
	endpoints, err := givenEndpoints(api, base, o.issuer != nil)
	if err != nil {
		return nil, err
	}
	if o.clock == nil {
		return nil, errors.New("runtime: the clock is nil")
	}
	if grant == nil {
		return nil, errors.New("runtime: no grant: give Open runtime.Credentials, a grant of package grant, or runtime.NoGrant if no call needs an access token")
	}
	endpoint := ""
	if u := endpoints[TokenEndpoint]; u != nil {
		endpoint = u.String()
	}
	holder, err := grant.Prepare(api, endpoint)
	if err != nil {
		return nil, err
	}
	_, grantless := grant.(NoGrant)
	if endpoint == "" && api.Token.Issuer == "" && o.issuer == nil && !grantless && !holder.Fixed {
		return nil, fmt.Errorf("runtime: the catalogue of %s has no token endpoint: add it, or the issuer, under the key token there, and generate again, or give Open a grant that needs none, such as grant.Fixed", api.Name)
	}
	if holder.Private {
		o.share = nil
	}
	binding, err := o.binding(api, holder)
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
		api: api, base: base, others: others, endpoints: endpoints, issuer: api.Token.Issuer, clock: o.clock, grant: grant.AccessToken, grantless: grantless, holder: holder,
		share: o.share, binding: binding, oneToken: o.oneToken, widerTokens: o.widerTokens, defaults: o.defaults,
		authorizations: map[reflect.Type]*authorization{}, sources: map[string]*tokenSource{}, fields: newAPIFields(api, holder.ClientID),
		// Not an http.Client, which follows redirects: one would carry the access
		// token, the signature or the secret to where they were not meant for, and
		// a signature holds for one target only.
		send: func(r *http.Request) (*http.Response, error) { return roundTrip(transport, r) },
	}
	if revoker, ok := grant.(Revoker); ok {
		s.revoke = revoker.Revoke
	}
	if o.issuer != nil {
		s.issuer = *o.issuer
	}
	if s.issuer != "" || o.issuer != nil {
		if s.discovery, err = newDiscovery(s, s.issuer, api.Token.Hosts); err != nil {
			return nil, err
		}
	}
	if err := s.checkDefaults(); err != nil {
		return nil, err
	}
	if api.Signing != nil {
		if o.key == nil {
			return nil, fmt.Errorf("runtime: requests to %s are signed: give the key with runtime.WithKey", api.Name)
		}
		if s.signature, err = api.Signing(o.keyID, o.key); err != nil {
			return nil, fmt.Errorf("runtime: the key given to WithKey: %w", err)
		}
	}
	return s, nil
}

// checkDefaults returns an error if a [DefaultOption] is wrong.
func (s *Session) checkDefaults() error {
	errs := s.defaults.errs
	for name := range s.defaults.header {
		if s.fields.has(name) || name == s.fields.idempotency {
			errs = append(errs, fmt.Errorf("WithHeader: %q: is set by the runtime itself and cannot be given", name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("runtime: %w", err)
	}
	return nil
}

// otherServers returns the servers that serve some operations alone.
func otherServers(api *clientimpl.API, own Server, base *url.URL, given []Server) (map[string]*url.URL, error) {
	others := map[string]*url.URL{}
	for name, address := range api.Servers {
		switch {
		case loopback(base.Hostname()):
			others[name] = base
		case own.Name != "":
			u, err := parseServer(fmt.Sprintf("the URL of the server %q of %s", name, api.Name), address)
			if err != nil {
				return nil, err
			}
			others[name] = u
		default:
			others[name] = nil
		}
	}
	for _, s := range given {
		if _, ok := others[s.Name]; !ok {
			return nil, fmt.Errorf("runtime: WithServer: %s has no operation that a server %q serves alone: %s", api.Name, s.Name, orNone(others))
		}
		u, err := parseServer(fmt.Sprintf("the URL given to WithServer for %q", s.Name), s.URL)
		if err != nil {
			return nil, err
		}
		others[s.Name] = u
	}
	return others, nil
}

func orNone(others map[string]*url.URL) string {
	if len(others) == 0 {
		return "all are called on the session's server"
	}
	var names []string
	for name := range others {
		names = append(names, name)
	}
	sort.Strings(names)
	return "its other servers are " + strings.Join(names, ", ")
}

// server returns the URL below which an operation is called.
func (s *Session) server(op *clientimpl.Operation) (*url.URL, error) {
	if op.Server == "" {
		return s.base, nil
	}
	u, ok := s.others[op.Server]
	switch {
	case !ok:
		return nil, fmt.Errorf("there is no server %q: generate the packages again", op.Server)
	case u == nil:
		return nil, fmt.Errorf("the server %q serves it, which the session does not know, because its own server is none of the catalogue's: give Open runtime.WithServer(%q, …)", op.Server, op.Server)
	}
	return u, nil
}

// givenEndpoints returns the endpoints that the catalogue gives, none if the
// authorization server is another one.
func givenEndpoints(api *clientimpl.API, base *url.URL, other bool) (map[Endpoint]*url.URL, error) {
	given := map[Endpoint]*url.URL{}
	if other {
		return given, nil
	}
	t := &api.Token
	for _, one := range []struct {
		endpoint   Endpoint
		name, path string
	}{
		{TokenEndpoint, "token endpoint", t.Path}, {AuthorizationEndpoint, "authorization endpoint", t.Authorize},
		{DeviceEndpoint, "device authorization endpoint", t.Device}, {RevocationEndpoint, "revocation endpoint", t.Revoke},
	} {
		if one.path == "" { // the issuer's metadata names it, or a grant is used that does not need it
			continue
		}
		u, err := endpointURL(base, "the URL of the "+one.name+" of "+api.Name, one.path)
		if err != nil {
			return nil, err
		}
		given[one.endpoint] = u
	}
	return given, nil
}

// endpointURL returns the URL of an endpoint that is given as a path on the server
// base or as an absolute URL.
func endpointURL(base *url.URL, what, path string) (*url.URL, error) {
	if strings.HasPrefix(path, "/") {
		return url.Parse(strings.TrimSuffix(base.String(), "/") + path)
	}
	return parseServer(what, path)
}

// parseServer reads the URL that what names. Plain http would send the secret
// for everyone to read, so it is for this machine alone. Errors do not repeat
// the URL, since its user name, path and query may hold a secret.
func parseServer(what, text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("runtime: %s cannot be parsed: write it as https://host or https://host/path", what)
	case u.User != nil:
		return nil, fmt.Errorf("runtime: %s holds a user name: remove it; credentials have their own argument", what)
	case strings.ContainsAny(text, "?#"):
		return nil, fmt.Errorf("runtime: %s has a query or a fragment: remove it", what)
	case u.Hostname() == "":
		return nil, fmt.Errorf("runtime: %s names no host: write it as https://host or https://host/path", what)
	case u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()):
		return u, nil
	}
	return nil, fmt.Errorf("runtime: %s, %s://%s, is neither https nor on this machine: use https", what, u.Scheme, u.Host)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// authorize returns the right to call with the scopes of a set, of which it takes a nil
// pointer to the interface type.
func (s *Session) authorize(pointer any) *authorization {
	if s == nil || s.api == nil {
		return noSession()
	}
	set := reflect.TypeOf(pointer).Elem()
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.authorizations[set]
	if a == nil {
		a = &authorization{session: s}
		if s.grantless {
			a.err = errNoGrant
		} else if a.scopes, a.err = scopesOf(s.api, set); a.err == nil {
			a.source = s.sourceFor(a.scopes)
		}
		s.authorizations[set] = a
	}
	return a
}

// sourceFor returns the one source of access tokens for scopes: interface types
// that name the same scopes share it. The caller holds s.mu.
func (s *Session) sourceFor(scopes []string) *tokenSource {
	key := strings.Join(scopes, " ")
	if s.sources[key] == nil {
		s.sources[key] = &tokenSource{session: s, scopes: scopes, parameter: key}
	}
	return s.sources[key]
}

// sign adds the signature fields to a request, if the API wants them.
func (s *Session) sign(req *http.Request, body []byte) error {
	if s.api.Signing == nil {
		return nil
	}
	fields, err := s.signature(req, body, s.clock.Now())
	if err != nil {
		return err
	}
	for name, values := range fields {
		req.Header[name] = values
	}
	return nil
}

// Format prints the API and the host of the server, and nothing that the session
// holds.
func (s *Session) Format(state fmt.State, _ rune) {
	if s == nil || s.base == nil {
		_, _ = fmt.Fprint(state, "Session(none)")
		return
	}
	fixed := ""
	if s.holder.Fixed {
		fixed = ", with an access token that cannot be narrowed"
	}
	_, _ = fmt.Fprintf(state, "Session(%s at %s%s)", s.api.Name, s.base.Host, fixed)
}
