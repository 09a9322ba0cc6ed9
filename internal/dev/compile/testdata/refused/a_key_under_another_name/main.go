package main

import (
	"github.com/scopegen/scopegen/internal/dev/golden/shop/key"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/visits"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	visits.NewWidgetClient(nil, key.NewPartner(runtime.NewSecret("p"))) // want "cannot use key.NewPartner(runtime.NewSecret(\"p\")) (value of struct type key.Partner) as key.Widget value in argument to visits.NewWidgetClient"
}
