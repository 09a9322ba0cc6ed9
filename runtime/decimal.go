package runtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Decimal is a decimal number as text, exactly as received: "10.50" stays "10.50". APIs
// send money and quantities as text because many programs lose digits of a JSON number.
// A Decimal is encoded as a JSON string.
//
// Decoding does not check the text, because APIs also send "" for a price on a day
// without trade. [Decimal.Rat] returns an error for what is not a number.
type Decimal string

// Limits of what Rat accepts, so that a short text cannot cost much time or memory.
const (
	maxDecimalLength   = 1000
	maxDecimalExponent = 1000
)

// Rat returns the exact value. It accepts an optional sign, digits with an
// optional fraction (".5" and "5." too), and an exponent from -1000 to 1000, in at most
// 1,000 bytes. Anything else is an error, also the empty text.
func (d Decimal) Rat() (*big.Rat, error) {
	s := string(d)
	switch {
	case s == "":
		return nil, errors.New("runtime: the decimal is empty, which some APIs send for \"no value\"; test for \"\" first")
	case len(s) > maxDecimalLength:
		return nil, fmt.Errorf("runtime: the decimal %q… has %d bytes, more than %d", s[:20], len(s), maxDecimalLength)
	case !isDecimal(s):
		return nil, fmt.Errorf("runtime: %q is not a decimal number", s)
	}
	if _, exponent, found := strings.Cut(strings.ToLower(s), "e"); found {
		if n, err := strconv.Atoi(exponent); err != nil || n > maxDecimalExponent || n < -maxDecimalExponent {
			return nil, fmt.Errorf("runtime: the exponent of the decimal %q is beyond ±%d", s, maxDecimalExponent)
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, fmt.Errorf("runtime: %q is not a decimal number", s)
	}
	return r, nil
}

// isDecimal reports whether s is a decimal number. big.Rat also parses fractions,
// hexadecimal and underscores.
func isDecimal(s string) bool {
	s = strings.TrimLeft(s[:1], "+-") + s[1:]
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(s), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return false
	}
	if !hasExponent {
		return true
	}
	if exponent != "" {
		exponent = strings.TrimLeft(exponent[:1], "+-") + exponent[1:]
	}
	return exponent != "" && allDigits(exponent)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// UnmarshalJSON decodes a JSON string or a JSON number and keeps its text. Some APIs send
// one when their documentation promises the other. null changes nothing.
func (d *Decimal) UnmarshalJSON(data []byte) error {
	switch {
	case bytes.Equal(data, jsonNull):
		return nil
	case len(data) > 0 && data[0] == '"':
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*d = Decimal(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(data, &n); err != nil {
		return fmt.Errorf("runtime: a decimal is a JSON string or number, not %.20q", data)
	}
	*d = Decimal(n)
	return nil
}
