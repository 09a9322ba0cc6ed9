package main

import (
	"context"

	"github.com/scopegen/scopegen/generated/upvest"
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	session, err := upvest.Open(upvest.Sandbox, runtime.Credentials{})
	if err != nil {
		panic(err)
	}
	reader := users.NewReader(runtime.Authorize[scope.UsersRead](session))
	for range reader.ListUsers(context.Background(), users.ListUsersParams{}) {
	}
}
