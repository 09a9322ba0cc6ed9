module github.com/scopegen/scopegen/runtime/internal/bench/tokens

go 1.26.0

replace github.com/scopegen/scopegen => ../../../..

require (
	github.com/scopegen/scopegen v0.0.0-00010101000000-000000000000
	golang.org/x/oauth2 v0.37.0
)
