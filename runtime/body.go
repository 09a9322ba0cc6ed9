package runtime

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"sync"
)

// body is the body of a request. Each attempt sends all of it.
type body struct {
	contentType string
	content     []byte
	form        *multipartForm // in place of reader, until prepare is called
	reader      io.Reader      // the argument of Request.Body, until prepare is called
	rewinder    *rewinder      // in place of content: read while it is sent
}

// prepare makes the body ready to be sent more than once. If whole is true, it
// reads all of it into memory, as a signature over its digest requires.
func (b *body) prepare(whole bool) error {
	if b == nil {
		return nil
	}
	if b.form != nil {
		var err error
		if b.reader, err = b.form.reader(); err != nil {
			return fmt.Errorf("body: %w", err)
		}
		b.form = nil
	}
	if b.reader == nil {
		return nil
	}
	if seeker, ok := b.reader.(io.ReadSeeker); ok && !whole {
		if b.rewinder == nil {
			r, err := newRewinder(seeker)
			if err != nil {
				return fmt.Errorf("body: %w", err)
			}
			b.rewinder = r
		}
		return nil
	}
	content, err := readLimited(b.reader, -1, math.MaxInt64)
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	b.content, b.reader = content, nil
	return nil
}

// attach sets the body of the request of one attempt.
func (b *body) attach(req *http.Request) error {
	req.ContentLength = int64(len(b.content))
	if b.rewinder != nil {
		req.ContentLength = b.rewinder.length
	}
	if req.ContentLength == 0 {
		req.Body = http.NoBody
		return nil
	}
	var err error
	req.Body, err = b.open()
	return err
}

// open returns a reader of the whole body.
func (b *body) open() (io.ReadCloser, error) {
	if b.rewinder == nil {
		return io.NopCloser(bytes.NewReader(b.content)), nil
	}
	reader, err := b.rewinder.rewind()
	if err != nil {
		return nil, fmt.Errorf("body cannot be read from its beginning: %w", err)
	}
	return reader, nil
}

// rewinder gives each attempt a reader of the same seeker. net/http may go on
// reading the body of an attempt after it has returned an error, so a new attempt
// makes the reader of the attempt before it invalid.
type rewinder struct {
	seeker        io.ReadSeeker
	start, length int64
	lock          sync.Mutex
	holder        *loan
}

func newRewinder(seeker io.ReadSeeker) (*rewinder, error) {
	start, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	end, err := seeker.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	return &rewinder{seeker: seeker, start: start, length: max(end-start, 0)}, nil
}

func (r *rewinder) rewind() (io.ReadCloser, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if _, err := r.seeker.Seek(r.start, io.SeekStart); err != nil {
		return nil, err
	}
	r.holder = &loan{from: r}
	return r.holder, nil
}

// loan is the reader of one attempt. It is valid until the next attempt begins.
type loan struct{ from *rewinder }

func (l *loan) Read(p []byte) (int, error) {
	l.from.lock.Lock()
	defer l.from.lock.Unlock()
	if l.from.holder != l {
		return 0, errors.New("runtime: the body belongs to a later attempt now")
	}
	return l.from.seeker.Read(p)
}

func (l *loan) Close() error {
	l.from.lock.Lock()
	defer l.from.lock.Unlock()
	if l.from.holder == l {
		l.from.holder = nil
	}
	return nil
}
