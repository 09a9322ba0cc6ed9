package httpsig

import (
	"errors"
	"fmt"
)

// ErrRefused is matched, with errors.Is, by every error that says that the message
// itself is at fault: its signature, what the signature covers, its age, its body.
// Errors of the receiver's own parts do not match it: what [Policy.Keys] or a
// [NonceStore] returned of their own, [ErrNoncesFull], [ErrKey].
var ErrRefused = errors.New("message is refused")

// refusal is a kind of error that matches [ErrRefused].
type refusal string

func (r refusal) Error() string { return string(r) }

// Is reports whether target is [ErrRefused].
func (r refusal) Is(target error) bool { return target == ErrRefused }

// The kinds of errors of signing and verifying. The errors that are returned wrap
// one of them and say more; use errors.Is to find out which.
var (
	// The profile.
	ErrProfile = errors.New("profile cannot be used") // a setting is wrong, or it is the zero Profile

	// The key, or the algorithm that it was to be used with.
	ErrKey              = errors.New("key cannot be used")          // no key, a public key to sign with, too short, a curve without an algorithm
	ErrUnknownKey error = refusal("key is not known")               // the key id of a signature; lookups return it
	ErrAlgorithm  error = refusal("algorithm does not fit the key") // the alg parameter contradicts the key, or the profile has no such algorithm

	// What is covered.
	ErrComponent     error = refusal("component cannot be covered") // not in the message, ambiguous, or not supported
	ErrEmptyCoverage error = refusal("signature covers nothing")
	ErrNotCovered    error = refusal("required component is not covered")

	// The fields of a signature.
	ErrNoSignature       error = refusal("message is not signed")
	ErrMalformed         error = refusal("signature fields are malformed")
	ErrDuplicate         error = refusal("signature fields name something twice") // a label, a component, a parameter
	ErrLabel             error = refusal("no such signature")                     // no signature, or no input, of that label; in signing: the label is taken
	ErrSeveralSignatures error = refusal("message has several signatures")        // and the policy names none of them
	ErrParameter         error = refusal("signature parameter is refused")        // of the wrong type, or not known
	ErrMissingParameter  error = refusal("required signature parameter is missing")
	ErrVersion           error = refusal("signature version is another") // the header that tells which dialect it is

	// The checks.
	ErrNotYetValid  error = refusal("signature was created in the future")
	ErrTooOld       error = refusal("signature is too old")
	ErrExpired      error = refusal("signature has expired")
	ErrSignature    error = refusal("signature is wrong")
	ErrDigest       error = refusal("body does not have the digest that was signed")
	ErrDigestField  error = refusal("digest field cannot be used") // malformed, or of no algorithm that is known
	ErrBody         error = refusal("body cannot be used")         // not readable, or not as long as said
	ErrBodyTooLarge error = refusal("body is too large")
	ErrReplayed     error = refusal("nonce was used before")

	// The nonce store.
	ErrNoncesFull = errors.New("nonce store is full")
)

// refuse makes an error of a kind from above. It exists because fmt.Errorf is
// inlined, which in so many places makes a binary larger.
//
//go:noinline
func refuse(kind error, format string, args ...any) error {
	return fmt.Errorf("%w: %w", kind, fmt.Errorf(format, args...))
}
