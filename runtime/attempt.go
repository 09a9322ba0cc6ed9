package runtime

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/internal/sendonce"
)

const defaultAttemptTimeout = 30 * time.Second

// call is the state of one call.
type call struct {
	authorization *authorization
	session       *Session
	op            *clientimpl.Operation
	request       *Request
	options       *callOptions
	mode          responseMode

	url  *url.URL
	key  string // idempotency key, "" for none
	safe bool   // sending it again has no second effect

	deadline time.Time // of the whole call, by the session's clock; zero for none
	attempts int       // how many there were
	retries  int       // how many attempts repeated a failed one
	renewed  bool      // an access token was refused and dropped
	nonced   bool      // the last attempt repeated one that lacked a nonce
	proof    proof     // of the last attempt

	status int // of the last response
	header http.Header
	sent   time.Time // of the last attempt, if it was signed or held a proof
}

// newCall returns a call that can be sent, or all that is wrong with it.
func newCall(a *authorization, r *Request, mode responseMode, o *callOptions) (*call, error) {
	if r == nil || r.operation == nil {
		return nil, fmt.Errorf("runtime: %w: there is no request; make one with NewRequest", ErrInvalidCall)
	}
	op := r.operation
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", op.ID, ErrFailClosed, err)
	}
	k := &call{authorization: a, session: a.session, op: op, request: r, options: o, mode: mode}
	base, err := k.session.server(op)
	if err == nil {
		k.url, err = r.url(base)
	}
	if err == nil {
		if to := k.linkToFollow(); to != "" {
			if k.url, err = k.follow(to, base); err != nil {
				return nil, fmt.Errorf("%s: %w: %w", op.ID, ErrFailClosed, err)
			}
		}
		if r.link != nil {
			from := *k.url // without keys
			r.link.From = &from
		}
	}
	if err == nil {
		err = k.addKeys(k.url)
	}
	errs := append(slices.Concat(r.errs, o.errs), err, checkMethod(op.Method), k.checkLink(), k.checkHeaders(), k.chooseKey(), r.body.prepare(k.session.api.Signing != nil))
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", op.ID, ErrInvalidCall, err)
	}
	k.safe = idempotent(op.Method) || k.key != ""
	return k, nil
}

func checkMethod(method string) error {
	for i := range len(method) {
		if !isToken(method[i]) {
			return fmt.Errorf("the HTTP method %q holds a character that no method can have", method)
		}
	}
	if method == "" {
		return errors.New("the operation has no method")
	}
	return nil
}

// checkHeaders returns an error if a header field is not valid, or if the user set
// one that the runtime sets for this API.
func (k *call) checkHeaders() error {
	if accept := k.request.accept; strings.Contains(accept, ",") {
		// Servers and proxies disagree on which member of a list is signed.
		return fmt.Errorf("Accept is %q; it must be one media type", accept)
	}
	for name := range k.session.defaults.header {
		if k.authorization.inHeader(name) {
			return fmt.Errorf("WithHeader: %q: holds a key of the client and cannot be given", name)
		}
	}
	for _, given := range []http.Header{k.request.header, k.options.header} {
		for name := range given {
			if k.session.fields.has(name) {
				return fmt.Errorf("header %q: is set by the runtime and cannot be given", name)
			}
			if k.authorization.inHeader(name) {
				return fmt.Errorf("header %q: holds a key of the client and cannot be given", name)
			}
			if name == k.session.fields.idempotency || name == "Idempotency-Key" {
				return fmt.Errorf("header %q: give the idempotency key with WithIdempotencyKey", name)
			}
		}
	}
	if err := checkHeader("accept", k.request.accept); err != nil {
		return fmt.Errorf("Accept: %w", err)
	}
	if b := k.request.body; b != nil {
		if err := checkHeader("content-type", b.contentType); err != nil || b.contentType == "" {
			return fmt.Errorf("the content type %q of the body is not valid", b.contentType)
		}
	}
	return nil
}

// chooseKey sets the idempotency key that all attempts carry.
func (k *call) chooseKey() error {
	given := k.options.idempotencyKey
	switch {
	case given == "" && !k.op.IdempotencyKey:
		return nil
	case given != "" && !k.op.IdempotencyKey && !k.request.unlisted:
		return errors.New("WithIdempotencyKey: the operation takes no idempotency key, so the API would ignore it; leave the option out")
	case given == "":
		given = newIdempotencyKey()
	}
	k.key = given
	return nil
}

// fault says why an attempt did not succeed.
type fault struct {
	err        error
	status     int           // of the response; 0 if there was none
	transient  bool          // the next attempt may succeed
	retryAfter time.Duration // how long the API asks to wait
	token      string        // the access token of the attempt
	complaint  string        // of a DPoP challenge, "" for none
	nonce      bool          // the response had a nonce for the next proof
}

// run makes the call within its time limit.
func (k *call) run(ctx context.Context) (*Response, error) {
	end := func() {}
	if d := k.options.timeout; d > 0 {
		k.deadline = k.session.clock.Now().Add(d)
		limited := newLimit(ctx, k.session.clock, d, "the call")
		ctx, end = limited.ctx, limited.end
	}
	resp, err := k.repeat(ctx)
	if info := k.options.info; info != nil {
		*info = ResponseInfo{Status: k.status, Header: k.header, Attempts: k.attempts, IdempotencyKey: k.key}
		info.RequestID = k.requestID(k.header)
	}
	if link := k.request.link; link != nil && resp != nil {
		link.Fields = resp.Header.Values("Link")
	}
	if stream, ok := k.streamed(resp); ok {
		endAttempt := stream.end
		stream.end = func() { endAttempt(); end() }
		return resp, nil
	}
	end()
	return resp, err
}

// streamed returns the body of a response that the caller reads as it arrives, and
// reports whether resp has one.
func (k *call) streamed(resp *Response) (*streamed, bool) {
	if resp == nil {
		return nil, false
	}
	stream, ok := resp.Body.(*streamed)
	return stream, ok
}

// repeat makes attempts until one succeeds or the last failed.
func (k *call) repeat(ctx context.Context) (*Response, error) {
	for {
		resp, fault := k.attempt(ctx)
		if fault == nil {
			k.session.retries.earn()
			return resp, nil
		}
		wait, again := k.again(ctx, fault)
		if !again {
			return nil, fault.err
		}
		if err := sleep(ctx, k.session.clock, wait); err != nil {
			return nil, k.noResponse(fmt.Errorf("%w while waiting to send again, after: %w", err, fault.err))
		}
	}
}

// again reports whether to make another attempt, and returns how long to wait
// before it.
func (k *call) again(ctx context.Context, f *fault) (time.Duration, bool) {
	if f.complaint == wantsNonce || f.complaint == invalidProof {
		// Nothing is wrong with the access token, and a refused request had no effect.
		again := f.complaint == wantsNonce && f.nonce && !k.nonced
		k.nonced = true
		return 0, again
	}
	k.nonced = false
	if f.status == http.StatusUnauthorized && f.token != "" && !k.renewed {
		// A refused request had no effect, whatever its method.
		k.renewed = true
		k.authorization.drop(f.token)
		return 0, true
	}
	if !f.transient || !k.safe || k.options.noRetry || k.retries == maxAttempts-1 || f.retryAfter > maxRetryAfter {
		return 0, false
	}
	wait := backoff(k.retries+1, f.retryAfter)
	if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
		return 0, false
	}
	if !k.deadline.IsZero() && k.deadline.Sub(k.session.clock.Now()) < wait {
		return 0, false
	}
	if ctx.Err() != nil || !k.session.retries.spend() {
		return 0, false
	}
	k.retries++
	return wait, true
}

// attempt sends the request once and takes the response.
func (k *call) attempt(ctx context.Context) (*Response, *fault) {
	var token string
	if !k.authorization.public {
		var err error
		if token, err = k.authorization.bearer(ctx); err != nil {
			if ctx.Err() != nil {
				return nil, k.broken(ctx, ctx, err)
			}
			return nil, &fault{err: fmt.Errorf("%s: %w", k.op.ID, err)}
		}
	}
	limited := newLimit(ctx, k.session.clock, k.options.attemptTimeout, "the attempt")
	req, err := k.build(limited.ctx, token)
	if err != nil {
		limited.end()
		return nil, &fault{err: fmt.Errorf("%s: the request cannot be made: %w", k.op.ID, err)}
	}
	req = sendonce.Guard(req, limited.cancel)
	k.attempts++
	k.status, k.header = 0, nil
	if k.session.dates() {
		k.sent = k.session.clock.Now()
	}
	response, err := k.session.send(req)
	if err != nil {
		// A RoundTripper's error may quote the request.
		f := k.broken(ctx, limited.ctx, redactError(err, k.removed(), k.secrets(token)...))
		limited.end()
		return nil, f
	}
	k.status, k.header = response.StatusCode, response.Header
	nonce := k.session.binding != nil && k.session.binding.learn(k.url, response.Header)
	if (response.StatusCode < 200 || response.StatusCode > 299) && !slices.Contains(k.op.Redirects, response.StatusCode) {
		f := k.refused(ctx, limited.ctx, response, token, nonce)
		limited.end()
		return nil, f
	}
	resp, f := k.accept(ctx, limited, response, token)
	if f != nil || k.mode != streaming {
		limited.end()
	}
	return resp, f
}

// roundTrip sends a request through transport. Unlike an http.Client it follows no
// redirects and keeps no cookies.
func roundTrip(transport http.RoundTripper, req *http.Request) (*http.Response, error) {
	if transport == nil {
		transport = http.DefaultTransport
	}
	response, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if response == nil {
		return nil, fmt.Errorf("the RoundTripper %T returned neither a response nor an error", transport)
	}
	switch {
	case response.Body == nil:
		response.Body = http.NoBody
	case response.StatusCode == http.StatusSwitchingProtocols:
		// The body is the connection itself: it may never end, and no context ends it.
		_ = response.Body.Close()
		response.Body = http.NoBody
	}
	return response, nil
}

// build returns the signed request of one attempt.
func (k *call) build(ctx context.Context, token string) (*http.Request, error) {
	authorization, contentType := "", ""
	if token != "" {
		authorization = k.session.scheme() + " " + token
	}
	b := k.request.body
	if b != nil {
		contentType = b.contentType
	}
	fields := &k.session.fields
	header := fields.header(field{"Accept", k.request.accept}, field{"Authorization", authorization},
		field{fields.idempotency, k.key}, field{"Content-Type", contentType})
	for _, given := range [...]http.Header{k.session.defaults.header, k.request.header, k.options.header} {
		for name, list := range given {
			header[name] = slices.Clone(list)
		}
	}
	for _, key := range k.authorization.keys {
		if key.header != "" {
			header[key.header] = []string{key.reveal()}
		}
	}
	if k.proof = (proof{}); k.session.binding != nil && token != "" {
		var err error
		if k.proof, err = k.session.binding.prove(k.op.Method, k.url, token, k.session.clock.Now()); err != nil {
			return nil, err
		}
		header[proofHeader] = []string{k.proof.text}
	}
	req := newHTTPRequest(ctx, k.op.Method, k.url, header)
	var content []byte
	if b != nil {
		if err := b.attach(req); err != nil {
			return nil, err
		}
		content = b.content
		if !k.safe && req.Body != http.NoBody {
			// With GetBody net/http sends a request again that a closed connection did
			// not take; sendonce.Guard prevents other repetitions. Without it, the
			// attempt fails, and this package repeats it with a new signature.
			req.GetBody = b.open
		}
	}
	if err := k.session.sign(req, content); err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return req, nil
}

// newHTTPRequest is http.NewRequest without its checks, which newCall has made.
func newHTTPRequest(ctx context.Context, method string, u *url.URL, header http.Header) *http.Request {
	return (&http.Request{
		Method:     method,
		URL:        u,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     header,
		Host:       u.Host,
	}).WithContext(ctx)
}

// accept returns what a successful response holds.
func (k *call) accept(ctx context.Context, limited *limit, response *http.Response, token string) (*Response, *fault) {
	resp := &Response{
		Status: response.StatusCode, Header: response.Header, url: k.url, operation: k.op.ID, requestID: k.requestID(response.Header),
		secrets: func() (string, []string) { return k.removed(), k.secrets(token) },
	}
	if k.mode == discarded {
		drain(response.Body)
		resp.Body = newMemory(nil)
		return resp, nil
	}
	if coding, ok := unknownCoding(response); ok {
		drain(response.Body)
		return nil, &fault{err: resp.failed(fmt.Errorf("it has the content coding %q, which was not asked for", coding))}
	}
	reader, size, err := decompress(response)
	if err != nil {
		drain(response.Body)
		return nil, k.broken(ctx, limited.ctx, fmt.Errorf("the response %d broke off: %w", response.StatusCode, err))
	}
	if k.mode == streaming {
		limited.pause()
		bytesLeft := int64(-1)
		if k.options.responseLimit > 0 {
			bytesLeft = k.options.responseLimit
		}
		cause := func(err error) error { return k.broken(ctx, limited.ctx, err).err }
		resp.Body = &streamed{reader: reader, body: response.Body, limit: bytesLeft, cause: cause, end: limited.end,
			stall: func() (stop func()) {
				return limited.within(k.options.attemptTimeout, "the wait for more of the response")
			}}
		return resp, nil
	}
	most := k.options.responseLimit
	if most == 0 {
		most = maxResponse
	}
	content, err := readLimited(reader, size, most)
	_ = response.Body.Close()
	switch {
	case errors.Is(err, ErrTooLarge):
		return nil, &fault{err: resp.failed(fmt.Errorf("%w; WithResponseLimit raises the limit", err))}
	case err != nil:
		return nil, k.broken(ctx, limited.ctx, fmt.Errorf("the response %d broke off: %w", response.StatusCode, err))
	}
	resp.Body = newMemory(content)
	return resp, nil
}

// What replaces an access token, and a proof that goes with it, in an error; and what
// does where a call carries keys.
const (
	tokenRemoved      = "[token removed]"
	credentialRemoved = "[credential removed]"
)

// removed returns what replaces the secrets of the call in an error.
func (k *call) removed() string {
	if len(k.authorization.keys) > 0 {
		return credentialRemoved
	}
	return tokenRemoved
}

// secrets returns what must not stand in errors of the last attempt.
func (k *call) secrets(token string) []string {
	secrets := []string{token, k.proof.text, k.proof.nonce}
	for _, key := range k.authorization.keys {
		secrets = append(secrets, key.hide()...)
	}
	return secrets
}

// refused returns the fault of a response that is not a success.
func (k *call) refused(ctx, attempt context.Context, response *http.Response, token string, nonce bool) *fault {
	reader, _, err := decompress(response)
	if err != nil {
		reader = http.NoBody
	}
	received := k.session.clock.Now()
	content, cut := readLimited(reader, -1, maxErrorBody) // an incomplete body is better than none
	drain(response.Body)
	if ctx.Err() != nil {
		return k.broken(ctx, attempt, ctx.Err())
	}
	secrets := k.secrets(token)
	removed := k.removed()
	content = redact(content, removed, cut != nil, secrets...)
	problem := parseProblem(content)
	if t, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err == nil && t == "text/plain" && problem.Members == nil {
		problem.Detail = strings.TrimSpace(string(content))
	}
	failed := &Error{
		Operation:      k.op.ID,
		Status:         response.StatusCode,
		Problem:        problem,
		ContentType:    redactString(response.Header.Get("Content-Type"), removed, secrets...),
		Body:           content,
		RequestID:      redactString(k.requestID(response.Header), removed, secrets...),
		RetryAfter:     parseRetryAfter(response.Header.Get("Retry-After"), received),
		Attempts:       k.attempts,
		IdempotencyKey: k.key,
		Requires:       k.op.Requires,
		Scopes:         slices.Clone(k.authorization.scopes),
		Keys:           k.authorization.keyNames(),
		Granted:        k.authorization.granted(token),
	}
	if failed.RequestID == "" {
		failed.RequestID = problem.RequestID
	}
	if failed.Status >= 300 && failed.Status < 400 {
		failed.Location = k.leadsTo(response.Header.Get("Location"), removed, secrets...)
	}
	switch response.StatusCode {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden: // how APIs refuse a signature
		if k.session.dates() {
			failed.Skew = clockSkew(response.Header.Get("Date"), k.sent, received)
		}
	}
	complaint := ""
	if response.StatusCode == http.StatusUnauthorized && k.proof.text != "" {
		complaint = k.session.binding.complaint(response.Header)
		failed.proof = proofRefused(complaint, nonce)
	}
	return &fault{
		err:        k.withBody(failed),
		status:     response.StatusCode,
		transient:  passing(response.StatusCode),
		retryAfter: failed.RetryAfter,
		token:      token,
		complaint:  complaint,
		nonce:      nonce,
	}
}

// broken returns the fault of an attempt without a complete response: the caller's
// context ended, the attempt took too long, or the connection failed.
func (k *call) broken(ctx, attempt context.Context, err error) *fault {
	transient := true
	switch {
	case ctx.Err() != nil:
		err, transient = ended(ctx), false
	case context.Cause(attempt) == sendonce.ErrConnectionLost:
		err = sendonce.ErrConnectionLost
	default:
		err = endedOr(attempt, err)
	}
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		transient = false
	}
	return &fault{err: k.noResponse(err), transient: transient}
}

func (k *call) noResponse(err error) error {
	return &SendError{Operation: k.op.ID, Attempts: k.attempts, IdempotencyKey: k.key, Err: err}
}

func (k *call) requestID(header http.Header) string {
	if values := header[k.session.fields.requestID]; len(values) > 0 {
		return values[0]
	}
	return ""
}
