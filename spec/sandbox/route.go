package sandbox

import (
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// router finds the operation for a request. A path is cut into segments before it
// is percent-decoded, so that an escaped slash is part of a value. A literal
// segment wins over one with placeholders.
type router struct{ root *node }

type node struct {
	literal map[string]*node
	partial []partial        // segments with placeholders; those that are nothing but a placeholder come last
	many    []partial        // those that stand for one segment or more
	shapes  map[string]*node // of both, by the shape of their segments
	methods map[string]*route
}

type partial struct {
	segment segment
	next    *node
}

// route is an operation with its path in parts.
type route struct {
	op       *spec.Operation
	segments []segment
	patterns []spec.Placeholder // that have a pattern
	query    url.Values         // that each request has
	relation *relation          // to the objects that the server remembers
	listPath []string           // of a list: the members that lead to the items, none for the response itself

	// twin has the same method and a path that differs in the names of its
	// placeholders or in its query alone: /files/{id} beside /files/{name} and
	// /files/{id}?alt=media.
	twin *route
}

// segment is a part of a path between slashes.
type segment struct{ spec.Segment }

func (s segment) plain() bool { return len(s.Names) == 0 }

// text returns how many bytes of a segment are its own, not those of placeholders.
func (s segment) text() int {
	n := 0
	for _, literal := range s.Literals {
		n += len(literal)
	}
	return n
}

// match returns the values of the placeholders, each of which has at least one
// character, and whether the text matches.
func (s segment) match(text string) ([]string, bool) {
	text, ok := strings.CutPrefix(text, s.Literals[0])
	if !ok {
		return nil, false
	}
	values := make([]string, len(s.Names))
	for i := range s.Names {
		literal := s.Literals[i+1]
		end := len(text)
		if last := i == len(s.Names)-1; last {
			if !strings.HasSuffix(text, literal) {
				return nil, false
			}
			end -= len(literal)
		} else if literal != "" {
			end = strings.Index(text, literal)
		} else {
			end = min(1, len(text)) // nothing stands between {a}{b}; the first takes one character
		}
		if end <= 0 {
			return nil, false
		}
		values[i], text = text[:end], text[min(len(text), end+len(literal)):]
	}
	return values, true
}

// newRoute reads the path of an operation.
func newRoute(op *spec.Operation) (*route, error) {
	read, err := spec.Segments(op.Path)
	rt := &route{op: op, segments: make([]segment, len(read)), query: spec.Query(op.Path)}
	for i := range read {
		rt.segments[i] = segment{read[i]}
	}
	for _, p := range spec.Placeholders(op.Path) {
		if p.Pattern != "" {
			rt.patterns = append(rt.patterns, p)
		}
	}
	return rt, err
}

func newRouter() *router { return &router{&node{}} }

func (r *router) add(rt *route) error {
	at := r.root
	for _, s := range rt.segments {
		at = at.child(s)
	}
	if at.methods == nil {
		at.methods = map[string]*route{}
	}
	first := at.methods[rt.op.Method]
	if first == nil {
		at.methods[rt.op.Method] = rt
		return nil
	}
	last := first
	for other := first; other != nil; other = other.twin {
		if other.op.Path == rt.op.Path && other.op.Server.Value == rt.op.Server.Value {
			return fmt.Errorf("%s %s of %q cannot be told from %s of %q", rt.op.Method, rt.op.Path, rt.op.ID, other.op.Path, other.op.ID)
		}
		last = other
	}
	last.twin = rt
	return nil
}

// asked returns those of a route and its twins whose query a request has, with the most
// parameters there: more than one if the query does not tell them apart.
func asked(first *route, query url.Values) []*route {
	var twins []*route
	most := 0
	for rt := first; rt != nil; rt = rt.twin {
		if !rt.asksFor(query) {
			continue
		}
		if n := len(rt.query); n > most {
			twins, most = nil, n
		}
		if len(rt.query) == most {
			twins = append(twins, rt)
		}
	}
	return twins
}

// choose sets the exchange's route to the one of several that the request is for: the
// first that takes all of it, or else the first that takes its path and has its body's
// media type, or else its path.
func (s *Server) choose(twins []*route, x *exchange) {
	best := -1
	var chosen *route
	for _, rt := range twins {
		x.route = rt
		fit := 0
		if s.takesPath(rt, x.r.URL.EscapedPath()) {
			fit = 1
			if takesBody(rt.op, x) {
				fit = 2
			}
			if _, p := s.readCall(x); p == nil {
				fit = 3
			}
			x.call.Ignored = nil
		}
		if fit > best {
			chosen, best = rt, fit
		}
	}
	x.route = chosen
	x.call.Operation = chosen.op.ID
}

// takesPath reports whether a route's path parameters admit what the path says.
func (s *Server) takesPath(rt *route, escaped string) bool {
	values := rt.values(escaped)
	for _, p := range rt.op.Parameters {
		if p.In == "path" {
			if _, err := s.readParameter(p.Schema, []string{values[p.Name]}); err != nil {
				return false
			}
		}
	}
	return true
}

// takesBody reports whether an operation takes a body of the request's media type.
func takesBody(op *spec.Operation, x *exchange) bool {
	if len(x.body) == 0 {
		return len(op.Body) == 0 || op.BodyOptional
	}
	sent, _, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	return err == nil && slices.ContainsFunc(op.Body, func(e spec.Entry[*spec.Schema]) bool { return matches(e.Key, sent) })
}

// asksFor reports whether the query of a request has all that is in the route's.
func (rt *route) asksFor(query url.Values) bool {
	for name, values := range rt.query {
		for _, value := range values {
			if !slices.Contains(query[name], value) {
				return false
			}
		}
	}
	return true
}

func (n *node) child(s segment) *node {
	if s.plain() {
		if n.literal == nil {
			n.literal = map[string]*node{}
		}
		key := s.Literals[0]
		if n.literal[key] == nil {
			n.literal[key] = &node{}
		}
		return n.literal[key]
	}
	shape := s.Shape()
	if next := n.shapes[shape]; next != nil {
		return next
	}
	if n.shapes == nil {
		n.shapes = map[string]*node{}
	}
	next := &node{}
	n.shapes[shape] = next
	if s.Many {
		n.many = append(n.many, partial{s, next})
		return next
	}
	// What has more text of its own admits less: f(a={a},b={b}) is also a value of f(a={a}).
	text := s.text()
	at := slices.IndexFunc(n.partial, func(p partial) bool { return p.segment.text() < text })
	if at < 0 {
		at = len(n.partial)
	}
	n.partial = slices.Insert(n.partial, at, partial{s, next})
	return next
}

// find returns the routes for an escaped path, by method. It returns nil for an
// unknown path and an error for one that cannot be decoded.
func (r *router) find(escaped string) (map[string]*route, error) {
	rest, ok := strings.CutPrefix(escaped, "/")
	if !ok {
		return nil, nil
	}
	texts := strings.Split(rest, "/")
	for i := range texts {
		decoded, err := url.PathUnescape(texts[i])
		if err != nil {
			return nil, err
		}
		texts[i] = decoded
	}
	steps := 0
	return r.root.find(texts, &steps), nil
}

// maxSteps bounds the search where many paths with placeholders overlap.
const maxSteps = 10_000

func (n *node) find(texts []string, steps *int) map[string]*route {
	if *steps++; *steps > maxSteps {
		return nil
	}
	if len(texts) == 0 {
		return n.methods
	}
	if next := n.literal[texts[0]]; next != nil {
		if found := next.find(texts[1:], steps); found != nil {
			return found
		}
	}
	for _, p := range n.partial {
		if _, ok := p.segment.match(texts[0]); ok {
			if found := p.next.find(texts[1:], steps); found != nil {
				return found
			}
		}
	}
	for _, p := range n.many {
		for k := 1; k <= len(texts) && texts[k-1] != ""; k++ {
			if _, ok := p.segment.match(texts[k-1]); ok {
				if found := p.next.find(texts[k:], steps); found != nil {
					return found
				}
			}
		}
	}
	return nil
}

// values returns the decoded path parameters of a request for the route, and the
// parts of those that have a pattern.
func (rt *route) values(escaped string) map[string]string {
	values := map[string]string{}
	texts := strings.Split(strings.TrimPrefix(escaped, "/"), "/")
	for i, s := range rt.segments {
		if len(texts) == 0 {
			break
		}
		// A path has one segment that stands for several, so that its length is known.
		count := 1
		if s.Many {
			count = max(1, len(texts)-(len(rt.segments)-1-i))
		}
		parts := make([]string, count)
		for k := range parts {
			parts[k], _ = url.PathUnescape(texts[k]) // find has refused what cannot be decoded
		}
		texts = texts[count:]
		if found, ok := s.match(parts[count-1]); ok {
			for k, name := range s.Names {
				parts[count-1] = found[k]
				values[name] = strings.Join(parts, "/")
			}
		}
	}
	for _, p := range rt.patterns {
		values[p.Name] = p.Value(values)
	}
	return values
}
