package main

import (
	"context"

	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/internal/dev/compile/counting"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

func main() {
	counting.Try(func(server runtime.Server) error {
		token := runtime.Authorize[scope.UsersRead](counting.Open(server))
		caller := runtime.NewCaller[any](token)
		_, err := runtime.Do(context.Background(), caller, runtime.NewRequest(&clientimpl.Operation{ID: "list_users", Method: "GET", Path: "/users"}))
		return err
	})
}
