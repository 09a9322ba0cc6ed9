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

// idempotent tells whether the effect of a method is the same however often it
// arrives (RFC 9110, section 9.2.2).
func idempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}

// passing tells whether a status says "not now". 500 is not among them: it is
// most often a fault that comes again with the same request, and behind an
// idempotency key many APIs repeat the stored answer.
func passing(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// backoff is how long to wait before the next attempt, after attempts of them:
// a random part of a doubling time (full jitter), so that callers who failed
// together do not come back together; on top of what the API asked for.
func backoff(attempts int, retryAfter time.Duration) time.Duration {
	most := min(backoffBase<<(attempts-1), backoffCap)
	return retryAfter + rand.N(most)
}
