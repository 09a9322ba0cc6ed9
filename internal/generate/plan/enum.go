package plan

import (
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

func (b *builder) planEnum(t *Type, s *spec.Schema, pkg *Package) {
	// Two values with one name are an error. With a number added to the second name,
	// another order of the enum would swap what the constants mean.
	const byHand = "name the value with enum_names, beside enum"
	values := b.enumValues(t, s)
	seen := make(map[string]int, len(values)) // name → its value
	repeated, isText := "", t.Underlying.equal(stringRef)
	if isText {
		repeated = repeatedWords(t.Name, values)
	}
	for i, v := range values {
		name, named := s.EnumNames.Get(v.text)
		if !named {
			name = strings.TrimPrefix(v.constant, repeated)
		}
		if name == "" {
			b.errorf("no-go-name", v.Pos, "no Go name can be made from the enum value %q: it holds neither letter nor digit", v.text).
				hint(byHand)
			continue
		}
		if at, again := seen[name]; again {
			first := values[at]
			b.errorf("go-name-clash", v.Pos, "the enum values %s and %s both become the Go name %s", first.JSON, v.JSON, t.Name+name).
				related(first.Pos, "the other one").
				hint(byHand)
			continue
		}
		seen[name] = i
		b.claim(pkg, t.Name+name, v.Pos, "the enum value "+strconv.Quote(v.text))
		written := v.JSON
		if !isText {
			written = v.text
		}
		t.Values = append(t.Values, EnumValue{GoName: t.Name + name, JSON: written})
	}
}

// enumValue is one value of an enum.
type enumValue struct {
	spec.Literal
	text     string // what a string says, or the digits of an integer
	constant string // its Go name, to follow that of the type
}

// enumValues returns the values of an enum that become constants.
func (b *builder) enumValues(t *Type, s *spec.Schema) []enumValue {
	values := make([]enumValue, 0, len(s.Enum))
	isText := t.Underlying.equal(stringRef)
	for _, l := range s.Enum {
		text, ok := l.Text()
		if !isText && l.JSON != "null" {
			if text, ok = integerText(l.JSON, t.Underlying.Name); !ok {
				b.errorf("enum-value", l.Pos, "the enum value %s does not fit Go's %s", l.JSON, t.Underlying.Name).
					hint("give the type another format (int32, int64, uint32, uint64), or leave the value out")
			}
		}
		if ok {
			values = append(values, enumValue{l, text, b.names.constant(text)})
		}
	}
	return values
}

// repeatedWords returns the words at the end of a type's name with which all of its
// values begin, or "" if there are none. Constants leave them out: the value
// SALUTATION_MALE of the type Salutation is SalutationMale.
func repeatedWords(typeName string, values []enumValue) string {
	words := Words(typeName)
	prefix := strings.Join(words, "")
	for _, word := range words {
		current := prefix
		prefix = prefix[len(word):]
		all := len(values) > 0
		for _, v := range values {
			if v.text == "" {
				continue // the constant is called Empty
			}
			rest, found := strings.CutPrefix(v.constant, current)
			// The rest must begin a word: Male does not repeat the type name Ma.
			if all = found && rest != "" && (rest[0] >= 'A' && rest[0] <= 'Z'); !all {
				break
			}
		}
		if all {
			return current
		}
	}
	return ""
}
