package runtime

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/internal/ascii"
	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// printableID returns a request id from a header, or "" if it does not belong in
// a log: too long, or with other characters than visible ASCII.
func printableID(id string) string {
	if len(id) > 200 || !ascii.Visible(id) {
		return ""
	}
	return id
}

// parseToken reads a response of the token endpoint (RFC 6749, sections 5.1 and
// 5.2).
//
// Error texts may quote what the endpoint said of an error, never what it said
// of a token.
func parseToken(status int, contentType string, text []byte) (AccessToken, error) {
	if status != http.StatusOK {
		return AccessToken{}, refused(text)
	}
	if jsonvalue.Kind(text) != "object" {
		if t, _, err := mime.ParseMediaType(contentType); err == nil {
			contentType = t
		}
		return AccessToken{}, fmt.Errorf("the response is not a JSON object but %q: is this the token endpoint?", contentType)
	}
	var body struct {
		AccessToken json.RawMessage `json:"access_token"`
		TokenType   json.RawMessage `json:"token_type"`
		ExpiresIn   json.RawMessage `json:"expires_in"`
		Scope       json.RawMessage `json:"scope"`
		Refresh     json.RawMessage `json:"refresh_token"`
		Issued      json.RawMessage `json:"issued_token_type"`
	}
	if json.Unmarshal(text, &body) != nil {
		return AccessToken{}, errors.New("the response is not valid JSON") // the parser's error would quote it
	}
	var value, kind string
	if json.Unmarshal(body.AccessToken, &value) != nil || value == "" {
		if err := refusedWithOK(text); err != nil {
			return AccessToken{}, err
		}
		return AccessToken{}, errors.New("the response has no access_token")
	}
	if !validToken(value) {
		return AccessToken{}, errors.New("the access_token has characters that no header can carry (RFC 6750, section 2.1)")
	}
	if given := jsonvalue.Kind(body.TokenType); given != "" && given != "null" && json.Unmarshal(body.TokenType, &kind) != nil {
		return AccessToken{}, errors.New("the response's token_type is not a string")
	}
	granted, err := grantedScopes(body.Scope)
	if err != nil {
		return AccessToken{}, err
	}
	var refresh, issued string
	for _, member := range []struct {
		name string
		text json.RawMessage
		to   *string
	}{{"refresh_token", body.Refresh, &refresh}, {"issued_token_type", body.Issued, &issued}} {
		if kind := jsonvalue.Kind(member.text); kind != "" && kind != "null" && json.Unmarshal(member.text, member.to) != nil {
			return AccessToken{}, fmt.Errorf("the response's %s is not a string", member.name)
		}
	}
	return AccessToken{Value: NewSecret(value), Type: kind, Scopes: granted, Life: lifetime(body.ExpiresIn), Refresh: NewSecret(refresh), Issued: issued}, nil
}

// refused returns what a response says of an error (RFC 6749, section 5.2).
func refused(text []byte) *TokenError {
	p := parseProblem(text)
	err := &TokenError{Code: p.Type, Detail: p.Detail, RequestID: p.RequestID}
	if err.Detail == "" {
		err.Detail = p.Title
	}
	if code := oauthCode(text); code != "" { // what grants act on, whatever else the response says
		err.Code = code
	}
	return err
}

// refusedWithOK returns what a response with the status 200 says of an error, as GitHub
// and Slack answer, or nil if it says none.
func refusedWithOK(text []byte) error {
	if oauthCode(text) == "" {
		return nil
	}
	return refused(text)
}

// oauthCode returns the member "error" of a response, "" if there is none.
func oauthCode(text []byte) string {
	var oauth struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(text, &oauth) // an error that is no text is none of OAuth's
	return oauth.Error
}

// compareScopes returns which scopes were asked for and not granted, and which
// were granted and not asked for. A scope stands for those that it includes, on
// both sides. No granted scopes at all mean that all were granted as asked (RFC
// 6749, section 5.1). Where none was asked for, the server grants what it holds to
// be right (section 3.3).
func compareScopes(all clientimpl.Scopes, asked, granted []string) (missing, excess []string) {
	if len(granted) == 0 || len(asked) == 0 {
		return nil, nil
	}
	held, wanted := all.Including(granted), all.Including(asked)
	for _, scope := range asked {
		if slices.ContainsFunc(strings.Fields(scope), func(word string) bool { return !held[word] }) {
			missing = append(missing, scope)
		}
	}
	for _, scope := range granted {
		if !wanted[scope] && !slices.Contains(excess, scope) {
			excess = append(excess, scope)
		}
	}
	return missing, excess
}

// grantedScopes returns the scopes of the member "scope": a list separated by
// spaces (RFC 6749, section 3.3), which some endpoints write as an array. It
// returns nil if the member is absent, null or empty.
func grantedScopes(text json.RawMessage) ([]string, error) {
	var list string
	switch jsonvalue.Kind(text) {
	case "string":
		if json.Unmarshal(text, &list) == nil {
			return strings.Fields(list), nil
		}
	case "array":
		var elements []string
		if json.Unmarshal(text, &elements) == nil {
			return strings.Fields(strings.Join(elements, " ")), nil
		}
	case "null", "":
		return nil, nil
	}
	return nil, errors.New("the response's scope is not a list of scopes separated by spaces")
}

// separated returns granted scopes one by one. Some endpoints put commas between them
// (GitHub, LinkedIn), where RFC 6749, section 3.3, has spaces. A comma may stand in a
// scope, too: one that the API has stays whole.
func separated(all clientimpl.Scopes, granted []string) []string {
	own := map[string]bool{}
	for scope := range all.All() {
		for _, word := range strings.Fields(scope.Name) {
			own[word] = true
		}
	}
	var scopes []string
	for _, text := range granted {
		if own[text] {
			scopes = append(scopes, text)
			continue
		}
		scopes = slices.AppendSeq(scopes, strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' }))
	}
	return scopes
}

// lifetime returns the time that expires_in gives in seconds, as a number or, as
// some endpoints write it, as text. It returns 0 if the text is neither.
func lifetime(text json.RawMessage) time.Duration {
	number := strings.Trim(string(text), `"`)
	if strings.Trim(number, "0123456789+-.eE") != "" {
		return 0 // the parser would take "Infinity", and no token lives forever
	}
	seconds, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange), seconds <= 0:
		return 0
	case seconds >= longestLife.Seconds():
		return longestLife
	}
	return time.Duration(seconds * float64(time.Second))
}

// validToken reports whether an access token can be sent after "Bearer" or "DPoP": it is
// visible ASCII without spaces, which is somewhat more than the b64token of RFC
// 6750, section 2.1.
func validToken(value string) bool {
	return value != "" && ascii.Visible(value)
}
