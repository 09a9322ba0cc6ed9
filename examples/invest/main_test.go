package main

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/scopegen/scopegen/spec/sandbox"
	"github.com/scopegen/scopegen/spec/sandbox/upvesttest"
)

func TestTheProgramDoesWhatItMayAndIsRefusedTheRest(t *testing.T) {
	server := upvesttest.New(t, sandbox.Config{Populate: true})
	id, key := server.Key()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	credentials := server.Credentials("users:read", "orders:admin")
	t.Setenv("SCOPEGEN_URL", server.Server().URL)
	t.Setenv("SCOPEGEN_CLIENT_ID", credentials.ClientID)
	t.Setenv("SCOPEGEN_CLIENT_SECRET", credentials.ClientSecret.Reveal())
	t.Setenv("SCOPEGEN_KEY_ID", id)
	t.Setenv("SCOPEGEN_KEY_FILE", file)
	if err := run(t.Context()); err != nil {
		t.Fatal(err)
	}
}
