package httpsig

import (
	"fmt"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig/internal/sfv"
)

// received is a signature as it was read from the fields of a message, nothing
// of it verified.
type received struct {
	Verified
	params          string // the inner list with its parameters, byte for byte
	alg             string
	given           params
	components      []component
	signature       []byte
	bodyMustBeEmpty bool
}

// params is the set of parameters that are there.
type params uint8

const (
	paramCreated params = 1 << iota
	paramExpires
	paramKeyID
	paramAlg
	paramNonce
	paramTag
)

func (p params) has(one params) bool { return p&one != 0 }

func paramOf(name string) params {
	switch name {
	case "created":
		return paramCreated
	case "expires":
		return paramExpires
	case "keyid":
		return paramKeyID
	case "alg":
		return paramAlg
	case "nonce":
		return paramNonce
	case "tag":
		return paramTag
	}
	return 0
}

func (s *received) covers(c *component) bool {
	for i := range s.components {
		if s.components[i].same(c) {
			return true
		}
	}
	return false
}

// read finds the signature that the policy wants and takes it apart.
func (v *Verifier) read(m *message) (received, error) {
	var s received
	inputs, signatures := m.header["Signature-Input"], m.header["Signature"]
	if len(inputs) == 0 || len(signatures) == 0 {
		return s, fmt.Errorf("%w: signature-input and signature must both be there", ErrNoSignature)
	}
	input, err := pick("signature-input", join(inputs), v.policy.Label)
	if err != nil {
		return s, err
	}
	signature, err := pick("signature", join(signatures), input.Key)
	if err != nil {
		return s, err
	}
	if input.Kind != sfv.InnerList || signature.Kind != sfv.Bytes || signature.Params != "" {
		return s, fmt.Errorf("%w: %q is not a list of components, or its signature not a byte sequence", ErrMalformed, input.Key)
	}
	var ok bool
	if s.signature, ok = signature.AppendBytes(nil); !ok {
		return s, fmt.Errorf("%w: signature %q is not padded base64", ErrMalformed, input.Key)
	}
	s.Label, s.covered = input.Key, input.Value
	// The text as received: value and parameters stand side by side in it.
	s.params = input.Value + input.Params
	if err := v.readComponents(&s); err != nil {
		return s, err
	}
	if err := s.readParams(input.Params); err != nil {
		return s, err
	}
	if !s.given.has(paramKeyID) {
		return s, fmt.Errorf("%w: keyid", ErrMissingParameter)
	}
	for _, name := range v.policy.RequireParams {
		if !s.given.has(paramOf(name)) {
			return s, fmt.Errorf("%w: %s", ErrMissingParameter, name)
		}
	}
	return s, nil
}

// pick finds a member of a signature field by its label, the only one where
// there is none. The whole field must be well formed and name no label twice.
func pick(field, text, label string) (sfv.Member, error) {
	var picked sfv.Member
	var stack [8]string
	seen := stack[:0]
	members := sfv.Dictionary(text)
	for members.Next() {
		for _, other := range seen {
			if other == members.Key {
				return picked, fmt.Errorf("%w: %s has the label %q", ErrDuplicate, field, other)
			}
		}
		if seen = append(seen, members.Key); len(seen) > maxComponents {
			return picked, fmt.Errorf("%w: %s has more than %d labels", ErrMalformed, field, maxComponents)
		}
		if label == "" || label == members.Key {
			picked = members.Member
		}
	}
	if err := members.Err(); err != nil {
		return picked, fmt.Errorf("%w: %s: %w", ErrMalformed, field, err)
	}
	switch {
	case len(seen) == 0:
		return picked, fmt.Errorf("%w: %s is empty", ErrNoSignature, field)
	case label == "" && len(seen) > 1:
		return picked, fmt.Errorf("%w: %q; the policy must name one", ErrSeveralSignatures, seen)
	case picked.Key == "":
		return picked, fmt.Errorf("%w: %s has no label %q, but %q", ErrLabel, field, label, seen)
	}
	return picked, nil
}

func (v *Verifier) readComponents(s *received) error {
	items := sfv.Items(s.covered)
	for items.Next() {
		name, ok := items.Str()
		if !ok {
			return fmt.Errorf("%w: the component %s is not a string", ErrMalformed, items.Value)
		}
		c, err := newComponent(name, items.Params)
		if err != nil {
			return err
		}
		if err := v.profile.checkDialect(&c); err != nil {
			return err
		}
		if s.covers(&c) {
			return fmt.Errorf("%w: the component %s%s", ErrDuplicate, items.Value, items.Params)
		}
		if len(s.components) == maxComponents {
			return fmt.Errorf("%w: more than %d components", ErrMalformed, maxComponents)
		}
		if s.components == nil {
			s.components = make([]component, 0, 12)
		}
		s.components = append(s.components, c)
	}
	return items.Err()
}

// readParams reads the parameters of a signature (RFC 9421, section 2.3). One
// that is not known might change what the signature means: it is refused.
func (s *received) readParams(text string) error {
	walk := sfv.Parameters(text)
	for walk.Next() {
		one := paramOf(walk.Key)
		if one == 0 {
			return fmt.Errorf("%w: %q is not known", ErrParameter, walk.Key)
		}
		if s.given.has(one) {
			return fmt.Errorf("%w: the parameter %s", ErrDuplicate, walk.Key)
		}
		s.given |= one
		if err := s.setParam(one, walk.Member); err != nil {
			return err
		}
	}
	return walk.Err()
}

func (s *received) setParam(one params, m sfv.Member) error {
	if one == paramCreated || one == paramExpires {
		seconds, ok := m.Int()
		if !ok || m.Kind != sfv.Integer {
			return fmt.Errorf("%w: %s is not an integer", ErrParameter, m.Key)
		}
		if one == paramCreated {
			s.Created = time.Unix(seconds, 0)
		} else {
			s.Expires = time.Unix(seconds, 0)
		}
		return nil
	}
	text, ok := m.Str()
	if !ok {
		return fmt.Errorf("%w: %s is not a string", ErrParameter, m.Key)
	}
	switch one {
	case paramKeyID:
		s.KeyID = text
	case paramAlg:
		s.alg = text
	case paramNonce:
		s.Nonce = text
	case paramTag:
		s.Tag = text
	}
	return nil
}
