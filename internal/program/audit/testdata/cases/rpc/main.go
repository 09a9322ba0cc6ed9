// net/rpc calls methods by name.
//
//	operations: get_order
//	scopes: orders:read
package main

import (
	"context"
	"net/rpc"

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

// Service is served.
type Service struct{ reader *orders.Reader }

// Get is called by clients.
func (s *Service) Get(id int64, _ *int) error {
	_, err := s.reader.GetOrder(context.Background(), id)
	return err
}

func main() { _ = rpc.Register(&Service{orders.NewReader(token())}) }
