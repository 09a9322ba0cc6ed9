package runtime

import (
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// ErrorWith is an [*Error] whose body is of a type that the API states. The comments
// of generated packages name the type:
//
//	var failed *runtime.ErrorWith[model.Failure]
//	if errors.As(err, &failed) {
//		log.Print(failed.Body.Code, failed.Err.Status)
//	}
//
// errors.As finds the [*Error] too, and errors.Is its kind. A response whose body is
// not of the type, such as that of a proxy, is an [*Error] alone. Members that the
// type does not have are ignored.
type ErrorWith[T any] struct {
	Body T
	Err  *Error // the response
}

// Error returns the text of the [*Error].
func (e *ErrorWith[T]) Error() string {
	if e.Err == nil {
		return "an error of the API"
	}
	return e.Err.Error()
}

// Unwrap returns the [*Error].
func (e *ErrorWith[T]) Unwrap() error {
	if e.Err == nil {
		return nil
	}
	return e.Err
}

// ErrorBody returns an [*ErrorWith] that holds failed, which must be an [*Error],
// and the value of type T that it decodes from body. It returns nil if body is not
// of type T. Generated code uses it.
func ErrorBody[T any](failed error, body []byte) error {
	e := &ErrorWith[T]{}
	failure, ok := failed.(*Error)
	if !ok || !decodeErrorBody(body, &e.Body) {
		return nil
	}
	e.Err = failure
	return e
}

// decodeErrorBody decodes body into v, and reports whether it could. It is not part of
// ErrorBody because a binary would contain its code once for each T.
func decodeErrorBody(body []byte, v any) bool {
	kind := jsonvalue.Kind(body)
	return kind != "" && kind != "null" && jsonvalue.Unmarshal(body, v) == nil
}

// withBody returns failed with its body decoded, if the API states a type that the
// body has, and failed otherwise. What the operation states comes before what the API
// states for all operations, and a status before its class before all.
func (k *call) withBody(failed *Error) error {
	for _, types := range [][]clientimpl.ErrorType{k.op.Errors, k.session.api.Errors} {
		if t := clientimpl.ErrorTypeOf(types, failed.Status); t != nil {
			if typed := t.Decode(failed, failed.Body); typed != nil {
				return typed
			}
			return failed
		}
	}
	return failed
}
