package runtime_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
)

func TestADecimalKeepsItsTextExactly(t *testing.T) {
	for _, text := range []string{`"10.50"`, `".5"`, `""`, `"-0.00"`, `"123456789012345678901234567890.123456789"`} {
		var d runtime.Decimal
		require.NoError(t, json.Unmarshal([]byte(text), &d))
		written, err := json.Marshal(d)
		require.NoError(t, err)
		require.Equal(t, text, string(written))
	}
}

func TestADecimalReadsAJSONNumberWithoutLosingDigits(t *testing.T) {
	var d runtime.Decimal
	require.NoError(t, json.Unmarshal([]byte(`0.10000000000000000000001`), &d))
	require.Equal(t, runtime.Decimal("0.10000000000000000000001"), d)
	require.NoError(t, json.Unmarshal([]byte(`null`), &d))
	require.Equal(t, runtime.Decimal("0.10000000000000000000001"), d)
}

func TestADecimalRefusesOtherJSON(t *testing.T) {
	for _, text := range []string{`true`, `{}`, `[1]`} {
		var d runtime.Decimal
		require.ErrorContains(t, json.Unmarshal([]byte(text), &d), "a decimal is a JSON string or number")
	}
}

func TestRatGivesTheExactValue(t *testing.T) {
	for text, want := range map[runtime.Decimal]*big.Rat{
		"10.50": big.NewRat(21, 2), ".5": big.NewRat(1, 2), "5.": big.NewRat(5, 1), "-0.1": big.NewRat(-1, 10),
		"+3": big.NewRat(3, 1), "1e3": big.NewRat(1000, 1), "2.5E-1": big.NewRat(1, 4), "007": big.NewRat(7, 1),
	} {
		got, err := text.Rat()
		require.NoError(t, err, text)
		require.Zero(t, want.Cmp(got), "%s gives %s", text, got)
	}
}

func TestRatRefusesWhatIsNotADecimal(t *testing.T) {
	for _, text := range []runtime.Decimal{"", ".", "-", "1/3", "0x10", "1_000", "NaN", "Inf", "1e", "e5", "1e1001", "1e999999999999999999999", " 1", "1,5", "+-1", "1e+-5", "٣"} {
		_, err := text.Rat()
		require.Error(t, err, "%q", text)
	}
	_, err := runtime.Decimal(strings.Repeat("9", 1001)).Rat()
	require.ErrorContains(t, err, "1001 bytes")
}

func FuzzDecimal(f *testing.F) {
	for _, seed := range []string{`"10.50"`, `".5"`, `""`, `1e3`, `"1/3"`, `null`, `"1e-1000"`, `-0`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var d runtime.Decimal
		if json.Unmarshal(data, &d) != nil {
			return
		}
		r, err := d.Rat()
		if err != nil {
			return
		}
		// What is a decimal has an exact decimal form of the same value again.
		again, err := runtime.Decimal(r.FloatString(3100)).Rat()
		if len(r.FloatString(0)) < 500 && err == nil && again.Cmp(r) != 0 {
			t.Fatalf("%q gives %s", d, r)
		}
		if strings.ContainsAny(string(d), "/_xXnNiI") {
			t.Fatalf("%q is taken for a decimal", d)
		}
	})
}
