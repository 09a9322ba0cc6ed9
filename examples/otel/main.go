// Otel traces the calls of a generated client with OpenTelemetry. Nothing of it
// is in scopegen: a session takes any http.RoundTripper, and OpenTelemetry has
// one. Each attempt of a call is a span of its own, below the span that the
// call's context carries.
//
// The program talks to a stand-in for the API on loopback, which fails once, so
// that it can be run anywhere:
//
//	go run .
package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/scopegen/scopegen/generated/upvest"
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	spans := tracetest.NewSpanRecorder() // a program has an exporter here
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	defer provider.Shutdown(context.WithoutCancel(ctx))

	server := httptest.NewServer(standIn())
	defer server.Close()

	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	session, err := upvest.Open(
		runtime.Server{Name: "stand-in", URL: server.URL},
		runtime.Credentials{ClientID: "363f3305-7ab0-4e82-a158-f9d382ad08b6", ClientSecret: runtime.NewSecret("secret")},
		runtime.WithKey("0c6c3b0e-37f2-4d5c-a5a7-0d5b9d3d1c11", key),
		// This is all. The transport sees requests signed; the traceparent that it
		// adds comes after the signature and is not covered by it.
		runtime.WithTransport(otelhttp.NewTransport(http.DefaultTransport,
			otelhttp.WithTracerProvider(provider),
			otelhttp.WithPropagators(propagation.TraceContext{}),
		)),
	)
	if err != nil {
		return err
	}
	reader := users.NewReader(runtime.Authorize[scope.UsersRead](session))

	ctx, span := provider.Tracer("example").Start(ctx, "nightly report")
	for user, err := range reader.ListUsers(ctx, users.ListUsersParams{}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "user %s\n", user.Raw)
	}
	span.End()

	for _, s := range spans.Ended() {
		status := ""
		for _, attribute := range s.Attributes() {
			if attribute.Key == "http.response.status_code" {
				status = attribute.Value.Emit()
			}
		}
		line := fmt.Sprintf("span %s %s in trace of the report: %t", s.Name(), status, s.SpanContext().TraceID() == span.SpanContext().TraceID())
		fmt.Fprintln(out, strings.Join(strings.Fields(line), " "))
	}
	return nil
}

// standIn grants tokens and lists one user, the second time it is asked.
func standIn() http.Handler {
	var asked atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("POST /auth/token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"t0ken","token_type":"bearer","expires_in":1800,"scope":"users:read"}`)
	})
	mux.HandleFunc("GET /users", func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if r.Header.Get("Traceparent") == "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"meta":{"offset":0,"limit":100,"count":1,"total_count":1},"data":[{"id":"36e6e1b2-0e0e-4a5c-9d8e-8a8a6a5f7c11"}]}`)
	})
	return mux
}
