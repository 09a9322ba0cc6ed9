// Command sets asks for scopes that no client of it is made for.
package main

import (
	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/runtime"
)

type access interface {
	scope.OrdersRead
	// It was for a client that is gone.
	scope.OrdersWrite    // want `no client of this package is made for OrdersWrite, and nothing else can use the set access`
	scope.CustomersAdmin // want `no client of this package is made for CustomersAdmin`
}

// A reader could do what the writer does here, so its scope may be the one to keep.
type wide interface {
	scope.OrdersRead
	scope.OrdersWrite
	scope.CustomersRead // want `no client of this package is made for CustomersRead`
}

type raw interface {
	scope.OrdersRead
	scope.OrdersWrite
}

type anything interface {
	scope.OrdersRead
	scope.OrdersWrite
}

type embedded interface {
	scope.OrdersRead
	scope.OrdersWrite
}

type outer interface{ embedded }

type passed interface {
	scope.OrdersRead
	scope.OrdersWrite
}

type single interface{ scope.OrdersWrite } // want `no client of this package is made for OrdersWrite`

type value interface {
	scope.OrdersRead
	scope.OrdersWrite
}

type held struct{ runtime.Token[value] }

var session *runtime.Session

func reader(token runtime.Token[access]) *orders.Reader { return orders.NewReader(token) }

func generic[S scope.OrdersRead](token runtime.Token[S]) *orders.Reader {
	return orders.NewReader(token)
}

func main() {
	_ = reader(runtime.Authorize[access](session))
	_ = orders.NewWriter(runtime.Authorize[wide](session))
	_ = runtime.Authorize[raw](session).AccessToken
	var kept any = runtime.Authorize[anything](session)
	_ = kept
	_ = orders.NewReader(runtime.Authorize[outer](session))
	_ = generic(runtime.Authorize[passed](session))
	_ = runtime.Authorize[single](session).Err()
	kept = held{runtime.Authorize[value](session)}
}
