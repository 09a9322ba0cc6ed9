package httpsig

import (
	"bytes"
	"io"
)

// checkBody compares the body with every digest of it that is covered. It reads the
// body for that, and leaves one in its place that can be read again. If
// mustBeEmpty, no digest had to be covered because there seemed to be no body;
// checkBody then makes sure that there is none.
func (v *Verifier) checkBody(m *message, covered []component, body *io.ReadCloser, size int64, mustBeEmpty bool) error {
	var content []byte
	read := false
	for i := range covered {
		c := &covered[i]
		if !isDigestField(c.name) || c.flags&flagReq != 0 {
			continue // with ;req it is the digest of the request's body, which the reader of the response sent
		}
		if !read {
			var err error
			if content, err = v.readBody(body, size); err != nil {
				return err
			}
			read = true
		}
		values, err := m.values(c)
		if err != nil {
			return err
		}
		if err := checkDigest(c.name, join(values), content); err != nil {
			return err
		}
	}
	if mustBeEmpty && !read {
		content, err := v.readBody(body, size)
		if err != nil {
			return err
		}
		if len(content) > 0 {
			return refuse(ErrNotCovered, "the message has a body, but no digest of it is covered")
		}
	}
	return nil
}

// readBody returns the whole body and leaves one in its place that can be read again.
// size is its length in bytes, or noLength.
func (v *Verifier) readBody(body *io.ReadCloser, size int64) ([]byte, error) {
	limit := v.policy.MaxBody
	if size > limit {
		return nil, refuse(ErrBodyTooLarge, "it has %d bytes; the limit is %d", size, limit)
	}
	if *body == nil {
		return nil, nil
	}
	// One byte more than the stated length, so that the end shows without growing.
	const unknown = 512
	if size < 0 {
		size = unknown
	}
	content := make([]byte, 0, size+1)
	for {
		if len(content) == cap(content) {
			content = append(content, 0)[:len(content)]
		}
		n, err := (*body).Read(content[len(content):cap(content)])
		content = content[:len(content)+n]
		if int64(len(content)) > limit {
			return nil, refuse(ErrBodyTooLarge, "it has more than %d bytes, the limit", limit)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, refuse(ErrBody, "reading it: %w", err)
		}
	}
	again := &readAgain{close: *body}
	again.Reset(content)
	*body = again
	return content, nil
}

// readAgain is a body that was read and can be read again.
type readAgain struct {
	bytes.Reader
	close io.Closer
}

func (r *readAgain) Close() error { return r.close.Close() }
