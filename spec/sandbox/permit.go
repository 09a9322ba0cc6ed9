package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// permit returns which of the held scopes permit an operation in one of these ways,
// or a refusal. An operation whose requirement the catalogue does not state takes
// any access token.
func (s *Server) permit(op *spec.Operation, ways []spec.Alternative, held []string) ([]string, *problem) {
	if !op.Requires.Stated() {
		return nil, nil
	}
	for _, way := range ways {
		if used, ok := s.covers(held, way.Scopes); ok {
			return used, nil
		}
	}
	needed := make([][]string, len(ways))
	words := make([]string, len(needed))
	for i, way := range ways {
		for _, scope := range way.Scopes {
			wire, _ := s.wire(scope.Value)
			needed[i] = append(needed[i], wire)
		}
		parts := make([]string, len(needed[i]))
		for k, scope := range needed[i] {
			parts[k] = fmt.Sprintf("%q", scope)
		}
		words[i] = strings.Join(parts, " and ")
	}
	holds := "no scope"
	if len(held) > 0 {
		holds = quoted(held)
	}
	shown := append([]string{}, held...)
	// RFC 6750, section 3.1.
	return nil, refuse(http.StatusForbidden, fmt.Sprintf("%s needs %s; the token holds %s", op.ID, strings.Join(words, " or "), holds)).
		field("WWW-Authenticate", fmt.Sprintf(`Bearer error="insufficient_scope", scope="%s"`, strings.Join(needed[0], " "))).
		with("operation", op.ID).with("required_scopes", needed).with("token_scopes", shown)
}

// covers returns those of the held scopes that together give all scopes of a set.
// ok is false if they do not. Held scopes are as they were sent.
func (s *Server) covers(held []string, set []spec.Text) (used []string, ok bool) {
	names := make([]string, len(held))
	for i, sent := range held {
		names[i] = s.names[sent]
	}
	used, ok = s.implies.Uses(names, set)
	for i, name := range used {
		used[i] = held[slices.Index(names, name)]
	}
	return used, ok
}
