package main

import (
	"github.com/scopegen/scopegen/internal/dev/golden/shop/visits"
)

func main() {
	visits.NewWidgetClient(nil) // want "not enough arguments in call to visits.NewWidgetClient"
}
