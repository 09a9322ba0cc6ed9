package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// object is a JSON object whose members have an order. A value is an object, a list
// ([]any), a text, a number (int), a boolean, or JSON that is written already
// (json.RawMessage).
type object []member

type member struct {
	key   string
	value any
}

func (o *object) set(key string, value any) { *o = append(*o, member{key, value}) }

// setText adds a text, if there is one.
func (o *object) setText(key, text string) {
	if text != "" {
		o.set(key, text)
	}
}

// setObject adds an object, if it has members.
func (o *object) setObject(key string, value object) {
	if len(value) > 0 {
		o.set(key, value)
	}
}

func (o object) get(key string) any {
	for _, m := range o {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// without returns an object without some of its members.
func (o object) without(keys ...string) object {
	var kept object
members:
	for _, m := range o {
		for _, key := range keys {
			if m.key == key {
				continue members
			}
		}
		kept = append(kept, m)
	}
	return kept
}

// widest is how long a value may be that stands on one line.
const widest = 100

// text writes a document. A value that is short stands on one line.
func text(document object) []byte {
	var b bytes.Buffer
	write(&b, document, 0)
	b.WriteByte('\n')
	return b.Bytes()
}

func write(b *bytes.Buffer, value any, depth int) {
	before := b.Len()
	if depth > 0 && onLine(b, value, before+widest) {
		return
	}
	b.Truncate(before)
	between := func(first bool) {
		if !first {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.WriteString(strings.Repeat("  ", depth+1))
	}
	end := func(bracket byte) {
		b.WriteByte('\n')
		b.WriteString(strings.Repeat("  ", depth))
		b.WriteByte(bracket)
	}
	switch v := value.(type) {
	case object:
		b.WriteByte('{')
		for k, m := range v {
			between(k == 0)
			quote(b, m.key)
			b.WriteString(": ")
			write(b, m.value, depth+1)
		}
		end('}')
	case []any:
		b.WriteByte('[')
		for k, item := range v {
			between(k == 0)
			write(b, item, depth+1)
		}
		end(']')
	default:
		scalar(b, value)
	}
}

// onLine writes a value on one line, and reports whether it ends before most.
func onLine(b *bytes.Buffer, value any, most int) bool {
	switch v := value.(type) {
	case object:
		b.WriteByte('{')
		for k, m := range v {
			if k > 0 {
				b.WriteString(", ")
			}
			quote(b, m.key)
			b.WriteString(": ")
			if !onLine(b, m.value, most) {
				return false
			}
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for k, item := range v {
			if k > 0 {
				b.WriteString(", ")
			}
			if !onLine(b, item, most) {
				return false
			}
		}
		b.WriteByte(']')
	default:
		scalar(b, value)
	}
	return b.Len() <= most
}

func scalar(b *bytes.Buffer, value any) {
	switch v := value.(type) {
	case string:
		quote(b, v)
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case int:
		b.WriteString(strconv.Itoa(v))
	case json.RawMessage:
		b.Write(v)
	default:
		panic(fmt.Sprintf("openapi: no JSON for %T", value)) // something was added that writes no value of these
	}
}

func quote(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text cannot fail
	b.Truncate(b.Len() - 1)
}
