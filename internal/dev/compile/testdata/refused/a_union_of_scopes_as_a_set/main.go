package main

import (
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
)

// Either is not both: a set is written by embedding, not with a bar.
type either interface {
	scope.UsersRead | scope.UsersAdmin // want "cannot use github.com/scopegen/scopegen/generated/upvest/scope.UsersRead in union (github.com/scopegen/scopegen/generated/upvest/scope.UsersRead contains methods)"
}

func main() {
	users.NewReader(runtime.Authorize[either](nil)) // want "in call to users.NewReader, S (type either) does not satisfy scope.UsersRead (missing method usersRead)"
}
