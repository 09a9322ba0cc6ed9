package audit_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/program/audit"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

// Every case is linked, and runs against a sandbox. What the sandbox records must be
// among what the audit reports. With the linker's help nothing is spurious either.
func TestWhatTheCasesCallIsReported(t *testing.T) {
	if testing.Short() {
		t.Skip("links every case")
	}
	result, err := cases()
	require.NoError(t, err)
	c, findings := spec.LoadFile("../../dev/golden/scopes.yaml")
	require.NoError(t, findings.Err())
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	folder := t.TempDir()
	key := filepath.Join(folder, "key.pem")
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), 0o600))
	var scopes []string
	for _, s := range c.Scopes() {
		scopes = append(scopes, s.Name)
	}
	precise, err := audit.Audit(t.Context(), audit.Config{Dir: ".", Patterns: []string{"./testdata/cases/..."}}.Linking(folder))
	require.NoError(t, err)
	recorded := 0
	for i, root := range result.Roots {
		name := path.Base(root.Package)
		t.Run(name, func(t *testing.T) {
			said := truth(t, filepath.Join("testdata/cases", name))
			linked := precise.Roots[i].APIs[0]
			require.ElementsMatch(t, said["scopes"], linked.Reachable)
			require.Subset(t, operations(linked), said["operations"])
			server, err := sandbox.New(c, sandbox.Config{Clients: []sandbox.Client{{ID: "c1", Secret: "s", Scopes: scopes, Keys: map[string]crypto.PublicKey{"k1": public}}}})
			require.NoError(t, err)
			require.NoError(t, server.Start("127.0.0.1:0"))
			defer func() { require.NoError(t, server.Close()) }()
			run := exec.CommandContext(t.Context(), filepath.Join(folder, "0", name))
			run.Env = append(os.Environ(), "SCOPEGEN_URL="+server.URL(), "SCOPEGEN_KEY_FILE="+key)
			output, err := run.CombinedOutput()
			require.NoError(t, err, "%s", output)
			observed := &bytes.Buffer{}
			for _, call := range server.Calls() {
				require.NoError(t, json.NewEncoder(observed).Encode(call))
				if call.Operation == "token" {
					require.Subset(t, root.APIs[0].Requested, call.Scopes)
					continue
				}
				recorded++
				for _, s := range call.Scopes {
					require.Contains(t, root.APIs[0].Carried, s, "%s %s carried it", call.Method, call.Path)
				}
				if !raw[name] {
					require.Contains(t, operations(root.APIs[0]), call.Operation)
					require.Contains(t, operations(linked), call.Operation)
				}
			}
			calls, err := audit.ReadCalls(observed, "log")
			require.NoError(t, err)
			require.Len(t, calls, len(server.Calls()))
			before := len(result.Findings)
			result.Observed(&root, "log", calls)
			require.Len(t, result.Findings, before)
		})
	}
	require.Greater(t, recorded, 40)
}

// raw are the cases that make requests which no generated client makes.
var raw = map[string]bool{"raw_call": true, "own_operation": true, "followed_link": true, "allowed": true, "allowed_wrongly": true}

func operations(a audit.API) (ids []string) {
	for _, s := range a.Scopes {
		for _, use := range s.Operations {
			ids = append(ids, use.Operation)
		}
	}
	for _, use := range a.Unscoped {
		ids = append(ids, use.Operation)
	}
	return ids
}
