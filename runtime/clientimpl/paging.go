package clientimpl

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"reflect"
)

// Bounds of one iteration, for servers whose lists never end.
const (
	maxPages      = 100_000
	maxEmptyPages = 1_000
)

// OffsetPages returns an iterator over the items of a list that is read by
// offset. fetch returns the items from offset on, and how many items the whole
// list has, or -1 if the API does not say. The first page is read at start.
//
// The iterator ends at the total, or without a total at the first empty page. It
// yields one error and ends if fetch fails, if a page is empty before the total,
// if the API ignores the offset, if the next offset does not fit O, and after
// 100,000 pages.
//
// An API that ignores the offset responds with the same page each time. Two
// equal pages in a row may also be two pages of equal items, so OffsetPages then
// reads once more, behind the end of the list, where an API that heeds the
// offset has no items.
func OffsetPages[T any, O interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}](start O, fetch func(offset O) (items []T, total int64, err error)) iter.Seq2[T, error] {
	ignored := func(total, offset int64, page []T) bool {
		behind := total
		if total < 0 {
			behind = offset + maxPages*int64(len(page))
		}
		if behind < 0 || int64(O(behind)) != behind {
			return false // then the offset outgrows O before the list gets too long
		}
		items, _, err := fetch(O(behind))
		// An API that refuses this offset has read it.
		return err == nil && reflect.DeepEqual(items, page)
	}
	return func(yield func(T, error) bool) {
		var none T
		var last []T
		heeded := false // the API is known to heed the offset
		offset := int64(start)
		for page := 1; ; page++ {
			items, total, err := fetch(O(offset))
			if err == nil && !heeded && len(items) > 0 && reflect.DeepEqual(items, last) {
				if ignored(total, offset, items) {
					err = fmt.Errorf("the page at offset %d is the same as the one before it: the API ignores the offset", offset)
				}
				heeded = true
			}
			switch {
			case err != nil:
			case len(items) == 0 && total > offset:
				err = fmt.Errorf("the page at offset %d is empty, though the API announces %d items; ask for a larger page", offset, total)
			case len(items) == 0:
				return
			case page > maxPages:
				err = fmt.Errorf("the list has not ended after %d pages; begin again at offset %d if that is right", maxPages, offset)
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
			if offset < 0 || int64(O(offset)) != offset {
				yield(none, fmt.Errorf("the list goes on, but its next offset, %d, does not fit the parameter's type %T: the catalogue must give it a larger one", offset, start))
				return
			}
			last = items
		}
	}
}

// CursorPages returns an iterator over the items of a list in which each page
// names the next. fetch returns the items of the page at cursor, and the cursor
// of the next page, the zero value of C if there is none. The first page is read
// at start.
//
// The iterator ends after the page without a next cursor. It yields one error
// and ends if fetch fails, if a cursor comes a second time, after 1,000 empty
// pages in a row, and after 100,000 pages.
func CursorPages[T any, C comparable](start C, fetch func(cursor C) (items []T, next C, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		var last C
		cursor := start
		seen := map[[16]byte]struct{}{cursorHash(start): {}}
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
			if next == last {
				return
			}
			if len(items) > 0 {
				empty = 0
			} else {
				empty++
			}
			hash := cursorHash(next)
			_, again := seen[hash]
			switch {
			case again:
				err = fmt.Errorf("the API gave the cursor %.60q a second time, so the list would never end", fmt.Sprint(next))
			case empty >= maxEmptyPages:
				err = fmt.Errorf("%d empty pages in a row; begin again at cursor %.60q if that is right", empty, fmt.Sprint(next))
			case page >= maxPages:
				err = fmt.Errorf("the list has not ended after %d pages; begin again at cursor %.60q if that is right", maxPages, fmt.Sprint(next))
			}
			if err != nil {
				yield(none, err)
				return
			}
			seen[hash] = struct{}{}
			cursor = next
		}
	}
}

// cursorHash returns a hash that is kept in place of a cursor, because some
// cursors are kilobytes long.
func cursorHash(cursor any) [16]byte {
	text := fmt.Sprint(cursor)
	if v := reflect.ValueOf(cursor); v.Kind() == reflect.String {
		text = v.String() // a type that hides a secret prints the same for each of its values
	}
	sum := sha256.Sum256([]byte(text))
	return [16]byte(sum[:])
}
