package keyfile_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/scopegen/scopegen/runtime/keyfile"
	"github.com/stretchr/testify/require"
)

const passphrase = "correct horse"

// fingerprints are the first bytes of the SHA-256 of the public keys, as OpenSSL
// printed them.
var fingerprints = map[string]string{
	"ed25519": "e76f1bd8eca1af2c",
	"p256":    "400e0b5ef26d3c15",
	"p384":    "d2ac4f322d37a24a",
	"p521":    "1c5ff676072456f3",
	"rsa":     "fc547f552d730362",
}

func goodFiles(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.pem")
	require.NoError(t, err)
	var good []string
	for _, path := range paths {
		if !strings.HasPrefix(filepath.Base(path), "refused.") {
			good = append(good, path)
		}
	}
	require.Len(t, good, 19)
	return good
}

func isEncrypted(t *testing.T, path string) bool {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return bytes.Contains(data, []byte("ENCRYPTED"))
}

func TestEveryShapeOfFileLoadsToTheKeyThatOpenSSLSees(t *testing.T) {
	for _, path := range goodFiles(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			key, err := keyfile.Load(path, []byte(passphrase))
			require.NoError(t, err)
			kind, _, _ := strings.Cut(filepath.Base(path), ".")
			if kind == "rsa-pss" { // OpenSSL marks its public key too, Go does not
				require.Equal(t, 2048, key.Public().(*rsa.PublicKey).N.BitLen())
				return
			}
			require.Equal(t, fingerprints[kind], fingerprint(t, key.Public()))
		})
	}
}

func fingerprint(t *testing.T, public crypto.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:8])
}

// A key loads in the forms that editors and environment variables give its text.
func TestAKeyLoadsWhateverMovedItsText(t *testing.T) {
	utf16Of := func(text string, order binary.AppendByteOrder) string {
		out := order.AppendUint16(nil, 0xfeff)
		for _, unit := range utf16.Encode([]rune(text)) {
			out = order.AppendUint16(out, unit)
		}
		return string(out)
	}
	for name, change := range map[string]func(string) string{
		"a byte order mark":           func(s string) string { return "\ufeff" + s },
		"UTF-16 of Windows":           func(s string) string { return utf16Of(strings.ReplaceAll(s, "\n", "\r\n"), binary.LittleEndian) },
		"UTF-16, big end first":       func(s string) string { return utf16Of(s, binary.BigEndian) },
		"one line":                    func(s string) string { return strings.ReplaceAll(s, "\n", `\n`) },
		"one line, of Windows":        func(s string) string { return strings.ReplaceAll(s, "\n", `\r\n`) },
		"one line in quotes":          func(s string) string { return `"` + strings.ReplaceAll(s, "\n", `\n`) + "\"\n" },
		"one line in single quotes":   func(s string) string { return "'" + strings.ReplaceAll(s, "\n", `\n`) + "'" },
		"quotes around several lines": func(s string) string { return "\n\"" + s + "\"" },
	} {
		for _, path := range goodFiles(t) {
			if strings.Contains(path, "pkcs8.") && isEncrypted(t, path) {
				continue // slow, and their text is like the others'
			}
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			want, err := keyfile.Parse(data, []byte(passphrase))
			require.NoError(t, err)
			moved := filepath.Join(t.TempDir(), "key.pem")
			require.NoError(t, os.WriteFile(moved, []byte(change(string(data))), 0o600))
			got, err := keyfile.Load(moved, []byte(passphrase))
			require.NoError(t, err, "%s: %s", name, path)
			require.Equal(t, want.Public(), got.Public(), "%s: %s", name, path)
		}
	}
}

func TestAnEncryptedKeyNeedsItsPassphrase(t *testing.T) {
	encrypted := 0
	for _, path := range goodFiles(t) {
		if !isEncrypted(t, path) {
			_, err := keyfile.Load(path, nil)
			require.NoError(t, err, path)
			continue
		}
		encrypted++
		_, err := keyfile.Load(path, nil)
		require.ErrorIs(t, err, keyfile.ErrNeedPassphrase, path)
		// Try more than 256, because one wrong passphrase in 256 leaves valid padding.
		tries := 600
		if strings.Contains(path, "pkcs8") {
			tries = 20 // each costs thousands of rounds of PBKDF2
		}
		for i := range tries {
			_, err := keyfile.Load(path, fmt.Appendf(nil, "wrong %d", i))
			require.ErrorIs(t, err, keyfile.ErrWrongPassphrase, path)
		}
	}
	require.Equal(t, 9, encrypted)
}

func TestWhatIsNoSigningKeyIsRefusedWithItsOwnError(t *testing.T) {
	for name, want := range map[string]error{
		"certificate": keyfile.ErrNoKey,
		"public":      keyfile.ErrType,
		"x25519":      keyfile.ErrType,
		"ed448":       keyfile.ErrType,
		"secp256k1":   keyfile.ErrType,
		"pbes1":       keyfile.ErrEncryption,
		"scrypt":      keyfile.ErrEncryption,
		"text":        keyfile.ErrNoKey,
		"two-keys":    keyfile.ErrSeveralKeys,
	} {
		_, err := keyfile.Load(filepath.Join("testdata", "refused."+name+".pem"), []byte(passphrase))
		require.ErrorIs(t, err, want, name)
		require.ErrorContains(t, err, "refused."+name+".pem", "the error must name the file")
	}
	_, err := keyfile.Load(filepath.Join(t.TempDir(), "missing.pem"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = keyfile.Parse(make([]byte, 2<<20), nil)
	require.ErrorIs(t, err, keyfile.ErrTooLarge)
}

func TestABrokenKeyIsNotOneOfAnotherType(t *testing.T) {
	for _, file := range []string{"ed25519.pkcs8", "p384.pkcs8", "p256.sec1", "rsa.pkcs1", "rsa.pkcs8"} {
		data, err := os.ReadFile(filepath.Join("testdata", file+".pem"))
		require.NoError(t, err)
		block, _ := pem.Decode(data)
		// Cut off the last bytes and adapt the outer lengths, so that the key itself is too short.
		for i := range block.Bytes[len(block.Bytes)/4:] {
			block.Bytes[len(block.Bytes)/4+i] = 0xff
		}
		_, err = keyfile.Parse(pem.EncodeToMemory(block), nil)
		require.ErrorIs(t, err, keyfile.ErrMalformed, file)
		require.NotErrorIs(t, err, keyfile.ErrType, file)
	}
	// A curve that Go does not have, in PKCS#8.
	_, err := keyfile.Load("testdata/refused.secp256k1.pkcs8.pem", nil)
	require.ErrorIs(t, err, keyfile.ErrType)
	_, err = keyfile.Parse([]byte("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"), nil)
	require.ErrorIs(t, err, keyfile.ErrType)
}

// What encoding/pem passes over is told, and no other block of the file is taken for the key.
func TestABlockThatCannotBeReadIsNotPassedOver(t *testing.T) {
	data, err := os.ReadFile("testdata/p384.pkcs8.pem")
	require.NoError(t, err)
	text := string(data)
	other, err := os.ReadFile("testdata/ed25519.pkcs8.pem")
	require.NoError(t, err)
	for name, broken := range map[string]string{
		"no end":         text[:len(text)-20],
		"no base64":      strings.Replace(text, "MI", "M*", 1),
		"no line breaks": strings.ReplaceAll(text, "\n", " "),
		"escaped twice":  strings.ReplaceAll(text, "\n", `\\n`),
		"indented":       strings.ReplaceAll(text, "\n", "\n  "),
		"before another": strings.Replace(text, "MI", "M*", 1) + string(other),
	} {
		_, err := keyfile.Parse([]byte(broken), nil)
		require.ErrorIs(t, err, keyfile.ErrMalformed, name)
	}
}

func TestAFileCannotAskForEndlessWork(t *testing.T) {
	data, err := os.ReadFile("testdata/ed25519.pkcs8.aes192-sha512.pem")
	require.NoError(t, err)
	block, _ := pem.Decode(data)
	// 10,000 iterations are the bytes 27 10; their INTEGER grows to four bytes
	// of 7f without moving anything else when two bytes of salt become its own.
	at := bytes.Index(block.Bytes, []byte{0x02, 0x02, 0x27, 0x10})
	require.Positive(t, at)
	salt := at - 8
	for block.Bytes[salt-2] != 0x04 {
		salt--
	}
	size := block.Bytes[salt-1]
	block.Bytes[salt-1] = size - 2
	copy(block.Bytes[at-2:], []byte{0x02, 0x04, 0x7f, 0x7f, 0x27, 0x10})
	_, err = keyfile.Parse(pem.EncodeToMemory(block), []byte(passphrase))
	require.ErrorIs(t, err, keyfile.ErrEncryption)
	require.ErrorContains(t, err, "iterations")
}

func TestErrorsShowNothingOfTheKeyOrThePassphrase(t *testing.T) {
	for _, path := range goodFiles(t) {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		block, _ := pem.Decode(data)
		for cut := len(data) / 2; cut < len(data); cut += 37 {
			_, err := keyfile.Parse(data[:cut], []byte("hunter2"))
			if err == nil {
				continue
			}
			require.NotContains(t, err.Error(), "hunter2")
			require.NotContains(t, err.Error(), string(block.Bytes))
		}
	}
}

// The files are shared between several implementations of the protocol.
func TestSharedKeyFilesLoad(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "shared", "vectors", "upvest", "key_formats")
	data, err := os.ReadFile(filepath.Join(folder, "index.json"))
	if err != nil {
		t.Skip("no shared vectors beside the repository")
	}
	var index struct {
		Keys []struct {
			File       string
			Passphrase *string
			PublicKey  string `json:"public_key_pem"`
			WrongFails bool   `json:"wrong_passphrase_must_fail"`
		}
	}
	require.NoError(t, json.Unmarshal(data, &index))
	require.NotEmpty(t, index.Keys)
	for _, entry := range index.Keys {
		var passphrase []byte
		if entry.Passphrase != nil {
			passphrase = []byte(*entry.Passphrase)
		}
		path := filepath.Join(folder, entry.File)
		key, err := keyfile.Load(path, passphrase)
		require.NoError(t, err, entry.File)
		block, _ := pem.Decode([]byte(entry.PublicKey))
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		require.NoError(t, err)
		require.Equal(t, fingerprint(t, public), fingerprint(t, key.Public()), entry.File)
		if entry.WrongFails {
			_, err := keyfile.Load(path, []byte("not the passphrase"))
			require.ErrorIs(t, err, keyfile.ErrWrongPassphrase, entry.File)
		}
	}
}

func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.pem")
	require.NoError(f, err)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(data, []byte(passphrase))
		f.Add(data, []byte("wrong"))
	}
	f.Fuzz(func(t *testing.T, data, passphrase []byte) {
		key, err := keyfile.Parse(data, passphrase)
		if (key == nil) == (err == nil) {
			t.Fatalf("key %T and error %v", key, err)
		}
		if err != nil && len(err.Error()) > 2000 {
			t.Fatalf("an error of %d bytes", len(err.Error()))
		}
	})
}
