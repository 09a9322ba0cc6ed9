package httpsig

import (
	"slices"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig/internal/sfv"
)

// received is a signature as parsed from the fields of a message. Nothing of it is
// verified.
type received struct {
	Verified
	params string // the inner list with its parameters, byte for byte
	alg    string
	given  params // the parameters that it has
}

// params is a set of parameters of a signature.
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

// paramOf returns the parameter of a name, 0 for an unknown one.
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

// read parses the signature that the policy asks for into s, except its list of
// components, and appends the signature value to dst.
func (v *Verifier) read(dst []byte, m *message, s *received) ([]byte, error) {
	inputs, signatures := m.header["Signature-Input"], m.header["Signature"]
	if len(inputs) == 0 || len(signatures) == 0 {
		return nil, refuse(ErrNoSignature, "it must have the fields signature-input and signature")
	}
	input, err := pick("signature-input", join(inputs), v.policy.Label)
	if err != nil {
		return nil, err
	}
	signature, err := pick("signature", join(signatures), input.Key)
	if err != nil {
		return nil, err
	}
	if input.Kind != sfv.InnerList || signature.Kind != sfv.Bytes || signature.Params() != "" {
		return nil, refuse(ErrMalformed, "the input with label %q is not a list of components, or the signature is not a byte sequence", input.Key)
	}
	dst, ok := signature.AppendBytes(dst)
	if !ok {
		return nil, refuse(ErrMalformed, "the signature with label %q is not base64 with padding", input.Key)
	}
	s.Label, s.covered, s.params = input.Key, input.Value(), input.Text
	if err := s.readParams(input.Params()); err != nil {
		return nil, err
	}
	if !s.given.has(paramKeyID) {
		return nil, refuse(ErrMissingParameter, "it has no keyid")
	}
	for _, name := range v.policy.RequireParams {
		if !s.given.has(paramOf(name)) {
			return nil, refuse(ErrMissingParameter, "it has no %s", name)
		}
	}
	return dst, nil
}

// pick returns the member of a signature field with the label, or the only member if
// the label is empty. The whole field must be well-formed and have no label twice.
func pick(field, text, label string) (sfv.Member, error) {
	var picked sfv.Member
	var stack [8]string
	seen := stack[:0]
	members := sfv.Dictionary(text)
	for members.Next() {
		if slices.Contains(seen, members.Key) {
			return picked, refuse(ErrDuplicate, "the field %s has the label %q twice", field, members.Key)
		}
		if seen = append(seen, members.Key); len(seen) > maxComponents {
			return picked, refuse(ErrMalformed, "the field %s has more than %d labels", field, maxComponents)
		}
		if label == "" || label == members.Key {
			picked = members.Member
		}
	}
	if err := members.Err(); err != nil {
		return picked, refuse(ErrMalformed, "the field %s: %w", field, err)
	}
	switch {
	case len(seen) == 0:
		return picked, refuse(ErrNoSignature, "the field %s is empty", field)
	case label == "" && len(seen) > 1:
		return picked, refuse(ErrSeveralSignatures, "labels %q; Policy.Label must name one of them", slices.Clone(seen))
	case picked.Key == "":
		return picked, refuse(ErrLabel, "the field %s has no label %q; it has %q", field, label, slices.Clone(seen))
	}
	return picked, nil
}

// readComponents parses the list of covered components and appends them to dst. It
// does not need to parse those that are expected, if they come in the order in which
// the profile covers them.
func (v *Verifier) readComponents(dst []component, list string) ([]component, error) {
	items := sfv.Items(list)
	expected := 0
	for {
		known := (*component)(nil)
		for i := expected; i < len(v.expected) && known == nil; i++ {
			if items.Skip(v.expected[i].identifier) {
				known, expected = &v.expected[i], i+1
			}
		}
		if known == nil && !items.Next() {
			if err := items.Err(); err != nil {
				return nil, refuse(ErrMalformed, "the list of covered components: %w", err)
			}
			return dst, nil
		}
		if len(dst) == maxComponents {
			return nil, refuse(ErrMalformed, "the signature covers more than %d components", maxComponents)
		}
		dst = append(dst, component{})
		c := &dst[len(dst)-1]
		if known != nil {
			*c = *known
		} else if err := v.readComponent(c, &items.Member); err != nil {
			return nil, err
		}
		if contains(dst[:len(dst)-1], c) {
			return nil, refuse(ErrDuplicate, "the signature covers %s twice", c.identifier)
		}
	}
}

// readComponent parses one component.
func (v *Verifier) readComponent(c *component, item *sfv.Member) error {
	name, ok := item.Str()
	if !ok {
		return refuse(ErrMalformed, "the component %s is not a string", item.Value())
	}
	if err := c.set(item.Text, name, item.Params()); err != nil {
		return err
	}
	return v.profile.checkDialect(c)
}

// readParams parses the parameters of a signature (RFC 9421, section 2.3). It refuses
// unknown parameters, because one might change what the signature means.
func (s *received) readParams(text string) error {
	walk := sfv.Parameters(text)
	for walk.Next() {
		one := paramOf(walk.Key)
		if one == 0 {
			return refuse(ErrParameter, "the parameter %q is unknown", walk.Key)
		}
		if s.given.has(one) {
			return refuse(ErrDuplicate, "the signature has the parameter %s twice", walk.Key)
		}
		s.given |= one
		if err := s.setParam(one, walk.Member); err != nil {
			return err
		}
	}
	if err := walk.Err(); err != nil {
		return refuse(ErrMalformed, "the parameters of the signature: %w", err)
	}
	return nil
}

// setParam stores the value of one parameter.
func (s *received) setParam(one params, m sfv.Member) error {
	if one == paramCreated || one == paramExpires {
		seconds, ok := m.Int()
		if !ok || m.Kind != sfv.Integer {
			return refuse(ErrParameter, "the parameter %s is not an integer", m.Key)
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
		return refuse(ErrParameter, "the parameter %s is not a string", m.Key)
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
