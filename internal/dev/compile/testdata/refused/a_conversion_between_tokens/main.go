package main

import (
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	reading := runtime.Authorize[scope.UsersRead](nil)
	users.NewAdmin(runtime.Token[scope.UsersAdmin](reading)) // want "cannot convert reading (variable of struct type \"github.com/scopegen/scopegen/runtime\".Token[scope.UsersRead]) to type \"github.com/scopegen/scopegen/runtime\".Token[scope.UsersAdmin]"
}
