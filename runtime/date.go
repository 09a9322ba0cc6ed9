package runtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// Date is a calendar date without a time or a zone (full-date of RFC 3339, section
// 5.6). The zero Date is not a date and cannot be encoded.
type Date struct {
	Year  int // 0 to 9999
	Month time.Month
	Day   int // 1 to 31

	unread string // JSON from which no date could be read; "" for a date
}

// ParseDate parses "2006-01-02". A date that does not exist is an error.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("runtime: %.40q is not a date of the form 2006-01-02", s)
	}
	return DateOf(t), nil
}

// DateOf returns the date of t in t's own location.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{Year: year, Month: month, Day: day}
}

// In returns the first instant of the date in loc. That is not midnight if the clocks go
// forward at midnight. For a date that a zone left out, as Samoa did with 2011-12-30,
// it is the first instant after it.
func (d Date) In(loc *time.Location) time.Time {
	begin := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	// Go through the spans of time in which the offset from UTC is constant, beginning
	// two days earlier, because every offset is shorter than that.
	for t := begin.AddDate(0, 0, -2).In(loc); ; {
		_, change := t.ZoneBounds()
		_, seconds := t.Zone()
		offset := time.Duration(seconds) * time.Second
		first := begin.Add(-offset).In(loc)
		if first.Before(t) {
			first = t
		}
		if change.IsZero() || first.Before(change) {
			return first
		}
		t = change
	}
}

// IsZero reports whether d is the zero Date.
func (d Date) IsZero() bool { return d == Date{} }

// Unread returns the text that a server sent where a date was expected, and true, if
// none could be read from it; see [UnmarshalJSON]. Such a Date has no year, and is
// written as it was received.
func (d Date) Unread() (text string, ok bool) {
	if d.unread == "" {
		return "", false
	}
	return jsonvalue.UnreadText(d.unread), true
}

// String returns the date as "2006-01-02".
func (d Date) String() string {
	if text, ok := d.Unread(); ok {
		return text
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// MarshalText returns the date as "2006-01-02". A date that does not exist is an error.
func (d Date) MarshalText() ([]byte, error) {
	if text, ok := d.Unread(); ok {
		return []byte(text), nil
	}
	if d.Year < 0 || d.Year > 9999 || DateOf(d.In(time.UTC)) != d {
		return nil, fmt.Errorf("runtime: %s is not a date of the calendar", d)
	}
	return []byte(d.String()), nil
}

// MarshalJSON encodes the date as "2006-01-02". A date that does not exist is an error.
func (d Date) MarshalJSON() ([]byte, error) {
	if d.unread != "" {
		return []byte(d.unread), nil
	}
	text, err := d.MarshalText()
	if err != nil {
		return nil, err
	}
	return json.Marshal(string(text))
}

// UnmarshalJSON decodes a date. It takes the date of what is nearly a time of RFC 3339,
// and keeps a text or a number that is neither; see [Date.Unread].
func (d *Date) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, jsonNull) {
		return nil
	}
	if n := len(time.DateOnly); len(data) == n+2 && data[0] == '"' {
		if date, err := ParseDate(string(data[1 : n+1])); err == nil {
			*d = date // as nearly always
			return nil
		}
	}
	switch jsonvalue.Kind(data) {
	case "string":
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		if start, ok := jsonvalue.ReadDate(text); ok {
			if date, err := ParseDate(start); err == nil {
				*d = date
				return nil
			}
		}
	case "number", "boolean":
	default:
		return errors.New("runtime: an object or a list is not a date")
	}
	*d = Date{unread: string(data)}
	return nil
}

// UnmarshalText parses "2006-01-02".
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
