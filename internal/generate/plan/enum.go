package plan

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

func (b *builder) planEnum(t *Type, s *spec.Schema, pkg *Package) {
	// Two values with one name are an error. With a number added to the second name,
	// another order of the enum would swap what the constants mean.
	const byHand = "name the value with enum_names, beside enum"
	seen := make(map[string]spec.Literal)
	repeated := b.repeatedWords(t.Name, s.Enum)
	for _, v := range s.Enum {
		if v.JSON == "null" {
			continue
		}
		var text string
		written := v.JSON
		if t.Underlying.equal(stringRef) {
			if json.Unmarshal([]byte(v.JSON), &text) != nil {
				continue
			}
		} else {
			var fits bool
			if text, fits = integerText(v.JSON, t.Underlying.Name); !fits {
				b.errorf("enum-value", v.Pos, "the enum value %s does not fit Go's %s", v.JSON, t.Underlying.Name).
					hint("give the type another format (int32, int64, uint32, uint64), or leave the value out")
				continue
			}
			written = text
		}
		name, named := s.EnumNames.Get(text)
		if !named {
			name = strings.TrimPrefix(b.names.constant(text), repeated)
		}
		if name == "" {
			b.errorf("no-go-name", v.Pos, "no Go name can be made from the enum value %q: it holds neither letter nor digit", text).
				hint(byHand)
			continue
		}
		if first, again := seen[name]; again {
			b.errorf("go-name-clash", v.Pos, "the enum values %s and %s both become the Go name %s", first.JSON, v.JSON, t.Name+name).
				related(first.Pos, "the other one").
				hint(byHand)
			continue
		}
		seen[name] = v
		b.claim(pkg, t.Name+name, v.Pos, fmt.Sprintf("the enum value %q", text))
		t.Values = append(t.Values, EnumValue{GoName: t.Name + name, JSON: written})
	}
}

// repeatedWords returns the words at the end of a type's name with which all of its
// values begin, or "" if there are none. Constants leave them out: the value
// SALUTATION_MALE of the type Salutation is SalutationMale.
func (b *builder) repeatedWords(typeName string, values []spec.Literal) string {
	list := Words(typeName)
	for i := range list {
		prefix := strings.Join(list[i:], "")
		all := len(values) > 0
		for _, v := range values {
			var text string
			if v.JSON == "null" {
				continue
			}
			if json.Unmarshal([]byte(v.JSON), &text) != nil {
				return ""
			}
			if text == "" {
				continue // the constant is called Empty
			}
			rest, found := strings.CutPrefix(b.names.constant(text), prefix)
			// The rest must begin a word: Male does not repeat the type name Ma.
			all = all && found && rest != "" && (rest[0] >= 'A' && rest[0] <= 'Z')
		}
		if all {
			return prefix
		}
	}
	return ""
}
