package runtime_test

import (
	"encoding/json"
	"iter"
	"testing"
	"time"
	_ "time/tzdata" // the zones of a machine that has none

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
)

func TestADateSurvivesARoundTrip(t *testing.T) {
	var d runtime.Date
	require.NoError(t, json.Unmarshal([]byte(`"2024-02-29"`), &d))
	require.Equal(t, runtime.Date{Year: 2024, Month: 2, Day: 29}, d)
	text, err := json.Marshal(d)
	require.NoError(t, err)
	require.Equal(t, `"2024-02-29"`, string(text))
}

func TestADateThatDoesNotExistIsRefusedBothWays(t *testing.T) {
	for _, text := range []string{"", "2023-02-29", "2023-13-01", "2023-1-1", "2023-01-01T00:00:00Z", "23-01-01", "2023/01/01"} {
		_, err := runtime.ParseDate(text)
		require.ErrorContains(t, err, "is not a date of the form 2006-01-02", text)
	}
	for _, d := range []runtime.Date{{}, {Year: 2023, Month: 2, Day: 29}, {Year: 10000, Month: 1, Day: 1}, {Year: -1, Month: 1, Day: 1}} {
		_, err := json.Marshal(d)
		require.ErrorContains(t, err, "is not a date of the calendar")
	}
}

func TestADateIsThatOfTheTimesOwnZone(t *testing.T) {
	zone := time.FixedZone("", 5*60*60)
	late := time.Date(2024, 12, 31, 22, 0, 0, 0, time.UTC)
	require.Equal(t, "2024-12-31", runtime.DateOf(late).String())
	require.Equal(t, "2025-01-01", runtime.DateOf(late.In(zone)).String())
	require.Equal(t, time.Date(2025, 1, 1, 0, 0, 0, 0, zone), runtime.DateOf(late.In(zone)).In(zone))
	require.True(t, runtime.Date{}.IsZero())
}

// Each zone here has put its clocks forward at midnight, or left a day out, or
// begun a day twice.
func TestADateBeginsWithItsFirstInstantInEveryZone(t *testing.T) {
	for _, name := range []string{
		"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/Havana", "America/Asuncion", "America/Santiago", "America/St_Johns",
		"Africa/Cairo", "Asia/Beirut", "Asia/Tehran", "Asia/Amman", "Asia/Gaza", "Asia/Manila", "Atlantic/Azores", "Pacific/Apia", "Pacific/Kwajalein", "Pacific/Kiritimati",
	} {
		loc, err := time.LoadLocation(name)
		require.NoError(t, err)
		for date := range daysAroundChanges(loc) {
			first := date.In(loc)
			before := runtime.DateOf(first.Add(-time.Nanosecond))
			if runtime.DateOf(first) == date && before.String() < date.String() {
				continue
			}
			// The zone has no such day: it goes from the day before to the day after.
			require.Less(t, before.String(), date.String(), "%s in %s begins %s", date, name, first)
			require.Greater(t, runtime.DateOf(first).String(), date.String(), "%s in %s begins %s", date, name, first)
		}
	}
	loc, err := time.LoadLocation("America/Sao_Paulo")
	require.NoError(t, err)
	first := runtime.Date{Year: 2018, Month: time.November, Day: 4}.In(loc)
	require.Equal(t, "2018-11-04T01:00:00-02:00", first.Format(time.RFC3339))
}

// daysAroundChanges yields the days about each change of a zone's clocks, and some in
// between.
func daysAroundChanges(loc *time.Location) iter.Seq[runtime.Date] {
	return func(yield func(runtime.Date) bool) {
		last := time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
		for at := time.Date(1890, 1, 1, 0, 0, 0, 0, time.UTC); at.Before(last); {
			for day := -3; day <= 3; day++ {
				if !yield(runtime.DateOf(at.AddDate(0, 0, day))) {
					return
				}
			}
			_, change := at.In(loc).ZoneBounds()
			at = at.AddDate(0, 0, 90)
			if !change.IsZero() && change.Before(at) {
				at = change.UTC()
			}
		}
	}
}

func FuzzDate(f *testing.F) {
	for _, seed := range []string{"2024-02-29", "0000-01-01", "9999-12-31", "2023-02-30", "2024-2-2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := runtime.ParseDate(text)
		if err != nil {
			return
		}
		if d.String() != text {
			t.Fatalf("%q is printed as %q", text, d)
		}
		if _, err := d.MarshalText(); err != nil {
			t.Fatalf("%q is read but not written: %v", text, err)
		}
	})
}
