package httpsig

import (
	"strings"

	"github.com/scopegen/scopegen/runtime/httpsig/internal/sfv"
)

// component is one covered component (RFC 9421, section 2): a header field or a
// derived component, and how its value is read.
type component struct {
	identifier string // as in a Signature-Input field: the name in quotes, then the parameters
	name       string // in lower case
	key        string // the name as a key of http.Header; "" if it was not computed yet
	arg        string // the value of the parameter key or name
	flags      flags
}

type flags uint8

const (
	flagSF flags = 1 << iota
	flagBS
	flagReq
	flagKey  // arg is the key of a dictionary member
	flagName // arg is the name of a query parameter
)

// derived reports whether c is a derived component rather than a field.
func (c *component) derived() bool { return c.name[0] == '@' }

// same reports whether c and d are the same component. The order of their parameters
// makes no difference.
func (c *component) same(d *component) bool {
	return c.name == d.name && c.flags == d.flags && c.arg == d.arg
}

// contains reports whether c is in the list.
func contains(list []component, c *component) bool {
	for i := range list {
		if list[i].same(c) {
			return true
		}
	}
	return false
}

// parseComponent parses an identifier as settings and policies write it: without
// quotes around the name.
func parseComponent(text string) (component, error) {
	end := strings.IndexByte(text, ';')
	if end < 0 {
		end = len(text)
	}
	name, params := text[:end], text[end:]
	var c component
	err := c.set(`"`+name+`"`+params, name, params)
	c.key = string(appendCanonical(nil, name))
	return c, err
}

// set makes c the component of an identifier, given whole and in its two parts. A
// parameter that is not supported is an error; none is ignored.
func (c *component) set(identifier, name, params string) error {
	c.identifier, c.name = identifier, name
	if err := checkName(name); err != nil {
		return err
	}
	if params == "" && name != "@query-param" {
		return nil
	}
	walk := sfv.Parameters(params)
	for walk.Next() {
		flag, err := componentParam(name, walk.Member)
		if err != nil {
			return err
		}
		if c.flags&flag != 0 {
			return refuse(ErrDuplicate, "the component %q has the parameter %s twice", name, walk.Key)
		}
		c.flags |= flag
		if walk.Kind == sfv.String {
			c.arg, _ = walk.Str()
		}
	}
	if err := walk.Err(); err != nil {
		return refuse(ErrMalformed, "the parameters of the component %q: %w", name, err)
	}
	return c.checkFlags()
}

// componentParam returns the flag of a parameter of the component called name.
func componentParam(name string, m sfv.Member) (flags, error) {
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
		// Also "tr": when a request is verified its trailers have not arrived.
		return 0, refuse(ErrComponent, "the parameter %q of %q is not supported", m.Key, name)
	}
	if m.Kind != want || m.Value() == "?0" {
		return 0, refuse(ErrComponent, "the parameter %s of %q has a value of the wrong type", m.Key, name)
	}
	return flag, nil
}

// checkFlags refuses parameters that contradict each other or the name (RFC 9421,
// sections 2.1 and 2.2).
func (c *component) checkFlags() error {
	field := c.flags & (flagSF | flagBS | flagKey)
	switch {
	case c.derived() && field != 0:
		return refuse(ErrComponent, "%q is not a field, so it cannot have sf, bs or key", c.name)
	case field&flagBS != 0 && field != flagBS:
		return refuse(ErrComponent, "%q has bs together with sf or key, which exclude each other", c.name)
	case (c.flags&flagName != 0) != (c.name == "@query-param"):
		return refuse(ErrComponent, "@query-param must have the parameter name, and no other component may; this is %q", c.name)
	}
	return nil
}

// checkName refuses what is neither a field name in lower case nor a derived
// component of RFC 9421.
func checkName(name string) error {
	if name == "" {
		return refuse(ErrComponent, "it has an empty name")
	}
	if name[0] == '@' {
		switch name {
		case "@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query", "@query-param", "@status":
			return nil
		}
		return refuse(ErrComponent, "there is no derived component %q", name)
	}
	for i := range len(name) {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c == '-' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+.^_`|~", c) >= 0) {
			return refuse(ErrComponent, "%q is not a field name in lower case", name)
		}
	}
	return nil
}
