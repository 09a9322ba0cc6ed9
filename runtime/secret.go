package runtime

import (
	"fmt"
	"io"
)

const hidden = "[secret]"

// Secret is a string that does not print: not with any verb of fmt, not as
// JSON or text, not in a log, not inside another struct. Make one with
// [NewSecret].
type Secret struct{ reveal func() string } // a function, because fmt reads the fields of structs that hold one

// NewSecret returns s as a secret.
func NewSecret(s string) Secret { return Secret{func() string { return s }} }

// Reveal returns the string itself, "" for the zero Secret. What is revealed
// is the caller's to keep.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// Format prints a placeholder for every verb.
func (s Secret) Format(state fmt.State, _ rune) { hide(state) }

// String gives a placeholder, to those who call it past fmt.
func (s Secret) String() string { return hidden }

// MarshalText gives a placeholder, also to JSON and log handlers.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

func hide(state fmt.State) {
	_, _ = io.WriteString(state, hidden) // fmt keeps the error, if there is one
}
