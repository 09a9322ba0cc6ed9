package runtime

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// follow returns the URL of a page that the API links to, if it is one of the API's own
// server. The link goes over TLS if the server's URL does: an API behind a proxy often
// does not know that it is called so.
func (k *call) follow(link string, base *url.URL) (*url.URL, error) {
	u, err := url.Parse(link)
	if err != nil || u.Opaque != "" || u.User != nil {
		return nil, errors.New("what the page has for the link to the next one is no URL of a page") // it may hold credentials
	}
	if u.Scheme == "http" && base.Scheme == "https" && u.Port() == "" && base.Port() == "" {
		u.Scheme = "https"
	}
	below := strings.TrimSuffix(base.EscapedPath(), "/") + "/"
	switch {
	case u.Scheme != base.Scheme || !strings.EqualFold(u.Hostname(), base.Hostname()) || port(u) != port(base):
		return nil, fmt.Errorf("the next page is on %s://%s, and the access token is for %s://%s alone: if the API calls itself so, open the session with that server", u.Scheme, u.Host, base.Scheme, base.Host)
	case !strings.HasPrefix(u.EscapedPath(), below) || hasDotSegment(u.Path):
		return nil, fmt.Errorf("the path of the next page, %.200q, is not below that of the API, %s", u.EscapedPath(), below)
	}
	u.Host, u.Fragment, u.RawFragment = base.Host, "", ""
	u.RawQuery = string(appendEscaped(nil, u.RawQuery, sentAsItIs))
	for _, key := range k.authorization.keys {
		u.RawQuery = withoutParameter(u.RawQuery, key.query) // some APIs repeat what they were sent
	}
	return u, nil
}

// sentAsItIs are the characters that a request line can hold in a query, beside the
// unreserved ones. Some of them should be escaped, and servers leave that out.
const sentAsItIs = "!#$%&'()*+,/:;=?@[\\]^`{|}"

// port returns the port of a URL, which its scheme implies if it has none.
func port(u *url.URL) string {
	switch p := u.Port(); {
	case p != "":
		return p
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// withoutParameter returns a query without the parameter called name, if that is not "".
func withoutParameter(query, name string) string {
	if name == "" || query == "" {
		return query
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if key, err := url.QueryUnescape(key); err != nil || key != name {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}
