package sandbox

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"regexp"
	"time"
)

// idempotent identifies a request that must be performed only once.
type idempotent struct {
	client, key string
	request     [sha256.Size]byte // of method, path, query and body
}

type repeatKey struct{ client, key string }

// repeats holds the responses to requests with an idempotency key that succeeded.
// The newest 10,000 are kept for 24 hours, up to 64 MiB.
type repeats struct {
	stored map[repeatKey]*repeat
	order  []repeatKey // the oldest first
	bytes  int
}

type repeat struct {
	request  [sha256.Size]byte
	response *response
	until    time.Time
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// idempotencyKey returns the idempotency key of a request, if its operation needs
// one.
func (s *Server) idempotencyKey(x *exchange) (*idempotent, *problem) {
	name := s.catalogue.Idempotency
	if name == "" || x.route.op.IdempotencyKey != "required" {
		return nil, nil
	}
	values := x.r.Header.Values(name)
	switch {
	case len(values) == 0 || values[0] == "":
		return nil, refuse(http.StatusBadRequest, fmt.Sprintf("%s needs the header %q with a UUID", x.route.op.ID, name)).titled("Missing idempotency key")
	case len(values) > 1 || !uuidForm.MatchString(values[0]):
		return nil, refuse(http.StatusBadRequest, fmt.Sprintf("header %q is not a UUID", name)).titled("Invalid idempotency key")
	}
	hash := sha256.New()
	for _, part := range []string{x.r.Method, x.r.URL.EscapedPath(), x.r.URL.RawQuery, string(x.body)} {
		fmt.Fprintf(hash, "%d:%s,", len(part), part)
	}
	key := &idempotent{client: x.call.Client, key: values[0]}
	hash.Sum(key.request[:0])
	return key, nil
}

// recall returns the response that was given to the same request under the same key,
// or nil. It refuses a key that was used for another request.
func (r *repeats) recall(key *idempotent, now time.Time) (*response, *problem) {
	stored := r.stored[repeatKey{key.client, key.key}]
	switch {
	case stored == nil || !now.Before(stored.until):
		return nil, nil
	case stored.request != key.request:
		return nil, refuse(http.StatusUnprocessableEntity, "the idempotency key was used for another request: another operation or another body").titled("Idempotency key reused")
	}
	again := *stored.response
	again.header = again.header.Clone()
	again.header.Set("Idempotency-Replayed", "true")
	return &again, nil
}

func (r *repeats) remember(key *idempotent, a *response, now time.Time) {
	if r.stored == nil {
		r.stored = map[repeatKey]*repeat{}
	}
	id := repeatKey{key.client, key.key}
	if old := r.stored[id]; old != nil { // it has expired; the new one takes its place in the order
		r.bytes -= len(old.response.body)
	} else {
		r.order = append(r.order, id)
	}
	copied := *a
	copied.header = a.header.Clone()
	r.stored[id] = &repeat{key.request, &copied, now.Add(keepIdempotent)}
	r.bytes += len(a.body)
	for len(r.order) > 1 && (len(r.order) > maxIdempotent || r.bytes > maxStoredBytes) {
		r.bytes -= len(r.stored[r.order[0]].response.body)
		delete(r.stored, r.order[0])
		r.order = r.order[1:]
	}
}
