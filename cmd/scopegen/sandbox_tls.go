package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"time"

	"github.com/scopegen/scopegen/spec/sandbox"
)

// tlsMark begins a file of certificates, so that the next sandbox knows it for one that
// it may replace.
const tlsMark = "# Written by scopegen sandbox, which replaces it when it is started again.\n"

// secureSandbox gives the server and its client certificates, and returns the text of
// the file for the client. Nothing keeps the key of the authority that signs both.
func secureSandbox(config *sandbox.Config, address string) ([]byte, error) {
	authority, err := certify(&x509.Certificate{Subject: pkix.Name{CommonName: "scopegen sandbox"},
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign}, nil)
	if err != nil {
		return nil, err
	}
	host, _, _ := net.SplitHostPort(address) // Start refuses what is none
	hosts := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if ip := net.ParseIP(host); ip != nil {
		hosts = append(hosts, ip)
	}
	server, err := certify(&x509.Certificate{Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, IPAddresses: hosts,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, &authority)
	if err != nil {
		return nil, err
	}
	registered := &config.Clients[0]
	client, err := certify(&x509.Certificate{Subject: pkix.Name{CommonName: registered.ID},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, &authority)
	if err != nil {
		return nil, err
	}
	registered.Certificate = client.Leaf
	config.TLS = &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequestClientCert}
	key, err := privatePEM(client.PrivateKey.(crypto.Signer))
	if err != nil {
		return nil, err
	}
	text := func(c tls.Certificate) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Leaf.Raw})
	}
	return slices.Concat([]byte(tlsMark), key, text(client), text(authority)), nil
}

// certify makes a key and a certificate for it that the issuer signs, or the key itself
// if there is no issuer.
func certify(template *x509.Certificate, issuer *tls.Certificate) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	// An hour back, for clocks that differ; longer than a sandbox runs.
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)
	parent, signer := template, crypto.PrivateKey(key)
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

// writeTLSFile writes the file anew, unless there is one that no sandbox wrote.
func writeTLSFile(path string, text []byte) error {
	file, err := os.Open(path)
	if err == nil {
		beginning := make([]byte, len(tlsMark))
		_, err = io.ReadFull(file, beginning)
		_ = file.Close() // it was only read
		if err != nil || string(beginning) != tlsMark {
			return fmt.Errorf("%s: sandbox did not write this file, and leaves it as it is; name another with --tls-file", path)
		}
		err = os.Remove(path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return writeSecret(path, text)
}
