// Two operations have one method and path, and one of them is called.
//
//	operations: reserve_stock
//	scopes: https://shop.example/auth/stock.manage
package main

import (
	"context"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/stock"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/open"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	manager := stock.NewManager(runtime.Authorize[scope.StockManage](open.Session()))
	_ = manager.ReserveStock(context.Background(), "a", stock.ReserveStockBody{Reserved: 1})
}
