package httpsig_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/stretchr/testify/require"
)

func TestAProfileNeverChanges(t *testing.T) {
	key := edKey(t, "k")
	sign := func(profile *httpsig.Profile) http.Header {
		fields, err := profile.Sign(request(t, "GET", "https://example.com/", ""), nil, key, now)
		require.NoError(t, err)
		return fields
	}
	profile := httpsig.RFC9421()
	before := sign(profile)

	var kept *httpsig.Settings
	other := derive(t, profile, func(s *httpsig.Settings) {
		s.Label, s.Cover[0], s.Tag = "other", "@path", "orders"
		s.Cover = s.Cover[:1]
		kept = s
	})
	changed := sign(other)
	require.Equal(t, []string{`other=("@path");created=1700000000;keyid="k";tag="orders"`}, changed["Signature-Input"])
	require.Equal(t, before, sign(profile), "deriving from a profile changed it")

	kept.Cover[0], kept.Label = "@method", "later"
	settings := other.Settings()
	settings.Cover[0], settings.CoverPresent[0] = "@method", "@query"
	require.Equal(t, changed, sign(other), "a profile changed after it was made")
	require.Equal(t, "@path", other.Settings().Cover[0])
}

func TestAPolicyCannotBeChangedAfterTheVerifierIsMade(t *testing.T) {
	key := edKey(t, "k")
	params := []string{"created"}
	v := verifier(t, httpsig.UpvestV15(), httpsig.Policy{Keys: knows(key), RequireParams: params})
	params[0] = "tag"
	_, err := v.Verify(order(t, httpsig.UpvestV15(), key))
	require.NoError(t, err)
}

func TestAProfileIsSafeForConcurrentUse(t *testing.T) {
	key := edKey(t, "k")
	profile := httpsig.UpvestV15()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := profile.With(func(s *httpsig.Settings) { s.Cover[0] = "@path"; s.Cover = s.Cover[:1] }); err != nil {
				t.Error(err)
			}
			r, err := http.NewRequest("GET", "https://example.com/", nil)
			if err == nil {
				_, err = profile.Sign(r, nil, key, now)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestSettingsThatCannotBeAreRefusedWhenTheProfileIsMade(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*httpsig.Settings)
		want   error
		says   string
	}{
		"no label":            {func(s *httpsig.Settings) { s.Label = "" }, httpsig.ErrLabel, `""`},
		"a label in capitals": {func(s *httpsig.Settings) { s.Label = "Sig" }, httpsig.ErrLabel, `"Sig"`},
		"no such component":   {func(s *httpsig.Settings) { s.Cover = []string{"@nothing"} }, httpsig.ErrComponent, "@nothing"},
		"a name in capitals":  {func(s *httpsig.Settings) { s.CoverPresent = []string{"Accept"} }, httpsig.ErrComponent, "Accept"},
		"the signature":       {func(s *httpsig.Settings) { s.Cover = []string{"signature"} }, httpsig.ErrComponent, "signature"},
		"something twice":     {func(s *httpsig.Settings) { s.CoverPresent = append(s.CoverPresent, "@method") }, httpsig.ErrDuplicate, "@method"},
		"half a second":       {func(s *httpsig.Settings) { s.Window = 1500 * time.Millisecond }, httpsig.ErrParameter, "1.5s"},
		"less than no time":   {func(s *httpsig.Settings) { s.Window = -time.Second }, httpsig.ErrParameter, "-1s"},
		"a tag of two lines":  {func(s *httpsig.Settings) { s.Tag = "a\nb" }, httpsig.ErrParameter, `"a\nb"`},
		"no such digest":      {func(s *httpsig.Settings) { s.Digest = 99 }, httpsig.ErrDigestField, "99"},
	} {
		for _, profile := range []*httpsig.Profile{httpsig.RFC9421(), httpsig.UpvestV15()} {
			_, err := profile.With(c.change)
			require.ErrorIs(t, err, httpsig.ErrProfile, name)
			require.ErrorIs(t, err, c.want, name)
			require.ErrorContains(t, err, c.says, name)
		}
	}
	_, err := httpsig.UpvestV6().With(func(s *httpsig.Settings) { s.Cover = []string{"@path;req"} })
	require.ErrorIs(t, err, httpsig.ErrComponent, "Upvest's signatures cannot cover it")
}

func TestTheZeroProfileIsRefused(t *testing.T) {
	key := edKey(t, "k")
	for _, profile := range []*httpsig.Profile{nil, {}} {
		_, err := profile.Sign(request(t, "GET", "https://example.com/", ""), nil, key, now)
		require.ErrorIs(t, err, httpsig.ErrProfile)
		_, err = profile.SignResponse(&http.Response{StatusCode: 200}, nil, key, now)
		require.ErrorIs(t, err, httpsig.ErrProfile)
		_, err = profile.With(func(*httpsig.Settings) {})
		require.ErrorIs(t, err, httpsig.ErrProfile)
		_, err = httpsig.NewVerifier(profile, httpsig.Policy{Keys: knows(key)})
		require.ErrorIs(t, err, httpsig.ErrProfile)
		require.ErrorIs(t, profile.Allows(key), httpsig.ErrProfile)
	}
}
