package runtime

import (
	"time"

	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// UnmarshalJSON reads JSON into what v points to, as a call reads the body of a
// response: for the event of a webhook, or for a value that was stored. It is
// json.Unmarshal, but takes two things that encoding/json refuses, so that one value
// that a server writes in its own way does not cost the rest.
//
// An integer is read in every form that JSON has for it (1.0, 1e3).
//
// A time is read if only one can be meant: RFC 3339 with a space or a small "t" in
// place of the "T", with "z" or " UTC" in place of the "Z", with a space before the
// offset, with an offset +0000 or +00, without an offset (UTC), without seconds, or a
// date alone. Any other text, and a number, becomes a time for which [UnreadTime] has
// the text. A [Date] is read from all of these too, and has [Date.Unread]. In a
// union such a value counts as no time, so that a text stays a text.
//
// JSON that encoding/json reads costs no more. Generated structs could read the rest
// only with a method UnmarshalJSON each, which would make all decoding more than twice
// as slow.
func UnmarshalJSON(data []byte, v any) error { return jsonvalue.Unmarshal(data, v) }

// MarshalJSON is json.Marshal, but writes a time that could not be read as it was
// received, as calls do, where encoding/json has an error. Slices and maps that are nil
// are written as empty.
func MarshalJSON(v any) ([]byte, error) { return jsonvalue.Marshal(v) }

// UnreadTime returns the text that a server sent where a time was expected, and true,
// if t stands for one that no time could be read from; see [UnmarshalJSON]. Such a
// time is zero ([time.Time.IsZero]). Calls send it as it was received; json.Marshal
// has an error in place of a time that nobody meant. A time made from it, as with
// [time.Time.UTC], is the zero time alone.
func UnreadTime(t time.Time) (text string, ok bool) {
	text, ok = jsonvalue.Unread(t)
	if !ok {
		return "", false
	}
	return jsonvalue.UnreadText(text), true
}
