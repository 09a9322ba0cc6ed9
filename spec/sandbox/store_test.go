package sandbox_test

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

func TestWhatWasCreatedCanBeReadChangedReplacedAndDeleted(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with(all)
	created := a.must(201, "POST", "/v1/people", `{"name": "Ada", "nick": "A", "tags": ["x"], "home": {"city": "London", "a/b": 1}, "password": "p"}`, key("1"))
	ada := map[string]any{
		"id": 1.0, "name": "Ada", "nick": "A", "status": "NEW", "tags": []any{"x"}, "home": map[string]any{"city": "London", "a/b": 1.0},
		"made_at": "2030-05-06T07:08:09Z", "updated_at": "2030-05-06T07:08:09Z", "mother": created.at("mother"),
	}
	require.Equal(t, ada, created.json)
	require.Equal(t, "/v1/people/1", created.header.Get("Location"))
	require.Equal(t, ada, a.must(200, "GET", "/v1/people/1", "").json)
	a.must(404, "GET", "/v1/people/2", "")

	a.clock.add(time.Hour - time.Minute)
	ada["nick"], ada["updated_at"], ada["name"] = nil, "2030-05-06T08:07:09Z", "Ada L."
	delete(ada, "nick") // null takes it away: the type has no null there
	require.Equal(t, ada, a.must(200, "PATCH", "/v1/people/1", `{"name": "Ada L.", "nick": null}`).json)
	require.Equal(t, ada, a.must(200, "GET", "/v1/people/1", "").json)

	replaced := a.must(200, "PUT", "/v1/people/1", `{"name": "Bea", "status": "LOCKED"}`)
	require.Equal(t, map[string]any{
		"id": 1.0, "name": "Bea", "status": "LOCKED", "made_at": "2030-05-06T07:08:09Z", "updated_at": "2030-05-06T08:07:09Z", "mother": ada["mother"],
	}, replaced.json)
	a.must(404, "PUT", "/v1/people/2", `{"name": "Bea"}`)

	require.Equal(t, replaced.json, a.must(200, "POST", "/v1/people/1/wake", "").json)
	a.must(404, "POST", "/v1/people/2/wake", "")

	a.must(204, "DELETE", "/v1/people/1", "")
	a.must(404, "GET", "/v1/people/1", "")
	a.must(404, "PATCH", "/v1/people/1", `{}`)
	a.must(404, "DELETE", "/v1/people/1", "")
	a.must(404, "GET", "/v1/people/1/settings", "")
	require.EqualValues(t, 0, a.must(200, "GET", "/v1/people", "").at("page", "total"))
	require.EqualValues(t, 2, a.must(201, "POST", "/v1/people", `{"name": "Cleo"}`, key("2")).at("id"))
}

func TestObjectsBelowAnotherBelongToIt(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with(all)
	note := a.must(201, "POST", "/v1/people/7/notes", `{"text": "hello"}`)
	require.EqualValues(t, 7, note.at("person_id"))
	require.Equal(t, []any{note.json}, a.must(200, "GET", "/v1/people/7/notes", "").json)
	require.Equal(t, []any{}, a.must(200, "GET", "/v1/people/8/notes", "").json)
	// The same object under a path of its own.
	require.Equal(t, note.json, a.must(200, "GET", fmt.Sprintf("/v1/notes/%s", note.at("id")), "").json)
	a.must(404, "GET", "/v1/notes/00000000-0000-4000-8000-000000000000", "")
}

func TestAPathThatIsReadAndSetHoldsOneObject(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with("odd")
	example := a.must(200, "GET", "/v1/people/7/settings", "")
	require.EqualValues(t, 7, example.at("person_id"))
	loud := example.at("loud").(bool)
	changed := a.must(200, "PUT", "/v1/people/7/settings", fmt.Sprintf(`{"loud": %t}`, !loud))
	require.Equal(t, map[string]any{"loud": !loud}, changed.json)
	require.Equal(t, changed.json, a.must(200, "GET", "/v1/people/7/settings", "").json)
	require.EqualValues(t, 8, a.must(200, "GET", "/v1/people/8/settings", "").at("person_id"))
}

func TestWhereNothingCanBeAddedThereAreExamplesThatCanBeChanged(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with(all)
	list := a.must(200, "GET", "/v1/goods", "").at("items").([]any)
	require.Len(t, list, 3)
	first := list[0].(map[string]any)
	code := first["code"].(string)
	require.Equal(t, first, a.must(200, "GET", "/v1/goods/"+code, "").json)
	require.Equal(t, "G-1234", a.must(200, "GET", "/v1/goods/G-1234", "").at("code"))

	changed := a.must(200, "PUT", "/v1/goods/"+code, `{"colour": "red"}`)
	require.Equal(t, map[string]any{"code": code, "colour": "red", "size": first["size"]}, changed.json)
	require.Equal(t, changed.json, a.must(200, "GET", "/v1/goods/"+code, "").json)
	require.Contains(t, a.must(200, "GET", "/v1/goods", "").at("items"), changed.json)
	require.Len(t, a.must(200, "GET", "/v1/goods", "").at("items"), 3)

	a.must(204, "DELETE", "/v1/goods/"+code, "")
	a.must(404, "GET", "/v1/goods/"+code, "")
	require.Len(t, a.must(200, "GET", "/v1/goods", "").at("items"), 2)
	require.Equal(t, "blue", a.must(200, "PUT", "/v1/goods/"+code, `{"colour": "blue"}`).at("colour"))
	require.Equal(t, "blue", a.must(200, "GET", "/v1/goods/"+code, "").at("colour"))
}

func TestAnIDThatTheClientChoosesIsKept(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with("odd")
	a.must(404, "GET", "/v1/books/12-3", "")
	created := a.must(201, "POST", "/v1/books", `{"isbn": "12-3"}`)
	require.Equal(t, "12-3", created.at("isbn"))
	require.NotEmpty(t, created.at("title"))
	require.Equal(t, "/v1/books/12-3", created.header.Get("Location"))
	require.Equal(t, created.json, a.must(200, "GET", "/v1/books/12-3", "").json)
	require.Contains(t, a.must(409, "POST", "/v1/books", `{"isbn": "12-3"}`).detail(), `isbn "12-3"`)
}

func TestAnIDMayHoldAnyCharacter(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with("odd")
	created := a.must(201, "POST", "/v1/books", `{"isbn": "a/b ü?#%"}`)
	require.Equal(t, "a/b ü?#%", a.must(200, "GET", created.header.Get("Location"), "").at("isbn"))
}

func TestTwoRunsGiveTheSameResponses(t *testing.T) {
	run := func() []any {
		a := serve(t, catalogue(t, shop), sandbox.Config{Populate: true}).with(all)
		return []any{
			a.must(201, "POST", "/v1/people", `{"name": "Ada"}`, key("1")).json,
			a.must(201, "POST", "/v1/people/7/notes", `{"text": "hello"}`).json,
			a.must(200, "GET", "/v1/people", "").json,
			a.must(200, "GET", "/v1/goods", "").json,
			a.must(200, "GET", "/v1/people/7/settings", "").json,
		}
	}
	require.Equal(t, run(), run())
}

func TestTheOldestObjectIsForgottenWhenThereAreTooMany(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{MaxObjects: 3}).with("odd")
	for i := range 5 {
		a.must(201, "POST", "/v1/books", fmt.Sprintf(`{"isbn": "%d"}`, i))
	}
	for i, status := range []int{404, 404, 200, 200, 200} {
		a.must(status, "GET", "/v1/books/"+strconv.Itoa(i), "")
	}
}

func TestARequestIsDoneOnceUnderItsIdempotencyKey(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with(all)
	response := a.must(400, "POST", "/v1/people", `{"name": "Ada"}`)
	require.Equal(t, "https://shop.example/docs/errors/missing_idempotency_key", response.at("type"))
	require.Contains(t, a.must(400, "POST", "/v1/people", `{"name": "Ada"}`, header("idempotency-key", "once")).detail(), "is not a UUID")
	// What was refused did not use up its key.
	a.must(400, "POST", "/v1/people", `{"name": 1}`, key("1"))

	first := a.must(201, "POST", "/v1/people", `{"name": "Ada"}`, key("1"))
	again := a.must(201, "POST", "/v1/people", `{"name": "Ada"}`, key("1"))
	require.Equal(t, first.json, again.json)
	require.Equal(t, first.header.Get("Location"), again.header.Get("Location"))
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
	require.Contains(t, a.must(422, "POST", "/v1/people", `{"name": "Bea"}`, key("1")).detail(), "was used for another request")
	require.EqualValues(t, 1, a.must(200, "GET", "/v1/people", "").at("page", "total"))

	require.NoError(t, a.AddClient(sandbox.Client{ID: "other", Secret: clientSecret}))
	a.id = "other"
	a.with(all)
	require.NotEqual(t, first.at("id"), a.must(201, "POST", "/v1/people", `{"name": "Bea"}`, key("1")).at("id"))
}

func TestAnIdempotencyKeyIsForgottenAfterADay(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{TokenLifetime: 100 * time.Hour}).with(all)
	a.must(201, "POST", "/v1/people", `{"name": "Ada"}`, key("1"))
	a.clock.add(24*time.Hour - time.Second)
	a.must(422, "POST", "/v1/people", `{"name": "Bea"}`, key("1"))
	a.clock.add(time.Second)
	a.must(201, "POST", "/v1/people", `{"name": "Bea"}`, key("1"))
}

func TestOfManyRequestsAtOnceUnderOneKeyOneIsDone(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with(all)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			r := a.request("POST", "/v1/people", `{"name": "Ada"}`, key("1"))
			response, err := http.DefaultTransport.RoundTrip(r)
			if err == nil {
				response.Body.Close()
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, a.must(200, "GET", "/v1/people", "").at("page", "total"))
}

// The relations of the Upvest catalogue follow from the same rules.
func TestUpvestsOrdersAreListedUnderTheirAccount(t *testing.T) {
	c, err := spec.Default()
	require.NoError(t, err)
	a := serve(t, c, sandbox.Config{}).with("orders:admin accounts:admin")
	const user, account = "00000000-0000-4000-8000-0000000000aa", "00000000-0000-4000-8000-0000000000bb"
	order := fmt.Sprintf(`{"account_id": %q, "side": "BUY", "instrument_id": "US0378331005", "instrument_id_type": "ISIN", "cash_amount": "10.00"}`, account)
	placed := a.must(202, "POST", "/orders", order, key("1"))
	list := a.must(200, "GET", "/accounts/"+account+"/orders", "")
	require.EqualValues(t, 1, list.at("meta", "total_count"))
	require.Equal(t, placed.at("id"), list.at("data").([]any)[0].(map[string]any)["id"])
	require.EqualValues(t, 0, a.must(200, "GET", "/accounts/"+user+"/orders", "").at("meta", "total_count"))

	// An order on an account that is known belongs to the account's user.
	group := a.must(200, "POST", "/account_groups", fmt.Sprintf(`{"user_id": %q, "type": "PERSONAL"}`, user), key("2")).at("id")
	known := a.must(200, "POST", "/accounts", fmt.Sprintf(`{"user_id": %q, "account_group_id": %q, "type": "TRADING"}`, user, group), key("3")).at("id")
	order = fmt.Sprintf(`{"account_id": %q, "side": "BUY", "instrument_id": "US0378331005", "instrument_id_type": "ISIN", "quantity": "1"}`, known)
	require.Equal(t, user, a.must(202, "POST", "/orders", order, key("4")).at("user_id"))
	require.EqualValues(t, 1, a.must(200, "GET", "/users/"+user+"/accounts", "").at("meta", "total_count"))
}
