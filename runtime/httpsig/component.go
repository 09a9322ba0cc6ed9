package httpsig

import (
	"fmt"
	"strings"

	"github.com/scopegen/scopegen/runtime/httpsig/internal/sfv"
)

// component is one covered component (RFC 9421, section 2): a header field or
// a derived one, and how it is to be read.
type component struct {
	identifier string // as in a Signature-Input field: the name in quotes, parameters
	name       string // lower case
	key        string // of the header map, "" if not worked out yet
	arg        string // of the parameter key or name
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

// derived tells whether the component is derived rather than a field.
func (c *component) derived() bool { return c.name[0] == '@' }

// same tells whether two identifiers mean one component; the order of
// parameters makes no difference.
func (c *component) same(d *component) bool {
	return c.name == d.name && c.flags == d.flags && c.arg == d.arg
}

func contains(list []component, c *component) bool {
	for i := range list {
		if list[i].same(c) {
			return true
		}
	}
	return false
}

// parseComponent reads an identifier as a profile or a policy spells it: the
// name without quotes.
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

// set checks a name and its parameters. What is not supported is refused, never
// passed over.
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
		flag, err := componentParam(walk.Member)
		if err != nil {
			return fmt.Errorf("%w of %q", err, name)
		}
		if c.flags&flag != 0 {
			return refuse(ErrDuplicate, "parameter %s of %q", walk.Key, name)
		}
		c.flags |= flag
		if walk.Kind == sfv.String {
			c.arg, _ = walk.Str()
		}
	}
	if err := walk.Err(); err != nil {
		return refuse(ErrMalformed, "component %q: %w", name, err)
	}
	return c.checkFlags()
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
		return 0, refuse(ErrComponent, "parameter %q is not supported", m.Key)
	}
	if m.Kind != want || m.Value() == "?0" {
		return 0, refuse(ErrComponent, "parameter %s has a value of the wrong type", m.Key)
	}
	return flag, nil
}

// checkFlags refuses what contradicts itself (RFC 9421, sections 2.1 and 2.2).
func (c *component) checkFlags() error {
	field := c.flags & (flagSF | flagBS | flagKey)
	switch {
	case c.derived() && field != 0:
		return refuse(ErrComponent, "%q is no field and takes none of sf, bs, key", c.name)
	case field&flagBS != 0 && field != flagBS:
		return refuse(ErrComponent, "bs goes with neither sf nor key for %q", c.name)
	case (c.flags&flagName != 0) != (c.name == "@query-param"):
		return refuse(ErrComponent, "the parameter name goes with @query-param, and only with it; here %q", c.name)
	}
	return nil
}

// checkName takes lower-case field names and the derived components that there are.
func checkName(name string) error {
	if name == "" {
		return refuse(ErrComponent, "it has no name")
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
			return refuse(ErrComponent, "%q is no field name in lower case", name)
		}
	}
	return nil
}
