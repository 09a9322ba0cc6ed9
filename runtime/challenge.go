package runtime

import (
	"net/http"
	"strings"
)

const (
	// The longest nonce that is sent back. Those that servers were seen to give have
	// less than 100 bytes; a sealed one may have some hundred.
	longestNonce = 2048
	// How much of the challenges of a response is read.
	longestChallenges = 16 << 10
)

// validNonce reports whether a proof can hold a nonce that a server gave (RFC 9449,
// section 8.1).
func validNonce(nonce string) bool {
	return nonce != "" && len(nonce) <= longestNonce &&
		!strings.ContainsFunc(nonce, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' })
}

// dpopComplaint returns the parameter error of the DPoP challenge among those of an
// response (RFC 9110, section 11.6.1), "" if there is none or the challenges cannot be
// read.
func dpopComplaint(header http.Header) string {
	for _, text := range header["Www-Authenticate"] {
		if len(text) > longestChallenges {
			continue
		}
		c := challengeReader{rest: text}
		for c.next() {
			if strings.EqualFold(c.scheme, "dpop") && strings.EqualFold(c.name, "error") {
				return c.value
			}
		}
	}
	return ""
}

// challengeReader reads the parameters of challenges one by one.
type challengeReader struct {
	rest                string
	scheme, name, value string
}

// next reads the next parameter. It returns false at the end, and where the text
// has another form.
func (c *challengeReader) next() bool {
	for {
		c.rest = strings.TrimLeft(c.rest, " \t,")
		word := c.take(func(b byte) bool { return isToken(b) || b == '/' }) // token68 has a slash
		if word == "" {
			return false
		}
		after := strings.TrimLeft(c.rest, " \t")
		if !strings.HasPrefix(after, "=") {
			c.scheme = word // or a token68 without padding, which no parameters follow
			continue
		}
		c.rest = strings.TrimLeft(after[1:], " \t")
		if c.rest == "" || c.rest[0] == '=' || c.rest[0] == ',' { // the padding of a token68
			c.rest = strings.TrimLeft(c.rest, "=")
			continue
		}
		c.name = word
		if c.rest[0] == '"' {
			return c.quoted()
		}
		c.value = c.take(isToken)
		return c.value != ""
	}
}

// take reads the bytes that belong to a word.
func (c *challengeReader) take(belongs func(byte) bool) string {
	n := 0
	for n < len(c.rest) && belongs(c.rest[n]) {
		n++
	}
	word := c.rest[:n]
	c.rest = c.rest[n:]
	return word
}

// quoted reads a quoted-string (RFC 9110, section 5.6.4).
func (c *challengeReader) quoted() bool {
	var value strings.Builder
	for i := 1; i < len(c.rest); i++ {
		switch b := c.rest[i]; {
		case b == '"':
			c.value, c.rest = value.String(), c.rest[i+1:]
			return true
		case b == '\\' && i+1 < len(c.rest):
			i++
			value.WriteByte(c.rest[i])
		default:
			value.WriteByte(b)
		}
	}
	return false
}
