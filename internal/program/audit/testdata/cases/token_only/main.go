// Any token permits an operation, and the calls carry a wide one.
//
//	operations: whoami
//	findings: SG1001 SG1001 SG1001 SG1009
package main

import (
	"context"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/account"
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

func main() { _, _ = account.NewAuthenticated(token()).Whoami(context.Background()) }
