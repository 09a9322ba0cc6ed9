package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/generated/upvest"
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/internal/dev/golden/shop"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/account"
	shopscope "github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/program/audit"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientauth"
	"github.com/scopegen/scopegen/runtime/keyfile"
)

// running is a sandbox command whose output is read as it is printed.
type running struct {
	env   map[string]string
	lines *bufio.Scanner
	stop  context.CancelFunc
}

func startSandbox(t *testing.T, args ...string) *running {
	t.Helper()
	out, w := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	root := newRootCommand()
	root.SetArgs(append([]string{"sandbox", "--catalogue", builtin}, args...))
	root.SetOut(w)
	go func() {
		err := root.ExecuteContext(ctx)
		_ = w.CloseWithError(err)
		ended <- err
	}()
	r := &running{env: map[string]string{}, lines: bufio.NewScanner(out), stop: cancel}
	t.Cleanup(func() {
		cancel()
		_, _ = io.Copy(io.Discard, out)
		require.NoError(t, <-ended)
	})
	for r.lines.Scan() {
		line := r.lines.Text()
		if name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "="); ok && strings.HasPrefix(line, "export ") {
			r.env[name] = unquoted(t, value)
		}
		if strings.HasPrefix(line, "# Calls") {
			break
		}
	}
	require.NoError(t, r.lines.Err())
	return r
}

// unquoted returns a word as a shell reads it.
func unquoted(t *testing.T, word string) string {
	t.Helper()
	value, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+word).Output()
	require.NoError(t, err)
	return string(value)
}

func (r *running) line(t *testing.T) string {
	t.Helper()
	require.True(t, r.lines.Scan(), "%v", r.lines.Err())
	return r.lines.Text()
}

func TestAProgramCallsTheSandboxWithWhatItPrints(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.pem")
	r := startSandbox(t, "--key-file", file, "--scopes", "users:read,users:admin")
	require.Equal(t, file, r.env["SCOPEGEN_KEY_FILE"])
	key, err := keyfile.Load(file, nil)
	require.NoError(t, err)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	session, err := upvest.Open(
		runtime.Server{Name: "sandbox", URL: r.env["SCOPEGEN_URL"]},
		runtime.Credentials{ClientID: r.env["SCOPEGEN_CLIENT_ID"], ClientSecret: runtime.NewSecret(r.env["SCOPEGEN_CLIENT_SECRET"])},
		runtime.WithKey(r.env["SCOPEGEN_KEY_ID"], key),
	)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		var failed error
		for _, err := range users.NewReader(runtime.Authorize[scope.UsersRead](session)).ListUsers(context.Background(), users.ListUsersParams{}) {
			failed = err
		}
		done <- failed
	}()
	require.Contains(t, r.line(t), "200 POST   /auth/token  token  granted: users:read")
	require.Contains(t, r.line(t), "200 GET    /users  list_users  used: users:read")
	require.NoError(t, <-done)
	r.stop()
	require.Equal(t, "# Calls with tokens for users:read: 1", r.line(t))
}

func TestTheSandboxLogsCallsAsTheAuditReadsThem(t *testing.T) {
	folder := t.TempDir()
	log := filepath.Join(folder, "calls.log")
	require.NoError(t, os.WriteFile(log, []byte("{\"method\":\"GET\",\"path\":\"/earlier\"}\n"), 0o600))
	r := startSandbox(t, "--log", log)
	done := make(chan error, 2)
	for _, path := range []string{"/users/17?secret=1", "/nothing"} {
		go func() {
			response, err := http.Get(r.env["SCOPEGEN_URL"] + path)
			if err == nil {
				err = response.Body.Close()
			}
			done <- err
		}()
		r.line(t)
		require.NoError(t, <-done)
	}
	r.stop()
	for r.lines.Scan() { // to the end, where the log is closed
	}
	file, err := os.Open(log)
	require.NoError(t, err)
	defer file.Close()
	calls, err := audit.ReadCalls(file, log)
	require.NoError(t, err)
	require.Len(t, calls, 3)
	require.Equal(t, "/earlier", calls[0].Path)
	require.Equal(t, "/users/17", calls[1].Path)
	require.Equal(t, "retrieve_user", calls[1].Operation)
	require.Equal(t, "/nothing", calls[2].Path)
	require.Empty(t, calls[2].Operation)

	root := newRootCommand()
	root.SetArgs([]string{"sandbox", "--catalogue", builtin, "--log", folder})
	root.SetOut(io.Discard)
	require.ErrorContains(t, root.Execute(), folder)
}

func TestTheKeyOfTheSandboxStaysTheSame(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.pem")
	first, err := sandboxKey(file)
	require.NoError(t, err)
	second, err := sandboxKey(file)
	require.NoError(t, err)
	require.Equal(t, first, second)

	require.NoError(t, os.WriteFile(file, []byte("my diary"), 0o600))
	_, err = sandboxKey(file)
	require.Error(t, err)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "my diary", string(text))
}

func TestTheSandboxSaysWhatItCannotDo(t *testing.T) {
	for want, args := range map[string][]string{
		`"0.0.0.0" is not a loopback address`:                           {"--addr", "0.0.0.0:0"},
		`the API has no scope "users:raed"; did you mean "users:read"?`: {"--scopes", "users:raed"},
		"takes no arguments":                                            {"now"},
	} {
		root := newRootCommand()
		root.SetArgs(append([]string{"sandbox", "--catalogue", builtin}, args...))
		root.SetOut(io.Discard)
		require.ErrorContains(t, root.Execute(), want)
	}
}

func TestTheSandboxIsAnAuthorizationServerForPersonsAndKeys(t *testing.T) {
	folder := t.TempDir()
	catalogue, key := filepath.Join(folder, "scopes.yaml"), filepath.Join(folder, "key.pem")
	require.NoError(t, os.WriteFile(catalogue, []byte(`
api: {name: things, title: Things}
servers: {live: https://things.example}
token:
  issuer: https://login.example/tenant
  grants: [client_credentials, refresh_token, authorization_code]
  client_authentication: [none, private_key_jwt]
groups:
  - title: All
    scopes:
      - {scope: 'things:read', permits: Read things.}
operations:
  - {id: list_things, method: GET, path: /things, domain: things, requires: {any_of: ['things:read']}, responses: {204: {}}}
`), 0o600))
	r := startSandbox(t, "--catalogue", catalogue, "--key-file", key, "--ask")
	require.Equal(t, r.env["SCOPEGEN_URL"]+"/tenant", r.env["SCOPEGEN_ISSUER"])
	require.Equal(t, key, r.env["SCOPEGEN_KEY_FILE"])
	go func() {
		for r.lines.Scan() { // a call waits until its line is read
		}
	}()

	get := func(address string) []byte {
		resp, err := http.Get(address)
		require.NoError(t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, resp.StatusCode, "%s", text)
		return text
	}
	var metadata struct {
		Issuer    string   `json:"issuer"`
		Authorize string   `json:"authorization_endpoint"`
		Token     string   `json:"token_endpoint"`
		Methods   []string `json:"token_endpoint_auth_methods_supported"`
	}
	require.NoError(t, json.Unmarshal(get(r.env["SCOPEGEN_URL"]+"/.well-known/oauth-authorization-server/tenant"), &metadata))
	require.Equal(t, r.env["SCOPEGEN_ISSUER"], metadata.Issuer)
	require.Equal(t, []string{"client_secret_post", "none", "private_key_jwt"}, metadata.Methods)
	page := get(metadata.Authorize + "?" + url.Values{"response_type": {"code"}, "client_id": {r.env["SCOPEGEN_CLIENT_ID"]}, "redirect_uri": {"http://127.0.0.1:1/callback"},
		"code_challenge": {"x"}, "code_challenge_method": {"S256"}, "scope": {"things:read"}}.Encode())
	require.Contains(t, string(page), "Read things.")

	signer, err := keyfile.Load(key, nil)
	require.NoError(t, err)
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"things:read"}, "client_id": {r.env["SCOPEGEN_CLIENT_ID"]}}
	request := runtime.ClientRequest{ClientID: r.env["SCOPEGEN_CLIENT_ID"], Endpoint: metadata.Token, Issuer: metadata.Issuer, Time: time.Now()}
	require.NoError(t, clientauth.PrivateKeyJWT(r.env["SCOPEGEN_KEY_ID"], signer).Authenticate(t.Context(), request, form))
	resp, err := http.PostForm(metadata.Token, form)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

func TestTheSandboxTakesACertificate(t *testing.T) {
	folder := t.TempDir()
	catalogue, file := filepath.Join(folder, "scopes.yaml"), filepath.Join(folder, "my tls.pem")
	require.NoError(t, os.WriteFile(catalogue, []byte(`
api: {name: things, title: Things}
servers: {live: https://things.example}
token: {path: /token, client_authentication: [tls_client_auth]}
groups: [{title: All, scopes: [{scope: 'things:read', permits: Read things.}]}]
operations:
  - {id: list_things, method: GET, path: /things, domain: things, requires: {any_of: ['things:read']}, responses: {204: {}}}
`), 0o600))
	refused := func(want string, args ...string) {
		t.Helper()
		root := newRootCommand()
		root.SetArgs(append([]string{"sandbox"}, args...))
		root.SetOut(io.Discard)
		require.ErrorContains(t, root.Execute(), want)
	}
	refused("say with --tls-file where to write it", "--catalogue", catalogue)
	refused("leave --tls-file out", "--catalogue", builtin, "--tls-file", file)
	require.NoError(t, os.WriteFile(file, []byte("my diary"), 0o644))
	refused("my tls.pem: sandbox did not write this file", "--catalogue", catalogue, "--tls-file", file)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "my diary", string(text))
	require.NoError(t, os.WriteFile(file, []byte(tlsMark+"of an earlier sandbox"), 0o644))

	r := startSandbox(t, "--catalogue", catalogue, "--tls-file", file)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	file = r.env["SCOPEGEN_TLS_FILE"]
	own, err := tls.LoadX509KeyPair(file, file)
	require.NoError(t, err)
	text, err = os.ReadFile(file)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(text))
	go func() {
		for r.lines.Scan() { // a call waits until its line is read
		}
	}()
	for want, shown := range map[int][]tls.Certificate{http.StatusOK: {own}, http.StatusUnauthorized: nil} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: shown}}
		client := http.Client{Transport: transport}
		form := url.Values{"grant_type": {"client_credentials"}, "scope": {"things:read"}, "client_id": {r.env["SCOPEGEN_CLIENT_ID"]}}
		resp, err := client.PostForm(r.env["SCOPEGEN_URL"]+"/token", form)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		transport.CloseIdleConnections()
		require.Equal(t, want, resp.StatusCode)
	}
}

func TestTheSandboxAsksForNoncesInProofs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.pem")
	r := startSandbox(t, "--catalogue", "../../internal/dev/golden/scopes.yaml", "--key-file", file, "--dpop-nonces")
	key, err := keyfile.Load(file, nil)
	require.NoError(t, err)
	session, err := shop.Open(
		runtime.Server{URL: r.env["SCOPEGEN_URL"]},
		runtime.Credentials{ClientID: r.env["SCOPEGEN_CLIENT_ID"], ClientSecret: runtime.NewSecret(r.env["SCOPEGEN_CLIENT_SECRET"])},
		runtime.WithKey(r.env["SCOPEGEN_KEY_ID"], key), runtime.WithDPoP(),
	)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		_, err := account.NewAuthenticated(runtime.Authorize[shopscope.CustomersRead](session)).Whoami(context.Background())
		done <- err
	}()
	require.Contains(t, r.line(t), "400 POST   /oauth/token  token  refused: the DPoP proof has no nonce")
	require.Contains(t, r.line(t), "200 POST   /oauth/token  token  granted: customers:read")
	require.Contains(t, r.line(t), "200 GET    /")
	require.NoError(t, <-done)
}
