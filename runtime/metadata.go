package runtime

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// Endpoint is an endpoint of an authorization server, by its name in the server's
// metadata.
type Endpoint string

// The endpoints of RFC 8414, section 2, and RFC 8628, section 4.
const (
	TokenEndpoint         Endpoint = "token_endpoint"
	AuthorizationEndpoint Endpoint = "authorization_endpoint"
	DeviceEndpoint        Endpoint = "device_authorization_endpoint"
	RevocationEndpoint    Endpoint = "revocation_endpoint"
)

var endpoints = []Endpoint{TokenEndpoint, AuthorizationEndpoint, DeviceEndpoint, RevocationEndpoint}

// metadata is what an authorization server says of itself (RFC 8414, section 2).
type metadata struct {
	issuer      string
	places      map[Endpoint]place
	tlsPlaces   map[Endpoint]place // for clients that the connection authenticates (RFC 8705, section 5)
	grants      []string           // nil if it does not say
	methods     []string           // of client authentication at the token endpoint; nil if it does not say
	revocation  []string           // the same at the revocation endpoint
	proofs      []string           // algorithms of DPoP proofs (RFC 9449, section 5.1); nil if it does not say
	namesIssuer bool               // a redirect has iss (RFC 9207, section 3)
}

// place is where an endpoint is, or why it cannot be used.
type place struct {
	url *url.URL
	err error
}

// hosts are the hosts that may have endpoints, with ports.
type hosts map[string]bool

// newHosts returns the host of the issuer and the others, which are written as
// host or host:port.
func newHosts(issuer *url.URL, others []string) hosts {
	h := hosts{hostOf(issuer): true}
	for _, other := range others {
		h[hostOf(&url.URL{Scheme: "https", Host: other})] = true
	}
	return h
}

func hostOf(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "http":
		port = "80"
	default:
		port = "443"
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// parseMetadata reads the metadata of an issuer. An endpoint that is elsewhere than
// on one of the hosts is not used, nor is one of plain http, unless it is on this
// machine.
func parseMetadata(text []byte, issuer string, allowed hosts) (*metadata, error) {
	var members map[string]json.RawMessage
	if jsonvalue.Kind(text) != "object" || json.Unmarshal(text, &members) != nil { // the parser's error would quote it
		return nil, errors.New("it is not a JSON object")
	}
	m := &metadata{issuer: issuer}
	var said string
	if json.Unmarshal(members["issuer"], &said) != nil || said == "" {
		return nil, errors.New("it names no issuer")
	}
	if said != issuer {
		return nil, fmt.Errorf("it is of the issuer %s", printable(said))
	}
	var aliases map[string]json.RawMessage
	for _, one := range []struct {
		name string
		to   any
	}{
		{"grant_types_supported", &m.grants}, {"token_endpoint_auth_methods_supported", &m.methods}, {"revocation_endpoint_auth_methods_supported", &m.revocation},
		{"authorization_response_iss_parameter_supported", &m.namesIssuer}, {"mtls_endpoint_aliases", &aliases},
		{"dpop_signing_alg_values_supported", &m.proofs},
	} {
		if text, ok := members[one.name]; ok && json.Unmarshal(text, one.to) != nil {
			return nil, fmt.Errorf("its %s is of the wrong type", one.name)
		}
	}
	m.places, m.tlsPlaces = placesOf(members, allowed), placesOf(aliases, allowed)
	return m, nil
}

func placesOf(members map[string]json.RawMessage, allowed hosts) map[Endpoint]place {
	places := map[Endpoint]place{}
	for _, e := range endpoints {
		var text string
		switch member, ok := members[string(e)]; {
		case !ok || jsonvalue.Kind(member) == "null":
		case json.Unmarshal(member, &text) != nil:
			places[e] = place{err: errors.New("names no URL")}
		default:
			places[e] = allowed.place(text)
		}
	}
	return places
}

func (h hosts) place(text string) place {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || strings.Contains(text, "#"):
		return place{err: errors.New("is no URL with a host, or has a user name or a fragment")}
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return place{err: fmt.Errorf("is %s, which is neither https nor on this machine", printable(u.Scheme+"://"+u.Host))}
	case !h[hostOf(u)]:
		return place{err: fmt.Errorf("is on %s, which is another host than the issuer's: if it is the right one, add it to token.endpoint_hosts of the catalogue and generate again", printable(u.Host))}
	}
	return place{url: u}
}

// endpoint returns the URL of an endpoint for clients that authenticate by method.
func (m *metadata) endpoint(e Endpoint, method string) (*url.URL, error) {
	at, ok := m.places[e]
	if alias, has := m.tlsPlaces[e]; has && method == "tls_client_auth" {
		at, ok = alias, true
	}
	switch {
	case !ok:
		return nil, fmt.Errorf("the metadata of %s has no %s", m.issuer, e)
	case at.err != nil:
		return nil, fmt.Errorf("the %s in the metadata of %s %w", e, m.issuer, at.err)
	}
	return at.url, nil
}

// takes returns an error if the metadata says that an endpoint does not take a grant
// or an authentication of the client. "" is none.
func (m *metadata) takes(e Endpoint, grant, method string) error {
	if grant != "" && m.grants != nil && !slices.Contains(m.grants, grant) {
		return fmt.Errorf("%s does not have the grant %s: its metadata lists %s; choose another", m.issuer, grant, printable(listed(m.grants)))
	}
	methods := m.methods
	if e == RevocationEndpoint && m.revocation != nil {
		methods = m.revocation
	}
	switch {
	case methods == nil, slices.Contains(methods, method):
		return nil
	case method == "", method == "none": // servers that take public clients need not list it
		return nil
	case method == "tls_client_auth" && slices.Contains(methods, "self_signed_tls_client_auth"):
		return nil
	}
	do := "choose another"
	if method == secretBasic && slices.Contains(methods, secretPost) || method == secretPost && slices.Contains(methods, secretBasic) {
		do = "set token.credentials of the catalogue to the other way and generate again"
	}
	return fmt.Errorf("%s does not take the client authentication %s: its metadata lists %s; %s", m.issuer, method, printable(listed(methods)), do)
}

// reads returns an error if the metadata says that the token endpoint does not take
// the proofs of a binding, which may be nil.
func (m *metadata) reads(b *binding) error {
	if b == nil || m.proofs == nil || slices.Contains(m.proofs, b.algorithm) {
		return nil
	}
	return fmt.Errorf("%s does not take DPoP proofs that are signed with %s: its metadata lists %s; give runtime.WithDPoPKey a key that has one of them", m.issuer, b.algorithm, printable(listed(m.proofs)))
}

// The two ways to send a client secret (RFC 7591, section 2).
const (
	secretBasic = "client_secret_basic"
	secretPost  = "client_secret_post"
)
