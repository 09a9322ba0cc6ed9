package httpsig_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/stretchr/testify/require"
)

// verifyDigest signs a message whose digest field has a value, which may be wrong, and
// verifies it.
func verifyDigest(t testing.TB, name, value string, body []byte) error {
	t.Helper()
	profile := derive(t, httpsig.RFC9421(), func(s *httpsig.Settings) {
		s.Digest = httpsig.NoDigest
		s.Cover, s.CoverPresent = []string{"@method", strings.ToLower(name)}, nil
	})
	key := edKey(t, "k")
	r := request(t, http.MethodPost, "https://example.com/", string(body))
	r.Header[name] = []string{value}
	fields, err := profile.Sign(r, body, key, now)
	require.NoError(t, err)
	setAll(r.Header, fields)
	v := verifier(t, profile, httpsig.Policy{Keys: knows(key)})
	got := received(t, r)
	_, err = v.Verify(got)
	if err == nil {
		again, err := io.ReadAll(got.Body)
		require.NoError(t, err)
		require.True(t, bytes.Equal(body, again), "the body could not be read again")
	}
	return err
}

const helloSHA256 = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
const helloSHA512 = "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew=="

func TestDigestsOfEveryFormAreChecked(t *testing.T) {
	hello := []byte(`{"hello": "world"}`)
	for _, c := range []struct {
		name, value string
		want        error
	}{
		{"Content-Digest", "sha-512=:" + helloSHA512 + ":", nil},
		{"Content-Digest", "sha-256=:" + helloSHA256 + ":", nil},
		{"Content-Digest", "md5=:AAAA:, sha-256=:" + helloSHA256 + ":", nil},
		{"Content-Digest", "sha-256=:" + helloSHA256 + ":, sha-512=:" + helloSHA512 + ":", nil},
		{"Content-Digest", "sha-256=:" + helloSHA256 + ":, sha-512=:AAAA:", httpsig.ErrDigest},
		{"Content-Digest", "sha-256=:AAAA:", httpsig.ErrDigest},
		{"Content-Digest", "sha-256=:" + helloSHA256 + ":, sha-256=:" + helloSHA256 + ":", httpsig.ErrDigestField},
		{"Digest", "SHA-256=" + helloSHA256 + ",sha-256=" + helloSHA256, httpsig.ErrDigestField},
		{"Content-Digest", "sha-256=::", httpsig.ErrDigest},
		{"Content-Digest", "md5=:AAAA:", httpsig.ErrDigestField},
		{"Content-Digest", "sha-256=" + helloSHA256, httpsig.ErrDigestField},
		{"Content-Digest", `"sha-256=:` + helloSHA256 + `:"`, httpsig.ErrDigestField},
		{"Content-Digest", "sha-256=:" + strings.TrimRight(helloSHA256, "=") + ":", httpsig.ErrDigestField},
		{"Content-Digest", "sha-256=:" + helloSHA256 + "=:", httpsig.ErrDigestField},
		{"Content-Digest", "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPF=:", httpsig.ErrDigestField}, // other bits behind the end
		{"Content-Digest", "sha-256", httpsig.ErrDigestField},
		{"Content-Digest", "", httpsig.ErrDigestField},
		{"Digest", "SHA-256=" + helloSHA256, nil},
		{"Digest", "sha-256=" + helloSHA256, nil},
		{"Digest", "md5=AAAA , SHA-512=" + helloSHA512, nil},
		{"Digest", "SHA-256=AAAA", httpsig.ErrDigest},
		{"Digest", "SHA-256=:" + helloSHA256 + ":", httpsig.ErrDigestField},
		{"Digest", "md5=AAAA", httpsig.ErrDigestField},
		{"Digest", "", httpsig.ErrDigestField},
	} {
		err := verifyDigest(t, c.name, c.value, hello)
		if c.want == nil {
			require.NoError(t, err, "%s: %s", c.name, c.value)
			continue
		}
		require.ErrorIs(t, err, c.want, "%s: %s", c.name, c.value)
	}
}

func TestTheDigestOfAnEmptyBodyIsChecked(t *testing.T) {
	require.NoError(t, verifyDigest(t, "Content-Digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", nil))
	require.ErrorIs(t, verifyDigest(t, "Content-Digest", "sha-256=:"+helloSHA256+":", nil), httpsig.ErrDigest)
}
