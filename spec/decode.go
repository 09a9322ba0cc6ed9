package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
)

// rule says how a key of a catalogue is decoded. The Go types of the model
// decide how a catalogue is decoded and what its JSON Schema says. The yaml tag
// of a field names its key; its spec tag can say more:
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

// rulesOf returns the rules that the tags of a struct type give.
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

// decode is a function that stores the content of a node in v. name is the key
// under which the node stands; messages use it.
type decode func(p *piece, n *yaml.Node, v reflect.Value, name string)

// custom is implemented by the types whose YAML has another form than their
// fields.
type custom interface {
	decode(p *piece, n *yaml.Node, name string)
}

// ruled is implemented by the structs with rules that concern several fields.
// They are checked as soon as a struct has been read, while the places of its
// keys are still known.
type ruled interface {
	check(at fields)
}

// mapping is implemented by every Map.
type mapping interface{ isMapping() }

func (Map[V]) isMapping() {}

// decoders holds the decode functions of the model's types. They are made once
// for each catalogue that is loaded.
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

// decodeTypes adds types to a part of the catalogue. A type name may be declared
// once in all files. This is checked here and not at the end, because there is no
// point in reading a file that repeats itself to its end.
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
				Message: fmt.Sprintf("the key %q stands in an included file", r.key),
				Hint:    "move it to the table; an included file can have include, operations and types",
			})
		case r.key == "types":
			p.decodeTypes(value, part)
		default:
			(*p.decoders.of(v.Field(r.index).Type(), r))(p, value, v.Field(r.index), r.key)
		}
	}
}

// of returns the decode function of a type. It returns a pointer because types
// are recursive: the function may be needed before it is made.
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

// mapping returns the decode function of a Map, whose entries have the fields
// Pos, Key and Value.
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
			entry.Field(1).SetString(p.value(key))
			(*element)(p, value, entry.Field(2), key.Value)
		}
		p.depth--
	}
}

// firstOf returns the place of the entry of a Map that has this key, and whether
// there is one. seen holds the places by key; it is nil for a short Map, which is
// searched itself.
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
				p.errorf("missing-key", p.pos(n), "%s needs the key %q", what, r.key)
			}
		}
		if isRuled && !p.full() {
			v.Addr().Interface().(ruled).check(fields{p, n})
		}
	}
}

// article returns how messages name a struct of the model, such as "an
// operation".
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
