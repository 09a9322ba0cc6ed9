package spec

import (
	"cmp"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
)

// The methods check report what is wrong with one part of the table by itself. f reads
// the YAML of that part.

func (a *API) check(f fields) {
	if f.has("name") {
		f.wrong("go-name", "name", wrongPackage(a.Name))
	}
	if f.has("title") && strings.TrimSpace(a.Title) == "" {
		f.errorf("missing-value", f.value("title"), "the API's title is empty")
	}
	if a.Docs != "" {
		f.wrong("url", "docs", wrongURL(a.Docs))
	}
}

func (t *TokenEndpoint) check(f fields) {
	for _, endpoint := range []struct{ key, path, name, grant string }{
		{"path", t.Path, "token endpoint", ""},
		{"authorize", t.Authorize, "authorization endpoint", "authorization_code"},
		{"device", t.Device, "device authorization endpoint", "urn:ietf:params:oauth:grant-type:device_code"},
		{"revoke", t.Revoke, "revocation endpoint", ""},
	} {
		switch key, path := endpoint.key, endpoint.path; {
		case path == "" && f.has(key):
			f.errorf("missing-value", f.value(key), "the %s's path is empty", endpoint.name)
		case strings.HasPrefix(path, "/"):
			names, wrong := placeholders(path)
			if !f.wrong("path", key, wrong) && len(names) > 0 {
				f.errorf("path", f.value(key), "the %s's path %q holds a placeholder", endpoint.name, path)
			}
		case path != "":
			f.wrong("url", key, wrongURL(path))
		case endpoint.grant != "" && t.Issuer == "" && slices.Contains(t.Grants, endpoint.grant):
			f.errorf("missing-key", f.value("grants"), "the grant %s needs the %s: add the key %q, or \"issuer\" if the issuer's metadata names it", endpoint.grant, endpoint.name, key)
		}
	}
	if f.has("grants") && len(t.Grants) == 0 {
		f.errorf("missing-value", f.value("grants"), "grants is an empty list, so nobody could get an access token")
	}
	if t.Issuer != "" {
		f.wrong("url", "issuer", wrongServer(t.Issuer))
	}
	for i, host := range t.Hosts {
		switch u, err := url.Parse("https://" + host); {
		case err == nil && u.User != nil:
			f.errorf("url", f.item("endpoint_hosts", i), "the host holds credentials") // not repeated: they may be real
		case err != nil || u.Host != host || u.Hostname() == "":
			f.errorf("url", f.item("endpoint_hosts", i), "%q is not a host, such as login.example or login.example:8443", host)
		}
	}
	if len(t.Hosts) > 0 && t.Issuer == "" {
		f.errorf("missing-key", f.key("endpoint_hosts"), "the hosts are for endpoints that the metadata of an issuer names: add the key \"issuer\"")
	}
}

// pagingKeys are the keys of a paging style by its kind, beside those that each may have,
// the ones that it needs first.
var pagingKeys = map[string]struct{ needed, more []string }{
	"offset": {[]string{"offset"}, []string{"first", "total"}},
	"page":   {[]string{"page"}, []string{"first", "total", "pages"}},
	"cursor": {[]string{"cursor"}, []string{"next", "last", "more"}},
	"link":   {nil, []string{"next"}},
}

func (s *PagingStyle) check(f fields) {
	keys, ok := pagingKeys[s.Kind]
	if !ok {
		return // it is not one of them, which has been reported
	}
	for _, key := range keys.needed {
		if !f.has(key) {
			f.errorf("paging", f.p.pos(f.n), "a paging style of kind %s needs %q", s.Kind, key)
		}
	}
	for _, key := range []string{"offset", "page", "first", "total", "pages", "cursor", "next", "last", "more"} {
		if f.has(key) && !slices.Contains(keys.needed, key) && !slices.Contains(keys.more, key) {
			f.errorf("paging", f.key(key), "a paging style of kind %s has no %q", s.Kind, key)
		}
	}
	switch {
	case s.Kind == "cursor" && !f.has("next") && !f.has("last"):
		f.errorf("paging", f.p.pos(f.n), "a paging style of kind cursor needs %q, the member with the next cursor, or %q, the member of the last item that is one", "next", "last")
	case s.Next != "" && s.Last != "":
		f.errorf("paging", f.key("last"), "the next cursor is in a member of the page (next) or of its last item (last), not in both")
	case s.More != "" && s.Last == "":
		f.errorf("paging", f.key("more"), "the absence of the next cursor ends the list: leave out %q, which belongs to %q", "more", "last")
	case s.Total != "" && s.Pages != "":
		f.errorf("paging", f.key("total"), "the number of pages says where the list ends: leave out %q", "total")
	}
	if s.First != nil && *s.First != 0 && *s.First != 1 {
		f.errorf("paging", f.value("first"), "the first one has the number 0 or 1")
	}
	for _, member := range []struct{ key, path string }{
		{"total", s.Total}, {"pages", s.Pages}, {"next", s.Next}, {"last", s.Last}, {"more", s.More}, {"items", s.Items},
	} {
		if member.path != "" && !IsMemberPath(member.path) {
			f.errorf("paging-member", f.value(member.key), "%q is not the path of a member, such as meta.total_count", member.path)
		}
	}
}

func (g *Go) check(f fields) {
	if strings.ContainsAny(g.Output, "\\\x00") || filepath.IsAbs(g.Output) || filepath.VolumeName(g.Output) != "" {
		f.report(diag.Diagnostic{Code: "path", Pos: f.value("output"), Message: fmt.Sprintf("%q is not a path relative to the table, with \"/\" between folders", g.Output)})
	}
	if g.Shared != "" {
		f.wrong("go-name", "shared", wrongPackage(g.Shared))
	}
	for _, entry := range g.Formats {
		if wrong := wrongGoType(entry.Value); wrong != "" {
			f.errorf("go-type", entry.Pos, "%s", wrong)
		}
	}
	seen := map[string]bool{}
	for i, word := range g.Initialisms {
		if !initialism.MatchString(word) {
			f.errorf("go-name", f.item("initialisms", i), "%q is not a word in capitals", word)
		}
		if seen[word] {
			f.errorf("duplicate-value", f.item("initialisms", i), "%q is listed twice", word)
		}
		seen[word] = true
	}
}

// initialism matches a word in capitals.
var initialism = regexp.MustCompile(`^[A-Z][A-Z0-9]*$`)

func (g *Group) check(f fields) {
	if f.has("title") && strings.TrimSpace(g.Title) == "" {
		f.errorf("missing-value", f.value("title"), "the group's title is empty")
	}
}

func (s *Scope) check(f fields) {
	if f.has("scope") {
		f.scope(Text{f.value("scope"), s.Name})
	}
	f.goNames(s.GoName, s.Domain)
	if s.Client != "" {
		f.wrong("go-name", "client", wrongGoName(s.Client))
	}
	for _, earlier := range s.RenamedFrom {
		f.scope(earlier)
	}
	f.distinct(s.RenamedFrom)
	f.distinct(s.Implies)
	for _, spelling := range s.Spellings {
		f.scope(Text{spelling.Pos, spelling.Value})
	}
}

// scope reports a text that is not a scope.
func (f fields) scope(s Text) {
	if wrong := wrongScope(s.Value); wrong != "" {
		f.report(diag.Diagnostic{Code: "scope-string", Pos: s.Pos, Message: wrong, Hint: hintForScope(s.Value)})
	}
}

// goNames reports values of go_name and domain that cannot be Go names.
func (f fields) goNames(name, domain string) {
	if name != "" {
		f.wrong("go-name", "go_name", wrongGoName(name))
	}
	if domain != "" {
		f.wrong("go-name", "domain", wrongPackage(domain))
	}
}

// distinct reports the texts that a list holds twice.
func (f fields) distinct(list []Text) {
	if len(list) > 1 {
		distinct(f.p.loader, list, "")
	}
}

// distinct reports the texts that list holds twice, and returns false if there are any.
// what begins the message.
func distinct(l *loader, list []Text, what string) bool {
	ok := true
	first := make(map[string]Position, len(list))
	for _, text := range list {
		earlier, again := first[text.Value]
		if !again {
			first[text.Value] = text.Pos
			continue
		}
		l.report(diag.Diagnostic{Code: "duplicate-value", Pos: text.Pos, Message: fmt.Sprintf("%s%q is listed twice", what, text.Value), Related: []diag.Related{{Pos: earlier, Message: "the first is here"}}})
		ok = false
	}
	return ok
}

func (c *Client) check(f fields) {
	if c.Name != "" {
		f.wrong("go-name", "name", wrongGoName(c.Name))
	}
	f.goNames("", c.Domain)
	if f.has("all_of") && (len(c.AllOf) == 0 || len(c.AllOf) == 1 && (len(c.RenamedFrom) == 0 || c.Name+c.Domain != "")) {
		f.report(diag.Diagnostic{Code: "client", Pos: f.value("all_of"), Message: "a client in this list needs several scopes, unless the entry has renamed_from alone", Hint: "name the client of one scope with the keys client and domain of the scope"})
	}
	f.distinct(c.AllOf)
	for _, earlier := range c.RenamedFrom {
		pkg, name, ok := strings.Cut(earlier.Value, ".")
		wrong := fmt.Sprintf("%q is not the Go name of a client with its package, such as orders.History", earlier.Value)
		if ok {
			wrong = cmp.Or(wrongPackage(pkg), wrongGoName(name))
		}
		if wrong != "" {
			f.errorf("go-name", earlier.Pos, "%s", wrong)
		}
	}
	f.distinct(c.RenamedFrom)
}
