package faults_test

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime/internal/faults"
)

// echo starts a server that sends back what it receives.
func echo(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// through sends message over a new connection and returns what comes back.
func through(t *testing.T, p *faults.Proxy, message []byte) []byte {
	conn, err := net.Dial("tcp", p.Addr())
	require.NoError(t, err)
	defer conn.Close()
	go func() {
		_, _ = conn.Write(message)
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	back, _ := io.ReadAll(conn)
	return back
}

func TestWithoutItsTimeComingAFaultDoesNothing(t *testing.T) {
	p, err := faults.New(echo(t), 1, 1<<40)
	require.NoError(t, err)
	message := bytes.Repeat([]byte("0123456789"), 10_000)
	require.Equal(t, message, through(t, p, message))
	require.NoError(t, p.Close())
	require.Zero(t, p.Open())
}

func TestEveryFaultStrikesAndCloseLeavesNothing(t *testing.T) {
	p, err := faults.New(echo(t), 1, 500)
	require.NoError(t, err)
	message := bytes.Repeat([]byte("0123456789"), 100)
	damaged := 0
	for range 100 {
		conn, err := net.Dial("tcp", p.Addr())
		require.NoError(t, err)
		_, _ = conn.Write(message)
		_ = conn.(*net.TCPConn).CloseWrite()
		_ = conn.SetReadDeadline(time.Now().Add(40 * time.Millisecond)) // for those that stall
		if back, _ := io.ReadAll(conn); !bytes.Equal(back, message) {
			damaged++
		}
		require.NoError(t, conn.Close())
	}
	for f := range faults.Faults {
		require.Positive(t, p.Struck(faults.Fault(f)), "fault %d", f)
	}
	require.Greater(t, damaged, 50)
	require.NoError(t, p.Close())
	require.Zero(t, p.Open())
}
