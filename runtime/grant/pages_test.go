//go:build unix

package grant_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/grant"
	"github.com/scopegen/scopegen/spec/sandbox"
)

var (
	askID  = regexp.MustCompile(`name="ask" value="([A-Z0-9]+)"`)
	ticked = regexp.MustCompile(`name="scope" value="([^"]+)" checked`)
)

// person reads pages of the sandbox and answers them.
type person struct {
	unticks  string
	refuses  bool
	insolent bool // answers each page twice, and ticks what the page does not show
}

func read1(resp *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return string(text), err
}

func (p person) answer(page string) (string, error) {
	text, err := read1(http.Get(page))
	if err != nil {
		return "", err
	}
	ask := askID.FindStringSubmatch(text)
	if ask == nil {
		return "", errors.New("no form: " + text)
	}
	form := url.Values{"ask": {ask[1]}, "decision": {"allow"}}
	if p.refuses {
		form.Set("decision", "refuse")
	}
	for _, scope := range ticked.FindAllStringSubmatch(text, -1) {
		if scope[1] != p.unticks {
			form.Add("scope", scope[1])
		}
	}
	if p.insolent {
		form.Add("scope", "things:everything")
	}
	text, err = read1(http.PostForm(page, form))
	if err == nil && p.insolent {
		var again string
		again, err = read1(http.PostForm(page, form))
		if !strings.Contains(again, "this page was answered before") {
			return "", errors.New("the form was taken twice")
		}
	}
	return text, err
}

func (p person) flows(t testing.TB) map[string]grant.Flow {
	return map[string]grant.Flow{
		"Browser": grant.Browser{Open: func(_ context.Context, page string) error {
			_, err := p.answer(page)
			return err
		}},
		"Device": grant.Device{Show: func(_ context.Context, code grant.DeviceCode) error {
			text, err := read1(http.Get(code.URL))
			if err != nil || !strings.Contains(text, `name="user_code"`) {
				return errors.Join(err, errors.New("the page does not ask for the code"))
			}
			text, err = read1(http.Get(code.URL + "?user_code=WRONG"))
			if err != nil || !strings.Contains(text, "No device waits with this code") {
				return errors.Join(err, errors.New("a wrong code is taken"))
			}
			spelt := strings.ToLower(code.UserCode[:4]) + "-" + code.UserCode[4:]
			_, err = p.answer(code.URL + "?user_code=" + spelt)
			return err
		}},
	}
}

func TestAPersonSeesWhatIsAskedForAndUnticksSome(t *testing.T) {
	credentials, client := publicClient()
	for _, who := range []person{{}, {unticks: "things:write"}, {unticks: "things:read", insolent: true}} {
		for name, flow := range who.flows(t) {
			t.Run(name+" without "+who.unticks, func(t *testing.T) {
				p := serve(t, sandbox.Config{Ask: true}, nil, client)
				g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
				session := p.open(t, g)
				granted, err := g.Login(t.Context(), session, flow, "things:read", "things:write")
				require.NoError(t, err)
				want := map[string][]string{"": {"things:read", "things:write"}, "things:write": {"things:read"}, "things:read": {"things:write"}}[who.unticks]
				require.Equal(t, want, granted)
				if who.unticks == "things:write" {
					require.NoError(t, callRead(t.Context(), session))
					require.ErrorContains(t, callBoth(t.Context(), session), "things:write")
				}
			})
		}
	}
	for name, flow := range (person{refuses: true}).flows(t) {
		p := serve(t, sandbox.Config{Ask: true}, nil, client)
		g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
		_, err := g.Login(t.Context(), p.open(t, g), flow, "things:read")
		require.ErrorContains(t, err, "access_denied", name)
	}
}

func TestAPageRunsNothingThatItsTextsHold(t *testing.T) {
	text := strings.Replace(catalogue, "permits: Reading.", `permits: '<script>alert(1)</script>"''&'`, 1)
	p := serveCatalogue(t, text, sandbox.Config{Ask: true}, nil, sandbox.Client{ID: `"><img src=x>`, Public: true})
	resp, err := http.Get(p.http.URL + "/authorize?" + url.Values{"response_type": {"code"}, "client_id": {`"><img src=x>`}, "redirect_uri": {"http://127.0.0.1:1/callback"},
		"code_challenge": {"x"}, "code_challenge_method": {"S256"}, "scope": {"things:read"}}.Encode())
	require.NoError(t, err)
	policy := resp.Header.Get("Content-Security-Policy")
	page, err := read1(resp, nil)
	require.NoError(t, err)
	require.Contains(t, page, "&lt;script&gt;alert(1)&lt;/script&gt;")
	require.NotContains(t, page, "<script")
	require.NotContains(t, page, "<img")
	require.Contains(t, policy, "default-src 'none'")
	require.Contains(t, policy, "form-action 'self' http:;", "the redirect may go to 127.0.0.1 and to [::1]")
	nonce := regexp.MustCompile(`<style nonce="([A-Z0-9]+)">`).FindStringSubmatch(page)
	require.NotNil(t, nonce)
	require.Contains(t, policy, "'nonce-"+nonce[1]+"'")
}
