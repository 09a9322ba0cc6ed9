package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/scopegen/scopegen/spec"
)

// exchange is one request with what has been found out about it.
type exchange struct {
	r     *http.Request
	body  []byte
	route *route
	keyID string // of the signature
	token *token
	call  Call
	oauth bool // it is for the token endpoint or one like it

	thumbprint string // of the key of the DPoP proof, "" if there is none
}

// ServeHTTP answers one request. It checks in this order whether there is such an
// operation (404, 405), whether the request is signed (401), whether it has the keys
// or an access token (401) that permit the operation (403), whether an accepted media
// type can be sent (406), whether the parameters and the body are valid (400, 415),
// and whether it was performed before under its idempotency key.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := s.config.Now()
	x := &exchange{r: r, call: Call{Time: now, Method: r.Method, Path: r.URL.EscapedPath()}}
	s.mu.Lock()
	s.served++
	id := uuidOf("request " + strconv.FormatUint(s.served, 10))
	s.mu.Unlock()

	a, p := s.serve(x)
	if p != nil {
		a = s.refusal(x, p, id, now)
		x.call.Detail = p.detail
		if reason, ok := p.extra["reason"].(string); ok {
			x.call.Detail = reason
		}
	}
	x.call.Status = a.status

	header := w.Header()
	if nonce, _ := s.proofNonce(); nonce != "" {
		header.Set("DPoP-Nonce", nonce)
	}
	for name, values := range a.header {
		header[name] = values
	}
	if p == nil && x.route != nil {
		s.addHeaders(header, x.route.op)
	}
	if name := s.catalogue.RequestID; name != "" {
		header.Set(name, id)
	}
	hasBody := a.status != http.StatusNoContent && a.status != http.StatusNotModified && a.status >= 200
	if hasBody {
		header.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	// The call is recorded before the response is sent, so that a client that has
	// its response finds it.
	s.mu.Lock()
	s.calls.record(x.call, x.token)
	s.mu.Unlock()
	if s.config.OnCall != nil {
		s.config.OnCall(x.call)
	}
	w.WriteHeader(a.status)
	if hasBody && r.Method != http.MethodHead {
		_, _ = w.Write(a.body) // an error means that the client went away
	}
}

func (s *Server) serve(x *exchange) (*response, *problem) {
	path := x.r.URL.EscapedPath()
	if path == s.at.token && s.at.token != "" {
		x.call.Operation, x.oauth = "token", true
		if p := s.readBody(x); p != nil {
			return nil, p
		}
		return s.issue(x)
	}
	if s.at.device != "" {
		switch path {
		case s.at.device:
			x.call.Operation, x.oauth = "device authorization", true
			if p := s.readBody(x); p != nil {
				return nil, p
			}
			return s.askDevice(x)
		case s.at.device + "/page":
			x.call.Operation = "device page"
			return s.devicePage(x)
		}
	}
	if s.at.authorize != "" && path == s.at.authorize {
		x.call.Operation = "authorize"
		return s.authorizePage(x)
	}
	if s.at.revoke != "" && path == s.at.revoke {
		x.call.Operation, x.oauth = "revocation", true
		if p := s.readBody(x); p != nil {
			return nil, p
		}
		return s.revoke(x)
	}
	methods, err := s.router.find(path)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the path cannot be decoded: "+err.Error())
	}
	if methods == nil && slices.Contains(s.at.metadata, path) {
		x.call.Operation = "metadata"
		return s.metadata(x)
	}
	if methods == nil {
		return nil, refuse(http.StatusNotFound, fmt.Sprintf("the API has no path %q", path))
	}
	twins := asked(methods[x.r.Method], x.r.URL.Query())
	if len(twins) == 0 && methods[x.r.Method] != nil {
		var queries []string
		for rt := methods[x.r.Method]; rt != nil; rt = rt.twin {
			_, query := spec.CutQuery(rt.op.Path)
			queries = append(queries, "?"+query)
		}
		return nil, refuse(http.StatusNotFound, fmt.Sprintf("there is no %s %s with this query; it needs %s", x.r.Method, path, strings.Join(queries, " or ")))
	}
	if len(twins) == 0 {
		allowed := make([]string, 0, len(methods))
		for method := range methods {
			allowed = append(allowed, method)
		}
		slices.Sort(allowed)
		return nil, refuse(http.StatusMethodNotAllowed, fmt.Sprintf("there is no %s %s; the path has %s", x.r.Method, path, strings.Join(allowed, ", "))).
			field("Allow", strings.Join(allowed, ", "))
	}
	x.route = twins[0]
	x.call.Operation = x.route.op.ID
	if p := s.readBody(x); p != nil {
		return nil, p
	}
	if len(twins) > 1 {
		s.choose(twins, x)
	}
	op := x.route.op
	if s.verifier != nil {
		if p := s.checkSignature(x, nil); p != nil {
			return nil, p
		}
	}
	if p := s.admit(x); p != nil {
		return nil, p
	}
	produced, p := negotiate(op, x.r.Header.Values("Accept"))
	if p != nil {
		return nil, p
	}
	given, p := s.readCall(x)
	if p != nil {
		return nil, p
	}
	return s.perform(x, given, produced)
}

// readBody reads the whole body, and puts it back to be read again.
func (s *Server) readBody(x *exchange) *problem {
	if x.r.Body == nil {
		return nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, x.r.Body, s.config.MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes", s.config.MaxBody)).field("Connection", "close")
	case err != nil:
		return refuse(http.StatusBadRequest, "the body cannot be read: "+err.Error())
	}
	x.body = body
	x.r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// checkSignature verifies the request's signature. If c is not nil, the key must be
// one of that client's.
func (s *Server) checkSignature(x *exchange, c *client) *problem {
	denied := func(reason string) *problem {
		return refuse(http.StatusUnauthorized, "Signature is incorrect").with("reason", reason)
	}
	verified, err := s.verifier.Verify(x.r)
	switch {
	case errors.Is(err, httpsig.ErrBodyTooLarge):
		return refuse(http.StatusRequestEntityTooLarge, err.Error())
	case err != nil:
		return denied(err.Error())
	case c != nil && !slices.Contains(c.keys, verified.KeyID):
		return denied(fmt.Sprintf("key %q is not a key of client %q", verified.KeyID, c.id))
	}
	if s.nonces != nil && verified.Nonce != "" {
		until := verified.Created.Add(2 * maxSignatureAge) // later the signature is too old anyway
		if err := s.nonces.Use(x.r.Context(), verified.KeyID, verified.Nonce, verified.Created, until, s.config.Now()); err != nil {
			return denied(err.Error())
		}
	}
	x.keyID = verified.KeyID
	return nil
}

// admit checks that the request has the credentials that permit the operation: the
// right keys, and an access token that is valid and belongs to the client that signed
// the request.
func (s *Server) admit(x *exchange) *problem {
	op := x.route.op
	ways, p := s.waysWithKeys(x)
	if p != nil {
		return p
	}
	withToken, without := []spec.Alternative{}, false
	for _, way := range ways {
		if way.Token {
			withToken = append(withToken, way)
		} else {
			without = true
		}
	}
	var c *client
	if !without || len(withToken) > 0 && sendsToken(x.r) {
		tok, p := s.bearer(x)
		if p != nil {
			return p
		}
		x.token = tok
		x.call.Client, x.call.Scopes = tok.client, tok.scopes
		s.mu.Lock()
		c = s.clients[tok.client]
		s.mu.Unlock()
		if s.verifier != nil && !slices.Contains(c.keys, x.keyID) {
			return refuse(http.StatusUnauthorized, "Signature is incorrect").
				with("reason", fmt.Sprintf("key %q is not a key of client %q, whose token this is", x.keyID, c.id))
		}
	}
	if p := s.checkHeaders(x, c); p != nil {
		return p
	}
	if x.token == nil {
		return nil
	}
	used, p := s.permit(op, withToken, x.token.scopes)
	x.call.Permitted = used
	return p
}

// checkHeaders checks the headers that the catalogue says every call has. One that
// names the client must be there and name the client of the access token. Others
// may be left out, and must not have another value.
func (s *Server) checkHeaders(x *exchange, c *client) *problem {
	for _, h := range s.catalogue.Headers {
		values := x.r.Header.Values(h.Key)
		if strings.Contains(h.Value, clientIDPlace) {
			switch {
			case c == nil:
			case len(values) == 0:
				return refuse(http.StatusBadRequest, fmt.Sprintf("header %q is missing", h.Key)).titled("Missing client ID")
			case values[0] != strings.ReplaceAll(h.Value, clientIDPlace, c.id):
				return refuse(http.StatusUnauthorized, fmt.Sprintf("header %q does not name the client whose token this is", h.Key))
			}
			continue
		}
		if len(values) > 0 && values[0] != h.Value {
			return refuse(http.StatusBadRequest, fmt.Sprintf("header %q is %q; the API takes only %q", h.Key, values[0], h.Value))
		}
	}
	return nil
}
