// Package sendonce keeps net/http from sending a signed request twice.
package sendonce

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// ErrConnectionLost is why an attempt failed whose repetition by net/http was
// prevented. net/http keeps the original error to itself.
var ErrConnectionLost = errors.New("the server closed the connection before it responded")

// replayGuard prevents net/http from sending one attempt twice.
//
// Where an HTTP/1 connection that was used before breaks before the response,
// [http.Transport] sends the request again by itself if it has no body or a
// GetBody, and its method is safe or it has an Idempotency-Key. The server may
// have received the first copy; the second carries the same signature and
// nonce, which the server then has to refuse, and nobody counts it. Nothing
// turns that off for a request without a body. But the transport reports each
// step to an httptrace.ClientTrace, through wrapping RoundTrippers too. The
// guard watches for a connection being taken for a request that has already
// been written and has no response, and then ends the attempt's context and
// closes that connection before anything is written to it.
//
// A RoundTripper that drops the context takes the guard away. Then only a request
// with a body is safe, whose sender gives no GetBody that returns one after the
// request was written. A request without a body has nothing else that net/http
// would ask: a body that is empty and not http.NoBody would do over HTTP/1, but
// changes what is sent by POST and over HTTP/2.
//
// Three repetitions stay: of a request that was not written whole, because no
// server can have acted on it; over HTTP/2, because they follow only where the
// server says that it has not processed the request; and what a RoundTripper
// repeats after a response.
type replayGuard struct {
	end     context.CancelCauseFunc // ends the attempt
	written atomic.Bool             // the request was written whole, and no byte of a response has come
}

// Guard returns req with a guard in its context, which keeps net/http from sending
// it twice. end ends that context; its cause is [ErrConnectionLost] where a
// repetition was prevented.
func Guard(req *http.Request, end context.CancelCauseFunc) *http.Request {
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return req // which net/http cannot send again
	}
	g := &replayGuard{end: end}
	return req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn:              g.gotConn,
		WroteRequest:         g.wroteRequest,
		GotFirstResponseByte: func() { g.written.Store(false) },
	}))
}

func (g *replayGuard) wroteRequest(info httptrace.WroteRequestInfo) {
	if info.Err == nil {
		g.written.Store(true)
	}
}

func (g *replayGuard) gotConn(info httptrace.GotConnInfo) {
	if !g.written.Load() || isHTTP2(info.Conn) {
		return
	}
	// In this order: net/http tries once more on yet another connection when it
	// finds this one closed, unless the context has ended by then.
	g.end(ErrConnectionLost)
	_ = info.Conn.Close()
}

// isHTTP2 reports whether conn carries HTTP/2, where it serves other requests
// at the same time.
func isHTTP2(conn net.Conn) bool {
	secure, ok := conn.(interface{ ConnectionState() tls.ConnectionState })
	return ok && secure.ConnectionState().NegotiatedProtocol == "h2"
}
