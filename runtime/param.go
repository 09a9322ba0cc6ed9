package runtime

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// paramTexts returns the strings that a parameter is sent as: none if it is
// absent, one for a single value, one for each element of a slice.
func paramTexts(v any) ([]string, error) {
	if required, ok := v.(clientimpl.RequiredList); ok {
		texts, err := paramTexts(required.List)
		if err == nil && len(texts) == 0 {
			err = errEmptyList
		}
		return texts, err
	}
	if value := reflect.ValueOf(v); v == nil || value.Kind() == reflect.Pointer && value.IsNil() {
		return nil, nil
	}
	if text, ok, err := scalarText(v); ok || err != nil {
		return []string{text}, err
	}
	if held, present, ok := jsonvalue.HeldIn(v); ok {
		if !present {
			return nil, nil
		}
		return paramTexts(held)
	}
	if _, ok := v.(json.Marshaler); ok { // for example a union of strings and numbers
		text, err := jsonvalue.Marshal(v)
		if err != nil {
			return nil, err
		}
		return jsonTexts(text)
	}
	switch value := reflect.ValueOf(v); value.Kind() {
	case reflect.Pointer:
		return paramTexts(value.Elem().Interface())
	case reflect.Slice, reflect.Array:
		var texts []string
		for i := range value.Len() {
			element, err := paramTexts(value.Index(i).Interface())
			if err != nil {
				return nil, fmt.Errorf("element %d: %w", i, err)
			}
			texts = append(texts, element...)
		}
		return texts, nil
	}
	return nil, fmt.Errorf("a %T cannot be a parameter: use a string, a number, a bool, a time, a Date, an encoding.TextMarshaler, a json.Marshaler of such, or a slice of them", v)
}

var errEmptyList = errors.New("is required and has no element: give it at least one")

// scalarText returns the string that a single value is sent as. ok is false if v
// is not a single value.
func scalarText(v any) (text string, ok bool, err error) {
	switch v := v.(type) {
	case string:
		return v, true, nil
	case time.Time:
		return timeText(v)
	case *time.Time: // also a TextMarshaler, which would not convert it to UTC
		return timeText(*v)
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		return string(text), true, err
	case json.Marshaler:
		return "", false, nil
	}
	switch value := reflect.ValueOf(v); value.Kind() {
	case reflect.Slice:
		if value.Type().Elem().Kind() == reflect.Uint8 {
			return base64.StdEncoding.EncodeToString(value.Bytes()), true, nil
		}
	case reflect.String:
		return value.String(), true, nil
	case reflect.Bool:
		return strconv.FormatBool(value.Bool()), true, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(value.Int(), 10), true, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(value.Uint(), 10), true, nil
	case reflect.Float32, reflect.Float64:
		f := value.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return "", false, errors.New("is not a finite number")
		}
		return strconv.FormatFloat(f, 'f', -1, value.Type().Bits()), true, nil
	}
	return "", false, nil
}

// timeText returns t in UTC, as RFC 3339. That format has four digits for the
// year; any other year is an error.
func timeText(t time.Time) (string, bool, error) {
	if text, ok := UnreadTime(t); ok {
		return text, true, nil
	}
	t = t.UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return "", false, fmt.Errorf("the year %d has no RFC 3339 form", t.Year())
	}
	return t.Format(time.RFC3339Nano), true, nil
}

// appendEscaped appends text to dst and percent-encodes all characters but the
// unreserved ones of RFC 3986, section 2.3, and those in also. A proxy that
// decodes and encodes the result again gets the same result, so that a signature
// over it still holds. If also contains "%", sequences in text that are already
// percent-encoded stay as they are.
func appendEscaped(dst []byte, text, also string) []byte {
	for i := range len(text) {
		c := text[i]
		kept := unreserved(c) || strings.IndexByte(also, c) >= 0
		if c == '%' {
			kept = kept && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2])
		}
		if kept {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

const upperHex = "0123456789ABCDEF"

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}
