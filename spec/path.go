package spec

import (
	"fmt"
	"net/url"
	"strings"
)

// Segment is the part of a path between two slashes: literals and placeholders
// in turn. It begins and ends with a literal, which may be empty, so there is
// one literal more than there are names. "{a}.{b}" has the literals "", "."
// and "", and the names a and b.
type Segment struct {
	Literals []string // percent-decoded
	Names    []string // of the placeholders, without braces
}

// Segments reads a path such as /users/{user_id}, as [Operation] has it.
func Segments(path string) ([]Segment, error) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return nil, fmt.Errorf("the path %q does not begin with a slash", path)
	}
	var segments []Segment
	for text := range strings.SplitSeq(rest, "/") {
		s, err := readSegment(text)
		if err != nil {
			return nil, fmt.Errorf("the path %q: %w", path, err)
		}
		segments = append(segments, s)
	}
	return segments, nil
}

func readSegment(text string) (s Segment, err error) {
	for {
		before, rest, open := strings.Cut(text, "{")
		literal, err := url.PathUnescape(before)
		if err != nil {
			return s, err
		}
		s.Literals = append(s.Literals, literal)
		if !open {
			return s, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" {
			return s, fmt.Errorf("a placeholder without end or name in %q", text)
		}
		s.Names = append(s.Names, name)
		text = after
	}
}

// Shape returns the segment as a server sees it: without the names of its
// placeholders, and in one spelling of those that percent-encoding allows.
func (s Segment) Shape() string {
	escaped := make([]string, len(s.Literals))
	for i, literal := range s.Literals {
		escaped[i] = url.PathEscape(literal)
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
// apart, such as /users/{id} and /users/{user_id}. A path that cannot be read
// is its own shape.
func PathShape(path string) string {
	segments, err := Segments(path)
	if err != nil {
		return path
	}
	return ShapeOf(segments)
}
