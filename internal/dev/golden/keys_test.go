package golden_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/account"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/invoices"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/key"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/visits"
	"github.com/scopegen/scopegen/runtime"
)

func TestCallsCarryTheKeysOfTheirClient(t *testing.T) {
	server, session := serve(t)
	ctx := t.Context()
	token := runtime.Authorize[all](session)
	partner := key.NewPartner(runtime.NewSecret("p-secret"))
	widget := key.NewWidget(runtime.NewSecret("w/secret"))
	till := key.NewTill("t1", runtime.NewSecret("t-secret"))

	// A key alone: in the query, which the signature covers, and as a user name with a password.
	_, err := visits.NewWidgetClient(session, widget).CountVisits(ctx, visits.CountVisitsParams{Page: runtime.Some("a&b")})
	require.NoError(t, err)
	require.NoError(t, orders.NewCashier(session, till).OpenTill(ctx, "1"))
	// The other way: a scope.
	require.NoError(t, orders.NewStockManager(token).OpenTill(ctx, "1"))
	// A key beside a scope.
	require.NoError(t, invoices.NewReaderWithPartner(token, partner).SettleInvoices(ctx))
	// Nothing, any token, or two keys together.
	require.NoError(t, account.NewPublic(session).AskForNews(ctx))
	require.NoError(t, account.NewAuthenticated(runtime.Authorize[scope.CustomersRead](session)).AskForNews(ctx))
	require.NoError(t, account.NewPartnerWithWidgetClient(session, partner, widget).AskForNews(ctx))

	var carried []string
	for _, call := range server.Calls() {
		require.Less(t, call.Status, 300, "%+v", call)
		require.Empty(t, call.Ignored)
		if call.Operation != "token" {
			carried = append(carried, fmt.Sprintf("%s %v %v", call.Operation, call.Keys, call.Scopes))
		}
	}
	require.Equal(t, []string{
		"count_visits [widget] []", "open_till [till] []", "open_till [] [https://shop.example/auth/stock.manage]", "settle_invoices [partner] [read:invoices]",
		"ask_for_news [] []", "ask_for_news [] [customers:read]", "ask_for_news [partner widget] []",
	}, carried)
}

func TestAWrongKeyIsRefusedAndNamed(t *testing.T) {
	_, session := serve(t)
	token := runtime.Authorize[all](session)
	wrong := runtime.NewSecret("wrong-secret")
	for name, call := range map[string]func() error{
		"widget": func() error {
			_, err := visits.NewWidgetClient(session, key.NewWidget(wrong)).CountVisits(t.Context(), visits.CountVisitsParams{})
			return err
		},
		"till": func() error { return orders.NewCashier(session, key.NewTill("t1", wrong)).OpenTill(t.Context(), "1") },
		"partner": func() error {
			return invoices.NewReaderWithPartner(token, key.NewPartner(wrong)).SettleInvoices(t.Context())
		},
	} {
		err := call()
		require.ErrorIs(t, err, runtime.ErrUnauthorized, name)
		require.ErrorContains(t, err, name)
		require.NotContains(t, err.Error(), "wrong-secret")
		var failed *runtime.Error
		require.ErrorAs(t, err, &failed)
		require.Equal(t, []string{name}, failed.Keys)
	}
}

func TestNoErrorHoldsAKey(t *testing.T) {
	// The server and the transport tell all that they were sent.
	echo := roundTripper(func(r *http.Request) (*http.Response, error) {
		seen := fmt.Sprintf("%s %v", r.URL, r.Header)
		if strings.Contains(r.URL.Path, "visits") {
			return nil, errors.New(seen)
		}
		return &http.Response{StatusCode: 403, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(fmt.Sprintf(`{"title": %q}`, seen))), Request: r}, nil
	})
	_, session := serve(t, runtime.WithTransport(echo), runtime.WithoutRetry())
	const secret = "s3cret/with+signs"
	hidden := runtime.NewSecret(secret)
	news := account.NewPartnerWithWidgetClient(session, key.NewPartner(runtime.NewSecret("Token "+secret)), key.NewWidget(hidden))
	_, visitsErr := visits.NewWidgetClient(session, key.NewWidget(hidden)).CountVisits(t.Context(), visits.CountVisitsParams{})
	for _, err := range []error{
		visitsErr, news.AskForNews(t.Context()),
		orders.NewCashier(session, key.NewTill("t1", hidden)).OpenTill(t.Context(), "1"),
	} {
		require.ErrorContains(t, err, "[credential removed]")
		for _, printed := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err)} {
			require.NotContains(t, printed, secret)
			require.NotContains(t, printed, "s3cret%2Fwith")
			require.NotContains(t, printed, "dDE6czNjcmV0") // t1:s3cret in base 64
		}
	}
}

func TestAClientWithoutItsKeySendsNothing(t *testing.T) {
	server, session := serve(t)
	for want, client := range map[string]*visits.WidgetClient{
		"zero key":          visits.NewWidgetClient(session, key.Widget{}),
		"is empty":          visits.NewWidgetClient(session, key.NewWidget(runtime.Secret{})),
		"control character": visits.NewWidgetClient(session, key.NewWidget(runtime.NewSecret("abc\n"))),
		"no session":        visits.NewWidgetClient(nil, key.NewWidget(runtime.NewSecret("abc"))),
	} {
		_, err := client.CountVisits(t.Context(), visits.CountVisitsParams{})
		require.ErrorIs(t, err, runtime.ErrFailClosed)
		require.ErrorContains(t, err, want)
	}
	partner := account.NewPartnerWithWidgetClient(session, key.NewPartner(runtime.NewSecret("p-secret")), key.NewWidget(runtime.NewSecret("w/secret")))
	require.ErrorIs(t, partner.AskForNews(t.Context(), runtime.WithHeader("X-Partner-Key", "another")), runtime.ErrInvalidCall)
	require.Empty(t, server.Calls())
}
