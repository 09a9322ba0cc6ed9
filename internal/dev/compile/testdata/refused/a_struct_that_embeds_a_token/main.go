package main

import (
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
)

type forged struct {
	runtime.Token[scope.UsersAdmin]
}

func main() {
	users.NewAdmin(forged{}) // want "in call to users.NewAdmin, type forged of forged{} does not match \"github.com/scopegen/scopegen/runtime\".Token[S] (cannot infer S)"
}
