// Command allowed holds more than it uses, with and without a reason.
package main

import (
	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/runtime"
)

type access interface {
	scope.OrdersRead
	//scopegen:allow SG2001 until=2999-01-01 the next release needs it
	scope.OrdersWrite
	scope.CustomersAdmin //scopegen:allow customers:admin until=2999-01-01 by the name of the scope
	//scopegen:allow customers:read until=2001-01-01 the audit says that this has expired
	scope.CustomersRead // want `no client of this package is made for CustomersRead`
}

var session *runtime.Session

//scopegen:allow SG2001 until=2999-01-01 the signature is that of a plugin
func plugged(token runtime.Token[access]) {}

//scopegen:allow SG2001 until=2001-01-01 it was // want `the suppression has expired on 2001-01-01: mend what it was for, or give it a new date and a reason that still holds \(SG1008\)`
func expired(token runtime.Token[access]) {} // want `nothing uses the token token`

//scopegen:allow SG2001 because // want `the suppression has no date: until=2027-01-31: write //scopegen:allow SCOPE until=2027-01-31 reason`
func undated(token runtime.Token[access]) {} // want `nothing uses the token token`

//scopegen:allow SG2001 until=2999-01-01 nothing // want `the suppression for SG2001 is unused: there is no such finding on this line or the next: remove it`
func used(token runtime.Token[access]) *orders.Reader { return orders.NewReader(token) }

//scopegen:allow SG1006 until=2999-01-01 the audit of the whole program says whether it is used
func main() {
	token := runtime.Authorize[access](session)
	plugged(token)
	expired(token)
	undated(token)
	_ = used(token)
}
