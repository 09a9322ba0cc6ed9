// Package library hands some of its tokens to others.
package library

import (
	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/runtime"
)

type shared interface {
	scope.OrdersRead
	scope.OrdersWrite
}

type own interface {
	scope.OrdersRead
	scope.OrdersWrite // want `no client of this package is made for OrdersWrite`
}

// Public is for others to use.
type Public interface {
	scope.OrdersRead
	scope.OrdersWrite
}

// Token gives others a token.
func Token(session *runtime.Session) runtime.Token[shared] { return runtime.Authorize[shared](session) }

// Reader gives others a client.
func Reader(session *runtime.Session) *orders.Reader {
	return orders.NewReader(runtime.Authorize[own](session))
}

// Other gives others a client too.
func Other(session *runtime.Session) *orders.Reader {
	return orders.NewReader(runtime.Authorize[Public](session))
}
