package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// finding is one thing that is wrong with a value, and its place as a JSON pointer
// (RFC 6901).
type finding struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

const (
	maxFindings = 20   // findings that a response lists
	maxLeaves   = 1000 // findings that are looked at
	maxDetail   = 1000 // length of a text, in bytes
)

// clip shortens a text that holds something that a client sent.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// invalid returns the response to a body that is not valid, which says what is wrong.
func invalid(err error) *problem {
	list := findings(err)
	detail := list[0].Detail
	if list[0].Pointer == "" {
		detail = "the body " + detail
	} else {
		detail = list[0].Pointer + " " + detail
	}
	if more := len(list) - 1; more > 0 {
		detail += fmt.Sprintf(" (and %d more in \"errors\")", more)
	}
	return refuse(http.StatusBadRequest, clip(detail, maxDetail)).with("errors", list[:min(len(list), maxFindings)]).with("pointer", list[0].Pointer)
}

// describe returns an error that says what is wrong with a parameter, or nil.
func describe(err error) error {
	if err == nil {
		return nil
	}
	list := findings(err)
	if list[0].Pointer != "" {
		return fmt.Errorf("at %s: %s", list[0].Pointer, list[0].Detail)
	}
	return errors.New(list[0].Detail)
}

// findings returns the leaves of a validation error; there is at least one. Where
// a value matches no variant, they are those of the variant that it is closest to.
func findings(err error) []finding {
	var failed *jsonschema.ValidationError
	if !errors.As(err, &failed) {
		return []finding{{Detail: err.Error()}}
	}
	var list []finding
	for _, leaf := range leaves(failed) {
		base := pointer(leaf.InstanceLocation)
		switch k := leaf.ErrorKind.(type) {
		case *kind.Required:
			for _, name := range k.Missing {
				list = append(list, finding{base + pointer([]string{name}), "is missing"})
			}
		case *kind.AdditionalProperties:
			for _, name := range k.Properties {
				list = append(list, finding{base + pointer([]string{name}), "is not a member that the type has"})
			}
		default:
			list = append(list, finding{base, wording(leaf)})
		}
	}
	slices.SortStableFunc(list, func(a, b finding) int { return strings.Compare(a.Pointer, b.Pointer) })
	return slices.Compact(list)
}

var printer = message.NewPrinter(language.English)

func wording(leaf *jsonschema.ValidationError) string {
	switch k := leaf.ErrorKind.(type) {
	case *kind.Type:
		return fmt.Sprintf("is of type %s; it must be %s", k.Got, strings.Join(k.Want, " or "))
	case *kind.Enum:
		words := make([]string, 0, len(k.Want))
		for _, want := range k.Want[:min(len(k.Want), maxFindings)] {
			words = append(words, fmt.Sprintf("%v", want))
		}
		return fmt.Sprintf("is %.100q; it must be one of %s", fmt.Sprint(k.Got), strings.Join(words, ", "))
	case *kind.Const:
		return fmt.Sprintf("is %.100q; it must be %v", fmt.Sprint(k.Got), k.Want)
	case *kind.Format:
		return fmt.Sprintf("is %.100q, which is not a valid %s", fmt.Sprint(k.Got), k.Want)
	case *kind.Pattern:
		return fmt.Sprintf("is %.100q, which does not match the pattern %s", k.Got, k.Want)
	case *kind.OneOf:
		if len(k.Subschemas) > 0 {
			return "matches more than one of the variants"
		}
		return "matches none of the variants"
	}
	return "is wrong: " + leaf.ErrorKind.LocalizedString(printer)
}

func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	switch e.ErrorKind.(type) {
	case *kind.OneOf, *kind.AnyOf:
		var best []*jsonschema.ValidationError
		for _, cause := range e.Causes {
			if list := leaves(cause); best == nil || distance(list) < distance(best) {
				best = list
			}
		}
		return best
	}
	var all []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		if all = append(all, leaves(cause)...); len(all) > maxLeaves {
			break
		}
	}
	return all
}

// distance returns how far a value is from a variant. It is far from a variant of
// another type, and from one whose constants say that it is another variant.
func distance(list []*jsonschema.ValidationError) int {
	sum := 0
	for _, leaf := range list {
		switch k := leaf.ErrorKind.(type) {
		case *kind.Type, *kind.Const:
			sum += 100
		case *kind.Enum:
			if len(k.Want) == 1 {
				sum += 100
			}
			sum++
		case *kind.Required:
			sum += len(k.Missing)
		case *kind.AdditionalProperties:
			sum += len(k.Properties)
		default:
			sum++
		}
	}
	return sum
}

func pointer(path []string) string {
	var out strings.Builder
	for _, name := range path {
		out.WriteByte('/')
		out.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	return out.String()
}
