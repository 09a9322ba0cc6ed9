package main

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/scopegen/scopegen/internal/generate/plan"
	"github.com/scopegen/scopegen/internal/visible"
	"github.com/scopegen/scopegen/runtime/keyfile"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

type sandboxFlags struct {
	source   source
	address  string
	clientID string
	secret   string
	scopes   []string
	keyID    string
	keyFile  string
	tlsFile  string
	lifetime time.Duration
	empty    bool
	ask      bool
	nonces   bool
	quiet    bool
	log      string
}

func newSandboxCommand() *cobra.Command {
	var flags sandboxFlags
	command := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve an API on this machine to try clients on",
		Long: `Sandbox serves the API that a catalogue describes on a loopback address: its
authorization server, signatures, scopes, types, paging and idempotency keys. It
remembers what was created, and shows examples of the rest. Nothing leaves the
machine, and nothing is written but the files and the log that you ask for.

The authorization server has the grants and the client authentications that the
catalogue lists, metadata (RFC 8414), and revocation. The demonstration client has
a secret and a key, and needs neither where the catalogue lists "none". A person
who is sent to the authorize page or the device page grants all, or with --ask what
they leave ticked. The keys that the catalogue has are new each time.

Where the catalogue lists "tls_client_auth", the sandbox serves https, and the
client has a certificate (RFC 8705). --tls-file says where to write, new each time,
what a program needs for both: the client's key, its certificate, and the
certificate of the authority to trust. In Go it makes the transport of
runtime.WithTransport, beside clientauth.TLSClientAuth():

  file := os.Getenv("SCOPEGEN_TLS_FILE")
  own, err := tls.LoadX509KeyPair(file, file)
  text, err := os.ReadFile(file)
  roots := x509.NewCertPool()
  roots.AppendCertsFromPEM(text)
  transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{own}}}

It prints what a program needs to call it, as shell variables, then one line for
each call with the scope that permitted it, and when it is stopped, which scopes
no call has used.

Without --catalogue it serves scopes.yaml in the current folder, or if there is
none, ` + builtin + `.

--log adds a line of JSON for each call to a file, from which
"scopegen audit --observed" takes what a program has really called.`,
		Example: `  scopegen sandbox --key-file sandbox.pem
  scopegen sandbox --catalogue builtin:upvest --scopes users:read,orders:admin
  scopegen sandbox --catalogue api/scopes.yaml --addr 127.0.0.1:8080 --empty`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			if _, err := os.Stat(flags.source.name); !command.Flags().Changed("catalogue") && errors.Is(err, fs.ErrNotExist) {
				flags.source.name = builtin
			}
			return runSandbox(command.Context(), command.OutOrStdout(), flags)
		},
	}
	catalogueFlag(command, &flags.source)
	f := command.Flags()
	f.StringVar(&flags.address, "addr", "127.0.0.1:0", "loopback address to listen on; port 0 is any that is free")
	f.StringVar(&flags.clientID, "client-id", "5a4d8f0e-0000-4000-8000-000000000001", "id of the demonstration client")
	f.StringVar(&flags.secret, "client-secret", "", "client secret of the demonstration client (default: a new one)")
	f.StringSliceVar(&flags.scopes, "scopes", nil, "scopes that the demonstration client may have in its access tokens (default: all)")
	f.StringVar(&flags.keyID, "key-id", "5a4d8f0e-0000-4000-8000-000000000002", "id of the key with which the demonstration client signs requests and assertions")
	f.StringVar(&flags.keyFile, "key-file", "", "file of the private half of that key; a new key is written there if there is no such file")
	f.StringVar(&flags.tlsFile, "tls-file", "", "file for the certificates of tls_client_auth and the client's key; one that an earlier sandbox wrote is replaced")
	f.DurationVar(&flags.lifetime, "token-lifetime", time.Hour, "how long an access token is good for")
	f.BoolVar(&flags.empty, "empty", false, "begin without examples in collections that objects can be added to")
	f.BoolVar(&flags.ask, "ask", false, "let a person see in the browser which scopes a client asks for, and untick some")
	f.BoolVar(&flags.nonces, "dpop-nonces", false, "ask for a nonce in DPoP proofs, another each minute")
	f.StringVar(&flags.log, "log", "", "file to which each call is added, as a line of JSON")
	f.BoolVar(&flags.quiet, "quiet", false, "print no line for each call")
	return command
}

func runSandbox(ctx context.Context, w io.Writer, flags sandboxFlags) error {
	c, findings, err := flags.source.load()
	if err != nil {
		return err
	}
	if err := findings.Err(); err != nil {
		return err
	}
	switch secure := slices.Contains(c.Token.Authentication, "tls_client_auth"); {
	case secure && flags.tlsFile == "":
		return fmt.Errorf("%s: the catalogue lists tls_client_auth, for which the client needs a certificate; say with --tls-file where to write it", flags.source.name)
	case !secure && flags.tlsFile != "":
		return fmt.Errorf("%s: the catalogue does not list tls_client_auth; leave --tls-file out", flags.source.name)
	case secure && flags.tlsFile == flags.keyFile:
		return errors.New("--tls-file and --key-file name the same file; name two")
	}
	client := sandbox.Client{ID: flags.clientID, Secret: flags.secret, Scopes: flags.scopes}
	if client.Secret == "" {
		if client.Secret, err = newSecret(); err != nil {
			return err
		}
	}
	var key crypto.Signer
	client.Public = slices.Contains(c.Token.Authentication, "none")
	if assertions := takesAssertions(c); c.Signing != "" || assertions {
		if key, err = sandboxKey(flags.keyFile); err != nil {
			return err
		}
		if assertions {
			client.AssertionKeys = map[string]crypto.PublicKey{flags.keyID: key.Public()}
		}
		client.Keys = map[string]crypto.PublicKey{flags.keyID: key.Public()}
	}
	out := &lines{w: w}
	config := sandbox.Config{TokenLifetime: flags.lifetime, Clients: []sandbox.Client{client}, Populate: !flags.empty, Ask: flags.ask}
	if config.Keys, err = sandboxKeys(c); err != nil {
		return err
	}
	var tlsText []byte
	if flags.tlsFile != "" {
		if tlsText, err = secureSandbox(&config, flags.address); err != nil {
			return err
		}
	}
	if flags.nonces {
		config.DPoPNonceLife = time.Minute
	}
	log, err := openLog(flags.log)
	if err != nil {
		return err
	}
	config.OnCall = func(call sandbox.Call) {
		if !flags.quiet {
			out.call(call)
		}
		log.add(call)
	}
	server, err := sandbox.New(c, config)
	if err != nil {
		return unprefixed(err)
	}
	if err := server.Start(flags.address); err != nil {
		return unprefixed(err)
	}
	if tlsText != nil {
		if err := writeTLSFile(flags.tlsFile, tlsText); err != nil {
			return errors.Join(err, server.Close())
		}
	}
	printUse(out, server, c, flags, client, key)
	printKeys(out, c, config.Keys)
	if !flags.quiet {
		out.printf("# Calls, and the scopes that permitted them:")
	}
	<-ctx.Done()
	err = errors.Join(server.Close(), log.close())
	printUsage(out, server.Usage())
	return err
}

// takesAssertions reports whether clients of an API may sign assertions.
func takesAssertions(c *spec.Catalogue) bool {
	return slices.Contains(c.Token.Authentication, "private_key_jwt") || slices.Contains(c.Token.Grants, "urn:ietf:params:oauth:grant-type:jwt-bearer")
}

// unprefixed removes the package's name from an error: the command prints its own.
func unprefixed(err error) error {
	return errors.New(strings.TrimPrefix(err.Error(), "sandbox: "))
}

func newSecret() (string, error) {
	random := make([]byte, 18)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(random), nil
}

// sandboxKey loads the key of the file, or makes one, and writes it there.
func sandboxKey(path string) (crypto.Signer, error) {
	if path != "" {
		key, err := keyfile.Load(path, nil)
		if !errors.Is(err, fs.ErrNotExist) {
			return key, err
		}
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil || path == "" {
		return key, err
	}
	text, err := privatePEM(key)
	if err != nil {
		return nil, err
	}
	return key, writeSecret(path, text)
}

// writeSecret writes a file that is not there yet, and that only its owner reads.
func writeSecret(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

func privatePEM(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// callLog adds calls to a file. The zero value adds them nowhere.
type callLog struct {
	mu   sync.Mutex
	file *os.File
	err  error // the first one
}

func openLog(name string) (*callLog, error) {
	if name == "" {
		return &callLog{}, nil
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	return &callLog{file: file}, err
}

// add writes a call at once, so that the log is whole whenever somebody reads it.
func (l *callLog) add(call sandbox.Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil || l.err != nil {
		return
	}
	line, err := json.Marshal(call)
	if err == nil {
		_, err = l.file.Write(append(line, '\n'))
	}
	l.err = err
}

func (l *callLog) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	return errors.Join(l.err, l.file.Close())
}

// lines prints whole lines from several calls at once.
type lines struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lines) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, format+"\n", args...) // whoever closed the pipe does not want to know
}

func (l *lines) call(c sandbox.Call) {
	what := c.Operation
	switch {
	case c.Detail != "":
		what = strings.TrimSpace(what + "  refused: " + c.Detail)
	case c.Operation == "token":
		what += "  granted: " + either(strings.Join(c.Scopes, " "), "no scope")
	case len(c.Permitted) > 0:
		what += "  used: " + strings.Join(c.Permitted, " ")
	}
	if len(c.Keys) > 0 {
		what += "  key: " + strings.Join(c.Keys, " ")
	}
	if len(c.Ignored) > 0 {
		what += "  ignored, no such query parameter: " + strings.Join(c.Ignored, " ")
	}
	l.printf("%s %d %-6s %s  %s", c.Time.Format(time.TimeOnly), c.Status, visible.Line(c.Method), visible.Line(c.Path), visible.Line(what))
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func printUse(out *lines, server *sandbox.Server, c *spec.Catalogue, flags sandboxFlags, client sandbox.Client, key crypto.Signer) {
	out.printf("# %s, served from %s until you stop it (Ctrl-C).", c.API.Title, flags.source.name)
	out.printf("# What a program needs to call it:")
	out.printf("export SCOPEGEN_URL=%s", server.URL())
	if issuer := server.Issuer(); issuer != "" {
		out.printf("export SCOPEGEN_ISSUER=%s", shellQuoted(issuer))
	}
	out.printf("export SCOPEGEN_CLIENT_ID=%s", shellQuoted(client.ID))
	out.printf("export SCOPEGEN_CLIENT_SECRET=%s", shellQuoted(client.Secret))
	if flags.tlsFile != "" {
		out.printf("export SCOPEGEN_TLS_FILE=%s", shellQuoted(absolute(flags.tlsFile)))
	}
	if key != nil {
		out.printf("export SCOPEGEN_KEY_ID=%s", shellQuoted(flags.keyID))
		if flags.keyFile != "" {
			out.printf("export SCOPEGEN_KEY_FILE=%s", shellQuoted(absolute(flags.keyFile)))
		} else if text, err := privatePEM(key); err == nil {
			out.printf("# The private key, new each time. With --key-file it is in a file, and stays the same.\n%s", strings.TrimSpace(string(text)))
		}
	}
}

// absolute returns the whole path of a file, since the program may run elsewhere.
func absolute(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// sandboxUser is the user name of the keys that have one.
const sandboxUser = "sandbox"

// sandboxKeys makes a key for each that the catalogue has.
func sandboxKeys(c *spec.Catalogue) (map[string]string, error) {
	keys := map[string]string{}
	for _, k := range c.Keys {
		secret, err := newSecret()
		if err != nil {
			return nil, err
		}
		keys[k.Key] = secret
		if k.Value.In == "basic" {
			keys[k.Key] = sandboxUser + ":" + secret
		}
	}
	return keys, nil
}

// printKeys prints the keys of the API as shell variables, which are called after them.
func printKeys(out *lines, c *spec.Catalogue, keys map[string]string) {
	for _, k := range c.Keys {
		name := "SCOPEGEN_" + strings.ToUpper(strings.Join(plan.Words(k.Key), "_"))
		value := keys[k.Key]
		if k.Value.In == "basic" {
			out.printf("export %s_USER=%s", name, shellQuoted(sandboxUser))
			name, value = name+"_PASSWORD", strings.TrimPrefix(value, sandboxUser+":")
		}
		out.printf("export %s=%s", name, shellQuoted(value))
	}
}

// shellQuoted writes a text as one word of a POSIX shell.
func shellQuoted(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+="
	if text != "" && strings.Trim(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func printUsage(out *lines, usage []sandbox.Usage) {
	if len(usage) == 0 {
		out.printf("# No token was issued.")
	}
	for _, u := range usage {
		out.printf("# Calls with tokens for %s: %d", either(strings.Join(u.Scopes, " "), "no scope"), u.Calls)
		if len(u.Unused) > 0 {
			out.printf("#   not used: %s", strings.Join(u.Unused, " "))
		}
	}
}
