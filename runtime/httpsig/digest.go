package httpsig

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"strings"

	"github.com/scopegen/scopegen/runtime/httpsig/internal/sfv"
)

// Digest is a field that holds a digest of the body, together with its algorithm.
type Digest uint8

// The digests that can be sent. A [Verifier] accepts all of them, and several
// algorithms in one field. Every digest whose algorithm it knows must match.
const (
	NoDigest            Digest = iota
	ContentDigestSHA512        // content-digest: sha-512=:…: (RFC 9530)
	ContentDigestSHA256        // content-digest: sha-256=:…:
	DigestSHA256               // digest: SHA-256=… (RFC 3230), in Upvest's version 6
)

// field returns the name of the field in lower case, "" for [NoDigest].
func (d Digest) field() string {
	switch d {
	case ContentDigestSHA512, ContentDigestSHA256:
		return "content-digest"
	case DigestSHA256:
		return "digest"
	}
	return ""
}

// header returns the name of the field as a key of http.Header.
func (d Digest) header() string {
	if d == DigestSHA256 {
		return "Digest"
	}
	return "Content-Digest"
}

// appendValue appends the value of the field for a body.
func (d Digest) appendValue(dst, body []byte) []byte {
	switch d {
	case ContentDigestSHA512:
		sum := sha512.Sum512(body)
		dst = append(dst, "sha-512="...)
		return sfv.AppendBytes(dst, sum[:])
	case ContentDigestSHA256:
		sum := sha256.Sum256(body)
		dst = append(dst, "sha-256="...)
		return sfv.AppendBytes(dst, sum[:])
	default:
		sum := sha256.Sum256(body)
		dst = append(dst, "SHA-256="...)
		return base64.StdEncoding.AppendEncode(dst, sum[:])
	}
}

// isDigestField reports whether a field is a digest of the content. Such a field is
// compared with the body whenever it is covered.
func isDigestField(name string) bool { return name == "content-digest" || name == "digest" }

// checkDigest compares the body with a digest field. It ignores unknown algorithms, as
// RFC 9530 requires, but at least one must be known.
func checkDigest(name, value string, body []byte) error {
	if name == "digest" {
		return checkOldDigest(value, body)
	}
	const only = "sha-512=:"
	if strings.HasPrefix(value, only) && len(value) == len(only)+base64.StdEncoding.EncodedLen(sha512.Size)+1 {
		// What messages usually have: one digest, in canonical form.
		var stack [128]byte
		if string(ContentDigestSHA512.appendValue(stack[:0], body)) == value {
			return nil
		}
	}
	known := false
	var seen digestsSeen
	members := sfv.Dictionary(value)
	for members.Next() {
		var stack [sha512.Size]byte
		digest, ok := members.AppendBytes(stack[:0])
		if !ok {
			return refuse(ErrDigestField, "the member %q of the field %s is not a byte sequence", members.Key, name)
		}
		if err := seen.add(members.Key, name); err != nil {
			return err
		}
		used, err := compareDigest(members.Key, digest, body)
		if err != nil {
			return err
		}
		known = known || used
	}
	if err := members.Err(); err != nil {
		return refuse(ErrDigestField, "%s: %w", name, err)
	}
	return needKnown(known, name)
}

// checkOldDigest does the same for the form of RFC 3230:
// SHA-256=<base64>,sha-512=<base64>.
func checkOldDigest(value string, body []byte) error {
	known := false
	var seen digestsSeen
	for member := range strings.SplitSeq(value, ",") {
		algorithm, text, _ := strings.Cut(strings.Trim(member, " \t"), "=")
		algorithm = strings.ToLower(algorithm)
		if algorithm != "sha-256" && algorithm != "sha-512" {
			continue
		}
		var stack [sha512.Size]byte
		digest, err := base64.StdEncoding.Strict().AppendDecode(stack[:0], []byte(text))
		if err != nil {
			return refuse(ErrDigestField, "the %s of the digest field is not base64", algorithm)
		}
		if err := seen.add(algorithm, "digest"); err != nil {
			return err
		}
		if _, err := compareDigest(algorithm, digest, body); err != nil {
			return err
		}
		known = true
	}
	return needKnown(known, "digest")
}

// digestsSeen holds which algorithms a digest field has named so far. None may come
// twice, so that the body is hashed at most once for each.
type digestsSeen struct{ sha256, sha512 bool }

// add notes an algorithm of the field, and returns an error if it came before.
func (d *digestsSeen) add(algorithm, field string) error {
	var seen *bool
	switch algorithm {
	case "sha-256":
		seen = &d.sha256
	case "sha-512":
		seen = &d.sha512
	default:
		return nil
	}
	if *seen {
		return refuse(ErrDigestField, "the field %s has two digests of the algorithm %s", field, algorithm)
	}
	*seen = true
	return nil
}

// compareDigest returns an error if the digest is not that of the body, and whether it
// knows the algorithm.
func compareDigest(algorithm string, digest, body []byte) (known bool, err error) {
	equal := false
	switch algorithm {
	case "sha-256":
		sum := sha256.Sum256(body)
		equal = bytes.Equal(sum[:], digest)
	case "sha-512":
		sum := sha512.Sum512(body)
		equal = bytes.Equal(sum[:], digest)
	default:
		return false, nil
	}
	if !equal {
		return true, refuse(ErrDigest, "the %s of the %d bytes received is another", algorithm, len(body))
	}
	return true, nil
}

// needKnown refuses a digest field without a known algorithm.
func needKnown(known bool, name string) error {
	if known {
		return nil
	}
	return refuse(ErrDigestField, "the field %s holds neither sha-256 nor sha-512", name)
}
