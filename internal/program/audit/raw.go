package audit

import (
	"go/token"
	"go/types"
)

// mark is a use of what only generated code should use, or of what hides calls.
type mark struct {
	step
	what   string
	api    *api           // nil if any may be meant
	scopes []string       // that it may use
	place  token.Position // if there is no source that was analysed
}

// runtime follows a use of the runtime by a program.
func (r *reach) runtime(fn *types.Func, ref reference, via step) {
	if fn.Pkg().Path() == implPath {
		r.marks = append(r.marks, mark{step: via, what: funcName(fn) + ", which is for generated code"})
		return
	}
	if handsOut(fn) {
		r.handedOut[via] = true
		r.marks = append(r.marks, mark{step: via, what: funcName(fn) + ": an access token for requests that no generated client makes", scopes: []string{"*"}})
		return
	}
	switch fn.Name() {
	case "Authorize":
		if len(ref.args) == 1 {
			r.authorize(ref.args[0], via)
		}
	case "WithOneToken":
		r.oneToken = append(r.oneToken, via)
	case "WithWiderTokens":
		r.wider = true
	case "Open", "NewRequest", "UnlistedCall", "NewPublicCaller":
		if fn.Signature().Recv() == nil {
			r.marks = append(r.marks, mark{step: via, what: rawUses[fn.Name()]})
		}
	case "WithLink":
		// Who knows which client it is given to, and whether that has a token of its own?
		r.marks = append(r.marks, mark{step: via, what: rawUses[fn.Name()], scopes: []string{"*"}})
	case "NewCaller":
		m := mark{step: via, what: rawUses[fn.Name()]}
		if len(ref.args) > 0 {
			if _, ok := types.Unalias(ref.args[0]).(*types.TypeParam); ok || !types.IsInterface(ref.args[0]) {
				m.scopes = []string{"*"}
			}
			for _, a := range r.code.apis {
				if scopes := a.scopesOf(ref.args[0]); len(scopes) > 0 {
					m.api, m.scopes = a, scopes
				}
			}
			if i, ok := ref.args[0].Underlying().(*types.Interface); ok && i.NumMethods() == 0 {
				m.scopes = []string{"*"}
			}
		}
		r.marks = append(r.marks, m)
	}
}

var rawUses = map[string]string{
	"Open":            "runtime.Open: a session for an API value of the program's own",
	"NewRequest":      "runtime.NewRequest: a request that no generated client makes",
	"UnlistedCall":    "runtime.UnlistedCall: a request for an operation that the table does not list",
	"WithLink":        "runtime.WithLink: a call to a link, which no table of operations tells",
	"NewCaller":       "runtime.NewCaller: calls that no generated client makes",
	"NewPublicCaller": "runtime.NewPublicCaller: calls that no generated client makes",
}

// handsOut reports whether a function of the runtime gives the program an access
// token, with which it can make any request that the token's scopes permit.
func handsOut(fn *types.Func) bool {
	if fn.Pkg() == nil {
		return false
	}
	if fn.Pkg().Path() == sourcePath {
		return fn.Name() == "Source"
	}
	recv := fn.Signature().Recv()
	if recv == nil || fn.Pkg().Path() != runtimePath || fn.Name() != "AccessToken" && fn.Name() != "AccessTokenExpiry" {
		return false
	}
	named, ok := types.Unalias(recv.Type()).(*types.Named)
	return ok && named.Obj().Name() == "Token"
}
