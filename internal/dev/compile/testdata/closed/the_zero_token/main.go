package main

import (
	"context"

	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/internal/dev/compile/counting"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	counting.Try(func(runtime.Server) error {
		_, err := users.NewAdmin(runtime.Token[scope.UsersAdmin]{}).RetrieveUser(context.Background(), "id")
		return err
	})
}
