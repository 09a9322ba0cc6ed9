//go:build unix

package grant_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/grant"
)

func FuzzGoogleKeyFile(f *testing.F) {
	path, _ := googleKey(f, "https://things.example/token")
	good, err := os.ReadFile(path)
	require.NoError(f, err)
	f.Add(good)
	for _, text := range []string{"", "null", "[]", `{"type":"service_account"}`,
		`{"type":"service_account","client_email":"a","private_key":"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----","token_uri":"\u0000"}`} {
		f.Add([]byte(text))
	}
	file := filepath.Join(f.TempDir(), "key.json")
	f.Fuzz(func(t *testing.T, text []byte) {
		require.NoError(t, os.WriteFile(file, text, 0o600))
		_, err := runtime.Open(api(), runtime.Server{URL: "https://things.example"}, grant.GoogleKeyFile(file, ""))
		if err != nil {
			require.ErrorContains(t, err, "key file")
		}
	})
}

func FuzzRefreshTokenFile(f *testing.F) {
	for _, text := range []string{"", "null", "[]", `{"token":"r","rotates":"yes","spent":["a"],"key":"k"}`, `{"token":1}`, `{"token":"r"`} {
		f.Add([]byte(text))
	}
	file := filepath.Join(f.TempDir(), "refresh")
	f.Fuzz(func(t *testing.T, text []byte) {
		require.NoError(t, os.WriteFile(file, text, 0o600))
		store := grant.RefreshTokenFile(file)
		var read grant.RefreshState
		err := store.Update(t.Context(), func(state grant.RefreshState, save func(grant.RefreshState) error) error {
			read = state
			if state.Err != nil {
				require.ErrorIs(t, state.Err, grant.ErrAuthorizeAgain)
				require.EqualError(t, state.Err, "the refresh token's file: "+file+" is not what was written: "+grant.ErrAuthorizeAgain.Error(), "it quotes nothing")
				return nil
			}
			return save(state)
		})
		if err != nil || read.Err != nil {
			return
		}
		require.NoError(t, store.Update(t.Context(), func(state grant.RefreshState, _ func(grant.RefreshState) error) error {
			require.Equal(t, read.Token.Reveal(), state.Token.Reveal(), "what was read is written, and read again")
			require.Equal(t, []any{read.Rotates, read.Spent, read.Key}, []any{state.Rotates, state.Spent, state.Key})
			return nil
		}))
	})
}

// A person is shown what a server says: a code that is short and visible, and pages
// that a browser may be sent to.
func FuzzDevice(f *testing.F) {
	for _, text := range []string{"", "[]", `{"device_code":"d","user_code":"ABCD","verification_uri":"https://things.example/go","expires_in":600}`,
		`{"device_code":"d","user_code":"AB\u001b[2J","verification_uri":"javascript:alert(1)","expires_in":1e300,"interval":-1}`,
		`{"device_code":"d","user_code":"AB","verification_uri":"https://a@b","verification_uri_complete":"file:///etc","expires_in":1}`} {
		f.Add([]byte(text))
	}
	shown := errors.New("it was shown")
	f.Fuzz(func(t *testing.T, text []byte) {
		answer := transportFunc(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, Header: http.Header{"Content-Type": {"application/json"}},
				Body: io.NopCloser(strings.NewReader(string(text))), Request: r}, nil
		})
		public, _ := publicClient()
		g := grant.RefreshToken{Client: public, Store: grant.NewRefreshTokens(runtime.Secret{})}
		session, err := runtime.Open(api(), runtime.Server{URL: "https://things.example"}, g, runtime.WithTransport(answer))
		require.NoError(t, err)
		_, err = g.Login(t.Context(), session, grant.Device{Show: func(_ context.Context, code grant.DeviceCode) error {
			require.Regexp(t, `^[!-~]{1,100}$`, code.UserCode)
			for _, page := range []string{code.URL, code.Complete} {
				u, err := url.Parse(page)
				require.NoError(t, err)
				require.True(t, page == "" && page == code.Complete || u.Scheme == "https" || u.Scheme == "http" && strings.Contains("localhost 127.0.0.1 ::1", u.Hostname()), page)
				require.Nil(t, u.User)
			}
			return shown
		}}, "things:read")
		require.Error(t, err)
	})
}
