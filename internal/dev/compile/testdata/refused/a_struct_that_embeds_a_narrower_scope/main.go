package main

import (
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
)

type forged struct{ scope.UsersRead }

func (forged) usersAdmin() {}

func main() {
	users.NewAdmin(runtime.Authorize[forged](nil)) // want "in call to users.NewAdmin, S (type forged) does not satisfy scope.UsersAdmin (unexported method usersAdmin)"
}
