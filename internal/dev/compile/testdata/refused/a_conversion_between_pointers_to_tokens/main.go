package main

import (
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	reading := runtime.Authorize[scope.UsersRead](nil)
	_ = (*runtime.Token[scope.UsersAdmin])(&reading) // want "cannot convert &reading (value of type *\"github.com/scopegen/scopegen/runtime\".Token[scope.UsersRead]) to type *\"github.com/scopegen/scopegen/runtime\".Token[scope.UsersAdmin]"
}
