package httpsig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/scopegen/scopegen/runtime/internal/sendonce"
)

// ErrRedirect is wrapped by the error that a [Transport] returns for a redirect to
// another host or another scheme.
var ErrRedirect = errors.New("redirect leads to another host")

// Transport is an http.RoundTripper that signs each request. It is safe for
// concurrent use; its fields must not change after the first request.
//
//	client := &http.Client{Transport: &httpsig.Transport{Profile: profile, Key: key}}
//
// A Transport reads the whole body of a request into memory to compute its digest, and
// sends it with its length. It never changes the caller's request. Every request that
// it sends has a signature and a nonce of its own: also after a redirect, and when it
// sends a request again because a reused connection broke.
//
// Only the host of the first request gets signatures. If that host redirects to another
// host or scheme, the call fails with [ErrRedirect] and nothing is sent there. To
// follow such redirects, let http.Client.CheckRedirect return http.ErrUseLastResponse,
// and use another client for the new URL.
//
// Fields that Base adds are not covered.
type Transport struct {
	// Profile says how requests are signed. It is required.
	Profile *Profile
	// Key signs the requests. It is required.
	Key Key
	// Base sends the signed requests. Nil: http.DefaultTransport. A RoundTripper that
	// wraps another must hand on the context of the request. If it does not, net/http
	// may send a request without a body twice with one signature, when a reused
	// connection breaks before the response: a GET, HEAD, OPTIONS or TRACE, or one with
	// the field Idempotency-Key or X-Idempotency-Key.
	Base http.RoundTripper
	// Now returns the time at which a signature is created. Nil: time.Now.
	Now func() time.Time
}

// maxSends is how often a request is sent in all, if connections break in ways after
// which net/http would send it again itself.
const maxSends = 3

// RoundTrip signs a copy of the request and sends it. It always closes the body of the
// request before it returns. Errors are those of [Profile.Sign], of reading the body
// and of Base, or wrap [ErrRedirect].
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := t.readBody(r)
	if err != nil {
		return nil, fmt.Errorf("httpsig: %w", err)
	}
	for sends := 1; ; sends++ {
		response, err := t.send(r, body)
		if err == nil || !errors.Is(err, sendonce.ErrConnectionLost) || sends == maxSends || r.Context().Err() != nil {
			return response, err
		}
	}
}

// CloseIdleConnections closes the idle connections of Base, if Base can do that.
// http.Client.CloseIdleConnections calls it.
func (t *Transport) CloseIdleConnections() {
	if base, ok := t.base().(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// base returns the RoundTripper that sends the requests.
func (t *Transport) base() http.RoundTripper {
	if t.Base == nil {
		return http.DefaultTransport
	}
	return t.Base
}

// readBody returns the whole body, nil if the request has none, and closes it. Before
// it reads anything it refuses a request that must not be sent.
func (t *Transport) readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, t.check(r)
	}
	var once sync.Once
	var closed error
	closeBody := func() { once.Do(func() { closed = r.Body.Close() }) }
	defer closeBody()
	if err := t.check(r); err != nil || r.Body == http.NoBody {
		return nil, err
	}
	// Reading may block for longer than the caller wants to wait. Closing ends it.
	ctx := r.Context()
	defer context.AfterFunc(ctx, closeBody)()
	body, err := io.ReadAll(r.Body)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("read the body of the request: %w", context.Cause(ctx))
	}
	if err != nil {
		return nil, fmt.Errorf("read the body of the request: %w", err)
	}
	if closeBody(); closed != nil {
		return nil, fmt.Errorf("close the body of the request: %w", closed)
	}
	return body, nil
}

// check refuses a request that must not be sent.
func (t *Transport) check(r *http.Request) error {
	if t.Profile == nil {
		return errors.New("the Transport has no Profile; set the field")
	}
	if len(r.Trailer) > 0 {
		return refuse(ErrBody, "the request has trailers, which are not sent behind a body of known length; send fields in the Header instead")
	}
	if first, ok := redirectedFrom(r); !ok {
		return fmt.Errorf("%w: from %s to %s, which gets no signature", ErrRedirect, first, r.URL.Host)
	}
	return nil
}

// redirectedFrom returns the host of the first request of a chain of redirects, and
// whether r is for the same host and scheme. Without a redirect, same is true.
func redirectedFrom(r *http.Request) (host string, same bool) {
	first := r
	for first.Response != nil {
		if first.Response.Request == nil {
			return "an unknown host", false
		}
		first = first.Response.Request
	}
	if first == r {
		return "", true
	}
	if first.URL == nil || r.URL == nil {
		return "an unknown host", false
	}
	return first.URL.Host, origin(first.URL) == origin(r.URL) && strings.EqualFold(hostOf(first), hostOf(r))
}

// hostOf returns what net/http sends as the Host of a request.
func hostOf(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// origin returns the scheme, the host and the port (RFC 6454, section 4).
func origin(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// send signs a copy of the request and sends it once.
func (t *Transport) send(r *http.Request, body []byte) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	signed := r.WithContext(ctx)
	signed.Header = r.Header.Clone()
	if signed.Header == nil {
		signed.Header = http.Header{}
	}
	signed.Body, signed.GetBody, signed.TransferEncoding = nil, nil, nil
	if len(body) > 0 {
		signed.Body = io.NopCloser(bytes.NewReader(body))
		// Who asks for the body again is about to repeat the request with this signature.
		// RoundTrip repeats it with a new one.
		signed.GetBody = func() (io.ReadCloser, error) { return nil, sendonce.ErrConnectionLost }
	}
	if r.ContentLength <= 0 {
		signed.ContentLength = int64(len(body)) // now that it is known
	}
	now := time.Now
	if t.Now != nil {
		now = t.Now
	}
	fields, err := t.Profile.Sign(signed, body, t.Key, now())
	if err != nil {
		cancel(nil)
		return nil, fmt.Errorf("httpsig: %w", err)
	}
	for name, values := range fields {
		signed.Header[name] = values
	}
	response, err := t.base().RoundTrip(sendonce.Guard(signed, cancel))
	if err != nil {
		if lost := context.Cause(ctx); errors.Is(lost, sendonce.ErrConnectionLost) {
			err = lost
		}
		cancel(nil)
		return nil, err
	}
	if response == nil {
		cancel(nil)
		return nil, fmt.Errorf("httpsig: the RoundTripper %T returned neither a response nor an error", t.base())
	}
	response.Body = endingWith(response.Body, cancel)
	return response, nil
}

// endingWith returns a body that calls cancel, which ends the context of the request,
// when it is closed.
func endingWith(body io.ReadCloser, cancel context.CancelCauseFunc) io.ReadCloser {
	closer := &responseBody{body, cancel}
	switch body := body.(type) {
	case nil:
		cancel(nil)
		return http.NoBody
	case io.Writer: // the body of a response 101 is the connection
		return struct {
			*responseBody
			io.Writer
		}{closer, body}
	}
	return closer
}

// responseBody is the body of a response.
type responseBody struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

func (b *responseBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
