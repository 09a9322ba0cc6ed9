// Package bookshop uses clients made from a catalogue of its own, which stands
// beside it.
package bookshop

//go:generate go tool scopegen generate

import (
	"context"
	"fmt"

	"example.com/consumer/bookshop/books/scope"
	"example.com/consumer/bookshop/books/shelf"
	"example.com/consumer/bookshop/books/till"
	"github.com/scopegen/scopegen/runtime"
)

// Staff may stock the shelf and sell from it.
type Staff interface {
	scope.ShelfWrite
	scope.TillOpen
}

// Restock puts books on the shelf.
func Restock(ctx context.Context, token runtime.Token[Staff], titles ...string) error {
	writer := shelf.NewWriter(token)
	for _, title := range titles {
		if _, err := writer.AddBook(ctx, shelf.NewBook{Title: title, Price: "12.50"}); err != nil {
			return fmt.Errorf("putting %q on the shelf: %w", title, err)
		}
	}
	return nil
}

// SellAll sells every book there is and tells how many that were.
func SellAll(ctx context.Context, token runtime.Token[Staff]) (sold int, err error) {
	counter := till.NewCounter(token)
	for book, err := range shelf.NewWriter(token).ListBooks(ctx, shelf.ListBooksParams{}) {
		if err != nil {
			return sold, err
		}
		if err := counter.SellBook(ctx, book.ID); err != nil {
			return sold, fmt.Errorf("selling %q: %w", book.Title, err)
		}
		sold++
	}
	return sold, nil
}
