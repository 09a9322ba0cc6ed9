package clientimpl

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// Link leads from a page of a list to the next. The call that reads the page fills
// in From and Fields.
type Link struct {
	URL    string   // of the page to read; "" for the first
	From   *url.URL // of the page that was read
	Fields []string // its header fields Link
}

// Next returns the URL of the page behind the one that was read, as its header names
// it: the target of the link with the relation "next" (RFC 8288, section 3), or "" if
// there is none. It may be relative.
func (l *Link) Next() (string, error) {
	next := ""
	for _, field := range l.Fields {
		for rest := strings.Trim(field, " \t,"); rest != ""; rest = strings.Trim(rest, " \t,") {
			link, after, err := readLink(rest)
			if err != nil {
				return "", err
			}
			rest = after
			// A link with an anchor leads from elsewhere.
			if next == "" && !link.anchored && slices.ContainsFunc(strings.Fields(link.relations), isNext) {
				next = link.target
			}
		}
	}
	return next, nil
}

// isNext reports whether a relation is "next"; relations have no case.
func isNext(relation string) bool { return strings.EqualFold(relation, "next") }

// headerLink is one link of a field.
type headerLink struct {
	target    string
	relations string
	anchored  bool
}

// readLink reads the link at the beginning of text, and returns what is behind it.
func readLink(text string) (link headerLink, rest string, err error) {
	rest, ok := strings.CutPrefix(text, "<")
	if !ok {
		return link, "", errBadLink
	}
	if link.target, rest, ok = strings.Cut(rest, ">"); !ok {
		return link, "", errBadLink
	}
	related := false
	for {
		rest = strings.TrimLeft(rest, " \t")
		if rest == "" || rest[0] == ',' {
			return link, rest, nil
		}
		if rest[0] != ';' {
			return link, "", errBadLink
		}
		rest = strings.TrimLeft(rest[1:], " \t")
		end := strings.IndexAny(rest, "=;, \t")
		if end < 0 {
			end = len(rest)
		}
		name, value := rest[:end], ""
		rest = strings.TrimLeft(rest[end:], " \t")
		if strings.HasPrefix(rest, "=") {
			if value, rest, err = readLinkValue(strings.TrimLeft(rest[1:], " \t")); err != nil {
				return link, "", err
			}
		}
		switch {
		case strings.EqualFold(name, "rel") && !related:
			link.relations, related = value, true // the first one holds
		case strings.EqualFold(name, "anchor"):
			link.anchored = true
		}
	}
}

// readLinkValue reads a token or a quoted string at the beginning of text.
func readLinkValue(text string) (value, rest string, err error) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, ";, \t")
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:], nil
	}
	var out strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return out.String(), text[i+1:], nil
		case '\\':
			if i++; i == len(text) {
				return "", "", errBadLink
			}
		}
		out.WriteByte(text[i])
	}
	return "", "", errBadLink
}

var errBadLink = errors.New("the response's header field Link cannot be read, so it is not known whether the list goes on")

// resolve returns the URL that a page calls next, which may be relative to its own.
// The error does not repeat the URL, which may hold credentials.
func (l *Link) resolve(next string) (string, error) {
	u, err := url.Parse(next)
	if err != nil || l.From == nil {
		return "", errors.New("what the page has for the link to the next one is no URL")
	}
	u = l.From.ResolveReference(u)
	u.Fragment, u.RawFragment = "", ""
	return u.String(), nil
}
