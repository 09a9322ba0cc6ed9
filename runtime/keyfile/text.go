package keyfile

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// plainText returns PEM text in the form that encoding/pem parses: without a byte order
// mark or quotes, and with real line breaks.
func plainText(data []byte) []byte {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) {
		data = fromUTF16(data[2:], binary.LittleEndian)
	} else if bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		data = fromUTF16(data[2:], binary.BigEndian)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.TrimSpace(data)
	if len(data) > 1 && (data[0] == '"' || data[0] == '\'') && data[len(data)-1] == data[0] {
		data = data[1 : len(data)-1]
	}
	if bytes.HasPrefix(data, []byte("-----BEGIN")) && bytes.Contains(data, []byte(`\n`)) {
		// PEM contains no backslash of its own.
		data = bytes.ReplaceAll(data, []byte(`\r`), nil)
		data = bytes.ReplaceAll(data, []byte(`\n`), []byte("\n"))
	}
	return data
}

// fromUTF16 returns UTF-16 text as UTF-8.
func fromUTF16(data []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}
