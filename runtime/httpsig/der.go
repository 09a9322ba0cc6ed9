package httpsig

import (
	"bytes"
)

// An ECDSA signature is two numbers, r and s. RFC 9421, sections 3.3.4 and 3.3.5,
// writes both at full length; Go and Upvest write ASN.1 in DER: SEQUENCE { r
// INTEGER, s INTEGER }. The numbers here have at most 48 bytes, so every length
// fits in one byte below 0x80.

const (
	derInteger  = 0x02
	derSequence = 0x30
)

// rawFromDER converts a signature from DER, as a crypto.Signer returns it, to the form
// of RFC 9421, in which each number has size bytes.
func rawFromDER(der []byte, size int) ([]byte, error) {
	raw := make([]byte, 2*size)
	sequence, rest, ok := derElement(der, derSequence)
	r, sequence, okR := derElement(sequence, derInteger)
	s, sequence, okS := derElement(sequence, derInteger)
	r, s = bytes.TrimLeft(r, "\x00"), bytes.TrimLeft(s, "\x00")
	if !ok || !okR || !okS || len(rest)+len(sequence) > 0 || len(r) > size || len(s) > size {
		return nil, refuse(ErrKey, "its crypto.Signer did not return two numbers of at most %d bytes in ASN.1", size)
	}
	copy(raw[size-len(r):], r)
	copy(raw[2*size-len(s):], s)
	return raw, nil
}

// derElement returns the content of the first element of der, which must have the tag,
// and what follows the element.
func derElement(der []byte, tag byte) (content, rest []byte, ok bool) {
	if len(der) < 2 || der[0] != tag || der[1] >= 0x80 || len(der)-2 < int(der[1]) {
		return nil, nil, false
	}
	end := 2 + int(der[1])
	return der[2:end], der[end:], true
}

// derFromRaw converts a signature from the form of RFC 9421 to DER.
func derFromRaw(raw []byte) []byte {
	size := len(raw) / 2
	der := make([]byte, 2, len(raw)+8)
	der = appendDERInteger(der, raw[:size])
	der = appendDERInteger(der, raw[size:])
	der[0], der[1] = derSequence, byte(len(der)-2)
	return der
}

func appendDERInteger(der, number []byte) []byte {
	number = bytes.TrimLeft(number, "\x00")
	// A leading zero byte keeps a number whose first bit is set from being negative.
	// Zero itself is one zero byte.
	pad := len(number) == 0 || number[0] >= 0x80
	length := len(number)
	if pad {
		length++
	}
	der = append(der, derInteger, byte(length))
	if pad {
		der = append(der, 0)
	}
	return append(der, number...)
}
