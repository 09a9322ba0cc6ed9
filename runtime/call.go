package runtime

import (
	"context"
	"errors"
)

// Do makes a call. Every operation of every client goes through it. It first
// checks that c may call at all; then it builds the request, adds the access token
// and the idempotency key, signs it, sends it, and repeats it if that is safe. A
// response with a status other than 2xx is an [*Error]; if there is no complete
// response, the error is a [*SendError].
//
// Do repeats a request if its method is idempotent (GET, HEAD, OPTIONS, PUT,
// DELETE) or it carries an idempotency key, and the connection failed or the
// status is 429, 502, 503 or 504. It makes at most four attempts, and waits before
// each for what Retry-After asks plus a random part of 100 ms, 200 ms and 400 ms.
// It does not repeat a request if Retry-After asks for more than 30 s, if the
// context would end during the wait, or if the session's retry budget is used up:
// 100 repetitions, and one more for each ten calls that succeed. All attempts carry
// the same idempotency key; each has its own signature and nonce.
//
// If the API refuses the access token with 401, Do drops the token and sends the
// request once more with a new one. If it asks for a nonce in the DPoP proof, Do sends
// the request once more with that. Each attempt has a proof of its own.
//
// Generated code calls [DoJSON], [DoEmpty], [DoStream] or [DoRedirect] for an operation whose
// response has one form, and Do if the form depends on the status.
func Do(ctx context.Context, c Caller, r *Request, opts ...CallOption) (*Response, error) {
	return do(ctx, c, r, buffered, opts)
}

func do(ctx context.Context, c Caller, r *Request, mode responseMode, opts []CallOption) (*Response, error) {
	options := authorizationOf(c).callOptions()
	for _, opt := range opts {
		if opt == nil {
			options.errs = append(options.errs, errors.New("an option is nil"))
			continue
		}
		opt.applyCall(&options)
	}
	k, err := newCall(authorizationOf(c), r, mode, &options)
	if err != nil {
		return nil, err
	}
	return k.run(ctx)
}

// DoJSON is [Do] for an operation that answers with JSON, and decodes the response into
// what v points to. A response that cannot be decoded is a [*DecodeError].
func DoJSON(ctx context.Context, c Caller, r *Request, v any, opts ...CallOption) error {
	resp, err := Do(ctx, c, r, opts...)
	if err != nil {
		return err
	}
	return DecodeJSON(resp, v)
}

// DoEmpty is [Do] for an operation whose response has no body. It ignores one.
func DoEmpty(ctx context.Context, c Caller, r *Request, opts ...CallOption) error {
	_, err := do(ctx, c, r, discarded, opts)
	return err
}

// DoStream is [Do] for an operation whose response is read as it arrives. The caller
// must close the stream.
func DoStream(ctx context.Context, c Caller, r *Request, opts ...CallOption) (*Stream, error) {
	resp, err := do(ctx, c, r, streaming, opts)
	if err != nil {
		return nil, err
	}
	return &Stream{ContentType: resp.Header.Get("Content-Type"), Status: resp.Status, Header: resp.Header, body: resp.Body}, nil
}
