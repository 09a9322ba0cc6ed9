package runtime

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"strings"

	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// maxValue is the largest value of a sequence, in bytes.
const maxValue = 4 << 20

// DoValues is [Do] for an operation whose response is a sequence of values, each of
// which is decoded when it has arrived: the data of server-sent events
// (text/event-stream, as in the HTML standard), lines of JSON (application/x-ndjson,
// application/jsonl), or a JSON text sequence (application/json-seq, RFC 7464).
//
// The call is made when the iteration begins, and ends with it: leaving the loop closes
// the connection. The sequence ends with the response, and after an error: that of the
// call, a [*DecodeError] for a value that cannot be decoded, [ErrTooLarge] for one of
// more than 4 MiB, or why reading failed. It is an error too if nothing arrives within
// the limit of [WithAttemptTimeout] (30 s without it): for a server that is silent for
// longer, give a longer one.
//
// Of an event, the data is the value, [WithEvent] tells its name and its id, and events without data are skipped, as comments
// are. The data [DONE], with which some APIs end a sequence, is its end. A value behind
// which the line does not end is read too. A response without content (204) has no values.
//
// The iterator may be used several times, one after the other; each makes the call.
func DoValues[T any](ctx context.Context, c Caller, r *Request, opts ...CallOption) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := readValues(ctx, c, r, opts, func() any { return new(T) }, func(v any) bool { return yield(*v.(*T), nil) })
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

// readValues makes the call, and yields pointers to its values until yield returns
// false. It is not part of DoValues because a binary would contain its code once for
// each T.
func readValues(ctx context.Context, c Caller, r *Request, opts []CallOption, newValue func() any, yield func(any) bool) error {
	resp, err := do(ctx, c, r, streaming, opts)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.Status == http.StatusNoContent {
		return nil
	}
	values, err := newValueReader(resp.Body, resp.Header.Get("Content-Type"))
	if err != nil {
		return resp.undecodable(err)
	}
	var options callOptions
	for _, o := range opts {
		o.applyCall(&options)
	}
	if options.event == nil {
		options.event = new(Event)
	}
	for {
		text, err := values.next()
		*options.event = values.event
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", resp.operation, err)
		}
		v := newValue()
		if err := jsonvalue.Unmarshal(text, v); err != nil {
			return resp.undecodable(err)
		}
		if !yield(v) {
			return nil
		}
	}
}

// Event is what is known of a server-sent event beside its data.
type Event struct {
	Name string // what the event is called, "" if it has no name
	ID   string // the last id that the server sent, with this event or an earlier one; "" if there was none
}

// WithEvent fills in event before each value of server-sent events is yielded (see
// [DoValues]); for other sequences it makes it empty. When the sequence has ended, its ID
// is the last that arrived. Nothing goes on by itself where a sequence broke off: make
// the call again with WithHeader("Last-Event-ID", event.ID), if the API takes that.
// Calls that run at the same time must not share an event.
func WithEvent(event *Event) CallOption {
	return callOption(func(o *callOptions) { o.event = event })
}

// valueReader reads the texts of a sequence.
type valueReader struct {
	reader *bufio.Reader
	next   func() ([]byte, error) // returns the next text, which holds until next is called again; io.EOF at the end
	text   []byte
	line   []byte
	begun  bool // a line has been read
	end    byte // what the last line ended with, 0 within a line
	event  Event
}

func newValueReader(body io.Reader, contentType string) (*valueReader, error) {
	r := &valueReader{reader: bufio.NewReader(body)}
	essence, _, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the media type %q cannot be read", contentType)
	case essence == "text/event-stream":
		r.next = r.nextEvent
	case essence == "application/json-seq" || strings.HasSuffix(essence, "+json-seq"):
		r.next = r.nextInSequence
	case strings.Contains(essence, "ndjson") || strings.Contains(essence, "jsonl") || strings.Contains(essence, "json-lines"):
		r.next = r.nextLine
	default:
		return nil, fmt.Errorf("it is %s, where a sequence of values was expected", essence)
	}
	return r, nil
}

// readLine returns what stands before one of the bytes that end a line. At the end of
// the body it returns what is left, and then io.EOF. A line feed behind a carriage
// return belongs to it.
func (r *valueReader) readLine(ends string) ([]byte, error) {
	r.line = r.line[:0]
	for {
		_, err := r.reader.Peek(1)
		switch {
		case err == io.EOF && len(r.line) > 0:
			r.end = 0
			return r.line, nil
		case err != nil:
			return nil, err
		}
		arrived, _ := r.reader.Peek(r.reader.Buffered())
		if arrived[0] == '\n' && r.end == '\r' {
			r.end = '\n'
			_, _ = r.reader.Discard(1)
			continue
		}
		part, end := arrived, byte(0)
		for _, e := range []byte(ends) {
			if i := bytes.IndexByte(part, e); i >= 0 {
				part, end = part[:i], e
			}
		}
		if len(r.line)+len(part) > maxValue {
			return nil, tooLarge(maxValue)
		}
		r.line, r.end = append(r.line, part...), end
		if end == 0 {
			_, _ = r.reader.Discard(len(part))
			continue
		}
		_, _ = r.reader.Discard(len(part) + 1)
		return r.line, nil
	}
}

func (r *valueReader) nextLine() ([]byte, error) {
	for {
		line, err := r.readLine("\n")
		if err != nil {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
	}
}

// nextInSequence returns a text when the line ends on which it is complete, and not only
// when the next one begins. One that is not complete then is an error to its reader.
func (r *valueReader) nextInSequence() ([]byte, error) {
	const separator = "\x1e"
	r.text = r.text[:0]
	var open nesting
	for {
		line, err := r.readLine("\n" + separator)
		if err == io.EOF && len(r.text) > 0 {
			return r.text, nil
		}
		if err != nil {
			return nil, err
		}
		if len(r.text)+len(line) >= maxValue {
			return nil, tooLarge(maxValue)
		}
		if len(r.text) > 0 || len(bytes.TrimSpace(line)) > 0 {
			r.text = append(append(r.text, line...), '\n')
			open.read(line)
		}
		if len(r.text) > 0 && (open.depth <= 0 && !open.text || r.end == separator[0]) {
			return r.text, nil
		}
	}
}

// nesting tells where a text of JSON ends, without reading any of it twice.
type nesting struct {
	depth int  // objects and arrays that are open
	text  bool // a string is open
	slash bool // a backslash in it has just been read
}

func (n *nesting) read(part []byte) {
	for _, c := range part {
		switch {
		case n.slash:
			n.slash = false
		case n.text:
			n.slash, n.text = c == '\\', c != '"'
		case c == '"':
			n.text = true
		case c == '{' || c == '[':
			n.depth++
		case c == '}' || c == ']':
			n.depth--
		}
	}
}

// nextEvent returns the data of the next event that has any. The name and the id of an
// event hold when it is complete: who asks for what follows an id must not miss an event
// that broke off.
func (r *valueReader) nextEvent() ([]byte, error) {
	r.text = r.text[:0]
	event := Event{ID: r.event.ID}
	for {
		line, err := r.readLine("\r\n")
		if err != nil && (err != io.EOF || len(r.text) == 0) {
			return nil, err
		}
		if !r.begun {
			line, r.begun = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")), true
		}
		if len(line) == 0 {
			r.event = event
			text := bytes.TrimSuffix(r.text, []byte("\n"))
			if string(text) == "[DONE]" {
				return nil, io.EOF
			}
			if len(text) > 0 {
				return text, nil
			}
			r.text, event.Name = r.text[:0], ""
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			event.Name = string(value)
		case "id":
			if bytes.IndexByte(value, 0) < 0 {
				event.ID = string(value)
			}
		case "data":
			if len(r.text)+len(value) >= maxValue {
				return nil, tooLarge(maxValue)
			}
			r.text = append(append(r.text, value...), '\n')
		}
	}
}
