package httpsig

import (
	"bytes"
)

// RFC 9421, section 3.3.4, writes an ECDSA signature as r and s at full length;
// Go, and Upvest, as ASN.1: SEQUENCE { r INTEGER, s INTEGER }. Numbers here
// have at most 48 bytes, so that every length fits in one byte below 0x80.

const (
	derInteger  = 0x02
	derSequence = 0x30
)

// rawFromDER rewrites what a crypto.Signer returned; size is that of one number.
func rawFromDER(der []byte, size int) ([]byte, error) {
	raw := make([]byte, 2*size)
	sequence, rest, ok := derElement(der, derSequence)
	r, sequence, okR := derElement(sequence, derInteger)
	s, sequence, okS := derElement(sequence, derInteger)
	r, s = bytes.TrimLeft(r, "\x00"), bytes.TrimLeft(s, "\x00")
	if !ok || !okR || !okS || len(rest)+len(sequence) > 0 || len(r) > size || len(s) > size {
		return nil, refuse(ErrKey, "its signer returned no ASN.1 signature of two numbers of %d bytes", size)
	}
	copy(raw[size-len(r):], r)
	copy(raw[2*size-len(s):], s)
	return raw, nil
}

func derElement(der []byte, tag byte) (content, rest []byte, ok bool) {
	if len(der) < 2 || der[0] != tag || der[1] >= 0x80 || len(der)-2 < int(der[1]) {
		return nil, nil, false
	}
	end := 2 + int(der[1])
	return der[2:end], der[end:], true
}

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
	// A first bit that is set would make it negative; zero has one byte.
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
