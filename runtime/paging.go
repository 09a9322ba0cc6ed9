package runtime

import (
	"fmt"
	"iter"
	"reflect"
)

// Bounds of one iteration over pages, for servers that never come to an end.
const (
	maxPages      = 100_000
	maxEmptyPages = 1_000
)

// OffsetPages iterates over the items of a list that is read by offset. fetch
// returns the items from offset on, and how many there are in all, or -1 where
// the API does not say.
//
// It ends behind the last item: where total is reached, or without a total at
// the first empty page. It yields an error, once and last, where fetch fails;
// where a page is empty though more was announced; where a page repeats the one
// before it, as an API does that ignores the offset; and after 100,000 pages.
func OffsetPages[T any](start int64, fetch func(offset int64) (items []T, total int64, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		var last []T
		offset := start
		for page := 1; ; page++ {
			items, total, err := fetch(offset)
			switch {
			case err != nil:
			case len(items) == 0 && total > offset:
				err = fmt.Errorf("runtime: the page at offset %d is empty, though the API announces %d items; ask for a larger page", offset, total)
			case len(items) == 0:
				return
			case page > 1 && reflect.DeepEqual(items, last):
				err = fmt.Errorf("runtime: the page at offset %d is the same as the one before it: the API ignores the offset", offset)
			case page > maxPages:
				err = fmt.Errorf("runtime: the list has not ended after %d pages; begin again at offset %d if that is right", maxPages, offset)
			}
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			offset += int64(len(items))
			if total >= 0 && offset >= total {
				return
			}
			last = items
		}
	}
}

// CursorPages iterates over the items of a list whose pages each name the next.
// fetch returns the items of the page at cursor and the cursor of the next
// page, "" for none. The first page is read with start.
//
// It ends behind the page without a next cursor. It yields an error, once and
// last, where fetch fails; where a cursor comes a second time; after 1,000
// empty pages in a row; and after 100,000 pages.
func CursorPages[T any](start string, fetch func(cursor string) (items []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		cursor := start
		seen := map[string]struct{}{start: {}}
		empty := 0
		for page := 1; ; page++ {
			items, next, err := fetch(cursor)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if len(items) > 0 {
				empty = 0
			} else {
				empty++
			}
			_, again := seen[next]
			switch {
			case again:
				err = fmt.Errorf("runtime: the API gave the cursor %.60q a second time, so the list would never end", next)
			case empty >= maxEmptyPages:
				err = fmt.Errorf("runtime: %d empty pages in a row; begin again at cursor %.60q if that is right", empty, next)
			case page >= maxPages:
				err = fmt.Errorf("runtime: the list has not ended after %d pages; begin again at cursor %.60q if that is right", maxPages, next)
			}
			if err != nil {
				yield(none, err)
				return
			}
			seen[next] = struct{}{}
			cursor = next
		}
	}
}
