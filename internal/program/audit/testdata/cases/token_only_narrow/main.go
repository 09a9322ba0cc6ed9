// Any token permits an operation, and the calls carry a narrow one.
//
//	operations: whoami
package main

import (
	"context"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/account"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/open"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	_, _ = account.NewAuthenticated(runtime.Authorize[scope.OrdersRead](open.Session())).Whoami(context.Background())
}
