// The standard library calls a method through its own interface.
//
//	operations: get_order
//	scopes: orders:read
package main

import (
	"net/http"
	"net/http/httptest"

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

type handler struct{ reader *orders.Reader }

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = h.reader.GetOrder(r.Context(), 1)
}

func main() {
	mux := http.NewServeMux()
	mux.Handle("/", &handler{orders.NewReader(token())})
	mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}
