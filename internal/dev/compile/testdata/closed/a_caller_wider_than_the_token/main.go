package main

import (
	"context"

	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/internal/dev/compile/counting"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// What generated code calls is there for anyone to call. It opens no way to
// more than the token's set.
func main() {
	counting.Try(func(server runtime.Server) error {
		token := runtime.Authorize[scope.UsersRead](counting.Open(server))
		caller := runtime.NewCaller[scope.UsersAdmin](token)
		_, err := runtime.Do(context.Background(), caller, runtime.NewRequest(&clientimpl.Operation{ID: "offboard_user", Method: "DELETE", Path: "/users/1"}))
		return err
	})
}
