package spec

import (
	"regexp"
	"strings"
)

var memberPath = regexp.MustCompile(`^[^.\s]+(\.[^.\s]+)*$`)

// IsMemberPath reports whether path can be that of a member: names without white space,
// joined by dots.
func IsMemberPath(path string) bool { return memberPath.MatchString(path) }

// CutMember cuts the path of a member behind its first name. Names are joined by dots,
// and may hold dots of their own, such as "@odata.nextLink": the longest one that exists
// is it, or the one before the first dot if none does.
func CutMember(path string, exists func(name string) bool) (name, rest string) {
	for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '.') {
		if exists(path[:end]) {
			return path[:end], strings.TrimPrefix(path[end:], ".")
		}
	}
	name, rest, _ = strings.Cut(path, ".")
	return name, rest
}
