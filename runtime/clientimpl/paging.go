package clientimpl

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"reflect"
)

// Bounds of one iteration, for servers whose lists never end.
const (
	maxPages      = 100_000
	maxEmptyPages = 1_000
)

// number is the type of a query parameter that counts.
type number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// yieldAll yields the items of a page, and reports whether the caller wants more.
func yieldAll[T any](items []T, yield func(T, error) bool) bool {
	for _, item := range items {
		if !yield(item, nil) {
			return false
		}
	}
	return true
}

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
func OffsetPages[T any, O number](start O, fetch func(offset O) (items []T, total int64, err error)) iter.Seq2[T, error] {
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
			if !yieldAll(items, yield) {
				return
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

// OffsetPagesFromOne is [OffsetPages] for an API that counts the items from 1.
func OffsetPagesFromOne[T any, O number](start O, fetch func(first O) (items []T, total int64, err error)) iter.Seq2[T, error] {
	return OffsetPages(max(start, 1)-1, func(offset O) ([]T, int64, error) { return fetch(offset + 1) })
}

// NumberedPages returns an iterator over the items of a list whose pages have
// numbers. fetch returns the items of a page, how many items the whole list has, and
// how many pages; each of the two is -1 if the API does not say. The first page is
// read at start; first is the number of the list's first page.
//
// The iterator ends at the last page. Where the API does not say how many pages
// there are, it ends at the total, if it has read all pages before, and otherwise at
// the first empty page. It yields one error and ends if fetch fails, if a page is
// empty before the total, if the API ignores the number, if the next number does not
// fit N, after 1,000 empty pages in a row, and after 100,000 pages.
func NumberedPages[T any, N number](start N, first int64, fetch func(number N) (items []T, total, pages int64, err error)) iter.Seq2[T, error] {
	ignored := func(at int64, page []T) bool {
		behind := at + maxPages
		if behind < 0 || int64(N(behind)) != behind {
			return false
		}
		items, _, _, err := fetch(N(behind))
		return err == nil && reflect.DeepEqual(items, page)
	}
	return func(yield func(T, error) bool) {
		var none T
		var last []T
		heeded := false // the API is known to heed the number
		at, read, empty := int64(start), int64(0), 0
		for page := 1; ; page++ {
			items, total, pages, err := fetch(N(at))
			if int64(start) != first {
				total = -1 // the items before start were not read
			}
			if err == nil && !heeded && len(items) > 0 && reflect.DeepEqual(items, last) {
				if ignored(at, items) {
					err = fmt.Errorf("page %d is the same as the one before it: the API ignores the number", at)
				}
				heeded = true
			}
			if len(items) > 0 {
				empty = 0
			} else {
				empty++
			}
			switch {
			case err != nil:
			case pages >= 0 && at-first+1 >= pages: // the last one
			case len(items) == 0 && pages < 0 && total > read:
				err = fmt.Errorf("page %d is empty, though the API announces %d items and sent %d; ask for larger pages", at, total, read)
			case len(items) == 0 && pages < 0:
				return
			case empty >= maxEmptyPages:
				err = fmt.Errorf("%d empty pages in a row; begin again at page %d if that is right", empty, at)
			case page > maxPages:
				err = fmt.Errorf("the list has not ended after %d pages; begin again at page %d if that is right", maxPages, at)
			}
			if err != nil {
				yield(none, err)
				return
			}
			if !yieldAll(items, yield) {
				return
			}
			read += int64(len(items))
			if pages >= 0 && at-first+1 >= pages || pages < 0 && total >= 0 && read >= total {
				return
			}
			at++
			if at < 0 || int64(N(at)) != at {
				yield(none, fmt.Errorf("the list goes on, but the number of its next page, %d, does not fit the parameter's type %T: the catalogue must give it a larger one", at, start))
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
	return chained(start, fetch, func(cursor C) string { return fmt.Sprintf("the cursor %.60q", fmt.Sprint(cursor)) })
}

// LastItemPages returns an iterator over the items of a list in which the last item
// of a page leads to the next. fetch returns the items behind the item at position,
// and reports whether there are further ones; next returns an item's position. The
// first page is read at start.
//
// The iterator ends after the page behind which there are no items. It yields one
// error and ends if fetch fails, if the last item has the zero value of C for its
// position, and where [CursorPages] does.
func LastItemPages[T any, C comparable](start C, next func(item T) C, fetch func(position C) (items []T, more bool, err error)) iter.Seq2[T, error] {
	return CursorPages(start, func(position C) ([]T, C, error) {
		var none C
		items, more, err := fetch(position)
		switch {
		case err != nil || !more:
			return items, none, err
		case len(items) == 0:
			return nil, none, errors.New("the page is empty, though the API announces further items")
		}
		behind := next(items[len(items)-1])
		if behind == none {
			return items, none, errors.New("there are further items, but the last item of the page lacks the member that leads to them")
		}
		return items, behind, nil
	})
}

// LinkPages returns an iterator over the items of a list in which each page links to
// the next. fetch returns the items of the page that link leads to, and the URL of
// the next page, "" if there is none; it gives link to the method Follow of the request.
//
// The iterator ends after the page without a link. It yields one error and ends if
// fetch fails, if the URL is none, if it comes a second time, after 1,000 empty pages
// in a row, and after 100,000 pages.
func LinkPages[T any](fetch func(link *Link) (items []T, next string, err error)) iter.Seq2[T, error] {
	return chained("", func(at string) ([]T, string, error) {
		link := Link{URL: at}
		items, next, err := fetch(&link)
		if err == nil && next != "" {
			next, err = link.resolve(next)
		}
		return items, next, err
	}, func(string) string { return "the link to this page" }) // a URL may hold credentials
}

// chained returns an iterator over pages of which each names the next. name names a
// page in messages.
func chained[T any, C comparable](start C, fetch func(at C) (items []T, next C, err error), name func(C) string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		var last C
		at := start
		seen := map[[16]byte]struct{}{cursorHash(start): {}}
		empty := 0
		for page := 1; ; page++ {
			items, next, err := fetch(at)
			if !yieldAll(items, yield) { // those of a page that does not say what follows, too
				return
			}
			if err != nil {
				yield(none, err)
				return
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
				err = fmt.Errorf("the API gave %s a second time, so the list would never end", name(next))
			case empty >= maxEmptyPages:
				err = fmt.Errorf("%d empty pages in a row; begin again at %s if that is right", empty, name(next))
			case page >= maxPages:
				err = fmt.Errorf("the list has not ended after %d pages; begin again at %s if that is right", maxPages, name(next))
			}
			if err != nil {
				yield(none, err)
				return
			}
			seen[hash] = struct{}{}
			at = next
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
