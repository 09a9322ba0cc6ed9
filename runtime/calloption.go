package runtime

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// CallOption changes one call. The options are the functions of this package
// that return a CallOption or a [DefaultOption]. A later option wins over an
// earlier one.
type CallOption interface{ applyCall(*callOptions) }

// DefaultOption is a [CallOption] that is also an [Option]: given to Open, it is
// the default of every call of the session.
type DefaultOption interface {
	Option
	CallOption
}

type callOptions struct {
	idempotencyKey string
	timeout        time.Duration
	attemptTimeout time.Duration
	noRetry        bool
	responseLimit  int64
	header         http.Header
	info           *ResponseInfo
	event          *Event
	link           *string
	errs           []error
}

type callOption func(*callOptions)

func (f callOption) applyCall(o *callOptions) { f(o) }

// defaultOption is the DefaultOption that changes the options of calls.
type defaultOption struct{ callOption }

func (f defaultOption) apply(o *options) { f.applyCall(&o.defaults) }

// newCallOptions returns the options of a call without any option.
func newCallOptions() callOptions { return callOptions{attemptTimeout: defaultAttemptTimeout} }

// WithIdempotencyKey sends key as the idempotency key, for an operation that takes
// one. A later call with the same key, also one by another process, has no second
// effect. Without this option each call has a random UUID as its key, which its
// attempts share. Many APIs accept nothing but a UUID.
func WithIdempotencyKey(key string) CallOption {
	return callOption(func(o *callOptions) {
		if key == "" {
			o.errs = append(o.errs, errors.New("WithIdempotencyKey: the key is empty; leave the option out for a random one"))
		}
		if err := checkHeader("idempotency-key", key); err != nil {
			o.errs = append(o.errs, fmt.Errorf("WithIdempotencyKey: %w", err))
		}
		o.idempotencyKey = key
	})
}

// WithTimeout limits the whole call: getting the access token, all attempts, the
// waits between them, and reading the response. Without it, and if the context has
// no deadline, only attempts are limited. With an iterator, the limit is for each
// page. It must be more than 0.
func WithTimeout(limit time.Duration) DefaultOption {
	return defaultOption{callOption(func(o *callOptions) {
		if limit <= 0 {
			o.errs = append(o.errs, fmt.Errorf("WithTimeout: the limit is %s; it must be more than 0", limit))
		}
		o.timeout = limit
	})}
}

// WithAttemptTimeout limits each attempt, from sending until the response has been
// read. For a [Stream] it limits the time until the response's header has arrived,
// and then each wait for more of the body. Without it the limit is 30 s; 0 means
// none.
func WithAttemptTimeout(limit time.Duration) DefaultOption {
	return defaultOption{callOption(func(o *callOptions) {
		if limit < 0 {
			o.errs = append(o.errs, fmt.Errorf("WithAttemptTimeout: the limit %s is negative; 0 means none", limit))
		}
		o.attemptTimeout = limit
	})}
}

// WithoutRetry sends the request once. If the API refuses the access token with
// 401, it is still renewed and the request sent again, because a refused request
// had no effect. Given to Open, it holds for token requests too.
func WithoutRetry() DefaultOption {
	return defaultOption{callOption(func(o *callOptions) { o.noRetry = true })}
}

// WithResponseLimit limits the body of a successful response, after
// decompression, in bytes. Without it the limit is 32 MiB, and a [Stream] has
// none. A larger response is [ErrTooLarge].
func WithResponseLimit(limit int64) DefaultOption {
	return defaultOption{callOption(func(o *callOptions) {
		if limit <= 0 {
			o.errs = append(o.errs, fmt.Errorf("WithResponseLimit: the limit is %d; it must be more than 0", limit))
		}
		o.responseLimit = limit
	})}
}

// WithHeader adds a header field to the request, for instance traceparent or
// User-Agent. The field is signed if the API's signatures cover it. A field that
// the runtime sets itself is an error.
//
// Given to Open, it adds the field to all requests of the session, token requests
// too; a call's own field of that name replaces it.
func WithHeader(name, value string) DefaultOption {
	return defaultOption{callOption(func(o *callOptions) {
		if o.header == nil {
			o.header = make(http.Header)
		}
		if err := addHeader(o.header, name, value); err != nil {
			o.errs = append(o.errs, fmt.Errorf("WithHeader: %q: %w", name, err))
		}
	})}
}

// ResponseInfo is what is known of a call beside the response's body.
type ResponseInfo struct {
	Status         int         // of the last response; 0 if the last attempt had none
	Header         http.Header // of the last response
	RequestID      string      // identifies the request for the API's support, or ""
	Attempts       int         // how many times the request was sent
	IdempotencyKey string      // of the request, or ""
}

// WithResponseInfo fills in info when the call returns, whether it succeeded or
// not; with an iterator, after each page. Calls that run at the same time must
// not share an info.
func WithResponseInfo(info *ResponseInfo) CallOption {
	return callOption(func(o *callOptions) { o.info = info })
}
