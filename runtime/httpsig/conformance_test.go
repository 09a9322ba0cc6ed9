package httpsig_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/scopegen/scopegen/runtime/keyfile"
	"github.com/stretchr/testify/require"
)

// The messages and keys in testdata/rfc9421 are those of RFC 9421, appendix B.
const rfcFolder = "testdata/rfc9421"

// rfcClock returns the time a second after the examples were signed.
func rfcClock() time.Time { return time.Unix(1618884474, 0) }

func rfcKeys(t testing.TB) func(context.Context, string) (httpsig.Key, error) {
	t.Helper()
	var keys []httpsig.Key
	for _, id := range []string{"test-key-rsa", "test-key-rsa-pss", "test-key-ecc-p256", "test-key-ed25519"} {
		signer, err := keyfile.Load(filepath.Join(rfcFolder, id+".pem"), nil)
		require.NoError(t, err)
		key, err := httpsig.NewKey(id, signer)
		require.NoError(t, err)
		keys = append(keys, key)
	}
	return knows(append(keys, rfcSecret(t))...)
}

func rfcSecret(t testing.TB) httpsig.Key {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(rfcFolder, "test-shared-secret.base64"))
	require.NoError(t, err)
	secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	key, err := httpsig.NewSecretKey("test-shared-secret", secret)
	require.NoError(t, err)
	return key
}

// lenient returns a policy that requires nothing but a correct signature.
func lenient(keys func(context.Context, string) (httpsig.Key, error), clock func() time.Time) httpsig.Policy {
	return httpsig.Policy{Keys: keys, Now: clock, Require: []string{}, RequirePresent: []string{}, RequireParams: []string{}, AllowEmpty: true}
}

func readMessage(t testing.TB, path string) (*http.Request, *http.Response) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	reader := bufio.NewReader(bytes.NewReader(data))
	if bytes.HasPrefix(data, []byte("HTTP/")) {
		response, err := http.ReadResponse(reader, nil)
		require.NoError(t, err)
		return nil, response
	}
	request, err := http.ReadRequest(reader)
	require.NoError(t, err)
	return request, nil
}

func verifyFile(t testing.TB, v *httpsig.Verifier, path string) (httpsig.Verified, error) {
	t.Helper()
	request, response := readMessage(t, path)
	if response != nil {
		return v.VerifyResponse(context.Background(), response)
	}
	return v.Verify(request)
}

func TestRFC9421ExamplesVerify(t *testing.T) {
	v := verifier(t, httpsig.RFC9421(), lenient(rfcKeys(t), rfcClock))
	for file, label := range map[string]string{"b.2.1": "sig-b21", "b.2.2": "sig-b22", "b.2.3": "sig-b23",
		"b.2.4": "sig-b24", "b.2.5": "sig-b25", "b.2.6": "sig-b26", "b.3": "ttrp",
		"b.4.1.valid": "transform", "b.4.2.valid": "transform", "b.4.3.valid": "transform", "b.4.4.valid": "transform"} {
		verified, err := verifyFile(t, v, filepath.Join(rfcFolder, file+".http"))
		require.NoError(t, err, file)
		require.Equal(t, label, verified.Label)
		require.Equal(t, time.Unix(1618884473, 0), verified.Created)
	}
	// The RFC prints the response of B.2.4 with the digest of another body.
	for _, file := range []string{"b.2.4.as-printed", "b.4.5.invalid", "b.4.6.invalid"} {
		_, err := verifyFile(t, v, filepath.Join(rfcFolder, file+".http"))
		require.ErrorIs(t, err, httpsig.ErrSignature, file)
	}
}

func TestRFC9421ExamplesFailWhenAnyCoveredByteChanges(t *testing.T) {
	v := verifier(t, httpsig.RFC9421(), lenient(rfcKeys(t), rfcClock))
	for file, change := range map[string][2]string{
		"b.2.1": {"b3k2pp5k7z", "b3k2pp5k7y"},
		"b.2.2": {"Pet=dog", "Pet=cat"},
		"b.2.3": {"param=Value", "param=value"},
		"b.2.4": {"200 OK", "201 OK"},
		"b.2.5": {"02:07:55", "02:07:56"},
		"b.2.6": {"POST", "PUT"},
		"b.3":   {"service.internal", "service.external"},
	} {
		data, err := os.ReadFile(filepath.Join(rfcFolder, file+".http"))
		require.NoError(t, err)
		changed := bytes.Replace(data, []byte(change[0]), []byte(change[1]), 1)
		require.NotEqual(t, data, changed)
		path := filepath.Join(t.TempDir(), "changed.http")
		require.NoError(t, os.WriteFile(path, changed, 0o600))
		_, err = verifyFile(t, v, path)
		require.ErrorIs(t, err, httpsig.ErrSignature, file)
	}
}

func TestSigningGivesTheRFC9421ExamplesWhereTheAlgorithmIsDeterministic(t *testing.T) {
	keys := rfcKeys(t)
	created := time.Unix(1618884473, 0)
	for file, example := range map[string]struct{ keyID, label, cover string }{
		"b.2.5": {"test-shared-secret", "sig-b25", "date @authority content-type"},
		"b.2.6": {"test-key-ed25519", "sig-b26", "date @method @path @authority content-type content-length"},
	} {
		request, _ := readMessage(t, filepath.Join(rfcFolder, file+".http"))
		want := request.Header.Clone()
		request.Header.Del("Signature")
		request.Header.Del("Signature-Input")
		key, err := keys(context.Background(), example.keyID)
		require.NoError(t, err)

		profile := derive(t, httpsig.RFC9421(), func(s *httpsig.Settings) {
			s.Label, s.Cover, s.CoverPresent = example.label, strings.Fields(example.cover), nil
		})
		fields, err := profile.Sign(request, []byte(`{"hello": "world"}`), key, created)
		require.NoError(t, err)
		require.Equal(t, want["Signature-Input"], fields["Signature-Input"])
		require.Equal(t, want["Signature"], fields["Signature"])
		require.Equal(t, want["Content-Digest"], fields["Content-Digest"])
	}
}

// shared decodes a file of the test vectors that several implementations share.
func shared(t testing.TB, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "vectors", name))
	if err != nil {
		t.Skip("no shared vectors beside the repository")
	}
	require.NoError(t, json.Unmarshal(data, into))
}

func TestSharedRFC9421VectorsVerify(t *testing.T) {
	var keyFile struct {
		Keys map[string]struct {
			PrivatePEM string `json:"private_pem"`
			Secret     []byte `json:"secret_base64"`
		}
	}
	shared(t, "rfc9421/b1_keys.json", &keyFile)
	var keys []httpsig.Key
	for id, entry := range keyFile.Keys {
		if entry.PrivatePEM == "" {
			key, err := httpsig.NewSecretKey(id, entry.Secret)
			require.NoError(t, err)
			keys = append(keys, key)
			continue
		}
		signer, err := keyfile.Parse([]byte(entry.PrivatePEM), nil)
		require.NoError(t, err)
		key, err := httpsig.NewKey(id, signer)
		require.NoError(t, err)
		keys = append(keys, key)
	}
	v := verifier(t, httpsig.RFC9421(), lenient(knows(keys...), rfcClock))
	verify := func(text string) error {
		path := filepath.Join(t.TempDir(), "message.http")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := verifyFile(t, v, path)
		return err
	}

	var b2 struct {
		Cases []struct {
			Section       string
			SignedMessage string `json:"signed_message"`
			AsPrinted     string `json:"signed_message_as_printed"`
		}
	}
	shared(t, "rfc9421/b2_cases.json", &b2)
	require.Len(t, b2.Cases, 6)
	for _, c := range b2.Cases {
		require.NoError(t, verify(c.SignedMessage), c.Section)
		if c.AsPrinted != "" {
			require.ErrorIs(t, verify(c.AsPrinted), httpsig.ErrSignature, c.Section)
		}
	}

	var b34 struct {
		B3 struct {
			SignedMessage string `json:"signed_message"`
		}
		B4 struct {
			Messages []struct {
				Name, Message string
				Valid         bool
			}
		}
	}
	shared(t, "rfc9421/b3_b4_cases.json", &b34)
	require.NoError(t, verify(b34.B3.SignedMessage))
	require.Len(t, b34.B4.Messages, 6)
	for _, c := range b34.B4.Messages {
		if err := verify(c.Message); c.Valid {
			require.NoError(t, err, c.Name)
		} else {
			require.ErrorIs(t, err, httpsig.ErrSignature, c.Name)
		}
	}
}

func TestSharedDigestVectors(t *testing.T) {
	var vectors struct {
		Cases []struct {
			Name, Field, Header string
			Body                []byte `json:"body_b64"`
			Valid               bool
		}
		Malformed []string
	}
	shared(t, "rfc9421/rfc9530_digests.json", &vectors)
	require.NotEmpty(t, vectors.Cases)
	for _, c := range vectors.Cases {
		if err := verifyDigest(t, "Content-Digest", c.Header, c.Body); c.Valid {
			require.NoError(t, err, c.Name)
		} else {
			require.ErrorIs(t, err, httpsig.ErrDigest, c.Name)
		}
	}
	for _, header := range vectors.Malformed {
		err := verifyDigest(t, "Content-Digest", header, []byte("{\"hello\": \"world\"}\n"))
		if header == "sha-512=::" { // well formed, of no bytes
			require.ErrorIs(t, err, httpsig.ErrDigest, header)
			continue
		}
		require.ErrorIs(t, err, httpsig.ErrDigestField, header)
	}
}

func TestSharedUpvestDigestVectors(t *testing.T) {
	var vectors struct {
		Cases []struct {
			Body          []byte  `json:"body_b64"`
			ContentDigest *string `json:"content_digest"`
			Digest        *string `json:"v6_digest"`
		}
	}
	shared(t, "upvest/docs_content_digest.json", &vectors)
	key := edKey(t, "k")
	for _, c := range vectors.Cases {
		r := request(t, http.MethodPost, "https://example.com/endpoint", string(c.Body))
		v15, err := httpsig.UpvestV15().Sign(r, c.Body, key, now)
		require.NoError(t, err)
		v6, err := httpsig.UpvestV6().Sign(r, c.Body, key, now)
		require.NoError(t, err)
		if c.ContentDigest == nil {
			require.NotContains(t, v15, "Content-Digest")
			require.NotContains(t, v6, "Digest")
			continue
		}
		require.Equal(t, []string{*c.ContentDigest}, v15["Content-Digest"])
		require.Equal(t, []string{*c.Digest}, v6["Digest"])
	}
}

func TestSharedDocumentedSignatureBases(t *testing.T) {
	type dialect struct {
		Base  string `json:"signature_base"`
		Input string `json:"signature_input_header"`
	}
	var vector struct {
		Request struct {
			Method, Target, Body string
			Headers              [][2]string
		}
		KeyID            string
		Created, Expires int64
		Nonce            string
		V15, V6          dialect
	}
	shared(t, "upvest/docs_signature_base.json", &vector)
	for profile, want := range map[*httpsig.Profile]dialect{httpsig.UpvestV15(): vector.V15, httpsig.UpvestV6(): vector.V6} {
		r := request(t, vector.Request.Method, "https://example.com"+vector.Request.Target, vector.Request.Body)
		for _, header := range vector.Request.Headers {
			r.Header.Set(header[0], header[1])
		}
		profile := derive(t, profile, func(s *httpsig.Settings) {
			s.Window = time.Duration(vector.Expires-vector.Created) * time.Second
			s.Nonce = func() string { return vector.Nonce }
		})
		signer := &catcher{Signer: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
		key, err := httpsig.NewKey(vector.KeyID, signer)
		require.NoError(t, err)
		fields, err := profile.Sign(r, []byte(vector.Request.Body), key, time.Unix(vector.Created, 0))
		require.NoError(t, err)
		require.Equal(t, want.Base, signer.base)
		require.Equal(t, []string{want.Input}, fields["Signature-Input"])
	}
}

func TestSharedCapturesOfUpvestsOwnSigners(t *testing.T) {
	for file, profile := range map[string]*httpsig.Profile{
		"captures/v15_p521_python.json":      httpsig.UpvestV15(),
		"captures/v6_ed25519_goexample.json": httpsig.UpvestV6(),
	} {
		var capture struct {
			Meta struct {
				PublicKey string `json:"public_key_pem"`
			}
			Cases []struct {
				Name, Expect string
				Raw          []byte `json:"raw_b64"`
				Params       struct{ KeyID string }
				VerifyAt     int64 `json:"verify_at"`
			}
		}
		shared(t, file, &capture)
		require.NotEmpty(t, capture.Cases)
		block, _ := pem.Decode([]byte(capture.Meta.PublicKey))
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		require.NoError(t, err)
		for _, c := range capture.Cases {
			key, err := httpsig.NewPublicKey(c.Params.KeyID, public)
			require.NoError(t, err)
			clock := func() time.Time { return time.Unix(c.VerifyAt, 0) }
			// One of the signers does not cover the path.
			v := verifier(t, profile, httpsig.Policy{Keys: knows(key), Now: clock, Require: []string{"@method"}})
			r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(c.Raw)))
			require.NoError(t, err)
			_, err = v.Verify(r)
			switch c.Expect {
			case "accept":
				require.NoError(t, err, c.Name)
			case "quirk":
				require.ErrorIs(t, err, httpsig.ErrSignature, c.Name)
			default:
				t.Fatalf("%s: what is %q?", c.Name, c.Expect)
			}
			// After its time every signature is refused.
			v = verifier(t, profile, httpsig.Policy{Keys: knows(key), Now: func() time.Time { return clock().Add(time.Hour) }, Require: []string{"@method"}})
			r, err = http.ReadRequest(bufio.NewReader(bytes.NewReader(c.Raw)))
			require.NoError(t, err)
			_, err = v.Verify(r)
			require.Error(t, err, c.Name)
		}
	}
}
