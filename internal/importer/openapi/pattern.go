package openapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// patternText matches what a segment of a pattern in a path may be beside a
// wildcard.
var patternText = regexp.MustCompile(`^[A-Za-z0-9_~.-]+$`)

// patternOf turns the regular expression by which Google Discovery describes a
// parameter with slashes into a pattern: ^people/[^/]+$ is people/*. What is more
// than names and wildcards is any path.
func patternOf(expression string) string {
	inner := strings.TrimSuffix(strings.TrimPrefix(expression, "^"), "$")
	segments := strings.Split(strings.ReplaceAll(inner, "[^/]+", "*"), "/")
	for i, s := range segments {
		switch {
		case s == "*" || patternText.MatchString(s):
		case s == ".*" || s == ".+":
			segments[i] = "**"
		default:
			return "**"
		}
	}
	return strings.Join(segments, "/")
}

// withPatterns returns a path whose {+name}, the reserved expansion of RFC 6570,
// is {name=pattern}, with the pattern of each parameter.
func withPatterns(path string, pattern func(name string) string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(path, "{+")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, rest, _ := strings.Cut(after, "}")
		if p := pattern(name); p == "*" {
			b.WriteString("{" + name + "}")
		} else {
			b.WriteString("{" + name + "=" + p + "}")
		}
		path = rest
	}
}

// reserved returns the path with {name=**} for each of its parameters whose
// slashes stay, according to the document, and without patterns that a catalogue
// cannot have.
func (i *importer) reserved(op value, id, path string, slashes map[string]bool) string {
	many := false
	for _, p := range spec.Placeholders(path) {
		written := "{" + p.Name + "}"
		if p.Pattern != "" {
			written = "{" + p.Name + "=" + p.Pattern + "}"
		}
		pattern := p.Pattern
		if pattern == "" && slashes[p.Name] {
			pattern = "**"
		}
		if pattern == "" {
			continue
		}
		before, after, _ := strings.Cut(path, written)
		segments := strings.Split(pattern, "/")
		takesMany := slices.Contains(segments, "**")
		next, _, _ := strings.Cut(after, "/")
		fits := strings.HasSuffix(before, "/") && !(takesMany && (many || strings.Contains(next, "{"))) &&
			slices.ContainsFunc(segments, func(s string) bool { return s == "*" || s == "**" }) &&
			!slices.ContainsFunc(segments, func(s string) bool {
				return s != "*" && s != "**" && (s == "." || s == ".." || !patternText.MatchString(s))
			})
		if !fits {
			i.bent(op, fmt.Sprintf("the path of %s holds {%s=%s}, which is no pattern of whole segments: %q is one part of the path", id, p.Name, pattern, p.Name))
			path = before + "{" + p.Name + "}" + after
			continue
		}
		many = many || takesMany
		path = before + "{" + p.Name + "=" + pattern + "}" + after
	}
	return path
}
