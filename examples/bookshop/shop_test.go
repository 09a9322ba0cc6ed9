package bookshop_test

import (
	"testing"

	"example.com/consumer/bookshop"
	"example.com/consumer/bookshop/books"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

// The catalogue is served as the API would be, and the clients call it.
func TestWhatIsStockedIsSold(t *testing.T) {
	catalogue, findings := spec.LoadFile("scopes.yaml")
	if err := findings.Err(); err != nil {
		t.Fatal(err)
	}
	server, err := sandbox.New(catalogue, sandbox.Config{Clients: []sandbox.Client{
		{ID: "till-1", Secret: "secret", Scopes: []string{"shelf:write", "till:open"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer server.Close()

	session, err := books.Open(runtime.Server{URL: server.URL()}, runtime.Credentials{ClientID: "till-1", ClientSecret: runtime.NewSecret("secret")})
	if err != nil {
		t.Fatal(err)
	}
	token := runtime.Authorize[bookshop.Staff](session)
	if err := bookshop.Restock(t.Context(), token, "Effi Briest", "Middlemarch", "Nana"); err != nil {
		t.Fatal(err)
	}
	sold, err := bookshop.SellAll(t.Context(), token)
	if err != nil || sold != 3 {
		t.Fatalf("sold %d books: %v", sold, err)
	}
	// Each call carried a token for what its client is for, and nothing wider.
	for _, call := range server.Calls() {
		t.Logf("%s %s with %v", call.Method, call.Path, call.Scopes)
	}
}
