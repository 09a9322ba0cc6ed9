package main

import (
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
)

// What this program may do.
type access interface {
	scope.UsersRead
	scope.OrdersAdmin
}

func main() {
	token := runtime.Authorize[access](nil)
	users.NewAdmin(token) // want "in call to users.NewAdmin, S (type access) does not satisfy scope.UsersAdmin (missing method usersAdmin)"
}
