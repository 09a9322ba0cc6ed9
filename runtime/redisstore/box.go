package redisstore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/grant"
)

// box encrypts tokens and binds each to its key in the store, so that nobody who
// can write to the server can put one token in another's place.
//
// A sealed token is a format byte, 4 bytes that tell the encryption key, and what
// AES-256-GCM with a random nonce makes of the token as JSON.
//
// It holds functions, because a printer that follows fields would find the
// encryption keys.
type box struct {
	seal func(key string, text []byte) []byte
	open func(key string, sealed []byte) ([]byte, error)
}

const (
	format  = 1
	keySize = 32
)

func newBox(keys [][]byte) (box, error) {
	if len(keys) == 0 {
		return box{}, errors.New("redisstore: no encryption key: give 32 random bytes, the same to every process")
	}
	var ids [][4]byte
	var boxes []cipher.AEAD // the first one seals
	for n, key := range keys {
		if len(key) != keySize {
			return box{}, fmt.Errorf("redisstore: encryption key %d has %d bytes: AES-256 needs %d", n+1, len(key), keySize)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return box{}, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return box{}, err
		}
		sum := sha256.Sum256(append([]byte("scopegen redisstore key id\n"), key...))
		ids, boxes = append(ids, [4]byte(sum[:4])), append(boxes, aead)
	}
	seal := func(key string, text []byte) []byte {
		out := append([]byte{format}, ids[0][:]...)
		return boxes[0].Seal(out, nil, text, additional(key, out))
	}
	open := func(key string, sealed []byte) ([]byte, error) {
		const head = 5
		if len(sealed) < head || sealed[0] != format {
			return nil, errors.New("redisstore: what is stored is no token of this version of redisstore")
		}
		for n, id := range ids {
			if [4]byte(sealed[1:head]) != id {
				continue
			}
			if text, err := boxes[n].Open(nil, nil, sealed[head:], additional(key, sealed[:head])); err == nil {
				return text, nil
			} // else another key may have the same id
		}
		return nil, errors.New("redisstore: what is stored cannot be decrypted: it was changed, or written with a key that this process does not have")
	}
	return box{seal, open}, nil
}

// additional is what is authenticated beside the token.
func additional(key string, head []byte) []byte { return append([]byte(key+"\n"), head...) }

// Errors of encoding and decoding are left out of errors, because they may quote
// the token.
var (
	errNotWritten = errors.New("redisstore: the token cannot be written")
	errNoToken    = errors.New("redisstore: what is stored was encrypted by this key and is no token")
)

// plainAccess is an access token as it is encrypted.
type plainAccess struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
	Scopes  []string  `json:"scopes"` // null if the token endpoint did not say
}

func (b box) sealAccess(key string, token runtime.StoredToken) ([]byte, error) {
	text, err := json.Marshal(plainAccess{token.Value.Reveal(), token.Expires, token.Scopes})
	if err != nil {
		return nil, errNotWritten
	}
	return b.seal(key, text), nil
}

func (b box) openAccess(key string, sealed []byte) (runtime.StoredToken, error) {
	text, err := b.open(key, sealed)
	if err != nil {
		return runtime.StoredToken{}, err
	}
	var p plainAccess
	if json.Unmarshal(text, &p) != nil {
		return runtime.StoredToken{}, errNoToken
	}
	return runtime.StoredToken{Value: runtime.NewSecret(p.Token), Expires: p.Expires, Scopes: p.Scopes}, nil
}

// plainRefresh is a refresh token as it is encrypted.
type plainRefresh struct {
	Token   string `json:"refresh_token"`
	Rotates string `json:"rotates,omitempty"`
	Spent   bool   `json:"spent,omitempty"`
	Key     string `json:"dpop_jkt,omitempty"`
}

func (b box) sealRefresh(key string, state grant.RefreshState) ([]byte, error) {
	text, err := json.Marshal(plainRefresh{state.Token.Reveal(), state.Rotates, state.Spent, state.Key})
	if err != nil {
		return nil, errNotWritten
	}
	return b.seal(key, text), nil
}

func (b box) openRefresh(key string, sealed []byte) (grant.RefreshState, error) {
	text, err := b.open(key, sealed)
	if err != nil {
		return grant.RefreshState{}, err
	}
	var p plainRefresh
	if json.Unmarshal(text, &p) != nil {
		return grant.RefreshState{}, errNoToken
	}
	return grant.RefreshState{Token: runtime.NewSecret(p.Token), Rotates: p.Rotates, Spent: p.Spent, Key: p.Key}, nil
}
