package sandbox_test

import (
	"context"
	"crypto"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	goldenshop "github.com/scopegen/scopegen/internal/dev/golden/shop"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/account"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/customers"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/invoices"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/model"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/stock"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

// Clients generated from a catalogue, and the sandbox of the same one, get on.
func TestGeneratedClientsOfAnyCatalogueCallItsSandbox(t *testing.T) {
	c, findings := spec.Load(os.DirFS("../../internal/dev/golden"), "scopes.yaml")
	require.NoError(t, findings.Err())
	server, err := sandbox.New(c, sandbox.Config{Clients: []sandbox.Client{
		{ID: clientID, Secret: "a:b%c", Keys: map[string]crypto.PublicKey{"key": testKey(1).Public()}},
	}})
	require.NoError(t, err)
	require.NoError(t, server.Start("127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	session, err := goldenshop.Open(runtime.Server{Name: "sandbox", URL: server.URL()},
		runtime.Credentials{ClientID: clientID, ClientSecret: runtime.NewSecret("a:b%c")}, runtime.WithKey("key", testKey(1)))
	require.NoError(t, err)
	ctx := context.Background()
	token := runtime.Authorize[interface {
		scope.CustomersAdmin
		scope.OrdersWrite
		scope.ReadInvoices
		scope.StockManage
	}](session)

	admin := customers.NewAdmin(token)
	created, err := admin.CreateCustomer(ctx, customers.NewCustomer{Name: "Ada", Tags: []string{"vip"}})
	require.NoError(t, err)
	require.Equal(t, 201, created.Status)
	ada := created.Created
	require.Equal(t, []string{"vip"}, ada.Tags)
	read, err := admin.GetCustomer(ctx, ada.ID)
	require.NoError(t, err)
	require.Equal(t, ada, read)
	n := 0
	for customer, err := range admin.ListCustomers(ctx, customers.ListCustomersParams{}) {
		require.NoError(t, err)
		require.Equal(t, ada.ID, customer.ID)
		n++
	}
	require.Equal(t, 1, n)
	require.NoError(t, admin.DeleteCustomer(ctx, ada.ID, customers.DeleteCustomerParams{Reason: customers.DeleteCustomerReasonMoved, XLevel: customers.DeleteCustomerXLevel2}))
	_, err = admin.GetCustomer(ctx, ada.ID)
	require.ErrorIs(t, err, runtime.ErrNotFound)

	writer := orders.NewWriter(token)
	order, err := writer.PlaceOrder(ctx, orders.NewOrder{SKU: "A 1/2", Quantity: 2, Payment: model.Payment{Card: &model.CardPayment{Token: "t"}}})
	require.NoError(t, err)
	same, err := writer.GetOrder(ctx, order.ID) // orders:write implies orders:read
	require.NoError(t, err)
	require.Equal(t, order, same)
	require.Equal(t, "t", same.Payment.Card.Token)

	invoice, err := invoices.NewReader(token).GetInvoice(ctx, "R7")
	require.NoError(t, err)
	require.NotNil(t, invoice)
	document, err := invoices.NewReader(token).GetInvoicePDF(ctx, "R7")
	require.NoError(t, err)
	text, err := io.ReadAll(document)
	require.NoError(t, err)
	require.NoError(t, document.Close())
	require.True(t, strings.HasPrefix(string(text), "%PDF-"))

	manager := stock.NewManager(token)
	moved, err := manager.MoveStock(ctx, "A 1/2", stock.MoveStockBody{Count: 7})
	require.NoError(t, err)
	require.Equal(t, "A 1/2", moved.SKU)
	require.EqualValues(t, 7, moved.Count)
	require.NoError(t, manager.UploadPhoto(ctx, "A 1/2", strings.NewReader("\xff\xd8")))

	_, err = account.NewAuthenticated(token).Whoami(ctx)
	require.NoError(t, err)
	require.NoError(t, account.NewPublic(session).Login(ctx, account.Login{Name: "ada", Password: "p&q"}))
}
