package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// implied gives for each scope everything that it stands for, itself first.
func implied(scopes map[string]*spec.Scope) map[string][]string {
	all := make(map[string][]string, len(scopes))
	for name := range scopes {
		closure := []string{name}
		for i := 0; i < len(closure); i++ {
			scope := scopes[closure[i]]
			if scope == nil {
				continue
			}
			for _, more := range scope.Implies {
				if !slices.Contains(closure, more.Value) {
					closure = append(closure, more.Value)
				}
			}
		}
		all[name] = closure
	}
	return all
}

// permit tells which of the held scopes permit an operation, or refuses it.
// An operation whose catalogue does not state what it requires is treated as
// one that takes any token.
func (s *Server) permit(op *spec.Operation, held []string) ([]string, *problem) {
	if op.Requires.Kind != spec.Scoped {
		return nil, nil
	}
	for _, set := range op.Requires.Sets {
		if used, ok := s.covers(held, set); ok {
			return used, nil
		}
	}
	needed := make([][]string, len(op.Requires.Sets))
	words := make([]string, len(needed))
	for i, set := range op.Requires.Sets {
		for _, scope := range set {
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

// covers tells whether held scopes cover all of a set, and which of them do.
func (s *Server) covers(held []string, set []spec.Text) ([]string, bool) {
	var used []string
	for _, need := range set {
		i := slices.IndexFunc(held, func(h string) bool { return s.names[h] == need.Value })
		if i < 0 {
			i = slices.IndexFunc(held, func(h string) bool { return slices.Contains(s.implied[s.names[h]], need.Value) })
		}
		if i < 0 {
			return nil, false
		}
		if !slices.Contains(used, held[i]) {
			used = append(used, held[i])
		}
	}
	return used, true
}
