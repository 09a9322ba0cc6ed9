// An interface of the program's own hands the access token out.
//
//	scopes: customers:read
//	findings: SG1006
package main

import (
	"context"
	"fmt"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/open"
	"github.com/scopegen/scopegen/runtime"
)

type source interface {
	AccessToken(context.Context) (runtime.Secret, error)
}

func main() {
	var s source = runtime.Authorize[scope.CustomersRead](open.Session())
	secret, err := s.AccessToken(context.Background())
	fmt.Println(secret.Reveal() == "", err)
}
