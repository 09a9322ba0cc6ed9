package runtime

import (
	"fmt"
	"io"
)

const hidden = "[secret]"

// Secret is a string that cannot be printed by accident: fmt, JSON and text
// encoders and log handlers write a placeholder, also for a Secret inside another
// struct. [NewSecret] makes one.
type Secret struct {
	reveal func() string // a function, because fmt reads the fields of structs that hold a Secret
}

// NewSecret returns s as a secret.
func NewSecret(s string) Secret { return Secret{func() string { return s }} }

// Reveal returns the string itself, "" for the zero Secret. From then on it is
// for the caller to keep it secret.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// Format writes a placeholder for every verb.
func (s Secret) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, hidden) // fmt keeps the error, if there is one
}

// String returns a placeholder.
func (s Secret) String() string { return hidden }

// MarshalText returns a placeholder. Encoders of JSON and log handlers call it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
