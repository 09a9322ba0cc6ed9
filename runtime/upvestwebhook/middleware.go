package upvestwebhook

import (
	"context"
	"errors"
	"net/http"

	"github.com/scopegen/scopegen/runtime/httpsig"
)

type deliveryKey struct{}

// FromContext returns the delivery that [Receiver.Middleware] verified, nil
// outside of it.
func FromContext(ctx context.Context) *Delivery {
	delivery, _ := ctx.Value(deliveryKey{}).(*Delivery)
	return delivery
}

// Middleware verifies each request before next sees it; next finds the events
// with [FromContext] and can read the body as well. When next answers 200, which
// is also what no answer means, the events count as handled.
//
// What does not verify is answered 401, what is too large 413, what cannot be
// decoded 400. If keys or events could not be looked up, it is 503, and the
// delivery comes again.
func (rc *Receiver) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		delivery, err := rc.Receive(r)
		if err != nil {
			rc.refused(r, err)
			status := statusOf(err)
			http.Error(w, http.StatusText(status), status)
			return
		}
		answer := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r.WithContext(context.WithValue(r.Context(), deliveryKey{}, delivery)))
		if answer.status == http.StatusOK {
			// The answer is on its way; that the store failed shows in a duplicate at worst.
			if err := delivery.Done(context.WithoutCancel(r.Context())); err != nil {
				rc.refused(r, err)
			}
		}
	})
}

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

// statusWriter remembers the status. Unwrap leaves flushing and the like to
// http.ResponseController.
type statusWriter struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) WriteHeader(status int) {
	if !w.wrote && status >= 200 { // others are not final
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(p)
}
