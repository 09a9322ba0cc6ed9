package grant

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/internal/jwt"
	"github.com/scopegen/scopegen/runtime/internal/secretfile"
	"github.com/scopegen/scopegen/runtime/keyfile"
)

const jwtBearerType = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// Assertion is what the assertion of a [JWTBearer] grant says.
type Assertion struct {
	Issuer  string // who signs, such as the client's id; required
	Subject string // whom the access tokens are for; "" for the issuer
	// Audience is whom the assertion is for. "" means the issuer of the authorization
	// server where the catalogue says it, else the URL of the token endpoint.
	Audience  string
	KeyID     string // under which the server knows the public key; "" for none
	Algorithm string // of RFC 7518, section 3.1; "" for the default of the key
	// Client authenticates to the token endpoint beside the assertion, where the
	// server wants that. The zero value sends the assertion alone.
	Client runtime.Credentials
	// Parameters are sent beside those of the grant. They are not secret.
	Parameters url.Values

	scopeClaim bool // the scopes stand in the assertion, as Google wants it
}

// JWTBearer gets access tokens for an assertion that key signs (RFC 7523, section
// 2.1), one for each scope set. An assertion is valid for a minute and has an id of
// its own. Package keyfile reads key files; a key in an HSM or KMS will do.
func JWTBearer(a Assertion, key crypto.Signer) runtime.Grant {
	signer, err := jwt.NewSigner(key, a.Algorithm)
	switch {
	case err != nil:
		err = fmt.Errorf("grant: JWTBearer: %w", err)
	case a.Issuer == "":
		err = errors.New("grant: JWTBearer: Assertion.Issuer is empty: set it to who signs, such as the client's id")
	}
	return &jwtBearer{Assertion: a, err: err, sign: func(header, claims map[string]any) (string, error) { return signer.Sign(header, claims) }}
}

type jwtBearer struct {
	Assertion
	err  error
	sign func(header, claims map[string]any) (string, error) // a function, because printers follow fields to keys
	url  string                                              // the only token endpoint that the assertion may be sent to, "" for any
}

func (g *jwtBearer) Prepare(api *clientimpl.API, endpoint string) (runtime.Holder, error) {
	if g.err != nil {
		return runtime.Holder{}, g.err
	}
	err := errors.Join(runtime.HasGrant(api, jwtBearerType), checkParameters(g.Parameters))
	id := g.Issuer
	if g.Client.ClientID != "" {
		id, err = g.Client.ClientID, errors.Join(err, g.Client.Check(api))
	}
	if endpoint != "" {
		err = errors.Join(err, g.checkEndpoint(api, endpoint))
	}
	return runtime.Holder{ClientID: id, Key: keyOf("jwt-bearer "+g.Issuer+" "+g.Subject, g.Parameters)}, err
}

func (g *jwtBearer) checkEndpoint(api *clientimpl.API, endpoint string) error {
	if g.url != "" && g.url != endpoint {
		return fmt.Errorf("grant: the key file is for the token endpoint %s, and %s has %s", g.url, api.Name, endpoint)
	}
	return nil
}

func (g *jwtBearer) AccessToken(ctx context.Context, r *runtime.TokenRequest) (runtime.AccessToken, error) {
	now := r.Clock().Now()
	header := map[string]any{"typ": "JWT"}
	if g.KeyID != "" {
		header["kid"] = g.KeyID
	}
	claims := map[string]any{"iss": g.Issuer, "sub": g.Subject, "aud": g.Audience, "jti": jwt.ID(), "iat": now.Add(-5 * time.Second).Unix(), "exp": now.Add(time.Minute).Unix()}
	if g.Subject == "" {
		claims["sub"] = g.Issuer
	}
	endpoint, err := r.EndpointURL(ctx, runtime.TokenEndpoint)
	if err != nil {
		return runtime.AccessToken{}, err
	}
	if err := g.checkEndpoint(r.API(), endpoint); err != nil {
		return runtime.AccessToken{}, err
	}
	if g.Audience == "" {
		claims["aud"] = endpoint
		if issuer := r.Issuer(); issuer != "" {
			claims["aud"] = issuer
		}
	}
	scope := r.Scope()
	if g.scopeClaim {
		claims["scope"], scope = scope, ""
	}
	assertion, err := g.sign(header, claims)
	if err != nil {
		return runtime.AccessToken{}, fmt.Errorf("the assertion cannot be signed: %w", err)
	}
	return r.Send(ctx, g.Client, with(g.Parameters, "grant_type", jwtBearerType, "assertion", assertion, "scope", scope))
}

// Revoke implements [runtime.Revoker]. Without a Client the tokens alone say whose
// they are, as Google has it; other servers refuse that.
func (g *jwtBearer) Revoke(ctx context.Context, r *runtime.TokenRequest, access []runtime.Secret) error {
	return g.Client.Revoke(ctx, r, access)
}

// GoogleKeyFile is [JWTBearer] with the key file of a service account of Google.
// subject is the user on whose behalf calls are made, with domain-wide delegation;
// "" for the service account itself. The file must name the token endpoint that the
// API's catalogue has.
func GoogleKeyFile(path, subject string) runtime.Grant {
	g, err := googleKeyFile(path, subject)
	if err != nil {
		return &jwtBearer{err: fmt.Errorf("grant: the key file %s: %w", path, err)}
	}
	return g
}

func googleKeyFile(path, subject string) (runtime.Grant, error) {
	text, err := secretfile.Bytes(path)
	if err != nil {
		return nil, err
	}
	var account struct {
		Type     string `json:"type"`
		Email    string `json:"client_email"`
		KeyID    string `json:"private_key_id"`
		Key      string `json:"private_key"`
		TokenURI string `json:"token_uri"`
	}
	switch err := json.Unmarshal(text, &account); {
	case err != nil: // the parser's error would quote it
		return nil, errors.New("it is not JSON: download the key of the service account again")
	case account.Type != "service_account":
		return nil, fmt.Errorf("it is of the type %.40q, not service_account: give the path of a service account's key", account.Type)
	case account.Email == "", account.Key == "", account.TokenURI == "":
		return nil, errors.New("it lacks client_email, private_key or token_uri: download the key of the service account again")
	}
	key, err := keyfile.Parse([]byte(account.Key), nil)
	if err != nil {
		return nil, fmt.Errorf("private_key: %w", err)
	}
	g := JWTBearer(Assertion{Issuer: account.Email, Subject: subject, Audience: account.TokenURI, KeyID: account.KeyID, scopeClaim: true}, key).(*jwtBearer)
	g.url = account.TokenURI
	return g, nil
}
