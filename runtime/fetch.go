package runtime

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// answerLimit bounds what is read of a token endpoint's answer. Real ones have
// a few hundred bytes; some hold a JWT.
const answerLimit = 1 << 20

// answer is a token as granted.
type answer struct {
	value string
	life  time.Duration // 0 if the endpoint does not say
}

// fetch gets an access token for scopes, from the store if there is one that
// holds another than those unwanted.
func (s *Session) fetch(ctx context.Context, scopes []string, parameter string, unwanted []string) (answer, error) {
	var a answer
	var err error
	switch limit := s.api.Token.MaxScope; {
	case limit > 0 && len(parameter) > limit:
		err = fmt.Errorf("%d scopes make a scope parameter of %d bytes, and the endpoint takes %d: use several clients or tokens with fewer scopes each",
			len(scopes), len(parameter), limit)
	case s.share != nil:
		a, err = s.share(ctx, s, scopes, parameter, unwanted)
	default:
		a, err = s.request(ctx, scopes, parameter)
	}
	if err != nil {
		return answer{}, s.noToken(scopes, err)
	}
	return a, nil
}

// noToken is the error for scopes: err itself if it comes from the endpoint's
// answer, else around it.
func (s *Session) noToken(scopes []string, err error) error {
	failed, ok := err.(*TokenError)
	if !ok {
		failed = &TokenError{Err: err}
	}
	failed.Server, failed.Scopes = s.base.Host, slices.Clone(scopes)
	return failed
}

// request asks the token endpoint (RFC 6749, section 4.4.2).
func (s *Session) request(ctx context.Context, scopes []string, parameter string) (answer, error) {
	req, err := s.tokenRequest(ctx, parameter)
	if err != nil {
		return answer{}, fmt.Errorf("the request cannot be signed: %w", err)
	}
	resp, err := s.send(req)
	if err != nil {
		return answer{}, endedOr(ctx, err)
	}
	defer resp.Body.Close() // read only: nothing can be lost
	text, err := readLimited(resp.Body, -1, answerLimit)
	switch {
	case errors.Is(err, ErrTooLarge):
		return answer{}, &TokenError{Status: resp.StatusCode, Err: fmt.Errorf("%w: is this the token endpoint?", err)}
	case err != nil:
		return answer{}, fmt.Errorf("the answer ends early: %w", endedOr(ctx, err))
	}
	a, err := parseToken(resp.StatusCode, resp.Header.Get("Content-Type"), text, scopes)
	if err == nil {
		return a, nil
	}
	refused, ok := err.(*TokenError)
	if !ok {
		refused = &TokenError{Err: err}
	}
	refused.Status = resp.StatusCode
	if refused.RequestID == "" {
		refused.RequestID = printableID(resp.Header.Get(s.fields.requestID))
	}
	// Some endpoints repeat what they were sent.
	echoes := s.echoes()
	for _, said := range [...]*string{&refused.Code, &refused.Detail, &refused.RequestID} {
		*said = echoes.Replace(*said)
	}
	return answer{}, refused
}

// tokenRequest makes the request for a token, signed where the API wants that.
func (s *Session) tokenRequest(ctx context.Context, parameter string) (*http.Request, error) {
	form := "grant_type=client_credentials&scope=" + url.QueryEscape(parameter)
	authorization := ""
	if s.api.Token.Basic {
		authorization = "Basic " + s.basic()
	} else {
		form += "&client_id=" + url.QueryEscape(s.clientID) + "&client_secret=" + url.QueryEscape(s.secret.Reveal())
	}
	content := &body{contentType: "application/x-www-form-urlencoded", content: []byte(form)}
	req := newHTTPRequest(ctx, http.MethodPost, s.endpoint, s.fields.header(
		field{"Content-Type", content.contentType}, field{"Accept", "application/json"}, field{"Authorization", authorization}))
	if err := content.attach(req); err != nil {
		return nil, err
	}
	// Lets net/http send again what a dead connection never took.
	req.GetBody = content.open
	if s.api.Token.Signed {
		return req, s.sign(req, content.content)
	}
	return req, nil
}

// basic is how the client's id and secret stand in an Authorization header: form-
// encoded first (RFC 6749, section 2.3.1).
func (s *Session) basic() string {
	pair := url.QueryEscape(s.clientID) + ":" + url.QueryEscape(s.secret.Reveal())
	return base64.StdEncoding.EncodeToString([]byte(pair))
}

// echoes replaces the client secret in each form that is sent.
func (s *Session) echoes() *strings.Replacer {
	secret := s.secret.Reveal()
	return strings.NewReplacer(s.basic(), hidden, secret, hidden, url.QueryEscape(secret), hidden, url.PathEscape(secret), hidden)
}

// printableID keeps a request id from a header out of trouble in logs.
func printableID(id string) string {
	if len(id) > 200 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return id
}

// parseToken reads an answer of the token endpoint (RFC 6749, sections 5.1 and
// 5.2). Error texts may quote what the endpoint said of an error, never what
// it said of a token.
func parseToken(status int, contentType string, text []byte, asked []string) (answer, error) {
	if status != http.StatusOK {
		p := parseProblem(text)
		err := &TokenError{Code: p.Type, Detail: p.Detail, RequestID: p.RequestID}
		if err.Detail == "" {
			err.Detail = p.Title
		}
		return answer{}, err
	}
	if jsonKind(text) != "object" {
		if t, _, err := mime.ParseMediaType(contentType); err == nil {
			contentType = t
		}
		return answer{}, fmt.Errorf("the answer is not a JSON object but %q: is this the token endpoint?", contentType)
	}
	var body struct {
		AccessToken json.RawMessage `json:"access_token"`
		TokenType   json.RawMessage `json:"token_type"`
		ExpiresIn   json.RawMessage `json:"expires_in"`
		Scope       json.RawMessage `json:"scope"`
	}
	if json.Unmarshal(text, &body) != nil {
		return answer{}, errors.New("the answer is not valid JSON") // the parser's error would quote it
	}
	var value, kind string
	if json.Unmarshal(body.AccessToken, &value) != nil || value == "" {
		return answer{}, errors.New("the answer has no access_token")
	}
	if !validToken(value) {
		return answer{}, errors.New("the access_token has characters that no header can carry (RFC 6750, section 2.1)")
	}
	if json.Unmarshal(body.TokenType, &kind) != nil || kind == "" {
		return answer{}, errors.New("the answer has no token_type")
	}
	if !strings.EqualFold(kind, "bearer") {
		return answer{}, fmt.Errorf("the token_type is %.40q: only bearer tokens can be used", kind)
	}
	granted, err := grantedScopes(body.Scope)
	if err != nil {
		return answer{}, err
	}
	var missing []string
	for _, scope := range asked {
		// A scope with a space in its name cannot be told from two.
		absent := func(part string) bool { return !slices.Contains(granted, part) }
		if len(granted) > 0 && slices.ContainsFunc(strings.Fields(scope), absent) {
			missing = append(missing, scope)
		}
	}
	if missing != nil {
		return answer{}, &TokenError{Missing: missing}
	}
	return answer{value, lifetime(body.ExpiresIn)}, nil
}

// grantedScopes reads the scope member: a list separated by spaces (RFC 6749,
// section 3.3), which some endpoints write as an array. Absent, null and empty
// give none, which means as asked (section 5.1).
func grantedScopes(text json.RawMessage) ([]string, error) {
	var list string
	switch jsonKind(text) {
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
	return nil, errors.New("the answer's scope is not a list of scopes separated by spaces")
}

// lifetime reads expires_in: seconds as a number, which some endpoints write
// as text. What says nothing is 0.
func lifetime(text json.RawMessage) time.Duration {
	number := strings.Trim(string(text), `"`)
	if strings.Trim(number, "0123456789+-.eE") != "" {
		return 0 // the parser would take "Infinity", and no token lives for ever
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

// validToken tells whether a token can stand behind "Bearer" (RFC 6750,
// section 2.1, b64token) as far as it matters: visible ASCII without spaces.
func validToken(value string) bool {
	return value != "" && !strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' })
}
