package runtime

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// WithLink makes a call go to a link that the API gave: to a later page of a list, or, as
// a delta link of OData, to what has changed since the list was read. A program may store
// the link, and go on there another day. An iterator that follows links begins there. One
// that counts or has cursors begins at its parameter: with this option it would read the
// same page again, and ends with an error.
//
//	page, err := client.ListUsersPage(ctx, params, runtime.WithLink(stored))
//
// The link takes the place of the operation's path and query; a relative one begins at
// them. It must be a URL of the session's server, below its path, because the access token
// goes there; with another one the call is [ErrFailClosed]. No type tells which operation
// it leads to, only that the token's scopes permit it, and so an audit reports the option.
// The method must be GET.
func WithLink(link string) CallOption {
	return callOption(func(o *callOptions) {
		if link == "" {
			o.errs = append(o.errs, errors.New("WithLink: the link is empty; leave the option out for the first page"))
		}
		o.link = &link
	})
}

// linkToFollow returns the link that a call goes to, or "" if it goes to its operation's
// path. An iterator has links of its own from the second page on.
func (k *call) linkToFollow() string {
	switch {
	case k.request.link != nil && k.request.link.URL != "":
		return k.request.link.URL
	case k.options.link != nil && *k.options.link != "":
		if link, err := k.url.Parse(*k.options.link); err == nil {
			return link.String()
		}
		return *k.options.link // of which follow says what is wrong
	}
	return ""
}

// checkLink refuses a link of the caller for a call that is not read.
func (k *call) checkLink() error {
	if k.options.link != nil && k.op.Method != http.MethodGet {
		return fmt.Errorf("WithLink: the call is a %s, and a link is for GET: leave the option out", k.op.Method)
	}
	return nil
}

// follow returns the URL of a page that the API links to, if it is one of the API's own
// server. The link goes over TLS if the server's URL does: an API behind a proxy often
// does not know that it is called so.
func (k *call) follow(link string, base *url.URL) (*url.URL, error) {
	u, err := url.Parse(link)
	if err != nil || u.Opaque != "" || u.User != nil {
		return nil, errors.New("the link is no URL of a page") // it may hold credentials
	}
	if u.Scheme == "http" && base.Scheme == "https" && u.Port() == "" && base.Port() == "" {
		u.Scheme = "https"
	}
	below := strings.TrimSuffix(base.EscapedPath(), "/") + "/"
	switch {
	case u.Scheme != base.Scheme || !strings.EqualFold(u.Hostname(), base.Hostname()) || port(u) != port(base):
		return nil, fmt.Errorf("the link leads to %s://%s, and the access token is for %s://%s alone: if the API calls itself so, open the session with that server", u.Scheme, u.Host, base.Scheme, base.Host)
	case !strings.HasPrefix(u.EscapedPath(), below) || hasDotSegment(u.Path):
		return nil, fmt.Errorf("the path of the link, %.200q, is not below that of the API, %s", u.EscapedPath(), below)
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
