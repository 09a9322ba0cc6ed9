package runtime_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

type missingThing struct {
	Error string `json:"error"`
	ID    string `json:"id"`
}

type failure struct {
	Code int64 `json:"code"`
}

var typedThing = clientimpl.Operation{
	ID: "typed_thing", Method: http.MethodGet, Path: "/typed",
	Errors: []clientimpl.ErrorType{
		{Status: "4XX", Decode: runtime.ErrorBody[failure]},
		{Status: "404", Decode: runtime.ErrorBody[missingThing]},
		{Status: "409", Decode: runtime.ErrorBody[[]string]},
	},
}

// failedCall returns the error of a call that is answered with a status and a body.
func failedCall(t *testing.T, op *clientimpl.Operation, status int, body string) error {
	api := thingsAPI()
	api.Errors = []clientimpl.ErrorType{{Status: "default", Decode: runtime.ErrorBody[map[string]any]}}
	s := newThings(t, api, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, strings.ReplaceAll(body, "TOKEN", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
	})
	err := runtime.DoEmpty(t.Context(), s.reader(), runtime.NewRequest(op), runtime.WithoutRetry())
	require.Error(t, err)
	return err
}

func TestTheBodyOfAnErrorHasTheTypeThatTheAPIStates(t *testing.T) {
	for name, c := range map[string]struct {
		op     *clientimpl.Operation
		status int
		body   string
		has    func(error) bool
	}{
		"of the status":               {&typedThing, 404, `{"error":"none","id":"a","more":{"x":[1]}}`, hasBody(missingThing{"none", "a"})},
		"of its class":                {&typedThing, 422, ` {"code":7.0}`, hasBody(failure{7})},
		"a list":                      {&typedThing, 409, `["a","b"]`, hasBody([]string{"a", "b"})},
		"of the API":                  {&typedThing, 500, `{"code":1}`, hasBody(map[string]any{"code": 1.0})},
		"of the API, without any own": {&getThing, 404, `{"a":"b"}`, hasBody(map[string]any{"a": "b"})},
		"without the access token":    {&getThing, 400, `{"a":"TOKEN"}`, hasBody(map[string]any{"a": "[token removed]"})},
	} {
		t.Run(name, func(t *testing.T) {
			op := *c.op
			op.Path = "/typed"
			err := failedCall(t, &op, c.status, c.body)
			require.True(t, c.has(err), "%#v", err)
			var response *runtime.Error
			require.ErrorAs(t, fmt.Errorf("wrapped: %w", err), &response)
			require.Equal(t, c.status, response.Status)
			require.Equal(t, response.Error(), err.Error())
			require.Equal(t, c.status == 404, errors.Is(err, runtime.ErrNotFound))
		})
	}
}

// hasBody reports of an error whether its body is want.
func hasBody[T any](want T) func(error) bool {
	return func(err error) bool {
		var failed *runtime.ErrorWith[T]
		return errors.As(err, &failed) && fmt.Sprint(failed.Body) == fmt.Sprint(want)
	}
}

func TestABodyOfAnotherTypeLeavesTheErrorAsItIs(t *testing.T) {
	for name, body := range map[string]string{
		"none": "", "null": "null", "html": "<html>down</html>", "a list": `[{"error":"x"}]`, "a text": `"x"`, "another kind": `{"error":{"code":1}}`, "cut": `{"error":"x`, "two": `{"error":"x"}{}`,
		"too long": `{"error":"` + strings.Repeat("x", 70<<10) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			err := failedCall(t, &typedThing, 404, body)
			response, ok := err.(*runtime.Error)
			require.True(t, ok, "%T", err)
			require.Equal(t, 404, response.Status)
			require.Equal(t, body[:min(len(body), 64<<10)], string(response.Body))
		})
	}
}

func TestAnErrorThatAProgramMadeCanBePrinted(t *testing.T) {
	failed := &runtime.ErrorWith[failure]{}
	require.Equal(t, "an error of the API", failed.Error())
	require.False(t, errors.As(failed, new(*runtime.Error)))
}
