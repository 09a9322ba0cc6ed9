// Access tokens from and for golang.org/x/oauth2. It is a module of its own, so
// that nobody who does not use it gets its dependencies.
module github.com/scopegen/scopegen/runtime/oauth2token

go 1.26.0

replace github.com/scopegen/scopegen => ../..

require (
	github.com/scopegen/scopegen v0.0.0
	github.com/stretchr/testify v1.12.1
	golang.org/x/oauth2 v0.38.0
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect
