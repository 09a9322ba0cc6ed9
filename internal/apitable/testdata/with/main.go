package main

import (
	"fmt"

	"github.com/scopegen/scopegen/generated/upvest/scope"
)

func main() { fmt.Print(scope.Table) }
