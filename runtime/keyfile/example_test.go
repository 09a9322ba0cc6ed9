package keyfile_test

import (
	"errors"
	"fmt"

	"github.com/scopegen/scopegen/runtime/keyfile"
)

func ExampleLoad() {
	key, err := keyfile.Load("testdata/p521.sec1.legacy-aes256.pem", []byte("correct horse"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%T\n", key)

	_, err = keyfile.Load("testdata/p521.sec1.legacy-aes256.pem", []byte("wrong"))
	fmt.Println(errors.Is(err, keyfile.ErrWrongPassphrase))
	// Output:
	// *ecdsa.PrivateKey
	// true
}
