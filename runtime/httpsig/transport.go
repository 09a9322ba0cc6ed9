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

// ErrRedirect is wrapped by the error of a [Transport] for a redirect to another
// host, or to another scheme.
var ErrRedirect = errors.New("redirect leads to another host")

// Transport is an http.RoundTripper that signs each request. It is safe for
// concurrent use; its fields must not change after the first request.
//
//	client := &http.Client{Transport: &httpsig.Transport{Profile: profile, Key: key}}
//
// It holds the body of a request in memory to sign its digest, and sends it with
// its length. It never changes the caller's request. Each request that is sent has
// a signature of its own, also those of redirects, and those that are sent again
// because a connection broke that had been used before.
//
// Only the first host gets a signature. A redirect to another host or scheme ends
// with [ErrRedirect]: nothing is sent there. To follow such redirects, set
// http.Client.CheckRedirect to return http.ErrUseLastResponse, and use another
// client for the new URL.
//
// Fields that something below the Transport adds, such as by Base, are not covered.
type Transport struct {
	// Profile says how requests are signed. It is required.
	Profile *Profile
	// Key is what they are signed with. It is required.
	Key Key
	// Base sends the signed requests. Nil: http.DefaultTransport.
	Base http.RoundTripper
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
}

// maxSends is how often a request is sent that net/http would send again itself.
const maxSends = 3

// RoundTrip signs a copy of the request and sends it. The request's body is closed
// when RoundTrip returns, whatever it returns. Errors are those of [Profile.Sign],
// of reading the body, and of Base, or wrap [ErrRedirect].
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := t.readBody(r)
	if err != nil {
		return nil, fmt.Errorf("httpsig: %w", err)
	}
	for sends := 1; ; sends++ {
		answer, err := t.send(r, body)
		if err == nil || !errors.Is(err, sendonce.ErrConnectionLost) || sends == maxSends || r.Context().Err() != nil {
			return answer, err
		}
	}
}

// CloseIdleConnections does so for Base, as http.Client.CloseIdleConnections asks.
func (t *Transport) CloseIdleConnections() {
	if base, ok := t.base().(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

func (t *Transport) base() http.RoundTripper {
	if t.Base == nil {
		return http.DefaultTransport
	}
	return t.Base
}

// readBody returns the whole body, nil where the request has none, and closes it.
// What must not be sent is refused here, before anything is read.
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
	// A body may block for longer than the caller wants to wait; closing ends that.
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

func (t *Transport) check(r *http.Request) error {
	if t.Profile == nil {
		return errors.New("the Transport has no Profile")
	}
	if first, ok := redirectedFrom(r); !ok {
		return fmt.Errorf("%w: from %s to %s; a signature does not go there", ErrRedirect, first, r.URL.Host)
	}
	return nil
}

// redirectedFrom returns the host that the first request of a chain of redirects
// went to, and whether r goes to the same.
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

// origin returns scheme, host and port (RFC 6454, section 4).
func origin(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// send signs and sends one copy.
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
		signed.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	if r.ContentLength <= 0 || r.Body == nil {
		signed.ContentLength = int64(len(body)) // now it is known
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
	answer, err := t.base().RoundTrip(sendonce.Guard(signed, cancel))
	if err != nil {
		if lost := context.Cause(ctx); errors.Is(lost, sendonce.ErrConnectionLost) {
			err = lost
		}
		cancel(nil)
		return nil, err
	}
	if answer == nil {
		cancel(nil)
		return nil, fmt.Errorf("httpsig: the RoundTripper %T returned neither an answer nor an error", t.base())
	}
	answer.Body = endingWith(answer.Body, cancel)
	return answer, nil
}

// endingWith returns a body that ends the request's context when it is closed.
func endingWith(body io.ReadCloser, cancel context.CancelCauseFunc) io.ReadCloser {
	closer := &answerBody{body, cancel}
	switch body := body.(type) {
	case nil:
		cancel(nil)
		return http.NoBody
	case io.Writer: // of an answer 101
		return struct {
			*answerBody
			io.Writer
		}{closer, body}
	}
	return closer
}

type answerBody struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

func (b *answerBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
