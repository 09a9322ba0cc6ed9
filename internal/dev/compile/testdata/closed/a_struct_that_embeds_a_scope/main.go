package main

import (
	"context"

	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/internal/dev/compile/counting"
	"github.com/scopegen/scopegen/runtime"
)

// A struct that embeds a scope has its sealing method, so Go takes it for the
// constraint. It is not a set of scopes all the same.
type access struct{ scope.UsersAdmin }

func main() {
	counting.Try(func(server runtime.Server) error {
		_, err := users.NewAdmin(runtime.Authorize[access](counting.Open(server))).RetrieveUser(context.Background(), "id")
		return err
	})
}
