package spec

import (
	"fmt"
	"math/big"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
)

const typesPrefix = "#/types/"

// besideRef holds the keys that may stand beside $ref. They describe the place where
// the type is used, not the type.
var besideRef = []string{"$ref", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "go_name"}

// check reports what is wrong with a schema by itself. f reads its YAML.
func (s *Schema) check(f fields) {
	if f.p.schemas++; f.p.schemas > f.p.bounds.schemas {
		f.report(diag.Diagnostic{Code: "too-large", Pos: s.Pos, Message: fmt.Sprintf("more than %d types, properties and items", f.p.bounds.schemas), Hint: "divide the catalogue: each part becomes packages of its own"})
		f.p.errors = f.p.bounds.findings // stop reading
		return
	}
	f.goNames(s.GoName, "")
	if s.GoType != "" {
		f.wrong("go-type", "go_type", wrongGoType(s.GoType))
	}
	if s.ReadOnly && s.WriteOnly {
		f.errorf("read-only", f.key("writeOnly"), "a value cannot be both readOnly and writeOnly")
	}
	if f.has("$ref") {
		s.checkRef(f)
		return
	}
	s.checkType(f)
	s.checkValues(f)
	s.checkBounds(f)
	if s.Pattern != "" {
		f.p.pattern(f.value("pattern"), s.Pattern)
	}
	for _, composed := range []struct {
		key  string
		list []*Schema
	}{{"oneOf", s.OneOf}, {"anyOf", s.AnyOf}, {"allOf", s.AllOf}} {
		if f.has(composed.key) && len(composed.list) == 0 {
			f.errorf("empty-list", f.value(composed.key), "%s is an empty list", composed.key)
		}
	}
	f.distinct(s.Required)
	if f.has("discriminator") && len(s.OneOf) == 0 && len(s.AnyOf) == 0 {
		f.report(diag.Diagnostic{Severity: diag.Warning, Code: "no-effect", Pos: f.key("discriminator"), Message: "a discriminator without oneOf or anyOf has no effect"})
	}
}

// checkRef checks a schema that refers to a type.
func (s *Schema) checkRef(f fields) {
	s.Pos = f.value("$ref")
	if name, ok := strings.CutPrefix(s.Ref, typesPrefix); !ok || name == "" {
		d := diag.Diagnostic{Code: "reference", Pos: s.Pos, Message: fmt.Sprintf("%q is not a reference to a type", s.Ref), Hint: "write \"#/types/\" and the type's name"}
		if last := s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]; last != "" {
			d.Hint = fmt.Sprintf("write \"%s%s\"; every type of the catalogue is known in each of its files", typesPrefix, last)
		}
		f.report(d)
		s.Ref = "" // resolving would report it again
	}
	for i := 0; i+1 < len(f.n.Content); i += 2 {
		if key := f.n.Content[i]; !slices.Contains(besideRef, key.Value) {
			f.report(diag.Diagnostic{
				Code: "reference", Pos: f.p.pos(key), Message: fmt.Sprintf("%q cannot stand beside $ref", key.Value),
				Hint: "declare a type of its own, or combine the two with allOf; a value that may be null is anyOf the type and {type: 'null'}",
			})
		}
	}
}

// checkType checks the type, and warns of keys that have no effect on it.
func (s *Schema) checkType(f fields) {
	if f.has("type") {
		null := slices.Index(s.Type, "null")
		switch {
		case slices.Contains(s.Type, ""): // reported as unknown
		case len(s.Type) == 0:
			f.errorf("type", f.value("type"), "type is an empty list; for values of any type leave the key \"type\" out")
		case len(s.Type) == 2 && s.Type[0] == s.Type[1]:
			f.errorf("duplicate-value", f.value("type"), "%q is listed twice", s.Type[0])
		case len(s.Type) > 2 || len(s.Type) == 2 && null < 0:
			f.report(diag.Diagnostic{Code: "type", Pos: f.value("type"), Message: "type is one name, or two names of which one is null", Hint: "write the others as oneOf"})
		}
	}
	if len(s.Type) == 0 || slices.Contains(s.Type, "") {
		return
	}
	for _, k := range []struct {
		keys  []string
		types []string
	}{
		{[]string{"pattern", "minLength", "maxLength"}, []string{"string"}},
		{[]string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}, []string{"number", "integer"}},
		{[]string{"items", "minItems", "maxItems", "uniqueItems"}, []string{"array"}},
		{[]string{"properties", "required", "additionalProperties"}, []string{"object"}},
	} {
		if slices.ContainsFunc(k.types, func(t string) bool { return slices.Contains(s.Type, t) }) {
			continue
		}
		for _, key := range k.keys {
			if f.has(key) {
				f.report(diag.Diagnostic{Severity: diag.Warning, Code: "no-effect", Pos: f.key(key), Message: fmt.Sprintf("%s has no effect on a value of type %s", key, strings.Join(s.Type, " or "))})
			}
		}
	}
}

// checkValues checks enum, const and default against the type and each other.
func (s *Schema) checkValues(f fields) {
	if f.has("enum") && len(s.Enum) == 0 {
		f.errorf("empty-list", f.value("enum"), "enum is an empty list")
	}
	seen := make(map[string]Position, len(s.Enum))
	for _, value := range s.Enum {
		if value.JSON == "" {
			continue // reported
		}
		if first, again := seen[value.JSON]; again {
			f.report(diag.Diagnostic{Code: "duplicate-value", Pos: value.Pos, Message: fmt.Sprintf("%s is listed twice", shorten(value.JSON)), Related: []diag.Related{{Pos: first, Message: "the first is here"}}})
		}
		seen[value.JSON] = value.Pos
		s.checkValue(f, "enum", value)
	}
	for _, name := range s.EnumNames {
		if !slices.ContainsFunc(s.Enum, func(value Literal) bool { return value.text() == name.Key }) {
			f.report(diag.Diagnostic{Code: "enum-name", Pos: name.Pos, Message: fmt.Sprintf("%q is not a value of the enum", shorten(name.Key)), Hint: "name a value as the enum writes it"})
		}
		if wrong := wrongGoName(name.Value); wrong != "" {
			f.report(diag.Diagnostic{Code: "go-name", Pos: name.Pos, Message: wrong})
		}
	}
	if s.Const != nil {
		s.checkValue(f, "const", *s.Const)
	}
	if s.Default == nil || s.Default.JSON == "" {
		return
	}
	if s.checkValue(f, "default", *s.Default) && len(s.Enum) > 0 {
		if _, ok := seen[s.Default.JSON]; !ok {
			known := make([]string, 0, len(s.Enum))
			for _, value := range s.Enum {
				known = append(known, value.JSON)
			}
			f.report(diag.Diagnostic{Code: "default", Pos: s.Default.Pos, Message: fmt.Sprintf("the default %s is not in the enum", shorten(s.Default.JSON)), Hint: didYouMeanLiteral(f.p.loader, s.Default.JSON, known)})
		}
	}
}

// didYouMeanLiteral returns a hint that names the JSON value closest to value.
func didYouMeanLiteral(l *loader, value string, known []string) string {
	hint := l.didYouMean(value, known)
	return strings.NewReplacer(`"\"`, `"`, `\""`, `"`).Replace(hint)
}

// checkValue reports a value that is not of the schema's type, and returns false for it.
func (s *Schema) checkValue(f fields, key string, value Literal) bool {
	if value.JSON == "" || len(s.Type) == 0 || slices.Contains(s.Type, "") {
		return true
	}
	is := value.Type()
	if slices.Contains(s.Type, is) || is == "integer" && slices.Contains(s.Type, "number") {
		return true
	}
	if is == "number" && slices.Contains(s.Type, "integer") {
		if x, ok := numberOf(value.JSON); ok && x.IsInt() { // 1.0 and 1e3 are integers
			return true
		}
	}
	d := diag.Diagnostic{Code: "value-type", Pos: value.Pos, Message: fmt.Sprintf("%s: %s is not of type %s", key, shorten(value.JSON), strings.Join(s.Type, " or "))}
	if slices.Contains(s.Type, "string") && is != "object" && is != "array" {
		d.Hint = fmt.Sprintf("put it in quotes: '%s'", value.JSON)
	}
	f.report(d)
	return false
}

// shorten returns the first 60 bytes of s.
func shorten(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

// numberOf returns a JSON number for comparison. Its 256 bits are enough to tell the
// bounds of an API apart.
func numberOf(json string) (*big.Float, bool) {
	x, _, err := big.ParseFloat(json, 10, 256, big.ToNearestEven)
	return x, err == nil
}

// text returns the content of a string, and any other value as it is written.
func (l Literal) text() string {
	if text, ok := l.Text(); ok {
		return text
	}
	return l.JSON
}

// checkBounds reports bounds that no value can meet.
func (s *Schema) checkBounds(f fields) {
	for _, pair := range []struct {
		low, high *int
		key, top  string
	}{
		{s.MinLength, s.MaxLength, "minLength", "maxLength"},
		{s.MinItems, s.MaxItems, "minItems", "maxItems"},
	} {
		if pair.low != nil && pair.high != nil && *pair.low > *pair.high {
			f.errorf("bounds", f.value(pair.key), "%s %d is above %s %d", pair.key, *pair.low, pair.top, *pair.high)
		}
	}
	for _, low := range []struct {
		key       string
		value     *Literal
		exclusive bool
	}{{"minimum", s.Minimum, false}, {"exclusiveMinimum", s.ExclusiveMinimum, true}} {
		for _, high := range []struct {
			key       string
			value     *Literal
			exclusive bool
		}{{"maximum", s.Maximum, false}, {"exclusiveMaximum", s.ExclusiveMaximum, true}} {
			if low.value == nil || high.value == nil {
				continue
			}
			a, ok := numberOf(low.value.JSON)
			b, okay := numberOf(high.value.JSON)
			if !ok || !okay {
				continue
			}
			if c := a.Cmp(b); c > 0 || c == 0 && (low.exclusive || high.exclusive) {
				f.report(diag.Diagnostic{
					Code: "bounds", Pos: low.value.Pos, Message: fmt.Sprintf("no value is allowed: %s is %s, %s is %s", low.key, low.value.JSON, high.key, high.value.JSON),
					Related: []diag.Related{{Pos: high.value.Pos, Message: high.key + " is here"}},
				})
			}
		}
	}
	if s.MultipleOf != nil {
		if x, ok := numberOf(s.MultipleOf.JSON); ok && x.Sign() <= 0 {
			f.errorf("bounds", s.MultipleOf.Pos, "multipleOf must be above 0")
		}
	}
}

// pattern warns of a pattern that Go cannot check. The pattern may be right, because
// ECMA-262 has more than RE2.
func (p *piece) pattern(pos Position, pattern string) {
	if known, ok := p.patterns[pattern]; ok && known {
		return
	}
	_, err := syntax.Parse(pattern, syntax.Perl)
	if p.patterns[pattern] = err == nil; err != nil {
		p.report(diag.Diagnostic{
			Severity: diag.Warning, Code: "pattern", Pos: pos,
			Message: fmt.Sprintf("the pattern cannot be checked in Go: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: ")),
			Hint:    "it is kept, and values are not checked against it; Go's regular expressions have no look-around and no back references",
		})
	}
}
