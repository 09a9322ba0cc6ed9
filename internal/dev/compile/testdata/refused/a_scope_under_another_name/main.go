package main

import "github.com/scopegen/scopegen/generated/upvest"

func main() {
	api := upvest.API()
	for scope := range api.Scopes.All() {
		scope.Name = "users:admin" // changes a copy
	}
	api.Scopes[0].Name = "users:admin" // want "cannot index api.Scopes (variable of struct type clientimpl.Scopes)"
}
