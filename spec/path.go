package spec

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Segment is the part of a path between two slashes: literals and placeholders
// in turn. It begins and ends with a literal, which may be empty, so there is
// one literal more than there are names. "{a}.{b}" has the literals "", "."
// and "", and the names a and b.
//
// The pattern of a placeholder has segments of its own: {name=people/*} has the
// literal people, and one whose name is that of a wildcard, see [Placeholder].
type Segment struct {
	Literals []string // percent-decoded
	Names    []string // of the placeholders, without braces
	Many     bool     // it stands for one segment or more, as "**" does; then it has one name, and nothing before it
}

// Placeholder is {name} or {name=pattern} in a path. A pattern consists of
// literals, of "*" for one segment and of "**" for one segment or more, with
// slashes between them, as Google writes it: {name=people/*}.
type Placeholder struct {
	Name    string
	Pattern string   // "" for {name}, which stands for one segment or for a part of one
	Parts   []string // what the wildcards of the pattern are called in segments; Name alone without a pattern
}

// CutFragment cuts the path of an [Operation] before its fragment, which no request
// has. It tells operations of one method and path apart, which a server knows by what
// they send: "/files/{id}#share" is "/files/{id}" and "share".
func CutFragment(path string) (before, fragment string) {
	end := strings.LastIndexByte(path, '}') + 1
	before, fragment, _ = strings.Cut(path[end:], "#")
	return path[:end] + before, fragment
}

// CutQuery cuts the path of an [Operation] before the query that each of its calls
// has: it returns "/files/{id}" and "alt=media" for "/files/{id}?alt=media". Neither
// holds the path's fragment.
func CutQuery(path string) (before, query string) {
	path, _ = CutFragment(path)
	before, query, _ = strings.Cut(path, "?")
	return before, query
}

// Query returns the parameters in the path of an [Operation], which each of its calls
// has, and none if they cannot be read.
func Query(path string) url.Values {
	_, query := CutQuery(path)
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil
	}
	return values
}

// Segments reads a path such as /users/{user_id}, as [Operation] has it. It passes
// over the path's query and fragment.
func Segments(path string) ([]Segment, error) {
	path, _ = CutQuery(path)
	if !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("the path %q does not begin with a slash", path)
	}
	flat, _, names, err := flattenPath(path)
	if err != nil {
		return nil, fmt.Errorf("the path %q: %w", path, err)
	}
	var segments []Segment
	for text := range strings.SplitSeq(flat[1:], "/") {
		s, err := readSegment(text, names)
		if err != nil {
			return nil, fmt.Errorf("the path %q: %w", path, err)
		}
		names = names[len(s.Names):]
		segments = append(segments, s)
	}
	return segments, nil
}

// Placeholders returns the placeholders of a path in their order, and none if the
// path cannot be read.
func Placeholders(path string) []Placeholder {
	path, _ = CutQuery(path)
	_, placeholders, _, err := flattenPath(path)
	if err != nil {
		return nil
	}
	return placeholders
}

// Value returns the value of a placeholder whose parts have these values.
func (p Placeholder) Value(parts map[string]string) string {
	if p.Pattern == "" {
		return parts[p.Name]
	}
	segments := strings.Split(p.Pattern, "/")
	next := 0
	for i, s := range segments {
		if wildcard(s) {
			segments[i] = parts[p.Parts[next]]
			next++
		}
	}
	return strings.Join(segments, "/")
}

func wildcard(segment string) bool { return segment == "*" || segment == "**" }

// wild is a placeholder of a path without patterns.
type wild struct {
	name string
	many bool
}

// flattenPath returns the path with the segments of its patterns in their place,
// where each wildcard is {}, and so is each placeholder without a pattern.
func flattenPath(path string) (flat string, placeholders []Placeholder, names []wild, err error) {
	var out strings.Builder
	rest := path
	for {
		before, after, open := strings.Cut(rest, "{")
		out.WriteString(before)
		if !open {
			return out.String(), placeholders, names, nil
		}
		inner, next, closed := strings.Cut(after, "}")
		p := Placeholder{}
		p.Name, p.Pattern, _ = strings.Cut(inner, "=")
		if !closed || p.Name == "" {
			return "", nil, nil, fmt.Errorf("a placeholder without end or name in %q", "{"+after)
		}
		switch p.Pattern {
		case "", "*", "**":
			out.WriteString("{}")
			p.Parts = []string{p.Name}
			names = append(names, wild{p.Name, p.Pattern == "**"})
		default:
			segments := strings.Split(p.Pattern, "/")
			for i, s := range segments {
				if i > 0 {
					out.WriteByte('/')
				}
				if !wildcard(s) {
					out.WriteString(s)
					continue
				}
				// Two operations that write one thing as {parent=people/*} and as
				// {name=people/*} have one name for it.
				name := strings.Join(segments[:i+1], "/")
				if slices.ContainsFunc(names, func(w wild) bool { return w.name == name }) {
					name = p.Name + "=" + name
				}
				out.WriteString("{}")
				p.Parts = append(p.Parts, name)
				names = append(names, wild{name, s == "**"})
			}
		}
		placeholders = append(placeholders, p)
		rest = next
	}
}

// readSegment reads a segment of a flat path, whose placeholders have the first of
// the names.
func readSegment(text string, names []wild) (s Segment, err error) {
	for i, literal := range strings.Split(text, "{}") {
		literal, err := url.PathUnescape(literal)
		if err != nil {
			return s, err
		}
		s.Literals = append(s.Literals, literal)
		if i > 0 {
			s.Names = append(s.Names, names[i-1].name)
			s.Many = s.Many || names[i-1].many
		}
	}
	if s.Many && (len(s.Names) > 1 || s.Literals[0] != "") {
		return s, errors.New("** has a text before it or another placeholder in its segment")
	}
	return s, nil
}

// Shape returns the segment as a server sees it: without the names of its
// placeholders, and in one spelling of those that percent-encoding allows.
func (s Segment) Shape() string {
	escaped := make([]string, len(s.Literals))
	for i, literal := range s.Literals {
		escaped[i] = url.PathEscape(literal)
	}
	if s.Many {
		return "{**}" + escaped[1]
	}
	return strings.Join(escaped, "{}")
}

// ShapeOf returns the shape of a path made of segments.
func ShapeOf(segments []Segment) string {
	var shape strings.Builder
	for _, s := range segments {
		shape.WriteByte('/')
		shape.WriteString(s.Shape())
	}
	return shape.String()
}

// PathShape returns a text that is equal for two paths that a server cannot tell
// apart, such as /users/{id} and /users/{user_id}, and /users?a=1&b=2 and
// /users?b=2&a=1, unless a fragment does. A path that cannot be read is its own shape.
func PathShape(path string) string {
	segments, err := Segments(path)
	if err != nil {
		return path
	}
	shape := ShapeOf(segments)
	if _, query := CutQuery(path); query != "" {
		if values := Query(path); values != nil {
			query = values.Encode()
		}
		shape += "?" + query
	}
	if _, fragment := CutFragment(path); fragment != "" {
		shape += "#" + fragment
	}
	return shape
}
