package spec

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/diag"
	"github.com/scopegen/scopegen/internal/visible"
)

// The model's Go types are what decodes a catalogue and what its JSON Schema
// is made from. A field's yaml tag is its key; its spec tag says more:
//
//	required    the key must be there
//	table       the key stands in the table only, not in included files
//	oneof=a|b   the value, or each value of a list, is one of these
//	scalar      a list of one may be written without brackets
//	number      a Literal that is a number
type rule struct {
	index    int
	key      string
	required bool
	table    bool
	scalar   bool
	number   bool
	oneof    []string
}

// rulesOf reads the tags of a struct.
func rulesOf(t reflect.Type) []rule {
	var rules []rule
	for i := range t.NumField() {
		key := t.Field(i).Tag.Get("yaml")
		if key == "" || key == "-" {
			continue
		}
		r := rule{index: i, key: key}
		for _, option := range strings.Split(t.Field(i).Tag.Get("spec"), ",") {
			switch name, value, _ := strings.Cut(option, "="); name {
			case "required":
				r.required = true
			case "table":
				r.table = true
			case "scalar":
				r.scalar = true
			case "number":
				r.number = true
			case "oneof":
				r.oneof = strings.Split(value, "|")
			}
		}
		rules = append(rules, r)
	}
	return rules
}

// decode writes what a node says into v. name is the key under which the node
// stands, for messages.
type decode func(p *piece, n *yaml.Node, v reflect.Value, name string)

// custom is implemented by the types whose YAML is not what their fields say.
type custom interface {
	decode(p *piece, n *yaml.Node, name string)
}

// ruled is implemented by the structs with rules between their fields. The
// rules are checked as soon as a struct is read, while the places of all its
// keys are at hand.
type ruled interface {
	check(at fields)
}

// mapping is implemented by every Map.
type mapping interface{ isMapping() }

func (Map[V]) isMapping() {}

// decoders are the decode functions of the model's types, made once a run.
type decoders struct {
	byType map[reflect.Type]*decode
	table  []rule // of Catalogue
	types  decode // of Catalogue.Types, whose duplicates are found across files
}

func newDecoders() *decoders {
	d := &decoders{byType: map[reflect.Type]*decode{}}
	d.table = rulesOf(reflect.TypeFor[Catalogue]())
	d.types = d.mapping(reflect.TypeFor[Map[*Schema]](), false)
	return d
}

func (p *piece) decode(n *yaml.Node, to any, name string) {
	v := reflect.ValueOf(to).Elem()
	(*p.decoders.of(v.Type(), rule{}))(p, n, v, name)
}

// decodeTypes adds types to a part of the catalogue. That a name is declared
// once holds across pieces and files, and is checked here and not at the end:
// a file that repeats itself is not worth reading to its end.
func (p *piece) decodeTypes(n *yaml.Node, part *Catalogue) {
	var types Map[*Schema]
	p.decoders.types(p, n, reflect.ValueOf(&types).Elem(), "types")
	for _, entry := range types {
		if earlier, again := p.declared[entry.Key]; again {
			p.again("duplicate-type", entry.Pos, fmt.Sprintf("type %q is declared twice", entry.Key), earlier)
		} else {
			p.declared[entry.Key] = entry.Pos
		}
	}
	part.Types = append(part.Types, types...)
}

// top decodes the keys of a whole file, or of one section of it.
func (p *piece) top(n *yaml.Node, table bool, part *Catalogue) {
	if n == nil {
		return
	}
	if !p.expect(n, yaml.MappingNode, "a catalogue file") {
		p.incomplete = true
		return
	}
	v := reflect.ValueOf(part).Elem()
	for i := 0; i+1 < len(n.Content) && !p.full(); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !p.key(key) {
			continue
		}
		at := slices.IndexFunc(p.decoders.table, func(r rule) bool { return r.key == key.Value })
		if at < 0 {
			p.unknownKey(key, p.decoders.table, "a catalogue")
			continue
		}
		r := p.decoders.table[at]
		if first, seen := p.keys[r.key]; seen {
			p.duplicateKey(p.pos(key), r.key, first)
			continue
		}
		p.keys[r.key] = p.pos(key)
		switch {
		case r.table && !table:
			p.report(diag.Diagnostic{
				Code: "table-key", Pos: p.pos(key),
				Message: fmt.Sprintf("%q stands in an included file", r.key),
				Hint:    "move it to the table; included files hold include, operations and types",
			})
		case r.key == "types":
			p.decodeTypes(value, part)
		default:
			(*p.decoders.of(v.Field(r.index).Type(), r))(p, value, v.Field(r.index), r.key)
		}
	}
}

// of returns the decode function of a type. It is a pointer because the types
// are recursive.
func (d *decoders) of(t reflect.Type, r rule) *decode {
	special := r.scalar || r.number || r.oneof != nil // depends on the field, not on the type alone
	if known := d.byType[t]; known != nil && !special {
		return known
	}
	f := new(decode)
	if !special {
		d.byType[t] = f
	}
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[custom]()):
		*f = func(p *piece, n *yaml.Node, v reflect.Value, name string) {
			switch {
			case !p.plain(n, name):
			case r.number && (n.Kind != yaml.ScalarNode || n.Tag != "!!int" && n.Tag != "!!float"):
				p.wrongKind(n, name, "a number")
			default:
				v.Addr().Interface().(custom).decode(p, n, name)
			}
		}
	case t.Implements(reflect.TypeFor[mapping]()):
		*f = d.mapping(t, true)
	case t.Kind() == reflect.Pointer:
		element := d.of(t.Elem(), r)
		*f = func(p *piece, n *yaml.Node, v reflect.Value, name string) {
			v.Set(reflect.New(t.Elem()))
			(*element)(p, n, v.Elem(), name)
		}
	case t.Kind() == reflect.Slice:
		*f = d.list(t, r)
	case t.Kind() == reflect.Struct:
		*f = d.structure(t)
	case t.Kind() == reflect.String:
		*f = func(p *piece, n *yaml.Node, v reflect.Value, name string) {
			if s, ok := p.str(n, name); ok {
				if r.oneof != nil && !slices.Contains(r.oneof, s) {
					p.notOneOf(n, name, r.oneof)
					return
				}
				v.SetString(s)
			}
		}
	case t.Kind() == reflect.Int:
		*f = func(p *piece, n *yaml.Node, v reflect.Value, name string) {
			if i, ok := p.number(n, name); ok {
				v.SetInt(int64(i))
			}
		}
	case t.Kind() == reflect.Bool:
		*f = func(p *piece, n *yaml.Node, v reflect.Value, name string) {
			if p.plain(n, name) {
				if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
					p.wrongKind(n, name, "true or false")
					return
				}
				v.SetBool(strings.EqualFold(n.Value, "true"))
			}
		}
	default:
		panic("spec: no decoder for " + t.String()) // a field was added to the model without one
	}
	return f
}

func (d *decoders) list(t reflect.Type, r rule) decode {
	element := d.of(t.Elem(), rule{oneof: r.oneof})
	return func(p *piece, n *yaml.Node, v reflect.Value, name string) {
		if r.scalar && n.Kind == yaml.ScalarNode {
			v.Set(reflect.MakeSlice(t, 1, 1))
			(*element)(p, n, v.Index(0), name)
			return
		}
		if !p.expect(n, yaml.SequenceNode, name) || !p.deeper(n) {
			return
		}
		v.Set(reflect.MakeSlice(t, len(n.Content), len(n.Content)))
		for i, item := range n.Content {
			if p.full() {
				break
			}
			(*element)(p, item, v.Index(i), name)
		}
		p.depth--
	}
}

// mapping makes the decode function of a Map, whose entries are Pos, Key and
// Value.
func (d *decoders) mapping(t reflect.Type, unique bool) decode {
	element := d.of(t.Elem().Field(2).Type, rule{})
	return func(p *piece, n *yaml.Node, v reflect.Value, name string) {
		if !p.expect(n, yaml.MappingNode, name) || !p.deeper(n) {
			return
		}
		v.Set(reflect.MakeSlice(t, 0, len(n.Content)/2))
		var seen map[string]Position
		if unique && len(n.Content) > 2*8 {
			seen = make(map[string]Position, len(n.Content)/2)
		}
		for i := 0; i+1 < len(n.Content) && !p.full(); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if !p.key(key) {
				continue
			}
			pos := p.pos(key)
			if unique {
				if first, ok := firstOf(v, seen, key.Value); ok {
					p.duplicateKey(pos, key.Value, first)
					continue
				}
				if seen != nil {
					seen[key.Value] = pos
				}
			}
			v.SetLen(v.Len() + 1)
			entry := v.Index(v.Len() - 1)
			*entry.Field(0).Addr().Interface().(*Position) = pos
			entry.Field(1).SetString(p.intern(key.Value))
			(*element)(p, value, entry.Field(2), key.Value)
		}
		p.depth--
	}
}

// firstOf finds an earlier entry of a Map with this key. seen is nil for a
// short one, which is searched itself.
func firstOf(v reflect.Value, seen map[string]Position, key string) (Position, bool) {
	if seen != nil {
		first, ok := seen[key]
		return first, ok
	}
	for i := range v.Len() {
		if entry := v.Index(i); entry.Field(1).String() == key {
			return entry.Field(0).Interface().(Position), true
		}
	}
	return Position{}, false
}

func (d *decoders) structure(t reflect.Type) decode {
	rules := rulesOf(t)
	if len(rules) > 64 {
		panic("spec: too many fields in " + t.String()) // seen below is 64 bits
	}
	values := make([]*decode, len(rules))
	for i, r := range rules {
		values[i] = d.of(t.Field(r.index).Type, r)
	}
	place := -1
	if f, ok := t.FieldByName("Pos"); ok {
		place = f.Index[0]
	}
	isRuled := reflect.PointerTo(t).Implements(reflect.TypeFor[ruled]())
	what := article(t)
	return func(p *piece, n *yaml.Node, v reflect.Value, name string) {
		if place >= 0 {
			*v.Field(place).Addr().Interface().(*Position) = p.pos(n)
		}
		if !p.expect(n, yaml.MappingNode, name) || !p.deeper(n) {
			return
		}
		var seen uint64
		for i := 0; i+1 < len(n.Content) && !p.full(); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if !p.key(key) {
				continue
			}
			at := -1
			for j := range rules {
				if rules[j].key == key.Value {
					at = j
					break
				}
			}
			if at < 0 {
				p.unknownKey(key, rules, what)
				continue
			}
			if seen&(1<<at) != 0 {
				p.duplicateKey(p.pos(key), key.Value, fields{p, n}.key(key.Value))
				continue
			}
			seen |= 1 << at
			(*values[at])(p, value, v.Field(rules[at].index), rules[at].key)
		}
		p.depth--
		for j, r := range rules {
			if r.required && seen&(1<<j) == 0 {
				p.errorf("missing-key", p.pos(n), "%s needs %q", what, r.key)
			}
		}
		if isRuled && !p.full() {
			v.Addr().Interface().(ruled).check(fields{p, n})
		}
	}
}

// article is how messages speak of a struct of the model.
func article(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[API]():
		return "api"
	case reflect.TypeFor[TokenEndpoint]():
		return "token"
	case reflect.TypeFor[PagingStyle]():
		return "a paging style"
	case reflect.TypeFor[Schema]():
		return "a type"
	case reflect.TypeFor[Operation]():
		return "an operation"
	case reflect.TypeFor[Go]():
		return "go"
	default:
		return "a " + strings.ToLower(t.Name())
	}
}

// fields gives the places of a struct's keys and values.
type fields struct {
	p *piece
	n *yaml.Node
}

func (f fields) find(key string) int {
	for i := 0; i+1 < len(f.n.Content); i += 2 {
		if f.n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// key is the place of a key, or of the whole struct when it is not there.
func (f fields) key(key string) Position {
	if i := f.find(key); i >= 0 {
		return f.p.pos(f.n.Content[i])
	}
	return f.p.pos(f.n)
}

// value is the place of a key's value, or of the whole struct.
func (f fields) value(key string) Position {
	if i := f.find(key); i >= 0 {
		return f.p.pos(f.n.Content[i+1])
	}
	return f.p.pos(f.n)
}

func (f fields) has(key string) bool { return f.find(key) >= 0 }

// item is the place of an entry of a list.
func (f fields) item(key string, index int) Position {
	if i := f.find(key); i >= 0 && index < len(f.n.Content[i+1].Content) {
		return f.p.pos(f.n.Content[i+1].Content[index])
	}
	return f.value(key)
}

func (f fields) errorf(code string, pos Position, format string, args ...any) {
	f.report(diag.Diagnostic{Code: code, Pos: pos, Message: fmt.Sprintf(format, args...)})
}

// report adds a finding, unless the value there could not even be read.
func (f fields) report(d diag.Diagnostic) {
	if !f.p.malformed[d.Pos] {
		f.p.report(d)
	}
}

// key checks a key of a mapping.
func (p *piece) key(n *yaml.Node) bool {
	if n.Tag == "!!merge" {
		p.report(diag.Diagnostic{Code: "alias", Pos: p.pos(n), Message: "merge keys are not used in a catalogue", Hint: "write the keys out; a shared type is declared under types and referred to"})
		return false
	}
	if !p.plain(n, "a key") {
		return false
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
		p.errorf("key", p.pos(n), "a key must be text, not %s", kindOf(n))
		return false
	}
	return true
}

// plain refuses the parts of YAML that a catalogue does without.
func (p *piece) plain(n *yaml.Node, name string) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		p.unreadable(diag.Diagnostic{Code: "alias", Pos: p.pos(n), Message: fmt.Sprintf("alias *%s: aliases are not used in a catalogue", n.Value), Hint: "write the value out, or declare a type and refer to it with $ref"})
	case n.Anchor != "":
		p.unreadable(diag.Diagnostic{Code: "alias", Pos: p.pos(n), Message: fmt.Sprintf("anchor &%s: anchors are not used in a catalogue", n.Anchor), Hint: "write the value out, or declare a type and refer to it with $ref"})
	case n.Style&yaml.TaggedStyle != 0:
		p.unreadable(diag.Diagnostic{Code: "tag", Pos: p.pos(n), Message: fmt.Sprintf("tag %s: tags are not used in a catalogue", n.Tag), Hint: "remove the tag; text that looks like a number goes into quotes"})
	case len(n.Value) > p.bounds.scalar:
		p.unreadable(diag.Diagnostic{Code: "too-large", Pos: p.pos(n), Message: fmt.Sprintf("%s is text of %d KiB; at most %d KiB are read", quoteName(name), len(n.Value)>>10, p.bounds.scalar>>10)})
	default:
		return true
	}
	return false
}

// unreadable reports a value that is not what it must be, so that no rule
// about the value is reported on top.
func (p *piece) unreadable(d diag.Diagnostic) {
	p.malformed[d.Pos] = true
	p.report(d)
}

func (p *piece) expect(n *yaml.Node, kind yaml.Kind, name string) bool {
	if !p.plain(n, name) {
		return false
	}
	if n.Kind == kind {
		return true
	}
	if kind == yaml.MappingNode {
		p.wrongKind(n, name, "a mapping")
	} else {
		p.wrongKind(n, name, "a list")
	}
	return false
}

func (p *piece) deeper(n *yaml.Node) bool {
	if p.depth >= p.bounds.depth {
		p.errorf("too-deep", p.pos(n), "nested deeper than %d levels", p.bounds.depth)
		return false
	}
	p.depth++
	return true
}

// str reads a string. A number is not text, lest 1.10 become 1.1.
func (p *piece) str(n *yaml.Node, name string) (string, bool) {
	if !p.plain(n, name) {
		return "", false
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" && n.Tag != "!!timestamp" && n.Tag != "!!merge" {
		p.wrongKind(n, name, "text")
		return "", false
	}
	// The text goes into Go source.
	if at := strings.IndexFunc(n.Value, visible.Deceives); at >= 0 {
		r, _ := utf8.DecodeRuneInString(n.Value[at:])
		p.unreadable(diag.Diagnostic{Code: "invisible-character", Pos: p.pos(n), Message: fmt.Sprintf("%s holds the invisible character %U", quoteName(name), r), Hint: "remove it: it would hide what the text says"})
		return "", false
	}
	return p.intern(n.Value), true
}

var decimal = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)

func (p *piece) number(n *yaml.Node, name string) (int, bool) {
	if !p.plain(n, name) {
		return 0, false
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || !decimal.MatchString(n.Value) {
		p.wrongKind(n, name, "a whole number, 0 or more")
		return 0, false
	}
	i, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil || i > math.MaxInt32 {
		p.errorf("wrong-kind", p.pos(n), "%s is too large: %s", quoteName(name), n.Value)
		return 0, false
	}
	return int(i), true
}

// intern keeps one copy of the short strings that recur: keys, formats, names.
func (p *piece) intern(s string) string {
	if len(s) > 32 {
		return s
	}
	if known, ok := p.words[s]; ok {
		return known
	}
	if len(p.words) < 1<<14 {
		p.words[s] = s
	}
	return s
}

func (p *piece) wrongKind(n *yaml.Node, name, want string) {
	d := diag.Diagnostic{Code: "wrong-kind", Pos: p.pos(n), Message: fmt.Sprintf("%s must be %s, not %s", quoteName(name), want, kindOf(n))}
	if n.Kind == yaml.ScalarNode {
		switch {
		case n.Tag == "!!null":
			d.Message = fmt.Sprintf("%s has no value; it must be %s", quoteName(name), want)
			switch {
			case name == "type" && n.Value != "":
				d.Hint = "the type null is written in quotes: 'null'"
			case want == "a mapping":
				d.Hint = "write {} for an empty one, or remove the key"
			case want == "a list":
				d.Hint = "write [] for an empty one, or remove the key"
			default:
				d.Hint = "give it a value, or remove the key"
			}
		case want == "text" && n.Tag == "!!bool" && name == "deprecated":
			d.Hint = "say why, and what to use instead"
		case want == "text":
			d.Hint = fmt.Sprintf("put it in quotes: '%s'", n.Value)
		case n.Tag == "!!str" && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && (want == "true or false" || want == "a number" || strings.HasPrefix(want, "a whole")):
			d.Hint = "remove the quotes"
		}
	}
	p.unreadable(d)
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	value := n.Value
	if len(value) > 40 {
		value = value[:40] + "…"
	}
	switch n.Tag {
	case "!!null":
		return "nothing"
	case "!!bool":
		return value
	case "!!int", "!!float":
		return "the number " + value
	default:
		return fmt.Sprintf("the text %q", value)
	}
}

func quoteName(name string) string {
	if strings.HasPrefix(name, "a ") {
		return name
	}
	return strconv.Quote(name)
}

func (p *piece) notOneOf(n *yaml.Node, name string, allowed []string) {
	d := diag.Diagnostic{Code: "unknown-value", Pos: p.pos(n), Message: fmt.Sprintf("%s cannot be %q; it is one of %s", quoteName(name), n.Value, strings.Join(allowed, ", "))}
	if len(allowed) == 1 {
		d.Message = fmt.Sprintf("%s cannot be %q; it can only be %s", quoteName(name), n.Value, allowed[0])
		d.Hint = "remove the key if that is not meant"
	}
	for _, a := range allowed {
		if strings.EqualFold(a, n.Value) {
			d.Hint = fmt.Sprintf("write %s", a)
		}
	}
	if d.Hint == "" {
		d.Hint = p.didYouMean(n.Value, allowed)
	}
	p.unreadable(d)
}

// foreign says what a catalogue has in place of keys that users know from
// OpenAPI.
var foreign = map[string]string{
	"nullable":    "write type: [string, 'null'], or anyOf the type and {type: 'null'}",
	"example":     "write examples: […]",
	"operationId": "write id",
	"security":    "write requires",
	"scopes":      "write requires: {any_of: […]} or {all_of: […]}",
	"requestBody": "write body: {application/json: …}",
	"content":     "put the media types here themselves",
	"components":  "write types",
	"paths":       "write operations, each with its method and path",
	"schemas":     "write types",
	"x-go-name":   "write go_name",
	"x-go-type":   "write go_type",
}

func (p *piece) unknownKey(n *yaml.Node, rules []rule, what string) {
	known := make([]string, len(rules))
	for i, r := range rules {
		known[i] = r.key
	}
	hint := p.didYouMean(n.Value, known)
	if hint == "" {
		hint = foreign[n.Value]
	}
	if hint == "" {
		hint = what + " can have " + strings.Join(known, ", ")
	}
	p.report(diag.Diagnostic{Code: "unknown-key", Pos: p.pos(n), Message: fmt.Sprintf("%s has no key %q", what, n.Value), Hint: hint})
}

func (p *piece) duplicateKey(pos Position, key string, first Position) {
	p.report(diag.Diagnostic{
		Code: "duplicate-key", Pos: pos, Message: fmt.Sprintf("%q is here a second time", key),
		Related: []diag.Related{{Pos: first, Message: "the first is here"}},
		Hint:    "remove one of the two",
	})
}

// mostCompared bounds the names compared in one run, to a tenth of a second.
const mostCompared = 500_000

// didYouMean is the hint for a name that is not known, or "" when nothing is
// close. Its work is bounded over the whole run.
func (l *loader) didYouMean(name string, known []string) string {
	if l.compared += len(known); l.compared > mostCompared {
		return ""
	}
	if best := diag.Closest(name, slices.Values(known)); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return ""
}
