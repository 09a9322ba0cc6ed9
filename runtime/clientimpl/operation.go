package clientimpl

// Generated2 ties generated code to this runtime. Generated code says
//
//	const _ = clientimpl.Generated2
//
// and where the two do not fit together, that line does not compile. Then
// generate again with the scopegen of the same version as the runtime, or let
// go.mod ask for the runtime that the code was generated for.
const Generated2 = true

// Operation describes one operation of an API. Generated packages hold one
// variable for each of theirs, which nobody may change.
type Operation struct {
	ID             string     // "list_users"; names the operation in errors
	Method         string     // "GET"
	Path           string     // "/users/{user_id}", below the server's URL
	Requires       [][]string // sets of scopes, any one of which permits the operation; used in errors
	IdempotencyKey bool       // the operation takes an idempotency key
}
