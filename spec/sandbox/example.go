package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/scopegen/scopegen/spec"
)

// maker makes values that are valid by a schema. Values that are given are used
// where they fit. The rest is derived from the seed and from the place inside the
// value, so that it is the same on each run, and so that a member has the same
// value in all types that show one object.
type maker struct {
	schemas *schemas
	seed    string
	sent    bool // made for a request, without read-only members; else for a response, without write-only ones

	// now is the time at which a client made the object. Times in it are that
	// time, enumerations have their first value, and optional members are left out
	// unless they were given. If now is zero, a full example is made.
	now time.Time

	// related returns a value for a member that names another object, such as the
	// id of a user for user_id. If it is nil or returns false, one is made up.
	related func(member, seed string) (any, bool)

	values int // made so far
	tries  int // so far, see maxTries
}

const (
	maxOptionalDepth = 4      // optional members that are nested deeper are left out
	maxValues        = 20_000 // all optional members are left out once a value has so many values inside
	maxNesting       = 64     // what is nested deeper is null; no real schema needs that
	maxTries         = 30_000 // attempts with variants; after that the first that fits is taken
)

// object returns a value that is valid by the schema and has the given members.
func (m *maker) object(schema *spec.Schema, given any) any {
	if schema == nil {
		return nil
	}
	value, _ := m.fill(schema, given, given != nil, "", nil)
	return value
}

// fill returns a value, and how many of the given scalars it keeps.
func (m *maker) fill(schema *spec.Schema, given any, has bool, path string, above []*spec.Schema) (any, int) {
	m.values++
	flat := m.schemas.flatten(schema)
	if !has && slices.Contains(above, flat) {
		m.tries++
	}
	if len(above) > maxNesting || m.tries > 2*maxTries {
		return nil, 0
	}
	above = append(above[:len(above):len(above)], flat)
	if has && given == nil && m.fits(schema, nil) {
		return nil, 1
	}
	if variants := m.schemas.alternatives(flat); variants != nil {
		return m.variant(schema, variants, given, has, path, above)
	}
	return m.plain(schema, flat, given, has, path, above)
}

// variant returns a value of the variant that keeps most of what is given. If
// nothing is given, it is the first variant of which a valid value is found.
func (m *maker) variant(schema *spec.Schema, variants []*spec.Schema, given any, has bool, path string, above []*spec.Schema) (any, int) {
	variants = m.ordered(variants, path, above)
	var fallback any
	for attempt, now := range []time.Time{m.now, {}, exampleTime} {
		if attempt > 0 && now.Equal(m.now) {
			continue
		}
		var best any
		most := -1
		for i, variant := range variants {
			m.tries++
			made := *m
			made.now = now
			value, kept := made.fill(variant, given, has, path, above)
			m.values, m.tries = made.values, made.tries
			if attempt == 0 && i == 0 {
				fallback = value
			}
			if kept > most && m.fits(schema, value) {
				best, most = value, kept
				if !has || m.tries > maxTries {
					break
				}
			}
		}
		if most >= 0 {
			return best, most
		}
	}
	return fallback, 0
}

// ordered returns the variants in an order that depends on the seed, so that
// several examples show all of them. Where a type stands inside itself, variants
// that do not contain it again come first.
func (m *maker) ordered(variants []*spec.Schema, path string, above []*spec.Schema) []*spec.Schema {
	start := 0
	if m.now.IsZero() {
		start = int(m.hash(path) % uint64(len(variants)))
	}
	turned := slices.Concat(variants[start:], variants[:start])
	union := above[len(above)-1]
	if slices.Contains(above[:len(above)-1], union) {
		slices.SortStableFunc(turned, func(a, b *spec.Schema) int {
			x, y := m.schemas.needs(a, union), m.schemas.needs(b, union)
			switch {
			case x == y:
				return 0
			case x:
				return 1
			}
			return -1
		})
	}
	return turned
}

func (m *maker) plain(schema, flat *spec.Schema, given any, has bool, path string, above []*spec.Schema) (any, int) {
	kind := flat.JSONType()
	if kind == "" {
		kind = impliedType(flat)
	}
	object, isObject := given.(map[string]any)
	array, isArray := given.([]any)
	switch {
	case kind == "object" && (!has || isObject):
		return m.members(flat, object, path, above)
	case kind == "array" && (!has || isArray):
		return m.elements(flat, array, has, path, above)
	case has && m.fits(schema, given):
		return given, 1
	case kind == "object":
		return m.members(flat, nil, path, above)
	case kind == "array":
		return m.elements(flat, nil, false, path, above)
	}
	return m.scalar(schema, flat, kind, path), 0
}

func impliedType(flat *spec.Schema) string {
	switch {
	case len(flat.Properties) > 0 || flat.AdditionalProperties != nil || len(flat.Required) > 0:
		return "object"
	case flat.Items != nil:
		return "array"
	case flat.Minimum != nil || flat.Maximum != nil || flat.MultipleOf != nil:
		return "number"
	}
	return "string"
}

func (m *maker) fits(schema *spec.Schema, value any) bool {
	return m.schemas.check(schema, m.direction(), value) == nil
}

func (m *maker) direction() direction {
	if m.sent {
		return inRequest
	}
	return inResponse
}

func (m *maker) members(flat *spec.Schema, given map[string]any, path string, above []*spec.Schema) (any, int) {
	out := make(map[string]any, len(flat.Properties))
	required := requiredMembers(flat, m.direction())
	kept := 0
	for _, p := range flat.Properties {
		if !m.sent && p.Value.WriteOnly || m.sent && p.Value.ReadOnly {
			continue
		}
		at := path + "/" + p.Key
		g, has := given[p.Key]
		must := slices.Contains(required, p.Key)
		switch {
		case has:
			value, n := m.fill(p.Value, g, true, at, above)
			if n > 0 || must || isEmpty(g) {
				out[p.Key] = value
				kept += n
			}
		case must || m.wantsOptional(p.Value, above):
			if m.related != nil {
				if value, ok := m.related(p.Key, m.seed); ok && m.fits(p.Value, value) {
					out[p.Key] = value
					continue
				}
			}
			value, _ := m.fill(p.Value, nil, false, at, above)
			if must || m.fits(p.Value, value) { // a type may contradict itself: its member is left out, as it may be
				out[p.Key] = value
			}
		}
	}
	kept += m.undeclared(flat, given, out, path, above)
	if m.sent && len(out) == 0 && given == nil {
		m.addScalar(flat, out, path, above)
	}
	return out, kept
}

// addScalar adds the first member that is a scalar: a form cannot say an object without
// members.
func (m *maker) addScalar(flat *spec.Schema, out map[string]any, path string, above []*spec.Schema) {
	for _, p := range flat.Properties {
		switch m.schemas.flatten(p.Value).JSONType() {
		case "string", "integer", "number", "boolean":
			if !p.Value.ReadOnly {
				out[p.Key], _ = m.fill(p.Value, nil, false, path+"/"+p.Key, above)
				return
			}
		}
	}
}

// undeclared adds members that the schema admits without naming them.
func (m *maker) undeclared(flat *spec.Schema, given, out map[string]any, path string, above []*spec.Schema) int {
	a := flat.AdditionalProperties
	if a != nil && !a.Allowed || a == nil && len(flat.Properties) > 0 {
		return 0
	}
	kept := 0
	for name, value := range given {
		if _, declared := flat.Properties.Get(name); declared {
			continue
		}
		if a == nil || a.Schema == nil || m.fits(a.Schema, value) {
			out[name] = value
			kept++
		}
	}
	if len(out) == 0 && given == nil && a != nil && a.Schema != nil && m.wantsOptional(a.Schema, above) {
		out["key"], _ = m.fill(a.Schema, nil, false, path+"/key", above)
	}
	return kept
}

// wantsOptional reports whether an example shows a member that need not be there.
func (m *maker) wantsOptional(schema *spec.Schema, above []*spec.Schema) bool {
	return m.now.IsZero() && len(above) <= maxOptionalDepth && m.values < maxValues && !slices.Contains(above, m.schemas.flatten(schema))
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

func (m *maker) elements(flat *spec.Schema, given []any, has bool, path string, above []*spec.Schema) (any, int) {
	items := flat.Items
	if items == nil {
		items = &anything
	}
	least := 0
	if flat.MinItems != nil {
		least = *flat.MinItems
	}
	n := max(least, 1)
	switch {
	case has:
		n = max(least, len(given))
	case !m.now.IsZero(), m.values > maxValues, slices.Contains(above, m.schemas.flatten(items)):
		n = least
	case len(above) > maxOptionalDepth && !m.sent: // a form cannot say a list without an element
		n = least
	}
	if flat.MaxItems != nil {
		n = min(n, *flat.MaxItems)
	}
	out := make([]any, 0, min(n, maxValues))
	kept := 0
	for i := range min(n, maxValues) {
		var g any
		if i < len(given) {
			g = given[i]
		}
		value, k := m.fill(items, g, i < len(given), path+"/"+strconv.Itoa(i), above)
		for try := 1; flat.UniqueItems && try < 20 && contains(out, value); try++ {
			value, k = m.fill(items, nil, false, path+"/"+strconv.Itoa(i)+"/"+strconv.Itoa(try), above)
		}
		out = append(out, value)
		kept += k
	}
	if has && len(out) == len(given) {
		kept++ // an empty list that was given is kept too
	}
	return out, kept
}

var anything spec.Schema

func contains(list []any, value any) bool {
	text, err := json.Marshal(value)
	return err == nil && slices.ContainsFunc(list, func(v any) bool {
		other, err := json.Marshal(v)
		return err == nil && string(other) == string(text)
	})
}

// scalar makes a text, number, boolean or null.
func (m *maker) scalar(schema, flat *spec.Schema, kind, path string) any {
	var first any
	tried := false
	for candidate := range m.candidates(flat, kind, path) {
		if m.fits(schema, candidate) && (kind != "integer" || flat.Format != "" || fits64(candidate) == nil) {
			return candidate
		}
		if !tried {
			first, tried = candidate, true
		}
	}
	if m.fits(schema, nil) {
		return nil
	}
	return first
}

// fits64 checks that an integer of no format is one of 64 bits, as the format int64 is:
// a generated client reads no other.
var fits64 = integers(true, 63)

// candidates yields values to try. Those that are likely to be valid and that read
// well come first.
func (m *maker) candidates(flat *spec.Schema, kind, path string) iter.Seq[any] {
	return func(yield func(any) bool) {
		if flat.Const != nil {
			yield(literal(*flat.Const))
			return
		}
		for _, l := range flat.Examples {
			if !yield(literal(l)) {
				return
			}
		}
		if flat.Default != nil && (len(flat.Enum) == 0 || !m.now.IsZero()) {
			// An empty text says that there is no value, which makes a poor example.
			if value := literal(*flat.Default); value != "" && !yield(value) {
				return
			}
		}
		for value := range m.made(flat, kind, path) {
			if !yield(value) {
				return
			}
		}
	}
}

func (m *maker) made(flat *spec.Schema, kind, path string) iter.Seq[any] {
	if len(flat.Enum) > 0 {
		return m.enumerated(flat, path)
	}
	switch kind {
	case "string":
		return m.texts(flat, path)
	case "integer", "number":
		return slices.Values(m.numbers(flat, path))
	case "boolean":
		return slices.Values([]any{m.hash(path)%2 == 0, true, false})
	}
	return slices.Values([]any{nil})
}

// enumerated yields all values of an enumeration, empty ones last. An example
// begins with any of them, an object that a client made with the first.
func (m *maker) enumerated(flat *spec.Schema, path string) iter.Seq[any] {
	n := len(flat.Enum)
	start := 0
	if m.now.IsZero() {
		start = int(m.hash(path) % uint64(n))
	}
	var full, empty []any
	for i := range n {
		if value := literal(flat.Enum[(start+i)%n]); value != "" && value != nil {
			full = append(full, value)
		} else {
			empty = append(empty, value)
		}
	}
	return slices.Values(append(full, empty...))
}

// exampleTime is the beginning of the year in which the times of examples lie.
var exampleTime = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)

// time returns the one time that all times of an object have, so that nothing ends
// before it began.
func (m *maker) time() time.Time {
	if !m.now.IsZero() {
		return m.now.UTC()
	}
	return exampleTime.Add(time.Duration(m.hash("")%(365*24*60)) * time.Minute)
}

func (m *maker) texts(flat *spec.Schema, path string) iter.Seq[any] {
	return func(yield func(any) bool) {
		for _, text := range m.formatted(flat.Format, path) {
			if !yield(text) {
				return
			}
		}
		for text := range m.matches(flat, path) {
			if !yield(text) {
				return
			}
		}
		_ = yield(m.words(flat, path)) && yield("")
	}
}

// matches yields texts of several lengths that the pattern matches.
func (m *maker) matches(flat *spec.Schema, path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if flat.Pattern == "" {
			return
		}
		least := 0
		if flat.MinLength != nil {
			least = min(*flat.MinLength, maxMatch)
		}
		for _, repeat := range []int{1, 0, 2, 3, 5, 8, 13, 21, 34, max(64, least), least, max(1, least) - 1} {
			for try := range uint64(4) {
				text, ok := matching(flat.Pattern, repeat, rand.New(rand.NewPCG(m.hash(path), try)))
				if !ok || !yield(text) {
					return
				}
				// The pattern may match a part of the text.
				if len(text) < least && !yield(text+strings.Repeat("x", least-len(text))) {
					return
				}
			}
		}
	}
}

func (m *maker) formatted(format, path string) []string {
	h := m.hash(path)
	switch format {
	case "uuid":
		return []string{uuidOf(m.seed + path)}
	case "date-time":
		return []string{m.time().Format(time.RFC3339)}
	case "date":
		return []string{m.time().Format(time.DateOnly)}
	case "time":
		return []string{m.time().Format("15:04:05Z")}
	case "duration":
		return []string{"P1D"}
	case "email":
		return []string{fmt.Sprintf("person%d@example.com", h%1000)}
	case "uri", "url", "iri", "uri-reference", "iri-reference":
		return []string{fmt.Sprintf("https://example.com/%d", h%1000)}
	case "hostname":
		return []string{"example.com"}
	case "ipv4":
		return []string{"192.0.2.1"}
	case "ipv6":
		return []string{"2001:db8::1"}
	case "decimal":
		return []string{fmt.Sprintf("%d.00", 1+h%99), strconv.FormatUint(1+h%99, 10), fmt.Sprintf("0.%d", 1+h%9)}
	case "byte":
		return []string{"ZXhhbXBsZQ=="}
	case "json-pointer":
		return []string{"/example"}
	case "ISO4217", "iso-4217":
		return []string{"EUR"}
	case "iso-3166-1-alpha-2":
		return []string{"DE"}
	}
	return nil
}

// words returns a text that reads well as a value of the member: a familiar one if
// there is one for the member's name, and otherwise the name with a number that
// tells objects apart.
func (m *maker) words(flat *spec.Schema, path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	if _, err := strconv.Atoi(name); err == nil || name == "" {
		name = "text"
	}
	h := m.hash(path)
	number := strconv.FormatUint(h%1000, 10)
	text := strings.NewReplacer("_", " ", "-", " ").Replace(name) + " " + number
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
	if known := familiar[strings.TrimPrefix(plain, "birth")]; known != nil {
		text = known[h%uint64(len(known))]
	}
	if flat.MaxLength != nil && utf8.RuneCountInString(text) > *flat.MaxLength {
		text = (number + "00000000")[:min(8, max(0, *flat.MaxLength))]
	}
	if flat.MinLength != nil {
		if missing := *flat.MinLength - utf8.RuneCountInString(text); missing > 0 {
			text += strings.Repeat("x", min(missing, maxMatch))
		}
	}
	return text
}

// familiar are values for members that many APIs have.
var familiar = map[string][]string{
	"firstname":    {"Ada", "Grace", "Emmy", "Alan", "Edsger", "Barbara", "Niklaus"},
	"lastname":     {"Lovelace", "Hopper", "Noether", "Turing", "Dijkstra", "Liskov", "Wirth"},
	"city":         {"Berlin", "London", "Paris", "Vienna", "Madrid"},
	"addressline1": {"1 High Street", "27 Station Road", "5 Mill Lane"},
	"street":       {"1 High Street", "27 Station Road", "5 Mill Lane"},
}

func (m *maker) numbers(flat *spec.Schema, path string) []any {
	low, high := flat.Minimum.Rat(), flat.Maximum.Rat()
	step := flat.MultipleOf.Rat()
	if step == nil || step.Sign() <= 0 {
		step = big.NewRat(1, 1)
	}
	from := low
	if x := flat.ExclusiveMinimum.Rat(); x != nil && (low == nil || x.Cmp(low) >= 0) {
		from = new(big.Rat).Add(x, step)
		low = x
	}
	to := high
	if x := flat.ExclusiveMaximum.Rat(); x != nil && (high == nil || x.Cmp(high) <= 0) {
		to = new(big.Rat).Sub(x, step)
		high = x
	}
	switch {
	case from == nil && to == nil:
		from = big.NewRat(1, 1)
	case from == nil:
		from = new(big.Rat).Sub(to, new(big.Rat).Mul(step, big.NewRat(100, 1)))
	}
	var list []any
	first := ceilTo(from, step)
	for _, k := range []int64{int64(m.hash(path) % 100), int64(m.hash(path) % 10), 1, 0} {
		value := new(big.Rat).Add(first, new(big.Rat).Mul(step, big.NewRat(k, 1)))
		if to == nil || value.Cmp(to) <= 0 {
			list = append(list, jsonNumber(value))
		}
	}
	if low != nil && high != nil {
		middle := new(big.Rat).Add(low, high)
		list = append(list, jsonNumber(middle.Quo(middle, big.NewRat(2, 1))))
	}
	for _, edge := range []*big.Rat{flat.Minimum.Rat(), flat.Maximum.Rat()} {
		if edge != nil {
			list = append(list, jsonNumber(edge))
		}
	}
	return append(list, json.Number("0"))
}

// ceilTo returns the least multiple of step that is not less than x.
func ceilTo(x, step *big.Rat) *big.Rat {
	q := new(big.Rat).Quo(x, step)
	n := new(big.Int).Div(q.Num(), q.Denom()) // floor: the denominator is positive
	if !q.IsInt() {
		n.Add(n, big.NewInt(1))
	}
	return new(big.Rat).Mul(new(big.Rat).SetInt(n), step)
}

func jsonNumber(r *big.Rat) json.Number {
	if r.IsInt() {
		return json.Number(r.Num().String())
	}
	return json.Number(strings.TrimRight(r.FloatString(12), "0"))
}

func (m *maker) hash(path string) uint64 {
	sum := sha256.Sum256([]byte(m.seed + "\x00" + path))
	return binary.BigEndian.Uint64(sum[:])
}

// uuidOf returns a UUID in the form of version 4 (RFC 9562, section 5.4). It is the
// same for the same seed.
func uuidOf(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	b := sum[:16]
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
