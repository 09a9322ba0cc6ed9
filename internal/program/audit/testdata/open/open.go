// Package open opens the sessions of the cases, as whom the environment says.
package open

import (
	"os"

	"github.com/scopegen/scopegen/internal/dev/golden/shop"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/keyfile"
)

// Session returns a session with the shop.
func Session(opts ...runtime.Option) *runtime.Session {
	key, err := keyfile.Load(os.Getenv("SCOPEGEN_KEY_FILE"), nil)
	if err != nil {
		panic(err)
	}
	session, err := shop.Open(runtime.Server{URL: os.Getenv("SCOPEGEN_URL")}, runtime.Credentials{
		ClientID: "c1", ClientSecret: runtime.NewSecret("s"),
	}, append(opts, runtime.WithKey("k1", key))...)
	if err != nil {
		panic(err)
	}
	return session
}
