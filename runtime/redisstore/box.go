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
)

// box encrypts tokens and binds each to its key in the store, so that nobody who
// can write to the server can put one token in another's place.
//
// A sealed token is a format byte, 4 bytes that tell the encryption key, and what
// AES-256-GCM with a random nonce makes of the token as JSON.
type box struct {
	ids   [][4]byte
	boxes []cipher.AEAD // the first one seals
}

const (
	format  = 1
	keySize = 32
)

func newBox(keys [][]byte) (box, error) {
	if len(keys) == 0 {
		return box{}, errors.New("redisstore: no encryption key: give 32 random bytes, the same to every process")
	}
	var b box
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
		b.ids = append(b.ids, [4]byte(sum[:4]))
		b.boxes = append(b.boxes, aead)
	}
	return b, nil
}

// plain is a token as it is encrypted.
type plain struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
	Scopes  []string  `json:"scopes"` // null if the token endpoint did not say
}

func (b box) seal(key string, token runtime.StoredToken) ([]byte, error) {
	text, err := json.Marshal(plain{token.Value.Reveal(), token.Expires, token.Scopes})
	if err != nil {
		return nil, errors.New("redisstore: the token cannot be written") // without the cause, which may quote it
	}
	out := append([]byte{format}, b.ids[0][:]...)
	return b.boxes[0].Seal(out, nil, text, additional(key, out)), nil
}

func (b box) open(key string, sealed []byte) (runtime.StoredToken, error) {
	const head = 5
	if len(sealed) < head || sealed[0] != format {
		return runtime.StoredToken{}, errors.New("redisstore: what is stored is no token of this version of redisstore")
	}
	for n, id := range b.ids {
		if [4]byte(sealed[1:head]) != id {
			continue
		}
		text, err := b.boxes[n].Open(nil, nil, sealed[head:], additional(key, sealed[:head]))
		if err != nil {
			continue // two keys may have one id
		}
		var p plain
		if json.Unmarshal(text, &p) != nil {
			return runtime.StoredToken{}, errors.New("redisstore: what is stored was encrypted by this key and is no token")
		}
		return runtime.StoredToken{Value: runtime.NewSecret(p.Token), Expires: p.Expires, Scopes: p.Scopes}, nil
	}
	return runtime.StoredToken{}, errors.New("redisstore: what is stored cannot be decrypted: it was changed, or written with a key that this process does not have")
}

// additional is what is authenticated beside the token.
func additional(key string, head []byte) []byte { return append([]byte(key+"\n"), head...) }
