package main

import (
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
)

// forged has the method that seals the scope, but in another package.
type forged interface{ usersAdmin() }

func main() {
	users.NewAdmin(runtime.Authorize[forged](nil)) // want "in call to users.NewAdmin, S (type forged) does not satisfy scope.UsersAdmin (missing method usersAdmin)"
}
