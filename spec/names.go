package spec

import (
	"fmt"
	"go/token"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/scopegen/scopegen/diag"
)

// The functions below return what is wrong with a word of a catalogue, or "".

// wrongScope checks a scope string: 1*( %x21 / %x23-5B / %x5D-7E ), RFC 6749,
// section 3.3.
func wrongScope(s string) string {
	if s == "" {
		return "a scope cannot be empty"
	}
	for i, r := range s {
		switch {
		case r == ' ':
			return fmt.Sprintf("scope %q holds a space; a token request separates scopes by spaces, so none can hold one (RFC 6749, section 3.3)", s)
		case r == '"' || r == '\\':
			return fmt.Sprintf("scope %q holds %q at byte %d, which no scope can hold (RFC 6749, section 3.3)", s, r, i+1)
		case r < 0x21 || r > 0x7e:
			return fmt.Sprintf("scope %q holds %q at byte %d; a scope is printable ASCII (RFC 6749, section 3.3)", s, r, i+1)
		}
	}
	return ""
}

// wrongGoName checks the name of something exported.
func wrongGoName(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	if !token.IsIdentifier(s) || !unicode.IsUpper(first) {
		return fmt.Sprintf("%q is not an exported Go name: letters and digits, the first an upper-case letter", s)
	}
	if unicode.ToLower(first) == first {
		return fmt.Sprintf("%q begins with a letter that has no lower case, from which unexported names could be made", s)
	}
	return ""
}

var packageName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// wrongPackage checks the name of a Go package.
func wrongPackage(s string) string {
	switch {
	case !packageName.MatchString(s):
		return fmt.Sprintf("%q is not the name of a Go package: lower-case letters, digits and underscores, the first a letter", s)
	case token.IsKeyword(s) || s == "init" || s == "main":
		return fmt.Sprintf("%q cannot be the name of a Go package: it has a meaning in Go", s)
	case strings.HasSuffix(s, "_test"):
		return fmt.Sprintf("%q cannot be the name of a Go package: Go takes it for tests", s)
	case s == "documentation":
		return fmt.Sprintf("%q cannot be the name of a Go package: the go command leaves out packages of that name", s)
	case s == "internal" || s == "vendor" || s == "testdata":
		return fmt.Sprintf("%q cannot be the name of a Go package: the go command treats such a folder in its own way", s)
	case ReservedFolder(s):
		return fmt.Sprintf("%q cannot be the name of a Go package: Windows has a device of that name, so no folder can have it", s)
	case s == "scope":
		return `"scope" cannot be the name of this package: scopegen writes the package of the scopes under it`
	}
	return ""
}

var device = regexp.MustCompile(`^(con|prn|aux|nul|com[0-9]|lpt[0-9])$`)

// ReservedFolder reports whether a lower-case name cannot be that of a package's
// folder: the go command treats the folder or the package in its own way, or
// Windows has a device of that name.
func ReservedFolder(name string) bool {
	return name == "documentation" || name == "internal" || name == "vendor" || name == "testdata" || device.MatchString(name)
}

var (
	importPath = regexp.MustCompile(`^[A-Za-z0-9_~+-][A-Za-z0-9._~+-]*(/[A-Za-z0-9_~+-][A-Za-z0-9._~+-]*)*$`)
	goBasics   = []string{"string", "bool", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "float32", "float64"}
)

func wrongGoType(t GoType) string {
	s := string(t)
	if slices.Contains(goBasics, s) {
		return ""
	}
	if strings.HasPrefix(s, "C.") || strings.HasPrefix(s, "unsafe.") {
		return fmt.Sprintf("%q has no values that can be read or sent: %s is no ordinary package", s, s[:strings.IndexByte(s, '.')])
	}
	if dot := strings.LastIndexByte(s, '.'); dot > strings.LastIndexByte(s, '/') && importPath.MatchString(s[:dot]) && wrongGoName(s[dot+1:]) == "" {
		return ""
	}
	return fmt.Sprintf("%q names no Go type: it is a basic type such as string, or an import path, a dot and an exported name, such as time.Time", s)
}

// isToken reports whether s can name a header or a part of a media type: token
// of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return s != ""
}

func wrongHeader(name string) string {
	if !isToken(name) {
		return fmt.Sprintf("%q is not the name of a header (RFC 9110, section 5.1)", name)
	}
	switch strings.ToLower(name) {
	case "authorization", "host", "content-length", "transfer-encoding", "connection":
		return fmt.Sprintf("the header %q is set by the client itself", name)
	}
	return ""
}

func wrongHeaderValue(s string) string {
	for _, r := range s {
		if r < ' ' && r != '\t' || r == 0x7f {
			return fmt.Sprintf("a header's value cannot hold %q", r)
		}
	}
	if strings.Trim(s, " \t") != s {
		return "a header's value cannot begin or end with a space"
	}
	return ""
}

// wrongMediaType checks type/subtype with parameters. exact refuses ranges
// such as */*.
func wrongMediaType(s string, exact bool) string {
	essence, _, _ := strings.Cut(s, ";")
	kind, subtype, ok := strings.Cut(strings.TrimSpace(essence), "/")
	if !ok || !isToken(kind) || !isToken(subtype) || wrongHeaderValue(s) != "" {
		return fmt.Sprintf("%q is not a media type, such as application/json", s)
	}
	if exact && (kind == "*" && subtype != "*" || subtype != "*" && strings.Contains(subtype, "*")) {
		return fmt.Sprintf("%q is neither a media type nor a range of them, such as image/*", s)
	}
	return ""
}

// wrongURL checks an absolute http or https URL without credentials.
func wrongURL(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return fmt.Sprintf("%q is not a URL", s)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Sprintf("%q is not a URL that begins with https:// and names a host", s)
	case u.User != nil:
		return "the URL holds credentials" // not repeated: they may be real
	}
	return ""
}

// wrongServer checks a base URL, to which paths are appended.
func wrongServer(s string) string {
	if strings.ContainsAny(s, "{}") {
		return fmt.Sprintf("%q holds a placeholder; write out each server", s)
	}
	if wrong := wrongURL(s); wrong != "" {
		return wrong
	}
	if strings.ContainsAny(s, "?#") {
		return fmt.Sprintf("%q holds a query or a fragment; a path cannot be appended to it", s)
	}
	return ""
}

// longestPath bounds a path, in bytes. The longest known are below 300.
const longestPath = 4 << 10

var hexPair = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// placeholders returns the names between braces in a path, or what is wrong
// with the path.
func placeholders(path string) (names []string, wrong string) {
	if !strings.HasPrefix(path, "/") {
		return nil, fmt.Sprintf("the path %q does not begin with \"/\"", path)
	}
	if len(path) > longestPath {
		return nil, fmt.Sprintf("the path is %d bytes long; at most %d are read", len(path), longestPath)
	}
	rest, many := path, false
	for rest != "" {
		literal, after, open := strings.Cut(rest, "{")
		if strings.Contains(literal, "}") {
			return nil, fmt.Sprintf("the path %q holds a \"}\" without its \"{\"", path)
		}
		for _, r := range literal {
			if r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>\\^`|?#", r) {
				return nil, fmt.Sprintf("the path %q holds %q, which a path cannot", path, r)
			}
		}
		if strings.Count(literal, "%") != len(hexPair.FindAllString(literal, -1)) {
			return nil, fmt.Sprintf("the path %q holds a \"%%\" that is no escape", path)
		}
		if !open {
			return names, ""
		}
		inner, next, closed := strings.Cut(after, "}")
		name, pattern, patterned := strings.Cut(inner, "=")
		switch {
		case !closed:
			return nil, fmt.Sprintf("the path %q holds a \"{\" without its \"}\"", path)
		case name == "" || strings.ContainsAny(name, "{/ "):
			return nil, fmt.Sprintf("the path %q holds the placeholder {%s}, which is no name", path, inner)
		case slices.Contains(names, name):
			return nil, fmt.Sprintf("the path %q holds {%s} twice", path, name)
		case patterned:
			if wrong := wrongPathPattern(pattern, path[:len(path)-len(after)-1], next); wrong != "" {
				return nil, fmt.Sprintf("the path %q holds {%s}: %s", path, inner, wrong)
			}
		}
		names = append(names, name)
		if strings.Contains("/"+pattern+"/", "/**/") {
			if many {
				return nil, fmt.Sprintf("the path %q holds ** twice: nothing tells where the first one ends", path)
			}
			many = true
		}
		rest = next
	}
	return names, ""
}

// wrongQuery returns what is wrong with the query in the path of an operation, or "".
func wrongQuery(path string) string {
	route, _ := CutFragment(path)
	_, query, there := strings.Cut(route, "?")
	if !there {
		return ""
	}
	for _, r := range query {
		if r == '{' || r == '}' {
			return fmt.Sprintf("the path %q holds a placeholder behind its \"?\", where each call has the same; declare a query parameter for what differs", path)
		}
		if r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>\\^`|#;", r) {
			return fmt.Sprintf("the path %q holds %q, which the query of a path cannot", path, r)
		}
	}
	for pair := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(pair, "="); name == "" {
			return fmt.Sprintf("the path %q has a query with a parameter without a name", path)
		}
	}
	if _, err := url.ParseQuery(query); err != nil {
		return fmt.Sprintf("the path %q holds a \"%%\" that is no escape", path)
	}
	return ""
}

// fragmentName matches what may follow the "#" of a path.
var fragmentName = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

// wrongFragment returns what is wrong with the fragment of the path of an operation, or "".
func wrongFragment(path string) string {
	route, fragment := CutFragment(path)
	if route == path || fragmentName.MatchString(fragment) {
		return ""
	}
	return fmt.Sprintf("the path %q has the fragment %q, which tells operations of one route apart: it takes letters, digits and -._~", path, fragment)
}

// pathPattern matches the literals of a pattern in a path, which are compared as
// they stand.
var pathPattern = regexp.MustCompile(`^[A-Za-z0-9_~.-]+$`)

// wrongPathPattern returns what is wrong with a pattern that stands in a path
// between before and after, or "".
func wrongPathPattern(pattern, before, after string) string {
	wildcards, many := 0, false
	for segment := range strings.SplitSeq(pattern, "/") {
		switch {
		case wildcard(segment):
			wildcards++
			many = segment == "**"
		case segment == "." || segment == ".." || !pathPattern.MatchString(segment):
			return fmt.Sprintf("%q is neither *, nor **, nor a text of letters, digits and -._~", segment)
		default:
			many = false
		}
	}
	following, _, _ := strings.Cut(after, "/")
	switch {
	case wildcards == 0:
		return "its pattern has no wildcard: write its text without braces"
	case !strings.HasSuffix(before, "/"):
		return "a pattern stands for whole segments: write it behind a slash"
	case many && strings.Contains(following, "{"):
		return "nothing tells where ** ends: write a slash behind it, or a text"
	}
	return ""
}

// hintForScope returns what to do about the most common wrong scope, or "".
func hintForScope(s string) string {
	if strings.Contains(s, " ") {
		return "if these are several scopes, list each; if the API's documents print a title, find the string that its token endpoint takes"
	}
	return ""
}

// wrong reports the message of a check above as a finding, if there is one, and
// returns whether there is.
func (f fields) wrong(code, key, message string) bool {
	if message == "" {
		return false
	}
	f.report(diag.Diagnostic{Code: code, Pos: f.value(key), Message: message})
	return true
}
