package runtime

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	// Metadata is fetched again after an hour. While that fails, the old one is used
	// for a day at most.
	metadataLife = time.Hour
	metadataEnd  = 24 * time.Hour
	// metadataLimit bounds what is read of metadata. Real ones have 10,000 bytes.
	metadataLimit = 256 << 10
)

// WithIssuer uses the authorization server that issuer identifies, in place of the
// one in the catalogue: its endpoints are those that its metadata names (RFC 8414;
// OpenID Connect Discovery), and no endpoint of the catalogue is used. It is for APIs
// where each customer has an authorization server, and for trying an API of another
// issuer in the sandbox.
//
// The metadata must name exactly this issuer. Its endpoints must be on the issuer's
// host, or on one that the catalogue lists in token.endpoint_hosts.
func WithIssuer(issuer string) Option {
	return option(func(o *options) { o.issuer = &issuer })
}

// discovery gets the metadata of an authorization server. Like a [tokenSource] it has
// one request under way at most, however many wait, and pauses after failures.
type discovery struct {
	session *Session
	issuer  string
	hosts   hosts
	at      []*url.URL // where the metadata may be, the likeliest first

	mu       sync.Mutex
	found    *metadata
	obtained time.Time
	fetch    *metadataFetch // under way, or nil
	failure  *noMetadata    // of the last fetch, nil if it succeeded
	failed   time.Time
	pause    time.Duration // no request until so long after it
	backoff  time.Duration
}

type metadataFetch struct {
	done  chan struct{}
	found *metadata
	err   *noMetadata
}

// noMetadata says why there is no metadata.
type noMetadata struct {
	err        error
	transient  bool
	retryAfter time.Duration
}

// newDiscovery returns a discovery, or an error if issuer cannot be one.
func newDiscovery(s *Session, issuer string, others []string) (*discovery, error) {
	u, err := parseServer("the issuer", issuer)
	if err != nil {
		return nil, err
	}
	return &discovery{session: s, issuer: issuer, hosts: newHosts(u, others), at: metadataURLs(u)}, nil
}

// metadataURLs returns where the metadata of an issuer is: the well-known path stands
// before the issuer's own (RFC 8414, section 3.1), and in OpenID Connect behind it.
func metadataURLs(issuer *url.URL) []*url.URL {
	path := strings.TrimSuffix(issuer.EscapedPath(), "/")
	var urls []*url.URL
	for _, p := range []string{"/.well-known/oauth-authorization-server" + path, path + "/.well-known/openid-configuration"} {
		if u, err := url.Parse(issuer.Scheme + "://" + issuer.Host + p); err == nil {
			urls = append(urls, u)
		}
	}
	return urls
}

// metadata returns the metadata. It waits for a fetch, if need be, until ctx is done.
func (d *discovery) metadata(ctx context.Context) (*metadata, *noMetadata) {
	now := d.session.clock.Now()
	d.mu.Lock()
	age := now.Sub(d.obtained).Abs() // a clock that was set back does not keep it longer
	if d.found != nil && age < metadataLife {
		defer d.mu.Unlock()
		return d.found, nil
	}
	since := now.Sub(d.failed)
	pausing := d.failure != nil && 0 <= since && since < d.pause
	if d.fetch == nil && !pausing {
		d.fetch = &metadataFetch{done: make(chan struct{})}
		go d.run(d.fetch)
	}
	fetch, old, failure := d.fetch, d.found, d.failure
	d.mu.Unlock()
	switch {
	case old != nil && age < metadataEnd:
		return old, nil
	case fetch == nil:
		return nil, failure
	}
	select {
	case <-fetch.done:
		return fetch.found, fetch.err
	case <-ctx.Done():
		return nil, &noMetadata{err: ended(ctx)}
	}
}

// run does a fetch. It ends with no caller's context, since others wait for it too.
func (d *discovery) run(f *metadataFetch) {
	defer close(f.done)
	limited := newLimit(context.Background(), d.session.clock, fetchLimit, "the metadata request")
	defer limited.end()
	type result struct {
		found  *metadata
		failed *noMetadata
	}
	got, err := bounded(limited.ctx, func() (result, error) {
		found, failed := d.load(limited.ctx)
		return result{found, failed}, nil
	}, nil)
	if err != nil {
		got.failed = &noMetadata{err: err, transient: true}
	}
	now := d.session.clock.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fetch, d.failure = nil, got.failed
	if got.failed == nil {
		f.found, d.found, d.obtained, d.backoff = got.found, got.found, now, 0
		return
	}
	got.failed.err = fmt.Errorf("the metadata of %s cannot be fetched: %w", d.issuer, got.failed.err)
	f.err = got.failed
	if !got.failed.transient {
		d.found = nil // the server is there, and says something else
	}
	d.backoff = min(max(2*d.backoff, firstPause), longestPause)
	d.failed, d.pause = now, max(d.backoff-rand.N(d.backoff/5), min(got.failed.retryAfter, longestRetryAfter))
}

// load asks for the metadata where it may be.
func (d *discovery) load(ctx context.Context) (*metadata, *noMetadata) {
	var missing error
	for _, u := range d.at {
		text, failed := d.read(ctx, u)
		if failed == nil {
			found, err := parseMetadata(text, d.issuer, d.hosts)
			if err == nil {
				return found, nil
			}
			failed = &noMetadata{err: err}
		}
		failed.err = fmt.Errorf("%s: %w", u, failed.err)
		if failed.transient {
			return nil, failed
		}
		if missing == nil {
			missing = failed.err
		} else {
			missing = fmt.Errorf("%w; %w", missing, failed.err)
		}
	}
	return nil, &noMetadata{err: fmt.Errorf("%w: check the issuer", missing)}
}

func (d *discovery) read(ctx context.Context, u *url.URL) ([]byte, *noMetadata) {
	s := d.session
	header := http.Header{"Accept": {"application/json"}}
	if agent := s.defaults.header["User-Agent"]; agent != nil {
		header["User-Agent"] = agent
	}
	resp, err := s.send(newHTTPRequest(ctx, http.MethodGet, u, header))
	if err != nil {
		failed := unanswered(ctx, err)
		return nil, &noMetadata{err: failed.Err, transient: failed.transient}
	}
	defer resp.Body.Close() // read only: nothing can be lost
	if resp.StatusCode != http.StatusOK {
		text := fmt.Sprintf("status %d", resp.StatusCode)
		if 300 <= resp.StatusCode && resp.StatusCode <= 399 {
			text += ", and no redirect is followed"
		}
		return nil, &noMetadata{errors.New(text), passing(resp.StatusCode) || resp.StatusCode >= 500, parseRetryAfter(resp.Header.Get("Retry-After"), s.clock.Now())}
	}
	text, err := readResponse(ctx, resp, metadataLimit)
	switch {
	case errors.Is(err, ErrTooLarge):
		return nil, &noMetadata{err: err}
	case err != nil:
		failed := unanswered(ctx, err)
		return nil, &noMetadata{err: failed.Err, transient: failed.transient}
	}
	return text, nil
}

// resolve returns the URL of an endpoint, for a request of the client. It asks for
// the metadata of the authorization server only if the catalogue does not give the
// endpoint. The error is a *TokenError.
func (r *TokenRequest) resolve(ctx context.Context, e Endpoint, grant string, client Credentials) (*url.URL, error) {
	s := r.session
	if u := s.endpoints[e]; u != nil {
		return u, nil
	}
	m, err := r.discovered(ctx, e)
	if err != nil {
		return nil, err
	}
	method, methodErr := client.method(s.api)
	u, placeErr := m.endpoint(e, method)
	var proofErr error
	switch e {
	case TokenEndpoint:
		proofErr = m.reads(s.binding)
	case AuthorizationEndpoint: // before a person has come to it in vain
		grant = "authorization_code"
	case DeviceEndpoint:
		grant = "urn:ietf:params:oauth:grant-type:device_code"
	}
	if err := errors.Join(methodErr, placeErr, m.takes(e, grant, method), proofErr); err != nil {
		return nil, s.noToken(r, &TokenError{Err: err, unsent: true})
	}
	return u, nil
}

// discovered returns the metadata of the authorization server, which is needed for an
// endpoint. The error is a *TokenError.
func (r *TokenRequest) discovered(ctx context.Context, e Endpoint) (*metadata, error) {
	s := r.session
	if s.discovery == nil {
		return nil, s.noToken(r, &TokenError{unsent: true, Err: fmt.Errorf("the catalogue of %s has no %s: add it, or the issuer, under the key token there, and generate again", s.api.Name, e)})
	}
	m, failed := s.discovery.metadata(ctx)
	if failed != nil {
		return nil, s.noToken(r, &TokenError{unsent: true, Err: failed.err, transient: failed.transient, RetryAfter: failed.retryAfter})
	}
	return m, nil
}

// EndpointURL returns the URL of an endpoint of the authorization server. If the
// catalogue does not give it, it is what the issuer's metadata names, which may have
// to be fetched first. The error is a [*TokenError].
func (r *TokenRequest) EndpointURL(ctx context.Context, e Endpoint) (string, error) {
	u, err := r.resolve(ctx, e, "", Credentials{})
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

// Issuer returns what identifies the authorization server, "" if that is not known.
func (r *TokenRequest) Issuer() string { return r.session.issuer }

// RedirectNamesIssuer reports whether the metadata of the authorization server
// promise that its redirects name it (RFC 9207, section 3). It returns false if the
// catalogue gives the authorization endpoint, because the metadata are not fetched
// then.
func (r *TokenRequest) RedirectNamesIssuer(ctx context.Context) (bool, error) {
	if r.session.endpoints[AuthorizationEndpoint] != nil {
		return false, nil
	}
	m, err := r.discovered(ctx, AuthorizationEndpoint)
	return err == nil && m.namesIssuer, err
}
