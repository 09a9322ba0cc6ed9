package main

import (
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	reader := users.NewReader(runtime.Authorize[scope.UsersRead](nil))
	_ = users.Admin(*reader)   // want "cannot convert *reader (variable of struct type users.Reader) to type users.Admin"
	_ = (*users.Admin)(reader) // want "cannot convert reader (variable of type *users.Reader) to type *users.Admin"
}
