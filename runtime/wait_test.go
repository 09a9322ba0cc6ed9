package runtime_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/httpsig"
)

// switching answers 101 and keeps the connection open without a word.
func switching(t *testing.T) http.HandlerFunc {
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")
		go func() {
			<-done
			_ = conn.Close()
		}()
	}
}

func TestAnAnswer101EndsTheCall(t *testing.T) {
	s := newThings(t, thingsAPI(), switching(t))
	for name, call := range map[string]func() error{
		"JSON":   func() error { _, err := doJSON[thing](t.Context(), s.reader(), s.get("a")); return err },
		"empty":  func() error { return runtime.DoEmpty(t.Context(), s.reader(), s.get("a")) },
		"stream": func() error { _, err := runtime.DoStream(t.Context(), s.reader(), s.get("a")); return err },
	} {
		t.Run(name, func(t *testing.T) {
			var failed *runtime.Error
			require.ErrorAs(t, call(), &failed)
			require.Equal(t, http.StatusSwitchingProtocols, failed.Status)
			require.ErrorContains(t, failed, "another protocol")
		})
	}
}

func TestATokenEndpointThatAnswers101EndsTheFetch(t *testing.T) {
	api := thingsAPI()
	api.Token.Path = "/upgrade"
	s := newThings(t, api, switching(t))
	var failed *runtime.TokenError
	require.ErrorAs(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a")), &failed)
	require.Equal(t, http.StatusSwitchingProtocols, failed.Status)
}

// stalling answers with some bytes and then with none, until the test ends.
func stalling(t *testing.T) http.HandlerFunc {
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "some")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-done:
		case <-r.Context().Done():
		}
	}
}

func TestAStreamThatStallsEnds(t *testing.T) {
	for want, opts := range map[time.Duration][]runtime.CallOption{
		30 * time.Second: nil,
		time.Hour:        {runtime.WithAttemptTimeout(time.Hour)},
	} {
		s := newThings(t, thingsAPI(), stalling(t))
		stream, err := runtime.DoStream(t.Context(), s.reader(), s.get("a"), opts...)
		require.NoError(t, err)
		buffer := make([]byte, 4)
		_, err = io.ReadFull(stream, buffer)
		require.NoError(t, err)
		// What a reader does with the bytes may take as long as it likes.
		s.clock.advance(100 * time.Hour)
		s.clock.lock.Lock()
		s.clock.onLong = func(d time.Duration) {
			if d == want {
				s.clock.advance(d)
			}
		}
		s.clock.lock.Unlock()
		_, err = stream.Read(buffer)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, runtime.ErrNoResponse)
		require.ErrorContains(t, err, "the wait for more of the response took longer than its limit of "+want.String())
		require.NoError(t, stream.Close())
	}
}

func TestACallWithoutARequestIsRefused(t *testing.T) {
	s := newThings(t, thingsAPI(), nil)
	require.ErrorIs(t, runtime.DoEmpty(t.Context(), s.reader(), nil), runtime.ErrInvalidCall)
	_, err := runtime.DoStream(t.Context(), s.reader(), nil)
	require.ErrorIs(t, err, runtime.ErrInvalidCall)
	_, err = doJSON[thing](t.Context(), s.reader(), nil)
	require.ErrorIs(t, err, runtime.ErrInvalidCall)
}

func TestARequestIsReadInEachWayWhicheverCameFirst(t *testing.T) {
	s := newThings(t, thingsAPI(), func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, thing{ID: "t1"}) })
	request := s.get("a")
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), request))
	got, err := doJSON[thing](t.Context(), s.reader(), request)
	require.NoError(t, err)
	require.Equal(t, "t1", got.ID)
}

func TestARequestWithoutAcceptAsksForTheFormOfErrors(t *testing.T) {
	var got sightings
	s := newThings(t, thingsAPI(), func(_ http.ResponseWriter, r *http.Request) { got.add(r) })
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), runtime.NewRequest(&pokeThing)))
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), runtime.UnlistedCall(http.MethodGet, "/badges")))
	for _, r := range got.list() {
		require.Equal(t, []string{"application/json"}, r.header["Accept"])
	}
	require.Equal(t, 2, got.count())
}

func TestASkewedClockIsToldWhereASignedCallIsRefused(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		skew   time.Duration // of the server
		says   string
	}{
		{"Behind", 401, 10 * time.Minute, "this machine's clock is 10m"},
		{"Ahead", 403, -time.Minute, "ahead of the server's, so the signature may be taken for expired: set the clock"},
		{"Right", 401, 0, ""},
		{"Other", 404, time.Hour, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, private, err := ed25519.GenerateKey(nil)
			require.NoError(t, err)
			api := thingsAPI()
			api.Signing = httpsig.UpvestV15().Signer
			s := newThings(t, api, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", time.Now().Add(test.skew).UTC().Format(http.TimeFormat))
				w.WriteHeader(test.status)
			}, runtime.WithKey("k", private))
			var refused *runtime.Error
			require.ErrorAs(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a")), &refused)
			if test.says == "" {
				require.Zero(t, refused.Skew)
				require.NotContains(t, refused.Error(), "clock")
				return
			}
			require.InDelta(t, test.skew, refused.Skew, float64(2*time.Second))
			require.ErrorContains(t, refused, test.says)
		})
	}
	// Without a signature no clock matters.
	s := newThings(t, thingsAPI(), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(401)
	})
	var refused *runtime.Error
	require.ErrorAs(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a")), &refused)
	require.Zero(t, refused.Skew)
}

func TestATransportsErrorThatQuotesTheRequestHoldsNoToken(t *testing.T) {
	broken := errors.New("broken")
	s := newThings(t, thingsAPI(), nil, runtime.WithTransport(tripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/oauth/token" {
			return http.DefaultTransport.RoundTrip(r)
		}
		return nil, fmt.Errorf("%w: %v", broken, r.Header)
	})))
	err := runtime.DoEmpty(t.Context(), s.reader(), s.get("a"))
	require.ErrorIs(t, err, broken)
	require.ErrorIs(t, err, runtime.ErrNoResponse)
	noSecret(t, err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err))
}
