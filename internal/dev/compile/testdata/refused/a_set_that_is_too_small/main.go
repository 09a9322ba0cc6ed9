package main

import (
	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	orders.NewHistory(runtime.Authorize[scope.OrdersRead](nil)) // want "in call to orders.NewHistory, S (type scope.OrdersRead) does not satisfy interface{scope.CustomersRead; scope.OrdersRead} (missing method customersRead)"
}
