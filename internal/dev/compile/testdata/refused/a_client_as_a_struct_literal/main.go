package main

import (
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	_ = users.Admin{admin: runtime.Caller{}} // want "cannot refer to unexported field admin in struct literal of type users.Admin"
}
