package upvestwebhook

import (
	"context"
	"errors"
	"net/http"

	"github.com/scopegen/scopegen/runtime/httpsig"
)

type deliveryKey struct{}

// FromContext returns the delivery that [Receiver.Middleware] verified. It returns nil
// for the context of a request that did not come through it.
func FromContext(ctx context.Context) *Delivery {
	delivery, _ := ctx.Value(deliveryKey{}).(*Delivery)
	return delivery
}

// Middleware returns a handler that verifies each request and then calls next, which
// gets the events with [FromContext] and can also read the body. If next answers 200,
// or writes nothing, which means 200, the events count as handled.
//
// If the signature is refused, it answers 401 without calling next; if the body is too
// large, 413; if it cannot be decoded, 400. If a key or an event could not be looked
// up, it answers 503, so that Upvest sends the delivery again.
func (rc *Receiver) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		delivery, err := rc.Receive(r)
		if err != nil {
			rc.refused(r, err)
			status := statusOf(err)
			http.Error(w, http.StatusText(status), status)
			return
		}
		response := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(response, r.WithContext(context.WithValue(r.Context(), deliveryKey{}, delivery)))
		if response.status == http.StatusOK {
			// The response is on its way. At worst an event is not marked as a duplicate.
			if err := delivery.Done(context.WithoutCancel(r.Context())); err != nil {
				rc.refused(r, err)
			}
		}
	})
}

// statusOf returns the status that answers a request that Receive refused.
func statusOf(err error) int {
	switch {
	case errors.Is(err, httpsig.ErrBodyTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrEnvelope):
		return http.StatusBadRequest
	case errors.Is(err, httpsig.ErrRefused):
		return http.StatusUnauthorized
	}
	return http.StatusServiceUnavailable
}

// statusWriter remembers the status that a handler wrote. Its method Unwrap lets
// http.ResponseController reach the methods of the wrapped writer, such as Flush.
type statusWriter struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) WriteHeader(status int) {
	if !w.wrote && status >= 200 { // a lower status is not final
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(p)
}
