// The program takes an access token, and makes a request of its own with it.
//
//	scopes: customers:read orders:write
//	findings: SG1006
package main

import (
	"context"
	"net/http"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/open"
	"github.com/scopegen/scopegen/runtime"
)

type access interface {
	scope.CustomersRead
	scope.OrdersWrite
}

func main() {
	secret, err := runtime.Authorize[access](open.Session()).AccessToken(context.Background())
	if err != nil {
		panic(err)
	}
	request, err := http.NewRequest(http.MethodGet, "https://api.example.com/customers", nil)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", "Bearer "+secret.Reveal())
}
