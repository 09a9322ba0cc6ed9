//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package grant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/scopegen/scopegen/runtime"
)

// storedRefresh is the form of a file.
type storedRefresh struct {
	Token   string `json:"refresh_token"`
	Rotates string `json:"rotates,omitempty"`
	Spent   bool   `json:"spent,omitempty"`
}

// lockEvery is how often a process tries to lock a file that another has locked.
const lockEvery = 20 * time.Millisecond

// RefreshTokenFile keeps a refresh token in a file, for the processes of one machine.
// The file need not exist: [RefreshToken.Login] writes it. Only its owner may have
// access to it, since it holds the refresh token as it is. A file beside it, with
// ".lock" after its name, is locked while a refresh is under way.
func RefreshTokenFile(path string) RefreshTokens {
	return &refreshTokens{func(ctx context.Context, use func(RefreshState, func(RefreshState) error) error) error {
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

func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil // which unlocks it
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			_ = file.Close()
			return nil, err
		}
		select {
		case <-time.After(lockEvery):
		case <-ctx.Done():
			_ = file.Close()
			return nil, context.Cause(ctx)
		}
	}
}

func readRefresh(path string) (RefreshState, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return RefreshState{}, nil
	case err != nil:
		return RefreshState{}, err
	case !info.Mode().IsRegular():
		return RefreshState{}, fmt.Errorf("%s is not a regular file", path)
	case info.Mode().Perm()&0o077 != 0:
		return RefreshState{}, fmt.Errorf("%s can be read by others than its owner: chmod 600", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return RefreshState{}, err
	}
	defer file.Close() // read only: nothing can be lost
	text, err := io.ReadAll(io.LimitReader(file, longestKeyFile+1))
	if err != nil {
		return RefreshState{}, err
	}
	var stored storedRefresh
	if json.Unmarshal(text, &stored) != nil || len(text) > longestKeyFile { // the parser's error would quote it
		return RefreshState{Err: fmt.Errorf("the refresh token's file: %s is not what was written: %w", path, ErrAuthorizeAgain)}, nil
	}
	return RefreshState{Token: runtime.NewSecret(stored.Token), Rotates: stored.Rotates, Spent: stored.Spent}, nil
}

// writeRefresh replaces the file as a whole, and returns when it is on disk.
func writeRefresh(path string, state RefreshState) (err error) {
	text, err := json.Marshal(storedRefresh{state.Token.Reveal(), state.Rotates, state.Spent})
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // for its owner alone
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if _, err = file.Write(text); err != nil {
		return err
	}
	if err = file.Sync(); err != nil {
		return err
	}
	if err = file.Close(); err != nil {
		return err
	}
	if err = os.Rename(file.Name(), path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close() // read only: nothing can be lost
	return folder.Sync()
}
