// A type with a client is encoded, which calls a method of the type.
//
//	operations: get_order
//	scopes: orders:read
package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/open"
	"github.com/scopegen/scopegen/runtime"
)

type access interface {
	scope.CustomersRead
	scope.CustomersAdmin
	scope.OrdersRead
	scope.OrdersWrite
}

func token() runtime.Token[access] { return runtime.Authorize[access](open.Session()) }

type status struct{ reader *orders.Reader }

func (s status) MarshalJSON() ([]byte, error) {
	_, err := s.reader.GetOrder(context.Background(), 1)
	return []byte("null"), err
}

func main() {
	_ = json.NewEncoder(os.Stdout).Encode(map[string][]status{"status": {{orders.NewReader(token())}}})
}
