// Package faults is a TCP proxy for tests, which does to connections what bad
// networks do: it delays, stalls, cuts, truncates, corrupts and duplicates. A seed
// alone determines which fault strikes which connection, and after how many bytes.
package faults

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Fault is something that happens to a connection.
type Fault int

const (
	Delay           Fault = iota // a pause of some milliseconds; then the connection goes on
	StallRequest                 // nothing more gets through to the server; the connection stays open
	StallResponse                // nothing more gets through to the client; the connection stays open
	CutRequest                   // reset, in the middle of what the client sends
	CutResponse                  // reset, in the middle of what the server sends
	Truncate                     // a clean end in the middle of what the server sends
	CorruptRequest               // one bit of what the client sends is flipped; then the connection goes on
	CorruptResponse              // one bit of what the server sends is flipped; then the connection goes on
	Duplicate                    // what the client sent also arrives on another connection; then the connection goes on

	Faults = int(Duplicate) + 1 // how many there are
)

var (
	ofRequests  = []Fault{Delay, StallRequest, CutRequest, CorruptRequest, Duplicate}
	ofResponses = []Fault{Delay, StallResponse, CutResponse, Truncate, CorruptResponse}
)

// maxSent is how many bytes of a connection are kept so that it can be duplicated.
const maxSent = 64 << 10

// Proxy listens on loopback and forwards to one target. It is safe for
// concurrent use.
type Proxy struct {
	listener net.Listener
	target   string
	seed     uint64
	every    int64

	lock    sync.Mutex
	open    map[net.Conn]struct{}
	struck  [Faults]int
	closed  bool
	running sync.WaitGroup
}

// New starts a proxy for target (host:port). In each direction of a connection,
// one fault strikes per every bytes on average.
func New(target string, seed uint64, every int64) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: listener, target: target, seed: seed, every: every, open: make(map[net.Conn]struct{})}
	p.running.Add(1)
	go p.accept()
	return p, nil
}

// Addr returns the address that the proxy listens on.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Struck returns how many times the fault has struck.
func (p *Proxy) Struck(f Fault) int {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.struck[f]
}

// Open returns how many connections are open now, on both sides.
func (p *Proxy) Open() int {
	p.lock.Lock()
	defer p.lock.Unlock()
	return len(p.open)
}

// Close closes all connections and waits until the proxy's goroutines have ended.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.lock.Lock()
	p.closed = true
	for conn := range p.open {
		_ = conn.Close()
	}
	p.lock.Unlock()
	p.running.Wait()
	return err
}

func (p *Proxy) accept() {
	defer p.running.Done()
	for n := uint64(0); ; n++ {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Add(1)
		go func() {
			defer p.running.Done()
			p.serve(client, n)
		}()
	}
}

// adopt registers conn, so that Close closes it. It reports false if the proxy is
// already closed; then conn is closed too.
func (p *Proxy) adopt(conn net.Conn) bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.closed {
		_ = conn.Close()
		return false
	}
	p.open[conn] = struct{}{}
	return true
}

func (p *Proxy) drop(conn net.Conn) {
	p.lock.Lock()
	delete(p.open, conn)
	p.lock.Unlock()
	_ = conn.Close()
}

func (p *Proxy) serve(client net.Conn, n uint64) {
	if !p.adopt(client) {
		return
	}
	defer p.drop(client)
	server, err := net.Dial("tcp", p.target)
	if err != nil || !p.adopt(server) {
		return
	}
	defer p.drop(server)

	up := p.pipe(client, server, n, ofRequests)
	down := p.pipe(server, client, n, ofResponses)
	done := make(chan struct{})
	go func() {
		defer close(done)
		up.run()
	}()
	down.run()
	<-done
}

// pipe forwards one direction of a connection.
type pipe struct {
	proxy    *Proxy
	from, to net.Conn
	upstream bool
	passed   int64  // bytes so far
	sent     []byte // what the client has sent so far, for Duplicate

	random *rand.Rand
	faults []Fault
	fault  Fault // the next one
	at     int64 // how many bytes pass before it strikes
}

func (p *Proxy) pipe(from, to net.Conn, n uint64, faults []Fault) *pipe {
	upstream := faults[1] == StallRequest
	stream := 2 * n
	if upstream {
		stream++
	}
	one := &pipe{proxy: p, from: from, to: to, upstream: upstream, random: rand.New(rand.NewPCG(p.seed, stream)), faults: faults}
	one.plan()
	return one
}

// plan chooses the next fault and its place.
func (p *pipe) plan() {
	p.fault = p.faults[p.random.IntN(len(p.faults))]
	p.at = p.passed + p.random.Int64N(2*p.proxy.every)
}

func (p *pipe) run() {
	buffer := make([]byte, 4<<10)
	for {
		n, err := p.from.Read(buffer)
		if n > 0 && !p.forward(buffer[:n]) {
			return
		}
		if err != nil {
			// Pass on the end of one side; the other may still send.
			if half, ok := p.to.(interface{ CloseWrite() error }); ok && err == io.EOF {
				_ = half.CloseWrite()
				if p.upstream {
					return
				}
			}
			_ = p.from.Close()
			_ = p.to.Close()
			return
		}
	}
}

// forward passes data on, and lets the next fault strike if its place is in data.
// It reports whether the pipe goes on.
func (p *pipe) forward(data []byte) bool {
	before := p.passed
	p.passed += int64(len(data))
	if p.upstream && len(p.sent) < maxSent {
		p.sent = append(p.sent, data...)
	}
	if p.at >= p.passed {
		return p.write(data)
	}
	p.proxy.lock.Lock()
	p.proxy.struck[p.fault]++
	p.proxy.lock.Unlock()
	i := p.at - before
	switch p.fault {
	case Delay:
		time.Sleep(time.Duration(p.random.IntN(20)) * time.Millisecond)
	case StallRequest, StallResponse:
		_ = p.write(data[:i])
		// Until one side closes the connection.
		_, _ = io.Copy(io.Discard, p.from)
		_ = p.to.Close()
		return false
	case CutRequest, CutResponse:
		_ = p.write(data[:i])
		for _, conn := range []net.Conn{p.from, p.to} {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // a reset, not an orderly end
			}
			_ = conn.Close()
		}
		return false
	case Truncate:
		_ = p.write(data[:i])
		_ = p.from.Close()
		_ = p.to.Close()
		return false
	case CorruptRequest, CorruptResponse:
		data[i] ^= byte(1) << p.random.IntN(7)
	case Duplicate:
		p.duplicate()
	}
	p.plan()
	return p.write(data)
}

func (p *pipe) write(data []byte) bool {
	_, err := p.to.Write(data)
	if err != nil {
		_ = p.from.Close()
	}
	return err == nil
}

// duplicate sends what the client has sent so far once more, on another
// connection, like a proxy that repeats a request which it believes lost.
func (p *pipe) duplicate() {
	proxy := p.proxy
	conn, err := net.Dial("tcp", proxy.target)
	if err != nil || !proxy.adopt(conn) {
		return
	}
	sent := append([]byte(nil), p.sent...)
	proxy.running.Add(1)
	go func() {
		defer proxy.running.Done()
		defer proxy.drop(conn)
		if _, err := conn.Write(sent); err != nil {
			return
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
		_, _ = io.Copy(io.Discard, conn)
	}()
}
