package plan

import (
	"slices"

	"github.com/scopegen/scopegen/spec"
)

// planEntry plans the entry package.
func (b *builder) planEntry() {
	c := b.catalogue
	e := &b.plan.Entry
	e.Name, e.ImportPath = c.API.Name, b.root
	e.Title, e.Version, e.Docs = c.API.Title, c.API.Version, c.API.Docs
	if e.Title == "" {
		e.Title = c.API.Name
	}
	if len(c.Keys) > 0 && (c.Go.Shared == KeyPackage || c.API.Name == KeyPackage) {
		b.errorf("package-clash", c.Go.Pos, "the package of the keys is called %q, too", KeyPackage).hint("choose another name for the API, or for go.shared")
	}
	if c.Go.Shared == c.API.Name {
		b.errorf("package-clash", c.Go.Pos, "the package of shared types and the entry package would both be called %q", c.Go.Shared).hint("choose another name for go.shared")
	}
	e.Token = TokenEndpoint{Path: c.Token.Path, Basic: c.Token.Credentials == "basic", MaxScope: c.Token.MaxScope, Signed: c.Token.Signed,
		Grants: c.Token.Grants, Authentication: c.Token.Authentication, Issuer: c.Token.Issuer, Authorize: c.Token.Authorize, Device: c.Token.Device,
		Revoke: c.Token.Revoke, Hosts: c.Token.Hosts, DPoP: c.Token.DPoP}
	// What an API may add later must not change how a session is opened, so what
	// tells is the table.
	e.WithoutToken = c.Token.Path == "" && c.Token.Issuer == "" && len(c.Scopes()) == 0 && !slices.ContainsFunc(c.Operations, func(op *spec.Operation) bool {
		return slices.ContainsFunc(op.Requires.Alternatives, func(a spec.Alternative) bool { return a.Token })
	})
	e.Signing, e.RequestID, e.Idempotency = c.Signing, c.RequestID, c.Idempotency
	for _, h := range c.Headers {
		e.Headers = append(e.Headers, Header{h.Key, h.Value})
	}
	for _, s := range c.OtherServers {
		e.Others = append(e.Others, Server{Name: s.Key, URL: s.Value})
	}
	seen := map[string]spec.Entry[string]{"Open": {Key: "the function Open"}, "API": {Key: "the function API"}}
	for _, s := range c.Servers {
		name := b.names.exported(s.Key)
		if first, ok := seen[name]; ok || name == "" {
			b.errorf("go-name-clash", s.Pos, "the server %q becomes the Go name %q, which is taken by %s or empty", s.Key, name, first.Key).hint("rename the server")
			continue
		}
		seen[name] = s
		e.Servers = append(e.Servers, Server{GoName: name, Name: s.Key, URL: s.Value})
	}
}
