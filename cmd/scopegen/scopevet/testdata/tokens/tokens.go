// Package tokens has tokens that are used, and tokens that are not.
package tokens

import (
	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/runtime"
)

type access interface{ scope.OrdersRead }

var session *runtime.Session

var unused = runtime.Authorize[access](session) // want `nothing uses the token unused: remove it`

var used = runtime.Authorize[access](session)

// Exported may be used by others.
var Exported = runtime.Authorize[scope.OrdersRead](session)

type holder struct {
	name  string
	token runtime.Token[access] // want `nothing uses the token token: remove the field`
	kept  runtime.Token[access]
	Open  runtime.Token[access]
}

func newHolder(name string, token runtime.Token[access]) *holder {
	return &holder{
		name:  name,
		token: used,
		kept:  token,
	}
}

func (h *holder) reader() *orders.Reader { return orders.NewReader(h.kept) }

func (h *holder) another() holder { return holder{name: h.name, token: used, kept: h.kept} }

type written struct {
	token runtime.Token[access] // want `nothing uses the token token`
}

func (w *written) set(token runtime.Token[access]) { w.token = token }

func idle(name string, token runtime.Token[access]) string { // want `nothing uses the token token: remove the parameter`
	return name
}

// Idle is called by others, so only its author can remove the parameter.
func Idle(token runtime.Token[scope.OrdersRead]) {} // want `nothing uses the token token`

func generic[S scope.OrdersRead](token runtime.Token[S]) {} // want `nothing uses the token token`

func twice(token runtime.Token[access]) {} // want `nothing uses the token token`

func wanted(_ runtime.Token[access]) {}

func busy(token runtime.Token[access]) *orders.Reader {
	function := func(token runtime.Token[access]) {} // want `nothing uses the token token`
	function(token)
	return orders.NewReader(token)
}

func calls() {
	local := used
	_ = idle("a", used)
	_ = idle("b", local)
	busy(local)
	only := used
	twice(only)
	twice(only)
	generic(used)
	wanted(used)
	new(written).set(used)
	_ = newHolder("c", used).reader
	_ = (&holder{}).another
}

var _ = calls
