package main

import (
	"github.com/scopegen/scopegen/internal/dev/golden/shop/key"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	partner := key.NewPartner(runtime.NewSecret("p"))
	_ = key.Widget(partner) // want "cannot convert partner (variable of struct type key.Partner) to type key.Widget"
}
