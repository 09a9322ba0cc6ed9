package clientimpl_test

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	goruntime "runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// collect ranges to the end and returns the items and the errors as yielded.
func collect[T any](pages iter.Seq2[T, error]) (items []T, errs []error) {
	for item, err := range pages {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		items = append(items, item)
	}
	return items, errs
}

func numbers(from, to int64) (items []int64) {
	for n := from; n < to; n++ {
		items = append(items, n)
	}
	return items
}

func TestOffsetPagesReadsToTheTotalAndNoFurther(t *testing.T) {
	calls := 0
	pages := clientimpl.OffsetPages(0, func(offset int64) ([]int64, int64, error) {
		calls++
		return numbers(offset, min(offset+10, 25)), 25, nil
	})
	items, errs := collect(pages)
	require.Empty(t, errs)
	require.Equal(t, numbers(0, 25), items)
	require.Equal(t, 3, calls)

	again, _ := collect(pages)
	require.Equal(t, items, again, "an iterator can be used twice")
}

func TestOffsetPagesWithoutATotalEndsAtTheFirstEmptyPage(t *testing.T) {
	items, errs := collect(clientimpl.OffsetPages(5, func(offset int64) ([]int64, int64, error) {
		return numbers(offset, min(offset+10, 25)), -1, nil
	}))
	require.Empty(t, errs)
	require.Equal(t, numbers(5, 25), items)
}

func TestOffsetPagesFromOneCountsFromOne(t *testing.T) {
	for _, start := range []int32{0, 1, 11} { // 0 is 1, as SCIM has it (RFC 7644, section 3.4.2.4)
		var asked []int32
		items, errs := collect(clientimpl.OffsetPagesFromOne(start, func(first int32) ([]int64, int64, error) {
			asked = append(asked, first)
			return numbers(int64(first), min(int64(first)+10, 26)), 25, nil
		}))
		require.Empty(t, errs)
		require.Equal(t, numbers(int64(max(start, 1)), 26), items)
		require.Equal(t, []int32{1, 11, 21}[start/11:], asked)
	}
}

func TestAnEmptyListHasNoItemsAndNoError(t *testing.T) {
	for _, total := range []int64{-1, 0} {
		items, errs := collect(clientimpl.OffsetPages(0, func(int64) ([]int64, int64, error) { return nil, total, nil }))
		require.Empty(t, items)
		require.Empty(t, errs)
	}
}

func TestPagesStopWhenTheCallerBreaks(t *testing.T) {
	calls := 0
	for n := range clientimpl.OffsetPages(0, func(offset int64) ([]int64, int64, error) {
		calls++
		return numbers(offset, offset+10), 1000, nil
	}) {
		if n == 12 {
			break
		}
	}
	require.Equal(t, 2, calls)

	calls = 0
	for range clientimpl.CursorPages("", func(string) ([]int, string, error) {
		calls++
		return []int{1, 2}, fmt.Sprint(calls), nil
	}) {
		break
	}
	require.Equal(t, 1, calls)
}

// hiddenCursor is written as generated code is for a cursor with the format password.
type hiddenCursor string

func (hiddenCursor) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, "hiddenCursor{secret}")
}

func TestCursorsThatHideTheirTextAreToldApart(t *testing.T) {
	next := map[hiddenCursor]hiddenCursor{"": "a", "a": "b", "b": ""}
	items, errs := collect(clientimpl.CursorPages("", func(at hiddenCursor) ([]string, hiddenCursor, error) { return []string{string(at)}, next[at], nil }))
	require.Empty(t, errs)
	require.Equal(t, []string{"", "a", "b"}, items)
}

func TestPagesYieldAnErrorOnceAndLast(t *testing.T) {
	broken := errors.New("broken")
	items, errs := collect(clientimpl.OffsetPages(0, func(offset int64) ([]int64, int64, error) {
		if offset == 20 {
			return nil, 0, broken
		}
		return numbers(offset, offset+10), 1000, nil
	}))
	require.Equal(t, numbers(0, 20), items)
	require.Equal(t, []error{broken}, errs)

	_, errs = collect(clientimpl.CursorPages("a", func(string) ([]int, string, error) { return []int{1}, "b", broken }))
	require.Equal(t, []error{broken}, errs)
}

func TestOffsetPagesRefusesAPageThatRepeats(t *testing.T) {
	calls := 0
	items, errs := collect(clientimpl.OffsetPages(0, func(int64) ([]int64, int64, error) {
		calls++
		return numbers(0, 10), -1, nil
	}))
	require.Equal(t, numbers(0, 10), items)
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], "the API ignores the offset")
	require.Equal(t, 3, calls, "two pages, and one behind the end")
	for _, size := range []int64{1, 10} {
		items, errs = collect(clientimpl.OffsetPages(0, func(int) ([]int64, int64, error) { return numbers(0, size), 50, nil }))
		require.Equal(t, numbers(0, size), items, "with a total too, no item comes twice")
		require.Len(t, errs, 1)
		require.ErrorContains(t, errs[0], "the API ignores the offset")
	}
}

func TestPagesOfEqualItemsAreReadToTheirEnd(t *testing.T) {
	for _, list := range [][]string{
		slices.Repeat([]string{"pending"}, 95),
		slices.Repeat([]string{"a", "b"}, 50),
		slices.Repeat([]string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}, 9),
	} {
		for _, announced := range []bool{true, false} {
			for _, size := range []int{1, 2, 10} {
				items, errs := collect(clientimpl.OffsetPages(0, func(offset int32) ([]string, int64, error) {
					total := int64(-1)
					if announced {
						total = int64(len(list))
					}
					from := min(int(offset), len(list))
					return list[from:min(from+size, len(list))], total, nil
				}))
				require.Empty(t, errs)
				require.Equal(t, list, items)
			}
		}
	}
}

func TestAnAPIThatRefusesTheOffsetBehindTheEndHeedsIt(t *testing.T) {
	items, errs := collect(clientimpl.OffsetPages(0, func(offset int64) ([]int, int64, error) {
		if offset > 1000 {
			return nil, -1, errors.New("400: the offset is too large")
		}
		return make([]int, max(0, min(10, 50-offset))), -1, nil
	}))
	require.Empty(t, errs)
	require.Len(t, items, 50)
}

func TestAnOffsetDoesNotWrap(t *testing.T) {
	asked := []int32{}
	_, errs := collect(clientimpl.OffsetPages(int32(math.MaxInt32-15), func(offset int32) ([]int64, int64, error) {
		asked = append(asked, offset)
		return numbers(int64(offset), int64(offset)+10), 1 << 40, nil
	}))
	require.Equal(t, []int32{math.MaxInt32 - 15, math.MaxInt32 - 5}, asked)
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], "its next offset, 2147483652, does not fit the parameter's type int32")

	_, errs = collect(clientimpl.OffsetPages(uint8(250), func(offset uint8) ([]int64, int64, error) { return numbers(int64(offset), int64(offset)+1), -1, nil }))
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], "its next offset, 256, does not fit")
	_, errs = collect(clientimpl.OffsetPages(int64(math.MaxInt64-5), func(int64) ([]int64, int64, error) { return numbers(0, 10), -1, nil }))
	require.Len(t, errs, 1)
}

func TestCursorPagesDoesNotKeepCursors(t *testing.T) {
	var before, after goruntime.MemStats
	goruntime.GC()
	goruntime.ReadMemStats(&before)
	n := 0
	for range clientimpl.CursorPages("", func(string) ([]int, string, error) {
		n++
		if n == 20_000 {
			goruntime.GC()
			goruntime.ReadMemStats(&after)
			return nil, "", nil
		}
		return []int{n}, fmt.Sprintf("%03000d", n), nil
	}) {
	}
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(5<<20), "20,000 cursors have 60 MB")
}

func TestOffsetPagesRefusesAnEmptyPageBeforeTheTotal(t *testing.T) {
	items, errs := collect(clientimpl.OffsetPages(0, func(offset int64) ([]int64, int64, error) {
		return numbers(offset, min(offset+10, 20)), 25, nil
	}))
	require.Equal(t, numbers(0, 20), items)
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], "the page at offset 20 is empty, though the API announces 25 items")
}

func TestOffsetPagesRefusesAServerThatNeverEnds(t *testing.T) {
	count := 0
	var failed error
	for _, err := range clientimpl.OffsetPages(0, func(offset int64) ([]int64, int64, error) {
		return []int64{offset}, offset + 100, nil
	}) {
		count++
		failed = err
	}
	require.ErrorContains(t, failed, "has not ended after 100000 pages; begin again at offset 100000")
	require.Equal(t, 100_001, count)
}

func TestCursorPagesFollowsTheCursors(t *testing.T) {
	next := map[string]string{"": "b", "b": "c", "c": ""}
	items, errs := collect(clientimpl.CursorPages("", func(cursor string) ([]string, string, error) {
		if cursor == "b" {
			return nil, next[cursor], nil
		}
		return []string{"item at " + cursor}, next[cursor], nil
	}))
	require.Empty(t, errs)
	require.Equal(t, []string{"item at ", "item at c"}, items)
}

func TestCursorPagesRefusesACircle(t *testing.T) {
	next := map[string]string{"": "b", "b": "c", "c": "b"}
	items, errs := collect(clientimpl.CursorPages("", func(cursor string) ([]int, string, error) { return []int{1}, next[cursor], nil }))
	require.Len(t, items, 3)
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], `the cursor "b" a second time`)
}

func TestCursorPagesRefusesEmptyPagesWithoutEnd(t *testing.T) {
	n := 0
	_, errs := collect(clientimpl.CursorPages("", func(string) ([]int, string, error) {
		n++
		return nil, fmt.Sprint("cursor", n), nil
	}))
	require.Equal(t, 1000, n)
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], "1000 empty pages in a row")
}

func TestCursorPagesRefusesAServerThatNeverEnds(t *testing.T) {
	n := 0
	items, errs := collect(clientimpl.CursorPages("", func(string) ([]int, string, error) {
		n++
		return []int{n}, fmt.Sprint(n), nil
	}))
	require.Len(t, items, 100_000)
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], "has not ended after 100000 pages")
}

func TestCursorPagesEndsAtTheZeroOfTheCursorsOwnType(t *testing.T) {
	items, errs := collect(clientimpl.CursorPages(int64(1), func(cursor int64) ([]int64, int64, error) {
		return []int64{cursor}, (cursor + 1) % 4, nil
	}))
	require.Empty(t, errs)
	require.Equal(t, []int64{1, 2, 3}, items)

	day := runtime.Date{Year: 2026, Month: 1, Day: 2}
	dates, errs := collect(clientimpl.CursorPages(runtime.Date{}, func(cursor runtime.Date) ([]runtime.Date, runtime.Date, error) {
		if cursor == day {
			return []runtime.Date{cursor}, runtime.Date{}, nil
		}
		return nil, day, nil
	}))
	require.Empty(t, errs)
	require.Equal(t, []runtime.Date{day}, dates)
}

// numberedPages returns a list of n items by the numbers of its pages of one size.
func numberedPages(n, size, first int64) func(number int64) []int64 {
	return func(number int64) []int64 {
		from := min((number-first)*size, n)
		return numbers(from, min(from+size, n))
	}
}

func TestNumberedPagesReadsToTheLastPage(t *testing.T) {
	for _, first := range []int64{0, 1} {
		page := numberedPages(25, 10, first)
		for _, tt := range []struct {
			total, pages int64
			calls        int
		}{
			{-1, -1, 4}, {25, -1, 3}, {-1, 3, 3}, {25, 3, 3},
			{7, 3, 3}, // the number of pages says it exactly
		} {
			calls := 0
			items, errs := collect(clientimpl.NumberedPages(first, first, func(number int64) ([]int64, int64, int64, error) {
				calls++
				return page(number), tt.total, tt.pages, nil
			}))
			require.Empty(t, errs)
			require.Equal(t, numbers(0, 25), items)
			require.Equal(t, tt.calls, calls)
		}
	}
}

func TestNumberedPagesBeginsWhereTheCallerSays(t *testing.T) {
	page := numberedPages(25, 10, 1)
	for _, pages := range []int64{-1, 3} {
		items, errs := collect(clientimpl.NumberedPages(2, 1, func(number int64) ([]int64, int64, int64, error) { return page(number), 25, pages, nil }))
		require.Empty(t, errs, "what was not read does not count")
		require.Equal(t, numbers(10, 25), items)
	}
}

func TestNumberedPagesGoesOnBehindAnEmptyPageThatIsNotTheLast(t *testing.T) {
	items, errs := collect(clientimpl.NumberedPages(1, 1, func(number int64) ([]int64, int64, int64, error) {
		if number == 2 {
			return nil, -1, 3, nil
		}
		return []int64{number}, -1, 3, nil
	}))
	require.Empty(t, errs)
	require.Equal(t, []int64{1, 3}, items)
}

func TestNumberedPagesRefusesWhatWouldLoseItemsOrNeverEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		fetch func(number int64) ([]int64, int64, int64, error)
		says  string
	}{
		"the number is ignored":   {func(int64) ([]int64, int64, int64, error) { return []int64{1, 2}, -1, -1, nil }, "ignores the number"},
		"an empty page too early": {func(n int64) ([]int64, int64, int64, error) { return numbers(0, 10*max(0, 2-n)), 25, -1, nil }, "announces 25 items and sent 10"},
		"a list without end":      {func(n int64) ([]int64, int64, int64, error) { return []int64{n}, -1, -1, nil }, "100000 pages"},
		"empty pages without end": {func(int64) ([]int64, int64, int64, error) { return nil, -1, math.MaxInt64, nil }, "1000 empty pages"},
		"a call that fails": {func(n int64) ([]int64, int64, int64, error) {
			return []int64{n}, -1, -1, map[bool]error{true: io.ErrUnexpectedEOF}[n == 2]
		}, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			_, errs := collect(clientimpl.NumberedPages(1, 1, tt.fetch))
			require.Len(t, errs, 1)
			require.ErrorContains(t, errs[0], tt.says)
		})
	}
	_, errs := collect(clientimpl.NumberedPages(int8(1), 1, func(n int8) ([]int8, int64, int64, error) { return []int8{n}, -1, -1, nil }))
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], "does not fit the parameter's type int8")
}

func TestEqualPagesWithNumbersAreReadToTheirEnd(t *testing.T) {
	items, errs := collect(clientimpl.NumberedPages(1, 1, func(n int64) ([]string, int64, int64, error) {
		if n > 3 {
			return nil, -1, -1, nil
		}
		return []string{"same"}, -1, -1, nil
	}))
	require.Empty(t, errs)
	require.Len(t, items, 3)
}

func TestLastItemPagesAsksForWhatIsBehindTheLastItem(t *testing.T) {
	identity := func(n int64) int64 { return n }
	for _, announced := range []bool{true, false} {
		calls := 0
		items, errs := collect(clientimpl.LastItemPages(0, identity, func(after int64) ([]int64, bool, error) {
			calls++
			page := numbers(after+1, min(after+11, 26))
			return page, len(page) > 0 && (!announced || page[len(page)-1] < 25), nil
		}))
		require.Empty(t, errs)
		require.Equal(t, numbers(1, 26), items)
		require.Equal(t, map[bool]int{true: 3, false: 4}[announced], calls)
	}
	for says, page := range map[string][]int64{"is empty": nil, "lacks the member": {0}, "a second time": {5}} {
		items, errs := collect(clientimpl.LastItemPages(0, identity, func(int64) ([]int64, bool, error) { return page, true, nil }))
		require.Subset(t, items, page, "what was received is not lost")
		require.Len(t, errs, 1)
		require.ErrorContains(t, errs[0], says)
	}
}
