package httpsig

import (
	"errors"
	"fmt"
)

// ErrRefused matches, with errors.Is, every error of a [Verifier] that is due to the
// message: its signature, what the signature covers, its age, its body. Errors that
// are due to the receiver do not match: [ErrNoncesFull], [ErrKey], and errors of
// [Policy].Keys or of a [NonceStore] that wrap no error of this package.
var ErrRefused = errors.New("message is refused")

// refusal is an error of this package that matches [ErrRefused].
type refusal string

func (r refusal) Error() string { return string(r) }

// Is reports whether target is [ErrRefused].
func (r refusal) Is(target error) bool { return target == ErrRefused }

// What can be wrong in signing and verifying. The errors that are returned wrap one of
// these and say more; use errors.Is to find out which.
var (
	// The profile.
	ErrProfile = errors.New("profile cannot be used") // a setting is wrong, or it is the zero Profile

	// The key, or its algorithm.
	ErrKey              = errors.New("key cannot be used")          // the zero Key, a public key to sign with, a key that is too short or on another curve
	ErrUnknownKey error = refusal("key is not known")               // no key has the id in the signature; Policy.Keys returns this
	ErrAlgorithm  error = refusal("algorithm does not fit the key") // the alg parameter contradicts the key, or the profile does not have the key's algorithm

	// What is covered.
	ErrComponent     error = refusal("component cannot be covered") // it is not in the message, is ambiguous or is not supported
	ErrEmptyCoverage error = refusal("signature covers nothing")
	ErrNotCovered    error = refusal("required component is not covered")

	// The fields of a signature.
	ErrNoSignature       error = refusal("message is not signed")
	ErrMalformed         error = refusal("signature fields are malformed")
	ErrDuplicate         error = refusal("signature fields name something twice") // a label, a component or a parameter
	ErrLabel             error = refusal("no such signature")                     // the message has none with that label, or, in signing, has one already
	ErrSeveralSignatures error = refusal("message has several signatures")        // and Policy.Label does not say which one counts
	ErrParameter         error = refusal("signature parameter is refused")        // its type is wrong, or it is unknown
	ErrMissingParameter  error = refusal("required signature parameter is missing")
	ErrVersion           error = refusal("signature is of another version") // the version header names another dialect

	// The checks.
	ErrNotYetValid  error = refusal("signature was created in the future")
	ErrTooOld       error = refusal("signature is too old")
	ErrExpired      error = refusal("signature has expired")
	ErrSignature    error = refusal("signature is wrong")
	ErrDigest       error = refusal("body does not have the digest that was signed")
	ErrDigestField  error = refusal("digest field cannot be used") // it is malformed, or has no known algorithm
	ErrBody         error = refusal("body cannot be used")         // reading it failed, or its length is not the stated one
	ErrBodyTooLarge error = refusal("body is too large")
	ErrReplayed     error = refusal("nonce was used before")

	// The nonce store.
	ErrNoncesFull = errors.New("nonce store is full")
)

// refuse returns an error that wraps kind, one of the above, and says more. It is a
// function because fmt.Errorf is inlined, which in so many places makes binaries
// larger.
//
//go:noinline
func refuse(kind error, format string, args ...any) error {
	return fmt.Errorf("%w: %w", kind, fmt.Errorf(format, args...))
}
