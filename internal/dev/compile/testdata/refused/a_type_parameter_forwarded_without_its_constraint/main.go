package main

import (
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
)

func reader[S any](token runtime.Token[S]) *users.Reader {
	return users.NewReader(token) // want "in call to users.NewReader, S (type S) does not satisfy scope.UsersRead (missing method usersRead)"
}

func main() {
	reader(runtime.Token[any]{})
}
