package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/internal/plural"
	"github.com/scopegen/scopegen/spec"
)

// limits returns what s says of its values beyond their Go type, as sentences. Generated
// code does not check it, so the comments tell it. What a type with a name says stands in
// the comment of that type, and is not repeated where the type is used.
func (b *builder) limits(s *spec.Schema) string {
	var sentences []string
	for _, text := range b.limitsOf(s) {
		sentences = append(sentences, strings.ToUpper(text[:1])+text[1:]+".")
	}
	return strings.Join(sentences, " ")
}

// undeclared returns the limits of a schema whose Go type r is not declared for it, so
// that no comment of a type tells them.
func (b *builder) undeclared(r Ref, s *spec.Schema) string {
	if b.declared(r) != nil {
		return ""
	}
	return b.limits(s)
}

// limitsOf returns the same as parts of a sentence.
func (b *builder) limitsOf(s *spec.Schema) []string {
	inner, _ := b.withoutNull(s)
	if inner.Ref != "" || b.telling == mostWithin {
		return nil
	}
	b.telling++
	defer func() { b.telling-- }()
	flat := inner
	if only := b.solePart(inner); only != nil {
		var texts []string
		for _, part := range inner.AllOf {
			if part == only {
				texts = append(texts, b.limitsOf(part)...)
			} else {
				texts = append(texts, b.ownLimits(b.flattener.Flatten(part))...)
			}
		}
		return append(texts, b.ownLimits(inner)...)
	}
	if len(inner.AllOf) > 0 {
		flat = b.flattener.Flatten(inner)
	}
	texts := b.ownLimits(flat)
	for _, rest := range flat.AllOf { // what cannot be merged, such as a second pattern
		texts = append(texts, b.limitsOf(rest)...)
	}
	return texts
}

// ownLimits returns what a schema says without its allOf.
func (b *builder) ownLimits(s *spec.Schema) []string {
	texts := listedValues(s)
	add := func(format string, args ...any) { texts = append(texts, fmt.Sprintf(format, args...)) }
	if s.Format != "" && s.GoType == "" && b.formatSaysMore(s) {
		add("in the format %s", s.Format)
	}
	if s.Pattern != "" {
		text := "matches the regular expression \"" + s.Pattern + "\""
		if tooLong(s.Pattern) {
			text = fmt.Sprintf("matches a regular expression of %d characters, which the catalogue shows", len(s.Pattern))
		}
		texts = append(texts, text)
	}
	unit := "character"
	if s.Format == "binary" {
		unit = "byte"
	}
	texts = append(texts, count(s.MinLength, s.MaxLength, unit)...)
	texts = append(texts, bounds(s)...)
	texts = append(texts, count(s.MinItems, s.MaxItems, "element")...)
	if s.UniqueItems {
		add("no element is there twice")
	}
	if s.Items != nil {
		if each := b.limitsOf(s.Items); len(each) > 0 {
			add("each element: %s", strings.Join(each, ", "))
		}
	}
	if more := s.AdditionalProperties; more != nil && more.Schema != nil {
		if each := b.limitsOf(more.Schema); len(each) > 0 {
			add("each further member: %s", strings.Join(each, ", "))
		}
	}
	texts = append(texts, b.alternatives("exactly one of these holds", s.OneOf)...)
	texts = append(texts, b.alternatives("at least one of these holds", s.AnyOf)...)
	if s.Default != nil {
		text := "default: " + s.Default.JSON
		if tooLong(s.Default.JSON) {
			text = "the API has a default, which the catalogue shows"
		}
		texts = append(texts, text)
	}
	switch {
	case s.ReadOnly:
		add("only in responses")
	case s.WriteOnly:
		add("only in requests")
	}
	return texts
}

// alternatives returns what the variants of a oneOf or anyOf say, if they make no union
// of Go types: if each only bounds values, or all are scalars of one type.
func (b *builder) alternatives(rule string, variants []*spec.Schema) []string {
	var each []string
	for _, v := range variants {
		if isNull(v) {
			continue
		}
		flat := b.flattener.Flatten(v)
		first := b.flattener.Flatten(variants[0])
		scalar := slices.Contains([]string{"string", "integer", "number", "boolean"}, baseType(flat)) && baseType(flat) == baseType(first) && len(flat.Enum) == 0
		if !isConstraint(v) && !scalar {
			return nil
		}
		texts := b.ownLimits(flat)
		if len(flat.Required) > 0 {
			var names []string
			for _, r := range flat.Required {
				names = append(names, strconv.Quote(r.Value))
			}
			texts = append([]string{"has " + strings.Join(names, " and ")}, texts...)
		}
		if len(texts) == 0 {
			texts = []string{"nothing more is said"}
		}
		each = append(each, strings.Join(texts, ", "))
	}
	if len(each) == 0 {
		return nil
	}
	return []string{rule + ": " + strings.Join(each, "; or ")}
}

// listedValues tells a constant, and the values of an enum for which no Go type is
// declared because they are neither texts nor integers. A long list is cut: the comment
// is for a person.
func listedValues(s *spec.Schema) []string {
	if s.Const != nil {
		return []string{"always " + s.Const.JSON}
	}
	if base := baseType(s); base == "string" || base == "integer" {
		return nil
	}
	const most = 20
	var values []string
	for _, v := range s.Enum {
		values = append(values, v.JSON)
	}
	switch {
	case len(values) == 0:
		return nil
	case len(values) == 1:
		return []string{"always " + values[0]}
	case len(values) > most:
		return []string{fmt.Sprintf("one of %s, and %d others", strings.Join(values[:most], ", "), len(values)-most)}
	}
	return []string{"one of " + strings.Join(values, ", ")}
}

// formatSaysMore reports whether the format of s says more than the Go type does.
func (b *builder) formatSaysMore(s *spec.Schema) bool {
	switch baseType(s) {
	case "string":
		_, chosen := b.catalogue.Go.Formats.Get(s.Format)
		_, known := defaultFormats[s.Format]
		return !chosen && !known && s.Format != "password" && s.Format != "binary"
	case "integer":
		return !slices.Contains([]string{"int32", "int64", "uint32", "uint64"}, s.Format)
	case "number":
		return s.Format != "double" && s.Format != "decimal"
	}
	return true
}

// bounds tells between which numbers a number lies.
func bounds(s *spec.Schema) []string {
	var texts []string
	if s.Minimum != nil && s.Maximum != nil {
		texts = append(texts, "from "+s.Minimum.JSON+" to "+s.Maximum.JSON)
	}
	for _, bound := range []struct {
		words string
		limit *spec.Literal
	}{
		{"at least", s.Minimum}, {"at most", s.Maximum}, {"above", s.ExclusiveMinimum}, {"below", s.ExclusiveMaximum}, {"a multiple of", s.MultipleOf},
	} {
		told := len(texts) > 0 && (bound.limit == s.Minimum || bound.limit == s.Maximum)
		if bound.limit != nil && !told {
			texts = append(texts, bound.words+" "+bound.limit.JSON)
		}
	}
	return texts
}

// count tells how many characters or elements there are.
func count(least, most *int, unit string) []string {
	switch {
	case least != nil && most != nil && *least == *most:
		return []string{"exactly " + plural.Count(*least, unit)}
	case least != nil && *least > 0 && most != nil:
		return []string{fmt.Sprintf("%d to %s", *least, plural.Count(*most, unit))}
	case most != nil:
		return []string{"at most " + plural.Count(*most, unit)}
	case least != nil && *least > 0:
		return []string{"at least " + plural.Count(*least, unit)}
	}
	return nil
}

// tooLong reports whether a text of the catalogue is left out of a comment, where it
// would make a line that is hard to read.
func tooLong(text string) bool { return len(text) > 90 }
