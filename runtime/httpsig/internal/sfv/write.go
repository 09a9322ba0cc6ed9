package sfv

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// FormatDictionary returns a dictionary in canonical form (RFC 9651, section 4.1).
func FormatDictionary(text string) ([]byte, error) {
	return appendMembers(nil, Dictionary(text), "", ", ")
}

// FormatList returns a list in canonical form.
func FormatList(text string) ([]byte, error) {
	return appendItems(nil, List(text), ", ")
}

// FormatItem returns a single item in canonical form.
func FormatItem(text string) ([]byte, error) {
	s := scanner{text: text}
	s.spaces()
	var m Member
	if err := s.item(&m, false); err != nil {
		return nil, err
	}
	s.spaces()
	if !s.done() {
		return nil, s.fail("something follows the item")
	}
	return FormatMember(m)
}

// FormatMember returns the value of a member and its parameters in canonical
// form, without its key.
func FormatMember(m Member) ([]byte, error) { return appendMember(nil, m) }

func appendMember(dst []byte, m Member) ([]byte, error) {
	dst, err := appendValue(dst, m)
	if err != nil {
		return dst, err
	}
	return appendParameters(dst, m.Params())
}

// AppendString appends a string item. ok is false if the text is not printable ASCII,
// which a string item cannot hold.
func AppendString(dst []byte, text string) (_ []byte, ok bool) {
	dst = append(dst, '"')
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c > '~' {
			return dst, false
		}
		if c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, '"'), true
}

// AppendBytes appends a byte sequence.
func AppendBytes(dst, data []byte) []byte {
	dst = append(dst, ':')
	dst = base64.StdEncoding.AppendEncode(dst, data)
	return append(dst, ':')
}

// appendMembers appends the members of a dictionary, or parameters, with the prefix
// before each and the separator between them. Of several members with the same key it
// keeps the last, at the place of the first (section 4.2.2).
func appendMembers(dst []byte, w Walker, before, separator string) ([]byte, error) {
	var members []Member
	places := map[string]int{}
	for w.Next() {
		if i, twice := places[w.Key]; twice {
			members[i] = w.Member
			continue
		}
		places[w.Key] = len(members)
		members = append(members, w.Member)
	}
	if err := w.Err(); err != nil {
		return dst, err
	}
	for i, m := range members {
		if i > 0 {
			dst = append(dst, separator...)
		}
		dst = append(dst, before...)
		dst = append(dst, m.Key...)
		var err error
		if m.Kind == Boolean && m.Value() != "?0" {
			dst, err = appendParameters(dst, m.Params()) // true is written without a value
		} else {
			dst, err = appendMember(append(dst, '='), m)
		}
		if err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// appendItems appends the members of a list or of an inner list, which have no keys.
func appendItems(dst []byte, w Walker, separator string) ([]byte, error) {
	for first := true; w.Next(); first = false {
		if !first {
			dst = append(dst, separator...)
		}
		var err error
		if dst, err = appendMember(dst, w.Member); err != nil {
			return dst, err
		}
	}
	return dst, w.Err()
}

func appendParameters(dst []byte, params string) ([]byte, error) {
	if params == "" {
		return dst, nil
	}
	return appendMembers(dst, Parameters(params), ";", "")
}

func appendValue(dst []byte, m Member) ([]byte, error) {
	switch m.Kind {
	case InnerList:
		dst = append(dst, '(')
		dst, err := appendItems(dst, Items(m.Value()), " ")
		return append(dst, ')'), err
	case Boolean:
		if m.value == 0 {
			return append(dst, "?1"...), nil
		}
	case Integer, Date:
		return appendNumber(dst, m.Value()), nil
	case Decimal:
		whole, fraction, _ := strings.Cut(m.Value(), ".")
		fraction = strings.TrimRight(fraction, "0")
		if fraction == "" {
			fraction = "0"
		}
		start := len(dst)
		dst = appendNumber(dst, whole)
		// appendNumber drops the sign of -0, which -0.5 needs.
		if strings.HasPrefix(whole, "-") && dst[start] != '-' && fraction != "0" {
			dst = append(dst[:start], "-0"...)
		}
		dst = append(dst, '.')
		return append(dst, fraction...), nil
	case Bytes:
		data, ok := m.AppendBytes(nil)
		if !ok {
			return dst, (&scanner{text: m.Value()}).fail("a byte sequence is not base64")
		}
		return AppendBytes(dst, data), nil
	}
	return append(dst, m.Value()...), nil
}

// appendNumber appends an integer, or a date with its "@", without leading zeros.
func appendNumber(dst []byte, text string) []byte {
	digits := []byte(text)
	if digits[0] == '@' {
		dst, digits = append(dst, '@'), digits[1:]
	}
	negative := digits[0] == '-'
	digits = bytes.TrimLeft(digits, "-0")
	if len(digits) == 0 {
		return append(dst, '0')
	}
	if negative {
		dst = append(dst, '-')
	}
	return append(dst, digits...)
}
