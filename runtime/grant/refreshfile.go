package grant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/scopegen/scopegen/internal/replace"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/internal/secretfile"
)

// storedRefresh is the form of a file.
type storedRefresh struct {
	Token   string `json:"refresh_token"`
	Rotates string `json:"rotates,omitempty"`
	Spent   bool   `json:"spent,omitempty"`
	Key     string `json:"dpop_jkt,omitempty"`
}

// lockEvery is how often a process tries to lock a file that another has locked.
const lockEvery = 20 * time.Millisecond

// lockFile waits for its turn to hold a file, which it makes if there is none. The
// system gives the file back when the process dies.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	for {
		unlock, err := tryLock(path)
		if err != nil || unlock != nil {
			return unlock, err
		}
		select {
		case <-time.After(lockEvery):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// RefreshTokenFile keeps a refresh token in a file, for the processes of one machine.
// The file need not exist: [RefreshToken.Login] writes it. Only its owner may have
// access to it, since it holds the refresh token as it is; on Windows that is for
// its folder to see to. A file beside it, with ".lock" after its name, is locked
// while a refresh is under way. On systems without such locks, which are those other
// than Windows, Linux, macOS and the BSDs, every use is an error.
func RefreshTokenFile(path string) RefreshTokens {
	return &refreshTokens{update: func(ctx context.Context, use func(RefreshState, func(RefreshState) error) error) error {
		unlock, err := lockFile(ctx, path+".lock")
		if err != nil {
			return fmt.Errorf("the refresh token's file: %w", err)
		}
		defer unlock()
		state, err := readRefresh(path)
		if err != nil {
			return fmt.Errorf("the refresh token's file: %w", err)
		}
		return use(state, func(next RefreshState) error { return writeRefresh(path, next) })
	}}
}

func readRefresh(path string) (RefreshState, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return RefreshState{}, nil
	case err != nil:
		return RefreshState{}, err
	case info.Mode().IsRegular() && openToOthers(info.Mode()):
		return RefreshState{}, fmt.Errorf("%s can be read by others than its owner: chmod 600", path)
	}
	text, err := secretfile.Bytes(path)
	if err != nil {
		return RefreshState{}, err
	}
	var stored storedRefresh
	if json.Unmarshal(text, &stored) != nil { // the parser's error would quote it
		return RefreshState{Err: fmt.Errorf("the refresh token's file: %s is not what was written: %w", path, ErrAuthorizeAgain)}, nil
	}
	return RefreshState{Token: runtime.NewSecret(stored.Token), Rotates: stored.Rotates, Spent: stored.Spent, Key: stored.Key}, nil
}

// writeRefresh replaces the file as a whole, and returns when it is on disk.
func writeRefresh(path string, state RefreshState) error {
	text, err := json.Marshal(storedRefresh{state.Token.Reveal(), state.Rotates, state.Spent, state.Key})
	if err != nil {
		return err
	}
	return replace.One(path, text, 0o600)
}
