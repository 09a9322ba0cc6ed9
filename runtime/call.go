package runtime

import (
	"context"
	"errors"
)

// Do is the one place through which every operation goes. It checks the right
// to call, before anything else; fills in path, query and headers; adds the
// access token and the idempotency key; signs; sends; and repeats what may be
// repeated. A status other than success (2xx) is an [*Error], no whole answer a
// [*SendError].
//
// A request is repeated when its method is idempotent (GET, HEAD, OPTIONS, PUT,
// DELETE) or it carries an idempotency key, and the connection failed or the
// status is 429, 502, 503 or 504: at most three times, after a random part of
// 100 ms, 200 ms, 400 ms on top of what Retry-After asks for. It is not repeated
// when Retry-After is longer than 30 s, the context would end during the wait,
// or the session's retry budget is used up (100 repetitions, and one for each ten calls
// that succeed). Each attempt carries the same idempotency key and a
// signature of its own.
//
// A 401 drops the access token that was refused, and the request is sent once
// more with a new one.
//
// Generated code calls [DoJSON], [DoEmpty] or [DoStream] where the answer has
// one form, and Do where its form depends on the status.
func Do(ctx context.Context, c Caller, r *Request, opts ...CallOption) (*Response, error) {
	return do(ctx, c, r, buffered, opts)
}

func do(ctx context.Context, c Caller, r *Request, mode answerMode, opts []CallOption) (*Response, error) {
	options := c.authorization.callOptions()
	for _, opt := range opts {
		if opt == nil {
			options.errs = append(options.errs, errors.New("an option is nil"))
			continue
		}
		opt.applyCall(&options)
	}
	k, err := newCall(c.authorization, r, mode, &options)
	if err != nil {
		return nil, err
	}
	return k.run(ctx)
}

// DoJSON is [Do] for an operation that answers with JSON. An answer that is not
// is a [*DecodeError].
func DoJSON[T any](ctx context.Context, c Caller, r *Request, opts ...CallOption) (*T, error) {
	resp, err := Do(ctx, c, r, opts...)
	if err != nil {
		return nil, err
	}
	return DecodeJSON[T](resp)
}

// DoEmpty is [Do] for an operation whose success says all. A body is ignored.
func DoEmpty(ctx context.Context, c Caller, r *Request, opts ...CallOption) error {
	_, err := do(ctx, c, r, discarded, opts)
	return err
}

// DoStream is [Do] for an operation whose answer is read as it arrives. The
// limit of [WithAttemptTimeout] holds for each wait for more of it, in place of
// the whole. The caller closes the stream.
func DoStream(ctx context.Context, c Caller, r *Request, opts ...CallOption) (*Stream, error) {
	resp, err := do(ctx, c, r, streaming, opts)
	if err != nil {
		return nil, err
	}
	return &Stream{ContentType: resp.Header.Get("Content-Type"), Status: resp.Status, Header: resp.Header, body: resp.Body}, nil
}
