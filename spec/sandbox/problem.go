package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
)

// problem is a response that says why a request was refused, as problem details
// (RFC 9457).
type problem struct {
	status int
	title  string // also makes the type: "Missing client ID" is …/errors/missing_client_id
	detail string
	header http.Header
	extra  map[string]any
}

func (p *problem) Error() string { return p.detail }

func refuse(status int, detail string) *problem {
	title := http.StatusText(status)
	switch status {
	case http.StatusBadRequest:
		title = "Invalid request"
	case http.StatusUnauthorized:
		title = "Unauthorised"
	}
	return &problem{status: status, title: title, detail: detail}
}

func (p *problem) titled(title string) *problem { p.title = title; return p }

func (p *problem) with(name string, value any) *problem {
	if p.extra == nil {
		p.extra = map[string]any{}
	}
	p.extra[name] = value
	return p
}

func (p *problem) field(name, value string) *problem {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set(name, value)
	return p
}

// response returns the problem as a response. docs is the URL of the API's
// documentation, below which the problem's type points.
func (p *problem) response(docs, requestID string) *response {
	body := map[string]any{"type": "about:blank", "status": p.status, "title": p.title, "request_id": requestID}
	if docs != "" {
		slug := strings.ReplaceAll(strings.ToLower(p.title), " ", "_")
		body["type"] = strings.TrimSuffix(docs, "/") + "/errors/" + slug
	}
	if p.detail != "" {
		body["detail"] = p.detail
	}
	for name, value := range p.extra {
		body[name] = value
	}
	text, err := json.Marshal(body)
	if err != nil {
		text = []byte(`{"type":"about:blank","status":500}`) // the values are texts, numbers and lists of them
	}
	a := &response{status: p.status, header: http.Header{}, body: text}
	for name, values := range p.header {
		a.header[name] = values
	}
	a.header.Set("Content-Type", "application/problem+json")
	return a
}

// oauth returns the problem as a response of the token endpoint (RFC 6749, section 5.2).
func (p *problem) oauth(r *http.Request) *response {
	status := p.status
	code, _ := p.extra["error"].(string)
	switch {
	case code == "" && status >= 500:
		code = "server_error"
	case code == "" && status == http.StatusUnauthorized:
		code = "invalid_client"
	case code == "":
		code = "invalid_request"
	case code != "invalid_client" && status == http.StatusUnauthorized:
		status = http.StatusBadRequest
	}
	detail := p.detail
	if reason, ok := p.extra["reason"].(string); ok {
		detail += ": " + reason
	}
	a := &response{status: status, header: http.Header{}}
	for name, values := range p.header {
		a.header[name] = values
	}
	if status == http.StatusUnauthorized && r.Header.Get("Authorization") != "" && a.header.Get("WWW-Authenticate") == "" {
		a.header.Set("WWW-Authenticate", basicChallenge)
	}
	a.header.Set("Content-Type", "application/json")
	a.header.Set("Cache-Control", "no-store")
	a.body, _ = json.Marshal(map[string]string{"error": code, "error_description": strings.Map(describing, detail)}) // texts always encode
	return a
}

// describing is for strings.Map, and leaves the characters of an error_description.
func describing(r rune) rune {
	switch {
	case r == '"':
		return '\''
	case r == '\\' || r < ' ' || r > '~':
		return '?'
	}
	return r
}

const basicChallenge = `Basic realm="token"`

// response is what the server sends back.
type response struct {
	status int
	header http.Header
	body   []byte
}
