package httpsig

import (
	"errors"
	"fmt"
)

// What signing and verifying refuse. Errors tell more than these texts; ask
// with errors.Is which one it was.
var (
	// The key, or the algorithm that it was to be used with.
	ErrKey        = errors.New("key cannot be used")             // no key, a public key to sign with, too short, a curve without an algorithm
	ErrUnknownKey = errors.New("key is not known")               // the key id of a signature; lookups return it
	ErrAlgorithm  = errors.New("algorithm does not fit the key") // the alg parameter contradicts the key, or the profile has no such algorithm

	// What is covered.
	ErrComponent     = errors.New("component cannot be covered") // not in the message, ambiguous, or not supported
	ErrEmptyCoverage = errors.New("signature covers nothing")
	ErrNotCovered    = errors.New("required component is not covered")

	// The fields of a signature.
	ErrNoSignature       = errors.New("message is not signed")
	ErrMalformed         = errors.New("signature fields are malformed")
	ErrDuplicate         = errors.New("signature fields name something twice") // a label, a component, a parameter
	ErrLabel             = errors.New("no such signature")                     // no signature, or no input, of that label; in signing: the label is taken
	ErrSeveralSignatures = errors.New("message has several signatures")        // and the policy names none of them
	ErrParameter         = errors.New("signature parameter is refused")        // of the wrong type, or not known
	ErrMissingParameter  = errors.New("required signature parameter is missing")
	ErrVersion           = errors.New("signature version is another") // the header that tells which dialect it is

	// The checks.
	ErrNotYetValid  = errors.New("signature was created in the future")
	ErrTooOld       = errors.New("signature is too old")
	ErrExpired      = errors.New("signature has expired")
	ErrSignature    = errors.New("signature is wrong")
	ErrDigest       = errors.New("body does not have the digest that was signed")
	ErrDigestField  = errors.New("digest field cannot be used") // malformed, or of no algorithm that is known
	ErrBody         = errors.New("body cannot be used")         // not readable, or not as long as said
	ErrBodyTooLarge = errors.New("body is too large")
	ErrReplayed     = errors.New("nonce was used before")
	ErrNoncesFull   = errors.New("nonce store is full")
)

// refuse makes an error of a kind from above. It exists because fmt.Errorf is
// inlined, which in so many places makes a binary larger.
//
//go:noinline
func refuse(kind error, format string, args ...any) error {
	return fmt.Errorf("%w: %w", kind, fmt.Errorf(format, args...))
}
