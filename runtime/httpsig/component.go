package httpsig

import (
	"fmt"
	"strings"

	"github.com/scopegen/scopegen/runtime/httpsig/internal/sfv"
)

// component is one covered component (RFC 9421, section 2): a header field or
// a derived one, and how it is to be read.
type component struct {
	name   string // lower case
	params string // as received or configured, "" or from ";" on
	flags  flags
	arg    string // of key or name
}

type flags uint8

const (
	flagSF flags = 1 << iota
	flagBS
	flagReq
	flagKey  // arg is the key of a dictionary member
	flagName // arg is the name of a query parameter
)

// derived tells whether the component is derived rather than a field.
func (c *component) derived() bool { return c.name[0] == '@' }

// same tells whether two identifiers mean one component; the order of
// parameters makes no difference.
func (c *component) same(d *component) bool {
	return c.name == d.name && c.flags == d.flags && c.arg == d.arg
}

// appendIdentifier writes it as in a Signature-Input field.
func (c *component) appendIdentifier(dst []byte) []byte {
	dst = append(dst, '"')
	dst = append(dst, c.name...)
	dst = append(dst, '"')
	return append(dst, c.params...)
}

// parseComponent reads an identifier as a profile or a policy spells it: the
// name without quotes.
func parseComponent(text string) (component, error) {
	end := strings.IndexByte(text, ';')
	if end < 0 {
		end = len(text)
	}
	return newComponent(text[:end], text[end:])
}

// newComponent checks a name and its parameters. What is not supported is
// refused, never passed over.
func newComponent(name, params string) (component, error) {
	c := component{name: name, params: params}
	if err := checkName(name); err != nil {
		return c, err
	}
	if params == "" && name != "@query-param" {
		return c, nil
	}
	walk := sfv.Parameters(params)
	for walk.Next() {
		flag, err := componentParam(walk.Member)
		if err != nil {
			return c, fmt.Errorf("%w of %q", err, name)
		}
		if c.flags&flag != 0 {
			return c, fmt.Errorf("%w: parameter %s of %q", ErrDuplicate, walk.Key, name)
		}
		c.flags |= flag
		if walk.Kind == sfv.String {
			c.arg, _ = walk.Str()
		}
	}
	if err := walk.Err(); err != nil {
		return c, fmt.Errorf("%w: component %q: %w", ErrMalformed, name, err)
	}
	return c, c.checkFlags()
}

func componentParam(m sfv.Member) (flags, error) {
	flag := flags(0)
	want := sfv.Boolean
	switch m.Key {
	case "sf":
		flag = flagSF
	case "bs":
		flag = flagBS
	case "req":
		flag = flagReq
	case "key":
		flag, want = flagKey, sfv.String
	case "name":
		flag, want = flagName, sfv.String
	default:
		// "tr" is here too: trailers are not known when a request is verified.
		return 0, fmt.Errorf("%w: parameter %q is not supported", ErrComponent, m.Key)
	}
	if m.Kind != want || m.Value == "?0" {
		return 0, fmt.Errorf("%w: parameter %s has a value of the wrong type", ErrComponent, m.Key)
	}
	return flag, nil
}

// checkFlags refuses what contradicts itself (RFC 9421, sections 2.1 and 2.2).
func (c *component) checkFlags() error {
	field := c.flags & (flagSF | flagBS | flagKey)
	switch {
	case c.derived() && field != 0:
		return fmt.Errorf("%w: %q is no field and takes none of sf, bs, key", ErrComponent, c.name)
	case field&flagBS != 0 && field != flagBS:
		return fmt.Errorf("%w: bs goes with neither sf nor key for %q", ErrComponent, c.name)
	case (c.flags&flagName != 0) != (c.name == "@query-param"):
		return fmt.Errorf("%w: the parameter name goes with @query-param, and only with it; here %q", ErrComponent, c.name)
	}
	return nil
}

// checkName takes lower-case field names and the derived components that there are.
func checkName(name string) error {
	if name == "" {
		return fmt.Errorf("%w: it has no name", ErrComponent)
	}
	if name[0] == '@' {
		switch name {
		case "@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query", "@query-param", "@status":
			return nil
		}
		return fmt.Errorf("%w: there is no derived component %q", ErrComponent, name)
	}
	for i := range len(name) {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return fmt.Errorf("%w: %q is no field name in lower case", ErrComponent, name)
		}
	}
	return nil
}
