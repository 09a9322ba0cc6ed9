package golden_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/customers"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/model"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/runtime"
)

func TestAnErrorHasABodyOfTheTypeThatTheCatalogueStates(t *testing.T) {
	_, session := serve(t)
	admin := customers.NewAdmin(runtime.Authorize[scope.CustomersAdmin](session))
	const id = "00000000-0000-4000-8000-000000000000"

	_, err := admin.GetCustomer(t.Context(), id) // the operation's own, for its status
	var missing *runtime.ErrorWith[customers.NotFound]
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "Not Found", missing.Body.Error)
	require.Contains(t, missing.Body.Message.Or(""), id)
	require.Equal(t, http.StatusNotFound, missing.Err.Status)
	require.ErrorIs(t, err, runtime.ErrNotFound)

	err = admin.DeleteCustomer(t.Context(), id, customers.DeleteCustomerParams{Reason: customers.DeleteCustomerReasonMoved, XLevel: customers.DeleteCustomerXLevel1})
	require.ErrorAs(t, err, &missing) // for its class

	_, err = admin.GetCustomer(t.Context(), "no uuid") // the API's, for an operation that states none for 400
	var failed *runtime.ErrorWith[model.Failure]
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "invalid_request", failed.Body.Code)
	require.ErrorIs(t, err, runtime.ErrBadRequest)

	_, err = orders.NewReader(runtime.Authorize[scope.OrdersRead](session)).GetOrder(t.Context(), 7) // and for one that states nothing
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "not_found", failed.Body.Code)
}

func TestASecretInTheBodyOfAnErrorIsNotPrinted(t *testing.T) {
	err := error(&runtime.ErrorWith[model.Failure]{
		Body: model.Failure{Code: "again", RetryToken: runtime.Some(password)},
		Err:  &runtime.Error{Operation: "get_order", Status: 409},
	})
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", err)
	for _, text := range []string{fmt.Sprint(err), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err), fmt.Sprintf("%q", err), log.String()} {
		require.NotContains(t, text, password)
	}
}

func TestHeadersOfAResponseAreReadAsTheCatalogueStatesThem(t *testing.T) {
	_, session := serve(t)
	admin := customers.NewAdmin(runtime.Authorize[scope.CustomersAdmin](session))
	var info runtime.ResponseInfo
	_, err := admin.ListCustomersPage(t.Context(), customers.ListCustomersParams{}, runtime.WithResponseInfo(&info))
	require.NoError(t, err)
	_, ok := customers.XTotalCountHeader.In(info.Header)
	require.True(t, ok)
	_, ok = customers.LastModifiedHeader.In(info.Header)
	require.True(t, ok)
	_, ok = model.ETagHeader.In(info.Header) // of other operations
	require.False(t, ok)

	created, err := admin.CreateCustomer(t.Context(), customers.NewCustomer{Name: "Effi"})
	require.NoError(t, err)
	_, err = admin.GetCustomer(t.Context(), created.Created.ID, runtime.WithResponseInfo(&info))
	require.NoError(t, err)
	_, ok = model.ETagHeader.In(info.Header)
	require.True(t, ok)
	list, ok := customers.XStatusHeader.In(info.Header)
	require.True(t, ok)
	require.NotEmpty(t, list)
	require.True(t, list[0].Known())
}
