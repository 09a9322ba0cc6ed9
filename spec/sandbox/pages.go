package sandbox

import (
	"bytes"
	"crypto/rand"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scopegen/scopegen/templates"
)

var pages = template.Must(template.ParseFS(templates.Sandbox, "sandbox/*.tmpl"))

// shownPage is what the templates get.
type shownPage struct {
	Title, Nonce, Problem string
	API, Client, Ask      string
	Scopes                []shownScope
}

type shownScope struct{ Name, Permits string }

// showPage answers with a page. It holds no script, and loads nothing.
func (s *Server) showPage(status int, name string, p shownPage) (*response, *problem) {
	p.Nonce, p.API = rand.Text(), s.catalogue.API.Title
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, p); err != nil {
		return nil, refuse(http.StatusInternalServerError, err.Error())
	}
	return &response{status: status, body: body.Bytes(), header: http.Header{
		"Content-Type":  {"text/html; charset=utf-8"},
		"Cache-Control": {"no-store"},
		// A browser holds the redirect that follows a form to form-action, too, and a
		// policy cannot name [::1].
		"Content-Security-Policy": {"default-src 'none'; style-src 'nonce-" + p.Nonce + "'; form-action 'self' http:; frame-ancestors 'none'; base-uri 'none'"},
		"Referrer-Policy":         {"no-referrer"},
	}}, nil
}

// decision is what a person is asked.
type decision struct {
	scopes  []string
	expires time.Time
	// then answers when the person has decided: with the scopes that they grant, and
	// whether they grant anything.
	then func(scopes []string, granted bool) (*response, *problem)
}

// ask finds out which scopes a person grants a client: from the configuration, or with
// a page that the person answers.
func (s *Server) ask(client string, scopes []string, then func([]string, bool) (*response, *problem)) (*response, *problem) {
	if !s.config.Ask || s.config.Approve != nil {
		granted, ok := s.approve(client, scopes)
		return then(granted, ok)
	}
	id := rand.Text()
	s.mu.Lock()
	s.people.decisions.add(id, &decision{scopes, s.config.Now().Add(deviceLife), then}, maxPending)
	s.mu.Unlock()
	p := shownPage{Title: "Allow access?", Client: client, Ask: id}
	for _, name := range scopes {
		shown := shownScope{Name: name}
		if scope := s.scopes[s.names[name]]; scope != nil {
			shown.Permits = scope.Permits
		}
		p.Scopes = append(p.Scopes, shown)
	}
	return s.showPage(http.StatusOK, "ask", p)
}

// decided answers the form of a page that [Server.ask] has shown. Each is good once.
func (s *Server) decided(x *exchange) (*response, *problem) {
	if p := s.readBody(x); p != nil {
		return nil, p
	}
	form, err := url.ParseQuery(string(x.body))
	if err != nil || mediaType(x.r.Header.Get("Content-Type")) != formType {
		return nil, refuse(http.StatusBadRequest, "the body is no form").with("error", "invalid_request")
	}
	s.mu.Lock()
	d := s.people.decisions.values[form.Get("ask")]
	delete(s.people.decisions.values, form.Get("ask"))
	s.mu.Unlock()
	if d == nil || !s.config.Now().Before(d.expires) {
		return nil, refuse(http.StatusBadRequest, "this page was answered before, or too late: begin again").with("error", "invalid_request")
	}
	if form.Get("decision") != "allow" {
		return d.then(nil, false)
	}
	var granted []string
	for _, scope := range d.scopes { // those that were asked for alone
		if slices.Contains(form["scope"], scope) {
			granted = append(granted, scope)
		}
	}
	return d.then(granted, len(granted) > 0 || len(d.scopes) == 0)
}

// devicePage is where a person types the code that a device shows (RFC 8628, section
// 3.3).
func (s *Server) devicePage(x *exchange) (*response, *problem) {
	if x.r.Method == http.MethodPost {
		return s.decided(x)
	}
	code := strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(x.r.URL.Query().Get("user_code")))
	const title = "Connect a device"
	if code == "" {
		return s.showPage(http.StatusOK, "code", shownPage{Title: title})
	}
	s.mu.Lock()
	var found *pending
	for _, one := range s.people.pending.values {
		if one.userCode == code && s.config.Now().Before(one.expires) && !one.approved && !one.denied {
			found = one
		}
	}
	s.mu.Unlock()
	if found == nil {
		return s.showPage(http.StatusNotFound, "code", shownPage{Title: title, Problem: "No device waits with this code. See whether you typed it right, or whether it has expired."})
	}
	return s.ask(found.client, found.scopes, func(scopes []string, granted bool) (*response, *problem) {
		s.mu.Lock()
		found.scopes, found.approved, found.denied = scopes, granted, !granted
		s.mu.Unlock()
		if !granted {
			return s.showPage(http.StatusOK, "done", shownPage{Title: "You refused"})
		}
		return s.showPage(http.StatusOK, "done", shownPage{Title: "It worked"})
	})
}
