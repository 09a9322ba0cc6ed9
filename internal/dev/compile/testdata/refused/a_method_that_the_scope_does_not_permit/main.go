package main

import (
	"context"
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
	_ = users.NewReader(token).OffboardUser(context.Background(), "id") // want "users.NewReader(token).OffboardUser undefined (type *users.Reader has no field or method OffboardUser)"
}
