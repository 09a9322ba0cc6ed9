package clientimpl_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// The types below are written as generated code is.

type round struct {
	Radius float64                  `json:"radius"`
	Color  runtime.Optional[string] `json:"color,omitzero"`
}

type square struct {
	Type  string                   `const:"square" json:"type"`
	Side  int64                    `json:"side"`
	Color runtime.Optional[string] `json:"color,omitzero"`
}

type colored struct {
	Color runtime.Optional[string] `json:"color,omitzero"`
}

type figure struct {
	Round   *round    `variant:""`
	Square  *square   `variant:""`
	Colored *colored  `variant:""`
	Text    *string   `variant:""`
	Number  *float64  `variant:""`
	Lists   *[]string `variant:""`
	Flag    *bool     `variant:""`
	Raw     json.RawMessage
}

func (v figure) MarshalJSON() ([]byte, error)     { return clientimpl.MarshalOneOf(v) }
func (v *figure) UnmarshalJSON(data []byte) error { return clientimpl.UnmarshalOneOf(data, v) }
func (v figure) Format(state fmt.State, _ rune)   { clientimpl.FormatUnion(state, v) }

type anyFigure struct {
	Round   *round   `variant:""`
	Square  *square  `variant:""`
	Colored *colored `variant:""`
	Text    *string  `variant:""`
	Raw     json.RawMessage
}

func (v anyFigure) MarshalJSON() ([]byte, error)     { return clientimpl.MarshalAnyOf(v) }
func (v *anyFigure) UnmarshalJSON(data []byte) error { return clientimpl.UnmarshalAnyOf(data, v) }

// covered and parted differ in a member that may be null and that one of them only has.
type covered struct {
	Cover *round `json:"cover"`
	Size  *round `json:"size,omitzero"`
}

type parted struct {
	Cover round `json:"cover"`
	Size  int64 `json:"size"`
}

type book struct {
	Parted  *parted  `variant:""`
	Covered *covered `variant:""`
	Raw     json.RawMessage
}

func (v *book) UnmarshalJSON(data []byte) error { return clientimpl.UnmarshalOneOf(data, v) }

func TestNullIsAValueOfARequiredPointer(t *testing.T) {
	require.Equal(t, []string{"Covered"}, set(read[book](t, `{"cover":null}`)))
	require.Equal(t, []string{"Covered"}, set(read[book](t, `{"cover":null,"size":{"radius":1}}`)))
	require.Equal(t, []string{"Parted"}, set(read[book](t, `{"cover":{"radius":1},"size":1}`)))
	// The member must be there, and of an object.
	require.Empty(t, set(read[book](t, `{"size":{"radius":1}}`)))
	both := read[book](t, `{"cover":null,"size":1}`)
	require.Equal(t, []string{"Parted"}, set(both), "each has one violation, and the first is taken")
}

// set returns the names of the variants that are set.
func set(union any) []string {
	v := reflect.ValueOf(union)
	var names []string
	for i := range v.NumField() - 1 {
		if !v.Field(i).IsNil() {
			names = append(names, v.Type().Field(i).Name)
		}
	}
	return names
}

func read[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return v
}

func TestAUnionIsDecodedIntoTheVariantThatFitsBest(t *testing.T) {
	for text, want := range map[string][]string{
		`{"radius":1,"color":"red"}`:            {"Round"},
		`{"radius":1}`:                          {"Round"},
		`{"type":"square","side":2}`:            {"Square"},
		`{"type":"square","side":2.0}`:          {"Square"},
		`{"type":"circle","side":2}`:            {"Colored"},
		`{"type":1,"side":2}`:                   {"Colored"},
		`{"type":"square"}`:                     {"Colored"},
		`{}`:                                    {"Colored"},
		`{"radius":"wide","color":"red"}`:       {"Colored"},
		`{"radius":1,"type":"square","side":2}`: {"Square"},
		` "a" `:                                 {"Text"},
		`-1.5`:                                  {"Number"},
		`["a"]`:                                 {"Lists"},
		`[{}]`:                                  nil,
		`false`:                                 {"Flag"},
		`null`:                                  nil,
		`{"radius":1,"color":null,"side":1}`:    {"Round"},
	} {
		f := read[figure](t, text)
		require.Equal(t, want, set(f), text)
		require.Equal(t, string(bytes.TrimSpace([]byte(text))), string(f.Raw))
	}
}

func TestAnAnyOfSetsEveryVariantThatFits(t *testing.T) {
	for text, want := range map[string][]string{
		`{"radius":1,"color":"red"}`:            {"Round", "Colored"},
		`{"radius":1,"type":"square","side":2}`: {"Round", "Square", "Colored"},
		`{"radius":"wide","color":"red"}`:       {"Colored"},
		`7`:                                     nil,
	} {
		require.Equal(t, want, set(read[anyFigure](t, text)), text)
	}
}

type statement struct {
	Bank *bankLine `variant:""`
	Cash *cashLine `variant:""`
	Raw  json.RawMessage
}

func (v statement) MarshalJSON() ([]byte, error)     { return clientimpl.MarshalOneOf(v) }
func (v *statement) UnmarshalJSON(data []byte) error { return clientimpl.UnmarshalOneOf(data, v) }

type bankLine struct {
	ID   string                   `json:"id"`
	IBAN string                   `json:"iban"`
	Note runtime.Optional[string] `json:"note,omitzero"`
}
type cashLine struct {
	ID     string `json:"id"`
	Drawer string `json:"drawer"`
}

// entries is a union of unions, and of arrays.
type entries struct {
	Lines    *[]cashLine     `variant:""`
	Bank     *[]bankLine     `variant:""`
	One      *statement      `variant:""`
	Transfer *transferDetail `variant:""`
	Raw      json.RawMessage
}

func (v entries) MarshalJSON() ([]byte, error)     { return clientimpl.MarshalOneOf(v) }
func (v *entries) UnmarshalJSON(data []byte) error { return clientimpl.UnmarshalOneOf(data, v) }

type transferDetail struct {
	ID   string                   `json:"id"`
	IBAN string                   `json:"iban"`
	BIC  runtime.Optional[string] `json:"bic,omitzero"`
}

func TestAUnionOfUnionsTellsItsVariantsByWhatIsInside(t *testing.T) {
	bank := read[entries](t, `[{"id":"1","iban":"DE","note":"n"}]`)
	require.Equal(t, []string{"Bank"}, set(bank), "an array of the second kind is not one of the first with empty members")
	require.Equal(t, "DE", (*bank.Bank)[0].IBAN)

	// The inner union is as good as its best variant, not as all of them together.
	require.Equal(t, []string{"Transfer"}, set(read[entries](t, `{"id":"1","iban":"DE","bic":"B"}`)))
	one := read[entries](t, `{"id":"1","iban":"DE","note":"n"}`)
	require.Equal(t, []string{"One"}, set(one))
	require.Equal(t, []string{"Bank"}, set(*one.One))
	require.Equal(t, []string{"One"}, set(read[entries](t, `{"id":"1","drawer":"d"}`)))
	require.Empty(t, set(read[entries](t, `{"id":"1"}`)))
}

type priority int64

const priorityHigh priority = 1

func (v priority) Known() bool { return v == priorityHigh }

type urgent struct {
	Level priority `json:"level"`
	At    string   `json:"at"`
}
type calm struct {
	Level int64  `json:"level"`
	At    string `json:"at"`
}
type byNumber struct {
	First  *urgent `variant:"level=1&level=3"`
	Second *calm   `variant:"level=2"`
	Raw    json.RawMessage
}

func (v byNumber) MarshalJSON() ([]byte, error)     { return clientimpl.MarshalOneOf(v) }
func (v *byNumber) UnmarshalJSON(data []byte) error { return clientimpl.UnmarshalOneOf(data, v) }

func TestADiscriminatorMayBeANumber(t *testing.T) {
	require.Equal(t, []string{"First"}, set(read[byNumber](t, `{"level":1,"at":"x"}`)))
	require.Equal(t, []string{"First"}, set(read[byNumber](t, `{"level":3.0,"at":"x"}`)))
	require.Equal(t, []string{"Second"}, set(read[byNumber](t, `{"level":2,"at":"x"}`)))
	require.Empty(t, set(read[byNumber](t, `{"level":4,"at":"x"}`)))
}

type byEnum struct {
	Urgent *urgent `variant:""`
	Calm   *calm   `variant:""`
	Raw    json.RawMessage
}

func (v *byEnum) UnmarshalJSON(data []byte) error { return clientimpl.UnmarshalOneOf(data, v) }

func TestAValueThatAnEnumDoesNotListFitsLess(t *testing.T) {
	require.Equal(t, []string{"Urgent"}, set(read[byEnum](t, `{"level":1,"at":"x"}`)))
	require.Equal(t, []string{"Calm"}, set(read[byEnum](t, `{"level":2,"at":"x"}`)))
}

func TestAOneOfWritesTheOneVariantThatIsSet(t *testing.T) {
	text, flag := "x", true
	written, err := json.Marshal(figure{Text: &text})
	require.NoError(t, err)
	require.Equal(t, `"x"`, string(written))
	_, err = json.Marshal(figure{Text: &text, Flag: &flag})
	require.ErrorContains(t, err, "Text and Flag of figure are both set: set exactly one")
	_, err = json.Marshal(figure{})
	require.ErrorContains(t, err, "no field of figure is set: set one of Round, Square, Colored, Text, Number, Lists, Flag")
	written, err = json.Marshal(figure{Raw: json.RawMessage(`{"new":1}`)})
	require.NoError(t, err)
	require.Equal(t, `{"new":1}`, string(written))
}

func TestVariantsOfAnAnyOfAreJoined(t *testing.T) {
	written, err := json.Marshal(anyFigure{Round: &round{Radius: 2}, Colored: &colored{Color: runtime.Some("<é>")}})
	require.NoError(t, err)
	require.JSONEq(t, `{"radius":2,"color":"<é>"}`, string(written))

	_, err = json.Marshal(anyFigure{Round: &round{Radius: 2, Color: runtime.Some("red")}, Colored: &colored{Color: runtime.Some("blue")}})
	require.ErrorContains(t, err, "Round and Colored say different things of anyFigure.color")
	text := "x"
	_, err = json.Marshal(anyFigure{Text: &text, Colored: &colored{}})
	require.ErrorContains(t, err, "Colored and Text say different things of anyFigure")
}

func TestAnEditOfOneVariantOfAnAnyOfIsWritten(t *testing.T) {
	const text = `{"radius":9007199254740993e-1,"type":"square","side":2,"color":"red"}`
	for name, edit := range map[string]struct {
		do   func(*anyFigure)
		want string
	}{
		"none":                 {func(*anyFigure) {}, `{"radius":900719925474099.2,"type":"square","side":2,"color":"red"}`},
		"of the first":         {func(f *anyFigure) { f.Round.Color = runtime.Some("blue") }, `{"radius":900719925474099.2,"type":"square","side":2,"color":"blue"}`},
		"of the last":          {func(f *anyFigure) { f.Colored.Color = runtime.Some("blue") }, `{"radius":900719925474099.2,"type":"square","side":2,"color":"blue"}`},
		"that removes":         {func(f *anyFigure) { f.Square.Color = runtime.Optional[string]{} }, `{"radius":900719925474099.2,"type":"square","side":2}`},
		"of the same in two":   {func(f *anyFigure) { f.Square.Color, f.Round.Color = runtime.Some("b"), runtime.Some("b") }, `{"radius":900719925474099.2,"type":"square","side":2,"color":"b"}`},
		"that drops a variant": {func(f *anyFigure) { f.Square = nil }, `{"radius":900719925474099.2,"color":"red"}`},
	} {
		f := read[anyFigure](t, text)
		edit.do(&f)
		written, err := json.Marshal(f)
		require.NoError(t, err, name)
		require.JSONEq(t, edit.want, string(written), name)
	}
	f := read[anyFigure](t, text)
	f.Square.Color, f.Round.Color = runtime.Some("b"), runtime.Some("c")
	_, err := json.Marshal(f)
	require.ErrorContains(t, err, "say different things of anyFigure.color")
}

type idList struct {
	IDs   *[]bankID   `variant:""`
	Names *[]bankName `variant:""`
	Raw   json.RawMessage
}
type bankID struct {
	ID int64 `json:"id"`
}
type bankName struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func (v idList) MarshalJSON() ([]byte, error)     { return clientimpl.MarshalAnyOf(v) }
func (v *idList) UnmarshalJSON(data []byte) error { return clientimpl.UnmarshalAnyOf(data, v) }

func TestArraysOfAnAnyOfAreJoinedItemByItem(t *testing.T) {
	const text = `[{"id":1,"name":"a"},{"id":2,"name":"b"}]`
	list := read[idList](t, text)
	require.Equal(t, []string{"IDs", "Names"}, set(list))
	written, err := json.Marshal(list)
	require.NoError(t, err)
	require.JSONEq(t, text, string(written))
	(*list.IDs)[1].ID = 3
	written, err = json.Marshal(list)
	require.NoError(t, err)
	require.JSONEq(t, `[{"id":1,"name":"a"},{"id":3,"name":"b"}]`, string(written))
	*list.IDs = append(*list.IDs, bankID{4})
	_, err = json.Marshal(list)
	require.ErrorContains(t, err, "IDs and Names say different things of idList")
}

type moment struct {
	Time time.Time `json:"time"`
}
type day struct {
	Time runtime.Date `json:"time"`
}
type when struct {
	Moment *moment `variant:""`
	Day    *day    `variant:""`
	Raw    json.RawMessage
}

func (v *when) UnmarshalJSON(data []byte) error { return clientimpl.UnmarshalOneOf(data, v) }

func TestVariantsAreToldByTheFormsOfTheirTexts(t *testing.T) {
	require.Equal(t, []string{"Moment"}, set(read[when](t, `{"time":"2024-02-29T10:00:00Z"}`)))
	require.Equal(t, []string{"Day"}, set(read[when](t, `{"time":"2024-02-29"}`)))
}

// expression refers to itself, with variants that fit alike: without memory each
// level would double the comparisons.
type expression struct {
	And *both   `variant:""`
	Or  *either `variant:""`
	Raw json.RawMessage
}
type both struct {
	Parts []expression             `json:"parts"`
	A     runtime.Optional[string] `json:"a,omitzero"`
}
type either struct {
	Parts []expression             `json:"parts"`
	B     runtime.Optional[string] `json:"b,omitzero"`
}

func (v expression) MarshalJSON() ([]byte, error)     { return clientimpl.MarshalOneOf(v) }
func (v *expression) UnmarshalJSON(data []byte) error { return clientimpl.UnmarshalOneOf(data, v) }

func TestADeepUnionTakesTimeInProportion(t *testing.T) {
	text := `{"parts":[],"b":"x"}`
	for range 100 {
		text = `{"parts":[` + text + `]}`
	}
	e := read[expression](t, text)
	written, err := json.Marshal(e)
	require.NoError(t, err)
	require.JSONEq(t, text, string(written))
}

func TestAUnionPrintsWhatItHolds(t *testing.T) {
	holder := struct{ Figure figure }{read[figure](t, `{"radius":1,"color":"red"}`)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.Contains(t, fmt.Sprintf(verb, holder), "figure{Round: {Radius:1 Color:red}}", verb)
	}
	require.Equal(t, `figure{Raw: [{}]}`, fmt.Sprint(read[figure](t, `[{}]`)))
}

// pages is a union whose variant holds itself, bytes, and what prints itself.
type pages struct {
	Page *page `variant:""`
	Raw  json.RawMessage
}

type page struct {
	Text   []byte
	Hidden discreet
	Next   *page
	More   map[string]json.RawMessage
	List   []*page
	Maybe  runtime.Optional[[]byte]
}

func (v pages) Format(state fmt.State, _ rune) { clientimpl.FormatUnion(state, v) }

// discreet shows its text to JSON alone.
type discreet string

func (discreet) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "hidden") }

func TestAUnionPrintsNoAddressesAndHidesWhatHidesItself(t *testing.T) {
	first := &page{Text: []byte("one"), Hidden: "secret", Next: &page{Hidden: "secret"}, List: []*page{{}}, Maybe: runtime.Some([]byte("two"))}
	first.More = map[string]json.RawMessage{"b": json.RawMessage(`[1]`), "a": json.RawMessage(`2`)}
	require.Equal(t, `pages{Page: {Text:"one" Hidden:hidden `+
		`Next:{Text:"" Hidden:hidden Next:<nil> More:map[] List:[] Maybe:absent} More:map[a:2 b:[1]] `+
		`List:[{Text:"" Hidden:hidden Next:<nil> More:map[] List:[] Maybe:absent}] Maybe:"two"}}`, fmt.Sprint(pages{Page: first}))
	first.Next = first // a circle ends
	require.Contains(t, fmt.Sprint(pages{Page: first}), "…")
}

type open struct {
	Name                 string                  `json:"name"`
	Size                 runtime.Optional[int64] `json:"size,omitzero"`
	AdditionalProperties map[string]int64        `json:"-"`
}

func (v open) MarshalJSON() ([]byte, error) {
	type plain open
	return clientimpl.MarshalObject(plain(v), v.AdditionalProperties)
}

func (v *open) UnmarshalJSON(data []byte) error {
	type plain open
	return clientimpl.UnmarshalObject(data, (*plain)(v), &v.AdditionalProperties)
}

func TestAnObjectKeepsItsFurtherMembers(t *testing.T) {
	const text = `{"name":"a","size":3,"Name":4,"x<":5,"z":1.0}`
	v := read[open](t, text)
	require.Equal(t, open{Name: "a", Size: runtime.Some[int64](3), AdditionalProperties: map[string]int64{"Name": 4, "x<": 5, "z": 1}}, v)
	written, err := json.Marshal(v)
	require.NoError(t, err)
	require.JSONEq(t, `{"name":"a","size":3,"Name":4,"x<":5,"z":1}`, string(written))

	require.Nil(t, read[open](t, `{"name":"a"}`).AdditionalProperties)
	require.Error(t, json.Unmarshal([]byte(`{"name":"a","x":"text"}`), &v))
	require.Error(t, json.Unmarshal([]byte(`[]`), &v))
	_, err = json.Marshal(open{AdditionalProperties: map[string]int64{"size": 1}})
	require.ErrorContains(t, err, `the member "size", which has a field of its own`)
}

type openVariant struct {
	Open   *open     `variant:""`
	Closed *closedUp `variant:""`
	Raw    json.RawMessage
}
type closedUp struct {
	Name string `json:"name"`
	Age  int64  `json:"age"`
}

func (v *openVariant) UnmarshalJSON(data []byte) error { return clientimpl.UnmarshalOneOf(data, v) }

func TestAVariantThatKeepsMembersGivesWayToOneThatKnowsThem(t *testing.T) {
	require.Equal(t, []string{"Closed"}, set(read[openVariant](t, `{"name":"a","age":1}`)))
	require.Equal(t, []string{"Open"}, set(read[openVariant](t, `{"name":"a","age":1,"x":2}`)), "it loses nothing")
}

func FuzzUnion(f *testing.F) {
	for _, seed := range []string{`{"radius":1}`, `{"type":"square","side":2}`, `"a"`, `{"parts":[{"parts":[]}]}`, `{"type":"\ud800"}`, "{\"\xff\":1}", "null", `[[],1e999]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, union := range []any{new(figure), new(anyFigure), new(entries), new(expression), new(idList)} {
			err := json.Unmarshal(data, union)
			if json.Valid(data) != (err == nil) {
				t.Fatalf("%q: %v", data, err)
			}
			if err != nil || reflect.ValueOf(union).Elem().Field(reflect.TypeOf(union).Elem().NumField()-1).Len() == 0 {
				continue
			}
			if _, err := json.Marshal(union); err != nil {
				t.Fatalf("%q is read as %v and not written: %v", data, union, err)
			}
		}
	})
}
