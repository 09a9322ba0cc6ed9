package sandbox

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// waysWithKeys returns the alternatives of an operation's requirement whose keys the
// request has, or a refusal if there is none.
func (s *Server) waysWithKeys(x *exchange) ([]spec.Alternative, *problem) {
	r := x.route.op.Requires
	var ways []spec.Alternative
	var wanted []string
	for _, way := range r.Alternatives {
		var missing []string
		for _, name := range way.Keys {
			if !s.hasKey(x.r, name.Value) {
				missing = append(missing, fmt.Sprintf("the key %q", name.Value))
			}
		}
		if missing == nil {
			ways = append(ways, way)
			continue
		}
		wanted = append(wanted, strings.Join(missing, " and "))
	}
	if ways == nil && r.Stated() {
		p := refuse(http.StatusUnauthorized, "the request lacks "+strings.Join(wanted, ", or ")+", or has another value")
		if slices.ContainsFunc(r.Alternatives, s.wantsBasic) {
			p = p.field("WWW-Authenticate", `Basic realm="sandbox", charset="UTF-8"`) // RFC 7617, section 2
		}
		return nil, p
	}
	for _, way := range ways {
		for _, name := range way.Keys {
			if !slices.Contains(x.call.Keys, name.Value) {
				x.call.Keys = append(x.call.Keys, name.Value)
			}
		}
	}
	return ways, nil
}

// hasKey reports whether the request carries the key called name with a value that the
// configuration has for it.
func (s *Server) hasKey(r *http.Request, name string) bool {
	key, ok := s.catalogue.Keys.Get(name)
	if !ok {
		return false
	}
	var sent string
	switch key.In {
	case "basic":
		user, password, ok := r.BasicAuth()
		if !ok {
			return false
		}
		sent = user + ":" + password
	case "query":
		sent = r.URL.Query().Get(key.Name)
	default:
		sent = r.Header.Get(key.Name)
	}
	good := s.config.Keys[name]
	return good != "" && subtle.ConstantTimeCompare([]byte(sent), []byte(good)) == 1
}

func (s *Server) wantsBasic(a spec.Alternative) bool {
	return slices.ContainsFunc(a.Keys, func(name spec.Text) bool {
		key, _ := s.catalogue.Keys.Get(name.Value)
		return key.In == "basic"
	})
}

// sendsToken reports whether the request has an access token, and not a key, in the
// field Authorization.
func sendsToken(r *http.Request) bool {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "DPoP")
}

// keyParameter reports whether a query parameter is a key of the API.
func (s *Server) keyParameter(name string) bool {
	return slices.ContainsFunc(s.catalogue.Keys, func(k spec.Entry[spec.Key]) bool { return k.Value.Carries("query", name) })
}
