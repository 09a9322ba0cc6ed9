package jsonvalue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"
)

// unreadOffset is the offset of the zone that keeps what no time could be read from.
// RFC 3339 has no such offset, so that nothing writes such a time as another by
// mistake: its method MarshalJSON fails.
const unreadOffset = 99 * 60 * 60

// unread returns the time that stands for JSON from which no time could be read: the
// zero time, in a zone of that name.
func unread(text []byte) time.Time {
	return time.Time{}.In(time.FixedZone(string(text), unreadOffset))
}

// Unread returns the JSON for which t stands, and whether t is such a time.
func Unread(t time.Time) (text string, ok bool) {
	if !t.IsZero() {
		return "", false
	}
	name, offset := t.Zone()
	if offset != unreadOffset {
		return "", false
	}
	return name, true
}

// UnreadText returns the text of JSON that no time could be read from.
func UnreadText(jsonText string) string {
	var text string
	if json.Unmarshal([]byte(jsonText), &text) == nil {
		return text
	}
	return jsonText
}

// unmarshalTime reads a time, or keeps a string, a number or a boolean from which none
// can be read.
func unmarshalTime(data []byte, to *time.Time) error {
	if json.Unmarshal(data, to) == nil {
		return nil
	}
	switch Kind(data) {
	case "string":
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		var ok bool
		if *to, ok = readTime(text); ok {
			return nil
		}
	case "number", "boolean":
	default:
		return json.Unmarshal(data, to)
	}
	*to = unread(bytes.TrimSpace(data))
	return nil
}

// nearly are forms beside RFC 3339 in which only one time can be meant, if a time
// without an offset is one of UTC. time.Parse takes a fraction of the second in each.
var nearly = []string{
	time.RFC3339,
	"2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700", "2006-01-02T15:04",
	time.DateOnly,
}

// readTime reads what is nearly a time of RFC 3339: with a space or a small "t" in
// place of "T", a space before the offset, "z" or " UTC" in place of "Z", an offset
// +0000 or +00, without an offset, without seconds, or a date alone.
func readTime(text string) (time.Time, bool) {
	b := []byte(strings.TrimSpace(text))
	if at := len(time.DateOnly); len(b) > at && (b[at] == ' ' || b[at] == 't') {
		b[at] = 'T'
	}
	text = string(b)
	if rest, ok := strings.CutSuffix(text, "UTC"); ok {
		text = strings.TrimSuffix(rest, " ") + "Z"
	}
	if rest, ok := strings.CutSuffix(text, "z"); ok {
		text = rest + "Z"
	}
	for _, sign := range []string{" +", " -", " Z"} {
		text = strings.Replace(text, sign, sign[1:], 1)
	}
	for _, form := range nearly {
		if t, err := time.Parse(form, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// ReadDate returns the date with which a text begins that is nearly a time of RFC
// 3339, as it stands in the text.
func ReadDate(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if _, ok := readTime(text); !ok {
		return "", false
	}
	return text[:len(time.DateOnly)], true
}

// marshalUnread returns v as JSON, which json.Marshal could not write, if that is due
// to times that could not be read. Each is written as it was received.
func marshalUnread(v any, failed error) ([]byte, error) {
	if t, ok := v.(*time.Time); ok && t != nil {
		v = *t
	}
	w := &unreadWriter{texts: map[string]string{}}
	replaced, changed := w.replace(reflect.ValueOf(v))
	if !changed {
		return nil, failed
	}
	text, err := json.Marshal(replaced.Interface())
	if err != nil {
		return nil, err
	}
	for placeholder, original := range w.texts {
		text = bytes.ReplaceAll(text, []byte(placeholder), []byte(original))
	}
	return text, nil
}

// unreadWriter puts times in place of those that could not be read.
type unreadWriter struct{ texts map[string]string } // JSON of such a time → what is written for it

// replace returns v with such times in it, and whether there are any. What v shares
// with others is copied. Types that write their JSON themselves do this themselves.
func (w *unreadWriter) replace(v reflect.Value) (reflect.Value, bool) {
	if !v.IsValid() {
		return v, false
	}
	t := v.Type()
	if t == timeType {
		text, ok := Unread(v.Interface().(time.Time))
		if !ok {
			return v, false
		}
		// Nobody can know the instant beforehand and send a text that equals it.
		stand := time.Unix(rand.Int64N(1<<36), rand.Int64N(1e9)).UTC()
		w.texts[fmt.Sprintf("%q", stand.Format(time.RFC3339Nano))] = text
		return reflect.ValueOf(stand), true
	}
	if writesItself(t) {
		return v, false
	}
	changed := false
	switch {
	case t.Kind() == reflect.Pointer && !v.IsNil():
		inner, innerChanged := w.replace(v.Elem())
		if !innerChanged {
			return v, false
		}
		out := reflect.New(t.Elem())
		out.Elem().Set(inner)
		return out, true
	case t.Kind() == reflect.Slice && !v.IsNil():
		out := reflect.MakeSlice(t, v.Len(), v.Len())
		for i := range v.Len() {
			item, itemChanged := w.replace(v.Index(i))
			out.Index(i).Set(item)
			changed = changed || itemChanged
		}
		return out, changed
	case t.Kind() == reflect.Map && !v.IsNil():
		out := reflect.MakeMapWithSize(t, v.Len())
		for entries := v.MapRange(); entries.Next(); {
			value, valueChanged := w.replace(entries.Value())
			out.SetMapIndex(entries.Key(), value)
			changed = changed || valueChanged
		}
		return out, changed
	case t.Kind() == reflect.Struct:
		out := reflect.New(t).Elem()
		out.Set(v)
		for i := range t.NumField() {
			if !t.Field(i).IsExported() {
				continue
			}
			field, fieldChanged := w.replace(v.Field(i))
			if fieldChanged {
				out.Field(i).Set(field)
			}
			changed = changed || fieldChanged
		}
		return out, changed
	}
	return v, false
}
