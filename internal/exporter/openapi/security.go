package openapi

import (
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

func (e *exporter) nameSchemes() {
	e.keyNames = map[string]string{}
	var components names
	for _, key := range e.c.Keys {
		e.keyNames[key.Key] = components.give(key.Key)
	}
	e.token = components.free("token")
}

// security returns a requirement: the ways to meet it, of which any one is enough.
func (e *exporter) security(r spec.Requirement) []any {
	if len(r.Alternatives) == 1 && !r.Alternatives[0].Token && r.Alternatives[0].Keys == nil {
		return []any{}
	}
	var ways []any
	for _, a := range r.Alternatives {
		way := object{}
		if a.Token {
			scopes := []any{}
			for _, scope := range a.Scopes {
				scopes = append(scopes, e.wire(scope.Value))
			}
			way.set(e.token, scopes)
		}
		for _, key := range a.Keys {
			way.set(e.keyNames[key.Value], []any{})
		}
		ways = append(ways, way)
	}
	return ways
}

// wire returns what is sent for a scope.
func (e *exporter) wire(name string) string {
	if scope := e.scopes[name]; scope != nil {
		return scope.Wire(e.c.Spelling)
	}
	return name
}

// securitySchemes returns the ways to call the API, and the groups of scopes without
// what the schemes say of these.
func (e *exporter) securitySchemes() (schemes object, groups []any) {
	groups = []any{}
	scopes := object{}
	for _, s := range e.c.Scopes() {
		scopes.set(s.Wire(e.c.Spelling), s.Permits)
	}
	needed := len(scopes) > 0 || slices.ContainsFunc(e.c.Operations, func(op *spec.Operation) bool {
		return slices.ContainsFunc(op.Requires.Alternatives, func(a spec.Alternative) bool { return a.Token })
	})
	var but []string
	if needed {
		scheme := e.tokenScheme(scopes)
		if scheme.get("flows") != nil {
			but = append(but, "permits")
		}
		schemes.set(e.token, scheme)
	}
	for _, g := range e.c.Groups {
		var rows []any
		for _, s := range g.Scopes {
			rows = append(rows, e.fields(*s, but...))
		}
		group := e.fields(g, "scopes")
		group.set("scopes", rows)
		groups = append(groups, group)
	}
	for _, key := range e.c.Keys {
		k := key.Value
		o := object{{"type", "apiKey"}}
		if k.In == "basic" {
			o = object{{"type", "http"}, {"scheme", "basic"}}
		}
		o.setText("description", k.Description)
		if k.In != "basic" {
			o.set("in", k.In)
			o.set("name", k.Name)
		}
		own := e.fields(k, "in", "name", "description")
		if e.keyNames[key.Key] != key.Key {
			own = append(object{{"name", key.Key}}, own...)
		}
		o.setObject(Extension, own)
		schemes.set(e.keyNames[key.Key], o)
	}
	return schemes, groups
}

// tokenScheme returns how access tokens are had: by the grants that OpenAPI has flows
// for, else from the issuer, else in ways that it cannot tell.
func (e *exporter) tokenScheme(scopes object) object {
	t := e.c.Token
	grants := t.Grants
	if len(grants) == 0 {
		grants = []string{"client_credentials"}
	}
	flows := object{}
	for _, flow := range []struct {
		grant, name string
		endpoints   object
		newer       bool
	}{
		{"client_credentials", "clientCredentials", object{{"tokenUrl", t.Path}}, false},
		{"authorization_code", "authorizationCode", object{{"authorizationUrl", t.Authorize}, {"tokenUrl", t.Path}}, false},
		{"urn:ietf:params:oauth:grant-type:device_code", "deviceAuthorization", object{{"deviceAuthorizationUrl", t.Device}, {"tokenUrl", t.Path}}, true},
	} {
		if !slices.Contains(grants, flow.grant) || flow.newer && !e.newer || slices.ContainsFunc(flow.endpoints, func(m member) bool { return m.value == "" }) {
			continue
		}
		for k := range flow.endpoints {
			flow.endpoints[k].value = e.onServer(flow.endpoints[k].value.(string))
		}
		flows.set(flow.name, append(flow.endpoints, member{"scopes", scopes}))
	}
	switch {
	case len(flows) > 0:
		return object{{"type", "oauth2"}, {"flows", flows}}
	case t.Issuer != "":
		return object{{"type", "openIdConnect"}, {"openIdConnectUrl", t.Issuer + "/.well-known/openid-configuration"}}
	}
	return object{{"type", "http"}, {"scheme", "bearer"}}
}

// onServer returns an endpoint, which is a path on the API's server or a URL, as a URL
// if the server is known.
func (e *exporter) onServer(endpoint string) string {
	if !strings.HasPrefix(endpoint, "/") || len(e.c.Servers) == 0 {
		return endpoint
	}
	return strings.TrimSuffix(e.c.Servers[0].Value, "/") + endpoint
}
