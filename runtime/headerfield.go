package runtime

import (
	"encoding"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// HeaderField is the name of a header field of responses whose value is a T.
// Generated packages hold a constant for each field that the API states:
//
//	var info runtime.ResponseInfo
//	order, err := client.GetOrder(ctx, id, runtime.WithResponseInfo(&info))
//	left, ok := orders.XRateLimitRemainingHeader.In(info.Header)
type HeaderField[T any] string

// In returns the value of the field in a header, and false if the header has no such
// field or one that is not a T. A list has its items in several fields or with commas
// between them (RFC 9110, section 5.6.1). A time is as in RFC 3339 or as HTTP writes
// dates (RFC 9110, section 5.6.7).
func (f HeaderField[T]) In(header http.Header) (T, bool) {
	var value T
	if !readField(header.Values(string(f)), reflect.ValueOf(&value).Elem()) {
		var none T
		return none, false
	}
	return value, true
}

// readField reads the lines of a field into v. It is not part of In because a binary
// would contain its code once for each T.
func readField(lines []string, v reflect.Value) bool {
	if len(lines) == 0 {
		return false
	}
	if v.Kind() == reflect.Slice {
		for item := range strings.SplitSeq(strings.Join(lines, ","), ",") {
			if item = strings.TrimSpace(item); item == "" {
				continue
			}
			v.Grow(1)
			v.SetLen(v.Len() + 1)
			if !readText(item, v.Index(v.Len()-1)) {
				return false
			}
		}
		return true
	}
	return readText(strings.TrimSpace(lines[0]), v)
}

// readText reads the text of one value into v.
func readText(text string, v reflect.Value) bool {
	switch to := v.Addr().Interface().(type) {
	case *time.Time:
		var err error
		if *to, err = time.Parse(time.RFC3339, text); err != nil {
			*to, err = http.ParseTime(text)
		}
		return err == nil
	case encoding.TextUnmarshaler:
		return to.UnmarshalText([]byte(text)) == nil
	}
	var err error
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		var b bool
		b, err = strconv.ParseBool(text)
		v.SetBool(b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		var n int64
		n, err = strconv.ParseInt(text, 10, v.Type().Bits())
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		var n uint64
		n, err = strconv.ParseUint(text, 10, v.Type().Bits())
		v.SetUint(n)
	case reflect.Float32, reflect.Float64:
		var n float64
		n, err = strconv.ParseFloat(text, v.Type().Bits())
		v.SetFloat(n)
	default:
		return false
	}
	return err == nil
}
