package httpsig_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/stretchr/testify/require"
)

// wire returns a signed request as bytes.
func wire(t testing.TB, profile *httpsig.Profile, key httpsig.Key, at time.Time, body string) []byte {
	t.Helper()
	r := request(t, http.MethodPost, "http://api.test/orders", body)
	fields, err := profile.Sign(r, []byte(body), key, at)
	require.NoError(t, err)
	setAll(r.Header, fields)
	var out bytes.Buffer
	require.NoError(t, r.Write(&out))
	return out.Bytes()
}

func TestAReplayThatHoldsItsLastByteBackIsRefused(t *testing.T) {
	key := edKey(t, "k")
	var clock atomic.Int64
	clock.Store(now.Unix())
	asked := make(chan struct{}, 10)
	v := verifier(t, httpsig.UpvestV15(), httpsig.Policy{
		Keys: func(context.Context, string) (httpsig.Key, error) {
			asked <- struct{}{}
			return key, nil
		},
		Nonces: httpsig.NewMemoryNonces(10),
		Now:    func() time.Time { return time.Unix(clock.Load(), 0) },
	})
	results := make(chan error, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := v.Verify(r)
		results <- err
	}))
	defer server.Close()
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	send := func(data []byte) error {
		_, err := dial().Write(data)
		require.NoError(t, err)
		<-asked
		return <-results
	}

	original := wire(t, httpsig.UpvestV15(), key, now, `{"side":"BUY"}`)
	require.NoError(t, send(original))

	// The replay begins while the signature is valid and ends long after that.
	slow := dial()
	_, err := slow.Write(original[:len(original)-1])
	require.NoError(t, err)
	<-asked
	clock.Add(3600)
	// Another message makes the store forget expired nonces.
	require.NoError(t, send(wire(t, httpsig.UpvestV15(), key, now.Add(time.Hour), "{}")))
	_, err = slow.Write(original[len(original)-1:])
	require.NoError(t, err)
	err = <-results
	require.True(t, errors.Is(err, httpsig.ErrExpired) || errors.Is(err, httpsig.ErrTooOld), "%v", err)
}

func TestANonceIsTakenOnceByVerifiersOfDifferentAges(t *testing.T) {
	key := edKey(t, "k")
	profile := derive(t, httpsig.UpvestV15(), func(s *httpsig.Settings) { s.Window = time.Hour })
	for _, ages := range [][2]time.Duration{{time.Minute, 30 * time.Minute}, {30 * time.Minute, time.Minute}} {
		clock := now
		nonces := httpsig.NewMemoryNonces(1000)
		var verifiers [2]*httpsig.Verifier
		for i, age := range ages {
			verifiers[i] = verifier(t, profile, httpsig.Policy{Keys: knows(key), Nonces: nonces, MaxAge: age, Now: func() time.Time { return clock }})
		}
		data := wire(t, profile, key, now, "{}")
		read := func(data []byte) *http.Request {
			r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
			require.NoError(t, err)
			return r
		}
		_, err := verifiers[0].Verify(read(data))
		require.NoError(t, err)
		for ; clock.Before(now.Add(2 * time.Hour)); clock = clock.Add(30 * time.Second) {
			// Fresh messages, which make the store forget old nonces.
			_, err := verifiers[0].Verify(read(wire(t, profile, key, clock, "{}")))
			require.NoError(t, err)
			_, err = verifiers[1].Verify(read(data))
			require.ErrorIs(t, err, httpsig.ErrRefused, "taken again after %s", clock.Sub(now))
		}
	}
}

func TestAClockThatStepsBackLetsNoNonceComeAgain(t *testing.T) {
	nonces := httpsig.NewMemoryNonces(10)
	use := func(nonce string, created, now time.Time) error {
		return nonces.Use(t.Context(), "k", nonce, created, created.Add(time.Minute), now)
	}
	require.NoError(t, use("a", now, now))
	require.NoError(t, use("b", now.Add(time.Hour), now.Add(time.Hour)))
	require.ErrorIs(t, use("a", now, now.Add(time.Second)), httpsig.ErrReplayed)
	require.NoError(t, use("c", now.Add(time.Second), now.Add(time.Second)), "what is new is taken")
}
