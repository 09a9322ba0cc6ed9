package golden_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"math"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/dev/golden/shop"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/account"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/customers"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/gifts"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/invoices"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/model"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/stock"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

// all holds every scope of the shop.
type all interface {
	scope.CustomersRead
	scope.CustomersAdmin
	scope.OrdersRead
	scope.OrdersWrite
	scope.ReadInvoices
	scope.StockManage
	//lint:ignore SA1019 a deprecated scope works as long as it is there
	scope.Gifts
}

// serve serves the golden catalogue and opens a session with it.
func serve(t *testing.T, opts ...runtime.Option) (*sandbox.Server, *runtime.Session) {
	t.Helper()
	return serveWith(t, sandbox.Config{}, opts...)
}

func serveWith(t *testing.T, config sandbox.Config, opts ...runtime.Option) (*sandbox.Server, *runtime.Session) {
	t.Helper()
	c, findings := spec.LoadFile("scopes.yaml")
	require.NoError(t, findings.Err())
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	var scopes []string
	for _, s := range c.Scopes() {
		scopes = append(scopes, s.Name)
	}
	config.Clients = []sandbox.Client{{ID: "c1", Secret: "s", Scopes: scopes, Keys: map[string]crypto.PublicKey{"k1": public}}}
	config.Keys = map[string]string{"partner": "p-secret", "widget": "w/secret", "till": "t1:t-secret"}
	server, err := sandbox.New(c, config)
	require.NoError(t, err)
	require.NoError(t, server.Start("127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	session, err := shop.Open(runtime.Server{URL: server.URL()}, runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s")},
		append(opts, runtime.WithKey("k1", private))...)
	require.NoError(t, err)
	return server, session
}

func TestValuesAreReadOneByOne(t *testing.T) {
	_, session := serve(t)
	manager := stock.NewManager(runtime.Authorize[scope.StockManage](session))
	var articles []stock.Stock
	var ids string
	var event runtime.Event
	for article, err := range manager.WatchStock(t.Context(), stock.WatchStockParams{}, runtime.WithEvent(&event)) {
		require.NoError(t, err)
		articles = append(articles, article)
		ids += event.ID
	}
	require.Len(t, articles, 3)
	require.Equal(t, "123", ids)
	require.NotEqual(t, articles[0], articles[1])
	_, err := manager.WatchStockJSON(t.Context(), stock.WatchStockParams{})
	require.NoError(t, err)
}

// A sandbox serves at its own address what the catalogue gives another server.
func TestAnOperationOfAnotherServerIsServedByTheSandboxToo(t *testing.T) {
	server, session := serve(t)
	manager := stock.NewManager(runtime.Authorize[scope.StockManage](session))
	require.NoError(t, manager.UploadPhoto(t.Context(), "a", strings.NewReader("photo")))
	calls := server.Calls()
	require.Equal(t, "upload_photo", calls[len(calls)-1].Operation)
	require.Equal(t, map[string]string{"uploads": "https://uploads.shop.example/v2"}, shop.API().Servers)
}

// Two operations have one path, and the query of each call of one says which it is.
func TestAQueryInThePathIsSentWithEachCall(t *testing.T) {
	var sent []string
	server, session := serve(t, runtime.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			sent = append(sent, r.URL.RequestURI()+" "+r.Header.Get("Accept"))
		}
		return http.DefaultTransport.RoundTrip(r)
	})))
	manager := stock.NewManager(runtime.Authorize[scope.StockManage](session))
	brochure, err := manager.ReadBrochure(t.Context(), 2026)
	require.NoError(t, err)
	require.EqualValues(t, 2026, brochure.Year)
	media, err := manager.DownloadBrochure(t.Context(), 2026, stock.DownloadBrochureParams{Page: runtime.Some[int64](3)})
	require.NoError(t, err)
	text, err := io.ReadAll(media)
	require.NoError(t, err)
	require.NoError(t, media.Close())
	require.Equal(t, "example", string(text))
	require.Equal(t, []string{"/brochures/2026 application/json", "/brochures/2026?alt=media&draft&page=3 */*"}, sent)
	calls := server.Calls()
	require.Equal(t, "read_brochure", calls[len(calls)-2].Operation)
	require.Equal(t, "download_brochure", calls[len(calls)-1].Operation)
	require.Empty(t, calls[len(calls)-1].Ignored)
}

// Two operations have one method and path. The server knows which one is meant by the
// body: the fragment, by which the catalogue tells them apart, is not sent.
func TestTheFragmentOfAPathIsNotSent(t *testing.T) {
	var sent []string
	server, session := serve(t, runtime.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPut {
			sent = append(sent, r.URL.String()[len(r.URL.Scheme+"://"+r.URL.Host):])
		}
		return http.DefaultTransport.RoundTrip(r)
	})))
	manager := stock.NewManager(runtime.Authorize[scope.StockManage](session))
	_, err := manager.MoveStock(t.Context(), "a", stock.MoveStockBody{Count: 3})
	require.NoError(t, err)
	require.NoError(t, manager.ReserveStock(t.Context(), "a", stock.ReserveStockBody{Reserved: 2}))
	require.Equal(t, []string{"/stock/a", "/stock/a"}, sent)
	calls := server.Calls()
	require.Equal(t, "move_stock", calls[len(calls)-2].Operation)
	require.Equal(t, "reserve_stock", calls[len(calls)-1].Operation)
}

// An optional object that may be null is absent, null or there, in what is sent and in what
// is received.
func TestAnOptionalObjectIsAbsentOrNullOrThere(t *testing.T) {
	for name, next := range map[string]runtime.Nullable[*account.Login]{
		"absent": {}, "null": runtime.Null[*account.Login](), "there": runtime.NonNull(&account.Login{Name: "ada"}),
	} {
		sent, err := json.Marshal(account.Household{Next: next})
		require.NoError(t, err)
		var members map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(sent, &members))
		require.Equal(t, name != "absent", members["next"] != nil, name)
		require.Equal(t, name == "null", string(members["next"]) == "null", name)
		var received account.Household
		require.NoError(t, json.Unmarshal(sent, &received))
		login, there := received.Next.Get()
		require.Equal(t, name == "there", there, name)
		require.Equal(t, name == "null", runtime.IsNull(received.Next), name)
		require.Equal(t, there, login != nil, name)
		again, err := json.Marshal(received)
		require.NoError(t, err)
		require.Equal(t, string(sent), string(again), name)
	}
}

// In a list or a map, nothing is absent: nil is null.
func TestAnObjectInAListIsNullOrThere(t *testing.T) {
	household := account.Household{
		Guests: []*account.Login{{Name: "ada", Password: "p"}, nil},
		ByRole: map[string]*account.Login{"cook": nil, "maid": {Name: "joan", Password: "q"}},
	}
	sent, err := json.Marshal(household)
	require.NoError(t, err)
	require.Contains(t, string(sent), `"guests":[{"name":"ada","password":"p"},null],"by_role":{"cook":null,"maid":{"name":"joan","password":"q"}}`)
	var received account.Household
	require.NoError(t, json.Unmarshal(sent, &received))
	require.Equal(t, household.Guests, received.Guests)
	require.Equal(t, household.ByRole, received.ByRole)
}

func TestBytesAreSentWithTheMediaTypeThatTheCallerChooses(t *testing.T) {
	var sent []string
	server, session := serve(t, runtime.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != "/oauth/token" {
			sent = append(sent, r.URL.RequestURI()+" "+r.Header.Get("Content-Type"))
		}
		return http.DefaultTransport.RoundTrip(r)
	})))
	manager := stock.NewManager(runtime.Authorize[scope.StockManage](session))
	_, err := manager.StoreBrochure(t.Context(), 2026, strings.NewReader("%PDF"))
	require.NoError(t, err)
	_, err = manager.StoreBrochureWithImage(t.Context(), 2026, "image/webp", strings.NewReader("RIFF"))
	require.NoError(t, err)
	require.Equal(t, []string{"/brochures/2026?uploadType=media application/pdf", "/brochures/2026?uploadType=media image/webp"}, sent)
	var failed *runtime.Error
	_, err = manager.StoreBrochureWithImage(t.Context(), 2026, "text/plain", strings.NewReader("no picture"))
	require.ErrorAs(t, err, &failed)
	require.Equal(t, http.StatusUnsupportedMediaType, failed.Status)
	_, err = manager.StoreBrochure(t.Context(), 2026, strings.NewReader(strings.Repeat("x", 101)))
	require.ErrorAs(t, err, &failed)
	calls := server.Calls()
	require.Equal(t, "the body has 101 bytes, and 100 at most are taken", calls[len(calls)-1].Detail)
	_, err = manager.StoreBrochureWithImage(t.Context(), 2026, "", strings.NewReader("RIFF"))
	require.ErrorContains(t, err, `the content type "" of the body is not valid`)
	require.Len(t, server.Calls(), len(calls))
}

// What is sent beside metadata stands behind it, in the order of the catalogue.
func TestABodyOfRelatedPartsKeepsTheirOrder(t *testing.T) {
	var contentType, body string
	server, session := serve(t, runtime.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != "/oauth/token" {
			content, err := r.GetBody()
			require.NoError(t, err)
			text, err := io.ReadAll(content)
			require.NoError(t, err)
			contentType, body = r.Header.Get("Content-Type"), string(text)
		}
		return http.DefaultTransport.RoundTrip(r)
	})))
	manager := stock.NewManager(runtime.Authorize[scope.StockManage](session))
	all := stock.PublishBrochureBody{
		About: stock.Brochure{Year: 2026}, Note: runtime.Some("new"), Media: runtime.File{ContentType: "application/json", Content: strings.NewReader(`[1]`)},
		Pictures: []runtime.File{{ContentType: "image/png", Content: strings.NewReader("p")}, {Content: strings.NewReader("q")}},
	}
	published, err := manager.PublishBrochure(t.Context(), 2026, all)
	require.NoError(t, err)
	require.EqualValues(t, 2026, published.Year)
	kind, params, err := mime.ParseMediaType(contentType)
	require.NoError(t, err)
	require.Equal(t, "multipart/related", kind)
	require.Equal(t, "application/json", params["type"])
	require.Equal(t, strings.Join([]string{
		"--B", "Content-Type: application/json", "", `{"year":2026}`,
		"--B", "Content-Type: text/plain; charset=utf-8", "", "new",
		"--B", "Content-Type: application/json", "", "[1]",
		"--B", "Content-Type: image/png", "", "p",
		"--B", "Content-Type: application/octet-stream", "", "q",
		"--B--", "",
	}, "\r\n"), strings.ReplaceAll(body, params["boundary"], "B"))

	// The server reads them in that order too, whatever may be left out.
	all.Note, all.Pictures, all.Media.Content = runtime.Optional[string]{}, nil, strings.NewReader(strings.Repeat("x", 101))
	_, err = manager.PublishBrochure(t.Context(), 2026, all)
	var failed *runtime.Error
	require.ErrorAs(t, err, &failed)
	calls := server.Calls()
	require.Contains(t, calls[len(calls)-1].Detail, `part "media": has 101 bytes`)
	all.Media.Content = strings.NewReader("x")
	_, err = manager.PublishBrochure(t.Context(), 2026, all)
	require.NoError(t, err)
}

// The server checks the signatures of the paths, which hold slashes of a value, and
// routes them by their segments.
func TestAPathParameterKeepsTheSlashesOfItsPattern(t *testing.T) {
	server, session := serve(t)
	manager := stock.NewManager(runtime.Authorize[scope.StockManage](session))
	ctx := t.Context()
	box, err := manager.StoreBox(ctx, "halls/north wing", stock.Box{Content: runtime.Some("nails")})
	require.NoError(t, err)
	require.Regexp(t, "^halls/north wing/boxes/[^/]+$", box.Name.Or(""))
	again, err := manager.FindBox(ctx, box.Name.Or(""), stock.FindBoxParams{})
	require.NoError(t, err)
	require.Equal(t, box, again)
	_, err = manager.FindBox(ctx, "halls/1/boxes/2", stock.FindBoxParams{Detail: stock.BoxDetailContent})
	var failed *runtime.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, http.StatusNotFound, failed.Status)
	_, err = manager.ReadManual(ctx, "drills/%2e%2e/a:b")
	require.NoError(t, err)

	calls := server.Calls()
	require.Equal(t, "/manuals/drills/%252e%252e/a%3Ab:text", calls[len(calls)-1].Path)
	_, err = manager.FindBox(ctx, "halls/1/boxes", stock.FindBoxParams{})
	require.ErrorContains(t, err, `path parameter "name" is "halls/1/boxes", which is not of the form halls/*/boxes/*`)
	require.Len(t, server.Calls(), len(calls))
}

func TestEveryKindOfRequirementIsMetByItsClient(t *testing.T) {
	server, session := serve(t)
	token := runtime.Authorize[all](session)
	require.NoError(t, token.Err())
	ctx := t.Context()

	// One scope, any of several.
	created, err := customers.NewAdmin(token).CreateCustomer(ctx, customers.NewCustomer{Name: "Effi"})
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, created.Status)
	id := created.Created.ID
	for _, read := range []func() (*model.Customer, error){
		func() (*model.Customer, error) { return customers.NewReader(token).GetCustomer(ctx, id) },
		func() (*model.Customer, error) { return customers.NewAdmin(token).GetCustomer(ctx, id) },
	} {
		customer, err := read()
		require.NoError(t, err)
		require.Equal(t, "Effi", customer.Name)
	}
	// Several at once.
	for _, err := range orders.NewHistory(token).ListOrdersOfCustomer(ctx, id, orders.ListOrdersOfCustomerParams{}) {
		require.NoError(t, err)
	}
	// One set of several, or another.
	_, err = invoices.NewReader(token).GetInvoice(ctx, "R1")
	require.NoError(t, err)
	_, err = orders.NewHistory(token).GetInvoice(ctx, "R1")
	require.NoError(t, err)
	// A scope that implies another.
	order, err := orders.NewWriter(token).PlaceOrder(ctx, orders.NewOrder{SKU: "a", Quantity: 1, Payment: model.Payment{Card: &model.CardPayment{Token: "t"}}})
	require.NoError(t, err)
	_, err = orders.NewWriter(token).GetOrder(ctx, order.ID)
	require.NoError(t, err)
	_, err = orders.NewReader(token).GetOrder(ctx, order.ID)
	require.NoError(t, err)
	// A scope that is a URL, and one that is deprecated.
	_, err = stock.NewManager(token).MoveStock(ctx, "a/b c", stock.MoveStockBody{Count: 3})
	require.NoError(t, err)
	//lint:ignore SA1019 the client of a deprecated scope works as long as it is there
	require.NoError(t, gifts.NewClient(token).SendGift(ctx, model.Payment{Transfer: &model.TransferPayment{IBAN: "DE02"}}))
	// Any token, and none.
	_, err = account.NewAuthenticated(runtime.Authorize[scope.CustomersRead](session)).Whoami(ctx)
	require.NoError(t, err)
	require.NoError(t, account.NewPublic(session).Login(ctx, account.Login{Name: "effi", Password: "p"}))

	// No call carried more than its client is for.
	for _, call := range server.Calls() {
		require.Less(t, call.Status, 300, "%+v", call)
		switch call.Operation {
		case "list_orders_of_customer":
			require.ElementsMatch(t, []string{"customers:read", "orders:read"}, call.Scopes)
		case "create_customer":
			require.Equal(t, []string{"customers:admin"}, call.Scopes)
		case "place_order":
			require.Equal(t, []string{"orders:write"}, call.Scopes)
		case "login":
			require.Empty(t, call.Scopes)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func TestAccessTokensCanBeBoundToAKey(t *testing.T) {
	proofs := 0
	_, session := serve(t, runtime.WithDPoP(), runtime.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		proofs += len(r.Header.Values("DPoP"))
		return http.DefaultTransport.RoundTrip(r)
	})))
	token := runtime.Authorize[all](session)
	_, err := customers.NewAdmin(token).CreateCustomer(t.Context(), customers.NewCustomer{Name: "Effi"})
	require.NoError(t, err)
	require.Equal(t, 2, proofs) // of the token request and of the call
	require.Equal(t, "DPoP", token.AccessTokenType())
}

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAnAnswerOfSeveralMediaTypesHasAMethodForEach(t *testing.T) {
	var asked [][]string
	_, session := serve(t, runtime.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != "/oauth/token" {
			asked = append(asked, r.Header["Accept"])
		}
		return http.DefaultTransport.RoundTrip(r)
	})))
	reader := invoices.NewReader(runtime.Authorize[scope.ReadInvoices](session))
	invoice, err := reader.GetInvoice(t.Context(), "R17")
	require.NoError(t, err)
	require.NotNil(t, invoice.Sales)
	stream, err := reader.GetInvoicePDF(t.Context(), "R17")
	require.NoError(t, err)
	content, err := io.ReadAll(stream)
	require.NoError(t, err)
	require.NoError(t, stream.Close())
	require.Equal(t, "application/pdf", stream.ContentType)
	require.True(t, bytes.HasPrefix(content, []byte("%PDF-")))
	require.Equal(t, [][]string{{"application/json"}, {"application/pdf"}}, asked)
}

func TestABodyOfSeveralMediaTypesHasAMethodForEach(t *testing.T) {
	var sent []string
	server, session := serve(t, runtime.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPatch {
			kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
			sent = append(sent, kind)
		}
		return http.DefaultTransport.RoundTrip(r)
	})))
	manager := stock.NewManager(runtime.Authorize[scope.StockManage](session))
	ctx := t.Context()
	require.NoError(t, manager.DescribeArticle(ctx, "a", stock.DescribeArticleBody{Text: runtime.Some("large")}))
	require.NoError(t, manager.DescribeArticleWithText(ctx, "a", strings.NewReader("large")))
	leaflet := stock.Leaflet{
		Title: "Large", Languages: []string{"de", "en"}, Cover: runtime.File{Content: strings.NewReader("a picture")},
		Size: &stock.LeafletSize{Width: 3},
	}
	require.NoError(t, manager.DescribeArticleWithMultipart(ctx, "a", leaflet))
	leaflet.Size = nil
	require.NoError(t, manager.DescribeArticleWithMultipart(ctx, "a", leaflet), "an object that is absent is no part")
	require.Equal(t, []string{"application/merge-patch+json", "text/plain", "multipart/form-data", "multipart/form-data"}, sent)
	for _, call := range server.Calls() {
		require.Less(t, call.Status, 300, "%+v", call)
	}
	require.ErrorContains(t, manager.DescribeArticleWithMultipart(ctx, "a", stock.Leaflet{Languages: []string{"de"}}), `part "cover": is a file without content`)
	require.ErrorContains(t, manager.DescribeArticleWithMultipart(ctx, "a", stock.Leaflet{Cover: leaflet.Cover}), `part "languages": is required and has no element`)
}

// What all kinds have is there for a kind that is not known, too, and for none.
func TestAVariantForTheOtherValuesOfADiscriminator(t *testing.T) {
	_, session := serve(t)
	parcel, err := account.NewPublic(session).TrackParcel(t.Context(), "n1")
	require.NoError(t, err)
	require.NotNil(t, parcel.Base)
	for text, letter := range map[string]bool{
		`{"kind":"letter","number":"1","pages":2}`: true,
		`{"kind":"letter","number":"1"}`:           true,
		`{"kind":"crate","number":"1","weight":2}`: false,
		`{"number":"1"}`:                           false,
	} {
		var parcel account.Parcel
		require.NoError(t, json.Unmarshal([]byte(text), &parcel))
		require.Equal(t, "1", parcel.Base.Number, text)
		require.Equal(t, letter, parcel.Letter != nil, text)
		require.JSONEq(t, text, string(parcel.Raw))
	}
}

func TestARedirectIsAResultWithItsLocation(t *testing.T) {
	server, session := serve(t)
	client := account.NewPublic(session)
	redirect, err := client.DownloadLabel(t.Context(), "n1")
	require.NoError(t, err)
	require.Equal(t, http.StatusFound, redirect.Status)
	require.True(t, strings.HasPrefix(redirect.Location.String(), server.URL()+"/"), redirect.Location)
	receipt, err := client.DownloadReceipt(t.Context(), "n1")
	require.NoError(t, err)
	require.Equal(t, http.StatusFound, receipt.Status)
	require.True(t, strings.HasPrefix(receipt.Location.String(), server.URL()+"/"), receipt.Location)
	require.Nil(t, receipt.OK)
}

func TestAnIteratorReadsAllPages(t *testing.T) {
	_, session := serve(t)
	admin := customers.NewAdmin(runtime.Authorize[scope.CustomersAdmin](session))
	for range 7 {
		_, err := admin.CreateCustomer(t.Context(), customers.NewCustomer{Name: "x"})
		require.NoError(t, err)
	}
	params := customers.ListCustomersParams{Limit: runtime.Some[int32](3)}
	pages := admin.ListCustomers(t.Context(), params)
	for range 2 { // an iterator can be read again
		seen := map[string]bool{}
		for customer, err := range pages {
			require.NoError(t, err)
			seen[customer.ID] = true
		}
		require.Len(t, seen, 7)
	}
	page, err := admin.ListCustomersPage(t.Context(), params)
	require.NoError(t, err)
	require.Len(t, page.Items, 3)
}

func TestAListIsReadInEachStyleOfPaging(t *testing.T) {
	asked := 0
	const deliveries = 6
	_, session := serveWith(t, sandbox.Config{Examples: deliveries}, runtime.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			asked++
		}
		return http.DefaultTransport.RoundTrip(r)
	})))
	manager := stock.NewManager(runtime.Authorize[scope.StockManage](session))
	size := runtime.Some[int64](3)
	for name, tt := range map[string]struct {
		list  iter.Seq2[stock.Delivery, error]
		calls int
	}{
		"pages":            {manager.NumberDeliveries(t.Context(), stock.NumberDeliveriesParams{Size: size}), 2},
		"items from 1":     {manager.IndexDeliveries(t.Context(), stock.IndexDeliveriesParams{Size: size}), 2},
		"pages from 0":     {manager.CountDeliveries(t.Context(), stock.CountDeliveriesParams{Size: size}), 2},
		"the last item":    {manager.TrailDeliveries(t.Context(), stock.TrailDeliveriesParams{Size: size}), 2},
		"no end announced": {manager.TrailBareDeliveries(t.Context(), stock.TrailBareDeliveriesParams{Size: size}), 3},
		"link":             {manager.FollowDeliveries(t.Context(), stock.FollowDeliveriesParams{Size: size}), 2},
		"link in a header": {manager.FollowLinkedDeliveries(t.Context(), stock.FollowLinkedDeliveriesParams{Size: size}), 2},
	} {
		for range 2 { // an iterator can be read again
			asked = 0
			seen := map[string]bool{}
			for d, err := range tt.list {
				require.NoError(t, err, name)
				seen[d.ID] = true
			}
			require.Len(t, seen, deliveries, name)
			require.Equal(t, tt.calls, asked, name)
		}
	}
	rest := 0
	for _, err := range manager.NumberDeliveries(t.Context(), stock.NumberDeliveriesParams{Size: size, Page: runtime.Some[int32](2)}) {
		require.NoError(t, err)
		rest++
	}
	require.Equal(t, deliveries-3, rest)

	// Behind the end there is nothing, and no page behind it.
	page, err := manager.NumberDeliveriesPage(t.Context(), stock.NumberDeliveriesParams{Page: runtime.Some[int32](math.MaxInt32), Size: runtime.Some[int64](math.MaxInt64)})
	require.NoError(t, err)
	require.Empty(t, page.Deliveries)
	require.EqualValues(t, 1, page.Pages.Or(-1))
	_, err = manager.TrailDeliveriesPage(t.Context(), stock.TrailDeliveriesParams{After: runtime.Some("nobody")})
	require.ErrorIs(t, err, runtime.ErrBadRequest)
}

func TestTheFirstPageIsAskedForAsTheCallerDoes(t *testing.T) {
	var asked []string
	_, session := serve(t, runtime.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			asked = append(asked, r.URL.RawQuery)
		}
		return http.DefaultTransport.RoundTrip(r)
	})))
	token := runtime.Authorize[all](session)
	created, err := customers.NewAdmin(token).CreateCustomer(t.Context(), customers.NewCustomer{Name: "x"})
	require.NoError(t, err)
	for _, err := range orders.NewHistory(token).ListOrdersOfCustomer(t.Context(), created.Created.ID, orders.ListOrdersOfCustomerParams{}) {
		require.NoError(t, err)
		break
	}
	for _, err := range customers.NewReader(token).ListCustomers(t.Context(), customers.ListCustomersParams{}) {
		require.NoError(t, err)
		break
	}
	for _, err := range customers.NewReader(token).ListCustomers(t.Context(), customers.ListCustomersParams{Offset: runtime.Some[int32](0)}) {
		require.NoError(t, err)
		break
	}
	require.Equal(t, []string{"", "", "offset=0"}, asked)
}

func TestABodyThatIsNoJSONIsSentAsItIs(t *testing.T) {
	_, session := serve(t)
	manager := stock.NewManager(runtime.Authorize[scope.StockManage](session))
	require.NoError(t, manager.UploadPhoto(t.Context(), "a", bytes.NewReader([]byte("\xff\xd8\xff"))))
}

// answering is a session with a server that gives one response.
func answering(t *testing.T, status int, body string) *runtime.Session {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/oauth/token" {
			_, _ = io.WriteString(w, `{"access_token":"t","token_type":"bearer","expires_in":3600}`)
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	session, err := shop.Open(runtime.Server{URL: server.URL}, runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s")}, runtime.WithKey("k1", key))
	require.NoError(t, err)
	return session
}

func TestWhatTheCatalogueDoesNotKnowNeverBreaksDecoding(t *testing.T) {
	session := answering(t, 200, `{
		"id": "1", "name": "n", "created_at": "2026-01-02T03:04:05Z", "middle_name": null, "tags": [],
		"status": "FROZEN", "points": 9007199254740993, "credit": "0.10", "birthday": null, "new_member": {"a": [1]},
		"friend": {"id": "2", "name": "m", "created_at": "2026-01-02T03:04:05Z", "middle_name": "x", "tags": ["a"]}
	}`)
	customer, err := customers.NewReader(runtime.Authorize[scope.CustomersRead](session)).GetCustomer(t.Context(), "1")
	require.NoError(t, err)
	status, ok := customer.Status.Get()
	require.True(t, ok)
	require.Equal(t, model.Status("FROZEN"), status)
	require.EqualValues(t, 9007199254740993, customer.Points.Or(0))
	require.EqualValues(t, "0.10", customer.Credit.Or(""))

	// Absent, null and a value are three things.
	_, present := customer.Nickname.Get()
	require.False(t, present)
	_, present = customer.Birthday.Get()
	require.False(t, present)
	require.True(t, runtime.IsNull(customer.Birthday))
	require.Nil(t, customer.Labels)
	require.Nil(t, customer.Friend.Friend)
	require.Equal(t, "x", customer.Friend.MiddleName.Or(""))
	require.False(t, runtime.IsNull(customer.Friend.Birthday))
}

func TestAUnionKeepsWhatItDoesNotKnow(t *testing.T) {
	const text = `{"id":1,"sku":"a","quantity":1,"payment":{"kind":"crypto","wallet":"0x1"}}`
	session := answering(t, 200, text)
	order, err := orders.NewReader(runtime.Authorize[scope.OrdersRead](session)).GetOrder(t.Context(), 1)
	require.NoError(t, err)
	require.Nil(t, order.Payment.Card)
	require.Nil(t, order.Payment.Transfer)
	require.JSONEq(t, `{"kind":"crypto","wallet":"0x1"}`, string(order.Payment.Raw))
	again, err := json.Marshal(order)
	require.NoError(t, err)
	require.JSONEq(t, text, string(again))
}

func TestWhatIsSentIsWhatTheAPITakes(t *testing.T) {
	for _, test := range []struct {
		name string
		body any
		want string
	}{
		{"RequiredListLeftNil", customers.NewCustomer{Name: "n"}, `{"name":"n","tags":[]}`},
		{"OptionalNull", customers.NewCustomer{Name: "n", MiddleName: runtime.Null[string]()}, `{"name":"n","tags":[],"middle_name":null}`},
		{"OptionalValue", customers.NewCustomer{Name: "n", MiddleName: runtime.NonNull(""), Nickname: runtime.Some("")}, `{"name":"n","tags":[],"middle_name":"","nickname":""}`},
		{"OptionalObjectsAndListsLeftNil", model.Customer{Name: "n", Tags: []string{}}, `{"id":"","name":"n","created_at":"0001-01-01T00:00:00Z","middle_name":null,"tags":[]}`},
		{"OptionalObjectsAndListsThatAreEmpty", model.Customer{Labels: map[string]string{}, Friend: &model.Customer{Tags: []string{}}, Tags: []string{}}, `{"id":"","name":"","created_at":"0001-01-01T00:00:00Z","middle_name":null,"tags":[],
			"labels":{},"friend":{"id":"","name":"","created_at":"0001-01-01T00:00:00Z","middle_name":null,"tags":[]}}`},
		{"OptionalEnumLeftOut", stock.Box{}, `{}`},
		{"OptionalEnum", stock.Box{State: stock.BoxStateSealed}, `{"state":"sealed"}`},
		{"OptionalListOfLists", stock.Box{Layers: [][]string{nil, {"a"}}}, `{"layers":[[],["a"]]}`},
		{"OptionalListThatIsEmpty", stock.Box{Layers: [][]string{}}, `{"layers":[]}`},
		{"ConstantLeftOut", model.Payment{Card: &model.CardPayment{Token: "t"}}, `{"kind":"card","token":"t"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := json.Marshal(test.body)
			require.NoError(t, err)
			require.JSONEq(t, test.want, string(got))
		})
	}
	_, err := json.Marshal(model.Payment{})
	require.ErrorContains(t, err, "set one of Card, Transfer")
	_, err = json.Marshal(model.Payment{Card: &model.CardPayment{}, Transfer: &model.TransferPayment{}})
	require.ErrorContains(t, err, "set exactly one")
}

func TestA403NamesTheOperationAndTheScopes(t *testing.T) {
	session := answering(t, 403, `{"type":"forbidden","status":403,"detail":"no"}`)
	_, err := customers.NewReader(runtime.Authorize[scope.CustomersRead](session)).GetCustomer(t.Context(), "1")
	var refused *runtime.Error
	require.ErrorAs(t, err, &refused)
	require.True(t, errors.Is(err, runtime.ErrForbidden))
	for _, text := range []string{"get_customer", "customers:read", "customers:admin"} {
		require.ErrorContains(t, err, text)
	}
}

func TestARequiredEnumThatWasLeftOutIsNotSent(t *testing.T) {
	server, session := serve(t)
	admin := customers.NewAdmin(runtime.Authorize[scope.CustomersAdmin](session))
	err := admin.DeleteCustomer(t.Context(), "c7", customers.DeleteCustomerParams{})
	require.ErrorIs(t, err, runtime.ErrInvalidCall)
	require.ErrorContains(t, err, `query parameter "reason": is required`)
	require.ErrorContains(t, err, `header "x-level": is required`)
	require.Empty(t, server.Calls())
	for range admin.ListCustomers(t.Context(), customers.ListCustomersParams{Status: runtime.Some(model.Status(""))}) {
	}
	require.Len(t, server.Calls(), 2, "an enum's own empty value is sent, after a token was fetched")
}

func TestAnObjectKeepsTheMembersThatItHasNoFieldFor(t *testing.T) {
	const text = `{"sku":"a","count":3,"reserved":1,"SKU":2}`
	var article stock.Stock
	require.NoError(t, json.Unmarshal([]byte(text), &article))
	require.Equal(t, map[string]int64{"reserved": 1, "SKU": 2}, article.AdditionalProperties)
	written, err := json.Marshal(article)
	require.NoError(t, err)
	require.JSONEq(t, text, string(written))
}

// Lists and objects are sent in the style of the catalogue, and the sandbox, which
// checks them against their types, reads them so.
func TestParametersAndFormsAreSentInTheirStyle(t *testing.T) {
	var query, form string
	_, session := serve(t, runtime.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		query = r.URL.RawQuery
		if r.GetBody != nil {
			body, err := r.GetBody()
			require.NoError(t, err)
			text, err := io.ReadAll(body)
			require.NoError(t, err)
			form = string(text)
		}
		return http.DefaultTransport.RoundTrip(r)
	})))
	client := account.NewPublic(session)
	filter := account.OfferFilter{Price: account.OfferFilterPrice{Below: 10}, Brands: []string{"Ab", "C&D"}}

	require.NoError(t, client.FindOffers(t.Context(), account.FindOffersParams{
		Colours: []string{"red", "blue,green"}, Sizes: []int64{1, 2}, Words: []string{"a", "b"}, Filter: &filter,
	}))
	require.Equal(t, "colours=red,blue%2Cgreen&sizes=1%7C2&words=a%20b&filter%5Bprice%5D%5Bbelow%5D=10&filter%5Bbrands%5D%5B0%5D=Ab&filter%5Bbrands%5D%5B1%5D=C%26D", query)
	require.NoError(t, client.FindOffers(t.Context(), account.FindOffersParams{}))
	require.Empty(t, query)

	require.NoError(t, client.SendFeedback(t.Context(), account.Feedback{Stars: 5, About: filter}))
	require.Equal(t, "stars=5&about%5Bprice%5D%5Bbelow%5D=10&about%5Bbrands%5D%5B0%5D=Ab&about%5Bbrands%5D%5B1%5D=C%26D", form)

	// What does not fit the type is refused.
	request := runtime.UnlistedCall(http.MethodGet, "/offers")
	request.QueryDeep("filter", map[string]any{"price": map[string]any{"below": "cheap"}})
	err := runtime.DoEmpty(t.Context(), runtime.NewPublicCaller(session), request)
	var refused *runtime.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusBadRequest, refused.Status)
}
