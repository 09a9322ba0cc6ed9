package httpsig

import (
	"bytes"
	"io"
)

// checkBody reads the body if its digest is covered, compares it with every
// digest field that is, and puts it back.
func (v *Verifier) checkBody(m *message, covered []component, body *io.ReadCloser, size int64, mustBeEmpty bool) error {
	var content []byte
	read := false
	for i := range covered {
		c := &covered[i]
		if !isDigestField(c.name) || c.flags&flagReq != 0 {
			continue // with ;req it is the request's body, which the answer's reader sent itself
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
			return refuse(ErrNotCovered, "a digest of the body, which the message has")
		}
	}
	return nil
}

// readBody reads all of the body and replaces it by what was read.
func (v *Verifier) readBody(body *io.ReadCloser, size int64) ([]byte, error) {
	limit := v.policy.MaxBody
	if size > limit {
		return nil, refuse(ErrBodyTooLarge, "%d bytes, more than %d", size, limit)
	}
	if *body == nil {
		return nil, nil
	}
	// A byte more than is said, so that the end is seen without growing.
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
			return nil, refuse(ErrBodyTooLarge, "more than %d bytes", limit)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, refuse(ErrBody, "read it: %w", err)
		}
	}
	again := &readAgain{close: *body}
	again.Reset(content)
	*body = again
	return content, nil
}

// readAgain is a body that was read already.
type readAgain struct {
	bytes.Reader
	close io.Closer
}

func (r *readAgain) Close() error { return r.close.Close() }
