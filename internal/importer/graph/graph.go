// Package graph reads the file in which Microsoft publishes what the calls of
// Microsoft Graph require. The OpenAPI document of Graph says nothing about it.
package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/internal/yamlmap"
)

// Flows are the ways in which a program gets its token, as the command line and as
// the file call them.
var Flows = map[string]string{"application": "Application", "delegated-work": "DelegatedWork", "delegated-personal": "DelegatedPersonal"}

// Permissions is what the file says about one flow.
type Permissions struct {
	Scopes []openapi.Declared
	Notes  diag.List // what of the file is not carried, and what was assumed

	calls map[string][]grant // method and path → the permissions that are enough
	asked map[string]bool
}

// grant is one permission that is enough for a call, if one of the others is held
// too.
type grant struct {
	permission string
	also       []string // at least one of them is needed beside it; nil if none is
	least      int      // methods of the path set that marks it as the least privilege; 0 if none does
}

// Read reads the file called name, for a flow of [Flows]. An error means that the
// file cannot be read as such a file.
func Read(name string, text []byte, flow string) (*Permissions, error) {
	root, err := openapi.Parse(name, text)
	if err != nil {
		return nil, err
	}
	all := yamlmap.Value(root, "permissions")
	if all == nil || all.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s is no permissions file of Microsoft Graph: it has no object \"permissions\"", name)
	}
	r := reader{name: name, flow: flow, Permissions: &Permissions{calls: map[string][]grant{}, asked: map[string]bool{}}}
	for i := 0; i+1 < len(all.Content); i += 2 {
		if err := r.permission(all.Content[i], all.Content[i+1]); err != nil {
			return nil, err
		}
	}
	if len(r.Scopes) == 0 {
		return nil, fmt.Errorf("%s holds no permission of the flow %s", name, flow)
	}
	for _, grants := range r.calls {
		nearest := 0
		for _, g := range grants {
			if g.least > 0 && (nearest == 0 || g.least < nearest) {
				nearest = g.least
			}
		}
		// A path set of several methods marks what they need together. The mark of
		// one with fewer methods is nearer to the call.
		for i := range grants {
			if grants[i].least > nearest {
				grants[i].least = 0
			}
		}
		slices.SortStableFunc(grants, func(a, b grant) int { return cmp.Compare(min(b.least, 1), min(a.least, 1)) })
	}
	return r.Permissions, nil
}

type reader struct {
	name, flow string
	*Permissions
	assumed bool
}

func (r *reader) wrong(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", r.name, n.Line, fmt.Sprintf(format, args...))
}

func (r *reader) note(code string, n *yaml.Node, format string, args ...any) {
	r.Notes = append(r.Notes, diag.Diagnostic{Severity: diag.Warning, Code: code, Pos: diag.Position{File: r.name, Line: n.Line, Column: n.Column}, Message: fmt.Sprintf(format, args...)})
}

func (r *reader) permission(key, p *yaml.Node) error {
	scheme := yamlmap.Value(yamlmap.Value(p, "schemes"), r.flow)
	if scheme == nil {
		return nil // of another flow
	}
	if kind := text(yamlmap.Value(p, "authorizationType")); kind != "oAuth2" {
		r.note(openapi.LeftOut, key, "the permission %q is left out: it is granted for single resources (%s), and no token can be asked for it", key.Value, kind)
		return nil
	}
	group, _, _ := strings.Cut(key.Value, ".")
	r.Scopes = append(r.Scopes, openapi.Declared{Name: key.Value, Permits: text(yamlmap.Value(scheme, "adminDisplayName")), Group: group})
	sets := yamlmap.Value(p, "pathSets")
	if sets == nil || sets.Kind != yaml.SequenceNode {
		return r.wrong(key, "the permission %q has no list of pathSets", key.Value)
	}
	for _, set := range sets.Content {
		if err := r.pathSet(key.Value, set); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) pathSet(permission string, set *yaml.Node) error {
	schemes, methods, paths := yamlmap.Value(set, "schemeKeys"), yamlmap.Value(set, "methods"), yamlmap.Value(set, "paths")
	if schemes == nil || schemes.Kind != yaml.SequenceNode || methods == nil || methods.Kind != yaml.SequenceNode || paths == nil || paths.Kind != yaml.MappingNode {
		return r.wrong(set, "a path set of %q has not the lists schemeKeys and methods and the object paths", permission)
	}
	for i := 0; i+1 < len(set.Content); i += 2 {
		if key := set.Content[i]; !slices.Contains([]string{"schemeKeys", "methods", "paths"}, key.Value) {
			return r.wrong(key, "a path set of %q has the member %q, which is not understood", permission, key.Value)
		}
	}
	if !slices.ContainsFunc(schemes.Content, func(n *yaml.Node) bool { return n.Value == r.flow }) {
		return nil
	}
	for i := 0; i+1 < len(paths.Content); i += 2 {
		path, said := paths.Content[i], paths.Content[i+1]
		g := grant{permission: permission}
		for part := range strings.SplitSeq(said.Value, ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			switch key {
			case "":
			case "least":
				if slices.Contains(strings.Split(value, ","), r.flow) {
					g.least = len(methods.Content)
				}
			case "AlsoRequires":
				g.also = strings.Split(value, ",")
				if !r.assumed {
					r.assumed = true
					r.note(openapi.Assumed, said, "AlsoRequires: beside %q one of its list is needed, here and below", permission)
				}
			default:
				return r.wrong(said, "%q says %q, which is not understood", path.Value, part)
			}
		}
		if strings.Contains(path.Value, "?") {
			r.note(openapi.LeftOut, path, "what %q permits with this query is left out: a requirement does not depend on one: %s", permission, path.Value)
			continue
		}
		for _, method := range methods.Content {
			call := strings.ToUpper(method.Value) + " " + normal(path.Value)
			if !slices.ContainsFunc(r.calls[call], func(other grant) bool { return other.permission == permission && slices.Equal(other.also, g.also) }) {
				r.calls[call] = append(r.calls[call], g)
			}
		}
	}
	return nil
}

// normal returns a path in the spelling in which the file and the document agree:
// in lower case, without names of parameters, the namespace of functions, and
// empty brackets.
func normal(path string) string {
	var b strings.Builder
	depth := 0
	for _, c := range strings.ToLower(path) {
		switch {
		case c == '{':
			if depth++; depth == 1 {
				b.WriteString("{}")
			}
		case c == '}':
			depth = max(0, depth-1)
		case depth > 0 || c == '\'' || c == ' ':
		default:
			b.WriteRune(c)
		}
	}
	segments := strings.Split(strings.TrimSuffix(b.String(), "/"), "/")
	for i, s := range segments {
		if rest, ok := strings.CutPrefix(s, "microsoft.graph."); ok {
			name, _, _ := strings.Cut(rest, "(")
			s = rest[strings.LastIndexByte(name, '.')+1:]
		}
		segments[i] = strings.TrimSuffix(s, "()")
	}
	return strings.Join(segments, "/")
}

// Requirement returns what a call requires, the least privilege first, and reports
// whether the file says it.
func (p *Permissions) Requirement(method, path string) (openapi.Requirement, bool) {
	call := method + " " + normal(path)
	grants := p.calls[call]
	if len(grants) == 0 {
		return openapi.Requirement{}, false
	}
	p.asked[call] = true
	var r openapi.Requirement
	for _, g := range grants {
		if g.least > 0 && !slices.Contains(r.Least, g.permission) {
			r.Least = append(r.Least, g.permission)
		}
		if g.also == nil {
			r.Sets = append(r.Sets, []string{g.permission})
		}
		for _, other := range g.also {
			r.Sets = append(r.Sets, []string{g.permission, strings.TrimSpace(other)})
		}
	}
	return r, true
}

// Unasked counts the calls of the file that no operation has asked about.
func (p *Permissions) Unasked() int { return len(p.calls) - len(p.asked) }

func text(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}
