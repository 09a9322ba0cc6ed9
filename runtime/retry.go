package runtime

import (
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	maxAttempts   = 4
	backoffBase   = 100 * time.Millisecond
	backoffCap    = 5 * time.Second
	maxRetryAfter = 30 * time.Second
)

// idempotent reports whether several requests with the method have the same
// effect as one (RFC 9110, section 9.2.2).
func idempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}

// passing reports whether a status means that the same request may succeed soon.
// 500 is not among them: most often the same request fails again, and with an
// idempotency key many APIs repeat the stored response.
func passing(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// backoff returns how long to wait after so many failed attempts: what the API
// asked for, plus a random part of a time that doubles with each attempt. The
// random part keeps callers that failed together from returning together.
func backoff(attempts int, retryAfter time.Duration) time.Duration {
	most := min(backoffBase<<(attempts-1), backoffCap)
	return retryAfter + rand.N(most)
}
