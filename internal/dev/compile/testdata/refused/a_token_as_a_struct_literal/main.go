package main

import (
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	reading := runtime.Authorize[scope.UsersRead](nil)
	_ = runtime.Token[scope.UsersAdmin]{authorization: reading.authorization} // want "cannot refer to unexported field authorization in struct literal of type \"github.com/scopegen/scopegen/runtime\".Token[scope.UsersAdmin]"
}
