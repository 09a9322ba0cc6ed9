package runtime_test

import (
	"context"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientauth"
	"github.com/scopegen/scopegen/runtime/grant"
	"github.com/scopegen/scopegen/runtime/keyfile"
)

// What the README's table of ways shows is in the functions below, which the compiler
// checks. The examples of this package run.
func TestTheCodeInTheREADMEsTableOfWaysCompiles(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	source, err := os.ReadFile("readme_test.go")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(readme), "| way | code | what it can narrow |\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")[1:]
	compiled := 0
	for _, row := range rows {
		cells := strings.Split(row, " | ")
		require.Len(t, cells, 3, row)
		if strings.Contains(row, "in module `runtime/") { // which the runtime does not import
			continue
		}
		for _, span := range regexp.MustCompile("`[^`]+`").FindAllString(cells[1], -1) {
			code := strings.Trim(span, "`")
			if strings.Contains(code, "…") || strings.HasPrefix(code, "oauth2token.") || !strings.ContainsAny(code, "({") {
				continue
			}
			require.Contains(t, string(source), code)
			compiled++
		}
	}
	require.Equal(t, 23, compiled)
}

// shop stands for a generated package.
var shop struct {
	Open func(runtime.Server, runtime.Grant, ...runtime.Option) (*runtime.Session, error)
}

func use(...any) {}

func _(id string) {
	secret := runtime.NewSecret(os.Getenv("SECRET"))
	use(runtime.Credentials{ClientID: id, ClientSecret: secret})
}

func _(id string) {
	key, err := keyfile.Load("key.pem", nil)
	auth := clientauth.PrivateKeyJWT("key-1", key)
	use(runtime.Credentials{ClientID: id, Authentication: auth}, err)
}

func _(id string) {
	auth := clientauth.AssertionFile("/var/run/secrets/token")
	use(runtime.Credentials{ClientID: id, Authentication: auth})
}

func _(credentials runtime.Credentials) {
	use(grant.ClientCredentials{Client: credentials, Scope: "https://graph.microsoft.com/.default"})
}

func _(id string, transport http.RoundTripper) {
	auth := clientauth.TLSClientAuth()
	use(runtime.Credentials{ClientID: id, Authentication: auth}, runtime.WithTransport(transport))
}

func _(id, user string) {
	key, err := keyfile.Load("key.pem", nil)
	use(grant.JWTBearer(grant.Assertion{Issuer: id, Subject: user, KeyID: "key-1"}, key), err)
	use(grant.GoogleKeyFile("key.json", ""))
}

func _(credentials runtime.Credentials) {
	subject := grant.FileToken(grant.TypeJWT, "/var/run/secrets/token")
	use(grant.Exchange{Client: credentials, Subject: subject})
}

func _(credentials runtime.Credentials, refreshToken runtime.Secret) {
	tokens := grant.NewRefreshTokens(refreshToken)
	use(grant.RefreshToken{Client: credentials, Store: tokens})
}

func _(ctx context.Context, server runtime.Server, credentials runtime.Credentials, path string, show func(context.Context, string) error, token runtime.Token[access]) {
	g := grant.RefreshToken{Client: credentials, Store: grant.RefreshTokenFile(path)}
	session, err := shop.Open(server, g)
	use(err)
	granted, err := g.Login(ctx, session, grant.Browser{Open: show}, token.Scopes()...)
	use(granted, err)
}

func _(ctx context.Context, session *runtime.Session, g grant.RefreshToken, show func(context.Context, grant.DeviceCode) error, token runtime.Token[access]) {
	flow := grant.Device{Show: show}
	granted, err := g.Login(ctx, session, flow, token.Scopes()...)
	use(granted, err)
}

func _(text string) {
	use(grant.Fixed(runtime.NewSecret(text), "users:read"))
}
