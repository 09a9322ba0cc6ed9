package golden_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/account"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/model"
	"github.com/scopegen/scopegen/runtime"
)

const password = "s3cret"

// withSecrets returns a value of every kind that holds a secret.
func withSecrets() map[string]any {
	login := account.Login{Name: "effi", Password: password}
	code := account.Code(password)
	payment := model.Payment{Card: &model.CardPayment{Token: password}}
	household := account.Household{
		Street: runtime.Some("Elm Street"), Owner: login, Logins: []account.Login{login}, ByName: map[string]account.Login{"effi": login},
	}
	return map[string]any{
		"a struct":                       login,
		"a pointer to a struct":          &login,
		"a string type":                  code,
		"a list of them":                 account.Codes{code},
		"a type of several domains":      model.CardPayment{Token: password},
		"a union":                        payment,
		"a union with Raw":               model.Payment{Raw: json.RawMessage(`{"kind":"card","token":"` + password + `"}`)},
		"a union of a list":              account.Access{Team: &account.Team{login}},
		"a struct in a struct":           account.Household{Owner: login},
		"a pointer to it":                &account.Household{Owner: login},
		"an optional struct in a struct": account.Household{Former: &login},
		"a nullable struct in a struct":  account.Household{Next: runtime.NonNull(&login)},
		"a struct that is not null":      account.Household{Deputy: &login},
		"a list in a struct":             account.Household{Logins: []account.Login{login}},
		"a map in a struct":              account.Household{ByName: map[string]account.Login{"effi": login}},
		"a list of what may be null":     account.Household{Guests: []*account.Login{&login, nil}},
		"a map of what may be null":      account.Household{ByRole: map[string]*account.Login{"effi": &login, "none": nil}},
		"a named list":                   account.Team{login},
		"a named map":                    account.Directory{"home": login},
		"named lists in a struct":        account.Household{Team: account.Team{login}, Directory: account.Directory{"home": login}, Codes: account.Codes{code}},
		"a union in a struct":            account.Household{Access: &account.Access{Login: &login}},
		"a type of several domains in a type in a struct": account.Household{Purse: &account.Purse{Payments: []model.Payment{payment}}},
		"a struct that holds its own type":                account.Household{Parent: &household},
		"parameters":                                      account.OpenHouseholdParams{Pin: runtime.Some(password), FormatParam: runtime.Some("short")},
		"a pointer in a struct of the program":            struct{ Team *account.Team }{&account.Team{login}},
		"a result of several statuses":                    account.OpenHouseholdResult{Status: 200, OK: &household},
		"an Optional":                                     runtime.Some(login),
		"an Optional of a string type":                    runtime.Some(code),
		"a Nullable":                                      runtime.NonNull(login),
		"both":                                            runtime.Some(runtime.NonNull(household)),
		"an Optional of a list":                           runtime.Some([]account.Login{login}),
		"an Optional of a list of pointers":               runtime.Some([]*account.Login{&login, nil}),
		"an Optional of a map of lists":                   runtime.Some(map[string][]runtime.Nullable[account.Login]{"a": {runtime.NonNull(login)}}),
		"a Nullable of a pointer":                         runtime.NonNull(&household),
	}
}

func TestNothingPrintsTheSecretsOfGeneratedTypes(t *testing.T) {
	for name, value := range withSecrets() {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(value)
			require.NoError(t, err)
			if _, isParams := value.(account.OpenHouseholdParams); !isParams {
				require.Contains(t, string(text), password, "it has to be sent")
			}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%10.3v"} {
				require.NotContains(t, fmt.Sprintf(verb, value), password, verb)
				require.NotContains(t, fmt.Sprintf(verb, []any{value}), password, verb)
				require.NotContains(t, fmt.Sprintf(verb, struct{ Inside any }{value}), password, verb)
			}
			require.NotContains(t, fmt.Errorf("with %v", value).Error(), password)
			require.NotContains(t, errors.Join(errors.New("x"), fmt.Errorf("with %+v", value)).Error(), password)

			var log bytes.Buffer
			if name == "a pointer in a struct of the program" {
				return // for JSON the program has to give it a LogValue
			}
			for _, handler := range []slog.Handler{slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil)} {
				logger := slog.New(handler)
				logger.Info("x", "v", value)
				logger.Info("x", slog.Group("g", "v", value))
				logger.With("v", value).Info("x")
				logger.Info("x", "error", fmt.Errorf("with %v", value))
			}
			require.NotContains(t, log.String(), password)
		})
	}
}

func TestAHiddenSecretLeavesTheRestReadable(t *testing.T) {
	household := account.Household{Street: runtime.Some("Elm Street"), Owner: account.Login{Name: "effi", Password: password}}
	require.Contains(t, fmt.Sprintf("%+v", household), "Street:Elm Street Owner:Login{secret}")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", household, "list", runtime.Some([]int{1, 2}), "none", runtime.Null[string]())
	var line struct {
		V    string `json:"v"`
		List []int  `json:"list"`
		None string `json:"none"`
	}
	require.NoError(t, json.Unmarshal(log.Bytes(), &line))
	require.Contains(t, line.V, "Street:Elm Street Owner:Login{secret}")
	require.Equal(t, []int{1, 2}, line.List, "what holds no secret is logged as before")
	require.Equal(t, "null", line.None)
}
