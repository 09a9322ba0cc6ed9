package runtime

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

// Redirect is the result of an operation that tells where something else is: a
// download, or what was made. Nothing follows it. A request to Location should carry
// no access token, unless the API says so: it may be the server of somebody else.
type Redirect struct {
	Status   int
	Location *url.URL // RFC 9110, section 10.2.2
}

// DoRedirect is [Do] for an operation whose result is a redirect. A response without
// a Location that can be read is a [*DecodeError].
func DoRedirect(ctx context.Context, c Caller, r *Request, opts ...CallOption) (*Redirect, error) {
	resp, err := Do(ctx, c, r, opts...)
	if err != nil {
		return nil, err
	}
	location, err := Location(resp)
	if err != nil {
		return nil, err
	}
	return &Redirect{Status: resp.Status, Location: location}, nil
}

// Location returns where a redirect leads, for an operation that has other success
// statuses too. One without a Location that can be read is a [*DecodeError].
func Location(resp *Response) (*url.URL, error) {
	text := resp.Header.Get("Location")
	location, err := url.Parse(text)
	switch {
	case text == "":
		err = errors.New("it has no Location")
	case err != nil:
		err = errors.New("its Location is no URL") // the text may hold a signature
	}
	if err != nil {
		return nil, resp.failed(fmt.Errorf("a redirect: %w", err))
	}
	if resp.url != nil {
		base := *resp.url
		base.RawQuery = "" // which may hold a key, and which a Location without a path would take over
		location = base.ResolveReference(location)
	}
	return location, nil
}

// leadsTo returns where a redirect leads that is an error, or "" if nothing says so. It
// leaves out the query, which may be all that a download asks for, and the secrets.
func (k *call) leadsTo(location, removed string, secrets ...string) string {
	u, err := k.url.Parse(location)
	if location == "" || err != nil || u.Host == "" {
		return ""
	}
	path := redactString(u.EscapedPath(), removed, secrets...)
	if plain := redactString(u.Path, removed, secrets...); plain != u.Path {
		path = plain
	}
	return u.Scheme + "://" + redactString(u.Host, removed, secrets...) + path
}
