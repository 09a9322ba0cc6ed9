//go:build unix

package redisstore_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// server is a Redis or Valkey server of a test, on a socket of its own.
type server struct {
	t       *testing.T
	program string
	socket  string
	options []string
	command *exec.Cmd
}

// durable makes a server lose nothing that it has taken.
var durable = []string{"--appendonly", "yes", "--appendfsync", "always"}

// installed are the servers that this machine has.
func installed() (programs []string) {
	for _, name := range []string{"valkey-server", "redis-server"} {
		if path, err := exec.LookPath(name); err == nil {
			programs = append(programs, path)
		}
	}
	return programs
}

// onEach tries the store on each server that is installed. A test is skipped where
// none is.
func onEach(t *testing.T, try func(*testing.T, *server)) {
	t.Helper()
	programs := installed()
	if len(programs) == 0 {
		newServer(t)
	}
	for _, program := range programs {
		t.Run(filepath.Base(program), func(t *testing.T) { try(t, newServerOf(t, program)) })
	}
}

// newServer starts one of the servers with options. A test is skipped where none is
// installed.
func newServer(t *testing.T, options ...string) *server {
	t.Helper()
	programs := installed()
	if len(programs) == 0 {
		t.Skip("neither valkey-server nor redis-server is installed: install one to try the store against a real server")
	}
	return newServerOf(t, programs[0], options...)
}

func newServerOf(t *testing.T, program string, options ...string) *server {
	t.Helper()
	s := &server{t: t, program: program, options: options}
	// Names of sockets must be short.
	folder, err := os.MkdirTemp("/tmp", "redisstore")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	s.socket = filepath.Join(folder, "socket")
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.command = exec.Command(s.program, append([]string{"--port", "0", "--unixsocket", s.socket, "--save", "", "--dir", filepath.Dir(s.socket)}, s.options...)...)
	require.NoError(s.t, s.command.Start())
	client := s.client()
	defer client.Close()
	require.Eventually(s.t, func() bool { return client.Ping(context.Background()).Err() == nil }, 10*time.Second, 5*time.Millisecond)
}

// kill ends the server as a crash does.
func (s *server) kill() {
	if s.command == nil {
		return
	}
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
	s.command = nil
	_ = os.Remove(s.socket)
}

func (s *server) client() *redis.Client {
	return redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket})
}
