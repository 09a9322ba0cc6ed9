package diag_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/diag"
)

func TestSortingIsByPlaceAndDropsRepetitions(t *testing.T) {
	at := func(file string, line, column int, message string) diag.Diagnostic {
		return diag.Diagnostic{Pos: diag.Position{File: file, Line: line, Column: column}, Message: message}
	}
	l := diag.List{at("b", 1, 1, "x"), at("a", 2, 9, "x"), at("a", 2, 9, "x"), at("a", 2, 10, "x"), at("a", 2, 9, "w"), at("a", 0, 0, "x")}
	l.Sort()
	require.Equal(t, diag.List{at("a", 0, 0, "x"), at("a", 2, 9, "w"), at("a", 2, 9, "x"), at("a", 2, 10, "x"), at("b", 1, 1, "x")}, l)
}

func TestFillAddsTheLinesOfAllPlaces(t *testing.T) {
	pos := func(file string, line int) diag.Position { return diag.Position{File: file, Line: line, Column: 1} }
	l := diag.List{
		{Pos: pos("a", 2), Related: []diag.Related{{Pos: pos("a", 1)}, {Pos: pos("b", 9)}}},
		{Pos: pos("a", 2), Source: "kept"},
		{Pos: pos("gone", 1)},
		{Pos: diag.Position{File: "a"}},
	}
	l.Fill(func(file string) ([]byte, error) {
		if file == "gone" {
			return nil, errors.New("gone")
		}
		return []byte("\xef\xbb\xbffirst\r\nsecond  \nthird"), nil
	})
	require.Equal(t, "second", l[0].Source)
	require.Equal(t, "first", l[0].Related[0].Source)
	require.Empty(t, l[0].Related[1].Source, "line 9 is not there")
	require.Equal(t, "kept", l[1].Source)
	require.Empty(t, l[2].Source)
	require.Empty(t, l[3].Source)
}

func TestOnlyErrorsStopARun(t *testing.T) {
	require.NoError(t, diag.List{{Severity: diag.Warning}}.Err())
	require.NoError(t, diag.List(nil).Err())
	require.EqualError(t, diag.List{{Pos: diag.Position{File: "f", Line: 1, Column: 2}, Message: "m"}}.Err(), "f:1:2: m")
}
