package plan

import (
	"go/token"
	"go/types"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/scopegen/scopegen/spec"
)

// initialisms are the words that Go style writes in one case throughout.
var initialisms = []string{
	"ACL", "API", "ASCII", "CPU", "CSS", "DNS", "EOF", "GUID", "HTML", "HTTP", "HTTPS", "ID", "IDS", "IP",
	"JSON", "JWKS", "JWT", "PDF", "QPS", "RAM", "RPC", "SLA", "SMTP", "SQL", "SSH", "TCP", "TLS", "TTL", "UDP",
	"UI", "UID", "URI", "URL", "UTF8", "UUID", "VM", "XML", "XMPP", "XSRF", "XSS",
}

// namer turns the names of a catalogue into Go names, all by one rule: the text is
// split into words where neither letter nor digit stands and where the case
// changes; each word begins with a capital; initialisms are capitals throughout.
type namer struct {
	upper map[string]string // lower-case word → as written in Go
	known map[string]string // text → its exported name; nil if names are not kept
}

func newNamer(extra []string) namer {
	n := namer{upper: make(map[string]string, len(initialisms)+len(extra))}
	for _, list := range [][]string{initialisms, extra} {
		for _, word := range list {
			n.upper[strings.ToLower(word)] = strings.ToUpper(word)
		}
	}
	n.upper["ids"] = "IDs"
	return n
}

// ExportedName returns the exported Go name of text by the rule that all names of a
// catalogue follow, or "" if text holds neither letter nor digit.
func ExportedName(text string) string { return plainNamer.exported(text) }

// ConstantName returns the Go name of an enum value by that rule, to follow its type's
// name.
func ConstantName(value string) string { return plainNamer.constant(value) }

var plainNamer = newNamer(nil)

// ScopePackage returns the package of a scope's client, where a catalogue does not
// name one.
func ScopePackage(scope string) string {
	about, _ := topic(scope)
	return packageName(about)
}

// exported returns the exported Go name for text, or "" if text holds neither
// letter nor digit.
func (n namer) exported(text string) string {
	name, ok := n.known[text]
	if !ok {
		name = n.makeExported(text)
		if n.known != nil {
			n.known[text] = name
		}
	}
	return name
}

func (n namer) makeExported(text string) string {
	var b strings.Builder
	for _, word := range Words(text) {
		if u, ok := n.upper[strings.ToLower(word)]; ok {
			b.WriteString(u)
			continue
		}
		r, size := utf8.DecodeRuneInString(word)
		b.WriteRune(unicode.ToUpper(r))
		b.WriteString(word[size:])
	}
	name := b.String()
	if name == "" {
		return ""
	}
	// A digit cannot start an identifier, and a letter without case (as in
	// Chinese) does not export it.
	if r, _ := utf8.DecodeRuneInString(name); !unicode.IsUpper(r) {
		name = "X" + name
	}
	return name
}

// unexported returns name with its first word in lower case: UsersRead →
// usersRead, APIKeys → apiKeys. A keyword or predeclared name gets suffix.
func unexported(name, suffix string) string {
	runes := []rune(name)
	for i, r := range runes {
		if !unicode.IsUpper(r) {
			break
		}
		// The last capital of a run starts the next word: APIKeys.
		if i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) && !isPlural(string(runes[i+1:])) {
			break
		}
		runes[i] = unicode.ToLower(r)
	}
	lower := string(runes)
	switch {
	case token.IsExported(lower): // a capital without a lower case, such as a mathematical one
		lower = "x" + lower
	case token.IsKeyword(lower) || predeclared(lower):
		lower += suffix
	}
	return lower
}

// isPlural reports whether rest is the "s" that ends an initialism, as in IDs.
func isPlural(rest string) bool {
	after, found := strings.CutPrefix(rest, "s")
	next, _ := utf8.DecodeRuneInString(after)
	return found && (after == "" || unicode.IsUpper(next))
}

// predeclared reports whether name is predeclared in Go, or cannot be used for an
// ordinary function of a package.
func predeclared(name string) bool {
	return types.Universe.Lookup(name) != nil || name == "init" || name == "main" || name == "_"
}

// Words splits text where neither letter nor digit stands, where lower case
// meets upper case (userId), and before the last capital of a run that goes
// on in lower case (HTTPServer).
func Words(text string) []string {
	var out []string
	start := -1
	flush := func(end int) {
		if start >= 0 {
			out = append(out, text[start:end])
		}
		start = -1
	}
	var previous rune
	for i, r := range text {
		if !isLetterOrDigit(r) {
			flush(i)
			continue
		}
		if start >= 0 && unicode.IsUpper(r) {
			rest := text[i+utf8.RuneLen(r):]
			next, _ := utf8.DecodeRuneInString(rest)
			if unicode.IsLower(previous) || unicode.IsUpper(previous) && unicode.IsLower(next) && !isPlural(rest) {
				flush(i)
			}
		}
		if start < 0 {
			start = i
		}
		previous = r
	}
	flush(len(text))
	return out
}

// constant returns the Go name of an enum value, to follow its type's name.
// Many values are in capitals throughout, which is not Go style: FILLED becomes
// Filled. A leading sign, as in the sort order "-created_at", becomes a word.
func (n namer) constant(value string) string {
	sign := ""
	switch {
	case value == "":
		return "Empty"
	case strings.HasPrefix(value, "-"):
		sign = "Minus"
	case strings.HasPrefix(value, "+"):
		sign = "Plus"
	}
	if strings.IndexFunc(value, func(r rune) bool { return unicode.ToUpper(r) != r }) < 0 {
		value = strings.ToLower(value)
	}
	name := n.exported(value)
	if name == "" {
		return sign
	}
	// The X that makes an identifier of "3months" is not needed behind the type's name.
	if rest := strings.TrimPrefix(name, "X"); rest != name && !strings.HasPrefix(strings.ToUpper(value), "X") {
		name = rest
	}
	return sign + name
}

// topic splits a scope into what it is about and the action that it allows. It
// knows the forms that APIs use: users:read, users.read, read:users, URLs with one
// of these in the path, and user-library-read, where one word alone is an action
// (user-read-email is about the user's email). A scope of another form has no
// action.
func topic(scope string) (about, action string) {
	if u, err := url.Parse(scope); err == nil && u.Host != "" {
		scope = strings.Trim(u.Path, "/")
		if i := strings.LastIndexByte(scope, '/'); i >= 0 {
			scope = scope[i+1:]
		}
	}
	for _, separator := range []string{":", ".", "/"} {
		i := strings.LastIndex(scope, separator)
		if i <= 0 || i == len(scope)-1 {
			continue
		}
		about, action = scope[:i], scope[i+1:]
		if first, rest, ok := strings.Cut(scope, separator); ok && clientNames[strings.ToLower(action)] == "" && clientNames[strings.ToLower(first)] != "" {
			return rest, first
		}
		return about, action
	}
	parts := Words(scope)
	for i, word := range parts {
		if clientNames[strings.ToLower(word)] == "" {
			continue
		}
		if action != "" {
			return scope, ""
		}
		action, about = word, strings.Join(slices.Concat(parts[:i], parts[i+1:]), "-")
	}
	if about == "" || strings.EqualFold(about, "only") { // read_only is one word
		return scope, ""
	}
	return about, action
}

// clientNames maps the action that a scope allows to the name of its client.
var clientNames = map[string]string{
	"admin": "Admin", "create": "Creator", "delete": "Deleter", "edit": "Editor", "execute": "Executor", "manage": "Manager",
	"modify": "Modifier", "publish": "Publisher", "read": "Reader", "readonly": "Reader", "send": "Sender", "update": "Updater", "upload": "Uploader",
	"use": "User", "view": "Viewer", "write": "Writer",
}

func (n namer) client(action string) string {
	if action == "" {
		return "Client"
	}
	if name := clientNames[strings.ToLower(action)]; name != "" {
		return name
	}
	return n.exported(action) + "Client"
}

// packageName returns the Go package name for text: lower-case ASCII letters
// and digits, nothing else, as Go style wants it. It returns "" if nothing is left.
func packageName(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	name := b.String()
	switch {
	case name == "":
		return ""
	case name[0] <= '9':
		name = "x" + name
	}
	if token.IsKeyword(name) || predeclared(name) || reservedPackages[name] || spec.ReservedFolder(name) {
		name += "api"
	}
	return name
}

// reservedPackages are names that no package gets by itself, because generated
// files, or most programs, import a package of that name.
var reservedPackages = map[string]bool{
	"cmd": true, "scope": true, "runtime": true, "clientimpl": true, "context": true, "iter": true, "json": true, "http": true, "time": true, "io": true,
}

// startsInLowerCase reports whether text goes on with a word that has begun before it.
func startsInLowerCase(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLower(first)
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
