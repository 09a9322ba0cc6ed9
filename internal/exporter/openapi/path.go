package openapi

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// place is where the document has an operation.
type place struct {
	path   string
	names  map[string]string // of a placeholder in the catalogue → in the document
	beside []string          // further placeholders of the document, for the patterns of the catalogue
	query  url.Values        // parameters that each call has
}

// places finds the path of each operation. OpenAPI has one path for what a server
// cannot tell apart, and neither patterns nor queries in it: the segments of a pattern
// become segments of the path, and a query becomes parameters that have one value.
func (e *exporter) places() map[*spec.Operation]place {
	type template struct {
		path  string
		names []string // of its placeholders
	}
	templates := map[string]template{} // by shape, as the first operation writes it
	taken := map[[2]string]bool{}      // path and method
	found := map[*spec.Operation]place{}
	// What has to be rewritten comes last: it yields to what has the path by itself.
	for _, rewritten := range []bool{false, true} {
		for _, o := range e.c.Operations {
			p, names := placeOf(o)
			if (p.path != o.Path) != rewritten {
				continue
			}
			if _, fragment := spec.CutFragment(o.Path); fragment != "" {
				e.bent(o.Pos, "tools may send the fragment of the path %s of %s, which tells operations of one path apart", o.Path, o.ID)
			}
			shape := spec.PathShape(p.path)
			if _, known := templates[shape]; !known {
				templates[shape] = template{p.path, names}
			}
			first := templates[shape]
			if taken[[2]string{first.path, o.Method}] {
				e.bent(o.Pos, "tools take the path %s of %s for that of another operation, %s %s", o.Path, o.ID, o.Method, first.path)
				if p = p.withQuery(o); taken[[2]string{p.path, o.Method}] {
					p = place{path: o.Path}
				}
				taken[[2]string{p.path, o.Method}] = true
				found[o] = p
				continue
			}
			taken[[2]string{first.path, o.Method}] = true
			p.path = first.path
			for name, as := range p.names {
				p.names[name] = first.names[slices.Index(names, as)]
			}
			for k, name := range p.beside {
				p.beside[k] = first.names[slices.Index(names, name)]
			}
			found[o] = p
		}
	}
	return found
}

// withQuery returns a place whose path holds the query of the operation, of which tools
// for OpenAPI know nothing.
func (p place) withQuery(o *spec.Operation) place {
	if _, query := spec.CutQuery(o.Path); query != "" {
		before, fragment := spec.CutFragment(p.path)
		p.path = withFragment(before+"?"+query, fragment)
	}
	p.query = nil
	return p
}

// placeOf returns the place that an operation has by itself, and all the placeholders
// of its path.
func placeOf(o *spec.Operation) (place, []string) {
	p := place{names: map[string]string{}}
	rest, query := spec.CutQuery(o.Path)
	if query != "" {
		p.query = spec.Query(o.Path)
	}
	var path strings.Builder
	var taken, names []string
	for _, placeholder := range spec.Placeholders(o.Path) {
		taken = append(taken, placeholder.Name)
		p.names[placeholder.Name] = placeholder.Name
	}
	for _, placeholder := range spec.Placeholders(o.Path) {
		before, after, _ := strings.Cut(rest, "{")
		_, rest, _ = strings.Cut(after, "}")
		path.WriteString(before)
		name := placeholder.Name
		wildcard := func() string {
			if name == "" { // a further one of the pattern
				for number := 2; name == "" || slices.Contains(taken, name); number++ {
					name = numbered(placeholder.Name, number)
				}
				taken, p.beside = append(taken, name), append(p.beside, name)
			}
			written := "{" + name + "}"
			names, name = append(names, name), ""
			return written
		}
		if placeholder.Pattern == "" {
			path.WriteString(wildcard())
			continue
		}
		for k, segment := range strings.Split(placeholder.Pattern, "/") {
			if k > 0 {
				path.WriteByte('/')
			}
			if segment == "*" || segment == "**" {
				segment = wildcard()
			}
			path.WriteString(segment)
		}
	}
	_, fragment := spec.CutFragment(o.Path)
	p.path = withFragment(path.String()+rest, fragment)
	return p, names
}

func withFragment(path, fragment string) string {
	if fragment == "" {
		return path
	}
	return path + "#" + fragment
}

func numbered(name string, number int) string { return fmt.Sprintf("%s_%d", name, number) }
