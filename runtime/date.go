package runtime

import (
	"fmt"
	"time"
)

// Date is a calendar date without a time or a zone (full-date of RFC 3339,
// section 5.6). The zero Date is no date; it cannot be sent.
type Date struct {
	Year  int // 0 to 9999
	Month int // 1 to 12
	Day   int // 1 to 31
}

// ParseDate reads "2006-01-02". A date that does not exist is an error.
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
	return Date{Year: year, Month: int(month), Day: day}
}

// In returns the first instant of the date in loc.
func (d Date) In(loc *time.Location) time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, loc)
}

// IsZero reports whether d is the zero Date.
func (d Date) IsZero() bool { return d == Date{} }

// String returns the date as "2006-01-02".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// MarshalText returns the date as "2006-01-02". A date that does not exist is
// an error: it would otherwise become another one.
func (d Date) MarshalText() ([]byte, error) {
	if d.Year < 0 || d.Year > 9999 || DateOf(d.In(time.UTC)) != d {
		return nil, fmt.Errorf("runtime: %s is not a date of the calendar", d)
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads "2006-01-02".
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
