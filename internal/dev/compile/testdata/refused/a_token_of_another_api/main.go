package main

import (
	"github.com/scopegen/scopegen/generated/upvest/users"
	shop "github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	users.NewReader(runtime.Authorize[shop.CustomersRead](nil)) // want "in call to users.NewReader, S (type \"github.com/scopegen/scopegen/internal/dev/golden/shop/scope\".CustomersRead) does not satisfy \"github.com/scopegen/scopegen/generated/upvest/scope\".UsersRead (missing method usersRead)"
}
