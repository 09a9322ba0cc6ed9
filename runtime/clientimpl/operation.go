package clientimpl

import "strconv"

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
	ID             string      // "list_users"; names the operation in errors
	Method         string      // "GET"
	Path           string      // "/users/{user_id}", below the server's URL
	Query          string      // "alt=media": what the query of each call begins with, encoded
	Server         string      // name in API.Servers; "" for the session's own
	Requires       [][]string  // sets of scopes, any one of which permits the operation; used in errors
	IdempotencyKey bool        // the operation takes an idempotency key
	Errors         []ErrorType // types of the bodies of its errors, if the API's are others
	Redirects      []int       // statuses of redirects that are no errors, but results
}

// ErrorType is the type of the body of errors.
type ErrorType struct {
	Status string                                // "404", "4XX" for a class, or "default" for all
	Decode func(failed error, body []byte) error // runtime.ErrorBody of the type; it returns nil for a body of another type
}

// ErrorTypeOf returns the entry for a status: its own, else that of its class, else
// that for all, or nil.
func ErrorTypeOf(types []ErrorType, status int) *ErrorType {
	for _, key := range [...]string{strconv.Itoa(status), strconv.Itoa(status/100) + "XX", "default"} {
		for i := range types {
			if types[i].Status == key {
				return &types[i]
			}
		}
	}
	return nil
}
