package openapi

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

type server struct{ name, url string }

func (s server) is(other server) bool { return s.url == other.url }

// servers returns those of the document.
func (i *importer) servers() []server {
	var out []server
	add := func(v value, name, address string) {
		switch {
		case strings.ContainsAny(address, "{}"):
			i.leftOut(v, fmt.Sprintf("the server %q", address), "it holds a placeholder without a default; add the server that you call to the catalogue's servers")
			return
		case !absolute(address):
			i.leftOut(v, fmt.Sprintf("the server %q", address), "it is not an absolute URL; add the API's own to the catalogue's servers")
			return
		}
		name = serverName(out, name)
		if name == "" {
			name = "live"
			if len(out) > 0 {
				name = fmt.Sprintf("server%d", len(out)+1)
			}
		}
		out = append(out, server{name, strings.TrimRight(address, "/")})
	}
	if i.swagger {
		host, base := i.root.get("host").text(), i.root.get("basePath").text()
		if host == "" {
			return nil
		}
		protocol := "https"
		if schemes := i.root.get("schemes").items(); len(schemes) > 0 && !slices.ContainsFunc(schemes, func(v value) bool { return v.text() == "https" }) {
			protocol = schemes[0].text()
		}
		add(i.root.get("host"), "live", protocol+"://"+host+base)
		return out
	}
	for _, s := range i.root.get("servers").items() {
		add(s, describedName(s), i.address(s))
	}
	if len(out) == 0 {
		out = i.soleServer()
	}
	return out
}

// serverName returns the name that a server gets by the words of the document, or ""
// if it makes no name or that of another server.
func serverName(others []server, words string) string {
	name := packageName(words, "")
	if slices.ContainsFunc(others, func(s server) bool { return s.name == name }) {
		return ""
	}
	return name
}

// describedName returns the name of a server in the document, or what describes it
// in as few words.
func describedName(s value) string {
	name := s.get("name").text()
	if name == "" && len(s.get("description").text()) <= 20 {
		name = s.get("description").text()
	}
	return name
}

// address returns the URL of a server, with the defaults of its variables.
func (i *importer) address(s value) string {
	address := s.get("url").text()
	for _, variable := range s.get("variables").members() {
		if strings.Contains(address, "{"+variable.key+"}") {
			address = strings.ReplaceAll(address, "{"+variable.key+"}", variable.get("default").text())
			i.bent(variable.value, fmt.Sprintf("the server's variable %q has its default %q", variable.key, variable.get("default").text()))
		}
	}
	if strings.HasPrefix(address, "//") { // of the scheme by which the document was read, says OpenAPI
		i.note(Assumed, s, fmt.Sprintf("the server %q does not say whether it is https: it is taken for https", address), "")
		address = "https:" + address
	}
	return address
}

// soleServer returns the server that each operation names, where they all name one:
// it is that of the API.
func (i *importer) soleServer() []server {
	address := ""
	for _, p := range i.root.get("paths").members() {
		item, _ := i.follow(p.value)
		for _, m := range item.members() {
			if !isMethod(m.key) {
				continue
			}
			own := ownServers(m.value, item)
			if len(own) != 1 || len(own[0].get("variables").members()) > 0 || address != "" && own[0].get("url").text() != address {
				return nil
			}
			address = own[0].get("url").text()
		}
	}
	if !absolute(address) {
		return nil
	}
	return []server{{"live", strings.TrimRight(address, "/")}}
}

func isMethod(key string) bool {
	switch strings.ToUpper(key) {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE":
		return true
	}
	return false
}

// ownServers returns those of an operation, or else those of its path.
func ownServers(op, item value) []value {
	if own := op.get("servers").items(); len(own) > 0 {
		return own
	}
	return item.get("servers").items()
}

// server returns the name of the server that serves one operation, "" for those of
// the document.
func (i *importer) server(op, item value, id string) string {
	own := ownServers(op, item)
	if len(own) == 0 {
		return ""
	}
	var found []server
	for _, v := range own {
		s := server{describedName(v), strings.TrimRight(i.relative(v, id), "/")}
		if slices.ContainsFunc(i.served, s.is) {
			return ""
		}
		if absolute(s.url) {
			found = append(found, s)
		}
	}
	if len(found) == 0 {
		i.bent(own[0], fmt.Sprintf("%s has servers of its own, none with an absolute URL: it is called on those of the session", id))
		return ""
	}
	if len(found) > 1 {
		i.bent(own[0], fmt.Sprintf("%s has %d servers of its own: it is called on the first, unless a program gives another", id, len(found)))
	}
	first := found[0]
	if known := slices.IndexFunc(i.others, first.is); known >= 0 {
		return i.others[known].name
	}
	u, _ := url.Parse(first.url)
	label, _, _ := strings.Cut(u.Hostname(), ".")
	name := serverName(i.others, first.name)
	if name == "" {
		name = serverName(i.others, label)
	}
	for n := 2; name == ""; n++ {
		name = serverName(i.others, fmt.Sprintf("server%d", n))
	}
	i.others = append(i.others, server{name, first.url})
	return name
}

// relative returns the URL of a server of an operation. One that is relative is so to where
// the document stands (OpenAPI, "Server Object"), which no catalogue knows: most likely on
// the API's own server.
func (i *importer) relative(v value, id string) string {
	address := i.address(v)
	to, err := url.Parse(address)
	if err != nil || to.Host != "" || !strings.HasPrefix(address, "/") || len(i.served) == 0 {
		return address
	}
	base, err := url.Parse(i.served[0].url)
	if err != nil {
		return address
	}
	resolved := base.ResolveReference(to).String()
	i.note(Assumed, v, fmt.Sprintf("the server %q of %s is taken for %s", address, id, resolved), "if the document stands on another host, change the URL among other_servers")
	return resolved
}

// absolute reports whether an address is an absolute URL to which requests can go.
func absolute(address string) bool {
	u, err := url.Parse(address)
	return err == nil && !strings.ContainsAny(address, "{}") && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}
