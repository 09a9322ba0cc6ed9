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

// Decimal is a decimal number, kept as exactly the text that was on the wire:
// "10.50" stays "10.50". APIs send money and quantities so because a JSON
// number would lose digits in many programs. It is written as a JSON string.
//
// The text is not checked when it is read, because APIs send more than numbers
// here: ".5", and "" for a price of a day without trade. Rat returns an error for them.
type Decimal string

// Limits of what Rat computes with, so that no text costs more than its length suggests.
const (
	maxDecimalLength   = 1000
	maxDecimalExponent = 1000
)

// Rat returns the exact value. It accepts an optional sign, digits with an
// optional fraction (".5" and "5." too) and an exponent of at most ±1000, in at
// most 1,000 bytes. Anything else is an error, the empty text too.
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

// isDecimal keeps out what big.Rat reads beyond decimals: fractions, hexadecimal, underscores.
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

// UnmarshalJSON reads a JSON string, or a JSON number, whose text it keeps:
// some APIs send one where they promise the other. null changes nothing.
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
