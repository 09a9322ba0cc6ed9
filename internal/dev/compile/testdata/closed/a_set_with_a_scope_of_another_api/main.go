package main

import (
	"context"

	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/internal/dev/compile/counting"
	shop "github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/runtime"
)

type access interface {
	scope.UsersAdmin
	shop.OrdersRead
}

func main() {
	counting.Try(func(server runtime.Server) error {
		_, err := users.NewAdmin(runtime.Authorize[access](counting.Open(server))).RetrieveUser(context.Background(), "id")
		return err
	})
}
