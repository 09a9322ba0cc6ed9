// An operation needs no token.
//
//	operations: login
package main

import (
	"context"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/account"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/open"
)

func main() { _ = account.NewPublic(open.Session()).Login(context.Background(), account.Login{}) }
