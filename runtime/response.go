package runtime

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

const (
	// maxResponse is the largest successful response, in bytes, that is read into memory.
	maxResponse = 32 << 20
	// maxErrorBody is how many bytes of another response are kept.
	maxErrorBody = 64 << 10
	// maxDrain is how many bytes of an unwanted body are read so that the connection
	// can be used again. To read more costs more than a new connection.
	maxDrain = 256 << 10
)

// Response is a successful response (2xx) of an operation, or a redirect that is its
// result. Its Body is in memory and holds no connection; it need not be closed.
type Response struct {
	Status int
	Header http.Header
	Body   io.ReadCloser

	url       *url.URL // of the request
	operation string
	requestID string
	// Returns what must not stand in errors, and what replaces it; nil in a response made
	// by hand. It is a function, because a printer that follows fields would find them.
	secrets func() (replacement string, secrets []string)
}

// failed returns the error of a response that cannot be read.
func (r *Response) failed(err error) *DecodeError {
	failed := &DecodeError{
		Operation:   r.operation,
		Status:      r.Status,
		ContentType: r.Header.Get("Content-Type"),
		RequestID:   r.requestID,
		Err:         err,
	}
	if r.secrets != nil {
		replacement, secrets := r.secrets()
		failed.ContentType = redactString(failed.ContentType, replacement, secrets...)
		failed.RequestID = redactString(failed.RequestID, replacement, secrets...)
		failed.Err = redactError(err, replacement, secrets...)
	}
	return failed
}

// Stream is the body of a successful response, for example a PDF, read as it
// arrives. Read it to its end, then close it. Closing it earlier closes the
// connection.
// Reading returns an error if the connection breaks, if nothing more arrives
// within the limit of [WithAttemptTimeout] (30 s without it), or if the call's
// context ends.
type Stream struct {
	ContentType string
	Status      int
	Header      http.Header

	body io.ReadCloser
}

// Read reads from the body.
func (s *Stream) Read(p []byte) (int, error) { return s.body.Read(p) }

// Close ends the call.
func (s *Stream) Close() error { return s.body.Close() }

// DecodeJSON decodes the body of a response into what v points to, for an operation
// that has several success statuses. It ignores members that v has no field for. An empty
// body, malformed JSON, and anything after the JSON value is a [*DecodeError].
func DecodeJSON(r *Response, v any) error {
	content, err := r.content()
	if err == nil && len(bytes.TrimSpace(content)) == 0 {
		err = errors.New("it is empty, where JSON was expected")
	}
	if err == nil {
		err = jsonvalue.Unmarshal(content, v)
	}
	if err == nil {
		return nil
	}
	return r.undecodable(err)
}

// undecodable returns the error for content that cannot be decoded.
func (r *Response) undecodable(err error) *DecodeError {
	failed := r.failed(err)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		failed.Offset = syntax.Offset
	} else if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		failed.Offset = mismatch.Offset
	}
	return failed
}

// content returns the rest of the body.
func (r *Response) content() ([]byte, error) {
	if body, ok := r.Body.(*memory); ok {
		rest := body.content[len(body.content)-body.Len():]
		body.Reset(nil)
		return rest, nil
	}
	if r.Body == nil {
		return nil, nil
	}
	defer r.Body.Close()
	return readLimited(r.Body, -1, maxResponse)
}

// memory is a body that is already in memory.
type memory struct {
	bytes.Reader
	content []byte
}

func newMemory(content []byte) *memory {
	m := &memory{content: content}
	m.Reset(content)
	return m
}

func (m *memory) Close() error { return nil }

// readLimited reads all of r and returns it, and ErrTooLarge if it has more than
// limit bytes. size is the announced number of bytes, -1 if there is none; a large
// one is not believed, so that a false one costs little memory. With an error,
// readLimited returns what it has read so far.
func readLimited(r io.Reader, size, limit int64) ([]byte, error) {
	const believed = 1 << 20
	if size > limit {
		return nil, tooLarge(limit)
	}
	if size < 0 {
		size = 512
	}
	content := make([]byte, 0, min(size, believed)+1) // one more than announced, so that the end is found without growing
	for {
		if len(content) == cap(content) {
			content = append(content, 0)[:len(content)]
		}
		n, err := r.Read(content[len(content):cap(content)])
		content = content[:len(content)+n]
		switch {
		case int64(len(content)) > limit:
			return content[:limit], tooLarge(limit)
		case err == io.EOF:
			return content, nil
		case err != nil:
			return content, err
		}
	}
}

func tooLarge(limit int64) error {
	return fmt.Errorf("%w: it has more than %d bytes", ErrTooLarge, limit)
}

// decompress returns a reader of the body without gzip. net/http removes gzip
// itself, but other RoundTrippers may not. size is the number of bytes that the
// reader gives, or -1 if that is not known.
func decompress(resp *http.Response) (r io.Reader, size int64, err error) {
	if coding := contentCoding(resp); coding != "gzip" && coding != "x-gzip" {
		return resp.Body, resp.ContentLength, nil
	}
	unzipped, err := gzip.NewReader(resp.Body)
	if err == io.EOF {
		return http.NoBody, 0, nil // no body at all, as after HEAD
	}
	if err == nil {
		// As net/http does, because the fields describe the compressed body.
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
	}
	return unzipped, -1, err
}

// unknownCoding returns the content coding of a response, and reports whether it is
// one that decompress cannot remove.
func unknownCoding(resp *http.Response) (string, bool) {
	switch coding := contentCoding(resp); coding {
	case "", "identity", "gzip", "x-gzip":
		return "", false
	default:
		return coding, true
	}
}

func contentCoding(resp *http.Response) string {
	return strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding")))
}

// drain reads a short rest of a body and closes it, so that the connection can be
// used again.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, maxDrain)
	_ = body.Close()
}

// streamed is the body of a Stream. Closing it ends the call.
type streamed struct {
	reader io.Reader
	body   io.ReadCloser
	limit  int64                // bytes that may still arrive; negative: no limit
	cause  func(error) error    // returns why reading failed
	stall  func() (stop func()) // limits the time until stop is called
	end    func()               // ends the call
}

func (s *streamed) Read(p []byte) (int, error) {
	if s.limit == 0 {
		// After the last byte allowed, only the end may follow.
		p = make([]byte, 1)
	} else if s.limit > 0 && int64(len(p)) > s.limit {
		p = p[:s.limit]
	}
	stop := s.stall()
	n, err := s.reader.Read(p)
	stop()
	if s.limit == 0 && n > 0 {
		return 0, ErrTooLarge
	}
	if s.limit > 0 {
		s.limit -= int64(n)
	}
	if err != nil && err != io.EOF {
		err = s.cause(err)
	}
	return n, err
}

func (s *streamed) Close() error {
	err := s.body.Close()
	s.end()
	return err
}
